"""`segment` nodes: whether somebody belongs to a group of people, and a note of that in the profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from wizard.expressions.expression import Expression
from wizard.model import Outcome, Proceed
from wizard.node import FormHint, NodeConfig, Visit
from wizard.nodes.people.profile import OnProfile, names_in, set_names

SEGMENTS = "segments"


class SegmentConfig(NodeConfig):
    """Who belongs to which segment."""

    name: str = Field(pattern="^[A-Za-z][A-Za-z0-9_-]{0,63}$", description="What the segment is called.")
    when: Annotated[Expression, FormHint(label="Who belongs to it")] = Field(
        description="An expression that is true for those who belong to it, like `profile.orders >= 10`."
    )


class SegmentNode(OnProfile[SegmentConfig]):
    """Puts the person into a segment, or takes them out of it.

    A segment is a group of people, such as regular customers. `when` says who belongs to it. The names of a person's
    segments are kept in the profile's field `segments`, a list, so that other workflows can read it: `"regulars" in
    profile.segments`. Who doesn't belong any more is taken out. An expression that reads something which isn't known
    doesn't hold.

    A profile has up to 200 segments. They are looked at when a run comes to the node, and not in between. Going back
    takes the change back.

    The ways out are `in` and `out`; one that isn't named leads to the node below.

    Outputs: `member`, whether the person belongs to it; `changed`, whether that is new.
    """

    type = "segment"
    title = "Put into a segment"
    icon = "users"
    example: ClassVar[Mapping[str, Any]] = {"name": "regulars", "when": "profile.orders >= 10"}
    ports = ("in", "out")
    always_ports = True
    Config = SegmentConfig

    def outputs(self, config: SegmentConfig) -> frozenset[str]:
        return frozenset({"member", "changed"})

    async def execute(self, visit: Visit[SegmentConfig]) -> Outcome:
        name, held = visit.config.name, names_in(SEGMENTS, visit)
        member = visit.config.when.holds(visit.names)
        changed = member != (name in held)
        if changed:
            set_names(SEGMENTS, [*held, name] if member else [each for each in held if each != name], visit)
        return Proceed({"member": member, "changed": changed}, port="in" if member else "out")
