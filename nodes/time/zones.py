"""The key `zone` of node types: a time zone, constant or computed."""

from __future__ import annotations

from datetime import tzinfo
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, Field

from wizard.expressions.template import Dynamic
from wizard.node import Visit
from wizard.nodes.given import given
from wizard.nodes.moments import zone_called


def _checked(zone: Dynamic | None) -> Dynamic | None:
    if zone is not None and zone.constant and zone.source is not None:
        if not isinstance(zone.source, str):
            raise ValueError("a time zone is a text, like Europe/Zurich")
        zone_called(zone.source)
    return zone


Zone: TypeAlias = Annotated[
    Dynamic | None,
    AfterValidator(_checked),
    Field(description="A time zone like Europe/Zurich; that of the settings unless given."),
]


def zone_of(visit: Visit[Any]) -> tzinfo:
    """The zone that the key gives, or else the run's. Raises NodeFailed."""
    said = given(visit, "zone")
    if said.value is None:
        return visit.zone
    try:
        return zone_called(said.text(100))
    except ValueError as error:
        raise said.wrong("isn't the name of a time zone, like Europe/Zurich") from error
