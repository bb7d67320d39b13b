"""pydantic's errors as plain sentences about places in a document.

pydantic names a place by keys, indices and the branches of unions it tried; a document has keys
and indices only. Of several branches that all failed, one sentence is made. Validators raise
ValueError with a sentence, or with one that lacks its subject ("must be ...").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from wizard.definitions.reading.synonyms import key_for, meant_key, meant_type
from wizard.forms.fields import FieldTypes
from wizard.model.workflow import Path

_MAPPING = "a mapping of keys to values"
_DATE = "a date such as 2026-03-27"
_MOMENT = "a moment such as 2026-03-27T14:30:00Z"
_TYPES = {
    "string_type": "text",
    "string_sub_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a smaller whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "iterable_type": "a list",
    "dict_type": _MAPPING,
    "mapping_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "dataclass_type": _MAPPING,
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "time_type": "a time such as 14:30",
    "time_parsing": "a time such as 14:30",
    "datetime_type": _MOMENT,
    "datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "bytes_type": "bytes",
    "none_required": "empty",
}
_LIMITS = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
    "multiple_of": ("a multiple of", "multiple_of"),
}
_KINDS = frozenset(get_args(ErrorType))
_THINGS = {"string_too_short": "characters", "string_too_long": "characters", "too_short": "items", "too_long": "items"}

Known = Callable[[tuple[str | int, ...]], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Complaint:
    """One sentence about the value at `path` (about its key where `key`), `offset` characters into
    its text where that is known. `missing` is the key that should be there and isn't."""

    path: Path
    message: str
    key: bool = False
    offset: int | None = None
    missing: str = ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a sentence: "; did you mean `label`?", or nothing."""
    close = closest(name, known)
    return "" if close is None else f"; did you mean `{close}`?"


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like this one, None where none does."""
    names = sorted(known)
    same = [each for each in names if each.casefold() == name[:100].casefold()]
    return next(iter(same or get_close_matches(name[:100], names, n=1)), None)


def quoted(value: object) -> str:
    """A part of a document, short enough for a message."""
    text = value if isinstance(value, str) else repr(value)
    return f"`{text}`" if len(text) <= 60 else f"`{text[:57]}...`"


def complaints(error: ValidationError, known: Known, data: Any) -> list[Complaint]:
    """What `error` says, about `data`, the plain data that was validated. `known` gives the keys that
    a place (in pydantic's terms) may have."""
    errors_by_path: dict[Path, list[Mapping[str, Any]]] = {}
    for detail in _without_named(error.errors(include_url=False, include_input=False), known):
        errors_by_path.setdefault(path_in(detail["loc"], data), []).append(dict(detail))
    result: list[Complaint] = []
    around = {path[:length] for path in errors_by_path for length in range(len(path))}
    for path, errors in errors_by_path.items():
        deeper = path in around
        vague = (*_TYPES, "too_short") if deeper else _TYPES  # what is wrong inside isn't counted
        specific = _most_telling([error for error in errors if error["type"] not in vague])
        if specific:
            result += dict.fromkeys(_complaint(detail, path, known, data) for detail in specific)
        elif not deeper:
            kinds = dict.fromkeys(_TYPES[error["type"]] for error in errors)
            result.append(Complaint(path, f"{_subject(path)} must be {' or '.join(kinds)}"))
    return result


def _without_named(errors: list[ErrorDetails], known: Known) -> list[ErrorDetails]:
    """The errors without those about keys that are missing since they are there by another engine's name."""
    unknown = [error["loc"] for error in errors if error["type"] == "extra_forbidden"]
    meant = {(*loc[:-1], key_for(str(loc[-1]), frozenset(known(loc[:-1])))) for loc in unknown}
    return [error for error in errors if error["type"] != "missing" or error["loc"] not in meant]


