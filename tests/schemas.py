"""Schemas that are ones, and an OpenAPI document, held against what is sent and answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

Json = dict[str, Any]


def is_a_schema(made: Json) -> None:
    """Raises ValidationError for what is none, or names what isn't there. This validator is the one of Schemathesis: a
    schema of this size takes `Draft202012Validator.check_schema` seconds."""
    jsonschema_rs.meta.validate(made)
    jsonschema_rs.Draft202012Validator(made)  # patterns and references


class Validators:
    """Makes validators of schemas of a document, whose references are into its components. To read these takes longer
    than all else that is done with a document, so it is done once."""

    def __init__(self, document: Callable[[], Json]) -> None:
        self._document = document

    @cached_property
    def _components(self) -> Registry[Any]:
        resource = DRAFT202012.create_resource({"components": self._document()["components"]})
        registry: Registry[Any] = Registry().with_resource("urn:document", resource).crawl()
        return registry

    def __call__(self, schema: Json) -> Draft202012Validator:
        absolute = json.dumps(schema).replace('"#/', '"urn:document#/')
        return Draft202012Validator(json.loads(absolute), registry=self._components)


def with_few_objects(value: Any, known: dict[str, Any] | None = None) -> Any:
    """A document in which bodies and answers that are equal are one object: what looks through all schemas checks each
    object once, and most answers are the same problems."""
    known = {} if known is None else known
    if isinstance(value, list):
        return [with_few_objects(each, known) for each in value]
    if not isinstance(value, dict):
        return value
    made = {name: with_few_objects(each, known) for name, each in value.items()}
    return known.setdefault(json.dumps(made), made) if "schema" in made else made


def examples(document: Json) -> Iterator[tuple[Json, Any]]:
    """The examples of bodies and answers, each with its schema."""
    for path in document["paths"].values():
        for call in (path[method] for method in ("get", "post", "put") if method in path):
            bodies = [call["requestBody"]] if "requestBody" in call else []
            for body in [*bodies, *call["responses"].values()]:
                for content in body.get("content", {}).values():
                    if "example" in content:
                        yield content["schema"], content["example"]
