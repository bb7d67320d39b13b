"""The terminal channel: a run as a conversation, one question after another.

Every answer is stored as soon as it is given (a form keeps its parts), so a conversation can be left
at any moment, by `:quit`, Ctrl-C or the end of a pipe, and goes on in this channel or another.
What is printed is wizard.channels.terminal.printing's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any

from wizard.channels.conversation.matching import exact_choice
from wizard.channels.conversation.questions import (
    ENGLISH,
    MOVING,
    Command,
    Filling,
    meaning,
    offered,
    without_unfit,
)
from wizard.channels.conversation.typed import Corrected, changed, corrected
from wizard.channels.conversation.wording import CLEARER
from wizard.channels.terminal.console import Console
from wizard.channels.terminal.obeying import Moved, Obeying, Returned
from wizard.channels.terminal.printing import Paper
from wizard.channels.terminal.reading import Left, Reader, finished, value_of
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.engine.work import Work, pauses, seems_stuck, work_of
from wizard.errors import CallerError, InvalidInput, RunCancelled, RunExpired, StaleInput, WorkflowNotFound
from wizard.forms.fields import type_of
from wizard.locale.sentences import sentence
from wizard.locale.words import Words, words_in
from wizard.model import Prompt, PromptField, RunStatus, Topic, Value

GOES_ON = (RunStatus.CREATED, RunStatus.WAITING, RunStatus.WORKING, RunStatus.FAILED)
REWORDED = (date, time, int, Decimal)  # whose answers in words are told as they were understood
UNSAID = sentence("This answer can't be accepted.")
LOOK = 0.3  # seconds between two looks at work that is under way


class Ending(Enum):
    """How a conversation ended: with the run, left for another time, or because the run can't go on."""

    COMPLETED = "completed"
    LEFT = "left"
    OVER = "over"


