"""What node types that only compute share: one result that can be kept in the internal state as well, lists whose items
an expression sees one by one, and sentences about values that are of no use.

A wrong value is a NodeFailed whose message names the key, and never the value: it may be somebody's answer.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, TypeVar

from pydantic import AfterValidator, Field, WithJsonSchema

from wizard.errors import Excuse, ExpressionError, InvalidInput, NodeFailed
from wizard.expressions.arithmetic import MAX_RESULT_TEXT, bounded, is_number, kind, to_decimal
from wizard.expressions.closures import Scope
from wizard.expressions.expression import Expression
from wizard.expressions.page import Page
from wizard.expressions.template import Dynamic
from wizard.forms.parsing import OwnNames
from wizard.model import Outcome, Proceed, Value
from wizard.model.copies import copied
from wizard.model.decimals import written
from wizard.model.instants import order
from wizard.model.values import MAX_DEPTH, check_value
from wizard.node import Background, FormHint, NodeConfig, Visit

MOST_ITEMS: Final = 5_000  # of a list that is gone through
STEPS: Final = 100_000  # of all expressions of one visit together
ITEM: Final = "item"  # what the expressions of a list call its items
ITEM_NAMES: Final = frozenset({ITEM})

_TARGET = r"(profile|session|event)\.[A-Za-z_][A-Za-z0-9_]{0,99}"


def _target(text: str) -> str:
    if not re.fullmatch(_TARGET, text):
        raise ValueError("must be profile.NAME, session.NAME or event.NAME, where NAME has letters, digits and _")
    if text in ("profile.id", "session.id"):
        raise ValueError("can't be an id, which never changes; take another name")
    return text


Target = Annotated[
    str,
    Field(strict=True),
    AfterValidator(_target),
    WithJsonSchema({"type": "string", "pattern": f"^{_TARGET}$", "examples": ["profile.orders"]}),
]
Into = Annotated[
    Target | None,
    FormHint(label="Keep it in"),
    Field(description="Where the result is kept as well: `profile.NAME`, `session.NAME` or `event.NAME`."),
]
Items = Annotated[Expression, Field(description="The list: an expression, like `orders.body`.")]


class IntoConfig(NodeConfig):
    """What every type that computes one result is configured with. Each declares `into` itself, as its last key: a
    field that is inherited would be the first that its form asks."""

    if TYPE_CHECKING:
        into: Into = None


C = TypeVar("C", bound=IntoConfig)


P = TypeVar("P", bound=NodeConfig)


class Pure(Background[P]):
    """A node type without effects, which always gives the same names."""

    pure: ClassVar[bool] = True
    own_retries: ClassVar[bool] = True  # it waits for nothing, and another try would compute the same
    gives: ClassVar[tuple[str, ...]] = ("value",)  # the names of its output

    def outputs(self, config: P) -> frozenset[str]:
        return frozenset(self.gives)


class Computes(Pure[C]):
    """The same with one result: `compute` gives the output, of which `into` keeps the first."""

    group: ClassVar[str] = "data"

    @abstractmethod
    def compute(self, visit: Visit[C]) -> Mapping[str, Value]:
        """The output. Raises NodeFailed for values that it can't be made of."""

    async def execute(self, visit: Visit[C]) -> Outcome:
        output = storable(dict(self.compute(visit)))
        if visit.config.into is not None:
            keep(visit, visit.config.into, output[self.gives[0]])
        return Proceed(output)


class ComputesOfItems(Computes[C]):
    """The same, where expressions of the configuration see each item of a list as `item`."""

    def own_names(self, config: C) -> frozenset[str]:
        return ITEM_NAMES


def storable(output: dict[str, Value]) -> dict[str, Value]:
    """The output. Raises NodeFailed where it is too large or of a kind that isn't stored."""
    try:
        bounded(
            output
        )  # the same large text may be in a list thousands of times, which takes no room until it is stored
        check_value(output, "The result")
    except (ExpressionError, InvalidInput) as error:
        message = f"{error.message} Give it less, or keep less of it."
        raise NodeFailed(message, people=Excuse.CHECK, lasting=True) from error
    return output


def keep(visit: Visit[Any], target: str, value: Value) -> None:
    document, _, name = target.partition(".")
    visit.set(document, name, value)


# -- what keys give ----------------------------------------------------------------------------------


def refused(key: str, why: str) -> NodeFailed:
    """The failure of a node because of what one of its keys gives; `why` goes on after the key's name."""
    return NodeFailed(f"`{key}` {why}.", people=Excuse.CHECK, lasting=True)


def unfit(key: str, needs: str, value: Value) -> NodeFailed:
    given = "nothing" if value is None else kind(value)
    return refused(key, f"must give {needs}, and gives {given}. Correct it, or what it reads")


def list_of(visit: Visit[Any], key: str, source: Expression | Dynamic) -> list[Value]:
    """The list that a key gives; nothing is an empty one."""
    return as_list(key, source.evaluate(visit.names))


def as_list(key: str, value: Value) -> list[Value]:
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise unfit(key, "a list", value)
    if len(value) > MOST_ITEMS:
        raise refused(key, f"gives {len(value):,} items, and there can be {MOST_ITEMS:,}. Give it a part of the list")
    return list(value)


def text_of(visit: Visit[Any], key: str, source: Expression | Dynamic, most: int) -> str | None:
    """The text that a key gives, of up to `most` characters; None for nothing."""
    value = source.evaluate(visit.names)
    if value is None:
        return None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        value = written(value) if isinstance(value, Decimal) else str(value)
    if not isinstance(value, str):
        raise unfit(key, "a text", value)
    if len(value) > most:
        raise refused(key, f"gives a text of {len(value):,} characters, and there can be {most:,}. Shorten it")
    return value


def number_of(key: str, value: Value) -> Value:
    """The number, None for nothing."""
    if value is not None and not is_number(value):
        raise unfit(key, "a number", value)
    return value


class Each:
    """Computes expressions of single items, with steps for all of them together."""

    def __init__(self, visit: Visit[Any]) -> None:
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
            raise refused("shape", f"makes texts of more than {MAX_RESULT_TEXT:,} characters in all. Make less of them")
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
