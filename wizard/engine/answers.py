"""What the steps of a run accepted and gave, nested by step path: copies, the caller's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wizard.machine.drafts import without_secrets
from wizard.model import Call, Step, Value, Workflow
from wizard.model.copies import copied
from wizard.model.derived import derived


def answers_of(steps: Iterable[Step]) -> dict[str, Value]:
    """What the foreground steps among these accepted."""
    return _nested((step.path, step.output) for step in steps if step.is_answered)


def shown_answers_of(workflow: Workflow, steps: Iterable[Step]) -> dict[str, Value]:
    """The same without passwords: they are never shown again."""
    if not _has_secrets(workflow):
        return answers_of(steps)
    return _nested((step.path, _shown(workflow, step)) for step in steps if step.is_answered)


def outputs_of(workflow: Workflow, steps: Iterable[Step]) -> dict[str, Value]:
    """What the background steps among these gave, without what their node types call secret. An outline doesn't know
    what that is."""
    if workflow.unavailable is not None:
        return {}
    done = (step for step in steps if step.is_done and not step.is_foreground)
    return _nested((step.path, _shown(workflow, step)) for step in done)


def _shown(workflow: Workflow, step: Step) -> Mapping[str, Value] | None:
    return None if step.output is None else without_secrets(workflow, step, step.output)


@derived
def _has_secrets(workflow: Workflow) -> bool:
    """Whether any node of the definition, or of one that it embeds, has an output that is never shown again."""
    return any(
        _has_secrets(node.config.workflow) if isinstance(node.config, Call) else bool(node.secrets)
        for node in workflow.nodes.values()
    )


def _nested(values: Iterable[tuple[str, Mapping[str, Value] | None]]) -> dict[str, Value]:
    """Copies of what is at each step path, a level for each segment; what is None is left out."""
    root: dict[str, Any] = {}
    for path, value in values:
        if value is not None:
            at, last = root, path
            if "/" in last:
                *outer, last = path.split("/")
                for segment in outer:
                    at = at.setdefault(segment, {})
            at[last] = copied(value)
    return root
