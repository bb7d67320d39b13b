"""What every channel from outside promises, by the example's (examples/channel) and a counterpart that misbehaves."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from typing import Any

import pytest

from tests.counterpart import an_engine, hooked, signature
from tests.stores import Open, stores
from tests.talks import TWO
from wizard.channels.conversation.attention import Attention
from wizard.channels.conversation.codes import Codes
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.meanings import Incoming
from wizard.channels.outside.links import Links, link_key
from wizard.channels.outside.outbox import Outbox
from wizard.channels.outside.rendering import parts_of
from wizard.engine import Engine
from wizard.model import RunStatus

__all__ = ["stores"]  # a fixture

WITH_AGENT: dict[str, Any] = {**TWO, "agent": True}
ANN = link_key("hook", "ann")


def move(engine: Engine, **by: float) -> None:
    clock: Any = engine.clock.source
    clock.move(**by)


async def answers_of(engine: Engine) -> dict[str, Any]:
    [line] = await engine.store.list_runs()
    return dict((await engine.load(line.id)).answers)


async def test_a_run_is_answered_in_a_channel(stores: Open) -> None:
    """Nobody could answer anything in a messenger, or with one kind of store."""
    engine = await an_engine(TWO, store=await stores())
    async with hooked(engine) as ann:
        first = await ann.says("1", "hello")
        assert first[-1].startswith("Full name")
        assert (await ann.says("2", "Ann"))[-1].startswith("Date of birth")
        assert (await ann.says("3", "27 3 1990"))[-1].startswith("Which colour?")
        assert await ann.says("4", choice=ann.button("grey")) == ["Thank you, Ann"]
        [run] = await engine.store.list_runs()
        assert run.status is RunStatus.COMPLETED
        assert await ann.says("4", choice=ann.button("grey")) == []


async def test_what_comes_twice_late_and_in_parallel_is_taken_once() -> None:
    """A messenger that sends an update again would start two runs, or answer two questions with one message."""
    engine = await an_engine(TWO)
    async with hooked(engine) as ann:
        assert await asyncio.gather(*(ann.sends("1", "hello") for _ in range(5))) == [200] * 5
        assert await asyncio.gather(*(ann.sends("2", "Ann") for _ in range(5))) == [200] * 5
        await ann.delivers()
        told = len(ann.got)
        move(engine, minutes=10)
        for late in ("2", "1"):
            assert await ann.says(late, "Ann") == []
        assert len(await engine.store.list_runs()) == 1
        assert (await ann.says("3", "27 3 1990"))[-1].startswith("Which colour?")
        assert len({message["id"] for message in ann.got}) == len(ann.got) > told


async def test_a_burst_is_answered_in_order() -> None:
    """Somebody who types faster than they are answered would have their answers mixed up."""
    engine = await an_engine(TWO)
    async with hooked(engine) as ann:
        for number, text in enumerate(("hello", "Ann", "27 3 1990", "grey")):
            assert await ann.sends(str(number), text) == 200
        await ann.delivers()
        numbers = [int(message["id"].partition("-")[2]) for message in ann.got]
        assert numbers == sorted(numbers)
        assert ann.texts()[-1] == "Thank you, Ann"


@pytest.mark.parametrize("header", ["", "t=1,v1=00", "nonsense", "t=x,v1=é"])
async def test_what_isnt_signed_is_refused(header: str) -> None:
    """Anybody could speak in somebody else's name."""
    engine = await an_engine(TWO)
    async with hooked(engine) as ann:
        body = json.dumps({"message": {"conversation": "ann", "id": "1", "text": "hello"}}).encode()
        assert await ann.posts(body, **{"Hook-Signature": header}) == 403
        assert await ann.posts(body + b" ", **{"Hook-Signature": signature(body)}) == 403
        assert await ann.posts(body, **{"Hook-Signature": signature(body, secret="another")}) == 403
        assert await ann.posts(body, **{"Hook-Signature": signature(body, time.time() - 600)}) == 403
        assert await engine.store.list_runs() == []


