"""S25: the clock of a form starts anew whenever somebody comes to it, whatever became of its old deadline meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.moved import KINDS, World, world
from wizard.engine import Engine
from wizard.engine.worker import Worker
from wizard.model import RunStatus
from wizard.model.job import Claim
from wizard.testing import MovableClock, Person, make_test_engine

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MESSAGE = {"send": "mail", "to": "x@example.org", "subject": "Still open", "text": "Go on"}


def form(node: str, **keys: Any) -> dict[str, Any]:
    return {"id": node, "type": "form", "fields": [{"name": "x", "type": "text"}], **keys}


class Scene:
    """Somebody who came to the form `b`, whose clock runs, at noon."""

    def __init__(self, world: World, **clock: Any) -> None:
        self.world = world
        self.keys = clock
        self.mailed: list[float] = []  # after how many hours
        self.engine: Engine
        self.person: Person

    async def begins(self) -> Scene:
        definition = {"id": "main", "nodes": [form("a"), form("b", **self.keys), form("c"), form("n")]}
        self.engine = await make_test_engine(
            definition, store=self.world.store, functions={"mail": self._mail}, clock=self.world.clock
        )
        self.person = await Person.starts(self.engine, "main")
        await self.person.says("ann")
        return self

    def _mail(self, **message: str) -> None:
        self.mailed.append((self.world.now - NOON) / timedelta(hours=1))

    async def comes_to(self, hours: float) -> None:
        """A moment after that time, and what is due then is done, and what comes due by that."""
        for moment in (5, 10):
            await self.world.comes_to(NOON + timedelta(hours=hours, milliseconds=moment))
            await Worker(self.engine).perform_due()
        await self.engine.load(self.person.run)

    async def comes_anew(self, at: float) -> None:
        """Back, and to the form again."""
        await self.world.comes_to(NOON + timedelta(hours=at))
        await self.person.goes_back()
        await self.person.says("bob")

    async def is_claimed(self, at: float) -> Claim:
        await self.world.comes_to(NOON + timedelta(hours=at, milliseconds=1))
        (claim,) = await self.engine.store.queue.claim(self.world.clock(), 1, timedelta(seconds=30), 0)
        return claim

    @property
    def over(self) -> bool:
        """Whether the time of the form was over, in one way or another."""
        return bool(self.mailed) or self.person.run.step == "n" or self.person.run.status is RunStatus.EXPIRED


CLOCKS: dict[str, dict[str, Any]] = {
    "expires": {"expires_after": "1h"},
    "goes on": {"remind_after": {"after": "1h", "goto": "n"}},
    "reminds": {"remind_after": {"after": "1h", "message": MESSAGE}},
}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_reminder_that_comes_each_day_counts_from_the_last_time(kind: str, tmp_path: Path) -> None:
    """The next reminder waits for tomorrow when somebody comes to the form again: they are reminded a day after that,
    and not an hour."""
    async with world(kind, tmp_path, NOON, UTC) as made:
        scene = await Scene(made, remind_after={"every": "1d", "message": MESSAGE}).begins()
        await scene.comes_to(24)
        await scene.comes_anew(at=47)
        for hour in (48, 70.99, 71, 94.99, 95):
            await scene.comes_to(hour)
        assert [round(at) for at in scene.mailed] == [24, 71, 95]


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_worker_that_died_with_the_old_deadline_takes_nothing_of_the_new_one(
    kind: str, clock: str, tmp_path: Path
) -> None:
    """Somebody came to the form and has an hour: the run doesn't expire when a dead worker's lease ends."""
    async with world(kind, tmp_path, NOON, UTC) as made:
        scene = await Scene(made, **CLOCKS[clock]).begins()
        await scene.is_claimed(at=1)
        await scene.comes_anew(at=1.001)
        await scene.comes_to(2.0005)
        assert not scene.over
        await scene.comes_to(2.001)
        assert scene.over


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_worker_that_was_slow_with_the_old_deadline_does_nothing(kind: str, clock: str, tmp_path: Path) -> None:
    """It claimed the job, was stopped for a while, and goes on when the form is there anew: the deadline that it was
    sent for isn't the form's any more."""
    async with world(kind, tmp_path, NOON, UTC) as made:
        scene = await Scene(made, **CLOCKS[clock]).begins()
        claim = await scene.is_claimed(at=1)
        await scene.comes_anew(at=1.001)
        assert await scene.engine.perform(claim) is None
        await scene.engine.store.queue.done(claim)
        await scene.comes_to(2.0005)
        assert not scene.over
        await scene.comes_to(2.001)
        assert scene.over


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("kind", KINDS)
async def test_who_comes_while_a_worker_finds_nothing_to_do_has_a_deadline(
    kind: str, clock: str, tmp_path: Path
) -> None:
    """The worker looked, and found them elsewhere; they come to the form, and only then the worker says that the job is
    done. Their form expires all the same, and they are reminded."""
    async with world(kind, tmp_path, NOON, UTC) as made:
        scene = await Scene(made, **CLOCKS[clock]).begins()
        await scene.person.goes_back()
        claim = await scene.is_claimed(at=1)
        assert await scene.engine.perform(claim) is None
        await scene.person.says("bob")
        await scene.engine.store.queue.done(claim)
        await scene.comes_to(1.999)
        assert not scene.over
        await scene.comes_to(2)
        assert scene.over


async def test_a_timer_that_comes_back_to_its_own_form_starts_its_clock_anew() -> None:
    """What follows the timer fails and brings the person back to the form: its clock runs again, though the job that
    brought them there isn't done yet."""
    clock = MovableClock()
    outage = [True]

    def work() -> None:
        if outage:
            raise RuntimeError

    nodes = [
        form("b", remind_after={"after": "1h", "goto": "w"}),
        form("c"),
        {"id": "w", "type": "python", "function": "work", "on_error": "back"},
        form("n"),
    ]
    engine = await make_test_engine({"id": "main", "nodes": nodes}, functions={"work": work}, clock=clock)
    person = await Person.starts(engine, "main")
    await person.waits(hours=1)
    assert person.asked == "b"
    outage.clear()
    await person.waits(minutes=59)
    assert person.asked == "b"
    await person.waits(minutes=1)
    assert person.asked == "n"


