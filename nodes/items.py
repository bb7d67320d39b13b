"""Lists whose items an expression sees one by one, as `item`, with a bound on the work of all of them together; and
what it means that two values are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final, TypeVar

from pydantic import Field

from wizard.errors import Excuse, NodeFailed
from wizard.expressions.arithmetic import MAX_RESULT_TEXT, to_decimal
from wizard.expressions.closures import Scope
from wizard.expressions.expression import Expression
from wizard.expressions.page import Page
from wizard.expressions.template import Dynamic
from wizard.forms.parsing import OwnNames
from wizard.model import Value
from wizard.model.copies import copied
from wizard.model.instants import order
from wizard.model.values import MAX_DEPTH
from wizard.node import NodeConfig, Visit
from wizard.nodes.computing import Computes
from wizard.nodes.given import Given

STEPS: Final = 100_000  # of all expressions of one visit together
ITEM: Final = "item"  # what the expressions of a list call its items
ITEM_NAMES: Final = frozenset({ITEM})

Items = Annotated[Expression, Field(description="The list: an expression, like `orders.body`.")]
C = TypeVar("C", bound=NodeConfig)


class ComputesOfItems(Computes[C]):
    """A type that computes, where expressions of the configuration see each item of a list as `item`."""

    group: ClassVar[str] = "data"
    subject: ClassVar[str] = "items"
    takes_nothing: ClassVar[bool] = True  # an empty list

    def own_names(self, config: C) -> frozenset[str]:
        return ITEM_NAMES


class Each:
    """Computes expressions of single items, with steps for all of them together."""

    def __init__(self, visit: Visit[Any]) -> None:
        self._visit = visit
        self._names = OwnNames(ITEM_NAMES, visit.names)
        self.left = STEPS
        self._room = MAX_RESULT_TEXT  # characters of all texts that templates make

    def of(self, source: Expression | None, item: Value) -> Value:
        """What the expression gives for the item; without one the item itself."""
        if source is None:
            return item
        self._names.values[ITEM] = item
        scope = Scope(self._names, self.left, source.slots)
        scope.spend(1 + (len(source.source) >> 3))
        value = source.within(scope)
        self.left = scope.left
        return value

    def shaped(self, source: Dynamic, item: Value) -> Value:
        """What a value with templates in it is for the item; the definition's own value where it has none."""
        self._names.values[ITEM] = item
        page = Page(self._names, 0)
        page.left, room = self.left, page.room
        page.spend(1 + (size(source.source) << 2))
        value = copied(source.source) if source.constant else source.build(page)
        self.left = page.left
        self._room -= room - page.room
        if self._room < 0:
            raise Given("shape", None, self._visit).wrong(
                f"would be texts of more than {MAX_RESULT_TEXT:,} characters in all. Make less of them"
            )
        return value

    def known(self, source: Expression | None, item: Value) -> tuple[Value, object]:
        """What the expression gives for the item, and its `identity`."""
        value = self.of(source, item)
        if source is not None:
            scope = Scope(self._names, self.left, 0)
            scope.spend(size(value))
            self.left = scope.left
        return value, identity(value)


def size(value: Value) -> int:
    """How many values there are in a value."""
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return 1 + sum(map(size, parts))


def identity(value: Value, depth: int = 0) -> object:
    """What is the same for values that `==` of the expressions holds for the same, and can be looked up."""
    if depth > MAX_DEPTH:
        raise NodeFailed(
            f"A value is nested more than {MAX_DEPTH} deep. Give less of it.", people=Excuse.CHECK, lasting=True
        )
    match value:
        case bool():
            return ("bool", value)
        case int() | float() | Decimal():
            return ("number", to_decimal(value) if isinstance(value, float) else value)
        case datetime() if value.utcoffset() is not None:
            return ("moment", order(value))
        case list() | tuple():
            return ("list", tuple(identity(part, depth + 1) for part in value))
        case Mapping():
            return ("group", frozenset((name, identity(part, depth + 1)) for name, part in value.items()))
    return (type(value), value)
