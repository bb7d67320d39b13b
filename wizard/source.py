"""Text of a definition file -> plain data, and where in the text each part of it stands.

YAML is read as its parser's events, never as objects: so depth is bounded before anything is
built, and aliases, tags and duplicate keys can't do anything. Scalars resolve as in YAML 1.2's core
schema and JSON: `on`, `yes`, `no`, dates and numbers with leading zeros stay text. `.json` files
have their own reader, because YAML knows neither JSON's surrogate pairs nor its errors.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from wizard.errors import DefinitionError, Problem

MAX_BYTES = 1_000_000  # one file
MAX_DEPTH = 50
MAX_VALUES = 1_000_000  # in one definition that comes as data
MAX_DIGITS = 100

Path = tuple[str | int, ...]
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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


def read(text: str | bytes, file: str) -> list[Document]:
    """The definitions in the text of a file: YAML (several are divided by `---`), or JSON where the
    file's name ends in .json. Raises DefinitionError with every problem that can be found."""
    decoded = _decoded(text, file)
    problems: list[Problem] = []
    if file.lower().endswith(".json"):
        found = [_Json(decoded, file, problems).document()]
    else:
        found = _Yaml(decoded, file, problems).documents()
    found = [document for document in found if document.data is not None]
    if not found and not problems:
        problems.append(Problem(file, 1, 1, "there is no definition in this file"))
    if problems:
        raise DefinitionError(problems)
    return found


def from_data(data: object, file: str) -> Document:
    """Plain data that didn't come as text, checked and copied. Raises DefinitionError."""
    count = 0

    def copy(value: object, path: Path) -> Any:
        nonlocal count
        count += 1
        if len(path) > MAX_DEPTH:
            _refuse(file, path[:5], f"this is nested more than {MAX_DEPTH} deep")
        if count > MAX_VALUES:
            _refuse(file, (), f"this holds more than {MAX_VALUES:,} values")
        match value:
            case None | bool():
                return value
            case str() if _is_text(value):
                return str(value)
            case int() if value.bit_length() <= 3 * MAX_DIGITS:
                return int(value)
            case float() if math.isfinite(value):
                return float(value)
            case list() | tuple():
                return [copy(item, (*path, index)) for index, item in enumerate(value)]
            case Mapping():
                if not all(isinstance(key, str) and _is_text(key) for key in value):
                    _refuse(file, path, "a key is no text")
                return {str(key): copy(item, (*path, str(key))) for key, item in value.items()}
        _refuse(file, path, f"this value of type {type(value).__name__} can't be part of a definition")

    return Document(file, copy(data, ()))


def _refuse(file: str, path: Path, message: str) -> NoReturn:
    place = ".".join(map(str, path))
    raise DefinitionError([Problem(file, 1, 1, f"{place}: {message}" if place else message)])


def _is_text(value: str) -> bool:
    return not _UNPRINTABLE.search(value)


_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def _decoded(text: str | bytes, file: str) -> str:
    if len(text) > MAX_BYTES:
        _refuse(file, (), f"this file is larger than {MAX_BYTES:,} bytes; divide it")
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            line = text.count(b"\n", 0, error.start) + 1
            column = error.start - text.rfind(b"\n", 0, error.start)
            raise DefinitionError([Problem(file, line, column, "this is no valid UTF-8; save it as UTF-8")]) from None
    text = text.removeprefix("\ufeff")
    if bad := _UNPRINTABLE.search(text):
        line, column = _Lines(text).at(bad.start())
        message = f"the character U+{ord(bad[0]):04X} can't be part of a definition; remove it"
        raise DefinitionError([Problem(file, line, column, message)])
    return text


class _Lines:
    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def at(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


# -- YAML ----------------------------------------------------------------------------------------

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


class _Yaml:
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
                if not _is_text(event.value):
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
            self._complain(mark, f"`{_short(key)}` is here twice; remove one")
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


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


# -- JSON ----------------------------------------------------------------------------------------

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_LITERAL = re.compile(r"true|false|null")


class _Json:
    """A reader that goes down at most MAX_DEPTH levels."""

    def __init__(self, text: str, file: str, problems: list[Problem]) -> None:
        self._text, self._file, self._problems = text, file, problems
        self._lines = _Lines(text)
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
        raise DefinitionError([*self._problems, Problem(self._file, line, column, f"this is no valid JSON: {message}")])

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
        if not _is_text(text):
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
        return json.loads(number)

    def _list(self, depth: int, spot: Spot) -> list[Any]:
        found: list[Any] = []
        for _ in self._parts("]"):
            value, child = self._value(depth + 1, None)
            spot.children[len(found)] = child
            found.append(value)
        return found

    def _mapping(self, depth: int, spot: Spot) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in self._parts("}"):
            key_at = self._lines.at(self._here)
            key = self._string()
            self._skip()
            if not self._text.startswith(":", self._here):
                self._stop("a `:` must stand between a key and its value")
            self._here += 1
            self._skip()
            value, child = self._value(depth + 1, key_at)
            if key in found:
                self._problems.append(Problem(self._file, *key_at, f"`{_short(key)}` is here twice; remove one"))
                continue
            spot.children[key] = child
            found[key] = value
        return found

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