def _most_telling(errors: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Where an expression could have stood among other things, what is wrong with it tells more than that it's none of
    them."""
    return [error for error in errors if error["type"] == "expression"] or errors


def path_in(loc: tuple[str | int, ...], data: Any) -> Path:
    """The longest way along `loc` that exists in `data`: what doesn't exist are union branches."""
    if not loc:
        return ()
    part, rest = loc[0], loc[1:]
    skipped = path_in(rest, data)
    value = _child(data, part)
    if value is _NOTHING:
        return skipped
    taken: Path = (part, *path_in(rest, value))
    return taken if len(taken) > len(skipped) else skipped


_NOTHING = object()


def _child(data: Any, part: str | int) -> Any:
    if isinstance(data, Mapping):
        return data.get(part, _NOTHING)
    if isinstance(data, list | tuple) and isinstance(part, int) and 0 <= part < len(data):
        return data[part]
    return _NOTHING


def _subject(path: Path) -> str:
    match path:
        case (*_, str() as name):
            return quoted(name)
        case (*_, str() as name, int() as index):
            return f"item {index + 1} of {quoted(name)}"
    return "this"


def _complaint(error: Mapping[str, Any], path: Path, known: Known, data: Any) -> Complaint:
    kind, loc, context = error["type"], error["loc"], error.get("ctx", {})
    match kind:
        case "missing":
            return Complaint(path, f"{quoted(loc[-1])} is missing", missing=str(loc[-1]))
        case "extra_forbidden":
            name = str(loc[-1])
            keys = frozenset(known(loc[:-1]))
            hint = meant_key(name, keys) or did_you_mean(name, keys)
            return Complaint(path, f"there is no key {quoted(name)} here{hint}", key=True)
        case "expression":
            return Complaint(path, str(context.get("problem")), offset=context.get("offset"))
        case "value_error" | "assertion_error":
            return Complaint(path, whole(path, str(context.get("error"))))
        case "union_tag_not_found":
            return Complaint(path, f"{quoted(_tag_key(context))} is missing")
        case "union_tag_invalid":
            return _unknown_tag(context, path, data)
        case "field_type":
            return _unknown_field_type(str(error["msg"]), context, path, data)
    return Complaint(path, whole(path, _predicate(kind, context, str(error["msg"]))))


def whole(path: Path, text: str) -> str:
    """The sentence; one that lacks its subject gets the name of the place."""
    return f"{_subject(path)} {text}" if text.startswith(("must ", "can't ")) else text


def _unknown_field_type(message: str, context: Mapping[str, Any], path: Path, data: Any) -> Complaint:
    for part in path:
        data = _child(data, part)
    type_ = _child(data, "type")
    if not isinstance(type_, str):
        return Complaint(path, message)
    return Complaint((*path, "type"), unknown_field_type(type_, context["types"]))


def unknown_field_type(name: str, types: FieldTypes) -> str:
    """What is wrong with a field type that there isn't: it can't be used, or nobody has announced it."""
    if why := types.unusable.get(name):
        return f"the field type {quoted(name)} can't be used: {why}"
    hint = meant_type(name, types) or did_you_mean(name, types) or f"; there are {', '.join(types)}"
    return f"there is no field type {quoted(name)}{hint}"


def _unknown_tag(context: Mapping[str, Any], path: Path, data: Any) -> Complaint:
    tags = [tag.strip(" '") for tag in str(context.get("expected_tags", "")).split(",")]
    tag, key = str(context.get("tag", "")), _tag_key(context)
    for part in path:
        data = _child(data, part)
    place = (*path, key) if _child(data, key) is not _NOTHING else path
    hint = did_you_mean(tag, tags) or f"; known are {', '.join(tags)}"
    return Complaint(place, f"there is no {key} {quoted(tag)}{hint}")


def _tag_key(context: Mapping[str, Any]) -> str:
    """The key that tells a union's branches apart; pydantic has a function's name where one does."""
    name = str(context.get("discriminator", "")).strip("'")
    return name if name.isidentifier() else "type"


def _predicate(kind: str, context: Mapping[str, Any], message: str) -> str:
    if kind in _LIMITS:
        words, key = _LIMITS[kind]
        return f"must be {words} {context[key]}"
    match kind:
        case "literal_error" | "enum":
            return f"must be {context['expected']}"
        case "string_too_short" | "too_short":
            least, things = context["min_length"], _THINGS[kind]
            return "must not be empty" if least == 1 else f"must have at least {least} {things}"
        case "string_too_long" | "too_long":
            most, things = context["max_length"], _THINGS[kind]
            return f"must have at most {most} {things.removesuffix('s') if most == 1 else things}"
        case "string_pattern_mismatch":
            return "must have the form that its description says"
        case "decimal_max_digits":
            return f"must have at most {context['max_digits']} digits"
        case "decimal_max_places":
            return f"must have at most {context['decimal_places']} digits after the point"
        case "decimal_whole_digits":
            return f"must have at most {context['whole_digits']} digits before the point"
    # pydantic's kinds have lasting names and changing words; a kind of a node type's own has its author's words.
    what = kind.replace("_", " ") if kind in _KINDS else f"{message[:1].lower()}{message[1:]}"
    return f"can't be taken: {what}"
