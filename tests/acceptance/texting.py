"""A channel of somebody else's: text messages, one in and one out. It uses `wizard.engine` and
`wizard.channels.conversation` as any package could, and nothing in Wizard knows of it.

What was answered is in the run; the book that says which number has which run is the host's. So any process can take
the next message.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass

from wizard.channels.conversation.questions import Command, Filling, choice_lines, heading, meaning, notes, read_line
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.errors import CallerError
from wizard.locale.words import words_in
from wizard.model import PromptField, RunStatus


@dataclass
class Page:
    """Where somebody is on a page; another one begins anew."""

    step: str
    filling: Filling


class Texting:
    """Answers messages. `book` has the run of each number."""

    def __init__(self, engine: Engine, workflow: str, book: MutableMapping[str, str]) -> None:
        self._engine = engine
        self._workflow = workflow
        self._book = book
        self._pages: dict[str, Page] = {}

    async def receive(self, number: str, text: str) -> str:
        """What is answered to a message."""
        if number not in self._book:
            view = await self._engine.start(self._workflow)
            self._book[number] = view.id
            return self._asks(number, view)
        view = await self._engine.load(self._book[number])
        words = words_in(view.workflow.language)
        line = read_line(text, words)
        try:
            if isinstance(line, Command):
                return await self._obeys(number, view, line)
            return await self._takes(number, view, line)
        except CallerError as error:
            return f"{words.say(error.people)}\n{self._asks(number, await self._engine.load(view))}"

    async def _obeys(self, number: str, view: RunView, command: Command) -> str:
        match command.name:
            case "back":
                await self._engine.previous(view)
                return self._asks(number, view)
            case "review":
                return "\n".join(f"{item.label}: {item.value}" for item in view.summary())
            case "again":
                return self._asks(number, view)
        return "I know :back, :review and :again."

    async def _takes(self, number: str, view: RunView, text: str) -> str:
        filling = self._filling(number, view)
        asked = filling.next(view.current)
        if asked is None:
            return await self._hands_in(number, view)
        answer = meaning(asked, text)
        if view.current.in_parts:
            await self._engine.next(view, {asked.name: answer}, partial=True)
            if (rejected := view.rejected) is not None:
                wrong = next((field.error for field in rejected.fields if field.error), rejected.error)
                return f"{wrong}\n{_question(asked)}"
        filling.given[asked.name] = answer
        filling.asked.add(asked.name)
        if filling.next(view.current) is not None:
            return self._asks(number, view)
        return await self._hands_in(number, view)

    async def _hands_in(self, number: str, view: RunView) -> str:
        parts = view.current.in_parts
        await self._engine.next(view, {} if parts else self._filling(number, view).given, partial=parts)
        if (rejected := view.rejected) is None:
            return self._asks(number, view)
        filling = self._filling(number, view)
        filling.refused(rejected)
        wrong = [rejected.error, *filling.errors.values()]
        return "\n".join([*filter(None, wrong), self._asks(number, view)])

    def _asks(self, number: str, view: RunView) -> str:
        prompt = view.current
        if view.status is RunStatus.COMPLETED:
            return f"{prompt.title}. {prompt.text}"
        asked = self._filling(number, view).next(prompt)
        if asked is not None:
            return _question(asked)
        lines = [f"{item.label}: {item.value}" for item in prompt.items]
        return "\n".join([prompt.title, *lines, "Send any text to go on."])

    def _filling(self, number: str, view: RunView) -> Filling:
        page = self._pages.get(number)
        if page is None or page.step != view.step:
            page = self._pages[number] = Page(view.step, Filling.begun(view.current))
        return page.filling


def _question(asked: PromptField) -> str:
    return "\n".join([heading(asked), *notes(asked), *choice_lines(asked)])
