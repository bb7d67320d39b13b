"""How far the work is that a run stands at, as every channel tells it."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from wizard.engine.view import RunView
from wizard.model import Node, RunStatus
from wizard.model.path import locate

STUCK_AFTER = timedelta(minutes=2)  # with work that neither reports nor said that it is slow, nobody is sure any more


class Work(NamedTuple):
    """`percent` of the whole, None where that isn't known, and what is being done, "" where nothing was said."""

    percent: float | None = None
    text: str = ""


def work_of(view: RunView) -> Work | None:
    """The work that the run stands at as its node reported it last; None where it stands at none."""
    if view.status is not RunStatus.WORKING:
        return None
    report, step = view.report, view.run.current
    if report is None or step is None or report.visit != step.visit:
        return Work()  # what an earlier step's work reported isn't about this one
    return Work(report.percent, report.text)


def pauses(view: RunView) -> bool:
    """Whether the run works at nothing, but waits for a time or an event."""
    node = _node(view)
    return view.status is RunStatus.WORKING and node is not None and bool(node.handler.pauses)


def seems_stuck(view: RunView) -> bool:
    """Whether work that somebody should have finished long ago may be nobody's: its process may have died."""
    node = _node(view)
    step = view.run.current
    if step is not None and step.put_off is not None:
        return False
    if view.status is not RunStatus.WORKING or view.now - view.run.updated_at < STUCK_AFTER:
        return False
    if node is not None and (node.slow or node.handler.slow or node.handler.pauses):
        return False
    return work_of(view) == Work()


def _node(view: RunView) -> Node | None:
    step = view.run.current
    return None if step is None else locate(view.workflow, step.path).node
