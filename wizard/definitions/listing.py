"""Which workflows people are shown to choose from. Each can be started by its id, shown or not."""

from __future__ import annotations

from collections.abc import Iterable

from wizard.model import Call, Workflow


def listed(workflows: Iterable[Workflow]) -> list[Workflow]:
    """Those that say so (`listed`), or say nothing and are no part of another one of them."""
    every = list(workflows)
    parts = {inner for each in every for inner in _embedded(each)}
    return [each for each in every if (each.id not in parts if each.listed is None else each.listed)]


def _embedded(workflow: Workflow) -> Iterable[str]:
    return (node.config.workflow.id for node in workflow.nodes.values() if isinstance(node.config, Call))
