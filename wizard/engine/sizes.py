"""What a run takes in memory, reckoned and not asked for: values by walking through them, all else by what it usually
takes. Stored bytes say too little: an empty list is one of them, and 64 in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from sys import getsizeof
from typing import Any

from wizard.model import Arrival, Change, Run, Step

RUN = 2_000  # bytes of a run without steps
STEP = 400  # of a step without its values, in the stack and in the map that finds it
EMPTY, FIELD = 64, 190  # of a map, and of a name with a small value in it
READ = 180  # of a name that was read, with its digest
EVENT = 400  # of one in the queue, without its data
DELIVERY = 200

_SCALARS = frozenset({str, int, bool, float, bytes, Decimal, date, time, datetime, type(None)})
_SMALL = _SCALARS - {str, bytes, int}


def memory_of(value: Any) -> int:
    """The bytes of a storable value, with all that is in it. What is shared counts each time."""
    if type(value) is dict and (flat := _flat(value)):
        return flat
    size, waiting = getsizeof(value), [value]
    while waiting:
        each = waiting.pop()
        kind = type(each)
        if kind is dict or (kind is not list and isinstance(each, Mapping)):
            size += sum(map(getsizeof, each))
            each = each.values()
        elif kind is not list and kind is not tuple:
            continue
        size += sum(map(getsizeof, each))
        waiting += [inner for inner in each if inner and type(inner) not in _SCALARS]
    return size


def _flat(values: dict[str, Any]) -> int:
    """The same of texts and small values by their names, as most answers are; 0 for anything else."""
    size = EMPTY
    for name, value in values.items():
        if type(value) is str:
            size += FIELD + len(name) + (len(value) if value.isascii() else getsizeof(value))
        elif type(value) in _SMALL:
            size += FIELD + len(name)
        else:
            return 0
    return size


def step_size(step: Step) -> int:
    size = STEP + READ * len(step.reads)
    for values in (step.output, step.draft, step.state):
        if values:
            size += memory_of(values)
    if step.patch:
        size += memory_of(dict(step.patch))
    if step.took is not None:
        size += _arrival_size(step.took)
    return size


def _arrival_size(arrival: Arrival) -> int:
    return EVENT + len(arrival.packed) + memory_of(arrival.data)


class RunSize:
    """The size of a run, which is kept up to date at what a turn changed. `total` is the whole."""

    __slots__ = ("_context", "_parts", "total")

    def __init__(self, run: Run) -> None:
        self.total = RUN + memory_of(run.input)
        self._parts: dict[str | int | tuple[str], int] = {}  # by path, an undo's visit, or a parked path in a tuple
        self._context: dict[int, tuple[object, int]] = {}  # by identity: values never change
        for step in run.steps:
            self._put(step.path, step_size(step))
        for path, answers in run.parked.items():
            self._put((path,), memory_of(answers))
        for undo in run.undos:
            self._put(undo.step.visit, step_size(undo.step))
        self._look_at(run)

    def follow(self, change: Change) -> None:
        """The size as it is after a change."""
        for path in change.dropped:
            self._drop(path)
        for step in change.written:
            self._put(step.path, step_size(step))
        if change.parked or change.unparked or change.unparked is None:
            self._follow_parked(change)
        if change.undos or change.undone:
            self._follow_undos(change)
        if change.context:
            self._look_at(change.run)

    def _follow_parked(self, change: Change) -> None:
        kept, left = change.run.parked, change.unparked
        if left is None:
            left = tuple(key[0] for key in self._parts if type(key) is tuple)
        for path in left:
            if path not in kept:
                self._drop((path,))
        for path, answers in change.parked.items():
            if path in kept:
                self._put((path,), memory_of(answers))

    def _follow_undos(self, change: Change) -> None:
        for undo in change.undos:
            self._put(undo.step.visit, step_size(undo.step))
        for visit in change.undone:
            self._drop(visit)

    def _put(self, key: str | int | tuple[str], size: int) -> None:
        self.total += size - self._parts.get(key, 0)
        self._parts[key] = size

    def _drop(self, key: str | int | tuple[str]) -> None:
        self.total -= self._parts.pop(key, 0)

    def _look_at(self, run: Run) -> None:
        """What turns seldom change, and what may be large: what is there still isn't walked through again."""
        before, now = self._context, {}
        documents = (*run.event.items(), *run.profile.items(), *run.session.items())
        for part in (*(value for _, value in documents), *run.arrivals):
            known = before.get(id(part))
            if known is None:
                size = _arrival_size(part) if isinstance(part, Arrival) else memory_of(part)
                known = part, size
            now[id(part)] = known
        rest = DELIVERY * len(run.deliveries) + READ * (len(run.removed) + len(documents))
        now[0] = None, rest
        self.total += sum(size for _, size in now.values()) - sum(size for _, size in before.values())
        self._context = now
