"""The form that asks a configuration: a form of this engine. Its values and the configuration are two views of the same
thing, and what one of them says the other can say (`form_values`, `config_of`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter, ValidationError

from wizard.actions.inputs import MISSING, ROWS, Asked, Holds, Input
from wizard.actions.texts import (
    data_of,
    expression_text,
    read_data,
    read_structure,
    read_text,
    structure_of,
    text_of,
)
from wizard.errors import ConfigurationRefused
from wizard.expressions.expression import parse
from wizard.expressions.markdown import may_be_markup
from wizard.forms.fields import BUILT_IN
from wizard.forms.form import TIMELESS_CONTEXT, Form, asked_now
from wizard.model import PromptField, Value
from wizard.model.workflow import Path

Fields = list[dict[str, Any]]
MOST_EXACT = 10**15  # a number below it without a fraction is written as a whole one
_YES_OR_NO: TypeAdapter[Any] = TypeAdapter(bool)
_READERS: Mapping[str, TypeAdapter[Any]] = {
    "integer": TypeAdapter(int),
    "decimal": TypeAdapter(Decimal),
    "boolean": _YES_OR_NO,
}


def fields(action: Asked, config: Mapping[str, Any] | None = None) -> Fields:
    """The fields of the form, as a definition writes them, filled in with a configuration, or else with what counts
    unless it is given."""
    return fields_of(action, form_values(action, config or {}))


def fields_of(action: Asked, values: Mapping[str, Value]) -> Fields:
    """The same, filled in with the form's values. What is filled in isn't hidden, whatever `show_if` says, so that it
    isn't lost."""
    asked = [made for made in action.inputs if made.field]
    usual, known = form_values(action, {}), {made.name for made in asked}
    names = {made.path: made.name for made in asked}
    written: Fields = []
    for made in asked:
        field = {"name": made.name, **made.field}
        field["label"], field["hint"] = literal(field["label"]), literal(field["hint"])
        if not field["hint"]:
            del field["hint"]
        if (value := values.get(made.name)) is not None and value is not False:
            field["default"] = value
        conditions = [names[made.within]] if made.within else []
        if made.holds is Holds.ROW and value is not True and (before := _row_before(made)):
            conditions.append(names[before])
        if made.show_if and value == usual[made.name] and names_in(made.show_if) <= known:
            conditions.append(made.show_if)
        if conditions:
            field["show_if"] = " and ".join(f"({each})" for each in conditions)
        written.append(field)
    return written


def _row_before(made: Input) -> Path:
    """The place of the item before one of a list; empty for the first."""
    *around, number = made.path
    return (*around, number - 1) if isinstance(number, int) and number else ()


def names_in(condition: str) -> frozenset[str]:
    """The fields that a condition reads. One that reads what is no field of the form would hide something for good."""
    return parse(condition).names


def form(action: Asked, config: Mapping[str, Any] | None = None) -> Form:
    """The same, compiled."""
    made = [BUILT_IN.one.validate_python(field) for field in fields(action, config)]
    return Form(tuple(made))


def asked(action: Asked, config: Mapping[str, Any] | None = None) -> list[tuple[Input, PromptField, str]]:
    """Each field as a prompt has it, with its input and the expression that says when it is shown, "" for always. A
    prompt has only those that are shown; here they all are."""
    values, compiled = form_values(action, config or {}), form(action, config)
    inputs = {made.name: made for made in action.inputs}
    return [
        (
            inputs[question.name],
            replace(asked_now(question, TIMELESS_CONTEXT), value=values[question.name]),
            question.show_if.source if question.show_if is not None else "",
        )
        for question in compiled.questions
    ]


def literal(text: str) -> str:
    """A text as a template that says just that, without markup."""
    if "{" not in text and not may_be_markup(text):
        return text
    quoted = "".join({"\\": "\\\\", '"': '\\"', "\n": " "}.get(character, character) for character in text)
    return f'{{{{ "{quoted}" }}}}'


