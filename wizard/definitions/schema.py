"""The one JSON Schema (2020-12) of the definition format, out of the models that the loader uses.

`schema` is what `wizard schema` prints and editors complete from: the format's own keys, and for
each node type of the registry its configuration, chosen by `type`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from functools import lru_cache
from inspect import getdoc
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, JsonSchemaWarningKind
from pydantic_core import core_schema

from wizard.definitions.format import WorkflowFormat
from wizard.forms.fields import BUILT_IN, USUAL, FieldTypes, of_context
from wizard.node import NodeType, Registry
from wizard.node.keys import NodeFormat, keys_of

SCHEMA_ID = "urn:wizard:definition:1"
_MODE: JsonSchemaMode = "validation"


class _Generator(GenerateJsonSchema):
    """Takes what it can't describe (a third party's own types) for anything at all."""

    ignored_warning_kinds: set[JsonSchemaWarningKind] = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012

    fields = BUILT_IN

    def function_wrap_schema(self, schema: core_schema.WrapValidatorFunctionSchema) -> JsonSchemaValue:
        """A field can be of any type that there is, also those that come from outside."""
        of_fields = schema["function"]["function"] is of_context
        return self.generate_inner(self.fields.one.core_schema) if of_fields else super().function_wrap_schema(schema)

    def handle_invalid_for_json_schema(self, schema: core_schema.CoreSchema, error_info: str) -> JsonSchemaValue:
        return {}


@lru_cache(maxsize=200)
def _generator(fields: FieldTypes) -> type[_Generator]:
    return type("_Generator", (_Generator,), {"fields": fields})


def schema(registry: Registry) -> dict[str, Any]:
    """The JSON Schema of a definition whose nodes are of the registry's types."""
    types = list(registry)
    adapters: dict[str, type[BaseModel]] = {f"config {node_type.type}": node_type.Config for node_type in types}
    adapters |= {f"input {name}": of.model for name, of in registry.fields.items()}
    adapters |= {"workflow": WorkflowFormat, "node": NodeFormat}
    wanted = [(name, _MODE, TypeAdapter[Any](model)) for name, model in adapters.items()]
    schemas, shared = TypeAdapter.json_schemas(wanted, schema_generator=_generator(registry.fields))
    definitions: dict[str, Any] = dict(shared.get("$defs", {}))
    made = {name: _resolved(value, definitions) for (name, _), value in schemas.items()}
    definitions |= {
        f"node.{node_type.type}": _node(node_type, made["node"], made[f"config {node_type.type}"])
        for node_type in types
    }
    definitions |= {f"input.{name}": _declaration(made[f"input {name}"]) for name in registry.fields}
    whole = made["workflow"]
    properties = whole["properties"]
    properties["nodes"]["items"] = {
        "type": "object",
        "required": ["id", "type"],
        **_by_type("node", {node_type.type: _summary(node_type) for node_type in types}, None),
    }
    properties["input"]["propertyNames"] = {"pattern": "^[A-Za-z][A-Za-z0-9_]{0,59}$"}
    properties["input"]["additionalProperties"] = {
        "type": "object",
        **_by_type("input", dict.fromkeys(registry.fields, ""), USUAL.name),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **whole,
        "title": "Workflow definition",
        "$defs": dict(sorted(definitions.items())),
    }


@lru_cache(maxsize=1000)
def known_keys(
    model: type[BaseModel], loc: tuple[str | int, ...] = (), fields: FieldTypes = BUILT_IN
) -> frozenset[str]:
    """The keys that the model knows at `loc`, a place in pydantic's terms: keys, indices, and the
    branches of unions. `fields` are the types that a field can be of."""
    if not loc and _says_its_keys(model):
        return frozenset(model.model_fields)
    root = model_schema(model, fields)
    here: list[Any] = [root]
    for part in loc:
        here = _step(root, here, part)
    return frozenset(key for branch in _branches(root, here) for key in branch.get("properties", ()))


