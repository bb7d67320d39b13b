"""Work can be tried for days, and nothing stands and waits for it: no person, no turn, no job (S16, S21)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.patience import LONG
from tests.stores import Open, clocked
from wizard.errors import DefinitionError, NodeFailed, StaleInput
from wizard.model import RunStatus
from wizard.testing import MovableClock, Person, make_test_engine

__all__ = ["clocked"]  # a fixture

PATIENT = {"attempts": 20, "backoff": "10m", "max_backoff": "1h"}


class Office:
    """A service that is closed for its first `closed` calls. `calls` are the times and keys of all."""

    def __init__(self, closed: int, clock: Callable[[], Any]) -> None:
        self.closed = closed
        self.clock = clock
        self.calls: list[tuple[Any, str]] = []

    def __call__(self, visit: Any) -> dict[str, Any]:
        self.calls.append((self.clock(), visit.key))
        if len(self.calls) <= self.closed:
            raise NodeFailed("The office is closed.")
        return {"calls": len(self.calls)}


def flow(retry: dict[str, Any] | None = None, **keys: Any) -> dict[str, Any]:
    given = {"of": "{{ ask.x }}"} if keys.pop("reads", True) else {}
    return {
        "id": "main",
        "nodes": [
            {"id": "ask", "type": "form", "fields": [{"name": "x"}]},
            {"id": "call", "type": "python", "function": "call", "retry": retry or PATIENT, "arguments": given, **keys},
            {"id": "last", "type": "message", "title": "{{ call.calls }} calls"},
        ],
    }


async def begin(open_store: Open, closed: int, **keys: Any) -> tuple[Person, Office]:
    clock = MovableClock()
    office = Office(closed, clock)

    def call(visit: Any, of: Any = None) -> dict[str, Any]:
        return office(visit)

    made = await make_test_engine(flow(**keys), store=await open_store(), functions={"call": call}, clock=clock)
    return await Person.starts(made, "main"), office


async def test_a_service_that_is_down_over_night_is_called_until_it_is_back(clocked: Open) -> None:
    """More than ten tries, an hour apart: the run goes on in the morning, each try had the same key, and meanwhile
    the person sees that it is being worked on."""
    person, office = await begin(clocked, closed=13)
    await person.says("1")
    assert (person.run.status, person.run.step, len(office.calls)) == (RunStatus.WORKING, "call", 1)
    hours = 0
    while person.run.status is RunStatus.WORKING and hours < 24:
        await person.waits(hours=1)
        hours += 1
    person.sees(title="14 calls")
    assert len({key for _, key in office.calls}) == 1
    pauses = [later - earlier for (earlier, _), (later, _) in zip(office.calls, office.calls[1:], strict=False)]
    assert all(pause.total_seconds() <= 3600 for pause in pauses)


async def test_tries_are_counted_over_restarts(clocked: Open) -> None:
    """Each try by another process: five are five, and then what `on_error` says follows."""
    person, office = await begin(clocked, closed=99, retry={**PATIENT, "attempts": 5}, on_error="back")
    await person.says("1")
    for _ in range(10):
        await person.waits(hours=1)
        await person.reloads()
    assert len(office.calls) == 5
    assert person.asked == "ask"
    person.sees(error="The office is closed.")


async def test_a_try_after_the_last_one_begins_anew(clocked: Open) -> None:
    """The run failed after its five tries; Next gives it five more, since somebody wants to know."""
    person, office = await begin(clocked, closed=7, retry={**PATIENT, "attempts": 5})
    await person.says("1")
    for _ in range(5):
        await person.waits(hours=1)
    assert (person.run.status, len(office.calls)) == (RunStatus.FAILED, 5)
    await person.says()
    for _ in range(5):
        await person.waits(hours=1)
    person.sees(title="8 calls")


async def test_nothing_is_tried_before_its_time(clocked: Open) -> None:
    """An impatient Next, and jobs that come for other reasons, don't call a service that is to be left alone."""
    person, office = await begin(clocked, closed=1)
    await person.says("1")
    with pytest.raises(StaleInput, match="worked on"):
        await person.says()
    await person.engine.event(person.run, "news", 1)
    await person.waits(minutes=4, seconds=59)
    assert len(office.calls) == 1
    await person.waits(minutes=5, seconds=1)
    person.sees(title="2 calls")


async def test_a_try_that_is_due_is_made_by_its_job(clocked: Open) -> None:
    """An impatient Next in the moment in which the job comes must not call the service beside it."""
    person, office = await begin(clocked, closed=1)
    await person.says("1")
    office.clock.move(hours=1)  # type: ignore[attr-defined]
    with pytest.raises(StaleInput, match="worked on"):
        await person.says()
    assert len(office.calls) == 1
    await person.waits()
    person.sees(title="2 calls")


async def test_a_try_is_made_in_the_very_instant_that_was_told(clocked: Open) -> None:
    """The page says when it is tried again. A job that came at just that time and found it too early would come again
    and again, and keep a worker busy with nothing until the clock has moved."""
    person, office = await begin(clocked, closed=1)
    await person.says("1")
    due = person.run.until
    assert due is not None
    async with asyncio.timeout(LONG):
        await person.waits(microseconds=(due - office.clock()) // timedelta(microseconds=1))
    assert [at for at, _ in office.calls][1:] == [due]
    person.sees(title="2 calls")


async def test_who_goes_back_and_answers_otherwise_has_other_work_done(clocked: Open) -> None:
    """Back wins over tries that are still to come; other inputs have another key and all their tries."""
    person, office = await begin(clocked, closed=2)
    await person.says("1")
    await person.goes_back()
    await person.waits(hours=2)
    assert (person.asked, len(office.calls)) == ("ask", 1)
    await person.says("2")
    await person.waits(hours=2)
    person.sees(title="3 calls")
    first, second, third = (key for _, key in office.calls)
    assert first != second == third


async def test_other_inputs_between_two_tries_are_other_work(clocked: Open) -> None:
    """S21: a key stands for its inputs. What the host amends while a service is down must not go out under the key of
    what was sent before."""
    clock, office = MovableClock(), None
    office = Office(1, clock)
    sent: list[Any] = []

    def call(visit: Any, of: Any) -> dict[str, Any]:
        sent.append(of)
        return office(visit)

    definition = flow()
    definition["nodes"][1]["arguments"] = {"of": "{{ event.amount }}"}
    made = await make_test_engine(definition, store=await clocked(), functions={"call": call}, clock=clock)
    person = await Person.starts(made, "main")
    await made.amend(person.run, event={"amount": 1})
    await person.says("1")
    await made.amend(person.run, event={"amount": 2})
    await person.waits(hours=1)
    person.sees(title="2 calls")
    assert sent == [1, 2]
    assert office.calls[0][1] != office.calls[1][1]


async def test_short_pauses_are_waited_for_in_place(clocked: Open) -> None:
    """A hiccup of a second is no reason to leave the page: the person sees what comes next."""
    person, _ = await begin(clocked, closed=2, retry={"attempts": 3, "backoff": "0s"})
    await person.says("1")
    person.sees(title="3 calls")


@pytest.mark.parametrize(
    "retry", [{"attempts": 101}, {"attempts": 0}, {"max_backoff": "0s"}, {"max_backoff": 5}, {"backoff_limit": "1h"}]
)
async def test_retries_have_bounds(retry: dict[str, Any]) -> None:
    """A hundred tries are enough for everybody, and a pause of nothing is a slip."""
    with pytest.raises(DefinitionError, match="retry"):
        await make_test_engine(flow(retry))
