"""What a visit may have to do with beside its own run: the one run that it may start, and the profiles of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from wizard.model import Value


class StartedRun(NamedTuple):
    """A run that a node started, as it stands: what its people answered, by step path and without passwords, and
    whether anything of it still comes."""

    id: str
    status: str
    answers: Mapping[str, Value] = {}


class ChildRun(Protocol):
    """The one run that a visit may start, the same however often it is tried."""

    async def start(self, workflow: str, values: Mapping[str, Value], *, wakes: bool) -> StartedRun:
        """Starts it, or tells how it stands where that was done before. With `wakes` the visit is executed again when
        it ends or stops at an error. Raises NodeFailed."""

    async def look(self) -> StartedRun | None:
        """How it stands; None where it was never started, or isn't kept any more."""

    async def cancel(self) -> None:
        """Ends it, if it goes on, and undoes what its steps did."""


class KnownProfile(NamedTuple):
    """A stored profile."""

    id: str
    fields: Mapping[str, Value]


class MergedProfile(NamedTuple):
    """What came of a merge: `merged`, with the fields as they are now, or why it couldn't be: `not_found`, `elsewhere`
    (one of the two was merged into another before) or `under_way` (runs of the other one haven't ended)."""

    outcome: str
    fields: Mapping[str, Value]


class Profiles(Protocol):
    """The stored profiles, for nodes that look at others than their run's own."""

    async def find(self, field: str, value: Value, most: int) -> Sequence[KnownProfile]:
        """Those whose field has that value, the ones first that were saved last. Raises NodeFailed where profiles
        aren't found by that field."""

    async def merge(
        self, own_id: str, other_id: str, rules: Mapping[str, str], otherwise: str, run: str
    ) -> MergedProfile:
        """Merges the other one into the first, once however often it is called. Raises NodeFailed."""

    async def unmerge(self, own_id: str, other_id: str) -> None:
        """Undoes that, but for what was set since."""
