"""`count_up` and `count_down` nodes: a number in the profile that grows or shrinks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from pydantic import Field

from wizard.expressions.arithmetic import ARITHMETIC, Budget, pair
from wizard.expressions.expression import Expression
from wizard.model import Outcome, Proceed, Value
from wizard.node import NodeConfig, Visit
from wizard.nodes.given import Given, given
from wizard.nodes.people.profile import FieldName, OnProfile, held, own_id

STEPS = 100  # that one sum may take


class CountConfig(NodeConfig):
    """Which number, and by how much."""

    counter: FieldName = Field(description="The profile's field that holds the number. Nothing there counts as 0.")
    by: Expression | None = Field(None, description="By how much: a number or an expression. 1 unless given.")
    limit: Expression | None = Field(
        None, description="How far it goes: the most when counting up, the least when counting down."
    )


class _Counting(OnProfile[CountConfig]):
    """Counts in one direction."""

    sign: ClassVar[str]
    example: ClassVar[Mapping[str, Any]] = {"counter": "visits"}
    Config = CountConfig

    def outputs(self, config: CountConfig) -> frozenset[str]:
        return frozenset({"value", "before"})

    def check(self, config: CountConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        return own_id(config.counter, "counter")

    async def execute(self, visit: Visit[CountConfig]) -> Outcome:
        config = visit.config
        before = held(config.counter, visit).number() or 0
        by = 1 if config.by is None else _needed(given(visit, "by"))
        budget = Budget()
        budget.left = STEPS
        value = ARITHMETIC[self.sign](budget, before, by)
        if config.limit is not None:
            value = self.within(before, value, _needed(given(visit, "limit")))
        visit.set("profile", config.counter, value)
        return Proceed({"value": value, "before": before})

    def within(self, before: Value, value: Value, limit: Value) -> Value:
        """The value, the limit instead of what lies beyond it. What was beyond it before isn't moved further off."""
        up = self.sign == "+"
        reached = _beyond(value, limit, up=up)
        if not reached:
            return value
        return before if _beyond(before, limit, up=up) else limit


class CountUpNode(_Counting):
    """Adds to a number in the profile.

    A field that isn't there yet counts as 0. `by` is 1 unless given, and may be a fraction: sums are exact. With
    `limit` the number never grows beyond that. A field that holds something else than a number fails the step.

    A run counts on from what the profile held when the run was started. Where two runs of one person count at the same
    time, the one that saves later has the last word. Going back takes the change back.

    Outputs: `value`, the number now; `before`, what it was.
    """

    type = "count_up"
    title = "Count up"
    icon = "circle-plus"
    sign = "+"


class CountDownNode(_Counting):
    """Takes from a number in the profile.

    A field that isn't there yet counts as 0. `by` is 1 unless given, and may be a fraction: sums are exact. With
    `limit` the number never falls below that: `limit: 0` keeps it from becoming negative. A field that holds
    something else than a number fails the step.

    A run counts on from what the profile held when the run was started. Where two runs of one person count at the same
    time, the one that saves later has the last word. Going back takes the change back.

    Outputs: `value`, the number now; `before`, what it was.
    """

    type = "count_down"
    title = "Count down"
    icon = "circle-minus"
    sign = "-"
    example: ClassVar[Mapping[str, Any]] = {"counter": "free_tickets", "by": 1, "limit": 0}


def _beyond(value: Value, limit: Value, *, up: bool) -> bool:
    left, right = pair(value, limit)
    return bool(left > right if up else left < right)


def _needed(amount: Given) -> Value:
    number = amount.number()
    if number is None:
        raise amount.must("a number")
    return number