async def test_what_isnt_known_is_told_from_what_cant_be_read() -> None:
    """A messenger sends an event that is refused again for days, and stops sending anything then."""
    engine = await an_engine(TWO)
    async with hooked(engine) as ann:
        for body in (b'{"reaction": "like"}', b"[]", b"7", b'{"message": null}'):
            assert await ann.posts(body) == 200
        wrong = (b"{", b"\xff", b'{"message": {"id": 7}}', b'{"message": {"id": "1"}}', b"[" * 50_000)
        for body in wrong:
            assert await ann.posts(body) == 400
        assert await ann.posts(b"x" * (engine.settings.body_limit + 1)) == 413
        assert await engine.store.list_runs() == []


@pytest.mark.parametrize(
    "text", ["x" * 100_000, "🦊\u200d🔥" * 50, "שלום\u202e", "<script>alert(1)</script>{{ 7 * 7 }}", "\x00"]
)
async def test_any_text_is_taken_as_one(text: str) -> None:
    """One message could end a conversation, or do something in the page of an operator."""
    engine = await an_engine(TWO)
    async with hooked(engine) as ann:
        await ann.says("1", "hello")
        assert await ann.says("2", text)
        assert all(len(message["text"]) <= 2_000 for message in ann.got)
        assert (await ann.says("3", "change full name to Ann"))[-1]


async def test_a_message_that_was_changed_corrects_its_answer() -> None:
    """Who mends a slip in their messenger would have it in the form still."""
    engine = await an_engine(TWO)
    async with hooked(engine) as ann:
        await ann.says("1", "hello")
        await ann.says("2", "Anm")
        await ann.says("3", "27 3 1990")
        await ann.says("2b", "Ann", edits="2")
        assert (await answers_of(engine))["you"]["full_name"] == "Ann"


async def test_a_button_of_an_earlier_question_answers_nothing() -> None:
    """A tap on an old message would change another answer."""
    engine = await an_engine({**TWO, "nodes": [TWO["nodes"][2], TWO["nodes"][1], TWO["nodes"][3]]})
    async with hooked(engine) as ann:
        await ann.says("1", "hello")
        grey = ann.button("grey")
        await ann.says("2", choice=grey)
        assert "earlier question" in (await ann.says("3", choice=grey))[0]


async def test_who_dies_after_sending_sends_it_again_under_the_same_id() -> None:
    """A crash between a commit and a message would lose the question, and nobody would go on."""
    engine = await an_engine(TWO)
    async with hooked(engine) as ann:
        await ann.sends("1", "hello")
        cells, put = engine.store.cells, engine.store.cells.put

        async def dies(cell: Any) -> bool:
            if ann.got and cell.key.startswith("link/"):
                raise asyncio.CancelledError
            return await put(cell)

        cells.put = dies  # type: ignore[method-assign]
        with pytest.raises(asyncio.CancelledError):
            await Outbox.of(engine).deliver((await engine.store.queue.claim(engine.clock(), 1, timedelta(9), 0))[0])
        cells.put = put  # type: ignore[method-assign]
        sent = list(ann.got)
        assert sent
        move(engine, days=10)
        await ann.delivers()
        assert ann.got[len(sent)] == sent[-1]
        assert ann.texts()[-1].startswith("Full name")


async def test_a_channel_that_is_busy_is_left_alone_as_long_as_it_says() -> None:
    """A messenger that is asked too often closes the account."""
    engine = await an_engine(TWO)
    async with hooked(engine) as ann:
        ann.answers = [(429, "120")]
        assert await ann.says("1", "hello") == []
        move(engine, seconds=100)
        assert await ann.says("2", "Ann") == [] or ann.got  # who writes is written to
        move(engine, seconds=60)
        await ann.delivers()
        assert ann.texts()[-1].startswith("Date of birth")


async def test_a_channel_that_refuses_is_told_to_operators() -> None:
    """Messages would be sent for ever to somebody who has blocked them, and nobody would know."""
    engine = await an_engine(TWO)
    async with hooked(engine) as ann:
        ann.answers = [(410, "")]
        assert await ann.says("1", "hello") == []
        [waiting] = await Attention(engine).listed(10)
        assert (waiting.state, waiting.channel) == ("undelivered", "hook")
        move(engine, days=2)
        assert await ann.delivers() == []
        await Outbox.of(engine).resume_run(waiting.run)
        assert (await ann.delivers())[-1].startswith("Full name")
        assert await Attention(engine).listed(10) == []


