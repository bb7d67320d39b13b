"""`wait` nodes: the run goes on at a time, or when something happens outside.

Nobody is asked and nothing is kept busy: the run stands at the node, with a job in the queue for the time at which
it goes on. An event comes by `engine.event` or `POST /runs/{id}/events`; one that came before the run did counts, and
each is taken once (S24).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import Field

from wizard.errors import Excuse, ExpressionError, NodeFailed
from wizard.expressions.template import Dynamic, Template
from wizard.model import Arrival, Later, Outcome, Proceed, Prompt, Value
from wizard.model.instants import after
from wizard.node import Background, FormHint, NodeConfig, Visit
from wizard.node.keys import EventFormat, Events
from wizard.node.types import parse_duration
from wizard.nodes.moments import moment_of

UNTIL = "until"  # in the node's state


class WaitConfig(NodeConfig):
    """`for` is a duration such as `2d`, `until` a date or a point in time, `event` the name of what is waited for, or
    several, of which the first that comes counts. With `event` the others say how long at most; `text` is what people
    read meanwhile. Instead of its name an event can be `{name: …, when: …, goto: …}`: `when` is what has to hold of its
    `data`, `goto` where the run goes then."""

    event: Events = Field((), description="The event that is waited for, or several: the first that comes counts.")
    duration: Dynamic | None = Field(
        None, alias="for", description="How long, like `2d` or `1h 30m`; with an event: how long at most."
    )
    until: Dynamic | None = Field(None, description="A date, or a time like `2030-03-27T18:00`; instead of `for`.")
    text: Annotated[Template | None, FormHint(rows=3)] = Field(None, description="What people read meanwhile.")


class WaitNode(Background[WaitConfig]):
    """Waits for a time, or for an event.

    With `for` it is a delay, a pause of the run; `until` names the moment; `event` waits for news from outside.

    Each event is taken by one `wait`: the oldest of its names that came and that fits its `when`. One that comes when
    the time is over is too late for it, also where nobody has noticed that yet.

    Outputs: `event`, the name of the event that came, or null; `data`, what came with it; `timed_out`, true where
    the time was over before the event came.

    A date stands for its first moment, and a time without an offset is read, in the time zone of the settings; of one
    that the clocks skip, an hour later is meant, of one that they show twice, the first. A time that is over already
    isn't waited for, and one after the year 9999 fails the step; a loop that would go round without waiting does so
    once in a second, and after some rounds once in a minute. Going back is possible at any time; who comes to the
    node again with nothing changed doesn't wait anew.
    """

    type = "wait"
    title = "Wait"
    group = "flow"
    icon = "clock"
    example: ClassVar[Mapping[str, Any]] = {
        "event": "paid",
        "for": "10d",
        "text": "We go on as soon as the bank tells us.",
    }
    pure = True
    pauses = True
    Config = WaitConfig

    def events(self, config: WaitConfig) -> tuple[EventFormat, ...]:
        return config.event

    def outputs(self, config: WaitConfig) -> frozenset[str]:
        return frozenset({"event", "data", "timed_out"})

    def check(self, config: WaitConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        if config.duration is None and config.until is None and not config.event:
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
        if visit.arrival is not None:
            if not _came_too_late(visit, visit.arrival):
                return None
            visit.arrival = None
        if UNTIL not in visit.state:
            visit.state[UNTIL] = _until(visit)
        return Later(visit.state[UNTIL])

    def prompt(self, visit: Visit[WaitConfig]) -> Prompt:
        text = visit.config.text
        return Prompt(visit.step, self.type, visit.title, "" if text is None else text.prose(visit.names))

    async def execute(self, visit: Visit[WaitConfig]) -> Outcome:
        came = visit.arrival
        if came is None:
            return Proceed({"event": None, "data": None, "timed_out": bool(visit.config.event)})
        return Proceed({"event": came.name, "data": came.data, "timed_out": False})


def _came_too_late(visit: Visit[WaitConfig], came: Arrival) -> bool:
    """Whether it was waited, and the time was over when the event came, though nobody had noticed that yet (S25)."""
    until: datetime | None = visit.state.get(UNTIL)
    return until is not None and came.at >= until


def _until(visit: Visit[WaitConfig]) -> datetime | None:
    """Raises NodeFailed for what is neither a duration nor a time."""
    config = visit.config
    if config.duration is not None:
        return after(visit.now, _duration(config.duration.evaluate(visit.names)))
    if config.until is None:
        return None
    try:
        return moment_of(config.until.evaluate(visit.names), visit.zone)
    except TypeError as error:
        raise ExpressionError("What `until` gives isn't a date or time. Correct the definition.") from error
    except ValueError as error:
        what = f"Until when to wait can't be told: {error}."
        raise NodeFailed(what, people=Excuse.CHECK, private=True, lasting=True) from error


def _duration(value: Value) -> timedelta:
    try:
        return parse_duration(value)
    except ValueError as error:
        what = f"How long to wait can't be told: it {error}."
        raise NodeFailed(what, people=Excuse.CHECK, lasting=True) from error
