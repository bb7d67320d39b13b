"""Drafts become versions that runs are started from; what was deployed is listed, and told afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.channels.admin.office import Office, working
from tests.unit.deployments.texts import BROKEN, ORDER, PASSPORT

HELLO: dict[str, Any] = {
    "id": "passport",
    "nodes": [{"id": "who", "type": "form", "fields": [{"name": "name"}]}],
}


async def test_a_draft_is_deployed_and_revoked(office: Office) -> None:
    """Ann writes, Dora deploys; the second version is a mistake, and the first is back with one click."""
    ann, dora = office.ann, office.dora
    await ann.saves(PASSPORT)
    assert await dora.deploys(note="The first") == 1
    await ann.saves(PASSPORT.replace("Name", "Your name"))
    assert await dora.deploys(revision=2) == 2
    assert await dora.deploys() == 2
    assert await dora.revokes(note="Too personal") == 1
    versions = await dora.asks("GET", "/workflows/passport/versions")
    assert [(each["number"], each["by"], each["note"], each["deployed"]) for each in versions] == [
        (2, "dora", "", False),
        (1, "dora", "The first", True),
    ]
    assert (await dora.asks("GET", "/workflows/passport/versions/1"))["text"] == PASSPORT
    problem = await dora.is_refused(409, "nothing-before", "POST", "/workflows/passport/revoke", {})
    assert "before" in problem["detail"]


async def test_a_definition_with_errors_is_not_deployed(office: Office) -> None:
    """People never meet what an author has left half done; where the errors are is told."""
    await office.ann.saves(BROKEN)
    problem = await office.dora.is_refused(422, "definition-refused", "POST", "/workflows/passport/deploy", {})
    assert [each["line"] for each in problem["problems"]] == [3, 4]
    assert await office.dora.asks("GET", "/workflows/passport/versions") == []


async def test_only_the_draft_that_was_looked_at_is_deployed(office: Office) -> None:
    """Ann saves while Dora presses Deploy: what goes to people is what Dora saw, or nothing."""
    await office.ann.saves(PASSPORT)
    await office.ann.saves(PASSPORT + "# more\n")
    body = {"revision": 1}
    problem = await office.dora.is_refused(412, "stale-draft", "POST", "/workflows/passport/deploy", body)
    assert (problem["text"], problem["revision"]) == (PASSPORT + "# more\n", 2)
    for header in ("If_Match", "If_None_Match"):
        await office.dora.is_refused(
            400, "invalid-request", "POST", "/workflows/passport/deploy", {}, **{header: '"1"'}
        )
    assert await office.dora.deploys(revision=2) == 1


async def test_who_deploys_a_part_is_told_what_has_it(office: Office) -> None:
    """What embeds it goes on as it was until it is deployed anew: whoever deployed has to know."""
    await office.ann.saves(PASSPORT)
    await office.dora.deploys()
    await office.ann.saves(ORDER, "order")
    order = await office.dora.asks("POST", "/workflows/order/deploy", 201, {})
    assert (order["embeds"], order["embedded_in"]) == ({"passport": 1}, [])
    await office.ann.saves(PASSPORT + "# more\n")
    passport = await office.dora.asks("POST", "/workflows/passport/deploy", 201, {})
    assert (passport["embeds"], passport["embedded_in"]) == ({}, ["order"])


async def test_who_deploys_sees_what_they_change(office: Office) -> None:
    """Dora reads by node and key what Ann has changed since the last deployment, and what a revoked version had."""
    ann, dora = office.ann, office.dora
    await ann.saves(PASSPORT)
    await dora.is_refused(409, "nothing-deployed", "GET", "/workflows/passport/diff")
    await dora.deploys()
    assert await dora.asks("GET", "/workflows/passport/diff") == []
    await ann.saves(PASSPORT.replace("label: Name", "label: Your name"))
    (change,) = await dora.asks("GET", "/workflows/passport/diff")
    assert (change["node"], change["kind"]) == ("who", "changed")
    assert (change["before"], change["after"]) == ("Name", "Your name")
    assert "Your name" in change["text"]
    (back,) = await dora.asks("GET", "/workflows/passport/diff?from=draft&to=1")
    assert (back["before"], back["after"]) == ("Your name", "Name")
    await dora.is_refused(404, "version-not-found", "GET", "/workflows/passport/diff?to=2")
    await dora.is_refused(400, "invalid-request", "GET", "/workflows/passport/diff?to=-1")
    await ann.saves("id: passport\nnodes: [\n")
    problem = await dora.is_refused(422, "definition-refused", "GET", "/workflows/passport/diff")
    assert problem["problems"]


async def test_what_is_not_there_is_told(office: Office) -> None:
    """A misspelt name, a number too high: each is told, and nothing happens."""
    dora = office.dora
    await dora.is_refused(404, "draft-not-found", "POST", "/workflows/pasport/deploy", {})
    await dora.is_refused(409, "nothing-deployed", "POST", "/workflows/pasport/revoke", {})
    await dora.is_refused(404, "version-not-found", "GET", "/workflows/pasport/versions/1")
    for number in ("0", "x", "-1", "9" * 16):
        await dora.is_refused(404, "not-found", "GET", f"/workflows/passport/versions/{number}")
    assert await dora.asks("GET", "/workflows/pasport/versions") == []


async def test_long_lists_come_page_by_page(office: Office) -> None:
    """A workflow that is deployed daily has a thousand versions, and as many deeds."""
    for revision in range(5):
        await office.key.saves(PASSPORT + f"# {revision}\n")
        await office.key.deploys()
    for path in ("/workflows/passport/versions", "/audit"):
        numbers: list[list[int]] = []
        following = f"{path}?limit=2"
        while following:
            numbers.append([each["number"] for each in await office.key.asks("GET", following)])
            link = office.key.answer.links.get("next")
            following = "" if link is None else str(link["url"]).partition("/api/v1/admin")[2]
        assert numbers == [[5, 4], [3, 2], [1]]
    for query in ("limit=0", "limit=101", "limit=x", "before=-1", "before=x"):
        await office.key.is_refused(400, "invalid-request", "GET", f"/audit?{query}")
        await office.key.is_refused(400, "invalid-request", "GET", f"/workflows/passport/versions?{query}")


async def test_who_did_what_is_told(office: Office) -> None:
    """Something went wrong on Tuesday: who deployed what, and why, is found by who watches over it."""
    await office.ann.saves(PASSPORT)
    await office.dora.deploys(note="As agreed")
    await office.key.saves("id: order\nnodes:\n  - {id: done, type: end}\n", "order")
    await office.key.deploys("order")
    deeds = await office.olga.asks("GET", "/audit")
    assert [(each["by"], each["action"], each["workflow"], each["note"]) for each in deeds] == [
        ("admin key", "deploy", "order", ""),
        ("dora", "deploy", "passport", "As agreed"),
    ]
    assert await office.olga.asks("GET", "/audit?workflow=order") == deeds[:1]
    await office.olga.is_refused(400, "invalid-request", "GET", "/audit?workflow=%00")


async def test_the_list_says_how_each_workflow_stands() -> None:
    """The first page of an editor: what is there, what is wrong with it, what people get, and how many are at it."""
    async with working(None, None, HELLO) as office:
        key = office.key
        assert await key.asks("GET", "/workflows") == []
        await key.saves(PASSPORT)
        await key.deploys()
        await office.starts("passport")
        await office.starts("passport")
        await key.saves(BROKEN)
        await key.saves("id: order\ntitle: Order\n", "order")
        order, passport = await key.asks("GET", "/workflows")
        assert (order["id"], order["title"], order["deployed"], order["runs"]) == ("order", "Order", None, {})
        assert passport["title"] == "Apply for a passport"
        assert (passport["draft"]["revision"], len(passport["draft"]["problems"])) == (2, 2)
        assert passport["deployed"]["number"] == 1
        assert passport["runs"] == {"waiting": 2}
        assert await key.asks("GET", "/workflows/") == [order, passport]


async def test_the_list_knows_what_has_changed(office: Office) -> None:
    """What was checked is remembered, but not when the draft, or what it embeds, is another one."""
    key = office.key

    async def problems() -> list[int]:
        listed = [line["draft"]["problems"] for line in await key.asks("GET", "/workflows")]
        return [sum(problem["severity"] == "error" for problem in problems) for problems in listed]

    await key.saves(ORDER, "order")
    assert await problems() == [1]
    await key.saves(PASSPORT)
    assert await problems() == [1, 0]
    await key.deploys()
    assert await problems() == [0, 0]
    await key.saves(BROKEN)
    assert await problems() == [0, 2]


@pytest.mark.parametrize("note", ["x" * 2001, "a\u0007b", 5, None])
async def test_a_note_is_a_text_that_can_be_shown(office: Office, note: Any) -> None:
    """Control characters would change what a terminal shows of the audit."""
    await office.ann.saves(PASSPORT)
    for call in ("deploy", "revoke"):
        path = f"/workflows/passport/{call}"
        await office.dora.is_refused(400, "invalid-request", "POST", path, {"note": note})
    assert await office.dora.deploys(note="Two\nlines") == 1


async def test_the_key_needs_no_body(office: Office) -> None:
    """`curl -X POST` of a pipeline deploys."""
    await office.key.saves(PASSPORT)
    assert (await office.key.asks("POST", "/workflows/passport/deploy", 201))["number"] == 1
