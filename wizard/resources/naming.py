"""Names of resources in configurations: `Annotated[str, ResourceOf(SmtpResource)]`, or `Annotated[str | None, …]` where
a node can do without one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import BaseModel
from pydantic_core import core_schema

from wizard.resources.kinds import Resource

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler

KEYWORD = "x-resource"
NAME = r"[A-Za-z][A-Za-z0-9_-]{0,63}"


def check_name(name: str) -> str:
    """The name of a resource. Raises ValueError."""
    if not re.fullmatch(NAME, name):
        raise ValueError("must be a name of at most 64 letters (a to z), digits, _ and - that begins with a letter")
    return name


@dataclass(frozen=True, slots=True)
class ResourceOf:
    """Says of a key that it names a resource of this kind: the name's form is checked, and the JSON Schema says
    `x-resource`."""

    of: type[Resource]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(
            lambda name: None if name is None else check_name(name), handler(source)
        )

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), KEYWORD: self.of.kind}


class Named(NamedTuple):
    """That a configuration names a resource: where, which one, and of what kind it has to be."""

    place: tuple[str | int, ...]
    name: str
    kind: str


def resources_in(config: object, place: tuple[str | int, ...] = ()) -> Iterator[Named]:
    """The resources that a configuration names, in itself and in what it holds."""
    if not isinstance(config, BaseModel):
        return
    for field, info in type(config).model_fields.items():
        value, here = getattr(config, field), (*place, info.alias or field)
        kind = next((each.of.kind for each in info.metadata if isinstance(each, ResourceOf)), None)
        if kind is not None and isinstance(value, str):
            yield Named(here, value, kind)
        elif isinstance(value, tuple):
            for number, part in enumerate(value):
                yield from resources_in(part, (*here, number))
        else:
            yield from resources_in(value, here)
