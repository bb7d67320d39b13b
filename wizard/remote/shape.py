"""The JSON Schema (2020-12) that a service gives of its configuration: made plain and bounded when it is registered,
and what of a configuration doesn't fit it.

What a schema refers to within itself is put in its place, so that nothing has to be looked up later; nothing outside is
ever fetched. Patterns are matched in linear time (RE2). A message never quotes a value: it may be what somebody
answered.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

from wizard.model.values import to_json
from wizard.node.form_hint import KEYWORD

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

MAX_BYTES = 50_000  # of a schema
MAX_PARTS = 1_000  # of it, with all that it refers to in its place
MAX_DEPTH = 15
MAX_TITLE = 100  # characters of what a form calls a key
MOST_PROBLEMS = 20  # of a configuration that are told

Place = tuple[str | int, ...]
Schema = dict[str, Any]

_MAPS = frozenset({"properties", "dependentSchemas"})
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_ONES = frozenset({"items", "contains", "propertyNames", "not", "if", "then", "else", "additionalProperties"})
_LEFT_OUT = frozenset({"$schema", "$id", "$comment", "$defs", "$ref", "title", KEYWORD})
_REFUSED = frozenset(
    {
        "$anchor",
        "$dynamicAnchor",
        "$dynamicRef",
        "$recursiveAnchor",
        "$recursiveRef",
        "$vocabulary",
        "definitions",
        "dependencies",
        "patternProperties",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
_OF_TEXTS = frozenset({"pattern", "format", "enum", "const", "minLength", "maxLength"})
_BRANCHES = frozenset({"anyOf", "oneOf", "allOf", "not", "if"})


# -- registering -----------------------------------------------------------------------------------


def plain_schema(given: Mapping[str, Any]) -> Schema:
    """The schema of a mapping with named keys and no others, without references. Raises ValueError with what is wrong,
    from the place on."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    if len(json.dumps(given, default=str)) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES:,} bytes")
    if _parts_in(given) > MAX_PARTS:  # to check it against the standard takes a millisecond for each
        raise ValueError(f"it has more than {MAX_PARTS:,} parts")
    try:
        Draft202012Validator.check_schema(given)
    except SchemaError as error:
        place = "/".join(map(str, error.absolute_path)) or "the schema itself"
        raise ValueError(f"it is no JSON Schema of 2020-12 at {place}: `{error.validator}` isn't kept there") from None
    except RecursionError:
        raise ValueError(f"it is nested more than {MAX_DEPTH} deep") from None
    schema = _Inlining(given.get("$defs", {})).made(given, 0, ())
    if schema.get("type", "object") != "object" or schema.get("additionalProperties", False) is not False:
        raise ValueError('it must describe an object with `properties`, and leave "additionalProperties" out or false')
    return {**schema, "type": "object", "properties": schema.get("properties", {}), "additionalProperties": False}


def _parts_in(value: Any) -> int:
    """How many mappings are in a value."""
    match value:
        case Mapping():
            return 1 + sum(map(_parts_in, value.values()))
        case list() | tuple():
            return sum(map(_parts_in, value))
    return 0


class _Inlining:
    """Puts what is referred to in its place; counts the parts."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._parts = 0

    def made(self, given: Any, depth: int, within: tuple[str, ...]) -> Schema:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise ValueError(f"it has more than {MAX_PARTS:,} parts, with all that it refers to")
        if depth > MAX_DEPTH:
            raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
        if isinstance(given, bool):
            return {} if given else {"not": {}}
        if refused := sorted(_REFUSED & given.keys()):
            raise ValueError(f"`{refused[0]}` can't be used in it")
        if "pattern" in given:
            _pattern(str(given["pattern"]))
        made = {key: self._part(key, value, depth, within) for key, value in given.items() if key not in _LEFT_OUT}
        if made.get("format") not in _FORMATS:
            made.pop("format", None)
        if title := " ".join(str(given.get("title", "")).split())[:MAX_TITLE]:
            made["title"] = title
        if "$ref" in given:
            made = {**self._referred(str(given["$ref"]), depth, within), **made}
        return made

    def _part(self, key: str, value: Any, depth: int, within: tuple[str, ...]) -> Any:
        if key in _MAPS:
            return {name: self.made(inner, depth + 1, within) for name, inner in value.items()}
        if key in _LISTS:
            return [self.made(inner, depth + 1, within) for inner in value]
        if key in _ONES and not (key == "additionalProperties" and isinstance(value, bool)):
            return self.made(value, depth + 1, within)
        return value

    def _referred(self, reference: str, depth: int, within: tuple[str, ...]) -> Schema:
        name = reference.removeprefix("#/$defs/")
        if name == reference or name not in self._definitions:
            raise ValueError(
                f"it refers to {reference[:100]!r}; only what stands in its own `$defs` can be referred to"
            )
        if name in within:
            raise ValueError(f"`$defs/{name}` refers to itself")
        return self.made(self._definitions[name], depth + 1, (*within, name))


@lru_cache(maxsize=500)
def _pattern(source: str) -> Any:
    """Raises ValueError for what isn't a pattern of RE2."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        return re2.compile(source, options)
    except re2.error:
        raise ValueError(f"the pattern {source[:100]!r} can't be used: patterns are those of RE2") from None


# -- checking --------------------------------------------------------------------------------------