def _says_its_keys(model: type[BaseModel]) -> bool:
    """Whether the keys of a model are the names of its fields: to make a schema takes a hundred times as long."""
    own = any("__get_pydantic_json_schema__" in vars(base) for base in model.__mro__ if base is not BaseModel)
    return not own and all(
        field.alias is None and field.validation_alias is None for field in model.model_fields.values()
    )


@lru_cache(maxsize=200)
def model_schema(model: type[BaseModel], fields: FieldTypes) -> dict[str, Any]:
    """The JSON Schema of a configuration alone. It is kept: change none of it."""
    return TypeAdapter(model).json_schema(schema_generator=_generator(fields))


def _by_type(prefix: str, types: Mapping[str, str], default: str | None) -> dict[str, Any]:
    """A choice by `type`, as if-then: editors complete from it, and validators name the one problem."""
    names = {"description": "The type.", "oneOf": [_named(name, text) for name, text in types.items()]}
    branches = []
    for name in types:
        test: dict[str, Any] = {"properties": {"type": {"const": name}}}
        if name != default:
            test["required"] = ["type"]
        branches.append({"if": test, "then": {"$ref": f"#/$defs/{prefix}.{name}"}})
    return {"properties": {"type": names}, "allOf": branches}


def _named(name: str, text: str) -> dict[str, Any]:
    return {"const": name, "description": text} if text else {"const": name}


def _summary(node_type: NodeType[Any]) -> str:
    return (getdoc(type(node_type)) or "").partition("\n")[0]


def _node(node_type: NodeType[Any], common: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    allowed = keys_of(node_type)
    properties = {key: value for key, value in common["properties"].items() if key in allowed}
    properties |= config.get("properties", {})
    properties["type"] = {"const": node_type.type}
    return {
        "type": "object",
        "description": _summary(node_type),
        "properties": properties,
        "required": ["id", "type", *config.get("required", ())],
        "additionalProperties": config.get("additionalProperties", True),
    }


def _declaration(field: Mapping[str, Any]) -> dict[str, Any]:
    """A field as `input` declares it: its name is the key."""
    properties = {key: value for key, value in field["properties"].items() if key != "name"}
    required = [key for key in field.get("required", ()) if key not in ("name", "type")]
    return {**field, "properties": properties, "required": required}


def _resolved(value: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in value:
        value = definitions[value["$ref"].rpartition("/")[2]]
    return deepcopy(dict(value))


# -- following a schema ----------------------------------------------------------------------------


def _step(root: Mapping[str, Any], here: list[Any], part: str | int) -> list[Any]:
    branches = _branches(root, here)
    steps: list[Any] = []
    for branch in branches:
        if isinstance(part, int):
            steps += [branch["items"]] if isinstance(branch.get("items"), Mapping) else []
        elif part in branch.get("properties", ()):
            steps.append(branch["properties"][part])
        elif isinstance(branch.get("additionalProperties"), Mapping):
            steps.append(branch["additionalProperties"])
    if steps:
        return steps
    tagged = [branch for branch in branches if branch.get("properties", {}).get("type", {}).get("const") == part]
    return tagged or here


def _branches(root: Mapping[str, Any], here: Iterable[Any]) -> list[Mapping[str, Any]]:
    """The schemas in `here` and all their alternatives."""
    branches: list[Mapping[str, Any]] = []
    queue = list(here)
    while queue and len(branches) < 1000:
        branch = _follow(root, queue.pop())
        branches.append(branch)
        for name in ("anyOf", "oneOf", "allOf"):
            queue += branch.get(name, ())
    return branches


def _follow(root: Mapping[str, Any], schema_: Any) -> Mapping[str, Any]:
    while isinstance(schema_, Mapping) and "$ref" in schema_:
        schema_ = root["$defs"][str(schema_["$ref"]).rpartition("/")[2]]
    return schema_ if isinstance(schema_, Mapping) else {}
