"""JSON text -> plain data with places. YAML's reader knows neither JSON's surrogate pairs nor its errors,
and Python's tells no places and takes duplicate keys.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from wizard.definitions.reading.document import MAX_DEPTH, MAX_DIGITS, Document, Lines, Spot, is_text, short
from wizard.errors import DefinitionError, Problem
from wizard.model.decimals import read_decimal

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_LITERAL = re.compile(r"true|false|null")


class JsonReader:
    """Reads one text, and goes down at most MAX_DEPTH levels."""

    def __init__(self, text: str, file: str, problems: list[Problem]) -> None:
        self._text, self._file, self._problems = text, file, problems
        self._lines = Lines(text)
        self._here = 0

    def document(self) -> Document:
        self._skip()
        if self._here == len(self._text):
            return Document(self._file, None)
        value, spot = self._value(0, None)
        self._skip()
        if self._here < len(self._text):
            self._stop("there is more text after the end of the definition")
        return Document(self._file, value, spot)

    def _stop(self, message: str, at: int | None = None) -> NoReturn:
        line, column = self._lines.at(self._here if at is None else at)
        raise DefinitionError([*self._problems, Problem(self._file, line, column, f"this isn't valid JSON: {message}")])

    def _skip(self) -> None:
        match = _SPACE.match(self._text, self._here)
        assert match is not None
        self._here = match.end()

    def _token(self, pattern: re.Pattern[str]) -> str | None:
        match = pattern.match(self._text, self._here)
        if match is None:
            return None
        self._here = match.end()
        return match[0]

    def _string(self) -> str:
        start = self._here
        token = self._token(_STRING)
        if token is None:
            if not self._text.startswith('"', start):
                self._stop("text in double quotes must stand here")
            self._stop("this text isn't closed, or holds a line break or a wrong `\\`")
        text: str = json.loads(token)
        if not is_text(text):
            self._stop("this text holds a character that can't be part of a definition", start)
        return text

    def _value(self, depth: int, key_at: tuple[int, int] | None) -> tuple[Any, Spot]:
        start = self._here
        at = self._lines.at(start)
        keyed = key_at or at
        first = self._text[start : start + 1]
        if first in ("{", "["):
            if depth >= MAX_DEPTH:
                self._stop(f"this is nested more than {MAX_DEPTH} deep")
            spot = Spot(*at, *keyed)
            return (self._mapping(depth, spot) if first == "{" else self._list(depth, spot)), spot
        if first == '"':
            text = self._string()
            aligned = self._here - start == len(text) + 2
            return text, Spot(*at, *keyed, at[1] + 1 if aligned else 0)
        return self._plain(start), Spot(*at, *keyed)

    def _plain(self, start: int) -> Any:
        if (literal := self._token(_LITERAL)) is not None:
            return json.loads(literal)
        if (number := self._token(_NUMBER)) is None:
            self._stop("a value must stand here: text in double quotes, a number, true, false, null, [ or {")
        if len(number) > MAX_DIGITS or not math.isfinite(float(number)):
            self._stop("this number is too large", start)
        return int(number) if number.lstrip("-").isdigit() else read_decimal(number)

    def _list(self, depth: int, spot: Spot) -> list[Any]:
        items: list[Any] = []
        for _ in self._parts("]"):
            value, child = self._value(depth + 1, None)
            spot.children[len(items)] = child
            items.append(value)
        return items

    def _mapping(self, depth: int, spot: Spot) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for _ in self._parts("}"):
            key_at = self._lines.at(self._here)
            key = self._string()
            self._skip()
            if not self._text.startswith(":", self._here):
                self._stop("a `:` must stand between a key and its value")
            self._here += 1
            self._skip()
            value, child = self._value(depth + 1, key_at)
            if key in mapping:
                self._problems.append(Problem(self._file, *key_at, f"`{short(key)}` is here twice; remove one"))
                continue
            spot.children[key] = child
            mapping[key] = value
        return mapping

    def _parts(self, closing: str) -> Iterator[None]:
        """Stops at each part of a list or mapping, and takes its brackets and commas."""
        self._here += 1
        self._skip()
        if self._text.startswith(closing, self._here):
            self._here += 1
            return
        while True:
            yield
            self._skip()
            if self._text.startswith(closing, self._here):
                self._here += 1
                return
            if not self._text.startswith(",", self._here):
                self._stop(f"a `,` or `{closing}` must stand here")
            self._here += 1
            self._skip()
