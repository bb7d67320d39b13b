"""What is computed of workflows once and remembered: where a path leads, whether any node is final.

What is remembered keeps its workflow alive, so that it can be forgotten with those that nobody needs any more
(wizard.engine.compiled).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from functools import _lru_cache_wrapper

T = TypeVar("T")

_remembered: list[_lru_cache_wrapper[Any]] = []


def of_workflows(maxsize: int) -> Callable[[Callable[..., T]], _lru_cache_wrapper[T]]:
    """`lru_cache` for functions of workflows."""

    def remember(function: Callable[..., T]) -> _lru_cache_wrapper[T]:
        remembered = lru_cache(maxsize)(function)
        _remembered.append(remembered)
        return remembered

    return remember


def forget_derived() -> None:
    """Forgets all of it, of every workflow: what is needed is computed again, in microseconds."""
    for remembered in _remembered:
        remembered.cache_clear()
