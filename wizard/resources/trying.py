"""What comes of trying a resource out. The clients that do it are those of the nodes (wizard.nodes.out.trying): who
offers it is handed them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeAlias

from wizard.resources.kinds import Resource


class Tried(NamedTuple):
    """Whether a resource does, and what it is told by: a sentence without anything secret."""

    works: bool
    told: str


TryOut: TypeAlias = Callable[[Resource], Awaitable[Tried]]
