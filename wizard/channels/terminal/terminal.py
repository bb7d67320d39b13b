"""The terminal channel: a run as a conversation, one question after another.

Every answer is stored as soon as it is given (a form keeps its parts), so a conversation can be left
at any moment, by `:quit`, Ctrl-C or the end of a pipe, and goes on in this channel or another.
What is printed is wizard.channels.terminal.printing's.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from enum import Enum

from wizard.channels.conversation.questions import (
    ENGLISH,
    MOVING,
    UNDO,
    Command,
    Filling,
    clean,
    grouped,
    may_be_kept,
    numbered,
)
from wizard.channels.conversation.typed import corrected, page_called
from wizard.channels.conversation.wording import CLEARER
from wizard.channels.terminal.console import Console
from wizard.channels.terminal.printing import Paper
from wizard.channels.terminal.reading import Left, Reader, finished, value_of
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.engine.work import Work, pauses, seems_stuck, work_of
from wizard.errors import CallerError, InvalidInput, RunCancelled, RunExpired, StaleInput
from wizard.forms.characters import alike
from wizard.forms.fields import type_of
from wizard.forms.types.choices import yes_and_no
from wizard.locale.sentences import sentence
from wizard.locale.words import words_in
from wizard.model import Prompt, PromptField, RunStatus, Value

GOES_ON = (RunStatus.CREATED, RunStatus.WAITING, RunStatus.WORKING, RunStatus.FAILED)
UNSAID = sentence("This answer can't be accepted.")
LOOK = 0.3  # seconds between two looks at work that is under way


class Ending(Enum):
    """How a conversation ended: with the run, left for another time, or because the run can't go on."""

    COMPLETED = "completed"
    LEFT = "left"
    OVER = "over"


