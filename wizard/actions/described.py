"""A node type as JSON, as programs and editors read it: a line of the catalogue, and all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.actions.action import Action
from wizard.actions.configuration_form import asked
from wizard.actions.documentation import documentation, outputs
from wizard.actions.inputs import Asked, Input
from wizard.model import PromptField


def line(action: Action) -> dict[str, Any]:
    """What the catalogue lists."""
    return {
        "type": action.type,
        "title": action.title,
        "summary": action.summary,
        "group": action.group,
        "icon": action.icon,
        "kind": action.kind,
        "ports": list(action.ports),
        "ports_vary": action.ports_vary,
    }


def in_full(action: Action) -> dict[str, Any]:
    """The same, with its schema, form, outputs, documentation and example."""
    return {
        **line(action),
        "schema": dict(action.schema),
        "form": form_of(action, None),
        "outputs": outputs(action),
        "documentation": documentation(action),
        "example": action.example,
    }


def form_of(action: Asked, config: Mapping[str, Any] | None) -> dict[str, Any]:
    """The form, filled in with a configuration, or else with what counts unless it is given: its fields as the run
    state has them, with the place of each value."""
    return {"fields": [_field(made, field, show_if) for made, field, show_if in asked(action, config)]}


def _field(made: Input, field: PromptField, show_if: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": field.name,
        "type": field.type,
        "label": field.label,
        "hint": field.hint,
        "required": field.required,
        "choices": [{"value": choice.value, "label": choice.label} for choice in field.choices],
        "value": field.value,
        "error": field.error,
        "path": list(made.path),
        "group": made.group,
    }
    if field.options:
        told["options"] = dict(field.options)
    if show_if:
        told["show_if"] = show_if
    return told
