"""The JSON interface as the programs meet it that drive runs through it, over a real server."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.json_caller import ADA, Caller, opened, serving

STATE = [
    "id",
    "workflow",
    "version",
    "revision",
    "status",
    "current",
    "path",
    "kept",
    "has_next",
    "has_previous",
    "answers",
    "progress",
]


@pytest.fixture(params=["memory", "sqlite"])
async def caller(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Caller]:
    async with opened(request.param, tmp_path) as store, serving(store) as caller:
        yield caller


def steps(lines: list[dict[str, str]]) -> list[str]:
    return [line["step"] for line in lines]


def fields(state: dict[str, Any]) -> dict[str, Any]:
    return {field["name"]: field for field in state["current"]["fields"]}


async def test_a_run_from_start_to_end(caller: Caller) -> None:
    """Members, nesting or order that differ from the contract would break every program that drives runs."""
    talk = await caller.start()
    assert list(talk.state) == STATE
    assert (talk.state["status"], talk.step, talk.state["has_previous"]) == ("waiting", "applicant", False)
    assert list(fields(talk.state)) == ["full_name", "birth_date", "email", "reason", "pin"]
    assert fields(talk.state)["reason"] == {
        "name": "reason",
        "type": "choice",
        "label": "Why?",
        "hint": "",
        "required": True,
        "choices": [
            {"value": "new", "label": "new"},
            {"value": "lost", "label": "lost"},
            {"value": "old", "label": "It ran out", "hint": "Bring it"},
        ],
        "value": None,
        "error": None,
    }

    await talk.next(ADA)
    assert talk.step == "household/1/who"
    assert talk.state["path"] == [
        {"step": "applicant", "type": "form", "title": "About you"},
        {"step": "household/1/who", "type": "form", "title": "Who?"},
    ]
    await talk.next({"name": "Byron"})
    assert (talk.step, talk.state["progress"]["done"]) == ("household/after-1", 2)
    assert talk.state["current"]["items"] == [
        {
            "label": "Person 1",
            "value": "Byron",
            "step": "household/1/who",
            "remove": "household/1",
            "group": "",
            "page": "",
        }
    ]
    await talk.next({"add_another": False})
    assert talk.step == "check"
    await talk.next()

    assert (talk.state["status"], talk.state["has_next"], talk.step) == ("completed", False, "done")
    assert talk.state["current"]["text"] == "Thank you, Ada Lovelace."
    assert talk.state["answers"]["applicant"]["birth_date"] == "1985-03-27"
    assert talk.state["answers"]["household"]["1"] == {"who": {"name": "Byron"}}
    assert talk.state["progress"] == {"done": 5, "min": 0, "max": 0}


async def test_what_is_answered_to_a_start(caller: Caller) -> None:
    """Without the address, the ETag and the token nobody could go on with what they started."""
    response = await caller.send("POST", "/runs", json={"workflow": "passport", "input": {"country": "DE"}})
    told = await response.json()
    assert response.status == 201
    assert response.headers["Location"] == f"/api/v1/runs/{told['id']}"
    assert response.headers["ETag"] == f'"{told["revision"]}"'
    assert len(told["token"]) >= 22
    stored = await caller.engine.load(told["id"])
    assert stored.run.input == {"country": "DE"}


async def test_errors_are_told_by_field_and_nothing_is_lost(caller: Caller) -> None:
    """A program that shows errors beside the fields needs them there, with what was typed."""
    talk = await caller.start()
    before = talk.revision
    wrong = {"full_name": "Ada", "birth_date": "31 2 1985", "email": "nowhere", "reason": "lost", "pin": "1234"}
    status, told = await talk.post("next", {"step": "applicant", "answers": wrong})
    assert status == 422
    assert told["type"] == "urn:wizard:problem:answers-rejected"
    assert told["errors"].keys() == {"birth_date", "email", "lost_where"}
    shown = fields(told["run"])
    assert shown["birth_date"]["value"] == "31 2 1985"
    assert shown["birth_date"]["error"] == told["errors"]["birth_date"]
    assert shown["full_name"]["value"] == "Ada"
    assert shown["pin"]["value"] is None
    assert told["run"]["answers"] == {}
    assert (await talk.look())["revision"] == before


async def test_an_error_of_the_whole_step(caller: Caller) -> None:
    """A rule over several answers belongs to no field, and must be told all the same."""
    talk = await caller.start()
    status, told = await talk.post("next", {"step": "applicant", "answers": {**ADA, "full_name": "Nobody"}})
    assert (status, told["errors"], told["error"]) == (422, {}, "Nobody can't apply")
    assert told["run"]["current"]["error"] == "Nobody can't apply"


async def test_a_password_is_never_shown_again(caller: Caller) -> None:
    """Whoever holds a token, or a log of answers, would read what the person keeps secret."""
    talk = await caller.start()
    told = await talk.next({**ADA, "pin": "open sesame"})
    assert "pin" not in told["answers"]["applicant"]
    await talk.post("previous", {})
    response = await talk.send("GET")
    assert "sesame" not in await response.text()
    assert "sesame" not in await (await talk.send("GET", "/trace")).text()
    stored = await caller.engine.load(talk.id)
    assert stored.run.by_path["applicant"].output is not None
    assert stored.run.by_path["applicant"].output["pin"] == "open sesame"


async def test_going_back_and_on_again(caller: Caller) -> None:
    """Going back must cost no answer, also of what was typed and not yet sent."""
    talk = await caller.start()
    await talk.next(ADA)
    status, state = await talk.post("previous", {"draft": {"name": "Byr"}, "revision": talk.revision})
    assert status == 200
    assert (talk.step, steps(state["kept"]), state["answers"]) == ("applicant", ["household/1/who"], {})
    assert fields(state)["full_name"]["value"] == "Ada Lovelace"
    assert fields(await talk.next(ADA))["name"]["value"] == "Byr"


async def test_going_back_to_a_step_by_name(caller: Caller) -> None:
    """A program with links to all steps of the path goes there in one call."""
    talk = await caller.start()
    await talk.next(ADA)
    await talk.next({"name": "Byron"})
    status, state = await talk.post("previous", {"to": "applicant"})
    assert (status, state["current"]["step"]) == (200, "applicant")


async def test_there_is_nothing_before_the_first_step(caller: Caller) -> None:
    """Back at the beginning is no mistake of the caller's: nothing happens."""
    talk = await caller.start()
    before = talk.state
    assert await talk.post("previous", {}) == (200, before)


