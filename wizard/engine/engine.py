"""The engine: what callers can do with runs (S1-S11, S24). How a turn is taken is in wizard.engine.turns."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Set
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from wizard.engine.children import Children, ChildToStart
from wizard.engine.inputs import read_input
from wizard.engine.jobs import Errand, Performer
from wizard.engine.migrating import Migrations
from wizard.engine.moving import Moving
from wizard.engine.narration import Narrator, Said
from wizard.engine.pinned import Definitions, Pinned
from wizard.engine.playing import RespondWith
from wizard.engine.reentry import check_not_within
from wizard.engine.run_token import new_token
from wizard.engine.starting import Handed, new_id, new_run
from wizard.engine.turns import Turns
from wizard.engine.view import RunView, run_id_of, shown
from wizard.errors import HostError
from wizard.machine.arguments import (
    check_ids_given,
    check_names,
    check_texts,
)
from wizard.model import RunStatus, Value
from wizard.model.copies import copied
from wizard.model.events import Emit, Emitted
from wizard.model.instants import Clock, instant
from wizard.model.job import Claim, JobKind
from wizard.model.migrating import Order, Page
from wizard.node import Services
from wizard.process.isolation import Whose
from wizard.profiles.keeping import StoredDocuments
from wizard.profiles.of_runs import RunProfiles
from wizard.profiles.schema import ProfileSchema
from wizard.settings import Settings
from wizard.stores.asides import delete_whole_run
from wizard.stores.contract import Store
from wizard.telemetry.logs import broke
from wizard.telemetry.watching import NOBODY, All, Watch

log = logging.getLogger("wizard.engine")

__all__ = ["Definitions", "Engine", "RespondWith", "utc_now"]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Engine(Moving):
    """Runs, by calls. Each call that moves a run is one turn: it returns only after everything it changed is committed
    in one transaction (S20), and of two at the same time one wins (S19).

    `definitions` gives the workflows that runs start from, and compiles those that stored runs are
    pinned to (S22); `services` are what nodes are handed; `clock` gives aware times, in the zone of the people whose
    days and hours expressions compute with (S25); `watch` is told of each turn; `profile_schema` is what profiles may
    hold. `profiles` and `sessions` are those that are stored. Background work that isn't
    done within a turn needs a worker (wizard.engine.worker). The code of a node that moves the run which it is called
    for gets MoveFromWithin; it may call `event`, `amend`, `keep` and `cancel`.
    """

    def __init__(
        self,
        definitions: Definitions,
        store: Store,
        *,
        services: Services | None = None,
        clock: Callable[[], datetime] = utc_now,
        ids: Callable[[], str] = new_id,
        watch: Watch = NOBODY,
        profile_schema: ProfileSchema | None = None,
    ) -> None:
        self.definitions = definitions
        self.store = store
        self.services = services or Services()
        self.clock = Clock(clock, _zone_of(self.settings))
        watch = watch if watch is NOBODY or isinstance(watch, All) else All(NOBODY, watch)  # which contains its errors
        self.watch = watch
        self.emitter: Emit | None = None  # set where an application is composed: it is of a room above
        self._ids = ids
        self._pinned = Pinned(definitions, store, self._needed)
        children = Children(self._start_child, self.load, self.cancel)
        profiles = RunProfiles(store, self.clock, profile_schema)
        self._turns = Turns(store, self._pinned, self.services, self.clock, watch, profile_schema, children, profiles)
        self.profile_schema = profile_schema
        self.profiles = StoredDocuments(store, "profile", self.clock, profile_schema)
        self.sessions = StoredDocuments(store, "session", self.clock)
        self._performer = Performer(
            store, self._pinned, self._turns, self.services, self.clock, watch, children, profiles
        )

    def _needed(self) -> Set[str]:
        """The versions of workflows that runs in memory are pinned to."""
        return self._turns.cache.versions()

    @property
    def narrator(self) -> Narrator | None:
        """What speaks in conversations; set where an application is composed, as it is of a room above."""
        return self._turns.narrator

    @narrator.setter
    def narrator(self, narrator: Narrator) -> None:
        self._turns.narrator = narrator

    @property
    def errands(self) -> dict[JobKind, Errand]:
        """What does the jobs of the rooms above, by kind; set where an application is composed."""
        return self._performer.errands

    def listen(self, listener: Callable[[str], None]) -> None:
        """Has the function called with the run's id whenever this process has said something in a conversation, or has
        deleted the run."""
        self._turns.listeners.append(listener)

    @property
    def settings(self) -> Settings:
        settings: Settings | None = self.services.settings
        return settings or Settings()

    async def close(self) -> None:
        """Lets work under way finish for the settings' `grace`, then closes what nodes opened and shared: what hangs in
        that is left behind, what fails is logged. The store is its owner's to close."""
        await self._turns.lasting.close(self.settings.grace)
        for name, shared in list(self.services.shared.items()):
            await self._close(name, shared)
        self.services.shared.clear()

    async def _close(self, name: str, shared: Any) -> None:
        calls, seconds = self.services.calls, min(self.settings.grace, self.settings.step_timeout)
        try:
            if (close := getattr(shared, "close", None)) is not None:
                await calls.within(seconds, lambda: calls.function(close, {}), Whose(f"closing {name}", kind="close"))
        except Exception as error:
            broke(log, error, "what nodes share as %s can't be closed", name)

    # -- the interface -----------------------------------------------------------------------------

    async def create(
        self,
        workflow_id: str,
        input: Mapping[str, object] | None = None,  # noqa: A002 - the word of the definition format
        *,
        event: Mapping[str, Value] | None = None,
        session: Mapping[str, Value] | None = None,
        profile_id: str | None = None,
        session_id: str | None = None,
    ) -> RunView:
        """S1: a run that has executed nothing. Its `token` is handed out here and nowhere else.

        Raises WorkflowNotFound, and InvalidInput where `input` isn't what the workflow declares.
        """
        handed = Handed(event, session, profile_id, session_id)
        return await self._create(workflow_id, {} if input is None else input, handed, None, entering=False)

    async def start(
        self,
        workflow_id: str,
        input: Mapping[str, object] | None = None,  # noqa: A002
        *,
        event: Mapping[str, Value] | None = None,
        session: Mapping[str, Value] | None = None,
        profile_id: str | None = None,
        session_id: str | None = None,
        run_id: str | None = None,
        token: str | None = None,
        respond: RespondWith | None = None,
        said: Said | None = None,
    ) -> RunView:
        """S2: create and the first Next in one. `run_id` and `token` are the new run's where the caller has made them,
        of 128 random bits or more. With `said` it is a conversation from the beginning. Raises what `create` raises,
        and StaleRevision where there is a run with that id."""
        handed = Handed(event, session, profile_id, session_id)
        given = {} if input is None else input
        return await self._create(
            workflow_id, given, handed, respond, entering=True, run_id=run_id, token=token, said=said
        )

    async def emit(
        self,
        type: str,  # noqa: A002 - the word of the format
        properties: Mapping[str, Value] | None = None,
        *,
        id: str | None = None,  # noqa: A002
        profile_id: str | None = None,
        session_id: str | None = None,
        at: datetime | None = None,
    ) -> Emitted:
        """An event that concerns no run in particular: it starts a run of each workflow whose `on` it matches, and
        reaches the runs of its profile or session that take events of its type, once for each id. Raises what
        wizard.events.intake.Intake.emit raises, and HostError where the engine wasn't made by wizard.app.make_engine.
        """
        if self.emitter is None:
            raise HostError("This engine takes no events. Make it with wizard.app.make_engine.")
        return await self.emitter(type, properties, id=id, profile_id=profile_id, session_id=session_id, at=at)

    async def perform(self, claim: Claim) -> datetime | None:
        """Does a job that a queue handed out. Gives the time at which it is to be done (again), None where nothing is
        left to do. Raises StoreError where the storage failed, MessageNotSent where a function of the host's did."""
        return await self._performer.perform(claim)

    async def hand_back(self, claim: Claim) -> None:
        """Gives up a job whose performance was cancelled: it is anybody's from now on, or from when what can't be
        stopped of it has come to its end."""
        await self._turns.lasting.hand_back(claim)

    def is_past(self, claim: Claim) -> bool:
        """Whether the job that is being performed is done, and what goes on is what follows from it."""
        return claim.job.key in self._turns.past

    @property
    def following(self) -> Set[asyncio.Task[None]]:
        """The work under way that followed from jobs which are done: it is as much work as they were."""
        return self._turns.lasting.following

    async def repair(self, run: str | RunView) -> RunView:
        """Has everything tried again that was given up in a run: its failed undos, and the step that it failed at."""
        run_id = run_id_of(run)
        check_not_within("repair", run_id)
        view = await self._performer.repair(run_id)
        if view.status is RunStatus.FAILED:
            view = await self.next(view)
        return shown(run, view)

    async def delete(self, run_id: str) -> bool:
        """Deletes all that is stored of a run, and of those that helped aside in it, whatever its status; nothing is
        undone. False where there is none."""
        check_texts(run_id=run_id)
        self.forget(run_id)
        deleted = await delete_whole_run(self.store, run_id)
        self._turns.tell_listeners(run_id)  # who waits for what is said there waits in vain
        return deleted

    # -- turns -------------------------------------------------------------------------------------

    async def _start_child(self, start: ChildToStart) -> RunView:
        """A run that a node of another one starts. Raises what `start` raises."""
        handed = Handed(None, None, start.profile_id, start.session_id, start.parent)
        return await self._create(start.workflow, start.values, handed, None, entering=True, run_id=start.run)

    async def _create(
        self,
        workflow_id: str,
        values: Mapping[str, object],
        handed: Handed,
        respond: RespondWith | None,
        *,
        entering: bool,
        run_id: str | None = None,
        token: str | None = None,
        said: Said | None = None,
    ) -> RunView:
        check_texts(workflow_id=workflow_id)
        check_ids_given(run_id=run_id, token=token)
        check_names("input", values)
        workflow, bundle = self._pinned.current(workflow_id)
        token, now = token or new_token(), self.clock.wall()
        run = await new_run(workflow, run_id or self._ids(), token, handed, self.store, instant(now))
        run = run._replace(input=copied(read_input(workflow, run, values, now)))
        await self._pinned.save(workflow, bundle)
        return await self._turns.first(workflow, run, now, respond, token, entering=entering, said=said)

    async def migrate(self, order: Order) -> Page:
        """Moves live runs of a workflow to another of its versions, or says what would become of them
        (wizard.engine.migrating). Raises what Migrations.page raises."""
        turns = self._turns
        migrations = Migrations(
            *(self.store, self._pinned, turns.cache, self.services, self.clock, self.profile_schema),
            narrator=turns.narrator,
            told=turns.tell_listeners,
        )
        return await migrations.page(order)


def _zone_of(settings: Settings) -> ZoneInfo | None:
    """The zone that the settings name; None where they say nothing, and the clock's counts."""
    return ZoneInfo(settings.timezone) if "timezone" in settings.model_fields_set else None