async def test_one_sender_doesnt_slow_the_others() -> None:
    """One person with a script could keep all others waiting."""
    engine = await an_engine(TWO, message_rate=20)
    async with hooked(engine) as ann:
        statuses = [await ann.sends(str(number), "hello") for number in range(30)]
        assert statuses.count(429) == 10
        assert await ann.sends("1", "hello", to="bob") == 200


async def test_an_operator_speaks_in_any_channel() -> None:
    """Who asked for a person would get the form's next question instead."""
    engine = await an_engine(WITH_AGENT)
    talks, attention = Conversations(engine), Attention(engine)
    async with hooked(engine) as ann:
        await ann.says("1", "hello")
        await ann.says("2", "agent")
        [waiting] = await attention.listed(10)
        assert waiting.state == "wanted"
        await talks.take_over(waiting.run, "olga")
        await talks.pass_on(waiting.run, Incoming("op-1", "It is Olga."), "olga")
        assert (await ann.delivers())[-1] == "It is Olga."
        assert await ann.says("3", "I can't find my form") == []
        [speaks] = await attention.listed(10)
        assert (speaks.state, speaks.by) == ("speaks", "olga")
        await talks.release(waiting.run, "olga")
        assert (await ann.delivers())[-1].startswith("Full name")
        assert await attention.listed(10) == []
        noted = [entry.entry.detail for entry in await engine.trace(waiting.run) if entry.entry.kind == "operator"]
        assert [(one["did"], one["by"]) for one in noted] == [
            ("took over", "olga"),
            ("said", "olga"),
            ("released", "olga"),
        ]


async def test_who_waits_in_vain_is_told() -> None:
    """Somebody would wait for a person who never comes."""
    engine = await an_engine(WITH_AGENT, agent_timeout=60)
    async with hooked(engine) as ann:
        await ann.says("1", "hello")
        await ann.says("2", "agent")
        move(engine, seconds=61)
        told = await ann.delivers()
        assert told[0].startswith("Nobody is free")
        assert await Attention(engine).listed(10) == []


async def test_a_code_takes_a_run_to_a_channel_and_on_from_it() -> None:
    """Who begins at a desk couldn't go on on the way; or a code that somebody saw would open the run to them."""
    engine = await an_engine(TWO)
    talks, codes = Conversations(engine), Codes(engine)
    async with hooked(engine) as ann:
        begun = await talks.begin("two")
        await talks.hear(begun.id, Incoming("m-1", "Ann"))
        assert begun.token is not None
        made = await codes.make(begun.id, begun.token)
        assert (await ann.says("1", f"continue {made.text.lower()}"))[-1].startswith("Date of birth")
        assert await ann.says("1", f"continue {made.text.lower()}") == []
        assert "valid" in "".join(await ann.says("2", f"continue {made.text}"))
        assert (await ann.says("3", "27 3 1990"))[-1].startswith("Which colour?")
        told = (await ann.says("4", "continue elsewhere"))[0]
        opened = await codes.use(told.rpartition(" ")[2])
        assert opened == (begun.id, begun.token)
        [run] = await engine.store.list_runs()
        late = await codes.make(run.id, "")
        move(engine, minutes=11)
        assert "valid" in "".join(await ann.says("5", f"continue {late.text}"))


async def test_a_link_goes_with_its_run() -> None:
    """What somebody is called in a messenger would be kept after all else of theirs is deleted."""
    engine = await an_engine(TWO)
    async with hooked(engine) as ann:
        await ann.says("1", "hello")
        [run] = await engine.store.list_runs()
        assert (await Links(engine.store.cells).get(ANN))[0] is not None
        await engine.delete(run.id)
        assert (await Links(engine.store.cells).get(ANN))[0] is None
        assert (await ann.says("2", "hello"))[-1].startswith("Full name")


def test_a_long_text_is_sent_in_parts_that_lose_nothing() -> None:
    """A messenger refuses what is too long for it."""
    text = "One paragraph.\n\n" + "word " * 100 + "x" * 250
    parts = parts_of(text, 100)
    assert all(0 < len(part) <= 100 for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
