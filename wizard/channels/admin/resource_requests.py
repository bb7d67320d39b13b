"""What the calls on resources take: the members of each body (wizard.channels.http.members)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Required

from pydantic import Field, with_config
from typing_extensions import TypedDict

from wizard.channels.http.members import EXACT, Body, Text, about

_VALUE = "What it is {}, as the schema of its kind says. Secrets that are left out stay; null takes all of it out."
Value = Annotated[dict[str, Any], Field(max_length=100)] | None


@with_config(EXACT)
class SetResource(TypedDict, total=False):
    """A use that is left out stays as it is."""

    kind: Required[Annotated[Text, about("One of `GET /resource-kinds`.")]]
    production: Annotated[Value, about(_VALUE.format("in production"))]
    test: Annotated[Value, about(_VALUE.format("in debug runs"))]


@with_config(EXACT)
class TryResource(TypedDict, total=False):
    use: Annotated[Literal["production", "test"], about("Which value is tried; `production` unless given.")]


SET, TRY = Body(SetResource), Body(TryResource)
BODIES: tuple[Body[Any], ...] = (SET, TRY)
