"""What a caller asks of a run, and whether what they say of it still holds: one winner a move (S19)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import assert_never

from wizard.errors import RunCancelled, RunExpired, StaleInput
from wizard.locale.sentences import sentence
from wizard.machine.arguments import check_fields, check_numbers_given, check_texts_given
from wizard.machine.closing import closed_text
from wizard.machine.expiry import is_expired
from wizard.machine.machine import input_digest
from wizard.machine.protocol import Move
from wizard.machine.scope import on_path
from wizard.machine.stack import Turn
from wizard.model import Run, RunStatus, Step, Value

Moves = Callable[[Turn], Move]


@dataclass(frozen=True, slots=True)
class Answer:
    """Next (S4): `given` are the answers to `step`, `seen` the step's mark and `revision` the run's as the caller saw
    them; None says nothing. With `earlier` the step may be any of the path, and is gone back to first. Raises
    InvalidInput, as the others do, where what the caller says of the run is of no kind that it could be."""

    move: Moves
    step: str | None = None
    given: Mapping[str, Value] | None = None
    revision: int | None = None
    seen: str | None = None
    earlier: bool = False

    def __post_init__(self) -> None:
        _check_said(self.step, self.revision, self.seen, self.given)


@dataclass(frozen=True, slots=True)
class Change:
    """Change (S11) of `step`, which is shown where nothing is `given`. Answers that aren't accepted leave the run
    exactly as it was, though the move went to the step for them. Without `seen` it is made whatever was answered there
    meanwhile, and as often as it is asked for."""

    move: Moves
    step: str
    given: Mapping[str, Value] | None = None
    revision: int | None = None
    seen: str | None = None

    def __post_init__(self) -> None:
        _check_said(self.step, self.revision, self.seen, self.given)


@dataclass(frozen=True, slots=True)
class LookBack:
    """What answers nothing: Previous (S6), keeping what was typed (S9), taking an item out. `step` is the one of the
    path that it starts from, None for the current one."""

    move: Moves
    step: str | None = None
    revision: int | None = None

    def __post_init__(self) -> None:
        _check_said(self.step, self.revision)


@dataclass(frozen=True, slots=True)
class FromOutside:
    """What happens to a run, wherever it stands: an event, new documents, its end. `known` says of a run that it took
    this before: then there is nothing to do, whatever became of the run since (S24). With `outline` it is done to a run
    as well whose workflow is no more than an outline: it ends the run, which needs no more."""

    move: Moves
    known: Callable[[Run], bool] | None = None
    outline: bool = False


@dataclass(frozen=True, slots=True)
class OwnWork:
    """What the run itself ordered, or left undone: it is done on a run that has ended as well."""

    move: Moves
    outline: bool = False


Ask = Answer | Change | LookBack | FromOutside | OwnWork


def _check_said(
    step: str | None, revision: int | None, seen: str | None = None, given: Mapping[str, Value] | None = None
) -> None:
    check_texts_given(step=step, seen=seen)
    check_numbers_given(revision=revision)
    if given is not None:
        check_fields("answers", given)


ANSWERED_DIFFERENTLY = sentence("This step has since been answered differently. Look at it again.")


def mark_of(run: Run, path: str) -> str:
    """Tells whether a step was answered again, or became another visit, since a caller looked at it: 16
    hexadecimal digits, "" where there is no such step. It is keyed, so that it gives away nothing of an
    answer that isn't shown."""
    step = run.by_path.get(path)
    if step is None:
        return ""
    return blake2b(b"%d/%b" % (step.visit, step.given), digest_size=8, key=run.token_hash).hexdigest()


def is_known(run: Run, ask: Ask) -> bool:
    """Whether it happened to the run before (S24), which may be over since."""
    return isinstance(ask, FromOutside) and ask.known is not None and ask.known(run)


def check_live(run: Run, ask: Ask, now: datetime) -> None:
    """Raises RunExpired or RunCancelled where nothing can be done with the run any more."""
    if isinstance(ask, OwnWork):
        return
    if run.status is RunStatus.EXPIRED or is_expired(run, now):
        raise RunExpired(workflow=run.workflow, run=run.id)
    if run.status is RunStatus.CANCELLED:
        raise RunCancelled(workflow=run.workflow, run=run.id)


