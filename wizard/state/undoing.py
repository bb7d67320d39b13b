"""Undoing a save: its fields get the values that they had before. It is another save, so it can be undone as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from wizard.model import Value
from wizard.model.documents import SaveRecord
from wizard.model.values import pack


class UndoPlan(NamedTuple):
    """What undoing a save sets, and which fields it takes out. `conflicts` are those among them that were set since, in
    the order of the save."""

    fields: Mapping[str, Value]
    removed: tuple[str, ...]
    conflicts: tuple[str, ...]

    def without_conflicts(self) -> UndoPlan:
        """The others alone."""
        fields = {name: value for name, value in self.fields.items() if name not in self.conflicts}
        return UndoPlan(fields, tuple(name for name in self.removed if name not in self.conflicts), self.conflicts)


def undo_of(record: SaveRecord, later: Iterable[SaveRecord], now: Mapping[str, Value]) -> UndoPlan:
    """How a save is undone. `later` are the records of all saves since, `now` are the fields as they are. A field that
    is as it was before the save already is left alone."""
    set_since = {change.field for each in later for change in each.changes}
    fields: dict[str, Value] = {}
    removed: list[str] = []
    conflicts: list[str] = []
    earliest = {change.field: change for change in reversed(record.changes)}  # one save may tell of a field twice
    for name in dict.fromkeys(change.field for change in record.changes):
        change = earliest[name]
        if (name in now) == change.had and pack(now.get(name)) == pack(change.before):
            continue
        if change.had:
            fields[name] = change.before
        else:
            removed.append(name)
        if name in set_since:
            conflicts.append(name)
    return UndoPlan(fields, tuple(removed), tuple(conflicts))
