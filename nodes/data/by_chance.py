"""`random_number`, `uuid` and `short_reference`: values that nobody can foresee, made once for each visit and kept with
its step; and `check_reference`, which finds slips in a reference that somebody typed.

They aren't `pure`: what they gave is recorded, so that a step which is kept never gets another one, and a debug run,
which calls no type that isn't pure, shows the same each time.
"""

from __future__ import annotations

import secrets
import uuid
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final, TypeVar

from pydantic import Field
from stdnum import luhn

from wizard.errors import Excuse, NodeFailed
from wizard.expressions.template import Template
from wizard.model import Outcome, Proceed, Value
from wizard.node import Background, NodeConfig, Visit
from wizard.nodes.computing import Into, IntoConfig, keep
from wizard.nodes.given import given

ALPHABET: Final = "23456789CDFGHJKMNPRTVWXY"  # no vowels, so no words; nothing that looks like something else
MOST_PREFIX: Final = 20
MOST_TYPED: Final = 200
MOST_DRAWN: Final = 20

C = TypeVar("C", bound=IntoConfig)


class Draws(Background[C]):
    """A node type that draws a value."""

    group = "data"
    icon = "braces"
    own_retries = True

    def outputs(self, config: C) -> frozenset[str]:
        return frozenset({"value"})

    @abstractmethod
    def draw(self, visit: Visit[C]) -> Value: ...

    async def drawn(self, visit: Visit[C]) -> Value:
        """What is drawn in the end."""
        return self.draw(visit)

    async def execute(self, visit: Visit[C]) -> Outcome:
        value = await self.drawn(visit)
        if visit.config.into is not None:
            keep(visit, visit.config.into, value)
        return Proceed({"value": value})


class RandomNumberConfig(IntoConfig):
    """Between which numbers."""

    least: int = Field(1, ge=-(10**15), le=10**15, strict=True, description="The smallest number there can be.")
    most: int = Field(100, ge=-(10**15), le=10**15, strict=True, description="The largest number there can be.")
    into: Into = None


class RandomNumberNode(Draws[RandomNumberConfig]):
    """Draws a whole number.

    Each number from `least` to `most`, both included, is as likely as any other, and nobody can foresee it. It stays
    the same when somebody goes back and on again. To send people several ways by chance, use `random_split`.
    """

    type = "random_number"
    title = "Random number"
    example: ClassVar[Mapping[str, Any]] = {"least": 1, "most": 6}
    Config = RandomNumberConfig

    def check(self, config: RandomNumberConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        if config.least > config.most:
            yield ("most",), "must not be smaller than `least`"

    def example_output(self, config: RandomNumberConfig) -> Mapping[str, Value]:
        return {"value": config.least}

    def draw(self, visit: Visit[RandomNumberConfig]) -> Value:
        config = visit.config
        return config.least + secrets.randbelow(config.most - config.least + 1)


class UuidConfig(IntoConfig):
    """Where it is kept."""

    into: Into = None


class UuidNode(Draws[UuidConfig]):
    """Makes an identifier that nothing else in the world has (a UUID of version 4).

    It is a text such as `f81d4fae-7dec-41d0-a765-00a0c91e6bf6`, and stays the same when somebody goes back and on
    again. For one that people read or type, use `short_reference`.
    """

    type = "uuid"
    title = "Unique identifier"
    example: ClassVar[Mapping[str, Any]] = {"into": "session.order_id"}
    Config = UuidConfig

    def example_output(self, config: UuidConfig) -> Mapping[str, Value]:
        return {"value": "00000000-0000-4000-8000-000000000000"}

    def draw(self, visit: Visit[UuidConfig]) -> Value:
        return str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))


class ShortReferenceConfig(IntoConfig):
    """What a reference looks like."""

    prefix: Template | None = Field(None, description="What it begins with, like `ORD`; up to 20 characters.")
    length: int = Field(
        8, ge=6, le=24, strict=True, description="How many characters it has behind that, the check digit included."
    )
    into: Into = None


