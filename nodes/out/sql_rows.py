"""What comes out of a database, as values that a run can keep and JSON can say."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from wizard.errors import Excuse, NodeFailed
from wizard.model import Value
from wizard.model.values import MAX_DEPTH

MAX_ROWS = 10_000
MAX_BYTES = 900_000  # of all rows, counted by their texts: somewhat below what a step may keep


@dataclass(frozen=True, slots=True)
class Rows:
    """What a statement gave. `count` is how many rows it changed, or gave; `more` says that there are more than these
    rows."""

    rows: list[dict[str, Value]]
    count: int
    more: bool = False


@dataclass(slots=True)
class Gathering:
    """Rows as they come, up to `limit` of them. Raises NodeFailed for what can't be kept."""

    columns: Sequence[str]
    limit: int
    rows: list[dict[str, Value]] = field(default_factory=list)
    _seen: int = 0
    _bytes: int = 0

    def __post_init__(self) -> None:
        twice = [name for name, times in Counter(self.columns).items() if times > 1]
        if twice:
            raise NodeFailed(
                f"The statement gives two columns called {twice[0][:100]!r}. Name one of them otherwise, with AS.",
                people=Excuse.BROKEN,
                lasting=True,
            )

    @property
    def more(self) -> bool:
        return self._seen > self.limit

    def all(self, writes: bool) -> Rows:
        """What was gathered, where all rows came by that were changed."""
        return Rows(self.rows, self._seen if writes else len(self.rows), self.more)

    def take(self, row: Iterable[Any]) -> None:
        self._seen += 1
        if self.more:
            return
        values = [plain(value) for value in row]
        self._bytes += sum(map(_size, values)) + sum(map(len, self.columns))
        if self._bytes > MAX_BYTES:
            raise NodeFailed(
                f"The statement gives more than {MAX_BYTES:,} bytes. Name fewer columns, or lower `limit`.",
                people=Excuse.BROKEN,
                lasting=True,
            )
        self.rows.append(dict(zip(self.columns, values, strict=True)))


def plain(value: Any, depth: int = 0) -> Value:
    """A value as it is kept: numbers, dates and times stay what they are; numbers that JSON hasn't (NaN, Infinity), and
    types of databases that are none of ours, become text."""
    match value:
        case None | bool() | int() | str() | date() | datetime() | time() | bytes():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case Decimal():
            return value if value.is_finite() else str(value)
        case timedelta():
            return (
                f"PT{value.days * 86_400 + value.seconds}{f'.{value.microseconds:06}' if value.microseconds else ''}S"
            )
        case _ if depth > MAX_DEPTH:
            return str(value)
        case Mapping():
            return {str(name): plain(inner, depth + 1) for name, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(inner, depth + 1) for inner in value]
    return str(value)


def _size(value: Value) -> int:
    match value:
        case str() | bytes():
            return len(value)
        case Mapping():
            return sum(map(_size, value.values())) + sum(map(len, value))
        case list() | tuple():
            return sum(map(_size, value))
    return 8


def refused(why: str) -> NodeFailed:
    """That the database refused a statement; `why` names what is in the statement and the database, never a value."""
    return NodeFailed(f"The database refused the statement: {why}.", people=Excuse.BROKEN, lasting=True)


def unfit(name: str, wanted: str) -> NodeFailed:
    """That a value can't be bound."""
    what = f"The value of :{name} can't be bound: {wanted} is needed. Check what it is made of."
    return NodeFailed(what, people=Excuse.CHECK, lasting=True)


def wizards_own(how: str) -> NodeFailed:
    """That a resource leads to a database in which Wizard keeps its runs."""
    what = f"The database of this resource holds Wizard's own data, which no statement may touch. {how}"
    return NodeFailed(what, people=Excuse.BROKEN, lasting=True)
