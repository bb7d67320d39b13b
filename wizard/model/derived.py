"""What is computed of a workflow when it is first asked for, and kept by the workflow itself: whether any node is
final, how it ends. It goes with its workflow, of which drafts bring a new one every few seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from wizard.model.workflow import Workflow

T = TypeVar("T")


def derived(compute: Callable[[Workflow], T]) -> Callable[[Workflow], T]:
    """Has a function compute once for each workflow. Two threads that ask for it first may both compute it."""

    @wraps(compute)
    def kept(workflow: Workflow) -> T:
        known = workflow.derived
        if compute not in known:
            known[compute] = compute(workflow)
        value: T = known[compute]
        return value

    return kept
