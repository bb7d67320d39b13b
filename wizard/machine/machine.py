"""The rules of a run, without I/O: S1-S17 of docs/rules.md.

A move is a generator over a Turn. It changes the turn's stack, and yields a request wherever a
node has to be called; whoever drives it (wizard.engine.turns) calls the node and sends back a Result.
Nothing here waits, reads a clock or stores: the same run, move and results give the same turn.

Keeps what still applies:
- Previous only moves the cursor. Steps above it are kept, in order.
- Forward, the next step is looked for among the kept ones by its path. If it is there, the kept
  steps below it are dropped and it is current again; if not, a new step is put above the cursor
  and the kept ones that can't be reached from it are dropped (S8).
- A kept background step is re-used if what it read is unchanged; otherwise it is removed and runs
  anew (S10).
- A change goes forward over kept answers that still hold, back to where it was asked (S11).

The person's side is never blocked: a turn that can't go on (no case, a failing expression, a loop)
stays at the step just answered and says why (S17); a failing node stops at its own step (S16).
"""

from __future__ import annotations

from collections.abc import Generator, Mapping

from wizard.errors import (
    NotAStep,
    PointOfNoReturn,
    RunCompleted,
    RunError,
    StaleInput,
)
from wizard.locale.sentences import sentence
from wizard.machine.back import is_over, point_of_no_return, position_back
from wizard.machine.background import conclude, pass_background, renew, run_step, take_another_event, with_another_event
from wizard.machine.closing import check_open, close_with
from wizard.machine.deadlines import order_deletion, stop_the_clock
from wizard.machine.drafts import keep_draft, without_secrets
from wizard.machine.events import next_for
from wizard.machine.kept import come_to, still_holds
from wizard.machine.lifecycle import next_step_status
from wizard.machine.protocol import Close, Execute, Move, Request, Result
from wizard.machine.showing import look_at_current, wait_at
from wizard.machine.stack import Turn, visit_of
from wizard.machine.undo import close_all, drop, undo_what_was_left
from wizard.machine.walk import walk_from
from wizard.model import TAKEN_FILES, Kind, Proceed, RunStatus, Step, StepStatus, Value, Wait
from wizard.model.values import digest

# -- the moves -------------------------------------------------------------------------------------


def next_(turn: Turn, given: Mapping[str, Value] | None, *, partial: bool = False) -> Move:
    """Next (S2, S4, S5): answers the current step if it waits, and goes on."""
    step = turn.current
    if turn.status is RunStatus.COMPLETED:
        return
    turn.fault = None
    if turn.undos:
        yield from undo_what_was_left(turn)
    if step is None:
        yield from go_forward(turn)
    elif step.is_answered:
        yield from go_forward(turn)  # the turn that accepted it was cut off while it undid something
    elif step.is_foreground:
        yield from _answer(turn, step, given if given is not None else {}, partial=partial)
    else:
        yield from _go_on_from_background(turn, step)


def resume(turn: Turn, visit: int) -> Move:
    """Goes on with a run that stands at work which is due, or that was cut off (S21). Nothing where it doesn't
    stand at that visit any more."""
    step = turn.current
    if turn.status is not RunStatus.WORKING or visit_of(step) != visit:
        return
    if step is None or step.is_done or not step.is_foreground:
        yield from next_(turn, None)
        return
    yield from undo_what_was_left(turn)
    yield from look_at_current(turn)


def stay(turn: Turn) -> Move:
    """Moves nothing."""
    return
    yield


def take_result(turn: Turn, result: Result) -> Move:
    """Goes on with what came of the current step's effect, whatever was stored since it was begun (S23)."""
    step = turn.current
    assert step is not None
    turn.fault = None
    if turn.undos:
        yield from undo_what_was_left(turn)
    if (yield from conclude(turn, step, result)):
        yield from go_forward(turn)


def previous(
    turn: Turn, *, skip_background: bool = True, to: str | None = None, draft: Mapping[str, Value] | None = None
) -> Move:
    """Previous (S6, S7). Raises RunCompleted, PointOfNoReturn, or NotAStep for a `to` that isn't a
    foreground step of the path. Where there is no step to go back to, nothing changes; to the current
    step itself, only `draft` is kept (S9)."""
    check_not_over(turn)
    position = position_back(turn, skip_background=skip_background) if to is None else position_of(turn, to)
    if position is None:
        return
    if position == turn.cursor:
        yield from keep_draft(turn, draft)
        return
    if position <= point_of_no_return(turn.workflow, turn, landing=turn.steps[position]):
        raise PointOfNoReturn(workflow=turn.workflow.id, node=turn.steps[position].path, run=turn.id)
    left = turn.steps[turn.cursor]
    if draft is not None and left.is_foreground:
        turn.put(left._replace(draft=without_secrets(turn.workflow, left, draft)))
    turn.cursor = position
    turn.returning = None
    turn.log("moved", turn.steps[position].path, back_from=left.path)
    yield from look_at_current(turn)


