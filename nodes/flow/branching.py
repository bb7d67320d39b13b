"""`if`, `switch` and `exists`: a look at the data decides by which way the run goes on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, WithJsonSchema

from wizard.expressions.arithmetic import Budget, same
from wizard.expressions.expression import Expression
from wizard.expressions.template import Dynamic
from wizard.model import Outcome, Proceed, Value
from wizard.node import Background, FormHint, NodeConfig, Visit
from wizard.node.declared import PORT

MOST_WAYS = 100
MOST_VALUES = 1_000  # of one case
STEPS = 100_000
OTHERWISE = "otherwise"


def _way(text: str) -> str:
    if not re.fullmatch(PORT, text):
        raise ValueError("must be a name of at most 64 letters (a to z), digits and _ that begins with a letter")
    return text


Way = Annotated[
    str, Field(strict=True), AfterValidator(_way), WithJsonSchema({"type": "string", "pattern": f"^{PORT.pattern}$"})
]


class IfConfig(NodeConfig):
    """What is asked of the data."""

    when: Expression = Field(description="What has to hold, like `order.total > 100`.")


class IfNode(Background[IfConfig]):
    """Goes one way if something holds, and another if not.

    `next: {yes: …, no: …}` says where each way leads; one that isn't named leads to the node below. What is null,
    false, 0 or empty doesn't hold, and a comparison with something that isn't there doesn't either. For more than two
    ways there are `switch` and `condition`.
    """

    type = "if"
    title = "If"
    group = "flow"
    icon = "branch"
    ports = ("yes", "no")
    always_ports = True
    pure = True
    own_retries = True
    example: ClassVar[Mapping[str, Any]] = {"when": "profile.age >= 18"}
    Config = IfConfig

    def outputs(self, config: IfConfig) -> frozenset[str]:
        return frozenset({"holds"})

    async def execute(self, visit: Visit[IfConfig]) -> Outcome:
        holds = visit.config.when.holds(visit.names)
        return Proceed({"holds": holds}, port="yes" if holds else "no")


class SwitchConfig(NodeConfig):
    """A value, and the ways for what it may be."""

    value: Expression = Field(description="What is looked at, like `order.country`.")
    cases: Annotated[Mapping[Way, Dynamic], FormHint(rows=6)] = Field(
        min_length=1,
        max_length=MOST_WAYS,
        description="Names of ways out, each with the value that leads there, or a list of such values.",
    )


class SwitchNode(Background[SwitchConfig]):
    """Goes the way that a value says.

    Each name in `cases` is a way out, in `next` as well: `cases: {near: [CH, AT], far: US}` goes with
    `next: {near: …, far: …, otherwise: …}`. The first case that has the value is taken; where none has, and where there
    is no value, it is `otherwise`.

    Texts are the same if each letter is, `Yes` isn't `yes`; the number 5 isn't the text "5". A case of `null` is taken
    where there is no value. A case has up to 1,000 values.
    """

    type = "switch"
    title = "Switch by value"
    group = "flow"
    icon = "branch"
    always_ports = True
    ports = (OTHERWISE,)
    pure = True
    own_retries = True
    example: ClassVar[Mapping[str, Any]] = {
        "value": "profile.country",
        "cases": {"near": ["CH", "AT", "DE"], "far": "US"},
    }
    Config = SwitchConfig

    def ports_of(self, config: SwitchConfig) -> tuple[str, ...]:
        return (*config.cases, OTHERWISE)

    def outputs(self, config: SwitchConfig) -> frozenset[str]:
        return frozenset({"way"})

    def check(self, config: SwitchConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        if OTHERWISE in config.cases:
            yield ("cases", OTHERWISE), f"`{OTHERWISE}` is the way where no case has the value; take another name"

    async def execute(self, visit: Visit[SwitchConfig]) -> Outcome:
        value, budget = visit.config.value.evaluate(visit.names), Budget()
        budget.left = STEPS
        for way, case in visit.config.cases.items():
            meant = case.evaluate(visit.names)
            values = meant if isinstance(meant, list | tuple) and not isinstance(value, list | tuple) else [meant]
            budget.spend(len(values))
            if any(same(budget, value, each) for each in values[:MOST_VALUES]):
                return Proceed({"way": way}, port=way)
        return Proceed({"way": OTHERWISE}, port=OTHERWISE)


class ExistsConfig(NodeConfig):
    """What is looked for."""

    value: Expression = Field(description="What is looked for, like `profile.email`.")


class ExistsNode(Background[ExistsConfig]):
    """Goes one way if something is there, and another if it is missing.

    Missing is what is null, a text without anything but spaces, and an empty list or group. The number 0 and `false`
    are there: somebody has said them.
    """

    type = "exists"
    title = "Data exists"
    group = "flow"
    icon = "branch"
    ports = ("there", "missing")
    always_ports = True
    pure = True
    own_retries = True
    example: ClassVar[Mapping[str, Any]] = {"value": "profile.email"}
    Config = ExistsConfig

    def outputs(self, config: ExistsConfig) -> frozenset[str]:
        return frozenset({"exists"})

    async def execute(self, visit: Visit[ExistsConfig]) -> Outcome:
        exists = is_there(visit.config.value.evaluate(visit.names))
        return Proceed({"exists": exists}, port="there" if exists else "missing")


def is_there(value: Value) -> bool:
    """Whether there is anything in a value."""
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and (not isinstance(value, list | tuple | Mapping | bytes) or bool(value))
