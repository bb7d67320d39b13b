"""What a key of a configuration gives in a run, as node types read it: each reading takes one kind of value and says of
any other which key it is, what that must be and what it is.

Limits that types share are here, and so are all sentences about values that are of no use. A message never has the
value in it, which may be somebody's answer; where one could, it is `private`. People read no more than that they should
check their answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from wizard.errors import Excuse, NodeFailed
from wizard.expressions.arithmetic import is_number, kind
from wizard.expressions.expression import Expression
from wizard.expressions.template import Dynamic, Template
from wizard.forms.characters import encodable
from wizard.model import Value
from wizard.model.values import write_json
from wizard.node import Visit
from wizard.nodes.moments import day_of, moment_of

MAX_TEXT: Final = 100_000  # characters that are read, and written
MAX_ITEMS: Final = 5_000  # of a list
MAX_LINE: Final = 200  # characters of a name, a tag, a source


@dataclass(frozen=True, slots=True)
class Given:
    """What a key of the configuration gave in this run. Each reading raises NodeFailed for what isn't of its kind."""

    key: str
    value: Value
    visit: Visit[Any]

    def wrong(self, why: str, *, private: bool = False) -> NodeFailed:
        """The failure that says so; `why` goes on from "what `key` gives"."""
        told = f"What `{self.key}` gives {why}."
        return NodeFailed(told, people=Excuse.CHECK, private=private, lasting=True)

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

    def line(self, most: int = MAX_LINE) -> str:
        """A line of text, blanks around it left out."""
        line = self.value.strip() if isinstance(self.value, str) else self.text()
        if not line or not line.isprintable() or len(line) > most:
            raise self.wrong(f"must be one line of text, of 1 to {most} characters. Check what it is made of")
        return line

    def single(self, most: int = MAX_TEXT) -> str:
        """A single value as programs write it: numbers digit for digit, days and times in ISO 8601, true and false."""
        if self.value is None or isinstance(self.value, Mapping | list | tuple):
            raise self.must("a single value")
        if isinstance(self.value, str):
            return self.text(most)
        return write_json(self.value).strip('"')

    def number(self) -> Value:
        """A number, None for nothing."""
        if self.value is not None and not is_number(self.value):
            raise self.must("a number")
        return self.value

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
            raise self.wrong(f"has {len(self.value):,} items; up to {most:,} are read. Give a part of the list")
        return self.value

    def listed(self) -> list[Value]:
        """The items of a list; nothing has none."""
        return [] if self.value is None else list(self.items())

    def each(self, most: int = MAX_ITEMS) -> tuple[Given, ...]:
        """The items of a list, each under a key of its own, counted from 1."""
        return tuple(
            Given(f"{self.key}.{number}", item, self.visit) for number, item in enumerate(self.items(most), start=1)
        )

    def several(self, most: int) -> tuple[Given, ...]:
        """The same, where a single value stands for a list of it, and nothing for an empty one."""
        if isinstance(self.value, list | tuple):
            return self.each(most)
        return () if self.value is None else (self,)

    def group(self) -> Mapping[str, Value]:
        if not isinstance(self.value, Mapping):
            raise self.must("a group of values")
        return self.value

    def moment(self) -> datetime:
        """An instant, in UTC: of a day its beginning, of a time without an offset what the run's clocks show."""
        try:
            return moment_of(self.value, self.visit.zone)
        except TypeError:
            raise self.must("a date or a time") from None
        except ValueError as error:
            raise self.wrong(f"isn't a time: {error}", private=True) from error

    def day(self) -> date:
        """A day: of a moment that which the run's clocks show."""
        try:
            return day_of(self.value, self.visit.zone)
        except TypeError:
            raise self.must("a date") from None
        except ValueError as error:
            raise self.wrong(f"isn't a date: {error}", private=True) from error


def given(visit: Visit[Any], key: str) -> Given:
    """What a key gives, null where it isn't there."""
    return given_by(visit, key, getattr(visit.config, key))


def given_by(visit: Visit[Any], key: str, source: object) -> Given:
    """What an expression, a template or a plain value gives, that stands at a key of this name."""
    match source:
        case Dynamic() | Expression():
            return Given(key, source.evaluate(visit.names), visit)
        case Template():
            return Given(key, source.render(visit.names), visit)
    return Given(key, source, visit)