class Conversation:
    """One person's conversation about one run. `hold` returns when it ends. The person is told whether answers are kept
    when they leave: `kept`."""

    def __init__(self, engine: Engine, console: Console, *, kept: bool = True) -> None:
        self._engine = engine
        self._console = console
        self._kept = kept
        self._words = ENGLISH
        self._paper = Paper(console, ENGLISH)
        self._reader = Reader(console, ENGLISH)
        self._shown: tuple[str, str, str] | None = None  # the page whose heading and text were printed last
        self._asked: str | None = None  # the question that was printed last
        self._filling = Filling()
        self._tries: dict[str, int] = {}  # answers of this page that weren't taken, by field

    @property
    def asked(self) -> str | None:
        """The field whose question stands there; None where a page asks nothing."""
        return self._asked

    async def hold(self, view: RunView) -> Ending:
        """Asks until the run ends or the person leaves. Raises RunError for what no answer can mend."""
        self._words = words_in(view.workflow.language)
        self._paper = Paper(self._console, self._words)
        self._reader = Reader(self._console, self._words)
        self._paper.cover(view.workflow, kept=self._kept)
        try:
            if view.status in (RunStatus.CREATED, RunStatus.WORKING):
                with suppress(StaleInput):  # it is being worked on
                    await self._engine.next(view)
            elif view.status is RunStatus.COMPLETED and view.has_previous:
                await self._offer_reopening(view)
            while view.status in GOES_ON:
                await self._turn_safely(view)
        except (Left, KeyboardInterrupt):
            return Ending.LEFT
        except (RunExpired, RunCancelled) as error:
            self._paper.wrong(error.people)
            return Ending.OVER
        return self._end(view)

    # -- turns -------------------------------------------------------------------------------------

    async def _turn_safely(self, view: RunView) -> None:
        try:
            await self._turn(view)
        except (RunExpired, RunCancelled):
            raise
        except StaleInput as error:
            self._paper.wrong(error.people)
            await self._engine.load(view)
            self._shown = None
        except CallerError as error:
            self._paper.wrong(error.people)
            self._asked = None

    async def _turn(self, view: RunView) -> None:
        """One question and what follows from its answer."""
        prompt = view.current
        self._introduce(view, prompt)
        if view.status is RunStatus.WORKING and not seems_stuck(view):
            await self._watch(view, prompt)
            return
        if not self._filling.fields(prompt):
            await self._pause(view, prompt)
            return
        asked = self._filling.next(prompt)
        if asked is None:
            await self._hand_in(view, prompt)
        elif self._filling.silent(asked):
            await self._give(view, prompt, asked, "" if asked.value is None else asked.value)
        else:
            await self._ask(view, prompt, asked)

    async def _watch(self, view: RunView, prompt: Prompt) -> None:
        """Says how far the work is until it is done, or somebody types what to do instead."""
        back = sentence("It continues by itself. Type :back or :cancel, or leave with :quit and come back later")
        no_back = sentence("It continues by itself. Type :cancel, or leave with :quit and come back later")
        self._paper.note(back if view.has_previous else no_back)
        visit = view.visit
        told = Work() if pauses(view) else None
        while view.visit == visit and (work := work_of(view)) is not None and not seems_stuck(view):
            if work != told:
                self._paper.work(work)
                told = work
            if self._console.has_typed() or (pauses(view) and self._reader.leads_away()):
                line = self._reader.line()
                if isinstance(line, Command):
                    await self._obey(view, prompt, line)
                    return
                self._paper.wrong(sentence("There is nothing to answer here. Wait, or type :help."))
            await asyncio.sleep(LOOK)
            await self._engine.load(view)

    async def _pause(self, view: RunView, prompt: Prompt) -> None:
        """A page without questions: Enter goes on."""
        failed = view.status in (RunStatus.FAILED, RunStatus.WORKING)
        if failed:
            back = sentence("Press Enter to try again, or type :back")
            self._paper.note(back if view.has_previous else sentence("Press Enter to try again"))
        elif prompt.submit:
            self._paper.note(sentence("Press Enter to go on ({button})", button=prompt.submit))
        else:
            self._paper.note(sentence("Press Enter to go on"))
        line = self._reader.line()
        if isinstance(line, Command):
            await self._obey(view, prompt, line)
        elif line.strip():
            self._paper.wrong(sentence("There is nothing to answer here. Press Enter, or type :help."))
        else:
            await self._hand_in(view, prompt)

    async def _ask(self, view: RunView, prompt: Prompt, asked: PromptField) -> None:
        if self._asked != asked.name or asked.name in self._filling.errors:
            self._question(asked)
        line = self._reader.text(self._filling.lines) if type_of(asked).has_lines else self._reader.line(asked)
        if isinstance(line, Command):
            if line.name == "skip" and asked.required:
                self._paper.wrong(sentence("This question needs an answer."))
                return
            if line.name in ("clear", "skip"):
                self._filling.lines.clear()
                await self._give(view, prompt, asked, None)
                return
            if self._filling.lines and line.name in MOVING:
                await self._give(view, prompt, asked, finished(self._filling.lines))
            await self._obey(view, prompt, line, asked)
            return
        try:
            value = await value_of(asked, line)
        except InvalidInput as error:
            self._paper.wrong(error.people)
            return
        await self._give(view, prompt, asked, value)

    async def _count_tries(self, view: RunView, asked: PromptField) -> bool:
        """Says more the second time that an answer isn't taken. True where the definition leads on after so many."""
        tries = self._tries[asked.name] = self._tries.get(asked.name, 0) + 1
        if view.after_tries is not None and tries >= view.after_tries:
            await self._engine.give_up(view, view.step)
            self._shown = None
            return True
        example = type_of(asked).example(asked, self._words.language) if tries == CLEARER else ""
        if example:
            self._paper.note(sentence("For example: {example}", example=example))
        return False

    async def _give(self, view: RunView, prompt: Prompt, asked: PromptField, value: Value) -> None:
        """Stores the answer to one question, or keeps it until the step takes all at once."""
        if not prompt.in_parts:
            self._filling.given[asked.name] = value
            self._filling.asked.add(asked.name)
            return
        await self._engine.next(view, {asked.name: value}, partial=True)
        if view.rejected is None and view.fault is None:
            self._filling.asked.add(asked.name)
            return
        if isinstance(value, str) and view.rejected is not None and await self._correct(view, value):
            return
        answered = view.rejected or view.current
        errors = {field.name: field.error for field in answered.fields}
        self._filling.doubted.add(asked.name)
        message = errors.get(asked.name) or answered.error or self._words.say(UNSAID)
        if self._asked == asked.name:
            self._paper.wrong(message)
        else:
            self._filling.errors[asked.name] = message
        await self._engine.load(view)
        await self._count_tries(view, asked)

    async def _correct(self, view: RunView, line: str) -> bool:
        """Whether a line that is no answer corrects an earlier one in words. The run returns to where it was."""
        refused = view.rejected
        await self._engine.load(view)
        correction = corrected(view, line)
        if correction is None:
            view.rejected = refused
            return False
        step, name, value = correction
        if step == view.step:
            await self._engine.next(view, {name: value}, partial=True)
        else:
            await self._engine.change(view, step, {name: value}, keep=True)
        if view.rejected is not None:
            told = next((field.error for field in view.rejected.fields if field.error), view.rejected.error)
            self._paper.wrong(told or self._words.say(UNSAID))
            await self._engine.load(view)
        else:
            self._paper.note(sentence("Changed. Now back to your question."))
        self._asked = None
        return True

    async def _hand_in(self, view: RunView, prompt: Prompt) -> None:
        """All questions of the step are answered: the run goes on, or says why it doesn't."""
        parts = prompt.in_parts and bool(prompt.fields)
        await self._engine.next(view, {} if parts else dict(self._filling.given), partial=parts)
        if view.rejected is not None:
            if view.rejected.error:
                self._paper.wrong(view.rejected.error)
            self._filling.refused(view.rejected)
            self._say_errors()
            await self._engine.load(view)
        else:
            self._shown = None

    def _say_errors(self) -> None:
        """At once, if they are about the question that stands there; else when their questions are put again."""
        errors = self._filling.errors
        if self._asked is not None and list(errors) == [self._asked]:
            self._paper.wrong(errors.pop(self._asked))
        else:
            self._asked = None

    def _end(self, view: RunView) -> Ending:
        if view.status is not RunStatus.COMPLETED:
            expired = view.status is RunStatus.EXPIRED
            self._paper.wrong(RunExpired.people if expired else RunCancelled.people)
            return Ending.OVER
        if view.current.ends:
            self._introduce(view, view.current)
        else:
            self._paper.done(view.workflow)
        return Ending.COMPLETED

    async def _offer_reopening(self, view: RunView) -> None:
        self._introduce(view, view.current)
        while view.status is RunStatus.COMPLETED:
            self._paper.note(sentence("This is complete. :change or :back opens it again, Enter leaves."))
            line = self._reader.line()
            if not isinstance(line, Command):
                return
            await self._obey(view, view.current, line)

    # -- commands ------------------------------------------------------------------------------------

    async def _obey(self, view: RunView, prompt: Prompt, command: Command, asked: PromptField | None = None) -> None:
        self._asked = None
        match command.name:
            case "back" | "restart":
                await (self._go_back(view, prompt) if command.name == "back" else self._restart(view))
            case "change":
                await self._change(view, command.argument)
            case "remove":
                await self._remove(view, prompt, command.argument)
            case "review":
                self._list_answers(view, in_full=True)
            case "again":
                self._filling.asked.clear()
                self._filling.lines.clear()
            case "list" if asked is not None and asked.choices:
                self._paper.choices(asked)
            case "list":
                self._paper.wrong(sentence("There are no choices to list here."))
            case "clear" | "skip":
                self._paper.wrong(sentence("There is no answer to clear here."))
            case "cancel":
                await self._cancel(view, command.argument)
            case "quit":
                raise Left
            case "help":
                self._paper.help()
            case _:
                name = clean(command.name)[:40]
                self._paper.wrong(
                    sentence(
                        "There is no command :{name}. See :help. A text that begins with a colon is typed ::{name}",
                        name=name,
                    )
                )

    async def _go_back(self, view: RunView, prompt: Prompt) -> None:
        kept = {name: value for name, value in self._filling.given.items() if may_be_kept(prompt, name)}
        before = view.step
        await self._engine.previous(view, draft=kept or None)
        if view.step == before:
            self._paper.wrong(sentence("This is the first page; there is nothing before it."))
        else:
            self._shown = None

    async def _change(self, view: RunView, argument: str) -> None:
        if not argument:
            self._list_answers(view, in_full=False)
            return
        steps = self._paper.numbered
        if steps is None:
            steps = [line.step for line in grouped(view.summary(), view)]
        step = numbered(argument, steps)
        if step is None and argument in view.run.by_path:
            step = argument
        if step is None:
            step = page_called(argument, view)
        if step is None:
            self._paper.wrong(sentence("There is no page with this number. Type :change to list the pages."))
            return
        await self._engine.change(view, step)
        self._shown = None

    async def _restart(self, view: RunView) -> None:
        first = next((page.step for page in grouped(view.summary(), view)), view.step)
        await self._engine.previous(view, to=first)
        self._shown = None

    async def _remove(self, view: RunView, prompt: Prompt, argument: str) -> None:
        items = [item.remove for item in prompt.items if item.remove is not None]
        if not items:
            self._paper.wrong(sentence("There is nothing to remove here."))
        elif (item := numbered(argument, items)) is None:
            self._paper.wrong(
                sentence("Type the number of the item to remove, 1 to {most}, as in :remove 1", most=len(items))
            )
        else:
            await self._engine.remove_item(view, item)
            self._shown = None

    async def _cancel(self, view: RunView, argument: str) -> None:
        undoes = argument.lower() in ("undo", self._words.say(UNDO).lower())
        if argument and not undoes:
            self._paper.wrong(sentence("Type :cancel, or :cancel undo to undo what was done so far as well."))
            return
        ends = sentence("This ends it for good, and you can't continue with your answers. Type yes to confirm")
        undone = sentence(
            "This ends it for good and undoes what was done so far, and you can't continue with your answers. "
            "Type yes to confirm"
        )
        self._paper.note(undone if undoes else ends)
        line = self._reader.line()
        if isinstance(line, str) and alike(line) in yes_and_no(self._words.language)[0]:
            await self._engine.cancel(view, undo=undoes)
        else:
            self._paper.note(sentence("Nothing was cancelled."))

    # -- printing ------------------------------------------------------------------------------------

    def _introduce(self, view: RunView, prompt: Prompt) -> None:
        """Shows a page, once."""
        page = (prompt.step, prompt.title, prompt.text)
        if page == self._shown:
            return
        self._shown, self._asked = page, None
        self._filling, self._tries = Filling.begun(prompt), {}
        self._paper.page(view, prompt)

    def _list_answers(self, view: RunView, *, in_full: bool) -> None:
        items = view.summary()
        if not items:
            self._paper.note(sentence("You haven't answered anything yet."))
        self._paper.answers(view, items, in_full=in_full)

    def _question(self, asked: PromptField) -> None:
        self._asked = asked.name
        self._paper.question(asked, self._filling.lines, self._filling.errors.pop(asked.name, None))
