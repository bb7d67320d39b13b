"""Which status follows which, for runs and for steps: two `transitions` machines and nothing else.

    run     created, waiting, working and failed are left by wait, work, fail, complete, cancel and
            expire, each for the status it names: a turn may pass several before it is stored
            completed is left by reopen alone, which makes it waiting (S5)
            cancelled and expired are the end
    step    foreground: waiting is presented (again) or accepted (done); done is revisited (waiting)
            background: pending begins (again after a crash: S21), succeeds (done) or fails (failed);
            failed is retried and done rerun, both being pending again (S16, S10)

Both are tables without memory, so that an answer is computed once and kept: a move costs a look-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from transitions import Machine, MachineError

from wizard.errors import IllegalMove
from wizard.model import RunStatus, StepStatus

RunTrigger = Literal["wait", "work", "fail", "complete", "cancel", "expire", "reopen"]
StepTrigger = Literal["present", "accept", "revisit", "begin", "succeed", "fail", "retry", "rerun"]

_LIVE = ["created", "waiting", "working", "failed"]

RUNS = Machine(
    model=None,
    states=[status.value for status in RunStatus],
    initial="created",
    auto_transitions=False,
    send_event=True,
    transitions=[
        {"trigger": "wait", "source": _LIVE, "dest": "waiting"},
        {"trigger": "work", "source": _LIVE, "dest": "working"},
        {"trigger": "fail", "source": _LIVE, "dest": "failed"},
        {"trigger": "complete", "source": _LIVE, "dest": "completed"},
        {"trigger": "cancel", "source": _LIVE, "dest": "cancelled"},
        {"trigger": "expire", "source": _LIVE, "dest": "expired"},
        {"trigger": "reopen", "source": "completed", "dest": "waiting"},
    ],
)

STEPS = Machine(
    model=None,
    states=[status.value for status in StepStatus],
    initial="waiting",
    auto_transitions=False,
    send_event=True,
    transitions=[
        {"trigger": "present", "source": "waiting", "dest": "waiting"},
        {"trigger": "accept", "source": "waiting", "dest": "done"},
        {"trigger": "revisit", "source": "done", "dest": "waiting"},
        {"trigger": "begin", "source": "pending", "dest": "pending"},
        {"trigger": "succeed", "source": "pending", "dest": "done"},
        {"trigger": "fail", "source": "pending", "dest": "failed"},
        {"trigger": "retry", "source": "failed", "dest": "pending"},
        {"trigger": "rerun", "source": "done", "dest": "pending"},
    ],
)


@dataclass(slots=True)
class _Probe:
    """What a machine moves: only the status, since a move depends on nothing else."""

    state: str


def _next(machine: Machine, what: str, status: str, trigger: str) -> str:
    event = machine.events.get(trigger)
    probe = _Probe(status)
    try:
        moved = event is not None and event.trigger(probe)
    except MachineError:
        moved = False
    if not moved:
        raise IllegalMove(f"A {what} that is {status} can't {trigger}. It stays as it is.")
    return probe.state


@cache
def next_run_status(status: RunStatus, trigger: RunTrigger) -> RunStatus:
    """The status of a run after `trigger`. Raises IllegalMove where it is unknown or can't follow."""
    return RunStatus(_next(RUNS, "run", status.value, trigger))


@cache
def next_step_status(status: StepStatus, trigger: StepTrigger) -> StepStatus:
    """The status of a step after `trigger`. Raises IllegalMove where it is unknown or can't follow."""
    return StepStatus(_next(STEPS, "step", status.value, trigger))
