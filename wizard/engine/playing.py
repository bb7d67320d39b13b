"""One try of a turn: the machine's move driven to its end, and what came of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from wizard.engine.driver import Driver
from wizard.engine.view import RunView, with_fault
from wizard.machine.protocol import Move
from wizard.machine.stack import Turn, visit_of
from wizard.model import Prompt, Reply, Run, RunStatus, Workflow
from wizard.model.path import locate
from wizard.telemetry.logs import failed
from wizard.telemetry.watching import ACCEPTED

nodes = logging.getLogger("wizard.nodes")

RespondWith = Callable[[RunView], Reply]


def outcome(view: RunView, before: Run) -> str:
    """What came of a move, as it is told to who watches. Most nodes store nothing of what they refuse."""
    if view.rejected is not None:
        return "rejected"
    return "unchanged" if view.run is before else ACCEPTED


def is_handed_over(workflow: Workflow, run: Run) -> bool:
    """Whether the run stands at work that only a job goes on with."""
    step = run.current
    if run.status is not RunStatus.WORKING or step is None or step.is_foreground or step.is_done:
        return False
    node = locate(workflow, step.path).node
    return bool(node.slow or node.handler.slow or node.handler.pauses or step.put_off is not None)


def put_off_until(run: Run) -> datetime | None:
    step = run.current
    return None if step is None or step.is_done or step.put_off is None else step.put_off.until


def answer_on_the_way(turn: Turn, respond: RespondWith, stored: Run) -> Reply:
    return respond(RunView(turn.workflow, stored, turn.local_now))


def log_failures(turn: Turn) -> None:
    """Logs failures that are stored: where somebody else was faster, the turn is taken again, and may not fail."""
    for failure in turn.failures:
        failed(nodes, failure.error, failure.fault, step=failure.step, workflow=turn.workflow.id, run=turn.id)
    turn.failures.clear()


async def drive(move: Move, driver: Driver) -> None:
    try:
        request = next(move)
        while True:
            request = move.send(await driver.answer(request))
    except StopIteration:
        return


def prompt_of(run: Run, driver: Driver, workflow: Workflow) -> Prompt | None:
    """What the last node showed, if the run stopped there."""
    prompt, current = driver.prompt, run.current
    if prompt is None or current is None or prompt.step != current.path:
        return None
    return with_fault(prompt, run.fault, workflow.language)


def stands_at(run: Run, visit: int) -> bool:
    """Whether the run is still to go on at that visit."""
    return run.status is RunStatus.WORKING and visit_of(run.current) == visit
