"""`random_split`: a part of the people goes one way, a part another, and each person always the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from itertools import accumulate
from typing import Annotated, Any, ClassVar

from pydantic import Field

from wizard.model import Outcome, Proceed
from wizard.node import Background, FormHint, NodeConfig, Visit
from wizard.node.types import Identifier
from wizard.nodes.flow.branching import MOST_WAYS, Way

WHOLE = 2**64


class RandomSplitConfig(NodeConfig):
    """The ways, and how large a part of the people goes each."""

    name: Identifier = Field(
        description="What the split is called: nodes with the same name and ways send a person the same way."
    )
    ways: Annotated[Mapping[Way, Annotated[int, Field(ge=0, le=1_000_000, strict=True)]], FormHint(rows=4)] = Field(
        min_length=1,
        max_length=MOST_WAYS,
        description="Names of ways out, each with its weight: a way of weight 2 gets twice as many as one of 1.",
    )


class RandomSplitNode(Background[RandomSplitConfig]):
    """Sends a part of the people each way, by chance.

    `ways: {short: 80, long: 20}` sends four of five people the short way, with `next: {short: …, long: …}`. The same
    person goes the same way in each run, as long as the name, the ways, their order and their weights stay; nothing is
    stored for that. In a run of nobody in particular, the session decides, and without one the run itself.

    Nobody goes a way of weight 0. Splits of different names are independent of each other.
    """

    type = "random_split"
    title = "Split by chance"
    group = "flow"
    icon = "branch"
    always_ports = True
    pure = True
    own_retries = True
    example: ClassVar[Mapping[str, Any]] = {"name": "short_form", "ways": {"short": 80, "long": 20}}
    Config = RandomSplitConfig

    def ports_of(self, config: RandomSplitConfig) -> tuple[str, ...]:
        return tuple(config.ways)

    def outputs(self, config: RandomSplitConfig) -> frozenset[str]:
        return frozenset({"way"})

    def check(self, config: RandomSplitConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        if not any(config.ways.values()):
            yield ("ways",), "nobody could go anywhere; give one of the ways a weight above 0"

    async def execute(self, visit: Visit[RandomSplitConfig]) -> Outcome:
        who = visit.read("profile.id") or visit.read("session.id") or visit.run
        way = way_of(visit.config.name, str(who), visit.config.ways)
        return Proceed({"way": way}, port=way)


def way_of(name: str, who: str, ways: Mapping[str, int]) -> str:
    """Which way somebody goes, each with the probability that its weight says."""
    digest = blake2b(f"{name}\0{who}".encode(errors="replace"), digest_size=8).digest()
    at = int.from_bytes(digest) * sum(ways.values()) // WHOLE
    return next(way for way, below in zip(ways, accumulate(ways.values()), strict=True) if at < below)
