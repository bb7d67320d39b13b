"""Why a step is asked, or asked again, that somebody did not expect: it follows from what a run is."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from wizard.engine.visits import make_visit, still_holds
from wizard.locale.sentences import sentence
from wizard.machine.scope import Scope, on_path
from wizard.model import Run, RunStatus, Step, Workflow
from wizard.model.path import locate


class Why(Enum):
    """What people read. Of the last two, a change may be the reason, or another version that the run is on now."""

    DEPENDS = sentence("You changed an answer that this page depends on, so it is asked again.")
    NO_LONGER_FITS = sentence("What you answered here no longer fits, so it is asked again.")
    ALSO_NEEDED = sentence("You need to answer this page as well before you come back to where you were.")


def why_asked(workflow: Workflow, run: Run, now: datetime) -> Why | None:
    """Why the current step waits for an answer although it has had one, or because of a change that is pending (S11);
    None where there is nothing to explain."""
    step = run.current
    if step is None or run.status is not RunStatus.WAITING or not step.is_foreground or step.is_done:
        return None
    if step.answer is None:
        is_ahead = run.returning is not None and not on_path(run, run.returning)  # else it has been come back to
        return Why.ALSO_NEEDED if is_ahead else None
    place = locate(workflow, step.path)
    if not Scope(run, place.frame, now).unchanged(step.reads):
        return Why.DEPENDS
    return None if place.after is not None or _still_fits(workflow, run, step, now) else Why.NO_LONGER_FITS


def _still_fits(workflow: Workflow, run: Run, step: Step, now: datetime) -> bool:
    """Whether the answer that the step has would be taken as it is; where its node can't say, nothing is explained."""
    try:
        return still_holds(make_visit(workflow, run, step, now))
    except Exception:
        return True