# -- from a configuration to values ----------------------------------------------------------------


def form_values(action: Asked, config: Mapping[str, Any]) -> dict[str, Value]:
    """What the form's fields hold of a configuration, by field: every field is there, None where it holds nothing. What
    the configuration doesn't say is what counts then."""
    return {made.name: _value(made, config) for made in action.inputs if made.field}


def _value(made: Input, config: Mapping[str, Any]) -> Value:
    if made.holds is Holds.REST:
        rest = {key: value for key, value in config.items() if key not in made.keys}
        return structure_of(rest) if rest else None
    if made.holds is Holds.SECRET:
        return None
    value = _at(config, made.path)
    if made.holds is Holds.MORE:
        return structure_of(left) if (left := _after_rows(value)) else None
    if made.holds is Holds.PRESENCE:
        return isinstance(value, Mapping)
    if made.holds is Holds.ROW:
        return value is not MISSING
    if value is MISSING:
        value = made.default
    if value is MISSING or (not value and made.holds is not Holds.VALUE and _is_default(made, value)):
        return None
    if value is None and made.default is None:
        return None
    return _held(made, value)


def _after_rows(value: Any) -> Any:
    """What of a list isn't asked item by item: all of it where some item is no mapping."""
    if not isinstance(value, list | tuple):
        return None if value is MISSING else value
    return list(value[ROWS:] if _has_rows(value) else value)


def _has_rows(value: Sequence[Any]) -> bool:
    return all(isinstance(item, Mapping) for item in value)


def _at(config: Mapping[Any, Any], path: Path) -> Any:
    value: Any = config
    for key in path:
        if isinstance(value, list | tuple) and isinstance(key, int):
            if key >= len(value) or not _has_rows(value):
                return MISSING
            value = value[key]
            continue
        if not isinstance(value, Mapping) or key not in value:
            return MISSING
        value = value[key]
    return value


def _held(made: Input, value: Any) -> Value:
    """A value as its field holds it. One that the key can't have is shown as it is, so that it can be corrected."""
    match made.holds:
        case Holds.VALUE | Holds.NUMBER:
            return Decimal(repr(value)) if isinstance(value, float) else value
        case Holds.TEXT if isinstance(value, str):
            return text_of(value, several_lines=made.field["type"] == "textarea")
        case Holds.EXPRESSION if isinstance(text := expression_text(value), str):
            return text
        case Holds.LINES if isinstance(value, list | tuple):
            return "\n".join(_line_of(item) for item in value) or None
        case Holds.DATA:
            return data_of(value, several_lines=made.field["type"] == "textarea")
    return structure_of(value)


def _line_of(item: Any) -> str:
    return text_of(item, several_lines=False) if isinstance(item, str) else structure_of(item)


# -- from values to a configuration ----------------------------------------------------------------


def config_of(action: Asked, values: Mapping[str, Value]) -> dict[str, Any]:
    """The configuration that the values say, without what counts unless it is given. It isn't checked any further.
    Raises ConfigurationRefused where a text in YAML or JSON isn't any, a value is of no kind that its field
    can hold, or there is no such field."""
    config: dict[str, Any] = {}
    known = {made.name for made in action.inputs if made.field}
    errors: dict[Path, str] = {(name,): f"the form has no field `{name}`" for name in values if name not in known}
    absent: list[Path] = []
    for made in action.inputs:
        value = values.get(made.name) if made.field else True
        if any(made.path[: len(path)] == path for path in absent):
            continue
        try:
            meant = MISSING if value is None else _meant(made, value)
        except ValueError as error:
            errors[made.path] = str(error)
            continue
        if made.holds is Holds.MORE:
            errors |= _put_more(config, made.path, meant)
        elif made.holds in (Holds.PRESENCE, Holds.ROW):
            if meant is True:
                _put(config, made.path, {})
            else:
                absent.append(made.path)
        elif made.holds is Holds.REST:
            _put_rest(config, made, meant, errors)
        elif meant is not MISSING and not _is_default(made, meant):
            _put(config, made.path, meant)
    if errors:
        raise ConfigurationRefused(errors)
    return _without_empty(action, config)


