"""A definition as data, written as text that its author can go on with: YAML, each key where it was."""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import Any

import yaml

from wizard.definitions.reading import source
from wizard.definitions.reading.document import MAX_DIGITS
from wizard.definitions.reading.source import MAX_BYTES
from wizard.errors import DefinitionError, Problem
from wizard.model.decimals import MOST_WRITTEN

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_EXACT = Context(prec=MOST_WRITTEN)
_WIDE = 1_000_000  # no line is broken: a text stands where its author looks for it
_BLOCK = re.compile(r"\S.*\n")  # the beginning of a text of several lines
_OTHER_BREAKS = re.compile("[\r\x85\u2028\u2029\ufeff]")  # which a reader may take for ends of lines


class _Writer(_Dumper):  # type: ignore[misc]
    """Quotes what would be read as something else (wizard.definitions.reading.yaml_reader), and writes decimals digit
    for digit."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


class _TooLong(ValueError):
    """A number that would be read as text."""


def _decimal(writer: Any, value: Decimal) -> Any:
    plain = format(value, "f")
    digits = plain if len(plain) < MAX_DIGITS - 2 else str(value.normalize(_EXACT))
    return _number(writer, "float", digits if re.search("[.E]", digits) else f"{digits}.0")


def _integer(writer: Any, value: int) -> Any:
    return _number(writer, "int", str(value))


def _number(writer: Any, kind: str, digits: str) -> Any:
    if len(digits) > MAX_DIGITS:
        raise _TooLong
    return writer.represent_scalar(f"tag:yaml.org,2002:{kind}", digits)


def _text(writer: Any, text: str) -> Any:
    style = '"' if _OTHER_BREAKS.search(text) else "|" if _BLOCK.match(text) else None
    return writer.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Writer.add_representer(Decimal, _decimal)
_Writer.add_representer(int, _integer)
_Writer.add_representer(str, _text)
# What the reader takes for numbers beyond those that PyYAML does.
_FIRST = list("-+.0123456789")
_Writer.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z"),
    _FIRST,
)
_Writer.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"0x[0-9a-fA-F]+\Z|0o[0-7]+\Z"), _FIRST)


def write_text(data: object, workflow: str) -> str:
    """Reading it gives the data again. Raises DefinitionError where these can't be part of a definition."""
    definition = source.from_data(data, workflow).data
    try:
        text: str = yaml.dump(definition, Dumper=_Writer, sort_keys=False, allow_unicode=True, width=_WIDE)
    except _TooLong:
        raise _refusal(workflow, f"a number has more than {MAX_DIGITS} digits") from None
    if len(text.encode()) > MAX_BYTES:
        raise _refusal(workflow, f"written as text, this is larger than {MAX_BYTES:,} bytes; divide it")
    return text


def _refusal(workflow: str, message: str) -> DefinitionError:
    return DefinitionError([Problem(workflow, 1, 1, message)])