async def test_a_change_returns_to_where_it_was_asked(caller: Caller) -> None:
    """The promise that a changed mind costs one answer, not all that came after it."""
    talk = await caller.start()
    await talk.next(ADA)
    await talk.next({"name": "Byron"})
    await talk.next({"add_another": False})
    assert talk.step == "check"

    status, shown = await talk.post("change", {"step": "applicant"})
    assert (status, shown["current"]["step"], steps(shown["kept"])[-1]) == (200, "applicant", "check")
    await talk.next({**ADA, "full_name": "Ada King"})
    assert talk.step == "check"

    status, state = await talk.post("change", {"step": "household/1/who", "answers": {"name": "Annabella"}})
    assert (status, state["current"]["step"]) == (200, "check")
    assert state["answers"]["household"]["1"]["who"] == {"name": "Annabella"}
    assert state["answers"]["applicant"]["full_name"] == "Ada King"


async def test_a_change_that_is_not_taken_changes_nothing(caller: Caller) -> None:
    """The run stays where it was; the errors are those of the step that was to be changed."""
    talk = await caller.start()
    await talk.next(ADA)
    before = talk.state
    status, told = await talk.post("change", {"step": "applicant", "answers": {**ADA, "full_name": ""}})
    assert status == 422
    assert told["errors"].keys() == {"full_name"}
    assert told["run"] == before
    assert await talk.look() == before