class Conversation:
    """One person's conversation about one run. `hold` returns when it ends. The person is told whether answers are kept
    when they leave: `kept`. With the run's `token`, where it is known, they get codes that take it elsewhere. Where it
    helps aside in another one, `around` are the topics of that."""

    def __init__(
        self,
        engine: Engine,
        console: Console,
        *,
        kept: bool = True,
        around: Sequence[Topic] | None = None,
        token: str | None = None,
    ) -> None:
        self._engine = engine
        self._console = console
        self._kept, self._around, self._token = kept, around, token if kept else None
        self._speaks(ENGLISH)
        self._shown: tuple[str, str, str] | None = None  # the page whose heading and text were printed last
        self._asked: str | None = None  # the question that was printed last
        self._filling = Filling()
        self._tries: dict[str, int] = {}  # answers of this page that weren't taken, by field

    @property
    def asked(self) -> str | None:
        """The field whose question stands there; None where a page asks nothing."""
        return self._asked

    def _speaks(self, words: Words) -> None:
        self._words = words
        self._paper = Paper(self._console, words)
        self._reader = Reader(self._console, words)
        self._obeying = Obeying(self._engine, self._paper, self._reader, words, around=self._around, token=self._token)

    async def helps(self, view: RunView) -> Command | Topic | None:
        """Asks in a run that helps aside, until that ends or the person returns to the question they come from: with
        what they want there, None for nothing. Raises Left, after which the run is over as well."""
        self._speaks(words_in(view.workflow.language))
        try:
            while view.status in GOES_ON:
                await self._turn_safely(view)
        except (RunExpired, RunCancelled):
            return None
        except Returned as returned:
            await self._engine.cancel(view)
            return returned.wanted
        except (Left, KeyboardInterrupt):
            await self._engine.cancel(view)
            raise
        self._end(view)
        return None

    async def hold(self, view: RunView) -> Ending:
        """Asks until the run ends or the person leaves. Raises RunError for what no answer can mend."""
        self._speaks(words_in(view.workflow.language))
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
            await self._ask(view, prompt, without_unfit(asked, view))

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
        if isinstance(line, Command) and line.name in ("go on", "retry"):
            await self._hand_in(view, prompt)
        elif isinstance(line, Command):
            await self._obey(view, prompt, line)
        elif (topic := self._obeying.topic_in(line, view)) is not None:
            await self._help(view, topic)
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
            if line.name == "keep" and offered(asked, self._words):
                await self._give(view, prompt, asked, meaning(asked, ""))
                return
            if self._filling.lines and line.name in MOVING:
                await self._give(view, prompt, asked, finished(self._filling.lines))
            await self._obey(view, prompt, line, asked)
            return
        topic = None if exact_choice(asked, line) else self._obeying.topic_in(line, view)
        if topic is not None:
            await self._help(view, topic)
            return
        try:
            value = await value_of(asked, line, view)
        except InvalidInput as error:
            self._paper.wrong(error.people)
            return
        if isinstance(value, str) and line.strip() and value != line and type_of(asked).value_type in REWORDED:
            self._paper.note(sentence("Understood: {answer}", answer=value))
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
        if isinstance(value, str) and view.rejected is not None and await self._corrects(view, value):
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

    async def _corrects(self, view: RunView, line: str) -> bool:
        """Whether a line that is no answer corrects an earlier one in words."""
        refused = view.rejected
        await self._engine.load(view)
        correction = corrected(view, line)
        if correction is None:
            view.rejected = refused
            return False
        await self._correct(view, correction)
        return True

    async def _correct(self, view: RunView, correction: Corrected) -> None:
        """Answers an earlier question anew. The run returns to where it was."""
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
        if command.name == "change" and (correction := changed(view, command.argument)) is not None:
            await self._correct(view, correction)
            return
        obeyed = await self._obeying.obey(view, command, self._filling, asked)
        if isinstance(obeyed, Topic):
            await self._help(view, obeyed)
        elif obeyed is Moved.PAGE:
            self._shown = None

    async def _help(self, view: RunView, topic: Topic) -> None:
        """Answers what is asked beside the questions, by a text or by a run of its own; then the question comes again.
        A run that helps aside is left for another one of the workflow around it. Raises Returned there."""
        self._asked = None
        if not topic.workflow:
            self._paper.text(topic.answer)
        elif self._around is None:
            await self._help_aside(view, topic)
        elif topic in self._around:
            raise Returned(topic)
        else:
            await self._obey(view, view.current, Command("help", topic.asked[0] if topic.asked else ""))

    async def _help_aside(self, view: RunView, topic: Topic) -> None:
        """Has it answered by a run of its own, and then what is wanted after that."""
        wanted: Command | Topic | None = topic
        while isinstance(wanted, Topic):
            wanted = await self._run_aside(view, wanted)
        if wanted is not None:
            await self._obey(view, view.current, wanted)

    async def _run_aside(self, view: RunView, topic: Topic) -> Command | Topic | None:
        """What is wanted after it. Where that can't be started, what can be typed is told."""
        owners: dict[str, Any] = {"profile_id": view.run.profile_id, "session_id": view.run.session_id}
        try:
            aside = await self._engine.start(topic.workflow, **owners)
        except (WorkflowNotFound, InvalidInput):
            self._paper.help([other for other in view.workflow.help if other.asked])
            return None
        wanted = await Conversation(self._engine, self._console, around=view.workflow.help).helps(aside)
        self._shown = None
        await self._engine.load(view)
        return wanted

    # -- printing ------------------------------------------------------------------------------------

    def _introduce(self, view: RunView, prompt: Prompt) -> None:
        """Shows a page, once."""
        page = (prompt.step, prompt.title, prompt.text)
        if page == self._shown:
            return
        self._shown, self._asked = page, None
        self._filling, self._tries = Filling.begun(prompt), {}
        self._paper.page(view, prompt)

    def _question(self, asked: PromptField) -> None:
        self._asked = asked.name
        self._paper.question(asked, self._filling.lines, self._filling.errors.pop(asked.name, None))
