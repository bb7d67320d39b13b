"""Delivering to a channel, where several processes do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.talks import TWO
from wizard.channels.conversation.attention import Attention
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.meanings import Incoming
from wizard.channels.outside.contract import Channel, Inbound, Limits, Outbound
from wizard.channels.outside.links import Link, Links, link_key
from wizard.channels.outside.outbox import MOST_FAILURES, Outbox
from wizard.engine import Engine
from wizard.engine.worker import Worker
from wizard.errors import ChannelBusy, ChannelRefused
from wizard.model.job import Claim
from wizard.settings import Settings
from wizard.testing import MovableClock, make_test_engine

LONG: dict[str, Any] = {**TWO, "text": "word " * 15}
ANN = link_key("loft", "ann")


class Loft(Channel):
    name = "loft"
    limits = Limits(text=20)

    def __init__(self, sends: Callable[[Outbound], Awaitable[None]] | None = None) -> None:
        self.sent: list[Outbound] = []
        self.sends = sends

    def verify(self, request: Any, body: bytes) -> None: ...

    def parse(self, body: bytes) -> Sequence[Inbound]:
        return []

    async def send(self, message: Outbound) -> None:
        if self.sends is not None:
            await self.sends(message)
        self.sent.append(message)


async def begun(loft: Loft, **settings: Any) -> tuple[Engine, Claim]:
    """A conversation that was begun, and the job that delivers it."""
    engine = await make_test_engine(LONG, clock=MovableClock(), settings=Settings(jobs=0, **settings))
    Outbox.of(engine).channels["loft"] = loft
    await Links(engine.store.cells).put(ANN, Link("ann", "run-1", "token"), 0)
    await Conversations(engine).begin("two", run_id="run-1", token="token", channel=ANN)
    [claim] = await engine.store.queue.claim(engine.clock(), 1, timedelta(days=9), 0)
    return engine, claim


def elsewhere(engine: Engine, loft: Loft) -> Outbox:
    """Another process's."""
    other = Outbox(engine)
    other.channels["loft"] = loft
    return other


@pytest.mark.parametrize("seconds", [30.0, 3_000.0])
async def test_two_never_send_at_once(seconds: float) -> None:
    """A person reads a message twice, or the second part before the first, where a service is slow."""
    inside = 0

    async def takes_long(message: Outbound) -> None:
        nonlocal inside
        inside += 1
        assert inside == 1, "two send at once"
        engine.clock.source.move(seconds=seconds)  # type: ignore[attr-defined]
        assert await other.deliver(claim) is not None
        inside -= 1

    loft = Loft(takes_long)
    engine, claim = await begun(loft, step_timeout=seconds)
    other = elsewhere(engine, loft)
    assert await Outbox.of(engine).deliver(claim) is None
    ids = [message.id for message in loft.sent]
    assert len(ids) == len(set(ids)) >= 4
    await engine.close()


async def test_who_has_lost_its_hold_sends_no_more() -> None:
    """A process that stood still would go on beside the one that took its place."""

    async def stands_still(message: Outbound) -> None:
        if len(first.sent) == 1:
            engine.clock.source.move(hours=1)  # type: ignore[attr-defined]
            assert await elsewhere(engine, second).deliver(claim) is None

    first, second = Loft(stands_still), Loft()
    engine, claim = await begun(first)
    assert await Outbox.of(engine).deliver(claim) is not None
    assert len(first.sent) == 2
    assert second.sent[0].id == first.sent[1].id  # the one that nobody knows to have been sent
    await engine.close()


async def test_a_part_that_was_taken_isnt_sent_again() -> None:
    """Whoever is at a busy service reads the beginning of a long text with each try."""

    async def is_busy_at_the_third(message: Outbound) -> None:
        if len(loft.sent) == 2 and not busy:
            busy.append(message.id)
            raise ChannelBusy("later", seconds=30)

    busy: list[str] = []
    loft = Loft(is_busy_at_the_third)
    engine, claim = await begun(loft)
    again = await Outbox.of(engine).deliver(claim)
    assert again == engine.clock() + timedelta(seconds=30)
    engine.clock.source.move(seconds=30)  # type: ignore[attr-defined]
    assert await Outbox.of(engine).deliver(claim) is None
    ids = [message.id for message in loft.sent]
    assert ids[2] == busy[0]
    assert len(ids) == len(set(ids))
    await engine.close()


