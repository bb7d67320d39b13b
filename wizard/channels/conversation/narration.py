"""What a turn says in a conversation (wizard.engine.narration): its Narrator. A pure function of the run before and
after, what the conversation remembers, and what was said.

What is said, in order: what comes aside (help, what went wrong), the pages that nothing is asked on, the heading of a
new page, and what is asked now. A turn that somebody else took says only what is asked now, where that is something
else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from wizard.channels.conversation import wording
from wizard.channels.conversation.commands import first_way
from wizard.channels.conversation.dialogue import Dialogue
from wizard.channels.conversation.echoing import changed_text, understood_text
from wizard.channels.conversation.meanings import Answer, Aside, Back, Begin, Change, GoOn, Heard, Incoming, Remove
from wizard.channels.conversation.order import (
    come_to,
    left_out,
    next_question,
    passes_by,
    silent_answers,
    tries_of,
    without_asking,
)
from wizard.channels.conversation.path import told_of_others, told_of_path
from wizard.channels.conversation.replies import WITH_A_PERSON
from wizard.channels.conversation.rich import joined, stored_looks
from wizard.channels.conversation.wording import Question, field_asked, mark_of, question_of, words_of
from wizard.engine.narration import Backward, Forward, Further, GiveUp, Order, Said, Told
from wizard.engine.view import RunView
from wizard.errors import WizardError
from wizard.expressions.prose import plain
from wizard.forms.refusals import Ambiguous
from wizard.locale.sentences import sentence
from wizard.model import ENDED, NOTHING, Prompt, PromptField, Run, RunStatus
from wizard.model.job import JobKind
from wizard.model.talk import Expected, Speaker, Utterance, own_id

MOST_CHANNELS = 8  # that one conversation is delivered to; another takes the place of the first
UNSAID = sentence("This answer can't be accepted.")


class Line(NamedTuple):
    """One message of the engine's, before it has a number."""

    text: str
    question: Question | None = None


class Narration:
    """See wizard.engine.narration.Narrator."""

    def goes_on(self, view: RunView, said: Said | None) -> Further | None:
        heard: Heard | None = None if said is None else said.meant
        if view.status is not RunStatus.WAITING:
            return None
        dialogue = Dialogue.of(view.run.conversation)
        if view.rejected is not None:
            limit = view.after_tries
            tried = max(tries_of(dialogue, view, heard).values(), default=0)
            return GiveUp() if limit is not None and tried >= limit else None
        if passes_by(view.current):
            back = heard is not None and heard.meaning == Back()
            if back and view.has_previous:
                return Backward()
            return Forward(silent_answers(view.current) if view.current.in_parts else NOTHING)
        return _handed_in(view, dialogue, heard)

    def tells(self, before: Run, after: RunView, said: Said | None, *, on_the_way: bool) -> Told:
        heard: Heard | None = None if said is None else said.meant
        return _Telling(before, after, heard).told(on_the_way=on_the_way)

    def moved(self, before: RunView, after: RunView) -> Told:
        was = Dialogue.of(before.run.conversation)
        return _Telling(after.run, after, None).moved(question_of(before, was), was.last)


def _handed_in(view: RunView, dialogue: Dialogue, heard: Heard | None) -> Forward | None:
    """The answers of a form whose last question was answered now, or the one that a page was opened for."""
    if heard is not None and isinstance(heard.meaning, Change) and heard.meaning.opens:
        meaning = heard.meaning
        given = any(field.answered for field in view.current.fields if field.name == meaning.name)
        return None if given or view.step != meaning.step else Forward({meaning.name: meaning.value}, part=True)
    if heard is None or not isinstance(heard.meaning, Answer) or dialogue.visit != view.visit:
        return None
    prompt = view.current
    if not prompt.in_parts or next_question(prompt, without_asking(dialogue, heard.meaning.name)) is not None:
        return None
    return Forward(view.with_kept(view.step, {**silent_answers(prompt), **left_out(prompt, dialogue, heard.meaning)}))


