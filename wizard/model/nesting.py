"""How deep a text is nested, and how many values it holds, told from its characters alone: before a parser, which may
recurse, have limits of its own or take hundreds of bytes for each value, sees it.

Nothing here says whether a text is valid. Of a valid one it tells exactly what opens, and of a broken one where its
brackets and quotes stand, so that what is said of it needs no parser's words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from wizard.model.decimals import read_decimal


class TooDeepError(ValueError):
    """What opens at `offset` is nested too deep."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"nested too deep at character {offset}")
        self.offset = offset


class TooManyError(ValueError):
    """There are more values than are read; `offset` is where the first one too many is about to begin."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"too many values at character {offset}")
        self.offset = offset


# -- JSON ------------------------------------------------------------------------------------------

MOST_VALUES = 50_000  # of a JSON text that somebody else wrote: some hundredths of a second, some megabytes

_JSON_PIECE = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{][ \t\n\r]*+[\]}]|[\[\]{},]', re.DOTALL)


def check_json(text: str, most: int, values: int | None = None) -> None:
    """Raises TooDeepError where more than `most` objects and lists stand inside each other; an empty one holds nothing
    and counts as a value. Raises TooManyError where there are more than `values` values, None for any number: the
    members of objects and lists, and these themselves. Reads no further than that."""
    opened = text.count("[") + text.count("{")
    left = len(text) if values is None else values - 1
    if opened <= most and opened + text.count(",") <= left:
        return
    depth = 0
    for piece in _JSON_PIECE.finditer(text):
        match piece[0]:
            case ",":
                left -= 1
            case "[" | "{":
                depth += 1
                left -= 1
                if depth > most:
                    raise TooDeepError(piece.start())
            case "]" | "}":
                depth -= 1
        if left < 0:
            raise TooManyError(piece.end())


def load_json(
    body: bytes,
    most: int,
    *,
    values: int | None = None,
    constant: Callable[[str], Any] | None = None,
    members: Callable[[list[tuple[str, Any]]], Any] | None = None,
) -> Any:
    """The JSON value of `body`, its numbers digit for digit (S27); `constant` makes what NaN and the infinities are,
    `members` an object of its members, where one name may be there twice.

    Raises ValueError where it isn't JSON, TooDeepError where it is nested more than `most` deep, TooManyError where it
    holds more than `values` values.
    """
    text = body.decode(json.detect_encoding(body))
    check_json(text, most, values)
    return json.loads(text, parse_constant=constant, parse_float=read_decimal, object_pairs_hook=members)


# -- YAML ------------------------------------------------------------------------------------------

_BREAK = "\n\r\x85\u2028\u2029"
_END = rf"(?=[ \t{_BREAK}]|\Z)"
_LINE = re.compile(rf"(?:\r\n|[{_BREAK}])( *)")
_LINES = re.compile(rf"(?:(?:\r\n|[{_BREAK}])( *))+")  # those that hold nothing but spaces at once
_MARKER = re.compile(rf"(?:---|\.\.\.){_END}")
_BLANK = re.compile(r"[ \t]+")
_COMMENT = re.compile(rf"#[^{_BREAK}]*")
_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*+"|'(?:[^']|'')*+'""", re.DOTALL)
_BLOCK_SCALAR = re.compile(rf"[|>](?:[-+]?([1-9])?[-+]?)(?=[ \t]*(?:[{_BREAK}]|\Z|[ \t]#))")
_WORD = re.compile(rf"[^ \t{_BREAK}]+")
_WORD_IN_FLOW = re.compile(rf"[^ \t{_BREAK},\[\]{{}}]+")

Kind = Literal["open", "close", "item", "line", "quoted", "unclosed"]


class Piece(NamedTuple):
    """A bracket, a `-` or `?` that begins an item, the beginning of a line, or a text in quotes."""

    kind: Kind
    start: int
    end: int