async def test_who_is_stopped_lets_go() -> None:
    """After each deployment people would wait a minute for the next question."""

    async def never_ends(message: Outbound) -> None:
        begun_to_send.set()
        await asyncio.Event().wait()

    begun_to_send = asyncio.Event()
    engine, claim = await begun(Loft(never_ends))
    delivering = asyncio.ensure_future(Outbox.of(engine).deliver(claim))
    await begun_to_send.wait()
    delivering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await delivering
    second = Loft()
    assert await elsewhere(engine, second).deliver(claim) is None
    assert second.sent
    await engine.close()


async def test_a_pause_that_was_asked_for_holds_whoever_writes() -> None:
    """A service closes the account of who writes to it in spite of a Retry-After; but not for ever."""
    refuses: list[Exception] = [ChannelBusy("later", seconds=120), OSError()]

    async def fails(message: Outbound) -> None:
        if refuses:
            raise refuses.pop(0)

    loft = Loft(fails)
    engine, _ = await begun(loft)
    outbox, talks = Outbox.of(engine), Conversations(engine)

    async def hears(message: str, text: str) -> None:
        await outbox.resume(ANN)  # as the inbox does, whenever somebody writes
        await talks.hear("run-1", Incoming(message, text))
        await Worker(engine).perform_due()

    engine.clock.source.move(days=9)  # type: ignore[attr-defined]
    await Worker(engine).perform_due()
    await hears("1", "Ann")
    assert not loft.sent
    engine.clock.source.move(seconds=120)  # type: ignore[attr-defined]
    await Worker(engine).perform_due()
    assert not loft.sent  # the OSError: a pause of our own
    await hears("2", "27 3 1990")
    assert loft.sent[-1].text.endswith("blue") or loft.sent[-1].choices
    await engine.close()


async def test_a_service_that_is_away_for_long_is_tried_for_hours() -> None:
    """A service that asks for a second's pause while it is mended would have all its conversations parked in a
    minute; and one that is gone would be tried for ever."""

    async def is_busy(message: Outbound) -> None:
        raise ChannelBusy("later", seconds=1)

    engine, claim = await begun(Loft(is_busy))
    outbox, clock = Outbox.of(engine), engine.clock.source
    for _ in range(MOST_FAILURES * 2):
        assert await outbox.deliver(claim) == clock() + timedelta(seconds=1)
        clock.move(seconds=1)  # type: ignore[attr-defined]
    assert await Attention(engine).listed(10) == []
    clock.move(hours=9)  # type: ignore[attr-defined]
    await outbox.deliver(claim)
    assert await outbox.deliver(claim) is None
    [waiting] = await Attention(engine).listed(10)
    assert waiting.state == "undelivered"
    await engine.close()


async def test_what_is_refused_is_refused_once() -> None:
    """Whoever has blocked a bot would be written to all the same."""

    async def refuses(message: Outbound) -> None:
        tried.append(message.id)
        raise ChannelRefused("blocked")

    tried: list[str] = []
    engine, claim = await begun(Loft(refuses))
    assert await Outbox.of(engine).deliver(claim) is not None
    assert await Outbox.of(engine).deliver(claim) is None
    assert tried == ["w-1"]
    link, _ = await Links(engine.store.cells).get(ANN)
    assert link is not None
    assert (link.parked, link.holder) == ("blocked", "")
    await engine.close()


async def test_each_channel_that_refuses_is_on_the_list_of_operators() -> None:
    """Whoever writes again in one messenger would take the other one off the list, where nothing is delivered still."""

    async def refuses(message: Outbound) -> None:
        raise ChannelRefused("blocked")

    engine, _ = await begun(Loft(refuses))
    outbox, other = Outbox.of(engine), link_key("loft", "ann's other telephone")
    await Links(engine.store.cells).put(other, Link("ann's other telephone", "run-1", "token"), 0)
    await Conversations(engine).join("run-1", channel=other)
    engine.clock.source.move(days=9)  # type: ignore[attr-defined]
    await Worker(engine).perform_due()
    assert [one.channel for one in await Attention(engine).listed(10)] == ["loft", "loft"]
    await outbox.resume(other)
    assert [one.run for one in await Attention(engine).listed(10)] == ["run-1"]
    await outbox.resume(ANN)
    assert await Attention(engine).listed(10) == []
    await engine.close()


@pytest.mark.parametrize("member", ["held", "before"])
async def test_a_clock_that_was_set_back_stops_no_conversation(member: str) -> None:
    """A server's clock was a year ahead, and is put right: what it had written down would keep the conversation quiet
    for that year."""
    loft = Loft()
    engine, claim = await begun(loft)
    ahead = engine.clock() + timedelta(days=365)
    await Links(engine.store.cells).change(ANN, **{"holder": "somebody", member: ahead})
    assert await Outbox.of(engine).deliver(claim) is None
    assert loft.sent
    await engine.close()