async def test_a_person_is_taken_out_of_the_household(caller: Caller) -> None:
    """The list page offers it; a program can't do it in any other way."""
    talk = await caller.start()
    await talk.next(ADA)
    for name, more in (("Byron", True), ("Annabella", False)):
        await talk.next({"name": name})
        await talk.next({"add_another": more})
    assert talk.step == "check"
    status, state = await talk.post("remove", {"item": "household/1", "revision": talk.revision})
    assert (status, state["current"]["step"]) == (200, "check")
    assert state["answers"]["household"].keys() == {"2", "after-2"}
    status, told = await talk.post("remove", {"item": "household/1"})
    assert (status, told["type"]) == (409, "urn:wizard:problem:not-a-step")


async def test_a_form_is_answered_field_by_field(caller: Caller) -> None:
    """A chat asks one question at a time, and may get the next answer in another session."""
    talk = await caller.start()
    status, state = await talk.post("next", {"step": "applicant", "answers": {"full_name": "Ada"}, "partial": True})
    assert (status, state["current"]["step"], fields(state)["full_name"]["value"]) == (200, "applicant", "Ada")
    status, told = await talk.post("next", {"step": "applicant", "answers": {"birth_date": "x"}, "partial": True})
    assert (status, list(told["errors"])) == (422, ["birth_date"])
    rest = {"birth_date": "1985-03-27", "reason": "old"}
    status, _ = await talk.post("next", {"step": "applicant", "answers": rest, "partial": True})
    assert status == 200
    assert fields(await talk.look())["full_name"]["value"] == "Ada"


async def test_a_minor_takes_the_other_way(caller: Caller) -> None:
    """A sub-workflow's answers are nested below its node."""
    talk = await caller.start()
    await talk.next({**ADA, "birth_date": "2020-01-01"})
    assert talk.step == "guardian/who"
    state = await talk.next({"name": "Byron"})
    assert state["answers"]["guardian"] == {"who": {"name": "Byron"}}


async def test_a_failed_step_is_told_and_tried_again(caller: Caller) -> None:
    """A bank that is down for a minute must not cost the person the order."""
    talk = await caller.start("order")
    caller.till.failing = True
    state = await talk.next({"count": 2, "price": "12.50"})
    assert (state["status"], state["current"]["step"]) == ("failed", "pay")
    assert state["current"]["error"] == "The bank doesn't answer. Try again."
    status, state = await talk.post("next", {})
    assert (status, state["status"]) == (200, "failed")
    caller.till.failing = False
    status, state = await talk.post("next", {"step": "pay"})
    assert (status, state["current"]["step"], caller.till.paid) == (200, "note", 1)
    assert state["answers"]["item"]["price"] == "12.50"


async def test_what_is_paid_stays_paid(caller: Caller) -> None:
    """Below a final step there is no way back, in whatever way it is tried."""
    talk = await caller.start("order")
    await talk.next({"count": 2})
    assert talk.state["has_previous"] is False
    before = talk.state
    for call, body in (("previous", {}), ("previous", {"to": "item"}), ("change", {"step": "item"})):
        status, told = await talk.post(call, body)
        assert (status, told["type"]) == (409, "urn:wizard:problem:point-of-no-return")
        assert told["run"] == before


async def test_a_turn_that_is_stopped_says_why_at_the_step_just_answered(caller: Caller) -> None:
    """A condition without a case is the author's mistake; the person must not be stuck without a word."""
    talk = await caller.start("order")
    await talk.next({"count": 2})
    state = await talk.next({"text": "stop"})
    assert (state["status"], state["current"]["step"]) == ("waiting", "note")
    assert state["current"]["error"]
    assert (await talk.next({"text": "go"}))["status"] == "completed"


