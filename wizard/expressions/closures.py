"""What compiled expressions and templates are made of: small functions, each computing one thing.

Author's text is never handed to Python to run. Two front ends read it (wizard.expressions.expression: Python's
syntax, wizard.expressions.jinja: Jinja's) and put the same closures together, so both have one set of rules,
one budget and one way to the data: `Names.read` of a dotted name.

Code without a loop costs what its length allows, and that is bounded; so steps are counted where
work repeats: each turn of a loop costs as many steps as its body has parts, and operators and
functions cost in proportion to the texts and lists that they are given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Final, Protocol

from wizard.errors import ExpressionError
from wizard.expressions.arithmetic import COMPARISON, MAX_ITEMS, NULL_COMPARISON, Budget, Operator, items_of, kind
from wizard.locale.words import language_of
from wizard.model import Chain, Value


class Names(Protocol):
    """What an expression or template is computed against."""

    @property
    def now(self) -> datetime:
        """What people's clocks show, in their zone."""

    def read(self, chain: Chain) -> Value:
        """The value of a dotted name, None where there is none. The read is recorded (S10)."""


class Scope(Budget):
    """One evaluation: the data, the steps left, and the values of loop variables by slot."""

    __slots__ = ("locals", "names")

    def __init__(self, names: Names, left: int, slots: int) -> None:
        self.left = left
        self.names = names
        self.locals: list[Value] = [None] * slots if slots else []

    @property
    def zone(self) -> tzinfo | None:
        return self.names.now.tzinfo

    @property
    def language(self) -> str:
        return language_of(self.names)


Compute = Callable[[Scope], Value]


@dataclass(frozen=True, slots=True)
class Function:
    """A function that authors can call. `call` takes the Scope before the author's values.

    `parameters` are their names, `required` how many must be given; with `variadic` there is no
    most. Where `null` isn't NO_NULL, it is the result whenever a given value is null.
    """

    name: str
    call: Callable[..., Value]
    parameters: tuple[str, ...]
    required: int
    variadic: bool
    null: Value
    summary: str

    def misfit(self, given: int, keywords: Sequence[str]) -> str | None:
        """What is wrong with a call of this many values and these keywords, None if nothing."""
        named = self.parameters[given:]
        for keyword in keywords:
            if self.variadic or keyword not in named or keywords.count(keyword) > 1:
                return f"{self.name} can't take {keyword!r} here; it is {self}"
        missing = set(self.parameters[given : self.required]) - set(keywords)
        if missing or (given > len(self.parameters) and not self.variadic):
            return f"{self.name} can't be called with {given + len(keywords)} values; it is {self}"
        return None

    def __str__(self) -> str:
        optional = (f"{name}=…" for name in self.parameters[self.required :])
        names = [*self.parameters[: self.required], *optional]
        return f"{self.name}({', '.join([*names, '…'] if self.variadic else names)})"


NO_NULL: Final = object()


class Plan:
    """What is learned of a source while it is compiled: the names it reads, and its size."""

    def __init__(self) -> None:
        self.chains: set[Chain] = set()
        self.functions: set[str] = set()
        self.slots = 0
        self.weight = 0
        self.has_markup = False  # words of a template that may be Markdown
        self._bound: list[tuple[str, int]] = []

    @property
    def names(self) -> frozenset[str]:
        return frozenset(chain[0] for chain in self.chains)

    def slot(self) -> int:
        self.slots += 1
        return self.slots - 1

    def bind(self, name: str) -> int:
        """A loop variable of this name begins; it hides what is outside."""
        slot = self.slot()
        self._bound.append((name, slot))
        return slot

    def unbind(self) -> None:
        self._bound.pop()

    def name(self, chain: Chain) -> Compute:
        """The value of a dotted name: of a loop variable's part, or one read of the data."""
        for bound, slot in reversed(self._bound):
            if bound == chain[0]:
                return attributes(local(slot), chain[1:])
        self.chains.add(chain)
        return _read_once(chain, self.slot()) if self._bound else _read(chain)


def constant(value: Value) -> Compute:
    return lambda scope: value


def _read(chain: Chain) -> Compute:
    return lambda scope: scope.names.read(chain)


def _read_once(chain: Chain, slot: int) -> Compute:
    """Inside a loop, a name is read when it is first needed: a read may cost more than a step."""

    def compute(scope: Scope) -> Value:
        known = scope.locals[slot]
        if known is None:
            known = scope.locals[slot] = (scope.names.read(chain),)
        return known[0]

    return compute


def local(slot: int) -> Compute:
    return lambda scope: scope.locals[slot]


def attributes(of: Compute, names: Sequence[str]) -> Compute:
    for name in names:
        of = _attribute(of, name)
    return of


def _attribute(of: Compute, name: str) -> Compute:
    def compute(scope: Scope) -> Value:
        value = of(scope)
        if value is None:
            return None
        if type(value) is dict or isinstance(value, Mapping):
            return value.get(name)
        raise ExpressionError(f"{kind(value).capitalize()} has no part called {name!r}.")

    return compute


def index(of: Compute, key: Compute) -> Compute:
    """An item by number (from the end where negative) or name; null where there is none."""

    def compute(scope: Scope) -> Value:
        value, at = of(scope), key(scope)
        if value is None or at is None:
            return None
        if isinstance(value, Mapping) and isinstance(at, str):
            return value.get(at)
        if isinstance(value, str | list | tuple) and isinstance(at, int) and not isinstance(at, bool):
            return value[at] if -len(value) <= at < len(value) else None
        raise ExpressionError(f"{kind(value).capitalize()} has no item for {kind(at)} in the brackets.")

    return compute


