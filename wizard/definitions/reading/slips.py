"""Slips that a YAML parser stops at some way behind: a colon or its space that is missing, a line that is indented a
little too far or not far enough."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LINE = re.compile(r"(?P<indent> *)(?P<dashes>(?:- +)*)(?P<rest>.*)")
_KEY = re.compile(r"[A-Za-z_]\w*:(?:\s|$)")
_NO_SPACE = re.compile(r"([A-Za-z_]\w*):([^\s:/].*)")
_NO_COLON = re.compile(r"([a-z_]\w*) +([^:]*)")


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of a block. `column` is where its key or text begins, behind the dashes of list items."""

    start: int
    indent: int
    column: int
    rest: str

    @property
    def is_key(self) -> bool:
        return _KEY.match(self.rest) is not None

    @property
    def has_value(self) -> bool:
        return self.is_key and bool(self.rest.partition(":")[2].strip())


def slip(text: str, at: int) -> tuple[int, str] | None:
    """Where such a slip stands in `text` and what to do about it, where a parser that stopped at `at` may have met
    one."""
    rows = list(_rows(text, at))
    if not rows:
        return None
    row, above = rows[-1], rows[-2] if len(rows) > 1 else None
    for near in (row, above):
        if near is not None and (message := _missing(near)):
            return near.start + near.column, message
    if above is None or not row.is_key or text.rfind(":", row.start + row.column, at) >= 0:
        return None
    message = _indentation(row, rows[:-1])
    return None if message is None else (row.start + row.column, message)


def _rows(text: str, at: int) -> Iterator[_Row]:
    """The lines up to the one that `at` is in, without empty ones and comments."""
    start = 0
    while start <= at:
        end = text.find("\n", start)
        line = text[start:] if end < 0 else text[start:end]
        match = _LINE.match(line)
        if match is not None and match["rest"].strip() and not match["rest"].startswith("#"):
            yield _Row(start, len(match["indent"]), match.end("dashes"), match["rest"])
        if end < 0:
            break
        start = end + 1


def _missing(row: _Row) -> str | None:
    if match := _NO_SPACE.fullmatch(row.rest):
        return f"a space is missing behind the colon; write `{match[1]}: {match[2].strip()[:40]}`"
    if row.column == row.indent and (match := _NO_COLON.fullmatch(row.rest)):
        return f"a colon is missing; write `{match[1]}: {match[2].strip()[:40]}`"
    return None


def _indentation(row: _Row, above: list[_Row]) -> str | None:
    last = above[-1]
    if row.column > last.column and last.has_value:
        return (
            f"the indentation of this line is {row.column}, and of the one above, which has a value already, "
            f"{last.column}; begin both in the same column"
        )
    columns = _open(row, above)
    if row.column in columns:
        return None
    fitting = [column for column in columns if column > row.column] or columns
    nearest = min(fitting, key=lambda column: abs(column - row.column), default=None)
    if nearest is None:
        return None
    return f"the indentation of this line is {row.column}, where nothing above begins; did you mean {nearest}?"


def _open(row: _Row, above: list[_Row]) -> list[int]:
    """The columns in which mappings begin that a key could belong to, innermost first."""
    columns: list[int] = []
    least = 1 << 30
    for earlier in reversed(above):
        if earlier.column < least and earlier.is_key:
            columns.append(earlier.column)
        least = min(least, earlier.indent + (earlier.column > earlier.indent), earlier.column)
    return columns
