"""`now` and `local_time` nodes: what clocks show, here or elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, ClassVar

from pydantic import Field

from wizard.expressions.template import Dynamic
from wizard.model import Proceed, Value
from wizard.model.instants import shown
from wizard.node import NodeConfig, Visit
from wizard.nodes.computing import Computes
from wizard.nodes.given import Given
from wizard.nodes.time.zones import Zone, zone_of

CLOCK = ("value", "date", "time", "offset")


def clock(at: datetime, zone: tzinfo) -> Mapping[str, Value]:
    """What the clocks of a zone show at an instant."""
    there = shown(at, zone)
    offset = there.strftime("%z")
    return {
        "value": there,
        "date": there.date(),
        "time": there.time().replace(microsecond=0),
        "offset": f"{offset[:3]}:{offset[3:5]}",
    }


class NowConfig(NodeConfig):
    """Where."""

    zone: Zone = None


class NowNode(Computes[NowConfig]):
    """Keeps the present moment.

    Outputs: `value`, the moment; `date` and `time`, what a calendar and a clock show then; `offset`, how far that is
    from UTC, like `+02:00`. Unless `zone` says another one, the time zone is that of the settings. It stays what it
    was when the run came here: who goes back and comes again with nothing changed has the same moment.
    """

    type = "now"
    title = "Now"
    group = "time"
    icon = "clock"
    gives = CLOCK
    example: ClassVar[Mapping[str, Any]] = {"zone": "Europe/Zurich"}
    Config = NowConfig

    def compute(self, visit: Visit[NowConfig], subject: Given) -> Proceed:
        return Proceed(clock(visit.now, zone_of(visit)))


class LocalTimeConfig(NodeConfig):
    """When, and where."""

    at: Dynamic = Field(description="A time like `2030-03-27T18:00`, or a date, which stands for its beginning.")
    zone: Zone = None


class LocalTimeNode(Computes[LocalTimeConfig]):
    """Tells what clocks elsewhere show at a time.

    Outputs: `value`, the same moment with the offset there; `date`, `time` and `offset`, like `+09:00`. A time
    without an offset is one of the clocks in the settings' time zone; one that they skip is an hour later, one that
    they show twice the first. Nothing (null) gives null for each. A zone that there isn't fails the step.
    """

    type = "local_time"
    title = "Local time elsewhere"
    group = "time"
    icon = "globe"
    gives = CLOCK
    subject = "at"
    example: ClassVar[Mapping[str, Any]] = {"at": "{{ now() }}", "zone": "Asia/Tokyo"}
    Config = LocalTimeConfig

    def compute(self, visit: Visit[LocalTimeConfig], subject: Given) -> Proceed:
        return Proceed(clock(subject.moment(), zone_of(visit)))
