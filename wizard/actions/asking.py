"""A workflow whose run asks a configuration: a form for each group of its keys. Any channel can show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.actions.configuration_form import fields_of, literal, names_in
from wizard.actions.inputs import Asked
from wizard.model import Value

ID = "configure"


def workflow_of(action: Asked, values: Mapping[str, Value], only: frozenset[str] | None = None) -> dict[str, Any]:
    """The definition, whose forms are filled in with these values; with `only`, it asks no other fields, and these in
    any case."""
    inputs = {each.path: each for each in action.inputs}
    by_name = {each.name: each for each in action.inputs}
    pages: dict[str, list[dict[str, Any]]] = {}
    for field in fields_of(action, values):
        made = by_name[field["name"]]
        while made.within:  # what a mapping holds is asked where it is asked whether that is there
            made = inputs[made.within]
        if only is None:
            pages.setdefault(made.group, []).append(field)
        elif field["name"] in only:
            pages.setdefault(made.group, []).append({key: field[key] for key in field if key != "show_if"})
    nodes: list[dict[str, Any]] = [
        {
            "id": f"page_{number}",
            "type": "form",
            "title": literal(group or action.title),
            "fields": [_on_its_page(field, asked) for field in asked],
        }
        for number, (group, asked) in enumerate(pages.items(), 1)
    ]
    if not nodes:
        nodes.append({"id": "nothing", "type": "message", "title": "There is nothing to configure."})
    return {"id": ID, "title": action.title, "nodes": nodes}


def _on_its_page(field: dict[str, Any], asked: list[dict[str, Any]]) -> dict[str, Any]:
    """A condition that reads what another page asks would never hold: then it is asked in any case."""
    if "show_if" not in field or names_in(field["show_if"]) <= {each["name"] for each in asked}:
        return field
    return {key: value for key, value in field.items() if key != "show_if"}
