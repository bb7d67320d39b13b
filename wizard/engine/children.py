"""Runs that nodes of other runs start: one for each visit, known by an id that follows from the visit's key.

A visit that is tried again, after a crash or by two processes at once, comes to the same id, and of two runs with one
id a store takes only one. What waits for the end of such a run is woken by a job that is committed with that end
(wizard.machine.stack), so that it is neither lost nor looked for.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

from wizard.engine.view import RunView
from wizard.engine.visits import idempotency_key
from wizard.errors import (
    Excuse,
    InvalidInput,
    NodeFailed,
    RunCompleted,
    RunExpired,
    RunNotFound,
    StaleRevision,
    WorkflowNotFound,
)
from wizard.model import Parent, Step, Value
from wizard.node.contract import StartedRun

MOST_DEEP = 10  # runs above one: what starts itself comes to an end


@dataclass(frozen=True, slots=True)
class ChildToStart:
    """What a run is started with that a node starts."""

    run: str
    workflow: str
    values: Mapping[str, object]
    profile_id: str | None
    session_id: str | None
    parent: Parent


class Starter(Protocol):
    """What is known of the run, or of the turn on it, whose node starts another one."""

    @property
    def id(self) -> str: ...
    @property
    def profile_id(self) -> str | None: ...
    @property
    def session_id(self) -> str | None: ...
    @property
    def parent(self) -> Parent | None: ...


class Children:
    """Starts, finds and ends them by an engine's own calls."""

    def __init__(
        self,
        start: Callable[[ChildToStart], Awaitable[RunView]],
        load: Callable[[str], Awaitable[RunView]],
        cancel: Callable[..., Awaitable[RunView]],
    ) -> None:
        self.start = start
        self.load = load
        self.cancel = cancel

    def of(self, starter: Starter, step: Step) -> Child:
        return Child(self, starter, step)


@dataclass(frozen=True, slots=True)
class Child:
    """See wizard.node.contract.ChildRun."""

    children: Children
    starter: Starter
    step: Step

    @property
    def id(self) -> str:
        """As long as any run's, and as hard to guess for whoever doesn't know the run that starts it."""
        key = idempotency_key(self.starter.id, self.step)
        return urlsafe_b64encode(blake2b(key.encode(), digest_size=16, person=b"child run").digest())[:22].decode()

    async def start(self, workflow: str, values: Mapping[str, Value], *, wakes: bool) -> StartedRun:
        if (started := await self.look()) is not None:
            return started
        above, starter = self.starter.parent, self.starter
        parent = Parent(starter.id, self.step.visit if wakes else 0, 1 if above is None else above.depth + 1)
        if parent.depth > MOST_DEEP:
            what = (
                f"Runs have started runs {MOST_DEEP} deep, which is the limit. Does {workflow} start itself, or what "
                "starts it?"
            )
            raise NodeFailed(what, people=Excuse.BROKEN, lasting=True)
        child = ChildToStart(self.id, workflow, values, starter.profile_id, starter.session_id, parent)
        try:
            return _told(await self.children.start(child))
        except StaleRevision:  # somebody else has tried at the same time
            return _told(await self.children.load(self.id))
        except WorkflowNotFound as error:
            what = f"There is no workflow {workflow} to start. Deploy it, or load its definition, and try again."
            raise NodeFailed(what, people=Excuse.BROKEN) from error
        except InvalidInput as error:
            raise NodeFailed(error.message, people=Excuse.CHECK, private=True, lasting=True) from error

    async def look(self) -> StartedRun | None:
        try:
            return _told(await self.children.load(self.id))
        except RunNotFound:
            return None

    async def cancel(self) -> None:
        try:
            await self.children.cancel(self.id, undo=True)
        except (RunNotFound, RunCompleted, RunExpired):
            return


def _told(view: RunView) -> StartedRun:
    return StartedRun(view.id, view.status.value, view.shown_answers_of(view.run.path))