def change(turn: Turn, path: str, answers: Mapping[str, Value] | None) -> Move:
    """Change (S11): answers an earlier step anew and returns. Without answers the step is shown.

    Raises RunCompleted, PointOfNoReturn, StaleInput where the step isn't on the path, NotAStep
    where it isn't one that a person answers.
    """
    check_not_over(turn)
    step = turn.by_path.get(path)
    if step is None or turn.cursor < 0 or (position := turn.position(path)) > turn.cursor:
        raise StaleInput(workflow=turn.workflow.id, node=path, run=turn.id)
    if not step.is_foreground:
        raise NotAStep(sentence("This step asks nothing, so it can't be changed."), node=path, run=turn.id)
    check_open(turn, step)
    if position <= point_of_no_return(turn.workflow, turn):
        raise PointOfNoReturn(workflow=turn.workflow.id, node=path, run=turn.id)
    if position < turn.cursor:
        turn.returning = turn.returning or turn.steps[turn.cursor].path
    turn.cursor = position
    turn.fault = None
    turn.log("changing", path)
    if answers is None:
        yield from look_at_current(turn)
    else:
        wait_at(turn, step)
        yield from _answer(turn, turn.steps[position], answers)


# -- going forward ---------------------------------------------------------------------------------


def _answer(turn: Turn, step: Step, given: Mapping[str, Value], *, partial: bool = False) -> Move:
    """S4: executes the waiting step with what was sent, and goes on if it is accepted."""
    yield from take_answer(turn, step, given, (yield Execute(step, given, partial)))


def take_answer(turn: Turn, step: Step, given: Mapping[str, Value], result: Result) -> Move:
    """Goes on with what came of an answer to the current step."""
    after = result.step or step
    if result.failure is not None:
        turn.fault = turn.fail(result.failure, step.path)
        turn.log("failed", step.path, error=turn.fault.message, reference=turn.fault.reference)
        _keep_what_was_sent(turn, step, after, result)
        return
    turn.files += result.files
    if isinstance(result.outcome, Proceed):
        _accept(turn, after, result.outcome, input_digest(given))
        yield from go_forward(turn)
        return
    assert isinstance(result.outcome, Wait)
    rejected = turn.rejected = result.outcome.rejected
    if after.state != step.state or (not rejected and after.draft != step.draft):
        turn.put(after)
        turn.log("rejected" if rejected else "kept", step.path)


def _keep_what_was_sent(turn: Turn, step: Step, after: Step, result: Result) -> None:
    """Of a step that failed at an answer (S16): what it left as the draft, and the files that it took (S9, S25)."""
    draft = after.draft or step.draft
    taken = (after.state or {}).get(TAKEN_FILES) if result.files else None
    state = step.state if taken is None else {**(step.state or {}), TAKEN_FILES: taken}
    if draft != step.draft or state != step.state:
        turn.put(step._replace(draft=draft, state=state))
        turn.files += result.files


def input_digest(given: Mapping[str, Value]) -> bytes:
    """Tells the same input again from another one (S19), whatever the order of its fields."""
    return digest([[name, given[name]] for name in sorted(given)])


def _accept(turn: Turn, step: Step, outcome: Proceed, given: bytes = b"") -> None:
    """Stores the answer, and what it depended on, so that a change can tell whether it still holds."""
    place = turn.place(step)
    scope = turn.scope(place, record=True)
    for chain in place.node.depends_on:
        scope.read(chain)
    status = next_step_status(step.status, "accept")
    accepted = step._replace(status=status, output=outcome.output, port=outcome.port, draft=None, error=None)
    turn.put(accepted._replace(reads=scope.digests(), given=given))
    turn.log("accepted", step.path)
    stop_the_clock(turn, step)


