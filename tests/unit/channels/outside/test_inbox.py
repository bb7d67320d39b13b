"""What comes by a channel is taken once, however late it comes again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aiohttp import web

from tests.talks import TWO
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.outside.contract import Channel, Inbound, Outbound
from wizard.channels.outside.inbox import Inbox
from wizard.model import RunStatus
from wizard.stores.sqlite import SqliteStore
from wizard.testing import make_test_engine


class Quiet(Channel):
    name = "quiet"

    def verify(self, request: web.BaseRequest, body: bytes) -> None: ...

    def parse(self, body: bytes) -> Sequence[Inbound]:
        return []

    async def send(self, message: Outbound) -> None: ...


async def test_a_command_that_comes_again_when_the_run_is_over_begins_no_other_run() -> None:
    """A messenger delivers yesterday's “restart” once more: it was about the run of yesterday, and somebody who has
    finished would be asked everything again."""
    engine = await make_test_engine(TWO)
    inbox = Inbox(engine, Quiet(), Conversations(engine), "two")
    said = ("hello", "Ann", "restart", "no", "27 3 1985", "grey")
    for number, text in enumerate(said):
        await inbox.take(Inbound("ann", str(number), text))
    (run,) = await engine.store.list_runs()
    assert run.status is RunStatus.COMPLETED
    await inbox.take(Inbound("ann", str(said.index("restart")), "restart"))
    assert len(await engine.store.list_runs()) == 1
    await inbox.take(Inbound("ann", "new", "restart"))
    assert len(await engine.store.list_runs()) == 2


async def test_half_an_emoji_is_no_reason_to_refuse_a_message(tmp_path: Path) -> None:
    """A messenger cuts a text in the middle of a character. Refused, it would send it again for days, and nothing that
    was said after it would be heard."""
    store = SqliteStore(tmp_path / "runs.db")
    await store.open()
    engine = await make_test_engine(TWO, store=store)
    inbox = Inbox(engine, Quiet(), Conversations(engine), "two")
    await inbox.take(Inbound("ann", "1", "hello"))
    await inbox.take(Inbound("ann", "2", "Ann \ud83d", choice="", replies="w-1\ud83d"))
    (run,) = await store.list_runs()
    assert (await engine.load(run.id)).current.fields[0].value == "Ann ?"
    await engine.close()
    await store.close()


async def test_an_answer_that_quotes_a_question_is_one_to_that() -> None:
    """Who picks an earlier question to reply to would have their answer taken for the one that is asked now."""
    engine = await make_test_engine(TWO)
    inbox = Inbox(engine, Quiet(), Conversations(engine), "two")
    await inbox.take(Inbound("ann", "1", "hello"))
    (run,) = await engine.store.list_runs()
    name = (await engine.said(run.id))[-1]
    await inbox.take(Inbound("ann", "2", "Ann"))
    await inbox.take(Inbound("ann", "3", "Anna", replies=f"{name.id}.1"))
    told = [one.text for one in await engine.said(run.id)]
    assert "Changed – Full name: Anna" in told
