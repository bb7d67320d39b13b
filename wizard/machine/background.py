"""Background steps: re-used, run, failed, given up (S10, S16, S21), and the events that they took (S24).

Rules like those of wizard/machine/machine.py: generators over a Turn, without I/O. Each says whether the run goes on.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import timedelta

from wizard.errors import Excuse, ExpressionError, NoCaseMatched, NodeContractError, NodeFailed, WizardError
from wizard.machine.back import point_of_no_return, position_back
from wizard.machine.closing import close_with
from wizard.machine.events import next_for, superseded
from wizard.machine.lifecycle import StepTrigger, next_step_status
from wizard.machine.pacing import passed
from wizard.machine.protocol import Execute, Move, Request, Result
from wizard.machine.showing import look_at_current
from wizard.machine.stack import Turn
from wizard.machine.undo import settle
from wizard.model import Later, Proceed, PutOff, RunStatus, Step, StepStatus, Wait
from wizard.model.job import JobKind


def pass_background(turn: Turn, step: Step, is_new: bool) -> Generator[Request, Result, bool]:
    """S10: re-uses a kept step whose reads are unchanged; anything else runs. What was executed and waits for something
    goes on waiting for that. True where the run goes on."""
    if is_new:
        return (yield from run_step(turn, step))
    waits = step.put_off is not None and step.put_off.wakes and not step.claim
    same_inputs = (waits or step.status is not StepStatus.PENDING) and turn.reads_the_same(step)
    if same_inputs and step.is_done and step.error is None:
        turn.log("re-used", step.path)
        return True
    if not same_inputs:
        step = yield from renew(turn, step)
    return (yield from run_step(turn, step))


def renew(turn: Turn, step: Step) -> Generator[Request, Result, Step]:
    """Undoes what ran with other inputs; the step is a new visit from here on (S14)."""
    turn.visits += 1
    fresh = turn.put(Step(step.path, step.node, step.type, step.kind, step.seq, turn.visits, StepStatus.PENDING))
    turn.release(step)
    turn.log("removed", step.path)
    yield from settle(turn, [step])
    return fresh


MAX_BEGUN = 5  # a piece of work that takes its process down each time must not take down a sixth

_BEGIN: Mapping[StepStatus, StepTrigger] = {
    StepStatus.PENDING: "begin",
    StepStatus.FAILED: "retry",
    StepStatus.DONE: "rerun",
}


def run_step(turn: Turn, step: Step) -> Generator[Request, Result, bool]:
    """Executes the current background step. True where the run goes on after it."""
    trigger, begun = _BEGIN[step.status], step.begun
    status = next_step_status(step.status, trigger)
    if begun >= MAX_BEGUN:
        cut_off = f"This was begun {begun} times and cut off each time: its process ended. Try it again with Next."
        given_up = NodeFailed(cut_off, people=Excuse.BROKEN)
        return (yield from _fail(turn, turn.put(step._replace(status=status, begun=0)), given_up))
    step = turn.put(step._replace(status=status, error=None, begun=begun + 1, claim=turn.next_revision))
    if turn.status is not RunStatus.WORKING:
        turn.become("work")
    result = yield Execute(step)
    if result.deferred:
        if result.step is not None:
            turn.put(result.step._replace(begun=begun, claim=0))
        return False
    return (yield from conclude(turn, step, result))


def conclude(turn: Turn, step: Step, result: Result) -> Generator[Request, Result, bool]:
    """Takes what came of the current background step's work. True where the run goes on after it."""
    after = (result.step or step)._replace(begun=0, claim=0)
    if result.pause is not None:
        _try_later(turn, after, result.pause, result.failure)
        return False
    if isinstance(result.outcome, Later):
        _come_again(turn, after, result.outcome)
        return False
    after = after._replace(put_off=passed(turn, after) if turn.place(step).node.handler.pauses else None)
    failure = result.failure
    if isinstance(result.outcome, Wait):
        failure = NodeContractError(
            f"node type {step.type} is a background type, but reported Wait. It must return Proceed.",
            workflow=turn.workflow.id,
            node=step.path,
            run=turn.id,
        )
    if failure is not None:
        return (yield from _fail(turn, after, failure))
    assert isinstance(result.outcome, Proceed)
    took = None if after.took is None else turn.take(after.took, after)
    status = next_step_status(step.status, "succeed")
    port = result.outcome.port
    turn.put(after._replace(status=status, output=result.outcome.output, took=took, port=port))
    turn.files += result.files
    turn.log("ran", step.path, **({} if port is None else {"port": port}))
    return True


