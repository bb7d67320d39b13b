"""What a command does that is typed at a terminal. Chats know the same ones, and this is what a terminal makes of them:
it goes by pages, which it lists by numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from wizard.channels.conversation.codes import Codes
from wizard.channels.conversation.digressions import LEAVING, OUTSIDE
from wizard.channels.conversation.questions import UNDO, Command, Filling, clean, grouped, may_be_kept, numbered
from wizard.channels.conversation.replies import NO_AGENT, NO_FIRST, NOT_CANCELLED, NOT_RESTARTED
from wizard.channels.conversation.topics import plain_topic, topic_in
from wizard.channels.conversation.typed import page_called
from wizard.channels.conversation.wording import CONFIRMED, LATER, NOTHING_YET, answers_so_far
from wizard.channels.terminal.printing import Paper
from wizard.channels.terminal.reading import Left, Reader
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.forms.characters import alike
from wizard.forms.types.choices import yes_and_no
from wizard.locale.sentences import Sentence, sentence
from wizard.locale.words import Words
from wizard.model import PromptField, RunStatus, Topic


class Returned(Exception):
    """Who was helped aside returns to their question; `wanted` is what they want there, None for nothing."""

    def __init__(self, wanted: Command | Topic | None = None) -> None:
        super().__init__(wanted)
        self.wanted = wanted


class Moved(Enum):
    """What comes of a command: the question stays, or a page is shown anew."""

    STAYS = "stays"
    PAGE = "page"


class Obeying:
    """Obeys commands in one conversation. Within another one some lead out of it, and the topics `around` are known as
    well. The run's `token` goes into codes that take it elsewhere; without one there are none."""

    def __init__(
        self,
        engine: Engine,
        paper: Paper,
        reader: Reader,
        words: Words,
        *,
        around: Sequence[Topic] | None,
        token: str | None = None,
    ) -> None:
        self._engine, self._paper, self._reader, self._words = engine, paper, reader, words
        self._around, self._token = around, token

    @property
    def _within(self) -> bool:
        return self._around is not None

    async def obey(
        self, view: RunView, command: Command, filling: Filling, asked: PromptField | None = None
    ) -> Moved | Topic:
        """Does what a command says at a question, or at none. The topic that is asked for is given back. Raises Left,
        and Returned."""
        if self._within and command.name in (*LEAVING, *OUTSIDE):
            raise Returned(command if command.name in OUTSIDE else None)
        match command.name:
            case "back":
                return await self._go_back(view, filling)
            case "restart":
                return await self._restart(view, filling)
            case "change":
                return await self._change(view, command.argument)
            case "remove":
                return await self._remove(view, command.argument)
            case "cancel":
                return await self._cancel(view, command.argument)
            case "quit":
                raise Left
            case "elsewhere":
                self._paper.note(await Codes(self._engine).told(view.id, self._token))
                return Moved.STAYS
            case "help":
                return self._help(view, command.argument)
        self._tell(view, command, filling, asked)
        return Moved.STAYS

    def _tell(self, view: RunView, command: Command, filling: Filling, asked: PromptField | None) -> None:
        """What moves nothing."""
        match command.name:
            case "review":
                self._list_answers(view, in_full=True)
            case "again":
                filling.asked.clear()
                filling.lines.clear()
            case "list" if asked is not None and asked.choices:
                self._paper.choices(asked)
            case "list":
                self._paper.wrong(sentence("There are no choices to list here."))
            case "clear" | "skip" | "keep" if asked is None:
                self._paper.wrong(sentence("There is no answer to clear here."))
            case "keep":
                self._paper.wrong(sentence("There is no answer to keep here."))
            case "repeat":
                """The question that stands there is printed again."""
            case "go on" | "retry":
                self._paper.wrong(sentence("This question needs an answer."))
            case "agent":
                self._paper.wrong(NO_AGENT)
            case _:
                name = clean(command.name)[:40]
                self._paper.wrong(
                    sentence(
                        "There is no command :{name}. See :help. A text that begins with a colon is typed ::{name}",
                        name=name,
                    )
                )

    # -- help ----------------------------------------------------------------------------------------

    def _help(self, view: RunView, called: str) -> Moved | Topic:
        topics = view.workflow.help
        asked = self.topic_in(called, view) or self.topic_in(f"{called}?", view) if called else plain_topic(topics)
        if asked is not None and not (self._within and asked in topics and asked.workflow):
            return asked
        self._paper.help([topic for topic in topics if topic.asked and not (self._within and topic.workflow)])
        return Moved.STAYS

    def topic_in(self, line: str, view: RunView) -> Topic | None:
        """The topic that a line asks for, of the help around it where that of its own has none; None for none."""
        return topic_in(line, view.workflow.help) or topic_in(line, self._around or ())

    # -- moves ---------------------------------------------------------------------------------------

    async def _go_back(self, view: RunView, filling: Filling) -> Moved:
        kept = {name: value for name, value in filling.given.items() if may_be_kept(view.current, name)}
        before = view.step
        await self._engine.previous(view, draft=kept or None)
        if view.step != before:
            return Moved.PAGE
        self._paper.wrong(sentence("This is the first page; there is nothing before it."))
        return Moved.STAYS

    async def _change(self, view: RunView, argument: str) -> Moved:
        if not argument:
            self._list_answers(view, in_full=False)
            return Moved.STAYS
        steps: Sequence[str] | None = self._paper.numbered
        if steps is None:
            steps = [line.step for line in grouped(answers_so_far(view, self._words), view)]
        step = numbered(argument, list(steps))
        if step is None and argument in view.run.by_path:
            step = argument
        if step is None:
            step = page_called(argument, view)
        if step is None:
            self._paper.wrong(sentence("There is no page with this number. Type :change to list the pages."))
            return Moved.STAYS
        await self._engine.change(view, step)
        return Moved.PAGE

    async def _remove(self, view: RunView, argument: str) -> Moved:
        items = [item.remove for item in view.current.items if item.remove is not None]
        if not items:
            self._paper.wrong(sentence("There is nothing to remove here."))
        elif (item := numbered(argument, items)) is None:
            self._paper.wrong(
                sentence("Type the number of the item to remove, 1 to {most}, as in :remove 1", most=len(items))
            )
        else:
            await self._engine.remove_item(view, item)
            return Moved.PAGE
        return Moved.STAYS

    async def _restart(self, view: RunView, filling: Filling) -> Moved:
        run = view.run
        begun = answers_so_far(view, self._words) or filling.asked or filling.given or run.kept or run.parked
        if not begun and view.status is RunStatus.WAITING:
            self._paper.note(NO_FIRST)
        elif self._confirms(CONFIRMED["restart"]):
            await self._engine.restart(view)
            return Moved.PAGE
        else:
            self._paper.note(NOT_RESTARTED)
        return Moved.STAYS

    async def _cancel(self, view: RunView, argument: str) -> Moved:
        undoes = argument.lower() in ("undo", self._words.say(UNDO).lower())
        undone = sentence("This ends it for good and undoes what was done so far. Are you sure?")
        if argument and not undoes:
            self._paper.wrong(sentence("Type :cancel, or :cancel undo to undo what was done so far as well."))
        elif self._confirms(undone if undoes else CONFIRMED["cancel"]):
            await self._engine.cancel(view, undo=undoes)
        else:
            self._paper.note(NOT_CANCELLED)
        return Moved.STAYS

    def _confirms(self, question: Sentence) -> bool:
        self._paper.note(question)
        self._paper.note(sentence("Type yes to confirm"))
        line = self._reader.line()
        return isinstance(line, str) and alike(line) in yes_and_no(self._words.language)[0]

    def _list_answers(self, view: RunView, *, in_full: bool) -> None:
        items = answers_so_far(view, self._words)
        if not items:
            self._paper.note(NOTHING_YET)
        self._paper.answers(view, items, in_full=in_full)
        if view.keeps_answers:
            self._paper.note(LATER)
