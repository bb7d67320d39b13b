"""`wait` nodes: the run goes on at a time, or when something happens outside.

Nobody is asked and nothing is kept busy: the run stands at the node, with a job in the queue for the time at which
it goes on. An event comes by `engine.event` or `POST /runs/{id}/events`; one that came before the run did counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import Field

from wizard.errors import ExpressionError, NodeFailed
from wizard.format import Identifier, parse_duration
from wizard.model import Later, Outcome, Proceed, Prompt, Value
from wizard.node import Background, NodeConfig, Visit
from wizard.templates import Dynamic, Template

COUNT, TAKEN = "_count", "_taken"  # after an event's name: how often it arrived, and up to which a wait has gone on
UNTIL = "until"  # in the node's state


class WaitConfig(NodeConfig):
    """`for` is a duration such as `2d`, `until` a date or a point in time, `event` the name of what is waited
    for. With `event` the others say how long at most; `text` is what people read meanwhile."""

    duration: Annotated[Dynamic | None, Field(alias="for")] = None
    until: Dynamic | None = None
    event: Identifier | None = None
    text: Template | None = None


class WaitNode(Background[WaitConfig]):
    """Waits for a time, or for an event.

    Outputs: `event`, the name of the event that came, or null; `data`, what came with it; `timed_out`, true where
    the time was over before the event came.

    A date stands for its first moment, in the time zone of the settings. A time that is over already isn't waited
    for; a loop that would go round without waiting does so once in a second, and after some rounds once in a minute.
    Going back is possible at any time; who comes to the node again with nothing changed doesn't wait anew.
    """

    type = "wait"
    pure = True
    pauses = True
    Config = WaitConfig

    def outputs(self, config: WaitConfig) -> frozenset[str]:
        return frozenset({"event", "data", "timed_out"})

    def check(self, config: WaitConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        if config.duration is None and config.until is None and config.event is None:
            yield (), "say what is waited for: `for: 2d`, `until: …` or `event: NAME`"
        if config.duration is not None and config.until is not None:
            yield ("until",), "there is `for` already; say one of them"
        if config.duration is not None and config.duration.constant:
            try:
                parse_duration(config.duration.source)
            except ValueError as error:
                yield ("for",), str(error)

    def waits(self, config: WaitConfig) -> bool:
        if config.duration is None or not config.duration.constant:
            return True
        with suppress(ValueError):  # `check` complains of it
            return bool(parse_duration(config.duration.source))
        return True

    def later(self, visit: Visit[WaitConfig]) -> Later | None:
        if _arrived(visit):
            return Later(ready=True)
        if UNTIL not in visit.state:
            visit.state[UNTIL] = _until(visit)
        return Later(visit.state[UNTIL])

    def prompt(self, visit: Visit[WaitConfig]) -> Prompt:
        text = visit.config.text
        return Prompt(visit.step, self.type, visit.title, "" if text is None else text.render(visit.names))

    async def execute(self, visit: Visit[WaitConfig]) -> Outcome:
        event = visit.config.event
        if event is None or not _arrived(visit):
            return Proceed({"event": None, "data": None, "timed_out": event is not None})
        visit.set("event", event + TAKEN, visit.read(f"event.{event}{COUNT}"))
        return Proceed({"event": event, "data": visit.read(f"event.{event}"), "timed_out": False})


def _arrived(visit: Visit[WaitConfig]) -> bool:
    """Whether the event came since a wait for it went on last."""
    event = visit.config.event
    if event is None:
        return False
    count, taken = visit.read(f"event.{event}{COUNT}"), visit.read(f"event.{event}{TAKEN}")
    return isinstance(count, int) and count > (taken if isinstance(taken, int) else 0)


def _until(visit: Visit[WaitConfig]) -> datetime | None:
    """Raises NodeFailed for what is neither a duration nor a time."""
    config = visit.config
    if config.duration is not None:
        return visit.now + _duration(config.duration.evaluate(visit.names))
    if config.until is not None:
        return _moment(config.until.evaluate(visit.names), visit.now)
    return None


def _duration(value: Value) -> timedelta:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise NodeFailed(f"How long to wait can't be told: it {error}.", lasting=True) from error


def _moment(value: Any, now: datetime) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise NodeFailed("Until when to wait can't be told: it must be a date or a time.", lasting=True) from error
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=now.tzinfo)
    if isinstance(value, date):
        return datetime.combine(value, time(), now.tzinfo)
    raise ExpressionError("What `until` gives is no date or time. Mend the definition.")
