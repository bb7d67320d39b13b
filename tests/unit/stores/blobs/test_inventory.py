"""The inventory of a sealed run: kept up turn by turn it is what its rows add up to, at no cost that grows."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from immutables import Map

from tests.contract.runs import a_run, a_step, creating, full_run, full_undo, turn
from wizard.errors import NotGenuine
from wizard.model import Change, Entry, Run
from wizard.stores.blobs import rows, step_rows
from wizard.stores.blobs.inventory import NEW, Inventories, Inventory, StoredRows, inventory_after, of_rows
from wizard.stores.blobs.vault import KeyRing

RING = KeyRing.parse("inventory:" + "A" * 43 + "=").of_database(bytes(16), bytes(range(32)))
NAMES = st.sampled_from(["a", "b", "c/1", "ä"])


class Table:
    """The rows of a run as a database keeps them, beside the inventory that its turns keep up."""

    def __init__(self) -> None:
        self.run = a_run()
        self.steps: dict[str, bytes] = {}
        self.parked: dict[str, bytes] = {}
        self.undos: dict[str, bytes] = {}
        self.data: dict[str, bytes] = {}
        self.inventory = NEW
        self.does(creating(self.run))

    def does(self, change: Change) -> None:
        run, stamp = change.run, RING.stamp()
        self.inventory = inventory_after(RING, self.inventory, change, stamp)
        if change.expected is None:
            self.data["birth"] = rows.birth(RING, run, stamp)
        context = rows.context(RING, run, stamp)
        if context is None:
            self.data.pop("context", None)
        elif change.context or change.expected is None:
            self.data["context"] = context
        for path in change.dropped:
            self.steps.pop(path, None)
        self.steps |= {step.path: step_rows.step_body(RING, run.id, step, stamp) for step in change.written}
        unparked = list(self.parked) if change.unparked is None else change.unparked
        for path in unparked:
            if path not in run.parked or change.unparked is None:
                self.parked.pop(path, None)
        kept = {path: answers for path, answers in change.parked.items() if path in run.parked}
        self.parked |= {path: step_rows.answers_body(RING, run.id, path, each, stamp) for path, each in kept.items()}
        self.undos |= {str(each.step.visit): step_rows.undo_body(RING, run.id, each, stamp) for each in change.undos}
        for visit in change.undone:
            self.undos.pop(str(visit), None)
        self.run = run

    def added_up(self) -> Inventory:
        parts = (self.data, self.steps, self.parked, self.undos)
        return of_rows(RING, StoredRows(*([*part.items()] for part in parts)), self.inventory.entries)


def moves() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "write": st.lists(NAMES, max_size=2, unique=True),
            "drop": st.lists(NAMES, max_size=2, unique=True),
            "park": st.lists(NAMES, max_size=2, unique=True),
            "unpark": st.none() | st.lists(NAMES, max_size=2, unique=True),
            "owe": st.lists(st.integers(1, 3), max_size=2, unique=True),
            "undone": st.lists(st.integers(1, 3), max_size=2, unique=True),
            "event": st.sampled_from([{}, {"n": 1}]),
            "context": st.booleans(),
        }
    )


def change_of(run: Run, move: dict[str, Any]) -> Change:
    unparked = None if move["unpark"] is None else tuple(move["unpark"])
    left = {path: {} for path in run.parked if unparked is not None and path not in unparked}
    parked = {path: {"was": path} for path in move["park"]}
    steps = tuple(a_step(path, number) for number, path in enumerate(move["write"], 1))
    changes: dict[str, Any] = {"parked": parked, "unparked": unparked, "undone": tuple(move["undone"])}
    changes["undos"] = tuple(full_undo(visit=visit) for visit in move["owe"])
    change = turn(run, write=steps, drop=tuple(move["drop"]), event=move["event"], **changes)
    now = change.run._replace(parked=Map({**left, **parked}))
    same = bool(move["event"]) == bool(run.event)
    return change._replace(run=now, entries=(Entry("moved"),), context=move["context"] or not same)


@given(st.lists(moves(), max_size=8))
def test_turn_by_turn_it_is_what_the_rows_add_up_to(turns: list[dict[str, Any]]) -> None:
    """A turn that kept it up otherwise than its store writes rows would lock the person out of the run."""
    table = Table()
    for move in turns:
        table.does(change_of(table.run, move))
        assert table.added_up() == table.inventory
    assert table.inventory.entries == len(turns)


class Counting:
    """A vault that counts the digests that it makes."""

    def __init__(self) -> None:
        self.digests = 0

    def digest(self, part: str, name: str, stamp: bytes) -> int:
        self.digests += 1
        return RING.digest(part, name, stamp)


@pytest.mark.parametrize("length", [10, 1000])
def test_a_turn_costs_the_same_on_a_long_run(length: int) -> None:
    """What a turn pays for sealing is for what it writes, at the thousandth step as at the tenth; so is the room."""
    run = a_run("run-1", *(a_step(f"s{n}", 100_000 + n) for n in range(length)))
    before = inventory_after(RING, NEW, creating(run), RING.stamp())
    vault: Any = Counting()
    change = turn(run, write=(a_step("s0", 100_000), a_step("new", 200_000)), drop=("s1",))
    after = inventory_after(vault, before, change._replace(context=False), RING.stamp())
    assert vault.digests == 2
    head = rows.header(RING, a_run("run-1", a_step("s", 100_000)), after)
    assert len(head) == len(rows.header(RING, a_run("run-1", a_step("s", 100_000)), NEW))


def test_no_two_rows_have_the_same_digest() -> None:
    """Another part, name, stamp or database: a sum that one could make up of others would prove nothing."""
    other = RING.of_database(bytes(16), bytes(32))
    stamps = RING.stamp(), RING.stamp()
    places = list(product((RING, other), ("step", "undo"), "ab", stamps))
    found = [ring.digest(part, name, stamp) for ring, part, name, stamp in places]
    assert len(set(found)) == len(found) == 16


def test_a_row_that_is_there_twice_or_isnt_sealed_is_refused() -> None:
    """Where somebody took the table's key away, and where a row was put in as it is."""
    body = step_rows.step_body(RING, "run-1", a_step(), RING.stamp())
    for steps in ([("name", body), ("name", body)], [("name", b"\x92\x03\x80")], [("name", b"")]):
        with pytest.raises(NotGenuine):
            of_rows(RING, StoredRows([], steps, [], []), 0)


def test_inventories_are_of_one_revision_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that another process moved is looked up anew, and a server that runs for months keeps no more of them."""
    monkeypatch.setattr("wizard.stores.blobs.inventory.MOST", 2)
    known = Inventories()
    one = inventory_after(RING, NEW, creating(full_run()), RING.stamp())
    for run_id in ("a", "b", "c"):
        known.put(run_id, 3, one)
    assert [known.get(run_id, 3) for run_id in ("a", "b", "c")] == [None, one, one]
    assert (known.get("b", 4), known.get("b", None)) == (None, NEW)
    known.forget("b")
    assert known.get("b", 3) is None
