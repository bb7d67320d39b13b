"""Moves from the page of an earlier step: a person may have it open again, or still.

Each is Previous to that step and then what the page asks for, in one turn. The step becomes the current
one only where something comes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wizard.errors import PointOfNoReturn
from wizard.machine.back import point_of_no_return, position_back
from wizard.machine.drafts import keep_draft, without_secrets
from wizard.machine.machine import change, check_not_over, next_, position_of, previous, take_answer
from wizard.machine.protocol import Execute, Look, Move
from wizard.machine.showing import wait_at
from wizard.machine.stack import Turn
from wizard.model import RunStatus, StepStatus, Value, Wait


def answer_at(turn: Turn, path: str, given: Mapping[str, Value]) -> Move:
    """Previous to a foreground step of the path and Next with its answers, in one: what a page that is
    opened again sends. Answers that aren't accepted leave the run where it is.

    Raises RunCompleted, PointOfNoReturn, NotAStep.
    """
    check_not_over(turn)
    position = position_of(turn, path)
    if position == turn.cursor and turn.steps[position].status is StepStatus.WAITING:
        yield from next_(turn, given)
        return
    if position <= point_of_no_return(turn.workflow, turn):
        raise PointOfNoReturn(workflow=turn.workflow.id, node=path, run=turn.id)
    with turn.seen_from(position) as undone:
        result = yield Execute(undone, given)
    if isinstance(result.outcome, Wait) and result.outcome.rejected:
        turn.rejected = True
        step = turn.steps[position]
        if result.step is not None and result.step.state != step.state:
            turn.update(step._replace(state=result.step.state))
            turn.files += result.files
            turn.log("rejected", path)
        return
    _go_back_to(turn, path)
    step = turn.steps[position]
    after = (result.step or step)._replace(status=step.status)
    yield from take_answer(turn, step, given, result._replace(step=after))


def previous_from(turn: Turn, path: str, draft: Mapping[str, Value] | None) -> Move:
    """Previous from a foreground step of the path, which is gone back to first where it isn't the current
    one: who looks at an earlier page means that page's Back. Raises what `previous` raises."""
    _go_back_to(turn, path)
    if position_back(turn) is None:
        yield from keep_draft(turn, draft)
    else:
        yield from previous(turn, draft=draft)


def save(turn: Turn, path: str, draft: Mapping[str, Value] | None) -> Move:
    """Keeps what was typed at a foreground step of the path, None for nothing, and makes it the current one (S9): who
    comes back later finds what they left. Raises what `previous` raises."""
    _go_back_to(turn, path)
    yield from keep_draft(turn, draft)


def keep(turn: Turn, path: str, draft: Mapping[str, Value] | None, files: Mapping[str, Value]) -> Move:
    """Keeps what was typed at a foreground step of the path (S9), None for nothing, and the files that were chosen
    there as far as they can be taken. Nothing moves. Raises RunCompleted, NotAStep."""
    yield from _take_files(turn, path, files)
    position = position_of(turn, path)
    step = turn.steps[position]
    if draft is not None:
        turn.update(step._replace(draft=without_secrets(turn.workflow, step, draft)))
        turn.log("kept", path)
    if position == turn.cursor:
        yield Look(turn.steps[position])


def _take_files(turn: Turn, path: str, files: Mapping[str, Value]) -> Move:
    """Files that were chosen at a foreground step of the path, as far as they can be taken. Raises RunCompleted,
    NotAStep."""
    check_not_over(turn)
    position = position_of(turn, path)
    if not files:
        return
    with turn.seen_from(position) as undone:
        result = yield Execute(undone, files, partial=True)
    if result.step is not None and result.failure is None:
        turn.update(turn.steps[position]._replace(state=result.step.state))
        turn.files += result.files


# -- what a page sends -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """What the page of the foreground step `path` sends with its buttons: `answers` with Continue, `draft` as what was
    typed, None for nothing, and `files` those that were chosen. `changing` says that it was opened to change the step
    and return."""

    path: str
    answers: Mapping[str, Value]
    draft: Mapping[str, Value] | None
    files: Mapping[str, Value]
    changing: bool = False


def continue_from(turn: Turn, page: Page) -> Move:
    """Next (S4) or change (S11). What couldn't be judged (S16), or led nowhere (S17), is kept as it was typed."""
    path = page.path
    yield from change(turn, path, page.answers) if page.changing else answer_at(turn, path, page.answers)
    stays = turn.status is RunStatus.WAITING and turn.current is not None and turn.current.path == path
    if stays and turn.fault is not None and not turn.rejected:
        yield from keep_draft(turn, page.draft or None)  # a page that couldn't be shown sends nothing


def back_from(turn: Turn, page: Page) -> Move:
    """Previous (S6); from a change back to where that was asked, which moves nothing."""
    if page.changing:
        yield from keep(turn, page.path, page.draft, page.files)
    else:
        yield from _take_files(turn, page.path, page.files)
        yield from previous_from(turn, page.path, page.draft)


def save_from(turn: Turn, page: Page) -> Move:
    """Save (S9); who comes back to a change still returns to where it was asked (S11)."""
    yield from _take_files(turn, page.path, page.files)
    if page.changing:
        yield from change(turn, page.path, None)
    yield from save(turn, page.path, page.draft)


def _go_back_to(turn: Turn, path: str) -> None:
    """Makes a foreground step of the path the current one and has it wait, without showing it."""
    check_not_over(turn)
    position = position_of(turn, path)
    if position == turn.cursor and turn.steps[position].status is StepStatus.WAITING:
        return
    if position <= point_of_no_return(turn.workflow, turn):
        raise PointOfNoReturn(workflow=turn.workflow.id, node=path, run=turn.id)
    turn.log("moved", path, back_from=turn.steps[turn.cursor].path)
    turn.cursor, turn.returning, turn.fault = position, None, None
    wait_at(turn, turn.steps[position])
