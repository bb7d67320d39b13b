"""Whoever is asked something once more is told why, and a program says what becomes of what it leaves out."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from wizard.channels.api.calls import api
from wizard.errors import InvalidInput
from wizard.testing import Person, make_test_engine

TRIP = {
    "id": "trip",
    "nodes": [
        {
            "id": "who",
            "type": "form",
            "fields": [
                {"name": "country"},
                {"name": "age", "type": "integer"},
                {"name": "note", "required": False},
                {"name": "pin", "type": "password", "required": False},
            ],
        },
        {"id": "minor", "type": "condition", "cases": [{"when": "who.age < 18", "goto": "guardian"}, {"goto": "visa"}]},
        {"id": "guardian", "type": "form", "fields": [{"name": "name"}]},
        {"id": "visa", "type": "form", "depends_on": ["who.country"], "fields": [{"name": "kind"}]},
        {"id": "seats", "type": "form", "fields": [{"name": "most", "type": "integer", "max": "who.age"}]},
        {"id": "check", "type": "review"},
    ],
}
ANN = {"country": "CH", "age": 30, "note": "by train", "pin": "4711"}


async def somebody() -> Person:
    person = await Person.starts(await make_test_engine(TRIP), "trip")
    for answers in (ANN, {"kind": "tourist"}, {"most": 20}):
        await person.says(**answers)
    assert person.asked == "check"
    return person


async def test_a_page_says_that_it_depends_on_what_was_changed() -> None:
    """Else it looks as if the answer had been lost."""
    person = await somebody()
    await person.changes("who", **{**ANN, "country": "FR"})
    assert person.asked == "visa"
    assert "depends on" in person.prompt.again
    await person.says(kind="tourist")
    assert (person.asked, person.prompt.again) == ("check", "")


async def test_a_page_says_that_its_answer_no_longer_fits() -> None:
    """A limit that another answer sets has come down."""
    person = await somebody()
    await person.changes("who", **{**ANN, "age": 19})
    assert person.asked == "seats"
    assert "no longer fits" in person.prompt.again


async def test_a_page_that_a_change_brings_up_says_so() -> None:
    """A condition leads another way now."""
    person = await somebody()
    await person.changes("who", **{**ANN, "age": 17})
    assert person.asked == "guardian"
    assert "need to answer this page as well" in person.prompt.again


async def test_nothing_is_explained_to_who_goes_back_or_asks_for_a_change() -> None:
    """They know why they are there."""
    person = await somebody()
    await person.goes_back()
    assert person.prompt.again == ""
    await person.engine.change(person.run, "who")
    assert (person.asked, person.prompt.again) == ("who", "")


async def test_a_program_can_change_one_answer_and_keep_the_others() -> None:
    """Without `keep` what is left out has no answer any more; with it, passwords stay as well."""
    person = await somebody()
    engine, run = person.engine, person.run
    app = web.Application()
    app.add_subapp("/api/v1", api(engine))
    async with TestClient(TestServer(app)) as client:
        started = await (await client.post("/api/v1/runs", json={"workflow": "trip"})).json()
        address = f"/api/v1/runs/{started['id']}"
        headers = {"Authorization": f"Bearer {started['token']}"}

        async def sends(call: str, **body: object) -> dict[str, object]:
            response = await client.post(f"{address}/{call}", json=body, headers=headers)
            answer: dict[str, object] = await response.json()
            return answer

        await sends("next", step="who", answers=ANN)
        await sends("change", step="who", answers={"age": 40}, keep=True)
        stored = (await engine.load(started["id"])).answers
        assert stored["who"] == {**ANN, "age": 40}
        await sends("previous", to="who")
        await sends("next", step="who", answers={"age": 41}, keep=True)
        assert (await engine.load(started["id"])).answers["who"] == {**ANN, "age": 41}
        await sends("change", step="who", answers={"country": "CH", "age": 41})
        assert (await engine.load(started["id"])).answers["who"]["note"] is None
        refused = await sends("next", step="visa", answers={"kind": "x"}, keep=True, partial=True)
        assert refused["status"] == 400
    assert run.step == "check"


async def test_an_embedder_can_answer_anew_and_keep_the_others() -> None:
    """The rule is the engine's: an application of one's own had to gather what it doesn't ask for again by itself."""
    person = await somebody()
    engine, run = person.engine, person.run
    await engine.change(run, "who", {"age": 40}, keep=True)
    assert run.answers["who"] == {**ANN, "age": 40}
    await engine.next(run, {"age": 41}, step="who", revisit=True, keep=True)
    assert run.answers["who"] == {**ANN, "age": 41}
    await engine.previous(run, to="who")
    await engine.keep(run, "who", {"note": "by bus"})
    await engine.next(run, {"age": 42}, keep=True)
    assert run.answers["who"] == {**ANN, "age": 42, "note": "by bus"}, "what was typed last counts"
    await engine.change(run, "who", {"country": "CH", "age": 42})
    assert run.answers["who"]["note"] is None


async def test_what_is_kept_is_that_of_the_run_as_it_is_now() -> None:
    """A view that is older than the answer must not bring the former one back."""
    person = await somebody()
    engine, old = person.engine, person.run
    await engine.change(old.id, "who", {**ANN, "note": "New"})
    await engine.change(old, "who", {"age": 40}, keep=True)
    assert old.answers["who"] == {**ANN, "age": 40, "note": "New"}


async def test_to_wait_for_the_others_and_to_keep_them_cant_be_asked_at_once() -> None:
    """One of them would be left out silently."""
    person = await somebody()
    with pytest.raises(InvalidInput, match="partial"):
        await person.engine.next(person.run, {}, partial=True, keep=True)
