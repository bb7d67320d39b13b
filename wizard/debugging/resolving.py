"""A node's configuration with every expression and template in it computed, for people to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from wizard.errors import WizardError
from wizard.expressions.expression import Expression, Names
from wizard.expressions.template import Dynamic, Template
from wizard.model import Branches, Call, Node, Value
from wizard.node import NodeType

MOST_NESTED = 20


def resolved(node: Node, names: Names) -> dict[str, Value]:
    """The configuration as it is where these names are seen. What only the node's own fields can tell stays as it is
    written; what can't be computed says why."""
    title = {} if node.title is None else {"title": _value(node.title, names, frozenset(), 0)}
    match node.config:
        case Branches(cases):
            ways = [
                {"when": None if case.when is None else str(case.when.source), "goto": case.goto or "end"}
                for case in cases
            ]
            return {**title, "cases": ways}
        case Call(workflow, handed):
            return {**title, "workflow": workflow.id, "with": {name: _handed(handed[name], names) for name in handed}}
    handler: NodeType[Any] = node.handler
    return {**title, **_members(node.config, names, handler.own_names(node.config), 0)}


def _handed(value: Any, names: Names) -> Value:
    """What an embedded workflow is handed: a constant, a template or an expression, typed or not."""
    try:
        handed: Value = value.evaluate(names)
    except WizardError as error:
        return f"(it can't be computed: {error.message})"
    return handed


def _value(value: Any, names: Names, own: frozenset[str], depth: int) -> Value:
    if depth > MOST_NESTED:
        return "…"
    match value:
        case Expression() | Template() | Dynamic():
            return _computed(value, names, own)
        case BaseModel():
            return _members(value, names, own, depth)
        case Mapping():
            return {str(name): _value(part, names, own, depth + 1) for name, part in value.items()}
        case None | bool() | int() | float() | Decimal() | str() | bytes() | date() | datetime() | time():
            return value
        case timedelta():
            return f"{value.total_seconds():g}s"
        case list() | tuple() | set() | frozenset():
            return _several(value, names, own, depth)
    return f"({type(value).__name__})"


def _several(values: Iterable[Any], names: Names, own: frozenset[str], depth: int) -> Value:
    parts = [_value(part, names, own, depth + 1) for part in values]
    if isinstance(values, tuple) and values and all(isinstance(part, Dynamic) for part in values):
        return "".join("" if part is None else str(part) for part in parts)  # a text in parts, as an address is
    return parts


def _members(model: BaseModel, names: Names, own: frozenset[str], depth: int) -> dict[str, Value]:
    """What is said or holds: what is empty because nothing is said isn't shown."""
    fields = type(model).model_fields
    written = {field.alias or name: getattr(model, name, None) for name, field in fields.items()}
    said = {name: _value(part, names, own, depth + 1) for name, part in written.items() if part is not None}
    return {name: part for name, part in said.items() if part not in ({}, [])}


def _computed(part: Expression | Template | Dynamic, names: Names, own: frozenset[str]) -> Value:
    if own & part.names:
        return part.source
    try:
        return part.render(names) if isinstance(part, Template) else part.evaluate(names)
    except WizardError as error:
        return f"({part.source} can't be computed: {error.message})"
