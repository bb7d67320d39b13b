"""What a caller sees of a run: the run state of the HTTP interface, as Python values.

A RunView is one caller's look at a run. It holds the frozen Run and what follows from it is
computed when it is asked for, so that a turn's cost doesn't grow with the run. Looking executes
nothing (S18).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from wizard.engine.asked_again import why_asked
from wizard.engine.visits import look, summarise
from wizard.errors import CallerError, Excuse, WizardError
from wizard.locale.sentences import Sentence, sentence
from wizard.machine.arguments import check_texts
from wizard.machine.back import can_go_back
from wizard.machine.conflicts import mark_of
from wizard.machine.failures import reference_of, said_to_people
from wizard.machine.scope import Scope, on_path
from wizard.model import (
    Fault,
    Item,
    Kind,
    Node,
    Prompt,
    Remaining,
    Report,
    Run,
    RunStatus,
    Step,
    Value,
    Workflow,
    is_past,
)
from wizard.model.copies import copied, copied_prompt
from wizard.model.path import Frame, Place, call_of, count_items, locate
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


UNAVAILABLE = sentence("This can't be shown or gone on with at the moment. Nothing that was answered is lost.")

_STOPPED = (RunStatus.CANCELLED, RunStatus.EXPIRED)


def is_expired(run: Run, now: datetime) -> bool:
    """Whether the run's time is over and it wasn't finished before."""
    return is_past(run.status, run.expires_at, now)


class RunView:
    """See the module docstring. `Engine` refreshes the view that it is handed at each call, so that
    `await engine.next(run, answers)` is followed by looking at the same `run`."""

    __slots__ = ("_own", "_prompt", "late", "now", "rejected", "report", "run", "token", "until", "workflow")

    def __init__(
        self,
        workflow: Workflow,
        run: Run,
        now: datetime,
        prompt: Prompt | None = None,
        *,
        rejected: Prompt | None = None,
    ) -> None:
        self.workflow = workflow
        self.run = run
        self.now = now
        self._prompt = prompt
        self._own = False  # whether the prompt is a copy that no node has
        self.rejected = (
            None if rejected is None else copied_prompt(rejected)
        )  # the last call's answers weren't accepted: their step's prompt, with errors
        self.token: str | None = None  # handed out once, by the call that created the run
        self.report: Report | None = None  # how far the work is that the run stands at, as its node said last
        self.until: datetime | None = None  # when a step that the call put off is due
        self.late = False  # what the call had worked for was in vain: the run was moved meanwhile

    def refresh(self, other: RunView) -> None:
        """Shows from now on what `other` shows."""
        self.workflow, self.run, self.now = other.workflow, other.run, other.now
        self._prompt, self._own, self.rejected = other._prompt, False, other.rejected
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
        done = (step for step in steps if step.is_answered)
        return _nested((step.path, step.output) for step in done)

    @property
    def outputs(self) -> dict[str, Value]:
        """What the background steps of the path gave, as `answers`, without what their node types call secret."""
        done = (step for step in self.run.path if not step.is_foreground and step.is_done)
        return _nested((step.path, self._public(step)) for step in done)

    def _public(self, step: Step) -> Mapping[str, Value] | None:
        if step.output is None or self.unavailable:  # an outline doesn't know what is secret
            return None
        secrets = self._place(step).node.secrets
        return {name: value for name, value in step.output.items() if name not in secrets}

    @property
    def progress(self) -> Progress:
        done = self.run.answered_on_path
        if not self.has_next:
            return Progress(done, 0, 0)
        ahead = _remaining(self.workflow, self.run)
        return Progress(done, ahead.min, ahead.max)

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
        step = self.run.by_path.get(path)
        if step is None or not step.is_foreground or step.is_closed or not on_path(self.run, path):
            return answers
        prompt = self.prompt_at(path)
        known = {**(step.answer or {}), **(step.draft or {})}
        names = [field.name for field in prompt.possible or prompt.fields if field.type != "file"]
        return {**{name: known[name] for name in names if name in known}, **answers}

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


def _nested(values: Iterable[tuple[str, Mapping[str, Value] | None]]) -> dict[str, Value]:
    """Copies of what is at each step path, a level for each segment; what is None is left out."""
    found: dict[str, Value] = {}
    for path, value in values:
        if value is not None:
            at, last = found, path
            if "/" in last:
                *outer, last = path.split("/")
                for segment in outer:
                    at = at.setdefault(segment, {})
            at[last] = copied(value)
    return found


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


def _remaining(workflow: Workflow, run: Run) -> Remaining:
    """Arithmetic on what the definition says: from the current step to the end, through all levels of
    the nesting, the current step included."""
    step = run.current
    if step is None:
        return workflow.remaining[workflow.start]
    place = locate(workflow, step.path)
    frame = place.frame
    if place.after is not None:
        base = step.path.rpartition("/")[0]
        ahead = _plus(
            _later_items(place.node, count_items(run.removed, base, place.after)), _after(frame.workflow, place.node)
        )
    else:
        ahead = frame.workflow.remaining[place.node.id]
    while frame.parent is not None and frame.call is not None:
        if frame.item is not None:
            ahead = _plus(ahead, _later_items(frame.call, count_items(run.removed, frame.base, frame.item)))
        ahead = _plus(ahead, _after(frame.parent.workflow, frame.call))
        frame = frame.parent
    return ahead


def _later_items(call: Node, items: int) -> Remaining:
    """What a repeat takes after its first so many items, its list pages included."""
    inner_workflow, repeat = call_of(call).workflow, call_of(call).repeat
    inner = inner_workflow.remaining[inner_workflow.start]
    if repeat is None or not repeat.asks:
        return Remaining(0, 0 if inner.max == 0 else None)
    least = max(0, repeat.min - items) * inner.min + 1
    if repeat.max is None or inner.max is None:
        return Remaining(least, None)
    pages = repeat.max - max(items, repeat.min) + 1
    return Remaining(least, (repeat.max - items) * inner.max + pages)


def _plus(one: Remaining, other: Remaining) -> Remaining:
    most = None if one.max is None or other.max is None else one.max + other.max
    return Remaining(one.min + other.min, most)


def _after(workflow: Workflow, node: Node) -> Remaining:
    return Remaining(0, 0) if node.next is None else workflow.remaining[node.next]


def run_id_of(run: str | RunView) -> str:
    """Raises InvalidInput for what is neither a run nor the id of one."""
    if isinstance(run, RunView):
        return run.id
    check_texts(run=run)
    return run
