"""S25: a deadline counts from when its step was presented, or its wait begun, however long the work before it took."""

from __future__ import annotations

from typing import Any

import pytest

from wizard.model import RunStatus
from wizard.settings import Settings
from wizard.testing import MovableClock, Person, make_test_engine

FORM = {"id": "g", "type": "form", "fields": [{"name": "y"}]}
DEADLINES: dict[str, dict[str, Any]] = {
    "wait": {"id": "g", "type": "wait", "for": "20m"},
    "wait for an event": {"id": "g", "type": "wait", "event": "paid", "for": "20m"},
    "remind": {**FORM, "remind_after": {"after": "20m", "goto": "n"}},
    "expire": {**FORM, "expires_after": "20m"},
}


def flow(node: dict[str, Any], work: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "main",
        "nodes": [
            {"id": "f", "type": "form", "fields": [{"name": "x"}]},
            {"id": "p", "type": "python", "function": "work", "timeout": "2h", **work},
            node,
            {"id": "m", "type": "message", "title": "answered"},
            {"id": "n", "type": "message", "title": "over"},
        ],
    }


@pytest.mark.parametrize("slow", [True, False], ids=["as a job", "within the turn"])
@pytest.mark.parametrize("kind", DEADLINES)
async def test_work_of_half_an_hour_takes_nothing_of_the_deadline_behind_it(kind: str, slow: bool) -> None:
    """Twenty minutes behind half an hour of work: whoever comes back when the work is done has all of them; the form
    doesn't expire before anybody saw it."""
    clock = MovableClock()

    def works() -> None:
        clock.move(minutes=30)

    document = flow(DEADLINES[kind], {"slow": slow})
    engine = await make_test_engine(document, clock=clock, functions={"work": works}, settings=Settings(slow_after=60))
    person = await Person.starts(engine, "main")
    await person.says("1")
    await person.waits()
    assert (person.run.step, person.run.status is RunStatus.EXPIRED) == ("g", False)
    await person.waits(minutes=19)
    assert (person.run.step, person.run.status is RunStatus.EXPIRED) == ("g", False)
    await person.waits(minutes=1)
    assert person.run.step != "g" or person.run.status is RunStatus.EXPIRED


async def test_what_is_undone_on_the_way_takes_nothing_of_a_deadline_either() -> None:
    """A change has an hour of undoing done before the next form is shown: its deadline counts from then."""
    clock = MovableClock()

    def undo(output: object) -> None:
        clock.move(hours=1)

    document = {
        "id": "main",
        "nodes": [
            {"id": "f", "type": "form", "fields": [{"name": "x"}]},
            {"id": "c", "type": "condition", "cases": [{"when": "f.x == 'a'", "goto": "p"}, {"goto": "g"}]},
            {"id": "p", "type": "python", "function": "work", "undo": "undo"},
            {**FORM, "expires_after": "20m"},
            {"id": "m", "type": "message", "title": "answered"},
        ],
    }
    functions = {"work": lambda: {}, "undo": undo}
    engine = await make_test_engine(document, clock=clock, functions=functions)
    person = await Person.starts(engine, "main")
    await person.says("a")
    await person.goes_back()
    await person.says("b")
    await person.waits(minutes=19)
    assert (person.asked, person.run.status) == ("g", RunStatus.WAITING)
    await person.waits(minutes=1)
    assert person.run.status is RunStatus.EXPIRED


async def test_the_time_of_a_turn_is_that_of_its_end() -> None:
    """An operator reads when a run was moved last, and retention counts from it: not from before an hour of work."""
    clock = MovableClock()
    document = flow(FORM, {})
    engine = await make_test_engine(document, clock=clock, functions={"work": lambda: clock.move(hours=1) and None})
    person = await Person.starts(engine, "main")
    await person.says("1")
    assert person.run.run.updated_at == clock()