# -- whatever happens ----------------------------------------------------------------------------------

EVERY = 4  # hours
HAPPENS = st.sampled_from(["nothing", "nothing", "back and again", "change", "draft", "on and back"])
HOURS = st.lists(st.tuples(HAPPENS, st.sampled_from(["works", "works", "dies", "is slow"])), min_size=1, max_size=25)


class History:
    """Hours at the form `b`: each begins with what the person does, and ends with what a worker does. Beside it, in
    whole hours, what has to come of it."""

    def __init__(self, clock: MovableClock, expires: bool) -> None:
        self.clock = clock
        self.expires = expires
        self.begun = clock.now
        self.shown = 0  # when somebody came to the form last
        self.number = 0  # of the last reminder since then
        self.mailed: list[int] = []
        self.due: list[int] = []
        self.slow: list[Claim] = []

    @property
    def hour(self) -> int:
        return (self.clock.now - self.begun) // timedelta(hours=1)

    async def begins(self) -> Person:
        ends = {"expires_after": f"{EVERY}h"} if self.expires else {}
        reminds = {} if self.expires else {"remind_after": {"every": f"{EVERY}h", "message": MESSAGE}}
        definition = {"id": "main", "nodes": [form("a"), form("b", **ends, **reminds), form("c")]}
        engine = await make_test_engine(definition, functions={"mail": self._mail}, clock=self.clock)
        person = await Person.starts(engine, "main")
        return await person.says("ann")

    def _mail(self, **message: str) -> None:
        self.mailed.append(self.hour)

    async def happens(self, person: Person, what: str) -> None:
        match what:
            case "back and again":
                await person.goes_back()
                await person.says("bob")
            case "change":
                await person.changes("a", f"at {self.hour}")
            case "draft":
                await person.engine.save(person.run, "b", {"x": "typed"})
                return
            case "on and back":
                await person.says("an answer")
                await person.goes_back()
            case _:
                return
        self.shown, self.number = self.hour, 0

    async def works(self, engine: Engine, how: str) -> None:
        if how == "works":
            self._is_due()
            for claim in self.slow:  # those that were stopped for a while go on first
                again = await engine.perform(claim)
                queue = engine.store.queue
                await (queue.done(claim) if again is None else queue.put_off(claim, engine.clock(), again))
            self.slow.clear()
            await Worker(engine).perform_due()
            return
        claims = await engine.store.queue.claim(engine.clock(), 5, timedelta(minutes=30), 0)
        if how == "is slow":
            self.slow += claims

    def _is_due(self) -> None:
        passed = (self.hour - self.shown) // EVERY
        if passed > self.number:
            self.number = passed
            self.due.append(self.hour)


async def _lives_through(hours: Sequence[tuple[str, str]], *, expires: bool) -> None:
    history = History(MovableClock(), expires)
    person = await history.begins()
    for what, how in hours:
        await history.happens(person, what)
        await history.works(person.engine, how)
        await person.engine.load(person.run)
        if person.run.status is RunStatus.EXPIRED:
            assert history.due == [history.hour]
            return
        assert history.mailed == ([] if expires else history.due)
        history.clock.move(hours=1)
    assert not (expires and history.due)


@given(HOURS)
@settings(max_examples=25, deadline=None)
def test_reminders_come_when_they_are_due_whatever_happened(hours: list[tuple[str, str]]) -> None:
    """Each so many hours after somebody came to the form last, or when a worker is there again; never earlier, never
    twice, and none is lost."""
    asyncio.run(_lives_through(hours, expires=False))


@given(HOURS)
@settings(max_examples=25, deadline=None)
def test_a_form_expires_when_it_is_due_whatever_happened(hours: list[tuple[str, str]]) -> None:
    """So many hours after somebody came to it last, or when a worker is there again, and never earlier."""
    asyncio.run(_lives_through(hours, expires=True))
