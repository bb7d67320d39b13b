"""What the calls on resources answer; see wizard.channels.admin.responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import pydantic
from typing_extensions import TypedDict

from wizard.channels.http.members import about

_SHOWN = "What it is {}; null where that isn't set. A secret is told as `is_set`, and never shown."


class ResourceLine(TypedDict):
    """A resource, without what is in it."""

    name: str
    kind: str
    revision: Annotated[int, pydantic.Field(ge=1), about("Counts how often it was saved.")]
    saved_at: datetime
    saved_by: str
    uses: Annotated[Sequence[str], about("For which of `production` and `test` it has a value.")]


class Resource(ResourceLine):
    """A resource."""

    production: Annotated[Mapping[str, Any] | None, about(_SHOWN.format("in production"))]
    test: Annotated[Mapping[str, Any] | None, about(_SHOWN.format("in debug runs"))]


class Tried(TypedDict):
    """What came of trying a resource out."""

    works: Annotated[bool, about("Whether it could be connected to and signed in at.")]
    told: Annotated[str, about("What happened, without anything secret.")]


class ResourceKind(TypedDict):
    """A kind of resource."""

    kind: str
    title: str
    summary: str
    schema: Annotated[Mapping[str, Any], about("The JSON Schema (2020-12) of what such a resource holds.")]
    form: Annotated[Mapping[str, Any], about("The form that asks it; secrets are fields of the type `password`.")]
    example: Mapping[str, Any]


RESPONSES: tuple[Any, ...] = (ResourceLine, Resource, Tried, ResourceKind)
