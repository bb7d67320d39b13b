"""What node types share that only compute: one value or several from what the run knows, without any effect.

A type names the key that it is about, its `subject`: where that gives nothing (null), all outputs are null, as with the
functions of expressions, unless the type says that it `takes_nothing`. A configuration with a key `into` keeps the
first of the outputs in the internal state as well.
"""

from __future__ import annotations

import asyncio
import re
from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, Field, WithJsonSchema

from wizard.errors import Excuse, ExpressionError, InvalidInput, NodeFailed
from wizard.expressions.arithmetic import bounded
from wizard.model import Outcome, Proceed, Value
from wizard.model.values import check_value
from wizard.node import Background, FormHint, NodeConfig, Visit
from wizard.nodes.given import Given, given

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


class IntoConfig(NodeConfig):
    """What a type is configured with whose result can be kept. Each declares `into` itself, as its last key: a field
    that is inherited would be the first that its form asks."""

    if TYPE_CHECKING:
        into: Into = None


C = TypeVar("C", bound=NodeConfig)


class Pure(Background[C]):
    """A node type without effects, which always gives the same names."""

    pure: ClassVar[bool] = True
    own_retries: ClassVar[bool] = True  # it waits for nothing, and another try would compute the same
    gives: ClassVar[tuple[str, ...]] = ("value",)  # the names of its output

    def outputs(self, config: C) -> frozenset[str]:
        return frozenset(self.gives)


class Computes(Pure[C]):
    """The base of types that only compute; see the module docstring."""

    subject: ClassVar[str] = ""  # the key whose nothing gives nothing; "" where there is none
    nothing: ClassVar[str] = ""  # the way out that this takes, of types with several
    takes_nothing: ClassVar[bool] = False  # whether `compute` makes something of nothing
    takes_long: ClassVar[bool] = False  # whether `compute` may take a tenth of a second: others go on meanwhile

    @abstractmethod
    def compute(self, visit: Visit[C], subject: Given) -> Proceed:
        """The outputs, and the way out. Raises NodeFailed for values that it can't be computed of."""

    async def execute(self, visit: Visit[C]) -> Outcome:
        subject = given(visit, self.subject) if self.subject else Given("", None, visit)
        if self.subject and subject.value is None and not self.takes_nothing:
            outcome = Proceed(dict.fromkeys(self.gives), port=self.nothing or None)
        elif self.takes_long:
            outcome = await asyncio.to_thread(self.compute, visit, subject)
        else:
            outcome = self.compute(visit, subject)
        output = storable(dict(outcome.output))
        if (into := getattr(visit.config, "into", None)) is not None:
            keep(visit, into, output[self.gives[0]])
        return outcome


def value(made: Value) -> Proceed:
    """The one output of most of them."""
    return Proceed({"value": made})


def storable(output: dict[str, Value]) -> dict[str, Value]:
    """The output. Raises NodeFailed where it is too large or of a kind that isn't stored."""
    try:
        bounded(output)  # a large text may be in a list thousands of times, which takes no room until it is stored
        check_value(output, "The result")
    except (ExpressionError, InvalidInput) as error:
        told = f"{error.message} Give it less, or keep less of it."
        raise NodeFailed(told, people=Excuse.CHECK, private=True, lasting=True) from error
    return output


def keep(visit: Visit[Any], target: str, value: Value) -> None:
    document, _, name = target.partition(".")
    visit.set(document, name, value)
