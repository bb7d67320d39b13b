"""What a node of a type looks like in a definition, written out, and a definition around its example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.actions.action import Action
from wizard.deployments.writing import write_text
from wizard.model.values import write_json

ID = "example"


def node(action: Action, config: Mapping[str, Any], node_id: str = ID) -> dict[str, Any]:
    """A node with this configuration, as a definition has it."""
    return {"id": node_id, "type": action.type, **config}


def as_yaml(written: Mapping[str, Any]) -> str:
    """A node as one of a definition's list."""
    return write_text([written], str(written["id"]))


def as_json(written: Mapping[str, Any]) -> str:
    """A node as JSON, a key a line."""
    lines = [f"  {write_json(key)}: {write_json(value)}" for key, value in written.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def definition(action: Action) -> dict[str, Any] | None:
    """A definition that has the action's example as its only node; None where there is no example."""
    example = action.example
    return None if example is None else {"id": ID, "nodes": [node(action, example)]}
