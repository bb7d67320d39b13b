"""Copies of values: what a run, a cache or a definition holds and what a function is handed, or hands over, is
never the same mutable object (S26)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel

from wizard.errors import InvalidInput
from wizard.model.prompt import Prompt, PromptField, Value
from wizard.model.values import pack, unpack, with_offset

_ATOMS: Final = frozenset({type(None), bool, int, float, str, bytes, date, Decimal})


def copied(value: Value) -> Value:
    """The value, with lists and mappings of its own. What only resembles a plain value (an enumeration's text, a
    named tuple, a defaultdict, a time of a zone) becomes what a store would give back of it; what can't be stored
    stays as it is, for `check_value` to refuse."""
    if type(value) in _ATOMS:
        return value
    try:
        return _copied(value)
    except RecursionError:
        return value


def _copied(value: Value) -> Value:
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is dict:
        return {name: item if type(item) in _ATOMS else _copied(item) for name, item in value.items()}
    if kind is list:
        return [item if type(item) in _ATOMS else _copied(item) for item in value]
    if kind is tuple:
        return tuple([_copied(item) for item in value])
    return _plain(value)


def _plain(value: Any) -> Value:
    if isinstance(value, datetime | time):
        return with_offset(value)
    if isinstance(value, Mapping):
        return {name: _copied(item) for name, item in value.items()}
    try:
        return unpack(pack(value))
    except InvalidInput:  # nothing that a run could hold
        return value


def copied_prompt(prompt: Prompt) -> Prompt:
    """The prompt, with values, options and files that nobody else has."""
    fields, possible = _fields(prompt.fields), _fields(prompt.possible)
    if fields is prompt.fields and possible is prompt.possible:
        return prompt
    return replace(prompt, fields=fields, possible=possible)


def _fields(fields: tuple[PromptField, ...]) -> tuple[PromptField, ...]:
    for field in fields:
        if field.options or type(field.value) not in _ATOMS:
            return tuple([_field(field) for field in fields])
    return fields


def _field(field: PromptField) -> PromptField:
    if not field.options and type(field.value) in _ATOMS:
        return field
    return PromptField(  # dataclasses.replace takes three times as long
        field.name,
        field.type,
        field.label,
        field.hint,
        field.required,
        field.choices,
        copied(field.value),
        field.error,
        field.answered,
        copied(field.options),
        field.when,
        field.typed,
        field.field_type,
    )


# -- configurations ----------------------------------------------------------------------------------


def copied_config(config: Any) -> Any:
    """A node's configuration, with containers of its own."""
    if not isinstance(config, BaseModel) or not changeable(config):
        return config
    alike = config.model_copy()
    for name, value in config.__dict__.items():
        alike.__dict__[name] = _parts(value)
    return alike


def changeable(value: Any) -> bool:
    """Whether a configuration, or a part of one, holds what can be changed."""
    if isinstance(value, dict | list | set):
        return True
    if isinstance(value, tuple):
        return any(map(changeable, value))
    return isinstance(value, BaseModel) and any(map(changeable, value.__dict__.values()))


def _parts(value: Any) -> Any:
    """Compiled expressions and templates in it stay as they are: they don't change."""
    if isinstance(value, dict):
        return {name: _parts(item) for name, item in value.items()}
    if isinstance(value, list | set):
        return type(value)(map(_parts, value))
    if type(value) is tuple and changeable(value):
        return tuple(map(_parts, value))
    return copied_config(value) if isinstance(value, BaseModel) else value
