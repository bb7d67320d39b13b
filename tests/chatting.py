"""A person who chats about a run, in one process: the engine and its conversations, without HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.meanings import Incoming
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.engine.worker import Worker
from wizard.model.talk import Utterance
from wizard.testing import MovableClock, make_test_engine


class Chat:
    """`heard` is what was said to the last message."""

    def __init__(self, engine: Engine, talks: Conversations, view: RunView, heard: list[Utterance]) -> None:
        self.engine, self.talks, self.id = engine, talks, view.id
        self.heard = heard
        self.count = 0

    @classmethod
    async def of(cls, *documents: Mapping[str, Any] | str, start: str = "main", **given: Any) -> Chat:
        """A new run of the definition `start`; `given` is for the engine."""
        engine = await make_test_engine(*documents, **{"clock": MovableClock(), **given})
        return await cls.begins(engine, start)

    @classmethod
    async def begins(cls, engine: Engine, start: str = "main", language: str = "") -> Chat:
        talks = Conversations(engine)
        view = await talks.begin(start, language=language)
        return cls(engine, talks, view, list(view.said))

    async def says(self, text: str = "", **more: Any) -> Chat:
        self.count += 1
        self.heard = await self.talks.hear(self.id, Incoming(f"m-{self.count}", text, **more))
        return self

    async def presses(self, label: str) -> Chat:
        return await self.says(choice=self.button(label))

    def button(self, label: str) -> str:
        return {offer.label: offer.choice for said in self.heard for offer in said.choices}[label]

    async def waits(self, **by: float) -> Chat:
        """Moves the clock, and does what is due; `heard` is what was said meanwhile."""
        before = len(await self.engine.said(self.id))
        clock = self.engine.clock.source
        assert isinstance(clock, MovableClock)
        clock.move(**by)
        await Worker(self.engine).perform_due()
        self.heard = await self.engine.said(self.id, before)
        return self

    @property
    def texts(self) -> list[str]:
        return [said.text for said in self.heard]

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    @property
    def asked(self) -> str:
        """`step.field` of the last question, the step alone where that asks no field; "" where nothing is asked."""
        expects = self.heard[-1].expects if self.heard else None
        return "" if expects is None else f"{expects.step}.{expects.name}".rstrip(".")

    @property
    def labels(self) -> list[str]:
        return [offer.label for offer in self.heard[-1].choices]

    async def view(self) -> RunView:
        return await self.engine.load(self.id)
