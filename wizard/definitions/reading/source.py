"""Text of a definition file -> documents, within bounds: the one way in for what authors write."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from wizard.definitions.reading.document import MAX_DEPTH, MAX_DIGITS, UNPRINTABLE, Document, Lines, is_text
from wizard.definitions.reading.json_reader import JsonReader
from wizard.definitions.reading.yaml_reader import YamlReader
from wizard.errors import DefinitionError, Problem
from wizard.model.decimals import MOST_WRITTEN, read_decimal
from wizard.model.workflow import Path

MAX_BYTES = 1_000_000  # one file
MAX_VALUES = 1_000_000  # in one definition that comes as data


def read(text: str | bytes, file: str, what: str = "definition") -> list[Document]:
    """The definitions, or `what` else is meant to be there, in the text of a file: YAML (several are divided by `---`),
    or JSON where the file's name ends in .json. Raises DefinitionError with every problem that can be found."""
    decoded = _decoded(text, file)
    problems: list[Problem] = []
    if file.lower().endswith(".json"):
        documents = [JsonReader(decoded, file, problems).document()]
    else:
        documents = YamlReader(decoded, file, problems).documents()
    documents = [document for document in documents if document.data is not None]
    if not documents and not problems:
        problems.append(Problem(file, 1, 1, f"there is no {what} in this file"))
    if problems:
        raise DefinitionError(problems)
    return documents


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
            case str() if is_text(value):
                return str(value)
            case int() if value.bit_length() <= 4 * MAX_DIGITS:
                return int(value)
            case float() if math.isfinite(value):
                return read_decimal(repr(value))
            case Decimal() if value.is_finite() and math.isfinite(float(value)) and len(str(value)) <= MOST_WRITTEN:
                return read_decimal(str(value))
            case list() | tuple():
                return [copy(item, (*path, index)) for index, item in enumerate(value)]
            case Mapping():
                if not all(isinstance(key, str) and is_text(key) for key in value):
                    _refuse(file, path, "a key isn't text")
                return {str(key): copy(item, (*path, str(key))) for key, item in value.items()}
        _refuse(file, path, f"this value of type {type(value).__name__} can't be part of a definition")

    return Document(file, copy(data, ()))


def _refuse(file: str, path: Path, message: str) -> NoReturn:
    place = ".".join(map(str, path))
    raise DefinitionError([Problem(file, 1, 1, f"{place}: {message}" if place else message)])


def _decoded(given: str | bytes, file: str) -> str:
    if len(given) > MAX_BYTES:
        _refuse(file, (), f"this file is larger than {MAX_BYTES:,} bytes; divide it")
    try:
        text = given if isinstance(given, str) else given.decode("utf-8")
    except UnicodeDecodeError as error:
        data: bytes = error.object
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise DefinitionError([Problem(file, line, column, "this isn't valid UTF-8; save it as UTF-8")]) from None
    text = text.removeprefix("\ufeff")
    if bad := UNPRINTABLE.search(text):
        line, column = Lines(text).at(bad.start())
        message = f"the character U+{ord(bad[0]):04X} can't be part of a definition; remove it"
        raise DefinitionError([Problem(file, line, column, message)])
    return text
