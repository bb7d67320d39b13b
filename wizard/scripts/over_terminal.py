"""Somebody at a terminal, who types a line behind each question. The console is one in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from wizard.channels.conversation.questions import clean
from wizard.channels.terminal.console import WIDEST, Style
from wizard.channels.terminal.terminal import Conversation
from wizard.engine.view import RunView
from wizard.forms.fields import type_of
from wizard.forms.types.choices import NO, YES
from wizard.locale.words import words_in
from wizard.model import PromptField, Value
from wizard.scripts.person import CantBeDone, Seen, choice_of, is_button, labels_of
from wizard.scripts.uploads import is_upload, upload_of
from wizard.scripts.world import World

MOST_LINES = 400  # that one step of a script types


class _Paper:
    """A console (wizard.channels.terminal.console.Console) whose lines are typed before they are read."""

    width = WIDEST

    def __init__(self) -> None:
        self.typed: deque[str] = deque()
        self.page: list[str] = []  # what was written since a page began
        self.wrong: list[str] = []  # what was written as wrong since the last line
        self.title = self.question = ""

    def write(self, text: str = "", style: Style = Style.PLAIN) -> None:
        text = clean(text)
        if style is Style.TITLE:
            self.page.clear()
            self.wrong.clear()  # of the page before: somebody was led on
            self.title, self.question = text, ""
        elif style is Style.STRONG:
            self.question = text
        self.page.append(text)
        if style is Style.WRONG:
            self.wrong.append(text.removeprefix("! ").strip())

    def read(self, prompt: str, *, secret: bool = False) -> str | None:
        if not self.typed:
            return None
        self.wrong.clear()
        return self.typed.popleft()

    def has_typed(self) -> bool:
        """Work isn't watched, for its time stands: what is typed comes at once, or else the terminal is left."""
        return True

    def ahead(self) -> tuple[str | None] | None:
        return (self.typed[0],) if self.typed else (None,)


class OverTerminal:
    """See wizard.scripts.person.Person."""

    def __init__(self, world: World) -> None:
        self.seen = Seen("")
        self.last = ()  # see repeats
        self._world = world
        self._paper = _Paper()
        self._talk: Conversation | None = None
        self._view: RunView | None = None
        self._folder: TemporaryDirectory[str] | None = None

    async def begins(self, workflow: str) -> None:
        """A terminal starts runs by the engine, as the command does."""
        await self._world.starts(workflow)
        await self.comes()

    async def comes(self) -> None:
        self._paper = _Paper()
        self._talk = Conversation(self._world.engine, self._paper)
        self._view = await self._world.view()
        await self._types()

    async def leaves(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    async def looks(self) -> None:
        """Who comes back to a terminal opens the run anew."""
        await self.comes()

    async def says(self, text: str) -> None:
        await self._gives(await self._asked(), text)

    async def presses(self, label: str) -> None:
        asked, prompt = await self._asked(), (await self._world.view()).current
        if asked is None or (not labels_of(asked, "en") and is_button(prompt, label)):
            if not is_button(prompt, label):
                raise CantBeDone(f"there is nothing called {label!r} at {prompt.step}; write `goes_on: true` to go on")
            await self.goes_on()
        else:
            await self._gives(asked, self._written(choice_of(asked, label, await self._language())))

    async def answers(self, answers: Mapping[str, Any]) -> None:
        """Goes through the step's questions, and takes what is offered where nothing is said."""
        view = await self._world.view()
        prompt = view.current
        possible = {field.name for field in prompt.possible or prompt.fields}
        if unknown := [name for name in answers if name not in possible]:
            raise CantBeDone(f"{prompt.step} has no field {unknown[0]}; there is {', '.join(possible) or 'none'}")
        if (asked := await self._asked()) is not None and asked.name != prompt.fields[0].name and len(answers) > 1:
            await self._types(":again")  # what was answered before is to be answered anew
        visit, left = view.visit, dict(answers)
        for _ in range(MOST_LINES):
            asked = await self._asked()
            if asked is None or (await self._world.view()).visit != visit:
                break
            known = asked.name in left
            await self._gives(asked, self._written(left.pop(asked.name)) if known else "")
            if self.seen.error:
                return

    async def goes_on(self) -> None:
        if await self._asked() is None:
            await self._types("")
        else:
            await self.answers({})

    async def goes_back(self, to: str | None) -> None:
        await self._types(":back")
        before = ""
        while to is not None and self.seen.step not in (to, before):
            before = self.seen.step
            await self._types(":back")

    async def changes(self, step: str, answers: Mapping[str, Any] | None) -> None:
        await self._types(f":change {step}")
        if self.seen.step != step:
            raise CantBeDone(f"{step} can't be changed: {self.seen.error or 'it is no step that was answered'}")
        if answers is not None:
            await self.answers(answers)

    async def presses_earlier(self, label: str) -> None:
        """There are no buttons that could stay in sight."""

    async def repeats(self, sent: Any) -> None:
        """A line that was typed once has come once: there is nothing that could bring it twice."""

    async def in_wrong_order(self, first: str, second: str) -> None:
        """Lines come in the order in which they are typed."""
        await self.says(first)
        await self.says(second)

    # -- how it is done ----------------------------------------------------------------------------

    async def _gives(self, asked: PromptField | None, text: str) -> None:
        lines = [f":{text}" if text.lstrip().startswith(":") and text != ":clear" else text]
        if asked is not None and type_of(asked).has_lines and text not in ("", ":clear"):
            lines = [".." if line.strip() == "." else line for line in text.split("\n")] + ["."]
        await self._types(*lines)

    async def _asked(self) -> PromptField | None:
        """The question that stands there."""
        assert self._talk is not None
        prompt = (await self._world.view()).current
        fields = prompt.possible or prompt.fields
        return next((field for field in fields if field.name == self._talk.asked), None)

    async def _types(self, *lines: str) -> None:
        assert self._talk is not None
        assert self._view is not None
        self._paper.typed.extend(lines)
        if not lines:
            self._paper.wrong.clear()
        await self._talk.hold(self._view)
        self._paper.typed.clear()
        view = await self._world.view()
        paper = self._paper
        self.seen = Seen(
            step=view.step,
            title=paper.title,
            text="\n".join(paper.page),
            error=" ".join(paper.wrong),
            said=": ".join(dict.fromkeys(part for part in (paper.title, *(paper.wrong or [paper.question])) if part)),
            shown=(view.step,),
        )

    def _written(self, value: Value) -> str:
        """A value as it is typed."""
        words = words_in(self._view.workflow.language if self._view is not None else "en")
        match value:
            case None | "":
                return ":clear"
            case bool():
                return words.say(YES if value else NO)
            case list():
                return ", ".join(map(self._written, value))
            case Mapping() if is_upload(value):
                return self._file(value)
        return str(value)

    def _file(self, value: Mapping[str, Any]) -> str:
        upload = upload_of(value, self._world.folder)
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="wizard-test-")
        path = Path(self._folder.name) / Path(upload.name).name
        path.write_bytes(upload.content)
        return str(path)

    async def _language(self) -> str:
        return (await self._world.view()).workflow.language
