"""What a caller says of the run that it acts on, and whether that still holds: one winner a move (S19)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from wizard.errors import StaleInput
from wizard.locale.sentences import sentence
from wizard.machine.arguments import check_fields, check_numbers_given, check_texts_given
from wizard.machine.closing import closed_text
from wizard.machine.machine import input_digest
from wizard.machine.protocol import Move
from wizard.machine.scope import on_path
from wizard.machine.stack import Turn
from wizard.model import Run, RunStatus, Value


@dataclass(frozen=True, slots=True)
class Ask:
    """A move that a caller asks for.

    `step` is the step that its answers are for, `revision` the run's as the caller saw it; None says
    nothing. `given` are the answers of a Next (`answering`). Where `strict` is set, answers that
    aren't accepted leave the run exactly as it was, even if the move went elsewhere for them.
    `anywhere` says that `step` may be any that is on the path, and `seen` is its mark as the caller saw it.
    `always` lets the move be made on a run that has ended as well, `outline` on one whose workflow is no more than
    an outline: it ends the run, which needs no more. `known` says of a run that it took this before: then there is
    nothing to do, whatever became of the run since.
    """

    move: Callable[[Turn], Move]
    step: str | None = None
    revision: int | None = None
    given: Mapping[str, Value] | None = None
    answering: bool = False
    strict: bool = False
    anywhere: bool = False
    seen: str | None = None
    always: bool = False
    outline: bool = False
    known: Callable[[Run], bool] | None = None

    def __post_init__(self) -> None:
        """Raises InvalidInput where what the caller says of the run is of no kind that it could be."""
        check_texts_given(step=self.step, seen=self.seen)
        check_numbers_given(revision=self.revision)
        if self.given is not None:
            check_fields("answers", self.given)


ANSWERED_DIFFERENTLY = sentence("This step was answered differently meanwhile. Look at it again.")


def mark_of(run: Run, path: str) -> str:
    """Tells whether a step was answered again, or became another visit, since a caller looked at it: 16
    hexadecimal digits, "" where there is no such step. It is keyed, so that it gives away nothing of an
    answer that isn't shown."""
    step = run.by_path.get(path)
    if step is None:
        return ""
    return blake2b(b"%d/%b" % (step.visit, step.given), digest_size=8, key=run.token_hash).hexdigest()


def is_replay(run: Run, ask: Ask) -> bool:
    """Whether the same answers to the same step were taken already, so that nothing is to be done."""
    if not ask.answering or ask.step is None:
        return False
    step = run.by_path.get(ask.step)
    if step is None or not step.is_done or not step.is_foreground:
        return False
    if step.seq > run.steps[run.cursor].seq:
        return False
    if step is run.current and run.status is not RunStatus.COMPLETED:
        return False  # accepted by a turn that was cut off: it is still to go on
    return step.given in (b"", input_digest(ask.given or {}))


def check_fresh(run: Run, ask: Ask) -> None:
    """Raises StaleInput where the run has moved on since the caller looked."""
    asked = None if ask.step is None else run.by_path.get(ask.step)
    if asked is not None and asked.is_closed:
        raise StaleInput(closed_text(asked), node=asked.path, run=run.id)
    if ask.revision is not None and ask.revision != run.revision:
        raise StaleInput(run=run.id)
    if ask.step is None:
        return
    if ask.seen is not None and ask.seen != mark_of(run, ask.step):
        raise StaleInput(ANSWERED_DIFFERENTLY, node=ask.step, run=run.id)
    if ask.anywhere and on_path(run, ask.step):
        return
    if run.current is None or run.current.path != ask.step:
        raise StaleInput(node=ask.step, run=run.id)
    if run.status is RunStatus.COMPLETED:
        raise StaleInput(sentence("The run is completed, with another answer than this."), node=ask.step, run=run.id)
    step = run.current
    if ask.given and step.is_foreground and step.is_done and step.given not in (b"", input_digest(ask.given)):
        # A turn that was cut off, or goes on elsewhere, took another answer: that one is gone on with, not this.
        raise StaleInput(ANSWERED_DIFFERENTLY, node=ask.step, run=run.id)


def is_at_work(run: Run, ask: Ask) -> bool:
    """Whether the work that the run stands at is in the way of a Next. From an earlier step it isn't: that is Previous
    to there first, and goes on from there, as a change does."""
    if run.status is not RunStatus.WORKING or run.current is None:
        return False
    return not ask.anywhere or ask.step is None or ask.step == run.current.path
