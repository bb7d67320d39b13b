"""Profiles and sessions: what runs leave in them is merged, recorded, and taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.errors import InvalidInput
from wizard.model import DocumentSave
from wizard.model.documents import FieldChange, Origin, SaveAction, SaveRecord, TakenBack
from wizard.model.values import MAX_VALUE_BYTES
from wizard.state.merging import NEVER_SAVED, Document, merge
from wizard.state.undoing import undo_of

NOW = datetime(2026, 11, 29, 9, 30, tzinfo=UTC)


def test_a_document_is_merged_into_what_is_stored() -> None:
    """The other run's fields stay, one's own win, and the revision tells that it changed."""
    save = DocumentSave("profile", "p", {"b": 2}, ("c", "never there"), {"b": "ask"})
    merged, record = merge(Document(4, {"a": 1, "b": 1, "c": 1}), save, NOW)
    assert merged == Document(5, {"a": 1, "b": 2})
    changes = (FieldChange("b", 1, 2, step="ask"), FieldChange("c", 1, None, has=False))
    assert record == SaveRecord("profile", "p", 5, NOW, save.origin, changes)


def test_a_document_has_a_bound() -> None:
    """Every save may be small, and the sum too large to be handed to nodes."""
    half = "x" * (MAX_VALUE_BYTES * 2 // 3)
    with pytest.raises(InvalidInput, match="profile would be larger"):
        merge(Document(1, {"a": half}), DocumentSave("profile", "p", {"b": half}), NOW)


class History:
    """A document and its records, the newest first, as a store keeps them."""

    def __init__(self) -> None:
        self.document = NEVER_SAVED
        self.records: list[SaveRecord] = []

    def save(self, save: DocumentSave) -> None:
        self.document, record = merge(self.document, save, NOW, self.records)
        self.records[:0] = [] if record is None else [record]

    def sets(self, run: str, action: SaveAction = SaveAction.STEP, **fields: Any) -> None:
        self.save(DocumentSave("profile", "p", fields, origin=Origin(action, run)))

    def takes_back(self, run: str, *fields: str, **more: Any) -> None:
        back = TakenBack(NOW - timedelta(days=1), fields, **more)
        self.save(DocumentSave("profile", "p", {}, origin=Origin(SaveAction.BACK, run), taken_back=back))

    def undo(self, record: SaveRecord) -> None:
        later = [each for each in self.records if each.revision > record.revision]
        plan = undo_of(record, later, self.document.fields)
        origin = Origin(SaveAction.UNDO, by="ann")
        self.save(DocumentSave("profile", "p", plan.fields, plan.removed, origin=origin))


def test_what_a_run_takes_back_is_what_was_before_its_first_save() -> None:
    """A run that counts visits in a loop goes back to the count that it began with, not to its last but one."""
    history = History()
    history.sets("other", seen=7)
    for seen in (8, 9, 10):
        history.sets("mine", seen=seen, new=True)
    history.takes_back("mine", "seen", "new", "never set")
    assert history.document.fields == {"seen": 7}


def test_what_others_have_set_since_is_theirs() -> None:
    """Somebody corrects an address while a run is open; going back in the run mustn't bring the wrong one again."""
    history = History()
    history.sets("mine", a=1, b=1, c=1)
    history.sets("other", a=2)
    history.sets("mine", SaveAction.AMEND, b=2)
    history.takes_back("mine", "a", "b", "c")
    assert history.document.fields == {"a": 2, "b": 2}
    history.sets("mine", a=3)
    history.takes_back("mine", "a")
    assert history.document.fields == {"a": 2, "b": 2}


def test_an_earlier_step_of_the_path_counts_before_what_was_there() -> None:
    """Going back over the second of two steps leaves what the first one set."""
    history = History()
    history.sets("mine", a=1, b=1)
    history.sets("mine", a=2, b=2)
    history.sets("other", b=3)
    history.takes_back("mine", earlier={"a": 1, "b": 1})
    assert history.document.fields == {"a": 1, "b": 3}


def test_what_a_run_does_not_set_any_more_is_taken_back_when_it_ends_again() -> None:
    """A completed run that is changed sets less than before; taking back twice changes nothing more."""
    history = History()
    history.sets("other", a=0)
    history.sets("mine", SaveAction.END, a=1, b=1)
    back = TakenBack(NOW - timedelta(days=1), rest=True)
    for _ in range(2):
        save = DocumentSave("profile", "p", {"b": 2}, origin=Origin(SaveAction.END, "mine"), taken_back=back)
        history.save(save)
    assert history.document.fields == {"a": 0, "b": 2}
    assert history.document.revision == 3


# -- undoing -----------------------------------------------------------------------------------


def test_undoing_tells_what_was_set_since() -> None:
    """An operator who undoes Monday's mistake is told that Tuesday's correction is in the way."""
    history = History()
    history.sets("monday", SaveAction.END, a=1, b=1, c=1)
    history.sets("tuesday", SaveAction.END, b=2)
    plan = undo_of(history.records[1], history.records[:1], history.document.fields)
    assert plan == ({}, ("a", "b", "c"), ("b",))
    assert plan.without_conflicts() == ({}, ("a", "c"), ("b",))


NAMES = st.sampled_from("abc")
VALUES = st.one_of(st.none(), st.booleans(), st.integers(0, 2))
SAVES = st.lists(st.tuples(st.sampled_from(["r1", "r2"]), st.dictionaries(NAMES, VALUES, max_size=3)), max_size=8)


@given(SAVES, st.data())
def test_undoing_the_newest_save_gives_what_was_before_and_undoing_that_what_was_after(saves: Any, data: Any) -> None:
    """Whatever was saved before, an undo is the exact inverse, of a value's type as well: 1 is not True."""
    history = History()
    for run, fields in saves:
        history.sets(run, SaveAction.END, **fields)
    before = history.document
    history.sets("r3", SaveAction.END, **data.draw(st.dictionaries(NAMES, VALUES, min_size=1, max_size=3)))
    after = history.document
    history.undo(history.records[0])
    assert repr(sorted(history.document.fields.items())) == repr(sorted(before.fields.items()))
    if history.document.revision > after.revision:
        history.undo(history.records[0])
        assert repr(sorted(history.document.fields.items())) == repr(sorted(after.fields.items()))


@given(SAVES, st.dictionaries(NAMES, VALUES, max_size=3), SAVES)
def test_what_a_run_takes_back_at_once_was_never_there(before: Any, mine: Any, after: Any) -> None:
    """Fields that nobody else sets meanwhile are as they were before the run; others are as the others left them."""
    history, without = History(), History()
    for each in (history, without):
        for run, fields in before:
            each.sets(run, SaveAction.END, **fields)
    history.sets("mine", **mine)
    for each in (history, without):
        for run, fields in after:
            each.sets(run, SaveAction.END, **fields)
    history.takes_back("mine", *mine)
    assert repr(sorted(history.document.fields.items())) == repr(sorted(without.document.fields.items()))
