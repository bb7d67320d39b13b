"""`opening_hours` nodes: whether somebody is there now, and when next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from wizard.expressions.template import Dynamic
from wizard.model import Proceed
from wizard.model.instants import shown
from wizard.node import FormHint, NodeConfig, Visit
from wizard.nodes.computing import Computes
from wizard.nodes.given import Given
from wizard.nodes.time.hours import MOST_DAYS, Day, Hours, Week, next_open
from wizard.nodes.time.zones import Zone, zone_of


class HoursConfig(NodeConfig):
    """When it is open."""

    hours: Week = Field(description="The hours of each day of the week.")
    exceptions: Annotated[dict[Day, Hours], FormHint(label="Other hours on single days")] = Field(
        default_factory=dict,
        max_length=MOST_DAYS,
        description="Hours by day, like `2030-12-25`, instead of its usual ones.",
    )
    zone: Zone = None


class OpeningHoursConfig(HoursConfig):
    """When it is open, and what is asked."""

    at: Dynamic = Field("{{ now() }}", validate_default=True, description="A time; now unless given.")


class OpeningHoursNode(Computes[OpeningHoursConfig]):
    """Tells whether it is open at a time.

    Ways out: `open` and `closed`. Outputs: `open`, true or false; `opens`, when it opened, or opens next; `closes`,
    when it closes then. These are null where that isn't within 400 days. At its closing time it is closed.

    Hours are written like `08:30-12:00, 13:00-17:00`; `22:00-02:00` goes on past midnight, and `00:00-24:00` is all
    day. A day without any is closed. `exceptions` have the hours of single days, such as holidays, or `closed`. Times
    are those of clocks in `zone`, also when these change. Nothing (null) as the time gives null and takes the way
    `closed`.
    """

    type = "opening_hours"
    title = "Opening hours"
    group = "time"
    icon = "door"
    ports = ("open", "closed")
    always_ports = True
    gives = ("open", "opens", "closes")
    subject = "at"
    nothing = "closed"
    example: ClassVar[Mapping[str, Any]] = {
        "hours": {"monday": "08:30-12:00, 13:00-17:00", "thursday": "08:30-18:00"},
        "exceptions": {"2026-12-24": "08:30-12:00", "2026-12-31": "closed"},
        "zone": "Europe/Zurich",
    }
    Config = OpeningHoursConfig

    def compute(self, visit: Visit[OpeningHoursConfig], subject: Given) -> Proceed:
        config, zone, at = visit.config, zone_of(visit), subject.moment()
        found = next_open(config.hours, config.exceptions, at, zone)
        if found is None:
            return Proceed({"open": False, "opens": None, "closes": None}, port="closed")
        is_open = found.opens <= at
        output = {
            "open": is_open,
            "opens": shown(found.opens, zone),
            "closes": found.closes and shown(found.closes, zone),
        }
        return Proceed(output, port="open" if is_open else "closed")
