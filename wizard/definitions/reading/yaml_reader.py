"""YAML text -> plain data with places, out of the parser's events: so depth is bounded before anything
is built (brackets before the parser sees them), and aliases, tags and duplicate keys can't do anything.

Scalars resolve as in YAML 1.2's core schema: `on`, `yes`, `no` and dates stay text. Numbers with
leading zeros stay text too: they are postcodes. One thing isn't YAML: in `{ }`, text goes on at a
comma while a parenthesis is open, so that calls needn't be quoted.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from wizard.definitions.reading.advice import advice
from wizard.definitions.reading.document import MAX_DEPTH, MAX_DIGITS, Document, Lines, Spot, is_text, short
from wizard.definitions.reading.flow import rejoined
from wizard.errors import DefinitionError, Problem
from wizard.model.decimals import read_decimal
from wizard.model.nesting import TooDeepError, check_yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(("false", "False", "FALSE"), False)
_NO_TEMPLATE = "text that begins with {{ must stand in quotes"


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text) and len(text) <= MAX_DIGITS:
        return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
    if _FLOAT.fullmatch(text) and len(text) <= MAX_DIGITS and math.isfinite(float(text)):
        return read_decimal(text)
    return text


@dataclass(slots=True)
class _Entry:
    """A key of a mapping as it was written, and its value. `name` is None where it was refused."""

    name: str | None
    event: Any
    line: int
    column: int
    value: Any = None
    spot: Spot = field(default_factory=Spot)


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end hasn't come yet. A mapping is filled at its end, out of `entries`;
    `due` says that the last one's value is still to come."""

    data: Any
    spot: Spot
    entries: list[_Entry] = field(default_factory=list)
    due: bool = False


class YamlReader:
    """Reads one text; what is wrong goes to `problems`, so that reading can go on."""

    def __init__(self, text: str, file: str, problems: list[Problem]) -> None:
        self._text, self._file, self._problems = text, file, problems
        self._open: list[_Open] = []
        self._found: list[Document] = []

    def documents(self) -> list[Document]:
        try:
            check_yaml(self._text, MAX_DEPTH)
        except TooDeepError as error:
            self._too_deep(*Lines(self._text).at(error.offset))
        try:
            for event in rejoined(yaml.parse(self._text, Loader=_Loader), self._text):
                self._take(event)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
            at, message = advice(self._text, mark.index if mark else 0)
            self._problems.append(Problem(self._file, *Lines(self._text).at(at), f"this isn't valid YAML: {message}"))
        return self._found

    def _complain(self, mark: Any, message: str) -> None:
        self._problems.append(Problem(self._file, mark.line + 1, mark.column + 1, message))

    def _too_deep(self, line: int, column: int) -> NoReturn:
        problem = Problem(self._file, line, column, f"this is nested more than {MAX_DEPTH} deep")
        raise DefinitionError([*self._problems, problem])

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
                    self._too_deep(spot.line, spot.column)
            case yaml.MappingEndEvent():
                self._fill(self._open.pop())
            case yaml.SequenceEndEvent():
                self._open.pop()

    def _check_node(self, event: Any) -> None:
        if event.anchor is not None:
            self._complain(event.start_mark, f"anchors (`&{event.anchor}`) can't be used; write the value out")
        if event.tag is not None:
            self._complain(event.start_mark, f"tags (`{event.tag}`) can't be used; quote the value if it is text")

    def _value(self, value: Any, event: Any) -> Spot:
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.data, dict):
            if not top.due:
                self._key(top, value, event)
                return Spot(line, column, line, column)
            top.due = False
            entry = top.entries[-1]
            entry.value = value
            entry.spot = Spot(line, column, entry.line, entry.column, _text_column(event))
            return entry.spot
        spot = Spot(line, column, line, column, _text_column(event))
        if top is None:
            self._found.append(Document(self._file, value, spot))
        else:
            top.spot.children[len(top.data)] = spot
            top.data.append(value)
        return spot

    def _key(self, top: _Open, key: Any, event: Any) -> None:
        if not isinstance(key, str):
            template = self._text[: event.start_mark.index + 1].endswith("{{")
            self._complain(event.start_mark, _NO_TEMPLATE if template else "a key must be text; put it in quotes")
        name = key if isinstance(key, str) else None
        top.entries.append(_Entry(name, event, event.start_mark.line + 1, event.start_mark.column + 1))
        top.due = True

    def _fill(self, mapping: _Open) -> None:
        for entry in mapping.entries:
            if entry.name is None:
                continue
            if entry.name in mapping.data:
                self._complain(entry.event.start_mark, f"`{short(entry.name)}` is here twice; remove one")
                continue
            mapping.data[entry.name] = entry.value
            mapping.spot.children[entry.name] = entry.spot


def _text_column(event: Any) -> int:
    """Where the text itself begins: its marks tell whether it stands in the file as it reads."""
    if not isinstance(event, yaml.ScalarEvent):
        return 0
    start: Any = event.start_mark
    end: Any = event.end_mark
    quotes = 1 if event.style in ("'", '"') else 0
    if start.line != end.line or end.column - start.column != len(event.value) + 2 * quotes:
        return 0
    return int(start.column) + 1 + quotes
