"""What node types share that only compute: one value or several from what the run knows, without any effect.

A type names the key that it is about, its `subject`: where that gives nothing (null), all outputs are null, as with the
functions of expressions. What a key gives is read through `Given`, which says of a wrong value which key it is, what
that must be and what it is; the engine shows people no more than that they should check their answers.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, TypeVar

from wizard.errors import Excuse, InvalidInput, NodeFailed
from wizard.expressions.arithmetic import kind
from wizard.expressions.template import Dynamic
from wizard.forms.characters import encodable
from wizard.model import Outcome, Proceed, Value
from wizard.model.values import check_value, write_json
from wizard.node import NodeConfig, Visit
from wizard.nodes.computing import Pure
from wizard.nodes.moments import day_of, moment_of

C = TypeVar("C", bound=NodeConfig)

MAX_TEXT = 100_000  # characters that are read, and written
MAX_ITEMS = 5_000  # of a list


@dataclass(frozen=True, slots=True)
class Given:
    """What a key of the configuration gave in this run. Each reading raises NodeFailed for what isn't of its kind."""

    key: str
    value: Value
    visit: Visit[Any]

    def wrong(self, why: str) -> NodeFailed:
        """The failure that says so; `why` goes on from "what `key` gives"."""
        told = f"What `{self.key}` gives {why}."
        return NodeFailed(told, people=Excuse.CHECK, private=True, lasting=True)

    def must(self, be: str) -> NodeFailed:
        is_what = "nothing (null)" if self.value is None else kind(self.value)
        return self.wrong(f"must be {be}; it is {is_what}. Correct the definition, or what it reads")

    def text(self, most: int = MAX_TEXT) -> str:
        if not isinstance(self.value, str):
            raise self.must("a text")
        if len(self.value) > most:
            raise self.wrong(f"has {len(self.value):,} characters; up to {most:,} are read")
        if not self.value.isascii() and encodable(self.value) != self.value:
            raise self.wrong("isn't valid Unicode")
        return self.value

    def single(self) -> str:
        """A single value as programs write it: numbers digit for digit, days and times in ISO 8601, true and false."""
        if self.value is None or isinstance(self.value, Mapping | list | tuple):
            raise self.must("a single value")
        if isinstance(self.value, str):
            return self.text()
        return write_json(self.value).strip('"')

    def whole(self, least: int, most: int) -> int:
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self.must("a whole number")
        if not least <= self.value <= most:
            raise self.wrong(f"must be from {least:,} to {most:,}")
        return self.value

    def items(self, most: int = MAX_ITEMS) -> Sequence[Value]:
        if not isinstance(self.value, list | tuple):
            raise self.must("a list")
        if len(self.value) > most:
            raise self.wrong(f"has {len(self.value):,} items; up to {most:,} are read")
        return self.value

    def each(self, most: int = MAX_ITEMS) -> tuple[Given, ...]:
        """The items of a list, each under a key of its own, counted from 1."""
        return tuple(
            Given(f"{self.key}.{number}", item, self.visit) for number, item in enumerate(self.items(most), start=1)
        )

    def moment(self) -> datetime:
        """An instant, in UTC: of a day its beginning, of a time without an offset what the run's clocks show."""
        try:
            return moment_of(self.value, self.visit.zone)
        except TypeError:
            raise self.must("a date or a time") from None
        except ValueError as error:
            raise self.wrong(f"isn't a time: {error}") from error

    def day(self) -> date:
        """A day: of a moment that which the run's clocks show."""
        try:
            return day_of(self.value, self.visit.zone)
        except TypeError:
            raise self.must("a date") from None
        except ValueError as error:
            raise self.wrong(f"isn't a date: {error}") from error


def given(visit: Visit[Any], key: str) -> Given:
    """What a key gives, null where it isn't there."""
    written = getattr(visit.config, key)
    return Given(key, written.evaluate(visit.names) if isinstance(written, Dynamic) else written, visit)


class Computes(Pure[C]):
    """The base of types that only compute; see the module docstring."""

    subject: ClassVar[str] = ""  # the key whose nothing gives nothing; "" where there is none
    nothing: ClassVar[str] = ""  # the way out that this takes, of types with several

    @abstractmethod
    def compute(self, visit: Visit[C], subject: Given) -> Proceed:
        """The outputs, and the way out. Raises NodeFailed for values that it can't be computed of."""

    async def execute(self, visit: Visit[C]) -> Outcome:
        subject = given(visit, self.subject) if self.subject else Given("", None, visit)
        if self.subject and subject.value is None:
            return Proceed(dict.fromkeys(self.gives), port=self.nothing or None)
        outcome = self.compute(visit, subject)
        try:
            check_value(dict(outcome.output), f"What the node {visit.node.id} gives")
        except InvalidInput as error:
            raise NodeFailed(error.message, people=Excuse.CHECK, private=True, lasting=True) from error
        return outcome


def value(made: Value) -> Proceed:
    """The one output of most of them."""
    return Proceed({"value": made})