def part(of: Compute, start: Compute, stop: Compute, step: Compute) -> Compute:
    """A slice of a text or list."""

    def compute(scope: Scope) -> Value:
        value, bounds = of(scope), (start(scope), stop(scope), step(scope))
        if value is None:
            return None
        if not isinstance(value, str | list | tuple):
            raise ExpressionError(f"[:] takes a part of a text or list; this is {kind(value)}.")
        for bound in bounds:
            if bound is not None and (not isinstance(bound, int) or isinstance(bound, bool)):
                raise ExpressionError(f"[:] needs whole numbers; here is {kind(bound)}.")
        if bounds[2] == 0:
            raise ExpressionError("[:] can't step by 0.")
        result = value[slice(*bounds)]
        scope.spend(len(result) >> 6 if isinstance(result, str) else len(result))
        return result if isinstance(result, str) else list(result)

    return compute


def opposite(of: Compute) -> Compute:
    return lambda scope: not of(scope)


def every(parts: Sequence[Compute]) -> Compute:
    """`and`: the first value that doesn't hold, or the last one."""
    if len(parts) == 2:
        left, right = parts
        return lambda scope: left(scope) and right(scope)

    def compute(scope: Scope) -> Value:
        value: Value = None
        for part in parts:
            value = part(scope)
            if not value:
                break
        return value

    return compute


def either(parts: Sequence[Compute]) -> Compute:
    """`or`: the first value that holds, or the last one."""
    if len(parts) == 2:
        left, right = parts
        return lambda scope: left(scope) or right(scope)

    def compute(scope: Scope) -> Value:
        value: Value = None
        for part in parts:
            value = part(scope)
            if value:
                break
        return value

    return compute


def choose(test: Compute, yes: Compute, no: Compute) -> Compute:
    return lambda scope: yes(scope) if test(scope) else no(scope)


def binary(operate: Operator, left: Compute, right: Compute) -> Compute:
    return lambda scope: operate(scope, left(scope), right(scope))


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison; `text` is its value where it is a text literal."""

    compute: Compute
    is_null: bool = False
    text: str | None = None


def compare(first: Side, rest: Sequence[tuple[str, Side]]) -> Compute:
    """A comparison, or a chain of them as in 0 < x <= 10."""
    sides = [first, *(side for _, side in rest)]
    if len(rest) == 1:
        sign, second = rest[0]
        left, text = first.compute, second.text
        if sign == "==" and text is not None:
            return lambda scope: left(scope) == text
        return binary(_comparison(sign, first, second), left, second.compute)
    operators = [_comparison(sign, before, side) for before, (sign, side) in zip(sides, rest, strict=False)]
    others = [side.compute for side in sides[1:]]

    def compute(scope: Scope) -> Value:
        left = first.compute(scope)
        for operate, other in zip(operators, others, strict=True):
            right = other(scope)
            if not operate(scope, left, right):
                return False
            left = right
        return True

    return compute


def _comparison(sign: str, left: Side, right: Side) -> Operator:
    return (NULL_COMPARISON if left.is_null or right.is_null else COMPARISON)[sign]


def listing(items: Sequence[Compute]) -> Compute:
    return lambda scope: [item(scope) for item in items]


def mapping(names: Sequence[str], values: Sequence[Compute]) -> Compute:
    return lambda scope: {name: part(scope) for name, part in zip(names, values, strict=True)}


def call(function: Function, positional: Sequence[Compute], named: Mapping[str, Compute]) -> Compute:
    """A call with values; the caller has seen to it that `function.misfit` has nothing to say."""
    work, null = function.call, function.null

    def compute(scope: Scope) -> Value:
        values = [argument(scope) for argument in positional]
        keywords = {name: argument(scope) for name, argument in named.items()}
        for value in (*values, *keywords.values()):
            if value is None and null is not NO_NULL:
                return null
            if isinstance(value, str):
                scope.spend(len(value) >> 6)
            elif not isinstance(value, int | date) and isinstance(value, list | tuple | Mapping):
                scope.spend(len(value))
        return work(scope, *values, **keywords)

    return compute


# -- loops -------------------------------------------------------------------------------------

Collect = Callable[[Scope, list[Value]], None]


def collector(element: Compute) -> Collect:
    """The inside of a comprehension: adds one item."""

    def collect(scope: Scope, into: list[Value]) -> None:
        into.append(element(scope))
        if len(into) > MAX_ITEMS:
            raise ExpressionError(f"A computed list would have more than {MAX_ITEMS:,} items.")

    return collect


def loop(slot: int, source: Compute, conditions: Sequence[Compute], inside: Collect, weight: int) -> Collect:
    """One `for` of a comprehension; a turn costs `weight` steps."""
    test = every(conditions) if conditions else constant(True)

    def collect(scope: Scope, into: list[Value]) -> None:
        for item in items_of(source(scope)):
            scope.spend(weight)
            scope.locals[slot] = item
            if test(scope):
                inside(scope, into)

    return collect


def comprehension(loops: Collect) -> Compute:
    def compute(scope: Scope) -> Value:
        into: list[Value] = []
        loops(scope, into)
        return into

    return compute
