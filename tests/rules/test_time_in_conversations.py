"""What time does in a conversation while somebody talks there: it says one thing, and never in between."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from tests.chatting import Chat
from tests.stores import Open, clocked  # noqa: F401 - a fixture
from wizard.channels.conversation.meanings import Incoming
from wizard.engine.worker import Worker
from wizard.model import RunStatus
from wizard.testing import MovableClock, make_test_engine

ASKED = {"id": "name", "type": "form", "fields": [{"name": "name", "label": "Your name"}]}
LATE = {"id": "late", "type": "form", "fields": [{"name": "late", "label": "What kept you?"}]}
REMINDS = {"after": "5m", "every": "5m", "text": "Are you still there?"}


def asking(**timed: Any) -> dict[str, Any]:
    """A question with what time does to it, and one more."""
    return {
        "id": "main",
        "agent": True,
        "nodes": [{**ASKED, **timed}, LATE, {"id": "done", "type": "end", "title": "Bye"}],
    }


async def test_nobody_is_reminded_while_an_operator_writes_to_them() -> None:
    """“Are you still there?”, in the middle of what somebody else writes, is rude, and the question behind it isn't
    asked then."""
    chat = await Chat.of(asking(remind_after=REMINDS))
    await chat.talks.take_over(chat.id, "olga")
    await chat.waits(minutes=5)
    assert chat.texts == []
    await chat.talks.release(chat.id, "olga")
    await chat.waits(minutes=5)
    assert chat.texts == ["Are you still there?", "Your name"]


async def test_a_page_whose_time_is_over_was_answered_by_nobody() -> None:
    """It was told that it wasn't answered in time, and that it was answered elsewhere."""
    chat = await Chat.of(asking(remind_after={"after": "5m", "goto": "late"}))
    await chat.waits(minutes=5)
    assert chat.texts == ["This wasn't answered in time.", "What kept you?"]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("whose", ["page", "run"])
async def test_an_answer_at_the_moment_at_which_time_is_over_is_in_time_or_isnt(
    clocked: Open,  # noqa: F811
    seed: int,
    whose: str,
) -> None:
    """Two servers: one is told the answer while the other one ends the run. The answer would count in a run that has
    expired, or the person would hear nothing, or twice that it is too late."""
    asked = asking(expires_after="5m") if whose == "page" else {**asking(), "expires_after": "5m"}
    chat, works = await two_servers(clocked, asked)
    by_time = works(seed, minutes=5)
    await chat.says("Ann")
    await by_time
    view, said = await chat.view(), [one.text for one in await chat.engine.said(chat.id)]
    told = "The time for this is over. To begin again, start a new conversation."
    if view.status is RunStatus.EXPIRED:
        assert view.answers == {}
        assert said in (["Your name", "Ann", told], ["Your name", told, "Ann", told])
    else:  # a page's time is over when that is noticed
        assert view.answers == {"name": {"name": "Ann"}}
        assert said == ["Your name", "Ann", "What kept you?"]
    assert await chat.talks.hear(chat.id, Incoming("m-1", "Ann")) == chat.heard


@pytest.mark.parametrize("seed", range(4))
async def test_nobody_is_reminded_of_what_they_have_answered(clocked: Open, seed: int) -> None:  # noqa: F811
    """The reminder's job was taken up a moment before the answer was stored."""
    chat, works = await two_servers(clocked, asking(remind_after=REMINDS))
    by_time = works(seed, minutes=5)
    await chat.says("Ann")
    await by_time
    said = [one.text for one in await chat.engine.said(chat.id)]
    reminded = ["Are you still there?", "Your name"]
    assert said in (["Your name", "Ann", "What kept you?"], ["Your name", *reminded, "Ann", "What kept you?"])
    assert (await chat.view()).step == "late"


async def two_servers(clocked: Open, document: dict[str, Any]) -> tuple[Chat, Any]:  # noqa: F811
    """A conversation with one, and what lets time pass and has the other one work at it."""
    one, other = await clocked(), await clocked()
    clock = MovableClock()
    engines = [await make_test_engine(document, store=store, clock=clock) for store in (one, other)]
    chat = await Chat.begins(engines[0])

    def works(seed: int, **by: float) -> asyncio.Task[None]:
        clock.move(**by)

        async def soon() -> None:
            for _ in range(random.Random(seed).randrange(12)):
                await asyncio.sleep(0)
            await Worker(engines[1]).perform_due()

        return asyncio.create_task(soon())

    return chat, works
