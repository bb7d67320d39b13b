"""The conversations of a corpus: how each comes to where it stands, and what is said from there on.

`python -m tests.corpus` stores them beside the runs, as `format_N_talks`. Each has a link of its own to a channel from
outside, a pigeon, which takes messages or doesn't.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.corpus.stories import HERE, NOON, engine_on, jobs_of, outputs, stored
from wizard.channels.conversation.attention import Attention
from wizard.channels.conversation.codes import Codes
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.meanings import Incoming
from wizard.channels.outside.contract import Channel, Inbound, Limits, Outbound
from wizard.channels.outside.links import Link, Links, link_key
from wizard.channels.outside.outbox import Outbox
from wizard.engine import Engine
from wizard.engine.worker import Worker
from wizard.errors import ChannelBusy, ChannelRefused
from wizard.model import Run
from wizard.model.talk import Utterance
from wizard.stores.contract import Store
from wizard.testing import MovableClock

TALKS_FILE = HERE / "talks.yaml"
Act = list[Any]  # a word, and what it says


@dataclass(frozen=True)
class TalkStory:
    """`do` leads to where the conversation stands, `then` is what is done from there."""

    name: str
    do: Sequence[Act] = ()
    then: Sequence[Act] = ()


def says(id_: str, text: str, **more: Any) -> Act:
    return ["says", id_, text, more]


def presses(id_: str, label: str) -> Act:
    return ["presses", id_, label]


ANN, DAY = says("m-1", "Ann Zoë 🌙"), says("m-2", "3 April 2027")
BALCONY = presses("m-3", "Balcony")
BOOKS = presses("m-9", "Book it")
WORKS: Act = ["works"]
# A worker does what is due, whosever it is: those that work come first, and before them who waits.
TALKS = (
    TalkStory("reminded", [["waits", {"days": 1}]], [ANN, ["waits", {"days": 2}]]),
    TalkStory("the channel is busy", [ANN, ["pigeon", "busy"], WORKS], [["waits", {"hours": 1}], DAY, WORKS]),
    TalkStory("the channel refuses", [["pigeon", "gone"], WORKS, ANN], [["resumes"], WORKS, DAY, WORKS]),
    TalkStory("who waits is on the list", [says("a-1", "agent"), WORKS], [["listed"], ["waits", {"hours": 1}], ANN]),
    TalkStory("delivered", [WORKS, ANN, WORKS], [DAY, WORKS]),
    TalkStory("asked first", [], [ANN, DAY, BALCONY, BOOKS]),
    TalkStory("refused twice", [ANN, says("m-2", "some day"), says("m-3", "soon")], [ANN, says("m-4", "never")]),
    TalkStory("in doubt", [ANN, DAY, says("m-3", "Balco")], [says("m-4", "2"), BOOKS]),
    TalkStory("a stale button", [ANN, DAY, BALCONY], [["presses earlier", "m-4", "Garden"], BALCONY, BOOKS]),
    TalkStory("asked to confirm", [ANN, says("m-2", "restart")], [says("m-3", "yes"), says("m-4", "Bea")]),
    TalkStory("edited", [ANN, says("e-1", "Bea", edits="m-1")], [DAY, says("e-2", "Cy", edits="m-1"), BALCONY, BOOKS]),
    TalkStory("gone back", [ANN, DAY, says("m-3", "back")], [presses("m-4", "Keep it"), says("m-5", "garden"), BOOKS]),
    TalkStory("helped aside", [ANN, says("m-2", "help")], [presses("m-3", "hours"), says("m-4", "3 April 2027")]),
    TalkStory("in another language", [["language", "de"], ANN], [says("z-1", "zurück"), says("z-2", "Bea"), DAY]),
    TalkStory("has a code", [ANN, ["code"]], [["uses code"], DAY]),
    TalkStory(
        "an operator speaks",
        [ANN, ["operator", "takes over"], ["operator", "says", "o-1", "Which day?"], says("m-2", "Friday")],
        [WORKS, ["operator", "releases"], says("m-3", "3 April 2027")],
    ),
    TalkStory("an operator is wanted", [ANN, says("a-1", "agent")], [WORKS, ["listed"], DAY]),
    TalkStory("nothing is delivered yet", [ANN, DAY], [WORKS, BALCONY, WORKS]),
    TalkStory("over", [ANN, DAY, BALCONY, BOOKS], [says("m-10", "hello?"), BALCONY]),
)


@dataclass
class Pigeon(Channel):
    """A channel from outside that takes messages, is busy or refuses."""

    name: str = "pigeon"
    echoes: bool = True
    limits: Limits = field(default_factory=Limits)
    how: str = ""
    sent: list[list[Any]] = field(default_factory=list)

    def verify(self, request: web.BaseRequest, body: bytes) -> None: ...

    def parse(self, body: bytes) -> Sequence[Inbound]:
        return ()

    async def send(self, message: Outbound) -> None:
        if self.how == "busy":
            raise ChannelBusy(seconds=60)
        if self.how == "gone":
            raise ChannelRefused("They have left.")
        self.sent.append([message.conversation, message.text])


class Talking:
    """One conversation, on an engine of its own; `heard` is what came of what was done, in order."""

    def __init__(self, store: Store, now: datetime, definitions: Path = TALKS_FILE) -> None:
        self.engine: Engine = engine_on(store, definitions, now=now)
        self.talks = Conversations(self.engine)
        self.pigeon = Pigeon()
        Outbox.of(self.engine).channels["pigeon"] = self.pigeon
        self.id = self.code = ""
        self.heard: list[Any] = []

    async def begins(self, to: str, language: str = "") -> None:
        key = link_key("pigeon", to)
        view = await self.talks.begin("visit", language=language, channel=key)
        self.id = view.id
        assert await Links(self.engine.store.cells).put(key, Link(to, view.id, view.token or ""), 0)

    async def does(self, act: Act) -> None:
        """One thing, and notes what came of it."""
        match act:
            case ["says", id_, text, more]:
                self._hears(await self.talks.hear(self.id, Incoming(id_, text, **more)))
            case ["presses", id_, label]:
                self._hears(await self.talks.hear(self.id, Incoming(id_, choice=await self._button(label, -1))))
            case ["presses earlier", id_, label]:
                self._hears(await self.talks.hear(self.id, Incoming(id_, choice=await self._button(label, 0))))
            case ["pigeon", how]:
                self.pigeon.how = how
            case ["works"]:
                await Worker(self.engine).perform_due()
            case ["waits", by]:
                clock = self.engine.clock.source
                assert isinstance(clock, MovableClock)
                clock.move(**by)
                await Worker(self.engine).perform_due()
            case ["resumes"]:
                await Outbox.of(self.engine).resume_run(self.id)
            case ["listed"]:
                waiting = await Attention(self.engine).listed(100)
                self.heard.append([[one.state, one.by, one.reason] for one in waiting if one.run == self.id])
            case ["code"]:
                self.code = (await Codes(self.engine).make(self.id, "its token")).text
            case ["uses code"]:
                opened = await Codes(self.engine).use(self.code)
                self.heard.append([opened.run == self.id, opened.token])
            case ["operator", "takes over"]:
                await self.talks.take_over(self.id, "Olga", "by telephone")
            case ["operator", "says", id_, text]:
                await self.talks.pass_on(self.id, Incoming(id_, text), "Olga")
            case ["operator", "releases"]:
                await self.talks.release(self.id, "Olga")
            case _:
                raise ValueError(act)

    def _hears(self, said: list[Utterance]) -> None:
        self.heard.append([one.text for one in said])

    async def _button(self, label: str, which: int) -> str:
        """The choice that the first or the last button has which is called so."""
        offers = [offer for one in await self.engine.said(self.id) for offer in one.choices if offer.label == label]
        assert offers, (label, [one.text for one in await self.engine.said(self.id)])
        return offers[which].choice


async def tell_talk(store: Store, story: TalkStory) -> Talking:
    """The conversation at the end of what its story does."""
    talking = Talking(store, NOON)
    do = list(story.do)
    language = do.pop(0)[1] if do and do[0][0] == "language" else ""
    await talking.begins(story.name, language)
    for act in do:
        await talking.does(act)
    await talking.engine.close()
    return talking


async def shown_talk(store: Store, path: Path, run: Run, name: str) -> dict[str, Any]:
    """What is stored of the conversation of the story with this name, in JSON's types."""
    link, _ = await Links(store.cells).get(link_key("pigeon", name))
    assert link is not None
    cells = await store.cells.list("", 1000)
    return {
        "status": run.status.value,
        "step": run.current.path if run.current else None,
        "remembers": dict(run.conversation),
        "said": [_said(one) for one in await store.said(run.id, 0, 1000)],
        "jobs": jobs_of(path, run),
        "link": [link.to, link.run == run.id, link.delivered, link.failures, link.parked, link.before is not None],
        "places": sorted(cell.key.rpartition("/")[0] for cell in cells if cell.run == run.id),
    }


def _said(one: Utterance) -> list[Any]:
    expects = None if one.expects is None else [one.expects.type, one.expects.name, one.expects.step]
    choices = [[offer.choice, offer.label] for offer in one.choices]
    at = one.at.isoformat()
    return [one.number, one.id, one.speaker.value, one.text, at, choices, expects, one.about, dict(one.details)]


async def go_on_talk(store: Store, told: Mapping[str, Any], definitions: Path = TALKS_FILE) -> dict[str, Any]:
    """What comes of it where what is told of goes on: what was heard, what the channel got, and what the run has."""
    now = (await stored(store, told["id"])).updated_at + timedelta(seconds=31)
    talking = Talking(store, now, definitions)
    talking.id, talking.code = told["id"], told["code"]
    for act in told["then"]:
        await talking.does(act)
    run = await stored(store, told["id"])
    await talking.engine.close()
    sent = [text for to, text in talking.pigeon.sent if to == told["name"]]
    said = [[one.speaker.value, one.text] for one in await store.said(run.id, len(told["shows"]["said"]), 1000)]
    return {"heard": talking.heard, "said": said, "sent": sent, "status": run.status.value, "answers": outputs(run)}