def normalised(action: Asked, config: Mapping[str, Any]) -> dict[str, Any]:
    """The same configuration in the one way to write it: keys in their order, without those that say what counts
    anyway, expressions in one line."""
    return config_of(action, form_values(action, config))


def _put(config: dict[str, Any], path: Path, value: Any) -> None:
    """Items of a list stand below their numbers until the list is whole."""
    *around, last = path
    inner: dict[Any, Any] = config
    for key in around:
        inner = inner.setdefault(key, {})
    inner[last] = value


def _put_more(config: dict[str, Any], path: Path, meant: Any) -> dict[Path, str]:
    """The items that have fields of their own, and those after them, as the list that they are; what is wrong."""
    rows = _at(config, path)
    items = [rows[number] for number in sorted(rows)] if rows is not MISSING else []
    if meant is not MISSING and not isinstance(meant, list):
        return {path: "must be a list: begin each item with a dash"}
    if more := items + ([] if meant is MISSING else meant):
        _put(config, path, more)
    return {}


def _put_rest(config: dict[str, Any], made: Input, meant: Any, errors: dict[Path, str]) -> None:
    if meant is MISSING:
        return
    if not isinstance(meant, dict) or made.keys & meant.keys():
        errors[()] = "other keys are a mapping of names that have no field of their own"
    else:
        config.update(meant)


def _without_empty(action: Asked, config: dict[str, Any]) -> dict[str, Any]:
    """Without mappings that say nothing, where that is what counts unless they are given; inner ones first."""
    for made in reversed(action.inputs):
        if made.holds is Holds.PRESENCE and not made.field and made.default == {} and _at(config, made.path) == {}:
            around = _at(config, made.path[:-1])
            del around[made.path[-1]]
    return config


def _is_default(made: Input, value: Any) -> bool:
    default = Decimal(repr(made.default)) if isinstance(made.default, float) else made.default
    same = type(value) is type(default) or made.holds is Holds.NUMBER
    return default is not MISSING and same and bool(value == default)


def _meant(made: Input, value: Any) -> Any:
    """The value of a key out of what its field holds. Raises ValueError where it can't be read."""
    match made.holds:
        case Holds.VALUE | Holds.NUMBER | Holds.PRESENCE | Holds.ROW:
            return _typed(made, value)
        case Holds.EXPRESSION:
            return value
    if not isinstance(value, str):
        raise ValueError(f"the field `{made.name}` holds a text")
    text = value
    match made.holds:
        case Holds.TEXT:
            return read_text(text)
        case Holds.SECRET:
            return text
        case Holds.LINES:
            return [_item(made, line.strip()) for line in text.split("\n") if line.strip()]
        case Holds.DATA:
            return read_data(text)
    return read_structure(text)


def _typed(made: Input, value: Any) -> Any:
    """Numbers, yes and no, which come as texts out of some programs. What is none is left for the configuration's own
    check, but for what decides whether others are there."""
    reader = _READERS.get(made.field.get("type", ""))
    if reader is None or (isinstance(value, bool) and reader is not _YES_OR_NO):
        return value
    try:
        meant = reader.validate_python(value)
    except ValidationError:
        if made.holds in (Holds.PRESENCE, Holds.ROW):
            raise ValueError(f"the field `{made.name}` holds true or false") from None
        return value
    whole = isinstance(meant, Decimal) and meant == meant.to_integral_value() and abs(meant) < MOST_EXACT
    return int(meant) if whole else meant


def _item(made: Input, line: str) -> Any:
    return read_text(line) if made.items == "string" else read_structure(line)
