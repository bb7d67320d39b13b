"""Profiles and sessions over HTTP: who may look and change, what is saved over what, what goes when one is deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.unit.channels.admin.office import KEY, Colleague, Office, host, working
from wizard.settings import Settings

MOVING = {
    "id": "moving",
    "nodes": [
        {"id": "ask", "type": "form", "fields": [{"name": "town"}]},
        {"id": "keep", "type": "set", "values": {"profile.town": "{{ ask.town }}", "session.done": True}},
    ],
}
NEW = {"If_None_Match": "*"}


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with working(host, None, MOVING) as opened:
        yield opened


async def moves(office: Office, town: str, profile: str = "ann", session: str = "s", *, ends: bool = True) -> str:
    """Somebody's run, from their browser; its id."""
    body = {"workflow": "moving", "profile_id": profile, "session_id": session}
    async with office.client.post("/api/v1/runs", json=body, headers=office.key.headers) as response:
        assert response.status == 201, await response.text()
        run = await response.json()
    if ends:
        headers, move = {"Authorization": f"Bearer {run['token']}"}, {"step": "ask", "answers": {"town": town}}
        async with office.client.post(f"/api/v1/runs/{run['id']}/next", json=move, headers=headers) as response:
            assert response.status == 200
    run_id: str = run["id"]
    return run_id


async def makes(person: Colleague, document_id: str = "ann", **fields: object) -> str:
    """The ETag."""
    await person.asks("PATCH", f"/profiles/{document_id}", 200, {"fields": fields}, **NEW)
    return person.answer.headers["ETag"]


async def test_a_profile_is_made_changed_and_looked_at(office: Office) -> None:
    """An operator corrects what a person rang about; the history says who, when and why."""
    etag = await makes(office.olga, town="Bern", points=1.50, born="1985-03-27")
    told = await office.olga.asks("GET", "/profiles/ann")
    assert told == {"id": "ann", "revision": 1, "fields": {"town": "Bern", "points": "1.5", "born": "1985-03-27"}}
    body = {"fields": {"town": "Chur"}, "remove": ["points"], "note": "She rang"}
    told = await office.olga.asks("PATCH", "/profiles/ann", 200, body, If_Match=etag)
    assert (told["revision"], told["fields"]) == (2, {"town": "Chur", "born": "1985-03-27"})
    newest, first = await office.olga.asks("GET", "/profiles/ann/history")
    assert (newest["by"], newest["note"], newest["action"], newest["run"]) == ("olga", "She rang", "patch", None)
    assert newest["changes"] == [
        {"field": "town", "before": "Bern", "after": "Chur", "step": None, "node": None},
        {"field": "points", "before": "1.5", "step": None, "node": None},
    ]
    assert first["action"] == "create"
    assert await office.olga.asks("GET", "/profiles/ann/history?field=points&limit=1") == [newest]
    assert "before=2" in office.olga.answer.headers["Link"]
    assert await office.olga.asks("GET", "/profiles/ann/history?field=points&limit=1&before=2") == [first]


async def test_nobody_saves_over_what_they_have_not_seen(office: Office) -> None:
    """Two operators at once: the second one is shown what the first one saved."""
    etag = await makes(office.olga, town="Bern")
    problem = await office.olga.is_refused(412, "stale-document", "PATCH", "/profiles/ann", {"fields": {}}, **NEW)
    assert (problem["revision"], problem["stored"]) == (1, {"town": "Bern"})
    await office.olga.is_refused(428, "precondition-required", "PATCH", "/profiles/ann", {"fields": {}})
    await office.olga.asks("PATCH", "/profiles/ann", 200, {"fields": {"town": "Chur"}}, If_Match=etag)
    await office.olga.is_refused(412, "stale-document", "PATCH", "/profiles/ann", {"fields": {}}, If_Match=etag)
    await office.olga.is_refused(412, "stale-document", "DELETE", "/profiles/ann", If_Match=etag)
    await office.olga.is_refused(400, "invalid-request", "DELETE", "/profiles/ann", If_Match="2")
    await office.olga.asks("DELETE", "/profiles/ann", If_Match='"2"')
    await office.olga.is_refused(404, "document-not-found", "PATCH", "/profiles/ann", {"fields": {}}, If_Match='"2"')


