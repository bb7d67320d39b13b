"""An event is taken once, wherever in its fan-out the process that takes it dies: by one storage that several processes
share, before and after each write."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from tests.stores import Open, stores
from tests.unit.events.shop import an_engine
from wizard.engine import Engine
from wizard.events.intake import Intake
from wizard.model.events import Emitted, TakenEvent

__all__ = ["stores"]  # a fixture

EVENT: dict[str, Any] = {"type": "purchase", "properties": {"total": 120}, "id": "o-1", "profile_id": "ann"}
WRITES = 6  # what it does, a commit for each of four runs, and what came of it


class Killed(BaseException):
    """The process is gone."""


class Dying:
    """A store of a process that is killed at its write of this number: before it where that is even, else after it."""

    def __init__(self, store: Any, at: int) -> None:
        self._store = store
        self._left = at
        self.events = _Watched(store.events, self.reaches, ("add", "finish"))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def reaches(self) -> None:
        """A point at which it may be killed."""
        self._left -= 1
        if self._left < 0:
            raise Killed

    async def commit(self, change: Any) -> None:
        self.reaches()
        await self._store.commit(change)
        self.reaches()


class _Watched:
    def __init__(self, real: Any, reaches: Any, writes: tuple[str, ...]) -> None:
        self._real = real
        self._reaches = reaches
        self._writes = writes

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._real, name)
        if name not in self._writes:
            return real

        async def cut(*given: Any) -> Any:
            self._reaches()
            answer = await real(*given)
            self._reaches()
            return answer

        return cut


async def shop(stores: Open) -> tuple[Engine, list[str]]:
    """A process, and two runs of Ann's that wait for her purchase."""
    engine = await an_engine(store=await _opened(stores))
    parcels = [(await engine.start("parcel", profile_id="ann")).id for _ in range(2)]
    return engine, parcels


async def _opened(stores: Open) -> Any:
    return _Opened(await stores())


class _Opened:
    """A store that is open already."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def open(self) -> None:
        """It is."""


async def check_once(engine: Engine, parcels: list[str], told: Emitted) -> None:
    """All that the event does is done, and once."""
    runs = Counter((run.workflow, run.status) for run in told.runs)
    assert runs == {("record", "completed"): 1, ("thanks", "waiting"): 1, ("parcel", "waiting"): 2}
    assert len(await engine.store.list_runs()) == 4
    for parcel in parcels:
        kinds = [entry.entry.kind for entry in await engine.store.trace(parcel)]
        assert kinds.count("arrived") == 1
    assert (await engine.store.document("profile", "ann")).revision == 1, "saved once"
    stored: TakenEvent | None = await engine.store.events.get("o-1")
    assert stored is not None
    assert stored.runs == told.runs


async def test_who_is_killed_between_any_two_writes_has_done_nothing_twice(stores: Open) -> None:
    """The sender hears nothing and sends again, to another process: once it is answered, all of it is done, once."""
    for at in range(2 * WRITES + 1):
        engine, parcels = await shop(stores)
        dying = await an_engine(store=_Opened(Dying(engine.store, at)))  # type: ignore[arg-type]
        try:
            first: Emitted | None = await Intake(dying).emit(**EVENT)
        except Killed:
            first = None
        told = await Intake(engine).emit(**EVENT)
        await check_once(engine, parcels, told)
        assert first is None or (told.again and told.runs == first.runs), "what was acknowledged stays so"
        assert (first is not None) == (at == 2 * WRITES)
        assert told.again == (at >= 2 * WRITES - 1), at
        again = await Intake(engine).emit(**EVENT)
        assert (again.again, again.runs) == (True, told.runs)
        await _clear(engine)


async def test_who_dies_again_and_again_gets_on(stores: Open) -> None:
    """A process that is restarted over and over in the middle of one event ends it at last."""
    engine, parcels = await shop(stores)
    for at in range(2 * WRITES):
        dying = await an_engine(store=_Opened(Dying(engine.store, at)))  # type: ignore[arg-type]
        try:
            await Intake(dying).emit(**EVENT)
        except Killed:
            continue
        break
    await check_once(engine, parcels, await Intake(engine).emit(**EVENT))


async def test_of_twenty_deliveries_to_four_processes_one_takes_it(stores: Open) -> None:
    """They come at once, and processes know nothing of each other."""
    engine, parcels = await shop(stores)
    intakes = [Intake(await an_engine(store=await _opened(stores))) for _ in range(4)]
    told = await asyncio.gather(*(intakes[number % 4].emit(**EVENT) for number in range(20)))
    assert [each.again for each in told].count(False) == 1
    assert len({each.runs for each in told}) == 1
    await check_once(engine, parcels, told[0])


async def _clear(engine: Engine) -> None:
    for run in await engine.store.list_runs():
        await engine.delete(run.id)
    await engine.store.events.forget("ann")
    await engine.store.documents.delete("profile", "ann")
