"""Whose a workflow is: people who don't work everywhere meet only their own, and what is shared with them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from tests.unit.channels.admin.office import Colleague, Office, working
from tests.unit.deployments.texts import ORDER, PASSPORT
from wizard.app import Person

ROLES = {"ada": ["editor", "deployer"], "ben": ["editor", "deployer"], "cid": ["viewer"]}
SHARING = "/workflows/passport/sharing"


async def authors(request: web.Request) -> Person | None:
    """Three who work on their own workflows, and an operator of all."""
    name = request.headers.get("X-User", "")
    if name == "olga":
        return Person(name, ["operator"])
    return Person(name, ROLES[name], everywhere=False) if name in ROLES else None


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with working(authors) as made:
        yield made


def who(office: Office, name: str) -> Colleague:
    return Colleague(office.client, {"X-User": name})


async def test_authors_meet_only_what_is_theirs(office: Office) -> None:
    """A department's forms are none of another's business: it can neither read nor deploy them."""
    ada, ben = who(office, "ada"), who(office, "ben")
    await ada.saves(PASSPORT)
    await ada.deploys()
    await ben.saves(ORDER, "order")
    assert [(each["id"], each["owner"]) for each in await ada.asks("GET", "/workflows")] == [("passport", "ada")]
    assert [(each["id"], each["owner"]) for each in await ben.asks("GET", "/workflows")] == [("order", "ben")]
    assert [each["id"] for each in await office.olga.asks("GET", "/workflows")] == ["order", "passport"]
    for role, method, path, body, headers in (
        ("viewer", "GET", "/workflows/passport/draft", None, {}),
        ("viewer", "GET", "/workflows/passport/versions/1", None, {}),
        ("viewer", "GET", "/workflows/passport/diff", None, {}),
        ("viewer", "GET", SHARING, None, {}),
        ("editor", "PUT", "/workflows/passport/draft", {"text": "mine"}, {"If_Match": '"1"'}),
        ("editor", "PUT", "/workflows/passport/draft", {"text": "mine"}, {"If_None_Match": "*"}),
        ("deployer", "POST", "/workflows/passport/deploy", {}, {}),
        ("deployer", "POST", "/workflows/passport/revoke", {}, {}),
    ):
        problem = await ben.is_refused(403, "role-missing", method, path, body, **headers)
        assert problem["role"] == role
        assert "its owner, ada" in problem["detail"]
        assert "text" not in problem


async def test_a_workflow_is_shared_in_a_role(office: Office) -> None:
    """Ada lets Ben edit, and then not any more; Cid may look, and no more than that, whatever the share says."""
    ada, ben, cid = who(office, "ada"), who(office, "ben"), who(office, "cid")
    await ada.saves(PASSPORT)
    shared = await ada.asks("PATCH", SHARING, 200, {"shared": {"ben": "editor", "cid": "deployer"}}, If_Match='"1"')
    assert shared == {"revision": 2, "owner": "ada", "shared": {"ben": "editor", "cid": "deployer"}}
    assert ada.answer.headers["ETag"] == '"2"'
    await ben.opens()
    assert await ben.saves(PASSPORT + "# Ben\n") == []
    assert (await ben.is_refused(403, "role-missing", "POST", "/workflows/passport/deploy", {}))["role"] == "deployer"
    await cid.opens()
    assert [each["id"] for each in await cid.asks("GET", "/workflows")] == ["passport"]
    await cid.is_refused(403, "role-missing", "POST", "/workflows/passport/deploy", {})
    await ada.asks("PATCH", SHARING, 200, {"shared": {}}, If_Match='"2"')
    await ben.is_refused(403, "role-missing", "GET", "/workflows/passport/draft")
    told = await office.olga.asks("GET", "/audit?workflow=passport")
    assert [(each["by"], each["action"], each["details"]["shared"]) for each in told] == [
        ("ada", "share", {}),
        ("ada", "share", {"ben": "editor", "cid": "deployer"}),
    ]


async def test_only_the_owner_and_operators_of_all_share(office: Office) -> None:
    """Ben may deploy Ada's workflow, and still can't take it from her; when she leaves, Olga gives it to him."""
    ada, ben = who(office, "ada"), who(office, "ben")
    await ada.saves(PASSPORT)
    await ada.asks("PATCH", SHARING, 200, {"shared": {"ben": "deployer"}}, If_Match='"1"')
    await ben.is_refused(403, "role-missing", "PATCH", SHARING, {"owner": "ben"}, If_Match='"2"')
    await office.olga.asks("PATCH", SHARING, 200, {"owner": "ben", "shared": {}}, If_Match='"2"')
    await ben.asks("GET", SHARING)
    await ada.is_refused(403, "role-missing", "GET", SHARING)


async def test_what_somebody_embeds_isnt_theirs_to_read(office: Office) -> None:
    """Ben embeds what Ada works on, and exports that: he'd have the text of her draft, which nobody has deployed, and
    her remarks in what is deployed."""
    ada, ben = who(office, "ada"), who(office, "ben")
    await ben.saves(ORDER, "order")
    path = "/workflows/order/export"
    assert [*(await ben.asks("GET", path))["texts"]] == ["order"]
    await ada.saves("nodes: [")
    problem = await ben.is_refused(403, "role-missing", "GET", path)
    assert "the workflow `passport`" in problem["detail"]
    assert "its owner, ada" in problem["detail"]
    await ada.saves(PASSPORT)
    await ada.deploys()
    await ben.deploys("order")
    for stage in ("draft", "deployed", "1"):
        await ben.is_refused(403, "role-missing", "GET", f"{path}?stage={stage}")
    await ada.asks("PATCH", SHARING, 200, {"shared": {"ben": "viewer"}}, If_Match='"1"')
    assert [*(await ben.asks("GET", path))["texts"]] == ["order", "passport"]
    assert [*(await office.olga.asks("GET", path))["texts"]] == ["order", "passport"]


async def test_two_who_share_at_once_hear_of_each_other(office: Office) -> None:
    """Otherwise somebody is let in again who was shut out a moment ago."""
    ada = who(office, "ada")
    await ada.saves(PASSPORT)
    await office.olga.asks("PATCH", SHARING, 200, {"shared": {"ben": "viewer"}}, If_Match='"1"')
    problem = await ada.is_refused(412, "stale-sharing", "PATCH", SHARING, {"shared": {}}, If_Match='"1"')
    assert (problem["revision"], problem["owner"], problem["shared"]) == (2, "ada", {"ben": "viewer"})
    problem = await ada.is_refused(428, "precondition-required", "PATCH", SHARING, {"shared": {}})
    assert problem["detail"] == "Send If-Match with the ETag of the sharing as you saw it."
    await ada.is_refused(412, "stale-sharing", "PATCH", SHARING, {"shared": {}}, If_None_Match="*")


async def test_what_is_about_all_workflows_is_for_those_who_work_everywhere() -> None:
    """The audit of everything tells what others do; that of one's own workflow doesn't."""
    async with working(lambda request: Person("eva", ["editor", "operator"], everywhere=False)) as office:
        eva = Colleague(office.client, {})
        await eva.saves(PASSPORT)
        await office.key.saves(ORDER, "order")
        assert (await eva.is_refused(403, "role-missing", "GET", "/audit"))["role"] == "operator"
        await eva.asks("GET", "/audit?workflow=passport")
        await eva.is_refused(403, "role-missing", "GET", "/audit?workflow=order")


async def test_nobody_reads_what_isnt_theirs_by_embedding_it(office: Office) -> None:
    """Ben embeds Ada's workflow in one of his own: that mustn't give him her draft, with what she notes in it."""
    ada, ben = who(office, "ada"), who(office, "ben")
    await ada.saves(PASSPORT + "# not for everybody\n")
    await ben.saves(ORDER, "order")
    problem = await ben.is_refused(403, "role-missing", "GET", "/workflows/order/export")
    assert "its owner, ada" in problem["detail"]
    await ada.asks("PATCH", SHARING, 200, {"shared": {"ben": "viewer"}}, If_Match='"1"')
    assert [*(await ben.asks("GET", "/workflows/order/export"))["texts"]] == ["order", "passport"]


async def test_runs_of_a_workflow_that_isnt_in_the_store_are_nobodys_to_look_at() -> None:
    """A workflow of a file is nobody's to share: who works on some workflows doesn't read what people answered there.
    Nor do they read what was done with one that somebody else has deleted."""
    files = {"id": "moving", "nodes": [{"id": "ask", "type": "form", "fields": [{"name": "town"}]}]}
    eva_only = lambda request: Person("eva", ["editor", "operator"], everywhere=False)  # noqa: E731
    async with working(eva_only, None, files) as office:
        eva = Colleague(office.client, {})
        async with office.client.post("/api/v1/runs", json={"workflow": "moving"}) as response:
            run = (await response.json())["id"]
        body = {"fork": {"run": run, "step": "ask"}}
        problem = await eva.is_refused(403, "role-missing", "POST", "/workflows/moving/debug", body)
        assert "text" not in problem
        assert problem["role"] == "operator"
        await eva.is_refused(403, "role-missing", "GET", "/audit?workflow=moving")
        await office.key.asks("POST", "/workflows/moving/debug", 200, body)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"shared": {"ben": "boss"}}, "each of them one of viewer, editor, deployer, operator"),
        ({"shared": {"": "editor"}}, "`shared` must be"),
        ({"shared": {f"p{number}": "viewer" for number in range(101)}}, "at most 100 members"),
        ({"shared": ["ben"]}, "`shared` must be"),
        ({"owner": ""}, "`owner` must be text of 1 to 200 characters"),
        ({"owner": "a\u0007"}, "control character"),
        ({"shared": {"a\u0007": "viewer"}}, "control character"),
        ({"sharing": {}}, "no member `sharing`"),
    ],
)
async def test_a_mistake_is_told(office: Office, body: object, said: str) -> None:
    """A role that there isn't would shut out whoever has it."""
    ada = who(office, "ada")
    await ada.saves(PASSPORT)
    problem = await ada.is_refused(400, "invalid-request", "PATCH", SHARING, body, If_Match='"1"')
    assert said in problem["detail"]
    assert (await ada.asks("GET", SHARING))["shared"] == {}


async def test_a_workflow_that_there_isnt(office: Office) -> None:
    """Nobody can take a name in store."""
    ada = who(office, "ada")
    await ada.is_refused(404, "draft-not-found", "GET", SHARING)
    await ada.is_refused(404, "draft-not-found", "PATCH", SHARING, {"owner": "ada"}, If_Match='"1"')
    await ada.is_refused(404, "not-found", "GET", "/workflows/1/sharing")
