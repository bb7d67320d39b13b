"""`calculate`, `group_and_sum` and `min_max_mean`: exact numbers out of what is known (S27)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Any, ClassVar, Final, Literal

from pydantic import Field

from wizard.expressions.arithmetic import ARITHMETIC, Budget, add, checked, less, to_decimal
from wizard.expressions.expression import Expression
from wizard.model import Proceed, Value
from wizard.node import Visit
from wizard.nodes.computing import Computes, Into, IntoConfig, value
from wizard.nodes.given import Given, given
from wizard.nodes.items import STEPS, ComputesOfItems, Each, Items

MOST_GROUPS: Final = 1_000
ROUNDINGS: Final[Mapping[str, str]] = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "up": ROUND_CEILING,
    "down": ROUND_FLOOR,
}
_WIDE: Final = Context(prec=500)


class CalculateConfig(IntoConfig):
    """What is calculated, and how it is rounded."""

    expression: Expression = Field(description="What is calculated, like `order.count * order.price`.")
    places: int | None = Field(
        None, ge=0, le=20, strict=True, description="How many digits are kept after the point; all, without it."
    )
    rounding: Literal["half_up", "half_even", "up", "down"] = Field(
        "half_up",
        description="How: 0.5 up, 0.5 to the even digit (as banks do), always up, or always down.",
    )
    otherwise: Expression | None = Field(None, description="The number where something that it needs is missing.")
    into: Into = None


class CalculateNode(Computes[CalculateConfig]):
    """Calculates a number, exactly.

    Numbers with a point are decimal: 0.1 + 0.2 is 0.3. A quotient has up to 40 digits. If something that the
    calculation needs is missing (null), the result is `otherwise`, or null. What is no number is an error, and so are a
    division by zero and a number that is too large. With `places`, 2.50 keeps its nought. Up is towards larger numbers:
    -2.5 becomes -2.
    """

    type = "calculate"
    title = "Calculate"
    group = "data"
    subject = "expression"
    takes_nothing = True
    example: ClassVar[Mapping[str, Any]] = {
        "expression": "profile.points * 1.077",
        "places": 2,
        "otherwise": 0,
    }
    Config = CalculateConfig

    def compute(self, visit: Visit[CalculateConfig], subject: Given) -> Proceed:
        config, number = visit.config, subject.number()
        if number is None:
            number = given(visit, "otherwise").number()
        if number is None or config.places is None:
            return value(number)
        step = Decimal(1).scaleb(-config.places)
        exact = Decimal(checked(number)) if isinstance(number, int) else to_decimal(number)
        rounded = exact.quantize(step, ROUNDINGS[config.rounding], _WIDE)
        return value(int(rounded) if config.places == 0 else rounded)


class GroupAndSumConfig(IntoConfig):
    """By what, and what is added up."""

    items: Items
    by: Expression = Field(description="What of an item says which group it is in, like `item.country`.")
    sum: Expression | None = Field(
        None, description="The number of an item that is added up, like `item.price * item.count`; 1, without it."
    )
    into: Into = None


class GroupAndSumNode(ComputesOfItems[GroupAndSumConfig]):
    """Puts the items of a list into groups, and adds up a number of each.

    The result is a list of groups, in the order in which they came up first: `by`, what they have in common; `count`,
    how many items there are; `sum`, their numbers added up. Items for which `by` is null are a group, too. Numbers that
    are null aren't added; what is no number is an error. There can be 1,000 groups.

    Outputs: `value`, the groups; `total`, the sum of all items.
    """

    type = "group_and_sum"
    title = "Group and sum"
    gives = ("value", "total")
    example: ClassVar[Mapping[str, Any]] = {"items": "profile.orders", "by": "item.country", "sum": "item.total"}
    Config = GroupAndSumConfig

    def compute(self, visit: Visit[GroupAndSumConfig], subject: Given) -> Proceed:
        config, each, budget = visit.config, Each(visit), _budget()
        groups: dict[object, dict[str, Value]] = {}
        total: Value = 0
        for item in subject.listed():
            by, known = each.known(config.by, item)
            group = groups.setdefault(known, {"by": by, "count": 0, "sum": 0})
            if len(groups) > MOST_GROUPS:
                why = f"makes more than {MOST_GROUPS:,} groups. Group by something that more items share"
                raise Given("by", by, visit).wrong(why)
            number = 1 if config.sum is None else Given("sum", each.of(config.sum, item), visit).number()
            group["count"] += 1
            if number is not None:
                group["sum"], total = add(budget, group["sum"], number), add(budget, total, number)
        return Proceed({"value": list(groups.values()), "total": total})


class MinMaxMeanConfig(IntoConfig):
    """Of which numbers."""

    items: Items
    of: Expression | None = Field(
        None, description="The number of an item, like `item.price`; the item itself, without it."
    )
    into: Into = None


class MinMaxMeanNode(ComputesOfItems[MinMaxMeanConfig]):
    """Finds the smallest and the largest of the numbers of a list, and computes their mean.

    Numbers that are null are left out; what is no number is an error. Of no numbers, `min`, `max` and `mean` are null,
    and `sum` and `count` are 0. The mean is exact to 40 digits. `into` keeps all of them as a group.

    Outputs: `value`, a group of the others; `min`, `max`, `mean`, `sum`, `count`.
    """

    type = "min_max_mean"
    title = "Minimum, maximum, mean"
    gives = ("value", "min", "max", "mean", "sum", "count")
    example: ClassVar[Mapping[str, Any]] = {"items": "profile.orders", "of": "item.total"}
    Config = MinMaxMeanConfig

    def compute(self, visit: Visit[MinMaxMeanConfig], subject: Given) -> Proceed:
        each = Each(visit)
        numbers = (Given("of", each.of(visit.config.of, item), visit).number() for item in subject.listed())
        figures = _figures([checked(number) for number in numbers if number is not None])
        made = {"min": figures.least, "max": figures.most, "mean": figures.mean}
        made |= {"sum": figures.total, "count": figures.count}
        return Proceed({"value": made, **made})


@dataclass(frozen=True, slots=True)
class _Figures:
    least: Value
    most: Value
    mean: Value
    total: Value
    count: int


def _figures(numbers: list[Value]) -> _Figures:
    if not numbers:
        return _Figures(None, None, None, 0, 0)
    budget, least, most = _budget(), numbers[0], numbers[0]
    total: Value = 0
    for number in numbers:
        total = add(budget, total, number)
        least = number if less(budget, number, least) else least
        most = number if less(budget, most, number) else most
    return _Figures(least, most, ARITHMETIC["/"](budget, total, len(numbers)), total, len(numbers))


def _budget() -> Budget:
    budget = Budget()
    budget.left = STEPS
    return budget
