"""Bundles over HTTP, and drafts that are deleted."""

from __future__ import annotations

from tests.unit.channels.admin.office import Office
from tests.unit.deployments.texts import ORDER, PASSPORT


async def test_a_bundle_goes_out_and_comes_in(office: Office) -> None:
    """An editor takes a workflow to another server, which tells first what it would do."""
    await office.ann.saves(PASSPORT)
    await office.ann.saves(ORDER, "order")
    bundle = await office.vic.asks("GET", "/workflows/order/export")
    assert [*bundle["texts"]] == ["order", "passport"]
    path = "/workflows/import"
    told = await office.bob.asks("POST", path, 200, {"bundle": bundle, "dry_run": True})
    assert (told["imported"], [each["result"] for each in told["drafts"]]) == (False, ["unchanged", "unchanged"])
    await office.ann.saves(PASSPORT.replace("Name}", "Your name}"))
    problem = await office.bob.is_refused(409, "bundle-refused", "POST", path, {"bundle": bundle})
    assert problem["hindrances"] == [
        "There is a draft of `passport` already, with another text: draft 2, saved by ann."
    ]
    told = await office.bob.asks("POST", path, 200, {"bundle": bundle, "replace": True})
    assert (told["imported"], told["drafts"][1]) == (
        True,
        {"workflow": "passport", "result": "replaced", "revision": 3},
    )
    assert (await office.vic.asks("GET", "/workflows/passport/draft"))["text"] == PASSPORT


async def test_what_is_no_bundle_is_refused(office: Office) -> None:
    """A wrong file is told as that, and by whoever may import at all."""
    path = "/workflows/import"
    problem = await office.ann.is_refused(422, "definition-refused", "POST", path, {"bundle": {"format": 1}})
    assert "this is no bundle" in problem["problems"][0]["message"]
    await office.vic.is_refused(403, "role-missing", "POST", path, {"bundle": {}})
    await office.ann.is_refused(400, "invalid-request", "POST", path, {})
    await office.vic.is_refused(404, "draft-not-found", "GET", "/workflows/nothing/export")
    await office.vic.is_refused(400, "invalid-request", "GET", "/workflows/nothing/export?stage=last")


async def test_a_draft_is_deleted_as_it_was_seen(office: Office) -> None:
    """Nobody throws away what somebody else has saved since; what is deployed stays."""
    await office.dora.saves(PASSPORT)
    await office.dora.deploys()
    path = "/workflows/passport/draft"
    await office.bob.is_refused(428, "precondition-required", "DELETE", path)
    problem = await office.bob.is_refused(412, "stale-draft", "DELETE", path, {}, If_Match='"7"')
    assert (problem["revision"], problem["text"]) == (1, PASSPORT)
    headers = {**office.bob.headers, "If-Match": '"1"', "Content-Type": "application/json"}
    async with office.client.delete(f"/api/v1/admin{path}", headers=headers, data=b'{"note": "Anew"}') as response:
        assert (response.status, await response.read()) == (204, b"")
    await office.vic.is_refused(404, "draft-not-found", "GET", path)
    deed = (await office.olga.asks("GET", "/audit"))[0]
    assert (deed["action"], deed["by"], deed["note"], deed["details"]) == ("delete", "bob", "Anew", {"draft": 1})
    assert (await office.vic.asks("GET", "/workflows"))[0]["deployed"]["number"] == 1


async def test_a_deleted_draft_isnt_saved_over_the_next_one(office: Office) -> None:
    """Ann has a draft open that Bob deletes and begins anew: she hears of his before she saves over it, as does whoever
    deploys what she has seen."""
    path = "/workflows/passport/draft"
    await office.ann.saves(PASSPORT)
    await office.bob.asks("GET", path)
    headers = {**office.bob.headers, "If-Match": '"1"', "Content-Type": "application/json"}
    async with office.client.delete(f"/api/v1/admin{path}", headers=headers, data=b"{}") as response:
        assert response.status == 204
    text = PASSPORT + "# Bob\n"
    for _ in range(2):  # the answer is lost, and he sends it again
        told = await office.bob.asks("PUT", path, 200, {"text": text}, If_None_Match="*")
        assert told["revision"] == 2
    problem = await office.ann.is_refused(412, "stale-draft", "PUT", path, {"text": PASSPORT}, If_Match='"1"')
    assert (problem["revision"], problem["text"]) == (2, text)
    await office.dora.is_refused(412, "stale-draft", "POST", "/workflows/passport/deploy", {"revision": 1})
