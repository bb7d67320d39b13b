"""Many runs: a dry run gives the right lists in time that grows with their number and no faster, the migration does
what it said, and back.

10,000 of them where TORTURE is set; then the times of the processor are printed (`pytest -s`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from tests.drawing import TORTURE
from tests.migrations import House
from wizard.model import Run
from wizard.model.migrating import Result, Verdict
from wizard.stores.contract import RunSummary, Store
from wizard.stores.memory import MemoryStore
from wizard.stores.sqlite import SqliteStore

COUNTS = (1_000, 10_000) if TORTURE else (120,)

OLD = """
id: trip
nodes:
  - id: who
    type: form
    fields: [{name: name, label: Name}, {name: mail, label: E-mail, required: false}]
  - id: place
    type: form
    fields: [{name: town, type: choice, label: Town, choices: [Bern, Chur, Genf]}]
  - {id: book, type: python, function: book, arguments: {town: place.town}}
  - id: when
    type: form
    fields: [{name: day, type: integer, label: Day}]
  - id: gone
    type: form
    fields: [{name: why, label: Why}]
  - {id: done, type: end}
"""
# `who` is `person` now, nobody goes to Genf any more, and the last page is gone.
NEW = (
    OLD.replace("id: who", "id: person")
    .replace(", Genf]", "]")
    .replace("  - id: gone\n    type: form\n    fields: [{name: why, label: Why}]\n", "")
)
ANSWERS = ({"name": "Ann"}, {"town": "Bern"}, {"day": 3})


async def begin(house: House, number: int) -> tuple[str, Result]:
    """The number says how far somebody comes, and where they go: the run, and what is to become of it."""
    depth, town = number % 4, ("Bern", "Chur", "Genf")[number // 4 % 3]
    given = [{"town": town} if "town" in answers else answers for answers in ANSWERS[:depth]]
    run = await house.begins(*given)
    if depth == 3:
        return run.id, Result.STUCK
    return run.id, Result.ASK if depth == 2 and town == "Genf" else Result.CONTINUE


class Counting(MemoryStore):
    """Counts what is asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    async def load(self, run_id: str) -> Run | None:
        self.asked["load"] += 1
        return await super().load(run_id)

    async def list_runs(self, **given: Any) -> Sequence[RunSummary]:
        self.asked["list_runs"] += 1
        return await super().list_runs(**given)

    async def definition(self, version: str) -> bytes | None:
        self.asked["definition"] += 1
        return await super().definition(version)


async def test_each_run_is_read_once_and_each_page_listed_once() -> None:
    """Or the time would grow faster than the number of runs."""
    store = Counting()
    house = House(store, {"book": lambda town: {"number": 7}})
    await house.deploys(OLD)
    for number in range(60):
        await begin(house, number)
    await house.deploys(NEW)
    for limit, pages in ((60, 1), (20, 3)):
        store.asked.clear()
        await whole(house, dry_run=True, limit=limit)
        assert store.asked["load"] == 60
        assert store.asked["list_runs"] == 4 * pages
        assert store.asked["definition"] <= 4 * pages


async def whole(house: House, **order: object) -> tuple[list[Verdict], float]:
    began, verdicts, before = process_time(), list[Verdict](), None
    while True:
        page = await house.migrates(before=before, **order)
        verdicts += page.verdicts
        before = page.following
        if before is None:
            return verdicts, process_time() - began


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@pytest.mark.parametrize("count", COUNTS)
async def test_the_three_lists_of_many_runs_are_right(count: int, kind: str, tmp_path: Path) -> None:
    """An operator decides for everybody at once by what a dry run says: what it puts in the wrong list is noticed by
    the person whose run it is."""
    store: Store = MemoryStore() if kind == "memory" else SqliteStore(tmp_path / "runs.db")
    await store.open()
    house = House(store, {"book": lambda town: {"number": 7}})
    await house.deploys(OLD)
    expected = dict([await begin(house, number) for number in range(count)])
    before = {run: await house.stored(run) for run in list(expected)[:: max(count // 100, 1)]}
    await house.deploys(NEW)
    limit = 100 if count < 1_000 else 1_000

    dry, looked = await whole(house, dry_run=True, limit=limit)
    assert {verdict.run: verdict.result for verdict in dry} == expected
    assert len(dry) == count
    done, moved = await whole(house, limit=limit)
    assert done == dry
    again, _ = await whole(house, dry_run=True, limit=limit)
    assert {verdict.run for verdict in again} == {run for run, result in expected.items() if result is Result.STUCK}
    back, returned = await whole(house, back=True, limit=limit)
    assert {verdict.run for verdict in back} == {run for run, result in expected.items() if result is not Result.STUCK}
    for run, was in before.items():
        now = await house.stored(run)
        assert (now.version, now.steps, now.cursor, now.parked) == (was.version, was.steps, was.cursor, was.parked)
    if TORTURE:
        counts = Counter(result.value for result in expected.values())
        print(f"{kind}, {count:,} runs ({dict(counts)}): {looked:.1f} s, {moved:.1f} s, back {returned:.1f} s")
    await house.engine.close()
    await store.close()
