"""JSON Schemas of types, as components of an OpenAPI document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

Json = dict[str, Any]


class _Exact(GenerateJsonSchema):
    """No titles, which say no more than the names, and no members beside those that are listed."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def typed_dict_schema(self, schema: core_schema.TypedDictSchema) -> JsonSchemaValue:
        described = {**super().typed_dict_schema(schema), "additionalProperties": False}
        described.pop("title", None)
        return described


def schemas(adapters: Sequence[TypeAdapter[Any]]) -> Json:
    """By their names."""
    _, defined = TypeAdapter.json_schemas(
        [(number, "serialization", adapter) for number, adapter in enumerate(adapters)],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Exact,
    )
    components: Json = defined["$defs"]
    return components


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def array(items: Json) -> Json:
    return {"type": "array", "items": items}
