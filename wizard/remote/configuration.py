"""The configuration of a remote node: a class for each service, made of the JSON Schema that it gave.

Every key holds any value whose texts are templates, as the body of an `http` node does, so that the names in it are
checked at load and noted when they are read. Whether the values fit the schema is asked twice: at load of what the
author wrote, and of what came of it before it is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, ClassVar

from pydantic import Field, create_model

from wizard.errors import ExpressionError
from wizard.expressions.expression import Expression, Names
from wizard.expressions.template import Dynamic, dynamic
from wizard.model import Value
from wizard.node import NodeConfig
from wizard.node.form_hint import KEYWORD
from wizard.remote.description import READS
from wizard.remote.shape import Place, Schema, exact, fitted, problems_in

MOST_READS = 50
_READS: Schema = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": 200},
    "maxItems": MOST_READS,
    "default": [],
    "description": "Dotted names whose values the service gets besides, such as applicant.country.",
    KEYWORD: {"label": "Further values"},
}


class RemoteConfig(NodeConfig):
    """What a node of a remote type has beside the keys that every node has."""

    shape: ClassVar[Schema]  # of the service's own keys
    keys: ClassVar[Mapping[str, str]]  # the service's keys, by the names of the fields that hold them

    reads: tuple[Expression, ...] = Field((), max_length=MOST_READS)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema = _for_forms(deepcopy(cls.shape))
        return {**schema, "properties": {**schema["properties"], READS: deepcopy(_READS)}}

    def written(self) -> dict[str, Value]:
        """The service's keys as the author wrote them; what isn't written and has a default, with that."""
        known = {key: getattr(self, name).source for name, key in self.keys.items() if name in self.model_fields_set}
        return {**self._defaults(), **known}

    def evaluated(self, names: Names) -> dict[str, Value]:
        """The same with its expressions computed, as JSON has it. Raises ExpressionError."""
        known = {
            key: getattr(self, name).evaluate(names) for name, key in self.keys.items() if name in self.model_fields_set
        }
        made: dict[str, Value] = fitted(self.shape, {**self._defaults(), **known})
        return made

    def read(self, names: Names) -> dict[str, Value]:
        """The values that `reads` names, by name."""
        return {expression.source.strip(): exact(expression.evaluate(names)) for expression in self.reads}

    def _defaults(self) -> dict[str, Value]:
        return {
            key: deepcopy(inner["default"]) for key, inner in self.shape["properties"].items() if "default" in inner
        }

    def problems(self) -> Iterator[tuple[Place, str]]:
        """What doesn't fit the schema, as far as that can be told of what the author wrote."""
        yield from problems_in(self.shape, self.written(), is_open)
        for index, expression in enumerate(self.reads):
            if {".".join(chain) for chain in expression.chains} != {expression.source.strip()}:
                yield (READS, index), "must be a dotted name, such as applicant.country; other expressions go into keys"


def is_open(text: str) -> bool:
    """Whether a text holds something to be filled in."""
    try:
        return not dynamic(text).constant
    except ExpressionError:
        return False


def _for_forms(shape: Schema) -> Schema:
    """The schema with what a form goes by: what a key is called, and that a text that may be anything is a template."""
    made: Schema = {key: value for key, value in shape.items() if key != "title"}
    if "title" in shape:
        made[KEYWORD] = {"label": shape["title"]}
    if shape.get("type") == "string" and not {"format", "enum", "const"} & shape.keys():
        made["format"] = "template"
    if "properties" in shape:
        made["properties"] = {key: _for_forms(inner) for key, inner in shape["properties"].items()}
    if isinstance(shape.get("items"), dict):
        made["items"] = _for_forms(shape["items"])
    return made


def config_class(node_type: str, schema: Schema) -> type[RemoteConfig]:
    """The class for a service with this schema, which is plain (wizard.remote.shape.plain_schema)."""
    required = frozenset(schema.get("required", ()))
    keys = {f"key_{number}": key for number, key in enumerate(schema["properties"])}
    fields: dict[str, Any] = {
        name: (Dynamic, Field(alias=key) if key in required else Field(None, alias=key)) for name, key in keys.items()
    }
    made: type[RemoteConfig] = create_model(f"Config of {node_type}", __base__=RemoteConfig, **fields)
    made.shape, made.keys = schema, keys
    return made
