"""Operators in conversations: who falls silent, and what is kept of what they do."""

from __future__ import annotations

from typing import Any

from tests.talks import TWO
from wizard.channels.conversation.attention import Attention
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.meanings import Incoming
from wizard.engine import Engine
from wizard.engine.worker import Worker
from wizard.settings import Settings
from wizard.testing import MovableClock, make_test_engine

SILENT = 600


class Desk:
    """A conversation, an operator's hand in it, and the time."""

    def __init__(self, engine: Engine, run: str) -> None:
        self.engine, self.run = engine, run
        self.talks, self.attention = Conversations(engine), Attention(engine)
        self.count = 0

    @classmethod
    async def opens(cls, **settings: Any) -> Desk:
        engine = await make_test_engine(
            {**TWO, "agent": True},
            clock=MovableClock(),
            settings=Settings(jobs=0, **{"operator_timeout": SILENT, "agent_timeout": 0, **settings}),
        )
        return cls(engine, (await Conversations(engine).begin("two")).id)

    async def hears(self, text: str) -> None:
        self.count += 1
        await self.talks.hear(self.run, Incoming(f"m-{self.count}", text))

    async def writes(self, text: str) -> None:
        self.count += 1
        await self.talks.pass_on(self.run, Incoming(f"op-{self.count}", text), "olga")

    async def waits(self, seconds: float) -> list[str]:
        """What is said by itself meanwhile."""
        before = len(await self.engine.said(self.run))
        self.engine.clock.source.move(seconds=seconds)  # type: ignore[attr-defined]
        await Worker(self.engine).perform_due()
        return [said.text for said in (await self.engine.said(self.run))[before:]]

    async def states(self) -> list[tuple[str, str]]:
        return [(one.state, one.by) for one in await self.attention.listed(10)]

    async def did(self) -> list[tuple[Any, Any]]:
        entries = [entry.entry for entry in await self.engine.trace(self.run)]
        return [(entry.detail["did"], entry.detail["by"]) for entry in entries if entry.kind == "operator"]


async def test_an_operator_who_falls_silent_gives_the_run_back() -> None:
    """A person would wait for ever for somebody who went home, and nothing they write would be understood."""
    desk = await Desk.opens()
    await desk.talks.take_over(desk.run, "olga")
    assert await desk.waits(SILENT - 1) == []
    await desk.writes("One moment.")
    assert await desk.waits(SILENT - 1) == []
    assert await desk.states() == [("speaks", "olga")]
    told = await desk.waits(2)
    assert told[0].startswith("The person you were chatting with has left")
    assert told[1].startswith("Full name")
    assert await desk.states() == []
    assert (await desk.did())[-1] == ("fell silent", "olga")
    assert await desk.waits(SILENT * 9) == []
    await desk.hears("Ann")
    assert (await desk.engine.load(desk.run)).current.fields[0].value == "Ann"
    await desk.engine.close()


async def test_who_has_written_meanwhile_is_passed_on() -> None:
    """What a person wrote to an operator who has left would be read by nobody."""
    desk = await Desk.opens(agent_timeout=300)
    await desk.talks.take_over(desk.run, "olga")
    await desk.hears("My name is spelt in another way.")
    [told, *_] = await desk.waits(SILENT)
    assert "asking somebody else" in told
    assert await desk.waits(0) == []
    assert await desk.states() == [("wanted", "")]
    assert (await desk.waits(301))[0].startswith("Nobody is available")
    assert await desk.states() == []
    await desk.engine.close()


async def test_who_hands_over_to_another_starts_their_time_anew() -> None:
    """An operator who has just come would be taken for one who fell silent."""
    desk = await Desk.opens()
    await desk.talks.take_over(desk.run, "olga")
    assert await desk.waits(SILENT - 1) == []
    await desk.talks.take_over(desk.run, "otto")
    assert await desk.waits(SILENT - 1) == []
    assert await desk.states() == [("speaks", "otto")]
    await desk.engine.close()


async def test_without_a_limit_an_operator_may_take_their_time() -> None:
    """A host whose operators answer by post could not use them."""
    desk = await Desk.opens(operator_timeout=0)
    await desk.talks.take_over(desk.run, "olga")
    assert await desk.waits(900_000) == []
    assert await desk.states() == [("speaks", "olga")]
    await desk.engine.close()


async def test_what_operators_do_is_in_the_audit_once() -> None:
    """Nobody could tell in a year who spoke in the name of the house. Why they did is about a person, and so in the run
    alone, which is sealed and deleted."""
    desk = await Desk.opens()
    await desk.talks.take_over(desk.run, "olga", "She called.")
    await desk.talks.take_over(desk.run, "olga", "She called.")
    for _ in range(2):
        await desk.talks.pass_on(desk.run, Incoming("op-1", "Hello"), "olga")
    await desk.talks.release(desk.run, "olga", "Done.")
    deeds = await desk.engine.store.stages.deeds("two")
    assert [(deed.action, deed.by, deed.note, dict(deed.details)) for deed in reversed(deeds)] == [
        ("take over", "olga", "", {"run": desk.run}),
        ("write", "olga", "", {"run": desk.run, "message": "op-1"}),
        ("release", "olga", "", {"run": desk.run}),
    ]
    trace = [entry.entry.detail for entry in await desk.engine.trace(desk.run) if entry.entry.kind == "operator"]
    assert [detail.get("note") for detail in trace] == ["She called.", None, "Done."]
    await desk.engine.close()


async def test_a_desk_is_told_how_long_each_has_waited_and_who_wrote_last() -> None:
    """Operators would take whom the list begins with, and let others wait who have for an hour; and couldn't tell a
    conversation with an answer to give from one without."""
    desk = await Desk.opens(operator_timeout=0)
    others = [(await desk.talks.begin("two")).id for _ in range(4)]
    for run in (desk.run, *others):
        await desk.talks.hear(run, Incoming("a", "agent"))
    await Worker(desk.engine).perform_due()
    desk.engine.clock.source.move(seconds=90)  # type: ignore[attr-defined]
    await desk.talks.take_over(others[0], "olga")
    await Worker(desk.engine).perform_due()
    desk.engine.clock.source.move(seconds=10)  # type: ignore[attr-defined]
    await desk.talks.hear(others[0], Incoming("b", "Where are you?"))
    [spoken] = await desk.attention.listed(2, state="speaks")
    assert (spoken.run, spoken.age, spoken.last and spoken.last.text) == (others[0], 10, "Where are you?")
    listed, after = [], ""
    while page := await desk.attention.listed(2, after, "wanted"):
        listed += page
        after = page[-1].place
    assert sorted(one.run for one in listed) == sorted((desk.run, *others[1:]))
    assert {(one.age, one.last and one.last.speaker.value) for one in listed} == {(100, "engine")}