async def test_the_same_again_gives_the_same(office: Office) -> None:
    """A program that sends it again, because the answer was lost, isn't told of a conflict with itself."""
    etag = await makes(office.olga, town="Bern", age=7)
    assert await makes(office.olga, town="Bern", age=7) == etag
    body = {"fields": {"town": "Chur"}, "remove": ["age"]}
    for _ in range(2):
        told = await office.olga.asks("PATCH", "/profiles/ann", 200, body, If_Match=etag)
        assert (told["revision"], told["fields"]) == (2, {"town": "Chur"})
    await office.olga.is_refused(412, "stale-document", "PATCH", "/profiles/ann", {"fields": {"town": "Chur"}}, **NEW)
    assert len(await office.olga.asks("GET", "/profiles/ann/history")) == 2


async def test_only_operators_see_and_change_what_is_said_of_people(office: Office) -> None:
    """Who edits workflows has no business with people's data."""
    await makes(office.olga, town="Bern")
    for person in (office.vic, office.ann, office.dora):
        for method, path in (
            ("GET", "/profiles"),
            ("GET", "/profiles/ann"),
            ("GET", "/profiles/ann/history"),
            ("GET", "/sessions"),
            ("PATCH", "/profiles/ann"),
            ("DELETE", "/profiles/ann"),
            ("POST", "/profiles/ann/undo"),
            ("GET", "/profiles/ann/export"),
        ):
            problem = await person.is_refused(403, "role-missing", method, path, None if method == "GET" else {})
            assert problem["role"] == "operator"


async def test_lists_come_in_pages(office: Office) -> None:
    """Ids may hold anything that an application calls its people by."""
    for name in ("a/b", "b c", "é"):
        await makes(office.olga, name.replace("/", "%2F").replace(" ", "%20"), x=1)
    first = await office.olga.asks("GET", "/profiles?limit=2")
    assert [line["id"] for line in first] == ["a/b", "b c"]
    link = office.olga.answer.links["next"]["url"]
    async with office.client.get(str(link)[str(link).index("/api") :], headers=office.olga.headers) as response:
        assert [line["id"] for line in await response.json()] == ["é"]
    assert (await office.olga.asks("GET", "/profiles/a%2Fb"))["id"] == "a/b"
    await office.olga.is_refused(404, "not-found", "GET", f"/profiles/{'x' * 501}")
    await office.olga.is_refused(404, "document-not-found", "GET", "/profiles/nobody")
    await office.olga.is_refused(400, "invalid-request", "GET", f"/profiles?after={'x' * 501}")


async def test_a_save_is_undone(office: Office) -> None:
    """A run that went wrong is taken out of the profile; what was set since is told."""
    await makes(office.olga, town="Bern")
    await moves(office, "Chur")
    path = "/profiles/ann/undo"
    told = await office.olga.asks("POST", path, 200, {"revision": 2, "note": "The wrong person"})
    assert (told, office.olga.answer.headers["ETag"]) == ({"revision": 3, "undone": ["town"], "left": []}, '"3"')
    assert (await office.olga.asks("GET", "/profiles/ann"))["fields"] == {"town": "Bern"}
    problem = await office.olga.is_refused(409, "undo-conflict", "POST", path, {"revision": 1})
    assert problem["fields"] == ["town"]
    told = await office.olga.asks("POST", path, 200, {"revision": 1, "on_conflict": "skip"})
    assert told == {"revision": 3, "undone": [], "left": ["town"]}
    told = await office.olga.asks("POST", path, 200, {"revision": 1, "on_conflict": "force"})
    assert told == {"revision": 4, "undone": ["town"], "left": []}
    await office.olga.is_refused(404, "save-not-found", "POST", path, {"revision": 9})


