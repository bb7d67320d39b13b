"""YAML text -> plain data with places, out of the parser's events: so depth is bounded before anything
is built, and aliases, tags and duplicate keys can't do anything.

Scalars resolve as in YAML 1.2's core schema: `on`, `yes`, `no` and dates stay text. Numbers with
leading zeros stay text too (they are postcodes), as in JSON.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import yaml

from wizard.document import MAX_DEPTH, MAX_DIGITS, Document, Spot, is_text, short
from wizard.errors import DefinitionError, Problem

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)

_HINTS = {
    "mapping values are not allowed": "text that holds `: ` must stand in quotes",
    "cannot start any token": "indent with spaces, not tabs; text that begins with @ or ` must stand in quotes",
    "could not find expected ':'": "each line of a mapping is `key: value`",
    "did not find expected key": "check the indentation, and that quotes and brackets are closed",
    "did not find expected '-' indicator": "check the indentation",
    "did not find expected ',' or": "a bracket isn't closed",
    "unexpected end of stream": "a quote isn't closed",
}


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text) and len(text) <= MAX_DIGITS:
        return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
    if _FLOAT.fullmatch(text) and len(text) <= MAX_DIGITS and math.isfinite(number := float(text)):
        return number
    return text


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end hasn't come yet; `key` is None where a mapping's next key is due."""

    data: dict[str, Any] | list[Any]
    spot: Spot
    key: str | None = None
    key_at: tuple[int, int] = (1, 1)
    skip: bool = False  # the value to come belongs to a key that was refused


class YamlReader:
    """Reads one text; what is wrong goes to `problems`, so that reading can go on."""

    def __init__(self, text: str, file: str, problems: list[Problem]) -> None:
        self._text, self._file, self._problems = text, file, problems
        self._open: list[_Open] = []
        self._found: list[Document] = []

    def documents(self) -> list[Document]:
        try:
            for event in yaml.parse(self._text, Loader=_Loader):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            what = f"{error.context}: {error.problem}" if error.context else str(error.problem)
            hint = next((f" ({text})" for part, text in _HINTS.items() if part in str(error.problem)), "")
            self._complain(mark, f"this is no valid YAML: {what}{hint}")
        except yaml.YAMLError as error:  # pragma: no cover - the reader's errors are found by _decoded
            self._complain(None, f"this is no valid YAML: {error}")
        return self._found

    def _complain(self, mark: Any, message: str) -> None:
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        self._problems.append(Problem(self._file, line, column, message))

    def _take(self, event: Any) -> None:
        match event:
            case yaml.AliasEvent():
                self._complain(event.start_mark, "references (`*name`) can't be used; write the value out")
                self._value(None, event)
            case yaml.ScalarEvent():
                self._check_node(event)
                plain = event.style in (None, "") and event.implicit[0]
                if not is_text(event.value):
                    self._complain(event.start_mark, "this text holds a character that can't be part of a definition")
                self._value(_scalar(event.value) if plain else event.value, event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._check_node(event)
                data: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
                spot = self._value(data, event)
                self._open.append(_Open(data, spot))
                if len(self._open) > MAX_DEPTH:
                    mark = event.start_mark
                    deep = Problem(
                        self._file, mark.line + 1, mark.column + 1, f"this is nested more than {MAX_DEPTH} deep"
                    )
                    raise DefinitionError([*self._problems, deep])
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._open.pop()

    def _check_node(self, event: Any) -> None:
        if event.anchor is not None:
            self._complain(event.start_mark, f"anchors (`&{event.anchor}`) can't be used; write the value out")
        if event.tag is not None:
            self._complain(event.start_mark, f"tags (`{event.tag}`) can't be used; quote the value if it is text")

    def _value(self, value: Any, event: Any) -> Spot:
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        if not self._open:
            spot = Spot(line, column, line, column, _text_column(event))
            self._found.append(Document(self._file, value, spot))
            return spot
        top = self._open[-1]
        if isinstance(top.data, list):
            spot = Spot(line, column, line, column, _text_column(event))
            top.spot.children[len(top.data)] = spot
            top.data.append(value)
            return spot
        if top.key is None and not top.skip:
            self._key(top, value, event)
            return Spot(line, column, line, column)
        spot = Spot(line, column, *top.key_at, _text_column(event))
        if top.key is not None:
            top.data[top.key] = value
            top.spot.children[top.key] = spot
        top.key, top.skip = None, False
        return spot

    def _key(self, top: _Open, key: Any, event: Any) -> None:
        mark = event.start_mark
        top.key_at = (mark.line + 1, mark.column + 1)
        top.skip = True
        if not isinstance(key, str):
            self._complain(mark, "a key must be text; put it in quotes")
        elif key in top.data:
            self._complain(mark, f"`{short(key)}` is here twice; remove one")
        else:
            top.key, top.skip = key, False


def _text_column(event: Any) -> int:
    """Where the text itself begins: its marks tell whether it stands in the file as it reads."""
    if not isinstance(event, yaml.ScalarEvent) or event.start_mark.line != event.end_mark.line:
        return 0
    length = event.end_mark.column - event.start_mark.column
    quotes = 1 if event.style in ("'", '"') else 0
    if length != len(event.value) + 2 * quotes:
        return 0
    return int(event.start_mark.column) + 1 + quotes