def takes_an_outline(ask: Ask) -> bool:
    """Whether no more of the workflow is needed than an outline (S22)."""
    return isinstance(ask, FromOutside | OwnWork) and ask.outline


def is_replay(run: Run, ask: Ask) -> bool:
    """Whether the same answers to the same step were taken already, so that nothing is to be done (S19)."""
    match ask:
        case Answer(step=str(path), given=given, earlier=earlier):
            return _is_taken(run, path, given or {}) and not (earlier and _is_typed_over(run, path))
        case Change(step=path, given=given, seen=str()) if given is not None:
            return _is_taken(run, path, given) and not _is_typed_over(run, path)
        case _:
            return False


def _is_taken(run: Run, path: str, given: Mapping[str, Value]) -> bool:
    step = run.by_path.get(path)
    if step is None or not step.is_answered or step.seq > run.steps[run.cursor].seq:
        return False
    if step is run.current and run.status is not RunStatus.COMPLETED:
        return False  # accepted by a turn that was cut off: it is still to go on
    return _is_answer_of(step, given)


def _is_typed_over(run: Run, path: str) -> bool:
    """Whether a page shows something else by now than what was answered there: the answer is given anew then."""
    return run.by_path[path].draft is not None


def _is_answer_of(step: Step, given: Mapping[str, Value]) -> bool:
    return step.given in (b"", input_digest(given))


def check_fresh(run: Run, ask: Ask) -> None:
    """Raises StaleInput where the run has moved on since the caller looked (S19)."""
    match ask:
        case Answer(step=path, given=given, revision=revision, seen=seen, earlier=earlier):
            _check_unmoved(run, path, revision, seen)
            if path is not None and not (earlier and on_path(run, path)):
                _check_current(run, path, given)
        case Change(step=path, revision=revision, seen=seen):
            _check_unmoved(run, None if seen is None else path, revision, seen)
            if seen is not None:
                _check_on_path(run, path)
        case LookBack(step=path, revision=revision):
            _check_unmoved(run, path, revision)
            if path is not None:
                _check_on_path(run, path)
        case FromOutside() | OwnWork():
            pass
        case _:
            assert_never(ask)


def _check_unmoved(run: Run, path: str | None, revision: int | None, seen: str | None = None) -> None:
    """Neither closed by an event (S24), nor changed since the caller saw it."""
    step = None if path is None else run.by_path.get(path)
    if step is not None and step.is_closed:
        raise StaleInput(closed_text(step), node=step.path, run=run.id)
    if revision is not None and revision != run.revision:
        raise StaleInput(run=run.id)
    if path is not None and seen is not None and seen != mark_of(run, path):
        raise StaleInput(ANSWERED_DIFFERENTLY, node=path, run=run.id)


def _check_on_path(run: Run, path: str) -> None:
    if not on_path(run, path):
        raise StaleInput(node=path, run=run.id)


def _check_current(run: Run, path: str, given: Mapping[str, Value] | None) -> None:
    step = run.current
    if step is None or step.path != path:
        raise StaleInput(node=path, run=run.id)
    if run.status is RunStatus.COMPLETED:
        raise StaleInput(sentence("The run is completed, with a different answer."), node=path, run=run.id)
    if given and step.is_answered and not _is_answer_of(step, given):
        # A turn that was cut off, or goes on elsewhere, took another answer: that one is gone on with, not this.
        raise StaleInput(ANSWERED_DIFFERENTLY, node=path, run=run.id)


def is_at_work(run: Run, ask: Ask) -> bool:
    """Whether the work that the run stands at is in the way of an answer. From an earlier step it isn't: that is
    Previous to there first, and goes on from there, as a change does."""
    if run.status is not RunStatus.WORKING or run.current is None:
        return False
    match ask:
        case Answer(step=path, earlier=earlier):
            return not earlier or path is None or path == run.current.path
        case Change(step=path, given=given, seen=seen):
            return given is not None and seen is not None and path == run.current.path
        case _:
            return False
