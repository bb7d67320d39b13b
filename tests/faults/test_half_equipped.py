"""Servers on one PostgreSQL of which some have the package of a channel and others don't: what is said there is
delivered by those that can, in order and once; the others neither lose nor fail it, and don't run hot over it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

from tests.patience import LONG
from tests.postgres import fresh_database
from tests.talks import asking_words
from tests.unit.channels.outside.test_inbox import Quiet
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.outside.contract import Inbound, Outbound
from wizard.channels.outside.inbox import Inbox
from wizard.channels.outside.outbox import Outbox
from wizard.engine import Engine
from wizard.engine.worker import working
from wizard.settings import Settings
from wizard.stores.postgres import PostgresStore
from wizard.testing import make_test_engine

QUESTIONS = 6
FORM = asking_words("many", QUESTIONS)


class Pigeon(Quiet):
    name = "pigeon"

    def __init__(self) -> None:
        self.sent: list[Outbound] = []
        self.flown = asyncio.Condition()

    async def send(self, message: Outbound) -> None:
        async with self.flown:
            self.sent.append(message)
            self.flown.notify_all()

    async def brings(self, count: int) -> None:
        """Waits for so many messages."""
        async with asyncio.timeout(LONG), self.flown:
            await self.flown.wait_for(lambda: len(self.sent) >= count)


@asynccontextmanager
async def a_server(url: str, *channels: Quiet) -> AsyncIterator[Engine]:
    store = PostgresStore(url, pool_size=5)
    await store.open()
    engine = await make_test_engine(FORM, store=store, settings=Settings(jobs=4), clock=lambda: datetime.now(UTC))
    for channel in channels:
        Outbox.of(engine).channels[channel.name] = channel
    async with working(engine):
        yield engine
    await engine.close()
    await store.close()


async def test_who_lacks_a_channel_leaves_its_messages_to_those_who_have_it() -> None:
    """A second machine that was set up without the package took half of what people were to read, or kept it back."""
    pigeon = Pigeon()
    with fresh_database() as url:
        async with AsyncExitStack() as house:
            await house.enter_async_context(a_server(url))
            await house.enter_async_context(a_server(url, Quiet()))  # it has another one
            async with a_server(url, pigeon) as engine:
                inbox = Inbox(engine, pigeon, Conversations(engine), "many")
                for number in range(QUESTIONS):
                    await inbox.take(Inbound("ann", f"m-{number}", "hello" if not number else f"word {number}"))
                    await pigeon.brings(number + 1)
                (run,) = await engine.store.list_runs()
                said = len(pigeon.sent)
            # Nobody has the channel now, and the others look at what is said meanwhile.
            async with a_server(url) as other:
                await Conversations(other).take_over(run.id, "olga")
                await asyncio.sleep(0.5)
                assert (await other.store.backlog(other.clock())).aside == 0
            async with a_server(url, pigeon):
                await pigeon.brings(said + 1)
    numbers = [int(one.id.partition("-")[2].partition(".")[0]) for one in pigeon.sent]
    assert numbers == sorted(set(numbers))
    assert "You’re now chatting with a person." in pigeon.sent[-1].text