@dataclass(slots=True)
class _Outline:
    """Walks over a YAML text. `plain` says that an unquoted text is under way, which began in column `begun`; `parent`
    is the column of the key or item that the next value belongs to: what is indented further goes on with it."""

    text: str
    here: int = 0
    line: int = 0
    depth: int = 0
    plain: bool = False
    begun: int = 0
    parent: int = -1
    closed: bool = False  # what ended here can be a key: a `:` may follow at once
    marked: bool = False  # an anchor or a tag stands before what comes

    def pieces(self) -> Iterator[Piece]:
        self._marker()
        while self.here < len(self.text):
            start, closed, self.closed = self.here, self.closed, False
            if match := _LINES.match(self.text, start):
                self._new_line(match)
                yield Piece("line", start, self.here)
            elif match := _BLANK.match(self.text, start):
                self.here = match.end()
            elif self.text[start] == "#":
                self._skip(_COMMENT)
            elif closed and self.text[start] == ":":
                self._end_key(start + 1)
            elif kind := self._token(start):
                yield Piece(kind, start, self.here)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.here)
        assert match is not None
        self.here = match.end()
        return match[0]

    def _marker(self) -> None:
        if match := _MARKER.match(self.text, self.here):
            self.here, self.plain, self.parent = match.end(), False, -1

    def _new_line(self, match: re.Match[str]) -> None:
        self.here = match.end()
        self.line, self.marked = match.start(1), False
        if self.depth:
            return
        self.plain = self.plain and len(match[1]) > self.parent
        if not match[1]:
            self._marker()

    def _token(self, start: int) -> Kind | None:
        """Goes over what begins at `start`, and gives its kind where it matters."""
        first = self.text[start]
        if self.depth and first in "[]{},":
            return self._bracket(first)
        if not self.plain:
            if first in "[{":
                return self._bracket(first)
            if first in "\"'":
                return self._quoted(start)
            if not self.depth and (match := _BLOCK_SCALAR.match(self.text, start)):
                self._block_scalar(match)
                return None
        return self._word(start)

    def _begin(self, start: int) -> None:
        if not self.depth and not self.marked:
            self.begun = start - self.line
        self.marked = False

    def _bracket(self, character: str) -> Kind | None:
        self._begin(self.here)
        self.here, self.plain = self.here + 1, False
        match character:
            case "[" | "{":
                self.depth += 1
                return "open"
            case "]" | "}":
                self.depth, self.closed = self.depth - 1, True
                return "close"
        return None

    def _quoted(self, start: int) -> Kind:
        self._begin(start)
        match = _QUOTED.match(self.text, start)
        self.here = match.end() if match else len(self.text)
        self.closed = True
        return "quoted" if match else "unclosed"

    def _word(self, start: int) -> Kind | None:
        word = self._skip(_WORD_IN_FLOW if self.depth else _WORD)
        if not self.plain:
            self._begin(start)
            if word[0] in "&!":
                self.marked = True
                return None
            if word in ("-", "?"):
                self._end_key(self.here)
                return None if self.depth else "item"
        if word.endswith(":"):
            self._end_key(self.here)
        else:
            self.plain = True
        return None

    def _end_key(self, end: int) -> None:
        self.here, self.plain = end, False
        if not self.depth:
            self.parent = self.begun

    def _block_scalar(self, match: re.Match[str]) -> None:
        """Goes over the lines that are indented further than what the text belongs to: as far as the first of them is,
        or as is said."""
        least = max(self.parent, 0) + int(match[1]) if match[1] else None
        self.here = match.end()
        self._skip(_REST_OF_LINE)
        while line := _LINE.match(self.text, self.here):
            if _LINE.match(self.text, line.end()) is None and line.end() < len(self.text):
                indent = len(line[1])
                least = max(indent, self.parent + 1) if least is None else least
                if indent < least or (not indent and _MARKER.match(self.text, line.end())):
                    return
            self.here = line.end()
            self._skip(_REST_OF_LINE)


_REST_OF_LINE = re.compile(rf"[^{_BREAK}]*")


def yaml_pieces(text: str) -> Iterator[Piece]:
    """What opens and closes in a YAML text, in order."""
    return _Outline(text).pieces()


def check_yaml(text: str, most: int) -> None:
    """Raises TooDeepError where more than `most` brackets stand inside each other, or more than `most` items begin in
    one line. What is nested by indentation takes as many lines, and is counted while it is read."""
    items = sum(text.count(mark + space) for mark in "-?" for space in " \t")
    if text.count("[") + text.count("{") <= most and items <= most:
        return
    brackets = items = 0
    for piece in yaml_pieces(text):
        match piece.kind:
            case "open":
                brackets += 1
            case "close":
                brackets -= 1
            case "item":
                items += 1
            case "line":
                items = 0
        if max(brackets, items) > most:
            raise TooDeepError(piece.start)