def problems_in(
    schema: Schema, data: Any, is_open: Callable[[str], bool] = lambda text: False
) -> list[tuple[Place, str]]:
    """What doesn't fit: places and sentences. Texts that are `is_open` will be others when they are filled in: of these
    only that a text may stand there is asked."""
    found: dict[Place, str] = {}
    for error in _validator(schema).iter_errors(plain(data)):
        if not _may_fit(error, is_open):
            place, instance = tuple(error.absolute_path), error.instance
            if error.validator == "additionalProperties" and isinstance(instance, dict):
                known: Any = error.schema
                for key in sorted(instance.keys() - known.get("properties", {}).keys()):
                    found.setdefault((*place, key), "there is no such key here")
            else:
                found.setdefault(place, _said(error))
        if len(found) >= MOST_PROBLEMS:
            break
    return list(found.items())


def fitted(schema: Schema, data: Any) -> Any:
    """The data as JSON has it: single values where only a text may stand, which an expression gave, as texts."""
    made = exact(data)
    for error in [*_wrong_types(_validator(schema).iter_errors(plain(made)))]:
        made = _with_text(made, tuple(error.absolute_path))
    return made


def exact(value: Any) -> Any:
    """As JSON has it, with all digits: dates and times are texts, decimals stay (S27)."""
    match value:
        case Decimal():
            return value
        case Mapping():
            return {key: exact(item) for key, item in value.items()}
        case list() | tuple():
            return [exact(item) for item in value]
    return to_json(value)


def _wrong_types(errors: Iterator[ValidationError]) -> Iterator[ValidationError]:
    for error in errors:
        kinds = error.validator_value
        wanted = kinds if isinstance(kinds, list) else [kinds]
        if error.validator == "type" and "string" in wanted and isinstance(error.instance, bool | int | float):
            yield error
        elif error.context:
            yield from _wrong_types(iter(error.context))


def _with_text(data: Any, place: Place) -> Any:
    """The data with what is at the place as a text."""
    if not place:
        return data if isinstance(data, str) else str(data).lower() if isinstance(data, bool) else str(to_json(data))
    first, *rest = place
    if isinstance(data, list):
        return [_with_text(item, tuple(rest)) if at == first else item for at, item in enumerate(data)]
    return {**data, first: _with_text(data[first], tuple(rest))}


def plain(value: Any) -> Any:
    """The same with numbers that a schema can judge."""
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() and abs(value) < 2**63 else float(value)
        case Mapping():
            return {key: plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    return to_json(value)


def _may_fit(error: ValidationError, is_open: Callable[[str], bool]) -> bool:
    """Whether it may be right once its texts are filled in."""
    keyword = str(error.validator)
    if isinstance(error.instance, str) and keyword in _OF_TEXTS | _BRANCHES and is_open(error.instance):
        return not error.context or any(_may_fit(inner, is_open) for inner in error.context)
    return bool(error.context) and any(_may_fit(inner, is_open) for inner in error.context)


def _said(error: ValidationError) -> str:
    value: Any = error.validator_value
    instance: Any = error.instance
    match error.validator:
        case "type":
            return f"must be {_kinds(value)}"
        case "enum" | "const":
            choices = value if error.validator == "enum" else [value]
            return f"must be one of {_short(', '.join(json.dumps(choice) for choice in choices))}"
        case "required":
            missing = [name for name in value if name not in instance]
            return f"lacks {', '.join(f'`{name}`' for name in missing[:5])}"
        case "minLength" | "maxLength" | "minItems" | "maxItems" | "minimum" | "maximum":
            return f"must keep to `{error.validator}`, which is {value}"
        case "pattern":
            return f"must match {_short(str(value))}"
        case "format":
            return f"must be written as a {value}"
    return f"doesn't fit what `{error.validator}` of its schema says"


def _kinds(kinds: str | Sequence[str]) -> str:
    several = [kinds] if isinstance(kinds, str) else list(kinds)
    return " or ".join(_KINDS.get(kind, kind) for kind in several)


_KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "null",
}


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}…"


_VALIDATORS: dict[int, tuple[Schema, Validator]] = {}
MOST_VALIDATORS = 500


def _validator(schema: Schema) -> Validator:
    """Made once for each schema object: to make one takes longer than to use it."""
    known = _VALIDATORS.get(id(schema))
    if known is None or known[0] is not schema:
        if len(_VALIDATORS) >= MOST_VALIDATORS:
            _VALIDATORS.clear()
        known = _VALIDATORS[id(schema)] = (schema, _made_validator(schema))
    return known[1]


def _made_validator(schema: Schema) -> Validator:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    # What refers elsewhere isn't there any more, and of formats those below are known.
    linear: Any = extend(Draft202012Validator, {"pattern": _matches})  # type: ignore[no-untyped-call]
    made: Validator = linear(schema, format_checker=_formats())
    return made


def _matches(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    from jsonschema.exceptions import ValidationError as Wrong

    if isinstance(instance, str) and _pattern(pattern).search(instance) is None:
        yield Wrong("")


@lru_cache(maxsize=1)
def _formats() -> Any:
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    for name, check in _FORMATS.items():

        def checks(value: object, check: Callable[[str], object] = check) -> bool:
            return not isinstance(value, str) or bool(check(value))

        checker.checks(name, raises=ValueError)(checks)
    return checker


def _is_uri(text: str) -> bool:
    parts = urlsplit(text)
    return bool(parts.scheme) and text.isascii() and text.isprintable() and " " not in text


_FORMATS: Mapping[str, Callable[[str], object]] = {
    "date": lambda text: len(text) == 10 and date.fromisoformat(text),
    "time": lambda text: time.fromisoformat(text) is not None,
    "date-time": lambda text: len(text) >= 19 and datetime.fromisoformat(text),
    "email": lambda text: 0 < text.find("@") < len(text) - 1 and " " not in text,
    "ipv4": IPv4Address,
    "ipv6": lambda text: "%" not in text and IPv6Address(text),
    "uri": _is_uri,
    "uuid": lambda text: len(text) == 36 and UUID(text),
}