class ShortReferenceNode(Draws[ShortReferenceConfig]):
    """Makes a reference that people can read out, type and recognise, such as `ORD-7KXM-94TP`.

    It has no vowels, so that it makes no words, and no characters that look like others: neither 0 and O nor 1, I and
    L, nor B, S, Z, Q and U. The last character is a check digit: a slip in one character, and most swaps of two beside
    each other, are found by `check_reference`.

    No two are the same, in all runs of this store: each is reserved for good, by its characters with the prefix. With 6
    characters there are eight million; as more and more of those are taken, a node that finds none within 20 draws
    fails. It is no secret that protects anything. It stays the same when somebody goes back and on again.
    """

    type = "short_reference"
    title = "Short reference"
    example: ClassVar[Mapping[str, Any]] = {"prefix": "ORD", "length": 8, "into": "session.reference"}
    Config = ShortReferenceConfig

    def example_output(self, config: ShortReferenceConfig) -> Mapping[str, Value]:
        return {"value": _written("", ALPHABET[0] * (config.length - 1))}

    async def drawn(self, visit: Visit[ShortReferenceConfig]) -> Value:
        for _ in range(MOST_DRAWN):
            reference = self.draw(visit)
            if await visit.claim(reference, visit.key):
                return reference
        what = f"All of {MOST_DRAWN} references that were drawn are taken. Make them longer, by `length`."
        raise NodeFailed(what, people=Excuse.BROKEN)

    def draw(self, visit: Visit[ShortReferenceConfig]) -> Value:
        config = visit.config
        prefix = given(visit, "prefix")
        start = prefix.line(MOST_PREFIX) if prefix.value and prefix.value.strip() else ""
        return _written(start, "".join(secrets.choice(ALPHABET) for _ in range(config.length - 1)))


def _written(prefix: str, drawn: str) -> str:
    """A reference in groups of four, with its check digit."""
    whole = drawn + luhn.calc_check_digit(drawn, ALPHABET)
    groups = [whole[at : at + 4] for at in range(0, len(whole), 4)]
    return "-".join(filter(None, [prefix, *groups]))


class CheckReferenceConfig(NodeConfig):
    """What was typed."""

    reference: Template = Field(description="What somebody typed, like `{{ question.reference }}`.")
    prefix: Template | None = Field(None, description="What it begins with, as in `short_reference`.")


class CheckReferenceNode(Background[CheckReferenceConfig]):
    """Finds out whether a reference that somebody typed can be one that `short_reference` made.

    Capital and small letters, blanks and dashes don't matter. It goes by `possible` if the check digit is right, and by
    `wrong` if there is a slip in it, or nothing. Whether such a reference was ever given to anybody, it doesn't know:
    look it up.

    Outputs: `value`, the reference as it is written properly, or null if it is wrong.
    """

    type = "check_reference"
    title = "Check a reference"
    group = "data"
    icon = "braces"
    ports = ("possible", "wrong")
    always_ports = True
    pure = True
    own_retries = True
    example: ClassVar[Mapping[str, Any]] = {"reference": "{{ profile.reference }}", "prefix": "ORD"}
    Config = CheckReferenceConfig

    def outputs(self, config: CheckReferenceConfig) -> frozenset[str]:
        return frozenset({"value"})

    async def execute(self, visit: Visit[CheckReferenceConfig]) -> Outcome:
        config = visit.config
        prefix = "" if config.prefix is None else config.prefix.render(visit.names).strip()
        value = recognised(config.reference.render(visit.names), prefix)
        return Proceed({"value": value}, port="wrong" if value is None else "possible")


def recognised(typed: str, prefix: str) -> str | None:
    """The reference that was typed, as it is written properly; None where it is none."""
    if len(typed) > MOST_TYPED:
        return None
    start, whole = _bare(prefix), _bare(typed)
    if not whole.startswith(start):
        return None
    drawn = whole[len(start) :]
    if not 6 <= len(drawn) <= 24 or set(drawn) - set(ALPHABET) or not luhn.is_valid(drawn, ALPHABET):
        return None
    return _written(prefix, drawn[:-1])


def _bare(text: str) -> str:
    return "".join(character for character in text.upper() if character.isalnum())
