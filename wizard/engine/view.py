"""What a caller sees of a run: the run state of the HTTP interface, as Python values.

A RunView is one caller's look at a run. It holds the frozen Run and what follows from it is
computed when it is asked for, so that a turn's cost doesn't grow with the run. Looking executes
nothing (S18).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from wizard.engine.answers import answers_of, outputs_of, shown_answers_of
from wizard.engine.asked_again import why_asked
from wizard.engine.visits import look, summarise
from wizard.errors import CallerError, Excuse, WizardError
from wizard.forms.fields import type_of
from wizard.locale.sentences import Sentence, sentence
from wizard.machine.arguments import check_texts
from wizard.machine.back import can_go_back, is_over, point_of_no_return
from wizard.machine.closing import words_of_closing
from wizard.machine.conflicts import mark_of
from wizard.machine.expiry import is_expired
from wizard.machine.failures import reference_of, said_to_people
from wizard.machine.remaining import last_pages, remaining
from wizard.machine.scope import Scope, on_path
from wizard.machine.stack import visit_of
from wizard.model import (
    Fault,
    Item,
    Kind,
    Prompt,
    PromptField,
    Report,
    Run,
    RunStatus,
    Step,
    Value,
    Workflow,
)
from wizard.model.copies import copied_prompt
from wizard.model.path import AFTER, Frame, Place, locate
from wizard.model.talk import Utterance
from wizard.telemetry.logs import failed, said_before

log = logging.getLogger("wizard.nodes")


class StepLine(NamedTuple):
    """A line of `path` or `kept`."""

    step: str
    type: str
    title: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Progress:
    """Foreground steps done, and still to come on the shortest and longest way (None: unbounded)."""

    done: int
    min: int
    max: int | None


UNAVAILABLE = sentence("This can't be shown or continued at the moment. None of your answers are lost.")

_STOPPED = (RunStatus.CANCELLED, RunStatus.EXPIRED)


class RunView:
    """A run as one caller sees it. `Engine` refreshes the view that it is handed at each call, so that
    `await engine.next(run, answers)` is followed by looking at the same `run`."""

    __slots__ = (
        *("_own", "_prompt", "_unfit", "late", "now", "rejected", "remarks"),
        *("report", "run", "said", "token", "until", "workflow"),
    )

    def __init__(
        self,
        workflow: Workflow,
        run: Run,
        now: datetime,
        prompt: Prompt | None = None,
        *,
        rejected: Prompt | None = None,
        remarks: tuple[str, ...] = (),
    ) -> None:
        self.workflow = workflow
        self.run = run
        self.now = now
        self._prompt = prompt
        self._own = False  # whether the prompt is a copy that no node has
        self._unfit: frozenset[str] | None = None  # None where nobody has asked yet
        self.rejected = (
            None if rejected is None else copied_prompt(rejected)
        )  # the last call's answers weren't accepted: their step's prompt, with errors
        self.remarks = remarks  # what a turn has to say beside what it shows, for conversations
        self.said: tuple[Utterance, ...] = ()  # what the call said in the conversation about the run
        self.token: str | None = None  # handed out once, by the call that created the run
        self.report: Report | None = None  # how far the work is that the run stands at, as its node said last
        self.until: datetime | None = None  # when a step that the call put off is due
        self.late = False  # what the call had worked for was in vain: the run was moved meanwhile

    def refresh(self, other: RunView) -> None:
        """Shows from now on what `other` shows."""
        self.workflow, self.run, self.now = other.workflow, other.run, other.now
        self._prompt, self._own, self.rejected = other._prompt, False, other.rejected
        self._unfit = None
        self.report, self.until, self.late = other.report, other.until, other.late

    @property
    def id(self) -> str:
        return self.run.id

    @property
    def revision(self) -> int:
        return self.run.revision

    @property
    def status(self) -> RunStatus:
        return RunStatus.EXPIRED if is_expired(self.run, self.now) else self.run.status

    @property
    def step(self) -> str:
        """The current step's path; before the first Next the start node's id."""
        current = self.run.current
        return self.workflow.start if current is None else current.path

    @property
    def current(self) -> Prompt:
        """What the current step asks. Its `error` is the run's fault where there is one."""
        if self._prompt is None:
            self._prompt = self._compute_prompt()
        if not self._own:
            self._prompt, self._own = self._explained(copied_prompt(self._prompt)), True
        return self._prompt

    @property
    def unfit(self) -> frozenset[str]:
        """The questions of the current page whose answers can't be taken any more, as a choice that was taken away
        since: its form says so, of what it has as if that was typed anew. Looked for once."""
        if self._unfit is None:
            shown = {field.name: field.value for field in self.current.fields if field.value is not None}
            typed = self._typed_anew(shown) if self.current.in_parts and shown else ()
            self._unfit = frozenset(field.name for field in typed if field.name in shown and not field.answered)
        return self._unfit

    def _typed_anew(self, answers: Mapping[str, Value]) -> Iterable[PromptField]:
        with suppress(WizardError):  # what can't be looked at can't be told unfit
            return self.prompt_at(self.step, answers).fields
        return ()

    @property
    def fault(self) -> Fault | None:
        return self.run.fault

    @property
    def unavailable(self) -> bool:
        """Whether the run can't go on here: its workflow can't be compiled, and the view is made of its outline."""
        return self.workflow.unavailable is not None

    @property
    def has_next(self) -> bool:
        return not self.unavailable and self.status is not RunStatus.COMPLETED and self.status not in _STOPPED

    @property
    def has_previous(self) -> bool:
        return not self.unavailable and self.status not in _STOPPED and can_go_back(self.workflow, self.run)

    @property
    def path(self) -> tuple[StepLine, ...]:
        return tuple(self._line(step) for step in self.run.path)

    @property
    def kept(self) -> tuple[StepLine, ...]:
        return tuple(self._line(step) for step in self.run.kept)

    @property
    def answers(self) -> dict[str, Value]:
        """What the foreground steps of the path accepted, nested by step path: copies, the caller's own."""
        return self.answers_of(self.run.path)

    def answers_of(self, steps: Iterable[Step]) -> dict[str, Value]:
        """`answers` of some steps of the path."""
        return answers_of(steps)

    def shown_answers_of(self, steps: Iterable[Step]) -> dict[str, Value]:
        """`answers_of` without passwords, for channels: those are never shown again."""
        return shown_answers_of(self.workflow, steps)

    @property
    def outputs(self) -> dict[str, Value]:
        """What the background steps of the path gave, as `answers`, without what their node types call secret."""
        return outputs_of(self.workflow, self.run.path)

    @property
    def progress(self) -> Progress:
        done = self.run.answered_on_path
        if not self.has_next:
            return Progress(done, 0, 0)
        ahead = remaining(self.workflow, self.run)
        return Progress(done, ahead.min, ahead.max)

    @property
    def last_pages(self) -> tuple[int, int]:
        """How many pages of the shortest and of the longest way (`progress`) only say that this is the end."""
        return last_pages(self.workflow)

    # -- what can be done with a step --------------------------------------------------------------

    @property
    def visit(self) -> int:
        """The number of the visit that the run stands at, another at each step that it comes to; 0 before the first."""
        return visit_of(self.run.current)

    @property
    def is_over(self) -> bool:
        """Whether the run is completed and stays so (S5)."""
        return is_over(self.workflow, self.run)

    def is_on_path(self, path: str) -> bool:
        return on_path(self.run, path)

    def is_asked(self, path: str) -> bool:
        """Whether it is a foreground step of the path that nothing but its answer has closed."""
        step = self.run.by_path.get(path)
        return step is not None and step.is_foreground and not step.is_closed and on_path(self.run, path)

    def may_be_answered(self, path: str) -> bool:
        """Whether the run is neither completed for good (S5), nor the step below a final one (S7), nor a last page."""
        step = self.run.by_path.get(path)
        is_end = path == self.step and self.current.ends
        return step is not None and not self.is_over and step.seq > self._last_final_seq and not is_end

    def can_go_back_from(self, path: str) -> bool:
        """Whether Previous from this step of the path, gone back to first, has a step to go to."""
        step, barrier = self.run.by_path[path], self._last_final_seq
        if step is self.run.current:
            return self.has_previous
        asked = (step for step in self.run.path if step.is_foreground and not step.is_closed and step.seq > barrier)
        return next(asked, step).seq < step.seq

    @property
    def keeps_answers(self) -> bool:
        """Whether somebody has gone back, and answered later steps before (S8)."""
        return any(step.is_answered for step in self.run.kept)

    @property
    def may_restart(self) -> bool:
        """Whether nothing final is done (S7)."""
        return self._last_final_seq < 0

    def steps_back(self) -> Iterator[Step]:
        """The steps that Previous leads to, one after another: the nearest first."""
        barrier = self._last_final_seq
        for position in range(self.run.cursor - 1, -1, -1):
            step = self.run.steps[position]
            if step.seq > barrier and step.is_foreground and not step.is_closed:
                yield step

    @property
    def _last_final_seq(self) -> int:
        """The number in the order of steps that nobody gets back below (S7)."""
        position = point_of_no_return(self.workflow, self.run)
        return self.run.steps[position].seq if position >= 0 else -1

    def words_of_closing(self, path: str) -> str | Sentence | None:
        """What a person reads who answers a step too late, since an event closed it (S24); None where none did."""
        step = self.run.by_path.get(path)
        return None if step is None or not step.is_closed else words_of_closing(step)

    def prompt_of_page(self, path: str) -> Prompt | None:
        """What the page of a step asks; None where it isn't asked (`is_asked`), or where that can't be computed."""
        if not self.is_asked(path):
            return None
        try:
            return self.current if path == self.step else self.prompt_at(path)
        except WizardError:
            return None

    def list_page_of(self, item: str) -> tuple[str, Item] | None:
        """The list page that shows an item of a repeat ("household/2") and can still be answered, the latest first,
        and the item's line there."""
        pages = f"{item.rpartition('/')[0]}/{AFTER}"
        for step in reversed(self.run.path):
            if step.path.startswith(pages) and self.may_be_answered(step.path):
                prompt = self.prompt_of_page(step.path)
                for line in () if prompt is None else prompt.items:
                    if line.remove == item:
                        return step.path, line
        return None

    def prompt_at(self, path: str, typed: Mapping[str, Value] | None = None) -> Prompt:
        """What a foreground step of the path asks, with its answer, or with what was `typed` there instead.
        Nothing is executed or moved.

        Raises CallerError where `path` is no foreground step of the path.
        """
        step = self.run.by_path.get(path)
        if step is None or not on_path(self.run, path) or not step.is_foreground:
            raise CallerError("This step can't be looked at. Take a foreground step of the run's path.", node=path)
        step = step if typed is None else step._replace(draft=typed)
        return copied_prompt(look(self.workflow, self.run, step, self.now))

    def with_kept(self, path: str, answers: Mapping[str, object]) -> Mapping[str, object]:
        """The answers to a foreground step of the path, with those that it has, or what was typed there last, for the
        fields that are left out; files stay by themselves. What isn't such a step has nothing to add."""
        if not self.is_asked(path):
            return answers
        step, prompt = self.run.by_path[path], self.prompt_at(path)
        known = {**(step.answer or {}), **(step.draft or {})}
        names = [field.name for field in prompt.possible or prompt.fields if not type_of(field).holds_files]
        return {**{name: known[name] for name in names if name in known}, **answers}

    @property
    def after_tries(self) -> int | None:
        """How many wrong answers in a conversation the current step takes, where its definition says what then."""
        step = self.run.current
        limit = None if step is None else self._place(step).node.after_tries
        return None if limit is None else limit.tries

    def mark_of(self, path: str) -> str:
        """Short text that changes when the step at `path` is answered anew or becomes another visit: hand
        it in with an answer (`seen`), so that it can't overwrite one that was given meanwhile (S19)."""
        return mark_of(self.run, path)

    def summary(self) -> tuple[Item, ...]:
        """The answers on the path, a line each, ready to be read."""
        return summarise(self.workflow, self.run, self.now)

    def title_of(self, step: Step) -> str:
        """The step's title as it reads now; its node's id where it has none or can't be computed."""
        return _title(self.run, locate(self.workflow, step.path), self.now)

    def _line(self, step: Step) -> StepLine:
        return StepLine(step.path, step.type, self.title_of(step), step.kind)

    def _place(self, step: Step) -> Place:
        return locate(self.workflow, step.path)

    def _explained(self, prompt: Prompt) -> Prompt:
        """The prompt, saying why it is asked where that isn't plain."""
        if self.unavailable or prompt.error is not None or prompt.step != self.step:
            return prompt
        why = why_asked(self.workflow, self.run, self.now)
        return prompt if why is None else replace(prompt, again=self._said(why.value))

    def _said(self, words: Sentence) -> str:
        return words.in_language(self.workflow.language)

    def _compute_prompt(self) -> Prompt:
        step = self.run.current
        if self.unavailable:
            type_, title = ("", "") if step is None else (step.type, self.title_of(step))
            return Prompt(step=self.step, type=type_, title=title, error=self._said(UNAVAILABLE))
        if step is None:
            start = self.workflow.nodes[self.workflow.start]
            title = _title(self.run, Place(Frame(self.workflow), start, ()), self.now)
            prompt = Prompt(step=start.id, type=start.type, title=title)
        elif step.is_foreground or self._place(step).node.handler.pauses:
            try:
                prompt = look(self.workflow, self.run, step, self.now)
            except WizardError as error:
                prompt = Prompt(step=step.path, type=step.type, error=self._not_shown(step, error))
        else:
            title = _title(self.run, locate(self.workflow, step.path), self.now)
            prompt = Prompt(step=step.path, type=step.type, title=title)
        return with_fault(prompt, self.run.fault, self.workflow.language)

    def _not_shown(self, step: Step, error: WizardError) -> str:
        """What a person reads where the step can't be shown. The log has it, once for a revision."""
        run = self.run
        reference = reference_of(run.id, run.revision, step.path)
        excuse = Excuse.NOT_SHOWN.with_arguments(reference=reference)
        people = error.people if isinstance(error.people, str) else self._said(excuse)
        if not said_before(reference):
            fault = Fault(error.message, error.node or step.path, type(error).__name__, people, reference)
            failed(log, error, fault, step=step.path, workflow=run.workflow, run=run.id)
        return people


def with_fault(prompt: Prompt, fault: Fault | None, language: str) -> Prompt:
    """The prompt, saying what stopped the run where nothing else is said."""
    if fault is None or prompt.error is not None:
        return prompt
    return replace(prompt, error=said_to_people(fault, language))


def _title(run: Run, place: Place, now: datetime) -> str:
    """A step's title as it reads now; its id where it has none or can't be computed."""
    title = place.node.title
    if title is None:
        return place.node.id
    if title.constant:
        return str(title.source)
    try:
        return str(title.render(Scope(run, place.frame, now)))
    except WizardError:
        return place.node.id


def run_id_of(run: str | RunView) -> str:
    """Raises InvalidInput for what is neither a run nor the id of one."""
    if isinstance(run, RunView):
        return run.id
    check_texts(run=run)
    return run


def shown(run: str | RunView, view: RunView) -> RunView:
    if isinstance(run, str):
        return view
    run.refresh(view)
    return run
