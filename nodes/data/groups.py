"""What is done with groups of values, one or a list of them: `merge`, `pick`, `reshape` and `map_values`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from wizard.errors import Excuse, NodeFailed
from wizard.expressions.expression import Expression
from wizard.expressions.template import Dynamic
from wizard.model import Proceed, Value
from wizard.model.values import MAX_DEPTH
from wizard.node import FormHint, Visit
from wizard.nodes.computing import Computes, Into, IntoConfig, value
from wizard.nodes.given import Given, given_by
from wizard.nodes.items import ComputesOfItems, Each

MOST_PARTS = 20
MOST_NAMES = 200
MOST_ROWS = 1_000  # of a table


class MergeConfig(IntoConfig):
    """What is joined."""

    parts: Annotated[tuple[Expression, ...], Field(min_length=2, max_length=MOST_PARTS)] = Field(
        description="What is joined: expressions that give groups, or lists, like `profile.address`."
    )
    deep: bool = Field(False, description="Whether groups inside of groups are joined as well, instead of replaced.")
    into: Into = None


class MergeNode(Computes[MergeConfig]):
    """Joins groups of values into one, or lists into one.

    Of groups, each name is there once; where several have it, the last one counts, null included. Of lists, all items
    are there, those of the first one first. Parts that are null are left out; where all are, the result is null. Groups
    and lists can't be joined with each other, and other values not at all.

    With `deep`, groups that have the same name are joined in the same way; lists in them are replaced.
    """

    type = "merge"
    title = "Merge"
    group = "data"
    example: ClassVar[Mapping[str, Any]] = {"parts": ["profile.address", '{"country": "CH"}'], "deep": True}
    Config = MergeConfig

    def compute(self, visit: Visit[MergeConfig], subject: Given) -> Proceed:
        parts = [given_by(visit, f"parts.{at}", part) for at, part in enumerate(visit.config.parts, start=1)]
        parts = [part for part in parts if part.value is not None]
        if not parts:
            return value(None)
        if isinstance(parts[0].value, list | tuple):
            return value(Given("parts", [item for part in parts for item in part.items()], visit).listed())
        merged: Mapping[str, Value] = {}
        for part in parts:
            group = part.group()
            merged = merge(merged, group) if visit.config.deep else {**merged, **group}
        return value(merged)


def merge(left: Mapping[str, Value], right: Mapping[str, Value], depth: int = 0) -> dict[str, Value]:
    """Both groups in one; where both have a name, two groups become one, and of other values the right one counts.
    Raises NodeFailed where they are nested deeper than what is stored."""
    if depth > MAX_DEPTH:
        message = f"`parts` give groups that are nested more than {MAX_DEPTH} deep. Join less of them."
        raise NodeFailed(message, people=Excuse.CHECK, lasting=True)
    merged = dict(left)
    for name, part in right.items():
        before = merged.get(name)
        if isinstance(before, Mapping) and isinstance(part, Mapping):
            merged[name] = merge(before, part, depth + 1)
        else:
            merged[name] = part
    return merged


class PickConfig(IntoConfig):
    """Which names are kept."""

    value: Expression = Field(description="A group of values, or a list of groups: an expression.")
    fields: Annotated[tuple[str, ...], Field(min_length=1, max_length=MOST_NAMES)] = Field(
        description="The names to keep."
    )
    leave_out: bool = Field(False, description="Whether these names are left out instead, and all others kept.")
    into: Into = None


class PickNode(Computes[PickConfig]):
    """Keeps some of the names of a group of values, or leaves some out; of a list of groups, in each of them.

    A name that isn't there is left out, too. The names are in the order in which `fields` has them. Where there is
    nothing to pick from, the result is null. Use it before data is sent to others or kept, so that it has no more than
    is needed.
    """

    type = "pick"
    title = "Pick values"
    group = "data"
    subject = "value"
    example: ClassVar[Mapping[str, Any]] = {"value": "profile.address", "fields": ["street", "town"]}
    Config = PickConfig

    def compute(self, visit: Visit[PickConfig], subject: Given) -> Proceed:
        if isinstance(subject.value, list | tuple):
            return value([self._picked(visit.config, item.group()) for item in subject.each()])
        return value(self._picked(visit.config, subject.group()))

    def _picked(self, config: PickConfig, group: Mapping[str, Value]) -> dict[str, Value]:
        if config.leave_out:
            return {name: part for name, part in group.items() if name not in config.fields}
        return {name: group[name] for name in config.fields if name in group}


class ReshapeConfig(IntoConfig):
    """What is made of each item."""

    value: Expression = Field(description="A list, or a single value: an expression.")
    shape: Annotated[Dynamic, FormHint(rows=5)] = Field(
        description="What each item becomes; its templates call the item `item`: `{name: '{{ item.first_name }}'}`."
    )
    into: Into = None


class ReshapeNode(ComputesOfItems[ReshapeConfig]):
    """Makes something else of each item of a list.

    `shape` is written as values of `set` are: a text that is exactly one `{{ expression }}` keeps the value's type, and
    what has no template in it is the same for each. It sees the item as `item`, and everything else as well. A single
    value that is no list is reshaped by itself, and nothing (null) stays nothing. A list has up to 5,000 items; a large
    `shape` takes fewer.
    """

    type = "reshape"
    title = "Reshape"
    subject = "value"
    takes_nothing = False
    example: ClassVar[Mapping[str, Any]] = {
        "value": "profile.children",
        "shape": {"name": "{{ item.first_name }} {{ item.last_name }}", "adult": "{{ item.age >= 18 }}"},
    }
    Config = ReshapeConfig

    def compute(self, visit: Visit[ReshapeConfig], subject: Given) -> Proceed:
        each, shape = Each(visit), visit.config.shape
        if isinstance(subject.value, list | tuple):
            return value([each.shaped(shape, item) for item in subject.items()])
        return value(each.shaped(shape, subject.value))


class MapValuesConfig(IntoConfig):
    """What stands for what."""

    value: Expression = Field(description="What is looked up; of a list, each item.")
    table: Annotated[Mapping[str, Dynamic], FormHint(rows=6)] = Field(
        min_length=1, max_length=MOST_ROWS, description="What each value becomes, by the value."
    )
    otherwise: Annotated[Dynamic | None, FormHint(rows=2)] = Field(
        None, description="What a value becomes that the table doesn't have; null, without it."
    )
    unchanged: bool = Field(False, description="Whether a value that the table doesn't have stays as it is.")
    into: Into = None


class MapValuesNode(Computes[MapValuesConfig]):
    """Looks values up in a table.

    `{value: order.country, table: {CH: Switzerland, AT: Austria}, otherwise: abroad}` gives the name of a country for
    its code. Of a list, each item is looked up. Whole numbers and true and false are looked up as they are written:
    `1`, `true`. Nothing (null) becomes what `otherwise` says.
    """

    type = "map_values"
    title = "Map values"
    group = "data"
    subject = "value"
    takes_nothing = True
    example: ClassVar[Mapping[str, Any]] = {
        "value": "profile.country",
        "table": {"CH": "Switzerland", "AT": "Austria"},
        "otherwise": "abroad",
    }
    Config = MapValuesConfig

    def check(self, config: MapValuesConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        if config.unchanged and config.otherwise is not None:
            yield ("otherwise",), "a value that the table doesn't have stays as it is already; remove one of them"

    def compute(self, visit: Visit[MapValuesConfig], subject: Given) -> Proceed:
        config, known = visit.config, dict[str | None, Value]()

        def mapped(item: Value) -> Value:
            name = _written(item)
            name = name if name in config.table else None
            if name is None and config.unchanged:
                return item
            if name not in known:  # what a line of the table gives is the same for each item
                line = config.otherwise if name is None else config.table[name]
                known[name] = None if line is None else line.evaluate(visit.names)
            return known[name]

        if isinstance(subject.value, list | tuple):
            return value([mapped(item) for item in subject.items()])
        return value(mapped(subject.value))


def _written(value: Value) -> str | None:
    """A value as a table names it, None for what no table has."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None