async def test_a_completed_run_stays_as_it_is(caller: Caller) -> None:
    """An application that was sent can't be changed behind the office's back."""
    talk = await caller.start("order")
    await talk.next({"count": 2})
    await talk.next({"text": "go"})
    before = talk.state
    assert await talk.post("next", {}) == (200, before)
    assert await talk.post("next", {"step": "note", "answers": {"text": "go"}}) == (200, before)
    status, told = await talk.post("next", {"step": "note", "answers": {"text": "other"}})
    assert (status, told["type"], told["run"]) == (409, "urn:wizard:problem:stale-input", before)
    for call, body in (("previous", {}), ("change", {"step": "note"}), ("remove", {"item": "a/1"})):
        status, told = await talk.post(call, body)
        assert (status, told["type"], told["run"]) == (409, "urn:wizard:problem:run-completed", before)


async def test_the_trace_says_what_happened(caller: Caller) -> None:
    """Support and audits read it: in order, whole, and in pages where it is long."""
    talk = await caller.start("order")
    await talk.next({"count": 2})
    response = await talk.send("GET", "/trace")
    entries = await response.json()
    assert [entry["number"] for entry in entries] == list(range(1, len(entries) + 1))
    assert [(entry["kind"], entry["step"]) for entry in entries if entry["kind"] in ("created", "accepted", "ran")] == [
        ("created", ""),
        ("accepted", "item"),
        ("ran", "pay"),
    ]
    assert "Link" not in response.headers
    page = await talk.send("GET", "/trace?after=1&limit=2")
    assert await page.json() == entries[1:3]
    assert page.headers["Link"] == f'</api/v1/runs/{talk.id}/trace?after=3&limit=2>; rel="next"'


async def test_a_file_is_uploaded_and_downloaded(caller: Caller) -> None:
    """It comes back as it was sent, as something to save: a page in it would run as ours."""
    talk = await caller.start("order")
    content = base64.b64encode(b"<script>alert(1)</script>").decode()
    letter = {"name": 'my "letter"\r\nX-Evil: 1ü.html', "type": "text/html", "content": content}
    state = await talk.next({"count": 1, "letter": letter})
    kept = state["answers"]["item"]["letter"]
    assert (kept["type"], kept["size"]) == ("text/html", 25)

    response = await talk.send("GET", f"/files/{kept['id']}")
    assert await response.read() == b"<script>alert(1)</script>"
    assert response.headers["Content-Disposition"].startswith(
        "attachment; filename*=UTF-8''my%20_letter_X-Evil_%201%C3"
    )
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert "X-Evil" not in response.headers

    other = await caller.start("order")
    assert (await other.send("GET", f"/files/{kept['id']}")).status == 404
    assert (await talk.send("GET", "/files/a%00b")).status == 404
    assert (await caller.send("GET", f"/runs/{talk.id}/files/{kept['id']}")).status == 401


async def test_the_workflows_are_listed(caller: Caller) -> None:
    """A program that offers what there is needs names, and what each can be handed."""
    listed = {each["id"]: each for each in await (await caller.send("GET", "/workflows")).json()}
    assert listed.keys() == {"passport", "order"}  # contact is a part of the first
    passport = listed["passport"]
    assert (passport["title"], passport["text"]) == ("Apply for a passport", "It takes ten minutes.")
    assert passport["version"] == (await caller.start()).state["version"]
    assert passport["input"] == [
        {"name": "country", "type": "text", "label": "Country", "required": False, "default": "CH"}
    ]


async def test_an_unchanged_run_is_not_sent_again(caller: Caller) -> None:
    """A program that polls asks for what is new only."""
    talk = await caller.start()
    response = await talk.send("GET")
    tag = response.headers["ETag"]
    assert tag == f'"{talk.revision}"'
    for condition in (tag, f"W/{tag}", f'"99", {tag}', "*"):
        response = await talk.send("GET", headers={"If-None-Match": condition})
        assert (response.status, await response.read()) == (304, b"")
    await talk.next(ADA)
    assert (await talk.send("GET", headers={"If-None-Match": tag})).status == 200
