"""A definition as plain data, and where in its text each part of it stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any

from wizard.errors import Problem
from wizard.model.workflow import Path

MAX_DEPTH = 50  # of mappings and lists inside each other
MAX_DIGITS = 100  # of a number

UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one value stands: 1-based line and column of the value and of its key (of the value
    again in a list). `text_column` is the column of a text's first character where the text stands
    in one line and without escapes, else 0."""

    line: int = 1
    column: int = 1
    key_line: int = 1
    key_column: int = 1
    text_column: int = 0
    children: dict[str | int, Spot] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """One definition as plain data: dict, list, str, int, float, bool, None."""

    file: str
    data: Any
    spot: Spot = field(default_factory=Spot)

    def problem(
        self, path: Path, message: str, *, key: bool = False, offset: int | None = None, severity: str = "error"
    ) -> Problem:
        """A problem at the value at `path`, at its key, or `offset` characters into its text.
        Where the text has no such place, it is at the nearest one around it; where there is no text,
        the message names the place."""
        if path and not self.spot.children:
            message = f"{'.'.join(map(str, path))}: {message}"
        spot, whole = self.spot, True
        for part in path:
            if part not in spot.children:
                whole = False
                break
            spot = spot.children[part]
        if key and whole:
            return Problem(self.file, spot.key_line, spot.key_column, message, severity)
        column = spot.column
        if offset is not None and whole and spot.text_column:
            column = spot.text_column + offset
        return Problem(self.file, spot.line, column, message, severity)


def is_text(value: str) -> bool:
    """Whether all of it may be part of a definition: no control characters, no half characters."""
    return not UNPRINTABLE.search(value)


class Lines:
    """Lines and columns, from 1, of places in a text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def at(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
