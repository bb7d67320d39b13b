"""A workflow whose run asks a configuration: a form for each group of its keys. Any channel can show it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from wizard.actions.action import Action
from wizard.actions.configuration_form import fields_of, literal
from wizard.model import Value

ID = "configure"


def workflow_of(action: Action, values: Mapping[str, Value], only: frozenset[str] | None = None) -> dict[str, Any]:
    """The definition, whose forms are filled in with these values; with `only`, it asks no other fields, and these in
    any case."""
    made = {each.name: each for each in action.inputs}
    fields = [field for field in fields_of(action, values) if only is None or field["name"] in only]
    if only is not None:
        fields = [{key: value for key, value in field.items() if key != "show_if"} for field in fields]
    nodes: list[dict[str, Any]] = []
    for group, asked in groupby(fields, key=lambda field: made[field["name"]].group):
        node = {"id": f"page_{len(nodes) + 1}", "type": "form", "fields": list(asked)}
        nodes.append({**node, "title": literal(group or action.title)})
    if not nodes:
        nodes.append({"id": "nothing", "type": "message", "title": "There is nothing to configure."})
    return {"id": ID, "title": action.title, "nodes": nodes}
