"""A node type for Wizard: how far it is from one place to another."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import ClassVar

from pydantic import Field

from wizard.node import Background, Expression, NodeConfig, NodeFailed, Outcome, Proceed, Visit

EARTH = 6371.0088  # kilometres, the mean radius (IUGG)


class DistanceConfig(NodeConfig):
    """Two places, each by latitude and longitude in degrees."""

    from_latitude: float | Expression = Field(description="Latitude of the first place, from -90 to 90.")
    from_longitude: float | Expression = Field(description="Longitude of the first place, from -180 to 180.")
    to_latitude: float | Expression = Field(description="Latitude of the second place.")
    to_longitude: float | Expression = Field(description="Longitude of the second place.")
    near: float = Field(10, gt=0, le=20_000, description="Up to how many kilometres a place counts as near.")


class DistanceNode(Background[DistanceConfig]):
    """Computes how far it is from one place to another, as the crow flies.

    Later nodes can read the kilometres as `km`. It has two ways out: `near` and `far`.
    """

    type = "wizard_distance"
    title = "Distance between places"
    group = "data"
    pure = True
    ports = ("near", "far")
    Config = DistanceConfig
    example: ClassVar = {
        "from_latitude": 46.948,
        "from_longitude": 7.4474,
        "to_latitude": 47.3769,
        "to_longitude": 8.5417,
    }

    def outputs(self, config: DistanceConfig) -> frozenset[str]:
        return frozenset({"km"})

    async def execute(self, visit: Visit[DistanceConfig]) -> Outcome:
        config = visit.config
        first = degrees(config.from_latitude, visit, 90), degrees(config.from_longitude, visit, 180)
        second = degrees(config.to_latitude, visit, 90), degrees(config.to_longitude, visit, 180)
        km = kilometres(first, second)
        return Proceed({"km": round(km, 3)}, port="near" if km <= config.near else "far")


def degrees(written: float | Expression, visit: Visit[DistanceConfig], most: float) -> float:
    """Raises NodeFailed where it is no number, or beyond the most there can be."""
    value = written.evaluate(visit.names) if isinstance(written, Expression) else written
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise NodeFailed("A latitude or longitude isn't a number.", lasting=True) from None
    if not abs(number) <= most:
        raise NodeFailed(f"A latitude or longitude isn't between -{most:g} and {most:g}.", lasting=True)
    return number


def kilometres(first: tuple[float, float], second: tuple[float, float]) -> float:
    """The length of the great circle between two places (haversine)."""
    (north, east), (north_2, east_2) = (tuple(map(radians, place)) for place in (first, second))
    half = sin((north_2 - north) / 2) ** 2 + cos(north) * cos(north_2) * sin((east_2 - east) / 2) ** 2
    return 2 * EARTH * asin(sqrt(min(half, 1.0)))