def go_forward(turn: Turn) -> Move:
    """S3 and S8: from the current step to the next one that needs a person, or to the end.

    Where the way can't be found, the person stays at the step the turn came from (S17); background
    steps that ran meanwhile are kept above it. An event that the way can't be found with makes room for the next
    one (S24).
    """
    anchor, returning = turn.current, turn.returning
    going_on = True
    while going_on:
        try:
            going_on = yield from _go_one_step(turn)
        except RunError as error:
            step = with_another_event(turn, error)
            if step is None:
                yield from _stay_at(turn, anchor, error)
                turn.returning = returning if returning in turn.by_path else None
                return
            going_on = yield from take_another_event(turn, step, anchor)


def _go_one_step(turn: Turn) -> Generator[Request, Result, bool]:
    """To the next step, or to the end. True where the run goes on from there."""
    destination = walk_from(turn, turn.current)
    if destination is None:
        yield from _complete(turn)
        return False
    step, is_new = yield from come_to(turn, destination)
    if step.kind is Kind.BACKGROUND:
        return (yield from pass_background(turn, step, is_new))
    return (yield from still_holds(turn, step)) or (yield from _present(turn, step))


def _present(turn: Turn, step: Step) -> Generator[Request, Result, bool]:
    """Shows a foreground step. True where it needs nobody and the run goes on by itself."""
    if step.output is None and (arrival := next_for(turn, step)) is not None:
        close_with(turn, step, arrival)
        return True
    wait_at(turn, step)
    step = turn.steps[turn.cursor]
    result = yield Execute(step)
    if result.failure is not None:
        raise result.failure
    turn.put(result.step or step)
    if isinstance(result.outcome, Proceed):
        _accept(turn, turn.steps[turn.cursor], result.outcome)
        return True
    turn.log("presented", step.path)
    if turn.place(step).node.handler.ends:
        _accept(turn, turn.steps[turn.cursor], Proceed())
        yield from _complete(turn)
    return False


def _complete(turn: Turn) -> Move:
    """S5: at the end all kept steps are dropped, parked answers go, and every visit is closed; where
    the run can be re-entered, its visits can go on (S14)."""
    yield from drop(turn, turn.steps[turn.cursor + 1 :])
    turn.parking.forget_all()
    turn.returning = None
    turn.arrivals = ()
    turn.become("complete")
    turn.log("completed")
    order_deletion(turn)
    if not turn.workflow.reopen:
        yield from close_all(turn)


def _stay_at(turn: Turn, anchor: Step | None, error: RunError) -> Move:
    """S17: back to where the turn came from, though not below what became final meanwhile (S7); a
    step that never could be shown is taken out again."""
    failing = turn.current
    if failing is not None and failing is not anchor and failing.is_foreground and failing.output is None:
        turn.take_out(failing, park=True)
        yield Close(failing)
    turn.cursor = max(-1 if anchor is None else turn.position(anchor.path), point_of_no_return(turn.workflow, turn))
    here = turn.current
    turn.fault = turn.fail(error, here.path if here else turn.workflow.start, str(error))
    turn.log("stopped", here.path if here else "", error=turn.fault.message, reference=turn.fault.reference)
    if here is not None and here.is_foreground and not here.is_closed:
        wait_at(turn, here)
    else:
        turn.become("fail")


def _go_on_from_background(turn: Turn, step: Step) -> Move:
    """Next at a background step: a failed one is tried again (S16), as is one that a crash left (S21);
    with other inputs than it was tried with it is another visit, with another key."""
    tried = step.status is StepStatus.FAILED or (step.put_off is not None and step.put_off.tried)
    if tried and not turn.reads_the_same(step):
        step = yield from renew(turn, step)
    if step.is_done or (yield from run_step(turn, step)):
        yield from go_forward(turn)


# -- going back ------------------------------------------------------------------------------------


def check_not_over(turn: Turn) -> None:
    """Raises RunCompleted where the run is completed and stays so (S5)."""
    if is_over(turn.workflow, turn):
        raise RunCompleted(workflow=turn.workflow.id, run=turn.id)


def position_of(turn: Turn, to: str) -> int:
    """Where the foreground step `to` of the path is. Raises NotAStep."""
    step = turn.by_path.get(to)
    position = turn.position(to) if step is not None else len(turn.steps)
    if step is None or not step.is_foreground or position > turn.cursor:
        raise NotAStep(
            sentence("There is no step “{step}” to go back to. Use one that the run's path lists.", step=to),
            run=turn.id,
        )
    check_open(turn, step)
    return position
