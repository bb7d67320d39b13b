"""Drafts: what was typed at a step and not sent is kept with it (S9), but for passwords and what else its node calls
secret.
"""

from __future__ import annotations

from collections.abc import Mapping

from wizard.machine.protocol import Look, Move
from wizard.machine.stack import Turn
from wizard.model import Step, StepStatus, Value, Workflow
from wizard.model.path import locate


def without_secrets(workflow: Workflow, step: Step, values: Mapping[str, Value]) -> Mapping[str, Value]:
    """What may be kept of what was typed at a step, or shown of what it gave."""
    secrets = locate(workflow, step.path).node.secrets
    return {name: value for name, value in values.items() if name not in secrets} if secrets else values


def keep_draft(turn: Turn, draft: Mapping[str, Value] | None) -> Move:
    """What was typed at the current step, where it waits; None changes nothing."""
    step = turn.steps[turn.cursor]
    if draft is not None and step.status is StepStatus.WAITING:
        turn.put(step._replace(draft=without_secrets(turn.workflow, step, draft)))
        turn.log("kept", step.path)
        yield Look(turn.steps[turn.cursor])
