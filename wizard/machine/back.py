"""How far back a run can go (S6, S7): looked at by Previous and change, and by whoever shows a run."""

from __future__ import annotations

from wizard.model import Call, Kind, RunStatus, Step, Workflow
from wizard.model.derived import derived
from wizard.model.path import locate
from wizard.model.run import Visible


def is_over(workflow: Workflow, run: Visible) -> bool:
    """Whether the run is completed and stays so (S5)."""
    return run.status is RunStatus.COMPLETED and not workflow.reopen


def can_go_back(workflow: Workflow, run: Visible) -> bool:
    """Whether Previous has a step to go to."""
    if is_over(workflow, run):
        return False
    position = position_back(run)
    return position is not None and position > point_of_no_return(workflow, run, down_to=position)


def position_back(run: Visible, *, skip_background: bool = True) -> int | None:
    """Where Previous goes: the position of the nearest earlier step, or foreground step that a person can answer."""
    for position in range(run.cursor - 1, -1, -1):
        step = run.steps[position]
        if not skip_background or (step.is_foreground and not step.is_closed):
            return position
    return None


def point_of_no_return(workflow: Workflow, run: Visible, landing: Step | None = None, *, down_to: int = 0) -> int:
    """The position of the topmost final step that is done, -1 if there is none (S7). Going back to
    a final background step (`landing`) runs nothing and is below nothing. What is below position `down_to` isn't
    looked at."""
    if not has_final(workflow):
        return -1
    for position in range(run.cursor, down_to - 1, -1):
        step = run.steps[position]
        if step.is_done and locate(workflow, step.path).node.final:
            return position - 1 if step is landing and step.kind is Kind.BACKGROUND else position
    return -1


@derived
def has_final(workflow: Workflow) -> bool:
    """Whether the definition, or one that it embeds, has a final node at all: most have none, and then
    nobody looks through a long run for one."""
    return any(
        node.final or (isinstance(node.config, Call) and has_final(node.config.workflow))
        for node in workflow.nodes.values()
    )