class _Telling:
    def __init__(self, before: Run, after: RunView, heard: Heard | None) -> None:
        self.before, self.view, self.heard = before, after, heard
        self.was = Dialogue.of(before.conversation)
        self.now = self.was
        if heard is not None and isinstance(heard.meaning, Begin) and heard.meaning.language:
            self.now = replace(self.now, language=heard.meaning.language)
        if heard is not None and isinstance(heard.meaning, Begin) and heard.meaning.channel:
            others = tuple(other for other in self.now.channels if other != heard.meaning.channel)
            self.now = replace(self.now, channels=(*others, heard.meaning.channel)[-MOST_CHANNELS:])
        if heard is not None and isinstance(heard.meaning, Begin) and heard.meaning.within:
            self.now = replace(self.now, within=True)
        self.words = words_of(after, self.now)

    def told(self, *, on_the_way: bool) -> Told:
        said: list[Utterance] = []
        if self.heard is not None and self.heard.incoming is not None:
            said.append(self._heard(self.heard, self.heard.incoming))
            about = 0 if self.heard.by_operator else said[0].number
            self.now = replace(self.now, last=said[0].number, about=about)
            if self.heard.by_operator:
                self.now = replace(self.now, spoke=said[0].number)
        said += self._numbered(self._lines_so_far() if on_the_way else self._lines(), self.now.about)
        if on_the_way:
            is_told = any(one.speaker is Speaker.ENGINE for one in said)
            return Told(tuple(said), self.now.stored, self._orders(said) if is_told else ())
        if self.view.status is not RunStatus.WORKING:
            self.now = replace(self.now, about=0)
        if self._has_other_agent:
            self.now = replace(self.now, spoke=self.now.last)
        return Told(tuple(said), self.now.stored, self._orders(said))

    def moved(self, asked: Question, last: int) -> Told:
        """What is said after the message `last`, in which `asked` was the question, where the run is on another
        version."""
        self.now = self.was = replace(self.was, last=last)
        said = self._numbered(self._asks_another(asked), 0)
        return Told(tuple(said), self.now.stored, self._orders(said))

    def _numbered(self, lines: Iterator[Line | Utterance], about: int) -> list[Utterance]:
        said = []
        for line in lines:
            number = self.now.last + 1
            said.append(self._own(line, number, about))
            self.now = replace(self.now, last=number)
        if any(one.speaker is Speaker.ENGINE and one.choices for one in said):
            self.now = replace(self.now, bound=True)
        return said

    def _orders(self, said: list[Utterance]) -> tuple[Order, ...]:
        """A job for each channel, whose key has the number of the last message: a later one doesn't take its place, and
        so not the pause either that a channel asked for."""
        orders = [
            Order(JobKind.DELIVER, self.now.last * MOST_CHANNELS + place, {"to": channel})
            for place, channel in enumerate(self.now.channels if said else ())
        ]
        if self._has_other_agent:
            orders.append(Order(JobKind.ATTEND, 0))
        if self.heard is None and self.was.digression and not self.now.digression:  # else who heard it ends that
            orders.append(Order(JobKind.LEAVE, self.now.last, {"run": self.was.digression}))
        return tuple(orders)

    @property
    def _has_other_agent(self) -> bool:
        return (self.now.agent, self.now.operator) != (self.was.agent, self.was.operator)

    def _own(self, line: Line | Utterance, number: int, about: int) -> Utterance:
        at = self.view.run.updated_at
        if isinstance(line, Utterance):
            return replace(line, number=number, id=own_id(number), at=at, about=about)
        question = line.question
        offers, expects = (
            ((), None) if question is None else (question.choices(mark_of(self.view, self.now)), question.expects)
        )
        looks = stored_looks(line.text)
        return Utterance(number, own_id(number), Speaker.ENGINE, plain(line.text), at, offers, expects, about, looks)

    def _heard(self, heard: Heard, incoming: Incoming) -> Utterance:
        """What was said, without passwords: those are never shown again."""
        asked = None if heard.by_operator else self._asked_before
        answered = asked is not None and isinstance(heard.meaning, Answer) and heard.meaning.name == asked.name
        expects = Expected(asked.type, asked.name, self._step_before) if answered and asked is not None else None
        if isinstance(heard.meaning, Change) and heard.meaning.gives:
            expects = Expected("", heard.meaning.name, heard.meaning.step)
        return Utterance(
            self.was.last + 1,
            incoming.id,
            Speaker.OPERATOR if heard.by_operator else Speaker.PERSON,
            heard.kept_text,
            self.view.run.updated_at,
            expects=expects,
            details=incoming.details,
        )

    @cached_property
    def _view_before(self) -> RunView:
        return RunView(self.view.workflow, self.before, self.view.now)

    @property
    def _step_before(self) -> str:
        return self._view_before.step

    @cached_property
    def _asked_before(self) -> PromptField | None:
        if self.before.revision == 0 and not self.before.steps:
            return None
        with suppress(WizardError):
            return field_asked(self._view_before, self.was)
        return None

    # -- what is said ----------------------------------------------------------------------------------

    def _lines(self) -> Iterator[Line | Utterance]:
        view, heard = self.view, self.heard
        if heard is not None and heard.by_operator:
            return
        meaning = None if heard is None else heard.meaning
        if isinstance(meaning, Aside):
            self.now = replace(meaning.dialogue, last=self.now.last, about=self.now.about, spoke=self.now.spoke)
            if meaning.silent:
                return
            yield from (Line(text) for text in meaning.texts if text)
            yield from meaning.relayed
            if meaning.dialogue.digression and meaning.relayed:
                return
        if isinstance(meaning, Begin):
            yield from self._greeting()
        yield from (Line(text) for text in self._understood() if text)
        if self.now.agent != "speaks":  # somebody writes there already
            yield from (Line(text) for text in view.remarks)
        yield from self._came_past()
        if view.status in ENDED:
            if heard is not None or self._has_ended:
                yield from self._ended()
            return
        yield from self._asks_now()

    def _lines_so_far(self) -> Iterator[Line]:
        """What is told before work begins whose process may die: the rest of the turn doesn't see it any more."""
        if self.heard is not None and isinstance(self.heard.meaning, Begin):
            yield from self._greeting()
        yield from (Line(text) for text in self._understood() if text)
        yield from self._came_past()

    def _understood(self) -> Iterator[str]:
        """What an answer in words was taken for, and what was changed."""
        heard, asked = self.heard, self._asked_before
        incoming = None if heard is None else heard.incoming
        if heard is None or incoming is None or self.view.rejected is not None:
            return
        if not (incoming.text or incoming.files or self.was.which):
            return
        match heard.meaning:
            case Change(step, name, gives=True):
                answered = self._answered_now(step, name)
                yield "" if answered is None else changed_text(answered, self.words)
            case Answer(name) if name:
                answered = self._answered_now(self._step_before, name)
                if answered is None or self._is_led_out:
                    return
                if asked is None or asked.name != name:
                    yield changed_text(answered, self.words)
                else:
                    yield understood_text(answered, incoming.text, self.words)

    @property
    def _is_led_out(self) -> bool:
        """Whether the step was left without the answer, after too many tries."""
        step = self.view.run.by_path.get(self._step_before)
        return step is not None and step.is_done and step.answer is None

    def _answered_now(self, step: str, name: str) -> PromptField | None:
        """A question with the answer that it has now."""
        with suppress(WizardError):
            page = self.view.current if step == self.view.step else self.view.prompt_of_page(step)
            return next((field for field in (() if page is None else page.fields) if field.name == name), None)
        return None

    def _greeting(self) -> Iterator[Line]:
        """To who begins, and to who comes back."""
        if not self.before.steps and not self.was.last:
            if text := joined("\n\n", (self.view.workflow.text,)):
                yield Line(text)
        elif self.now.agent == "speaks":
            yield Line(self.words.say(WITH_A_PERSON))
        elif self.before.answered and self.view.status is RunStatus.WAITING:
            restart = first_way("restart", self.words.language)
            again = sentence("Let’s pick up where you left off. Type “{restart}” to begin again.", restart=restart)
            yield Line(self.words.say(again))

    def _came_past(self) -> Iterator[Line]:
        return (Line(text) for text in told_of_path(self._view_before, self.view, self.was.visit, self.words))

    def _ended(self) -> Iterator[Line]:
        view, meaning = self.view, None if self.heard is None else self.heard.meaning
        now = self.now if isinstance(meaning, Aside) else self.now.without_doubt()
        self.now = replace(now.returned(), visit=view.visit, name="", asked=(), given={}, tries={}, doubt=())
        if self._has_ended:  # nobody has to look after it any more
            self.now = replace(self.now, agent="", operator="")
        if view.status is RunStatus.COMPLETED:
            is_come_to = self._has_ended or not (meaning is None or isinstance(meaning, Aside))
            if is_come_to:
                yield Line(wording.end_text(view, self.words))
            elif self.now.confirms or self.now.which:
                question = question_of(view, self.now)
                yield Line(question.text, question)
        else:
            told, begins = wording.over_text(view, self.words), isinstance(meaning, Begin)
            if begins or (self._has_ended and not self.was.over):
                yield Line(told)
            is_told = self._has_ended or begins or (isinstance(meaning, Aside) and told in meaning.texts)
            self.now = replace(self.now, over=self.now.over or is_told)  # who wrote may be told before it is stored

    @property
    def _has_ended(self) -> bool:
        """Whether this turn ended it: one whose time is over is told so once, when that is stored."""
        return self.before.status is not self.view.run.status

    def _asks_now(self) -> Iterator[Line]:
        view, was = self.view, self.was
        new_page = was.visit != view.visit or not was.last
        self._follow(new_page=new_page)
        with_error = self._refused()
        moved = new_page or self.before.status is not view.status
        if self.heard is None and not moved and (was.name, was.doubted) == (self.now.name, self.now.doubted):
            if not view.remarks:  # what was asked back stays open: nothing else is asked now
                self.now = self.now.with_doubt_of(was)
                return
        elif self._is_moved_elsewhere and (told := told_of_others(self._view_before, view, was.visit)) is not None:
            yield Line(self.words.say(told))
        if self.now.agent == "speaks":
            return
        begins = self.heard is not None and isinstance(self.heard.meaning, Begin | Remove)  # the page is shown anew
        if new_page or begins:
            yield from self._heading()
        question = question_of(self._as_kept, self.now)
        text = joined("\n\n", (with_error, question.text))
        if text:
            self.now = self.now.returned()
            yield Line(text, question)

    @property
    def _as_kept(self) -> RunView:
        """The run with the answers that it has, where one was refused that the page shows in its place."""
        view = self.view
        is_refused = view.rejected is not None and bool(self.now.name) and view.current.in_parts
        return RunView(view.workflow, view.run, view.now) if is_refused else view

    def _heading(self) -> Iterator[Line]:
        view, asks = self.view, bool(self.now.name)
        if view.status is RunStatus.WAITING and (text := wording.heading_text(view.current, asks=asks)):
            yield Line(text)

    def _asks_another(self, asked: Question) -> Iterator[Line | Utterance]:
        """What the run asks on another version, unless it asked that before in the same words."""
        view, new_page = self.view, self.was.visit != self.view.visit
        self._follow(new_page=new_page)
        question = question_of(view, self.now)
        is_asked = not new_page and (question.text, question.offers) == (asked.text, asked.offers)
        if is_asked or self.now.agent == "speaks":
            return
        if new_page:
            yield from self._heading()
        if text := joined("\n\n", (self._refused(), question.text)):
            self.now = self.now.returned()
            yield Line(text, question)

    @property
    def _is_moved_elsewhere(self) -> bool:
        """Whether somebody moved what was asked here on another channel: not where work came to its end."""
        waited = bool(self.was.name) and self.before.status is RunStatus.WAITING
        return self.heard is None and waited and not self.now.about and not self.view.remarks

    def _follow(self, *, new_page: bool) -> None:
        """Which question is asked now."""
        view, meaning = self.view, None if self.heard is None else self.heard.meaning
        if meaning is not None and not isinstance(meaning, Aside):
            self.now = self.now.without_doubt()
        if view.status is not RunStatus.WAITING:
            self.now = replace(self.now, visit=view.visit, name="", doubt=())
            return
        prompt = view.current
        if new_page:
            step = view.run.current
            was_answered = step is not None and step.answer is not None
            come = meaning if was_answered or not isinstance(meaning, Back) else None
            self.now = replace(
                self.now, visit=view.visit, given={}, doubted=(), tries={}, asked=come_to(prompt, come)
            ).without_doubt()
        elif isinstance(meaning, Answer) and view.rejected is None:
            self.now = without_asking(self.now, meaning.name)
            given = {**self.now.given, meaning.name: meaning.value}
            self.now = replace(self.now, given=left_out(prompt, self.now, meaning) if prompt.in_parts else given)
        elif isinstance(meaning, GoOn | Begin) or self.heard is None:
            self.now = replace(self.now.without_doubt(), asked=self.now.asked or come_to(prompt, None))
        keeps_name = isinstance(meaning, Aside) and self.now.name and not new_page
        if not keeps_name:
            asked = next_question(prompt, self.now)
            if asked is None and self._has_questions(prompt):  # all were, and it isn't gone on: from the first
                self.now = replace(self.now, asked=(), given={})
                asked = next_question(prompt, self.now)
            self.now = replace(self.now, name="" if asked is None else asked.name)

    def _has_questions(self, prompt: Prompt) -> bool:
        return next_question(prompt, replace(self.now, asked=())) is not None

    def _refused(self) -> str:
        """What is wrong with what was said, and which question it is; "" where nothing is."""
        view, rejected = self.view, self.view.rejected
        if rejected is None:
            return self._fault()
        tries = tries_of(self.was, view, self.heard)
        errors = {field.name: field.error for field in rejected.fields if field.error is not None}
        names = [*errors] or [field.name for field in self.now.filling.fields(view.current)]
        asked = tuple(name for name in (*self.now.asked, *self._taken_before(errors)) if name not in names)
        given = {name: value for name, value in self.now.given.items() if name not in errors}
        doubted = tuple(dict.fromkeys((*self.now.doubted, *errors)))
        self.now = replace(self.now, asked=asked, given=given, doubted=doubted, tries=tries)
        first = next_question(view.current, self.now)
        self.now = replace(self.now, name="" if first is None else first.name)
        error = (errors.get(first.name) if first is not None else None) or rejected.error
        self.now = replace(self.now, doubt=error.ways if isinstance(error, Ambiguous) else ())
        if self.now.doubt:
            return ""
        error = error or next(iter(errors.values()), None) or self.words.say(UNSAID)
        return wording.refusal_text(first, error, tries.get(self.now.name, 0), view, self.words)

    def _taken_before(self, errors: Mapping[str, str]) -> tuple[str, ...]:
        """The answer that was taken, before a form was handed in and refused because of others."""
        meaning = None if self.heard is None else self.heard.meaning
        return (meaning.name,) if isinstance(meaning, Answer) and errors and self.view.current.in_parts else ()

    def _fault(self) -> str:
        """What stopped the run and brought it back to this page: told once, and to who comes back to it; "" where the
        page has no questions, and says it itself."""
        if not self.now.name:
            return ""
        view, begins = self.view, self.heard is not None and isinstance(self.heard.meaning, Begin)
        is_news = begins or view.fault != self.before.fault or self.was.visit != view.visit
        return (view.current.error or "") if is_news and view.fault and view.status is RunStatus.WAITING else ""
