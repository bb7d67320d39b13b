"""What is kept of an event that was taken: what it is, what it leads to, and what came of that.

It is the dedupe record of the event's id. It is stored before anything is done, with the runs that the event will start
and reach, and once more when all of that is done. So whoever finds it half done can do the rest, whatever was deployed
or started meanwhile, and what was answered once is answered again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from wizard.model.prompt import Value

FIELDS = ("type", "id", "at", "properties")  # of the `event` of a run that an event started
MAX_ID = 200  # characters


class RunToStart(NamedTuple):
    """A run that an event starts, under this id."""

    workflow: str
    run: str


class RunTold(NamedTuple):
    """What is told of a run that an event started or reached, as it stood after that."""

    id: str
    workflow: str
    version: str
    status: str


class TakenEvent(NamedTuple):
    """`at` is when it happened, as its sender says, `taken_at` when it came. `asked` is a digest of all that was sent,
    which tells it from another event with the same id. `starts` and `reaches` are what is to be done; `runs` is what
    is answered, None until it is done, and `failed` are the workflows of `starts` that a run couldn't be started of.
    `number` counts what a store takes, and is 0 before it is stored."""

    id: str
    type: str
    at: datetime
    properties: Mapping[str, Value]
    profile_id: str
    session_id: str
    asked: bytes
    taken_at: datetime
    starts: tuple[RunToStart, ...] = ()
    reaches: tuple[str, ...] = ()
    runs: tuple[RunTold, ...] | None = None
    failed: tuple[str, ...] = ()
    number: int = 0

    @property
    def is_done(self) -> bool:
        return self.runs is not None

    @property
    def is_unmatched(self) -> bool:
        """Whether nothing waited for it, and nothing is started by it."""
        return not (self.starts or self.reaches)


@dataclass(frozen=True, slots=True)
class Emitted:
    """An event that was taken, and what came of it. `again` says that it had been taken before. `tokens` are those of
    the runs that it started, by their ids, as far as they are known: of an engine with a secret for events each time,
    else only where this very call started them."""

    event: str
    profile_id: str
    session_id: str
    runs: tuple[RunTold, ...]
    again: bool = False
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)  # they open runs, and so are in no log


class Emit(Protocol):
    """Takes events (wizard.events.intake.Intake.emit)."""

    async def __call__(
        self,
        type: str,  # noqa: A002 - the word of the format
        properties: Mapping[str, Value] | None = None,
        *,
        id: str | None = None,  # noqa: A002
        profile_id: str | None = None,
        session_id: str | None = None,
        at: datetime | None = None,
    ) -> Emitted: ...


class TakenEvents(Protocol):
    """The events that a store has taken. Every method may be called concurrently."""

    async def add(self, event: TakenEvent) -> bool:
        """Stores it, and says whether there was none with its id before: then nothing has changed."""

    async def finish(self, event: TakenEvent) -> bool:
        """Stores `runs` and `failed` of one that isn't done yet; False where it is, or isn't there any more."""

    async def get(self, event_id: str) -> TakenEvent | None: ...

    async def newest(
        self, *, profile: str | None = None, unmatched: bool = False, limit: int = 100, below: int | None = None
    ) -> tuple[TakenEvent, ...]:
        """The newest first, those with a number below that one: of one profile, with `unmatched` only those that
        nothing came of."""

    async def forget(self, profile_id: str) -> int:
        """Deletes those of a profile; how many they were."""
