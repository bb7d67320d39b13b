"""Values of a configuration as a form's text fields hold them, and back: nothing is lost on the way, and nothing is
taken for a text that was meant as something else.

A form tidies what is typed: it takes spaces off the ends, and characters that nobody can see. What wouldn't come back
as it was is written as JSON in ASCII.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from wizard.definitions.reading import source
from wizard.deployments.writing import write_text
from wizard.errors import DefinitionError
from wizard.forms.characters import prose
from wizard.forms.refusals import Refusal
from wizard.forms.types.text import line, lines
from wizard.model.decimals import written
from wizard.model.nesting import load_json
from wizard.model.values import MAX_DEPTH, write_json

_LITERAL = re.compile(r""""(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""")
_STRUCTURE = re.compile(r"[\[\"]|\{(?![{%#])")  # what can only be meant as JSON
_BREAK = re.compile(r"[ \t]*[\r\n]+[ \t]*")

LONG = 60  # characters of JSON in one line

Clean = Callable[[object], "str | None"]


# -- texts -----------------------------------------------------------------------------------------


def text_of(value: str, *, several_lines: bool) -> str:
    """A text as a field of one line, or of several, keeps it."""
    plain = _stays(value, lines if several_lines else line) and not isinstance(_string(value), str)
    return value if plain else json.dumps(value)


def read_text(text: str) -> str:
    """The text that is meant: one in quotation marks is written as JSON."""
    meant = _string(text)
    return text if meant is None else meant


def _stays(text: str, clean: Clean) -> bool:
    try:
        return bool(text) and clean(text) == text
    except Refusal:
        return False


def _string(text: str) -> str | None:
    """What a text says that is a JSON string as a whole."""
    if not (len(text) > 1 and text[0] == text[-1] == '"'):
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, str) else None


# -- expressions -----------------------------------------------------------------------------------


def expression_text(value: object) -> object:
    """An expression in one line, which means the same: what a form would change inside its texts is escaped. What is no
    expression stays what it is."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case Decimal():
            return written(value)
        case str():
            return _one_line(value)
    return value


def _one_line(value: str) -> str:
    parts: list[str] = []
    end = 0
    for literal in _LITERAL.finditer(value):
        parts += [_BREAK.sub(" ", value[end : literal.start()]), _escaped(literal[0])]
        end = literal.end()
    parts.append(_BREAK.sub(" ", value[end:]))
    return "".join(parts).replace("\t", " ").strip()


def _escaped(literal: str) -> str:
    literal = literal.replace("\t", "\\t")
    if prose(literal) == literal:
        return literal
    return "".join(c if c.isascii() or ord(c) > 0xFFFF else f"\\u{ord(c):04x}" for c in literal)


# -- any values ------------------------------------------------------------------------------------


def data_of(value: Any, *, several_lines: bool = True) -> str:
    """Any value, as a field of one line or of several keeps it: a text as it is, unless that would be read as something
    else; all others as JSON."""
    if isinstance(value, str):
        stays = _stays(value, lines if several_lines else line)
        plain = stays and _json(value) is _NOTHING and not _STRUCTURE.match(value)
        return value if plain else json.dumps(value)
    return _pretty(value, several_lines=several_lines)


def read_data(text: str) -> Any:
    """The value. Raises ValueError where the text begins as JSON and isn't any."""
    value = _json(text)
    if value is not _NOTHING:
        return value
    if _STRUCTURE.match(text):
        raise ValueError("this begins as JSON and isn't valid JSON. Correct it, or put all of it in quotes as a text")
    return text


def structure_of(value: Any) -> str:
    """A list or mapping as YAML, as definitions are written, or as JSON where a form would change that."""
    if isinstance(value, list | dict) and value:
        text = write_text(value, "config").rstrip("\n")
        if _stays(text, lines) and _says(text, value):
            return text
    return _pretty(value)


def _says(text: str, value: Any) -> bool:
    """Whether a text still means the value without its last line breaks, which may be those of a text in it."""
    try:
        return write_json(read_structure(text)) == write_json(source.from_data(value, "config").data)
    except ValueError:
        return False


def read_structure(text: str) -> Any:
    """The value of a text in YAML or JSON. Raises ValueError with what is wrong, and where."""
    value = _json(text)
    if value is not _NOTHING:
        return value
    try:
        documents = source.read(text, "")
    except DefinitionError as error:
        problem = error.problems[0]
        raise ValueError(f"{problem.message} (line {problem.line})") from None
    if len(documents) != 1:
        raise ValueError("write one value: --- isn't possible here")
    return documents[0].data


_NOTHING = object()


def _json(text: str) -> Any:
    try:
        return load_json(text.encode(errors="surrogatepass"), MAX_DEPTH, constant=_no_number)
    except (ValueError, RecursionError):
        return _NOTHING


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _pretty(value: Any, *, several_lines: bool = True) -> str:
    """JSON, a member a line where it is long and there may be several."""
    text = write_json(value)
    if several_lines and len(text) > LONG:
        text = write_json(value, between=(",\n ", ": "))
    stays = _stays(text, lines if several_lines else line)
    return text if stays else "".join(c if c.isascii() else json.dumps(c)[1:-1] for c in text)
