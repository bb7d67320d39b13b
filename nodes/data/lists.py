"""What is done with one list: `append`, `remove_from_list`, `filter`, `sort`, `deduplicate`; and with two:
`set_operations`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cmp_to_key
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from wizard.expressions.arithmetic import Budget, less
from wizard.expressions.expression import Expression
from wizard.expressions.template import Dynamic
from wizard.model import Proceed, Value
from wizard.node import FormHint, Visit
from wizard.nodes.computing import Computes, Into, IntoConfig, value
from wizard.nodes.given import MAX_ITEMS, Given, given
from wizard.nodes.items import STEPS, ComputesOfItems, Each, Items, identity


class AppendConfig(IntoConfig):
    """What is added to which list."""

    items: Items
    value: Annotated[Dynamic, FormHint(rows=2)] = Field(description="What is added.")
    at_start: bool = Field(False, description="Whether it comes first instead of last.")
    unique: bool = Field(False, description="Whether nothing is added if the list has the value already.")
    most: int | None = Field(
        None, ge=1, le=MAX_ITEMS, strict=True, description="How many are kept: those at the other end go first."
    )
    into: Into = None


class AppendNode(Computes[AppendConfig]):
    """Adds a value to a list.

    With `into`, the longer list is kept: `{items: profile.visited, value: "{{ input.page }}", into: profile.visited,
    most: 20}` remembers the last twenty pages. Where there is no list yet, one begins. A list that is added is one item
    of the list; `merge` joins two lists. A list has up to 5,000 items.
    """

    type = "append"
    title = "Add to a list"
    group = "data"
    subject = "items"
    takes_nothing = True
    example: ClassVar[Mapping[str, Any]] = {
        "items": "profile.visited",
        "value": "{{ today() }}",
        "most": 20,
        "into": "profile.visited",
    }
    Config = AppendConfig

    def compute(self, visit: Visit[AppendConfig], subject: Given) -> Proceed:
        config, items, added = visit.config, subject.listed(), given(visit, "value").value
        if config.unique and identity(added) in set(map(identity, items)):
            return value(items)
        items = [added, *items] if config.at_start else [*items, added]
        if config.most is not None:
            items = items[: config.most] if config.at_start else items[-config.most :]
        if len(items) > MAX_ITEMS:
            raise subject.wrong(f"has {MAX_ITEMS:,} items already. Say in `most` how many are kept")
        return value(items)


class RemoveConfig(IntoConfig):
    """What is taken out of which list."""

    items: Items
    value: Annotated[Dynamic | None, FormHint(rows=2)] = Field(None, description="The value to take out.")
    when: Expression | None = Field(
        None, description="Instead of `value`: what holds of the items to take out, like `item.count == 0`."
    )
    into: Into = None


class RemoveFromListNode(ComputesOfItems[RemoveConfig]):
    """Takes a value out of a list, as often as it is in there, or each item of which something holds.

    Outputs: `value`, the list without them; `removed`, how many were taken out. Where the list doesn't have the value,
    it stays as it is. The number 5 isn't the text "5".
    """

    type = "remove_from_list"
    title = "Remove from a list"
    gives = ("value", "removed")
    example: ClassVar[Mapping[str, Any]] = {
        "items": "profile.interests",
        "value": "news",
        "into": "profile.interests",
    }
    Config = RemoveConfig

    def check(self, config: RemoveConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        if (config.value is None) == (config.when is None):
            yield (), "say what is taken out: either `value` or `when`"

    def compute(self, visit: Visit[RemoveConfig], subject: Given) -> Proceed:
        config, each, items = visit.config, Each(visit), subject.listed()
        if config.when is not None:
            kept = [item for item in items if not each.of(config.when, item)]
        else:
            out = identity(given(visit, "value").value)
            kept = [item for item in items if identity(item) != out]
        return Proceed({"value": kept, "removed": len(items) - len(kept)})


class FilterConfig(IntoConfig):
    """Which items stay."""

    items: Items
    when: Expression = Field(description="What has to hold of an item, which is called `item`: `item.age >= 18`.")
    most: int | None = Field(None, ge=1, le=MAX_ITEMS, strict=True, description="How many at most; the first ones.")
    into: Into = None


class FilterNode(ComputesOfItems[FilterConfig]):
    """Keeps the items of a list of which something holds.

    The expression calls the item `item`, and sees everything else as well: `item.price <= order.budget`. The order
    stays. Where there is no list, nothing is kept. A list has up to 5,000 items.

    Outputs: `value`, the items; `count`, how many there are.
    """

    type = "filter"
    title = "Filter a list"
    gives = ("value", "count")
    example: ClassVar[Mapping[str, Any]] = {"items": "profile.children", "when": "item.age >= 6"}
    Config = FilterConfig

    def compute(self, visit: Visit[FilterConfig], subject: Given) -> Proceed:
        config, each = visit.config, Each(visit)
        kept = [item for item in subject.listed() if each.of(config.when, item)][: config.most]
        return Proceed({"value": kept, "count": len(kept)})


class SortConfig(IntoConfig):
    """By what, and in which direction."""

    items: Items
    by: Expression | None = Field(
        None, description="What of an item they are ordered by, like `item.price`; the item itself, without it."
    )
    descending: bool = Field(False, description="Whether the largest, or latest, comes first.")
    ignore_case: bool = Field(False, description="Whether `a` and `A` count as the same letter.")
    into: Into = None


class SortNode(ComputesOfItems[SortConfig]):
    """Puts the items of a list in order.

    What they are ordered by must be all numbers, all texts, all dates or all times. Items without it come last,
    whatever the direction. Items that are equal in it stay in their order, so that sorting by the name and then by the
    town gives each town with its names in order. Texts are ordered by their characters: capital letters come before
    small ones unless `ignore_case` says otherwise, and `Ä` comes after `Z`.
    """

    type = "sort"
    title = "Sort a list"
    example: ClassVar[Mapping[str, Any]] = {"items": "profile.children", "by": "item.age", "descending": True}
    Config = SortConfig

    def compute(self, visit: Visit[SortConfig], subject: Given) -> Proceed:
        config, each, budget = visit.config, Each(visit), Budget()
        budget.left = STEPS * 10
        keyed = [(each.of(config.by, item), item) for item in subject.listed()]
        if config.ignore_case:
            keyed = [(key.casefold() if isinstance(key, str) else key, item) for key, item in keyed]

        def compare(left: tuple[Value, Value], right: tuple[Value, Value]) -> int:
            budget.spend(1)
            return -1 if less(budget, left[0], right[0]) else int(less(budget, right[0], left[0]))

        there = [pair for pair in keyed if pair[0] is not None]
        if len(there) == 1:
            less(budget, there[0][0], there[0][0])  # what has no order has none alone either
        ordered = sorted(there, key=cmp_to_key(compare), reverse=config.descending)
        return value([item for _, item in ordered] + [item for key, item in keyed if key is None])


class DeduplicateConfig(IntoConfig):
    """What makes two items the same."""

    items: Items
    by: Expression | None = Field(
        None, description="What of an item makes it the same as another, like `item.email`; all of it, without it."
    )
    keep: Literal["first", "last"] = Field("first", description="Which of several is kept.")
    into: Into = None


class DeduplicateNode(ComputesOfItems[DeduplicateConfig]):
    """Keeps each item of a list once.

    The order stays. 1 and 1.0 are the same; `Ann` and `ann` aren't: write `by: lower(item.name)`. Items without what
    they are told apart by (null) are all kept.

    Outputs: `value`, the items; `removed`, how many were left out.
    """

    type = "deduplicate"
    title = "Remove duplicates"
    gives = ("value", "removed")
    example: ClassVar[Mapping[str, Any]] = {"items": "profile.contacts", "by": "lower(item.email)"}
    Config = DeduplicateConfig

    def compute(self, visit: Visit[DeduplicateConfig], subject: Given) -> Proceed:
        config, each, seen, kept = visit.config, Each(visit), set[object](), list[Value]()
        items = subject.listed()
        for item in items if config.keep == "first" else reversed(items):
            key, known = each.known(config.by, item)
            if known not in seen:
                kept.append(item)
            if key is not None:
                seen.add(known)
        if config.keep == "last":
            kept.reverse()
        return Proceed({"value": kept, "removed": len(items) - len(kept)})


class SetOperationsConfig(IntoConfig):
    """Two lists, and what is made of them."""

    left: Expression = Field(description="The first list: an expression.")
    operation: Literal["union", "intersection", "difference", "symmetric_difference"] = Field(
        description="What is kept: what is in either, in both, in the first only, or in one of them only."
    )
    right: Expression = Field(description="The second list: an expression.")
    into: Into = None


class SetOperationsNode(Computes[SetOperationsConfig]):
    """Compares two lists: what is in either of them, in both, or in one only.

    Each item is in the result once, those of the first list first, in their order. Where there is no list, it counts as
    an empty one.

    Outputs: `value`, the items; `count`, how many there are.
    """

    type = "set_operations"
    title = "Compare two lists"
    group = "data"
    gives = ("value", "count")
    example: ClassVar[Mapping[str, Any]] = {
        "left": "profile.interests",
        "operation": "intersection",
        "right": '["news", "sport"]',
    }
    Config = SetOperationsConfig

    def compute(self, visit: Visit[SetOperationsConfig], subject: Given) -> Proceed:
        left, right = (_by_identity(given(visit, key).listed()) for key in ("left", "right"))
        kept = list(_kept(visit.config.operation, left, right).values())
        return Proceed({"value": kept, "count": len(kept)})


def _by_identity(items: list[Value]) -> dict[object, Value]:
    known: dict[object, Value] = {}
    for item in items:
        known.setdefault(identity(item), item)
    return known


def _kept(operation: str, left: dict[object, Value], right: dict[object, Value]) -> dict[object, Value]:
    only_left = {key: item for key, item in left.items() if key not in right}
    only_right = {key: item for key, item in right.items() if key not in left}
    match operation:
        case "union":
            return {**left, **only_right}
        case "intersection":
            return {key: item for key, item in left.items() if key in right}
        case "difference":
            return only_left
    return {**only_left, **only_right}