def _try_later(turn: Turn, step: Step, pause: float, failure: WizardError | None) -> None:
    """S16: the work failed, and is tried again by a job, as the same visit."""
    until, tried = turn.now + timedelta(seconds=pause), 0 if step.put_off is None else step.put_off.tried
    turn.put(step._replace(put_off=PutOff(until, tried)))
    turn.order(JobKind.WORK, step.visit, until)
    turn.log("put off", step.path, until=until, tried=tried, error="" if failure is None else failure.message)


def _come_again(turn: Turn, step: Step, later: Later) -> None:
    """What was executed isn't done: it is executed again at that time, or when the step is woken. The trace says so
    once."""
    before = step.put_off or PutOff()
    turn.put(step._replace(put_off=before._replace(until=later.at, wakes=True)))
    if later.at is not None:
        turn.order(JobKind.WORK, step.visit, later.at)
    if not before.wakes:
        turn.log("put off", step.path, **({"until": later.at} if later.at is not None else {}))


def wake(turn: Turn, visit: int) -> Move:
    """What the current step waits for is there: its work is due now."""
    turn.order(JobKind.WORK, visit, turn.now)
    return
    yield


def _fail(turn: Turn, step: Step, failure: WizardError) -> Generator[Request, Result, bool]:
    """S16: what follows is up to the node's `on_error`. With `back` the failed step is kept, so that the
    next try with the same inputs is the same visit, with the same idempotency key (S21)."""
    fault = turn.fail(failure, step.path)
    turn.log("failed", step.path, error=fault.message, reference=fault.reference)
    action = turn.place(step).node.on_error.action
    if action in ("continue", "goto"):
        status = next_step_status(step.status, "succeed")
        turn.put(step._replace(status=status, output={"error": fault.people}, error=fault.message, port=None))
        return True
    turn.fault = fault
    turn.put(step._replace(status=next_step_status(step.status, "fail"), error=fault.message))
    if action == "stop" and (waited := with_another_event(turn, failure)) is not None:
        return (yield from take_another_event(turn, waited, None))
    position = position_back(turn)
    if action == "back" and position is not None and position > point_of_no_return(turn.workflow, turn):
        turn.cursor = position
        yield from look_at_current(turn, keep_fault=True)
    else:
        turn.become("fail")
    return False


# -- events (S24) -----------------------------------------------------------------------------------


def with_another_event(turn: Turn, error: WizardError) -> Step | None:
    """The step whose event can't be gone on with, where there is another one for it."""
    lasting = isinstance(error, NodeFailed) and error.lasting
    if not error.node or not (lasting or isinstance(error, ExpressionError | NoCaseMatched)):
        return None
    return superseded(turn, error.node, point_of_no_return(turn.workflow, turn))


def take_another_event(turn: Turn, step: Step, anchor: Step | None) -> Generator[Request, Result, bool]:
    """Gives up the event that the step took, and goes on from there with the next one. True where the run goes on;
    a person who was further on already comes back to where they were, as after a change (S11)."""
    took = step.took
    assert took is not None
    turn.log("gave up", step.path, event=took.name, number=took.number)
    position = turn.position(step.path)
    if anchor is not None and anchor.is_foreground and turn.position(anchor.path) > position:
        turn.returning = turn.returning or anchor.path
    turn.cursor, turn.fault = position, None
    if step.is_foreground:
        arrival = next_for(turn, step)
        assert arrival is not None
        close_with(turn, step, arrival)
        return True
    fresh = yield from renew(turn, turn.put(step._replace(took=None)))
    return (yield from run_step(turn, fresh))
