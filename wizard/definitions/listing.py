"""Which workflows people are shown to choose from. Each can be started by its id, shown or not."""

from __future__ import annotations

from collections.abc import Iterable

from wizard.model import Call, Workflow


def listed(workflows: Iterable[Workflow]) -> list[Workflow]:
    """Those that say so (`listed`), or say nothing and are no part of another one of them."""
    every = list(workflows)
    parts = {inner for workflow in every for inner in _embedded(workflow)}
    return [
        workflow for workflow in every if (workflow.id not in parts if workflow.listed is None else workflow.listed)
    ]


def _embedded(workflow: Workflow) -> Iterable[str]:
    return (node.config.workflow.id for node in workflow.nodes.values() if isinstance(node.config, Call))
