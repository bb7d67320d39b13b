"""What all field types share in taking an answer: the parser's signature and its surroundings.

A parser takes what a person or program sent and gives the typed value, None for "nothing", or
raises Refusal. It takes its own results again unchanged, so that an accepted answer stays accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from wizard.errors import ExpressionError
from wizard.expressions.expression import Expression, Names
from wizard.locale.words import language_of
from wizard.model import Chain, StoredFile, Value

MAX_TEXT = 100_000  # characters that are looked at at all; every field's own limit is lower
MAX_SHORT = 200  # characters of a number, a date, a code

TIMELESS = "This needs a run: it reads its data or its clock."


class OwnNames:
    """A form's own fields, typed as far as they are known, in front of what its node sees."""

    __slots__ = ("_outer", "_own", "values")

    def __init__(self, own: Collection[str], outer: Names, values: Mapping[str, Value] | None = None) -> None:
        self._own = own
        self._outer = outer
        self.values: dict[str, Value] = {} if values is None else dict(values)

    @property
    def now(self) -> datetime:
        return self._outer.now

    @property
    def language(self) -> str:
        """The run's language: what is typed is read by it. Its first part is in small letters."""
        return language_of(self._outer)

    def read(self, chain: Chain) -> Value:
        """The value of a dotted name; a field that isn't answered (yet) is None even if a node has its name."""
        if chain[0] not in self._own:
            return self._outer.read(chain)
        value = self.values.get(chain[0])
        for part in chain[1:]:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value


class NoNames:
    """The surroundings at load, where there is no run: reading anything is an ExpressionError."""

    @property
    def now(self) -> datetime:
        raise ExpressionError(TIMELESS)

    def read(self, chain: Chain) -> Value:
        raise ExpressionError(TIMELESS)


@dataclass(slots=True)
class Context:
    """What a parser may need beside the answer.

    `kept` holds the files taken earlier by field name, `new_id` gives unguessable ids for new ones,
    which are put into `files` by field name; without it no new file is taken.
    """

    names: OwnNames
    kept: Mapping[str, Value]
    new_id: Callable[[], str] | None
    files: dict[str, StoredFile] = field(default_factory=dict)


Parser = Callable[[object, Context], Value]


def limit(setting: object, names: Names, kinds: tuple[type, ...], what: str) -> Value:
    """A limit that is a constant or an Expression, or None. Raises ExpressionError where the
    expression gives something that answers can't be compared with; `what` opens the message."""
    if not isinstance(setting, Expression):
        return setting
    value = setting.evaluate(names)
    if isinstance(value, datetime) and datetime not in kinds:
        value = value.date()
    if value is None or (isinstance(value, kinds) and not isinstance(value, bool)):
        return value
    raise ExpressionError(f"{what} is computed as a {type(value).__name__}, and answers can't be compared with that.")
