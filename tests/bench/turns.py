"""Turns in process: in memory, with SQLite beside the raw transaction, along a run, and by layer."""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgpack
from pydantic import BaseModel
from transitions import Machine

from tests.bench import floor
from tests.bench.cases import ANSWERS, forms, standing
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.machine.machine import next_
from wizard.machine.protocol import Result
from wizard.machine.stack import Turn
from wizard.model import Change
from wizard.stores.blobs import rows, step_rows
from wizard.stores.blobs.inventory import NEW, inventory_after
from wizard.stores.blobs.vault import PLAIN, KeyRing, new_key
from wizard.stores.contract import Store
from wizard.stores.memory import MemoryStore
from wizard.stores.sqlite import SqliteStore
from wizard.stores.sqlite.change import PackedChange

FORMS = 20


@dataclass(frozen=True)
class Timing:
    """Microseconds: the median, and the fastest and slowest tenth."""

    median: float
    low: float
    high: float


def timing(seconds: list[float]) -> Timing:
    micro = sorted(value * 1e6 for value in seconds)
    return Timing(statistics.median(micro), micro[len(micro) // 10], micro[len(micro) * 9 // 10])


async def measure(what: Callable[[], Awaitable[object]], times: int) -> list[float]:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        await what()
        took.append(time.perf_counter() - began)
    return took


def measure_call(what: Callable[[], object], times: int) -> list[float]:
    """`measure` for what needn't be awaited."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        what()
        took.append(time.perf_counter() - began)
    return took


async def engine_turns(store: Store, runs: int) -> Timing:
    """One `next` of a three-field form, its answers accepted and the next form shown."""
    engine = Engine(forms(FORMS), store)
    took = []
    for _ in range(runs):
        run = await engine.start("forms")
        took += await measure(lambda run=run: engine.next(run, ANSWERS), FORMS - 1)  # type: ignore[misc]
    return timing(took)


async def in_memory(runs: int = 300) -> Timing:
    return await engine_turns(MemoryStore(), runs)


async def with_sqlite(folder: Path, rounds: int = 10, runs: int = 10) -> tuple[Timing, Timing]:
    """The engine's turn and the raw transaction, by turns, so that a slow moment of the disk hits both."""
    store = SqliteStore(folder / "engine.sqlite")
    await store.open()
    raw = floor.connect(folder / "raw.sqlite")
    raw.executescript(floor.SCHEMA)
    raw.execute("INSERT INTO run VALUES ('run', 0, ?)", (floor.BODY,))
    engine = Engine(forms(FORMS), store)
    ours, theirs = [], []
    try:
        for _ in range(rounds * runs):
            run = await engine.start("forms")
            ours += await measure(lambda run=run: engine.next(run, ANSWERS), FORMS - 1)  # type: ignore[misc]
            theirs += [_raw_turn(raw) for _ in range(FORMS - 1)]
    finally:
        raw.close()
        await store.close()
    return timing(ours), timing(theirs)


def _raw_turn(connection: sqlite3.Connection) -> float:
    began = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    floor.turn(connection, "run")
    connection.execute("COMMIT")
    return time.perf_counter() - began


def change_size(change: Change) -> int:
    """The bytes that a store writes for a turn: its header, the steps it changed and its trace."""
    run = change.run
    parked = sum(len(step_rows.answers_body(PLAIN, run.id, *each)) for each in change.parked.items())
    steps = sum(len(step.path) + len(step_rows.step_body(PLAIN, run.id, step)) for step in change.written)
    return len(rows.header(PLAIN, run)) + steps + parked + len(rows.entries_body(PLAIN, run, change.entries))


class _Sizes(MemoryStore):
    """Counts the bytes that a change would write."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[int] = []

    async def commit(self, change: Change) -> None:
        self.written.append(change_size(change))
        await super().commit(change)


@dataclass(frozen=True)
class Growth:
    """What a `next` costs at the tenth and at the thousandth step: microseconds, and bytes written."""

    early: Timing
    late: Timing
    early_bytes: float
    late_bytes: float


async def growth(store: Store, catalog: Catalog, runs: int = 6, length: int = 1000) -> Growth:
    engine = Engine(catalog, store)
    early, late = [], []
    for _ in range(runs):
        young, old = await standing(engine, 5), await standing(engine, length)
        for _ in range(40):  # in turn, so that a machine's moods don't look like growth
            early += await measure(lambda run=young: engine.next(run, ANSWERS), 1)  # type: ignore[misc]
            late += await measure(lambda run=old: engine.next(run, ANSWERS), 1)  # type: ignore[misc]
    sizes = _Sizes()
    counted = Engine(catalog, sizes)
    run = await counted.start("loop")
    for _ in range(length + 5):
        await counted.next(run, ANSWERS)
    return Growth(
        timing(early), timing(late), statistics.mean(sizes.written[8:13]), statistics.mean(sizes.written[-5:])
    )


# -- by layer -------------------------------------------------------------------------------------


async def layers(times: int = 2000) -> dict[str, float]:
    """Microseconds of one `next`, layer by layer: each is measured alone, so the sum isn't the whole."""
    catalog = forms(FORMS)
    engine = Engine(catalog, MemoryStore())
    view = await engine.start("forms")
    await engine.next(view, ANSWERS)
    workflow, run, now = view.workflow, view.run, datetime.now(UTC)
    node = workflow.nodes["form_2"]
    found: dict[str, float] = {}

    def alone(name: str, what: Callable[[], object]) -> None:
        found[name] = timing(measure_call(what, times)).median

    from wizard.engine.visits import make_visit
    from wizard.forms.validation import validate

    step = run.current
    assert step is not None
    visit = make_visit(workflow, run, step, now)

    def decide() -> None:
        from wizard.model import Proceed, Prompt, Wait

        turn = Turn(workflow, run, now)
        move = next_(turn, ANSWERS)
        next(move)
        move.send(Result(outcome=Proceed({"full_name": "Ann"}), step=turn.current))
        try:
            move.send(Result(outcome=Wait(Prompt("form_3", "form")), step=turn.current))
        except StopIteration:
            turn.change()

    alone("forms: validate three fields", lambda: validate(node.config.form, ANSWERS, visit.names))
    alone("forms: make the next prompt", lambda: node.handler.prompt(visit))
    alone("visits: what a node is handed", lambda: make_visit(workflow, run, step, now))
    alone("machine: decide and freeze", decide)
    turn = Turn(workflow, run, now)
    turn.put(step)
    turn.log("accepted", step.path)
    change = turn.change()
    alone("rows: pack what changed", lambda: change_size(change))
    ring = KeyRing.parse(new_key("bench"))
    before = inventory_after(ring, NEW, change._replace(expected=None, written=run.steps), ring.stamp())
    alone("sqlite: pack the rows", lambda: PackedChange.of(change, PLAIN))
    alone("sqlite: pack and seal the rows", lambda: PackedChange.of(change, ring, before))
    found["all of it in memory"] = (await in_memory(100)).median
    return found


async def references(times: int = 2000) -> dict[str, float]:
    """Microseconds of what the budgets of DESIGN section 11 are measured against."""

    class Fields(BaseModel):
        full_name: str
        birth_date: str
        email: str

    class Light:
        __slots__ = ("state",)

        def __init__(self) -> None:
            self.state = "off"

    machine = Machine(model=None, states=["off", "on"], initial="off", auto_transitions=False, send_event=True)
    machine.add_transition("flip", "off", "on")
    machine.add_transition("flip", "on", "off")
    light, event = Light(), machine.events["flip"]
    found = {}
    for name, what in (
        ("pydantic validates the same fields", lambda: Fields.model_validate(ANSWERS)),
        ("a trigger of transitions", lambda: event.trigger(light)),
        ("3 KB of msgpack packed and unpacked", lambda: msgpack.unpackb(msgpack.packb(floor.RUN))),
    ):
        found[name] = timing(measure_call(what, times)).median
    return found
