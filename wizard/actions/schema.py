"""The JSON Schema (2020-12) of one node type's configuration, and how a form reads such a schema."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from wizard.definitions.schema import model_schema
from wizard.forms.fields import FieldTypes
from wizard.node import NodeType

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Shape = Mapping[str, Any]


def config_schema(node_type: NodeType[Any], fields: FieldTypes) -> dict[str, Any]:
    """The schema of what a definition writes for a node of this type, beside the keys that every node has."""
    schema = deepcopy(dict(model_schema(node_type.Config, fields)))
    return {"$schema": DIALECT, **schema, "title": node_type.type}


def followed(schema: Shape, shape: Shape) -> dict[str, Any]:
    """A part of a schema with what it refers to; what stands beside a reference counts more."""
    seen = 0
    while isinstance(reference := shape.get("$ref"), str) and seen < 20:
        target = schema.get("$defs", {}).get(reference.rpartition("/")[2], {})
        shape = {**target, **{key: value for key, value in shape.items() if key != "$ref"}}
        seen += 1
    return dict(shape)


def branches(schema: Shape, shape: Shape) -> tuple[list[dict[str, Any]], bool]:
    """What a part of a schema may be other than null, each followed, and whether it may be null."""
    several = shape.get("anyOf") or shape.get("oneOf")
    if not isinstance(several, list):
        return [dict(shape)], shape.get("type") == "null"
    found: list[dict[str, Any]] = []
    nullable = False
    for branch in several:
        inner, null = branches(schema, followed(schema, branch))
        found += [] if branch == {"type": "null"} else inner
        nullable = nullable or null
    return found, nullable
