"""The engine: what callers can do with runs (S1-S11, S24). How a turn is taken is in wizard.engine.turns."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from wizard.engine import asks
from wizard.engine.access import Caller, check_access
from wizard.engine.asks import Action
from wizard.engine.children import Children, ChildToStart
from wizard.engine.inputs import read_input
from wizard.engine.jobs import Performer
from wizard.engine.migrating import Migrations
from wizard.engine.narration import Narrator, Said
from wizard.engine.own_runs import RunPage, runs_of
from wizard.engine.pinned import Definitions, Pinned
from wizard.engine.reentry import check_not_within
from wizard.engine.run_token import new_token
from wizard.engine.starting import Handed, new_id, new_run
from wizard.engine.turns import RespondWith, Turns
from wizard.engine.unsaved import PERSONS
from wizard.engine.view import RunView, run_id_of
from wizard.errors import HostError, InvalidInput, RunCancelled
from wizard.machine import interventions
from wizard.machine.arguments import (
    check_fields,
    check_ids_given,
    check_names,
    check_numbers_given,
    check_texts,
    check_texts_given,
)
from wizard.machine.conflicts import Ask, FromOutside, LookBack
from wizard.machine.repeats import remove_item
from wizard.machine.restart import restart
from wizard.model import RunStatus, StoredFile, Value
from wizard.model.copies import copied
from wizard.model.events import Emit, Emitted
from wizard.model.instants import Clock, instant
from wizard.model.job import Claim
from wizard.model.migrating import Order, Page
from wizard.model.talk import Utterance
from wizard.node import Services
from wizard.process.isolation import Whose
from wizard.profiles.keeping import StoredDocuments
from wizard.profiles.of_runs import RunProfiles
from wizard.profiles.schema import ProfileSchema
from wizard.settings import Settings
from wizard.stores.contract import Store, TraceEntry
from wizard.telemetry.logs import broke
from wizard.telemetry.watching import NOBODY, All, Watch

log = logging.getLogger("wizard.engine")

__all__ = ["Definitions", "Engine", "RespondWith", "utc_now"]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Engine:
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
        self._turns = Turns(store, self._pinned, self.services, self.clock, watch, profile_schema, children)
        self.profile_schema = profile_schema
        self.profiles = StoredDocuments(store, "profile", self.clock, profile_schema)
        self.sessions = StoredDocuments(store, "session", self.clock)
        profiles = RunProfiles(store, self.clock, profile_schema)
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

    def listen(self, listener: Callable[[str], None]) -> None:
        """Has the function called with the run's id whenever this process has said something in a conversation."""
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

    async def load(self, run: str | RunView) -> RunView:
        """The run as it is now. Executes nothing (S18). Raises RunNotFound."""
        return _shown(run, await self._turns.show(run_id_of(run)))

    async def former(self, run_id: str) -> RunView | None:
        """The run as it was before it was migrated last, None where that isn't kept."""
        former = await self.store.former(run_id)
        if former is None:
            return None
        return RunView(await self._pinned.known_of(former.run), former.run, self.clock.wall())

    async def open(self, run_id: str, token: str) -> RunView:
        """`load` for whoever holds the run's token. Raises NotYours and RunNotFound."""
        await self.check_token(run_id, token)
        return await self.load(run_id)

    async def check_token(self, run_id: str, token: str) -> None:
        """Compares in constant time. Raises NotYours, or RunNotFound: ids can't be guessed either.

        Neither a token nor a run's profile ever changes, so a cached run serves.
        """
        check_texts(token=token)
        await self.check_access(run_id, Caller(token))

    async def check_access(self, run_id: str, caller: Caller) -> None:
        """`check_token` by the rule for everybody, signed in or not (wizard.engine.access). Raises NotYours,
        NotYourProfile and RunNotFound."""
        check_texts(run_id=run_id)
        run, _ = await self._turns.cache.get(run_id)
        await check_access(run, caller)

    async def next(
        self,
        run: str | RunView,
        answers: Mapping[str, object] | None = None,
        *,
        step: str | None = None,
        revision: int | None = None,
        partial: bool = False,
        keep: bool = False,
        revisit: bool = False,
        seen: str | None = None,
        respond: RespondWith | None = None,
        said: Said | None = None,
    ) -> RunView:
        """Next (S2, S4, S5). `answers` are for `step`, by default the one that the view shows.

        Answers that aren't accepted are no error here: the view is `rejected`, its prompt says why.
        With `partial` some of a form's fields are kept and the form waits for the others. With `keep` a field that is
        left out keeps the answer that it has, or what was typed there last, and nothing is waited for. With `revisit`
        the step may be an earlier one of the path: the run goes back to it first, in the same turn. `seen`
        is the step's mark as the caller saw it (RunView.mark_of).
        Raises StaleInput where the run isn't at that step any more or it was answered differently (S19),
        RunExpired, RunNotFound; with `revisit` also PointOfNoReturn, RunCompleted, NotAStep; InvalidInput
        where both `partial` and `keep` are asked for.
        """
        if partial and keep:
            raise InvalidInput("`partial` waits for answers that are left out, `keep` doesn't. Use only one of them.")
        if step is None and isinstance(run, RunView) and run.has_next and run.run.current is not None:
            step = run.run.current.path
        if keep:
            answers, revision = await self._whole(run, step, answers, revision)

        ask = asks.next_ask(step, answers, revision, seen, in_parts=partial, revisit=revisit)
        return await self._take("next", run, ask, respond, said)

    async def previous(
        self,
        run: str | RunView,
        *,
        to: str | None = None,
        step: str | None = None,
        draft: Mapping[str, object] | None = None,
        skip_background: bool = True,
        revision: int | None = None,
        respond: RespondWith | None = None,
        said: Said | None = None,
    ) -> RunView:
        """Previous (S6), to the step `to` or the one before. `draft` is kept as what was typed. With
        `step`, from that foreground step of the path: the run goes back to it first.

        Raises PointOfNoReturn, RunCompleted, NotAStep, StaleInput (revision, or `step` left the path),
        RunExpired.
        """
        ask = asks.previous_ask(step, to, draft, revision, skip_background=skip_background)
        return await self._take("previous", run, ask, respond, said)

    async def save(self, run: str | RunView, step: str, draft: Mapping[str, object]) -> RunView:
        """Keeps what was typed at a foreground step of the path, and makes that the current one: who comes
        back later finds what they left. Raises what `previous` raises."""
        return await self._take("save", run, asks.save_ask(step, draft))

    async def keep(
        self,
        run: str | RunView,
        step: str,
        draft: Mapping[str, object],
        files: Mapping[str, object] | None = None,
    ) -> RunView:
        """Keeps what was typed at a foreground step of the path, and of the `files` that were chosen in its form
        those that it takes; the run doesn't move. Raises RunCompleted, NotAStep, StaleInput, RunExpired."""
        return await self._take("keep", run, asks.keep_ask(step, draft, files))

    async def submit(
        self,
        run: str | RunView,
        step: str,
        action: Action = "next",
        *,
        answers: Mapping[str, object] | None = None,
        draft: Mapping[str, object] | None = None,
        files: Mapping[str, object] | None = None,
        changing: bool = False,
        seen: str | None = None,
    ) -> RunView:
        """What the page of a foreground step of the path sends, in one turn. By its `action` it is the same as `next`
        with `revisit` (as `change` where the page was opened for that: `changing`), `previous` or `save`. What was
        typed, `draft`, and those of the chosen `files` that the step takes are kept with the last two; what was typed
        also where the answers could be neither taken nor refused. Raises what these raise, and InvalidInput for
        another action."""
        name, ask = asks.page_ask(step, action, answers, draft, files, seen, changing=changing)
        return await self._take(name, run, ask)

    async def change(
        self,
        run: str | RunView,
        step: str,
        answers: Mapping[str, object] | None = None,
        *,
        keep: bool = False,
        revision: int | None = None,
        seen: str | None = None,
        respond: RespondWith | None = None,
        said: Said | None = None,
    ) -> RunView:
        """Change (S11): answers an earlier step anew and returns; without answers, shows it first.

        Answers that aren't accepted change nothing: the view is `rejected`, its prompt is that step's. With `keep` a
        field that is left out keeps the answer that it has.
        With `seen`, the step's mark as the caller saw it, the same answers again change nothing either, and
        others than those that are there now are stale (S19).
        Raises PointOfNoReturn, RunCompleted, NotAStep, StaleInput, RunExpired.
        """
        if keep:
            answers, revision = await self._whole(run, step, answers, revision)
        return await self._take("change", run, asks.change_ask(step, answers, revision, seen), respond, said)

    async def _whole(
        self, run: str | RunView, step: str | None, answers: Mapping[str, object] | None, revision: int | None
    ) -> tuple[Mapping[str, object] | None, int | None]:
        """The answers with those that the step keeps as they are now, and the revision that they are for."""
        if answers is None:
            return None, revision
        check_texts_given(step=step)
        check_fields("answers", answers)
        view = await self._turns.show(run_id_of(run))
        if step is None and (current := view.run.current) is not None:
            step = current.path
        if step is None or (whole := view.with_kept(step, answers)) is answers:
            return answers, revision
        return whole, view.revision if revision is None else revision

    async def remove_item(
        self,
        run: str | RunView,
        item: str,
        *,
        revision: int | None = None,
        respond: RespondWith | None = None,
        said: Said | None = None,
    ) -> RunView:
        """Takes an item ("household/2") out of a repeat and goes on as after a change."""
        check_texts(item=item)
        return await self._take(
            "remove", run, LookBack(lambda turn: remove_item(turn, item), revision=revision), respond, said
        )

    async def restart(
        self,
        run: str | RunView,
        *,
        revision: int | None = None,
        respond: RespondWith | None = None,
        said: Said | None = None,
    ) -> RunView:
        """Begins the run anew, at its first step and without any answer: what its steps did is undone, what it was
        handed stays. Raises RunCompleted, PointOfNoReturn, StaleInput, RunExpired."""
        return await self._take("restart", run, LookBack(restart, revision=revision), respond, said)

    async def amend(self, run: str | RunView, **documents: Mapping[str, Value]) -> RunView:
        """Sets fields of the run's event, profile or session from outside, as an event does:
        `await engine.amend(run, session={"seen": True})`. A stored profile or session is changed at once.

        Raises RunCompleted, InvalidInput for what can't be stored (FieldsRefused where the schema of profiles refuses
        it), RunExpired.
        """
        if self.profile_schema is not None and isinstance(profile := documents.get("profile"), Mapping):
            documents["profile"] = self.profile_schema.checked(profile, self.clock())
        return await self._take("amend", run, asks.amend_ask(documents))

    async def event(
        self,
        run: str | RunView,
        name: str,
        data: Value = None,
        *,
        key: str | None = None,
        respond: RespondWith | None = None,
    ) -> RunView:
        """An event of that name arrives (S24): it can be read in the run's event document from here on, `true` where it
        has no data, and one step that waits for it takes it, now or when the run comes to it. With a `key` of its
        sender's it is taken in once, however often it is delivered, as is one whose data has a text `id` where it comes
        with the same data again; the last 256 of a run are remembered.

        Raises InvalidInput for a name that the workflow doesn't know, data that can't be stored, and an event that the
        step which waits for it refuses; KeyReused for the key of another event; TooManyEvents, RunCompleted,
        RunExpired, RunCancelled.
        """
        return await self._take("event", run, asks.event_ask(name, data, key), respond)

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

    async def cancel(
        self,
        run: str | RunView,
        *,
        undo: bool = False,
        respond: RespondWith | None = None,
        said: Said | None = None,
    ) -> RunView:
        """Ends a run for good. With `undo` what its steps did is undone, the newest first; what can't be undone now
        is tried again later. Cancelling it again changes nothing. Raises RunCompleted, RunExpired."""
        ask = FromOutside(lambda turn: interventions.cancel(turn, undo=undo), outline=True)
        try:
            return await self._take("cancel", run, ask, respond, said)
        except RunCancelled:
            return await self.load(run)

    async def give_up(self, run: str | RunView, step: str) -> RunView:
        """The current step was answered wrongly so often that its definition leads elsewhere (`after_tries`). Nothing
        where it doesn't. Raises StaleInput where the step isn't on the path, RunExpired, RunCancelled."""
        return await self._take("give up", run, asks.give_up_ask(step))

    async def say(self, run: str | RunView, said: Said, *, revision: int | None = None, over: bool = False) -> RunView:
        """Something is said in a conversation about the run that moves nothing; with it a run becomes one. Raises
        StaleInput where `revision` isn't the run's any more; what else `previous` raises, unless the run is `over`."""
        return await self._take("say", run, asks.say_ask(revision, over=over), None, said)

    async def said(self, run_id: str, after: int = 0, limit: int = 1000) -> list[Utterance]:
        """What was said in the conversation about a run with a number above `after`, in order."""
        check_texts(run_id=run_id)
        check_numbers_given(after=after, limit=limit)
        return list(await self.store.said(run_id, after, limit))

    async def utterance(self, run_id: str, said_id: str) -> Utterance | None:
        """What was said under that id, None where nothing was."""
        check_texts(run_id=run_id, said_id=said_id)
        return await self.store.utterance(run_id, said_id)

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
        return _shown(run, view)

    async def delete(self, run_id: str) -> bool:
        """Deletes all that is stored of a run, whatever its status; nothing is undone. False where there is none."""
        check_texts(run_id=run_id)
        self.forget(run_id)
        return await self.store.delete_run(run_id)

    async def trace(self, run_id: str, after: int = 0, limit: int = 1000) -> list[TraceEntry]:
        """What happened in a run, in order."""
        check_texts(run_id=run_id)
        check_numbers_given(after=after, limit=limit)
        return list(await self.store.trace(run_id, after, limit))

    async def runs_of(self, profile_id: str, *, limit: int = 50, before: str | None = None) -> RunPage:
        """The runs that were created on a profile (`lines`), newest first, 100 at most; `before` is what the page
        before says for those behind it (`older`). Who asks is for the caller to know. Raises InvalidInput."""
        check_texts(profile_id=profile_id)
        check_texts_given(before=before)
        check_numbers_given(limit=limit)
        return await runs_of(self.store, self.definitions, profile_id, limit=limit, before=before, now=self.clock())

    async def file(self, run_id: str, file_id: str) -> StoredFile | None:
        check_texts(run_id=run_id, file_id=file_id)
        return await self.store.file(run_id, file_id)

    def forget(self, run_id: str) -> None:
        """Drops what is cached of a run; the next call loads it."""
        self._turns.cache.forget(run_id)

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
        migrations = Migrations(
            self.store, self._pinned, self._turns.cache, self.services, self.clock, self.profile_schema
        )
        return await migrations.page(order)

    async def _take(
        self,
        name: str,
        run: str | RunView,
        ask: Ask,
        respond: RespondWith | None = None,
        said: Said | None = None,
    ) -> RunView:
        run_id = run_id_of(run)
        check_not_within(name, run_id)
        task = PERSONS if said is None else replace(PERSONS, said=said)
        return _shown(run, await self._turns.take(name, run_id, ask, respond, task))


def _zone_of(settings: Settings) -> ZoneInfo | None:
    """The zone that the settings name; None where they say nothing, and the clock's counts."""
    return ZoneInfo(settings.timezone) if "timezone" in settings.model_fields_set else None


def _shown(run: str | RunView, view: RunView) -> RunView:
    if isinstance(run, str):
        return view
    run.refresh(view)
    return run
