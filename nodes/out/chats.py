"""What node types for chats share: a call of a bot's interface, and how it is tried again.

A token goes into a request and nowhere else. Of what a service answers, only the names of its errors are told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from wizard import __version__
from wizard.errors import Excuse, NodeFailed
from wizard.expressions.template import Template
from wizard.model import Value
from wizard.model.values import write_json
from wizard.node import FormHint, ResourceOf, TokenResource, Visit
from wizard.node.outgoing import check_url
from wizard.node.retry import SLACK
from wizard.nodes.out.exchange import Request, Sleep, exchanged, seconds_for, until_it_counts

Bot = Annotated[str, ResourceOf(TokenResource), FormHint(label="Bot", group="Message")]
TakeBack = Annotated[bool, FormHint(label="Delete it again", group="Message")]
Judge = Callable[[Mapping[str, Value]], Mapping[str, Value]]


@dataclass(frozen=True, slots=True)
class Answers:
    """Which answers are looked into: services for chats say in the body what went wrong."""

    expect: tuple[int, ...] = ()
    max_response: int | None = 100_000
    messages: Mapping[str, Template] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a service, for a visit. `judge` gives what the answer says, and raises NodeFailed, or TryAgainError
    where it may pass."""

    visit: Visit[Any]
    address: str
    headers: Mapping[str, str]
    body: Mapping[str, Value]
    answers: Answers
    judge: Judge

    async def made(self, sleep: Sleep) -> Mapping[str, Value]:
        """Raises NodeFailed."""
        headers = {"User-Agent": f"wizard/{__version__}", "Content-Type": "application/json; charset=utf-8"}
        body = write_json(dict(self.body)).encode()
        request = Request("POST", check_url(self.address), headers | dict(self.headers), body)

        async def one(own: Visit[Any]) -> Mapping[str, Value]:
            return self.judge(await exchanged(own, request, self.answers))

        return await until_it_counts(one, self.visit, seconds_for(self.visit) + SLACK, sleep)


def words_of(text: str, most: int) -> str:
    """What is said. Raises NodeFailed where it is nothing, or too much."""
    said = "".join(c for c in text.strip() if c.isprintable() or c in "\n\t\u200d")
    if not said or len(said) > most:
        what = f"`text` must have 1 to {most:,} characters. Check what it is made of."
        raise NodeFailed(what, people=Excuse.CHECK, lasting=True)
    return said