async def test_a_person_is_exported_and_deleted(office: Office) -> None:
    """Who asks for their data gets all of it; who wants to be forgotten is, and it is said what is left."""
    run = await moves(office, "Chur")
    await moves(office, "Thun", ends=False)
    await moves(office, "Brig", profile="bob", session="other")
    exported = await office.olga.asks("GET", "/profiles/ann/export")
    assert exported["fields"] == {"town": "Chur"}
    assert [save["run"] for save in exported["history"]] == [run]
    assert [(session["session"], session["fields"]) for session in exported["sessions"]] == [("s", {"done": True})]
    assert [line["status"] for line in exported["runs"]] == ["waiting", "completed"]
    told = await office.olga.asks("DELETE", "/profiles/ann")
    assert told == {"profile": True, "sessions": ["s"], "runs": 0, "events": 0, "runs_left": 2, "under_way": 1}
    await office.olga.is_refused(400, "invalid-request", "DELETE", "/profiles/ann?runs=yes")
    told = await office.olga.asks("DELETE", "/profiles/ann?runs=true")
    assert told == {"profile": False, "sessions": [], "runs": 2, "events": 0, "runs_left": 0, "under_way": 0}
    for path in ("/profiles/ann", "/profiles/ann/history", "/profiles/ann/export?", "/sessions/s"):
        person = office.olga
        await person.is_refused(404, "document-not-found", "GET", path)
    await office.olga.is_refused(404, "document-not-found", "DELETE", "/profiles/ann")
    assert (await office.olga.asks("GET", "/profiles/bob"))["fields"] == {"town": "Brig"}
    assert (await office.olga.asks("GET", "/sessions/other"))["fields"] == {"done": True}
    told = await office.olga.asks("DELETE", "/sessions/other")
    assert told["sessions"] == ["other"]


async def test_the_schema_says_what_is_wrong_by_field(tmp_path: Path) -> None:
    """A form that edits profiles shows each mistake beside its field."""
    schema = tmp_path / "schema.yaml"
    schema.write_text("fields:\n  email: {type: email}\n  age: {type: integer, required: false}\n")
    async with working(host, Settings(admin_key=SecretStr(KEY), jobs=0, profile_schema=schema)) as office:
        body = {"fields": {"age": "old", "pet": "Rex"}}
        problem = await office.olga.is_refused(422, "fields-refused", "PATCH", "/profiles/ann", body, **NEW)
        assert sorted(problem["errors"]) == ["age", "email", "pet"]
        etag = await makes(office.olga, email="ann@example.org", age="30")
        assert (await office.olga.asks("GET", "/profiles/ann"))["fields"]["age"] == 30
        body = {"remove": ["email"]}
        problem = await office.olga.is_refused(422, "fields-refused", "PATCH", "/profiles/ann", body, If_Match=etag)
        assert [*problem["errors"]] == ["email"]


async def test_what_is_too_much_is_refused(office: Office) -> None:
    """Bounds hold for operators and their programs as well."""
    etag = await makes(office.olga, town="Bern")
    for body in (
        {"fields": {str(n): n for n in range(1001)}},
        {"fields": {"": 1}},
        {"note": "x" * 2001},
        {"remove": "town"},
        {"note": "\u0000"},
        {"pet": 1},
    ):
        await office.olga.is_refused(400, "invalid-request", "PATCH", "/profiles/ann", body, If_Match=etag)
    both = {"fields": {"town": "Chur"}, "remove": ["town"]}
    await office.olga.is_refused(422, "invalid-input", "PATCH", "/profiles/ann", both, If_Match=etag)
    large = {"fields": {"town": "x" * 1_000_001}}
    await office.olga.is_refused(422, "invalid-input", "PATCH", "/profiles/ann", large, If_Match=etag)


async def test_nothing_is_no_new_profile(office: Office) -> None:
    """It would be told as saved, and not be there."""
    for body in ({}, {"fields": {}}, {"note": "why"}):
        problem = await office.olga.is_refused(422, "invalid-input", "PATCH", "/profiles/ann", body, **NEW)
        assert "needs a field" in problem["detail"]
    await office.olga.is_refused(404, "document-not-found", "GET", "/profiles/ann")
