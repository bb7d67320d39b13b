"""The engine: loads a run, lets the machine decide, calls nodes, saves (DESIGN: turns, S18-S22).

Each method is one turn: it is acknowledged (it returns) only after everything it changed is
committed in one transaction. Turns don't lock a run; the store's compare-and-swap lets one of two
win, and the other looks again at what there is now: its input is a conflict, or the same input
over again, which gets the same result (S19).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from wizard import machine, revisits
from wizard.asks import Ask, check_fresh, check_size, is_replay
from wizard.births import Handed, new_id, new_run, new_token, token_hash
from wizard.cache import RunCache
from wizard.codec import check_value
from wizard.documents import DOCUMENTS, document_saves
from wizard.errors import (
    CallerError,
    InvalidInput,
    NotYours,
    RunExpired,
    StaleInput,
    StaleRevision,
    StoreError,
)
from wizard.inputs import read_input
from wizard.model import Prompt, Reply, Run, RunStatus, StoredFile, Value, Workflow
from wizard.node import Services
from wizard.removal import remove_item
from wizard.requests import Move
from wizard.saving import Effects, LateResult, Saver
from wizard.state import RunView, is_expired, with_fault
from wizard.stores import Store, TraceEntry
from wizard.turn import Turn
from wizard.visits import Driver

MAX_TRIES = 20  # lost compare-and-swaps in one turn before the caller is told to try again


class Definitions(Protocol):
    """The workflows that new runs start from (wizard.catalog.Catalog)."""

    def get(self, workflow_id: str) -> Workflow: ...

    def bundle(self, workflow_id: str) -> bytes:
        """The definition and all that it embeds, for the store to keep."""

    def compile(self, bundle: bytes) -> Workflow:
        """The workflow of a stored bundle."""


def utc_now() -> datetime:
    return datetime.now(UTC)


RespondWith = Callable[[RunView], Reply]


class Engine:
    """See the module docstring.

    `definitions` gives the workflows that runs start from, and compiles those that stored runs are
    pinned to (S22); `services` are what nodes are handed.
    """

    def __init__(
        self,
        definitions: Definitions,
        store: Store,
        *,
        services: Services | None = None,
        clock: Callable[[], datetime] = utc_now,
        ids: Callable[[], str] = new_id,
    ) -> None:
        self.definitions = definitions
        self.store = store
        self.services = services or Services()
        self.clock = clock
        self._ids = ids
        self._cache = RunCache(store)
        self._effects = Effects()
        self._workflows: dict[str, Workflow] = {}
        self._saved: set[str] = set()

    async def close(self) -> None:
        """Closes what nodes opened and shared. The store is its owner's to close."""
        for shared in self.services.shared.values():
            if (close := getattr(shared, "close", None)) is not None:
                await close()
        self.services.shared.clear()

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
        return await self._bear(workflow_id, input or {}, handed, None, entering=False)

    async def start(
        self,
        workflow_id: str,
        input: Mapping[str, object] | None = None,  # noqa: A002
        *,
        event: Mapping[str, Value] | None = None,
        session: Mapping[str, Value] | None = None,
        profile_id: str | None = None,
        session_id: str | None = None,
        respond: RespondWith | None = None,
    ) -> RunView:
        """S2: create and the first Next in one. Raises what `create` raises."""
        handed = Handed(event, session, profile_id, session_id)
        return await self._bear(workflow_id, input or {}, handed, respond, entering=True)

    async def load(self, run: str | RunView) -> RunView:
        """The run as it is now. Executes nothing (S18). Raises RunNotFound."""
        run_id = run if isinstance(run, str) else run.id
        stored, cached = await self._cache.get(run_id)
        if cached and await self._cache.is_old(stored):
            stored = await self._cache.read(run_id)
        return _shown(run, RunView(await self._workflow_of(stored), stored, self.clock()))

    async def open(self, run_id: str, token: str) -> RunView:
        """`load` for whoever holds the run's token. Raises NotYours and RunNotFound."""
        await self.check_token(run_id, token)
        return await self.load(run_id)

    async def check_token(self, run_id: str, token: str) -> None:
        """Compares in constant time. Raises NotYours, or RunNotFound: ids can't be guessed either.

        A token never changes, so a cached run serves.
        """
        run, _ = await self._cache.get(run_id)
        if not hmac.compare_digest(token_hash(token), run.token_hash):
            raise NotYours(run=run_id)

    async def next(
        self,
        run: str | RunView,
        answers: Mapping[str, object] | None = None,
        *,
        step: str | None = None,
        revision: int | None = None,
        partial: bool = False,
        revisit: bool = False,
        seen: str | None = None,
        respond: RespondWith | None = None,
    ) -> RunView:
        """Next (S2, S4, S5). `answers` are for `step`, by default the one that the view shows.

        Answers that aren't accepted are no error here: the view is `rejected`, its prompt says why.
        With `partial` some of a form's fields are kept and the form waits for the others. With `revisit`
        the step may be an earlier one of the path: the run goes back to it first, in the same turn. `seen`
        is the step's mark as the caller saw it (RunView.mark_of).
        Raises StaleInput where the run isn't at that step any more or it was answered differently (S19),
        RunExpired, RunNotFound; with `revisit` also PointOfNoReturn, RunCompleted, NotAStep.
        """
        check_size(answers)
        if step is None and isinstance(run, RunView) and run.has_next and run.run.current is not None:
            step = run.run.current.path

        def move(turn: Turn) -> Move:
            if revisit and step is not None:
                return revisits.answer_at(turn, step, answers or {})
            return machine.next_(turn, answers, partial=partial)

        ask = Ask(move, step, revision, answers, answering=True, anywhere=revisit, seen=seen)
        return await self._turn(run, ask, respond)

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
    ) -> RunView:
        """Previous (S6), to the step `to` or the one before. `draft` is kept as what was typed. With
        `step`, from that foreground step of the path: the run goes back to it first.

        Raises PointOfNoReturn, RunCompleted, NotAStep, StaleInput (revision, or `step` left the path),
        RunExpired.
        """
        _check_draft(draft)

        def move(turn: Turn) -> Move:
            if step is not None:
                return revisits.previous_from(turn, step, draft)
            return machine.previous(turn, skip_background=skip_background, to=to, draft=draft)

        return await self._turn(run, Ask(move, step, revision, anywhere=True), respond)

    async def save(self, run: str | RunView, step: str, draft: Mapping[str, object]) -> RunView:
        """Keeps what was typed at a foreground step of the path, and makes that the current one: who comes
        back later finds what they left. Raises what `previous` raises."""
        _check_draft(draft)
        return await self._turn(run, Ask(lambda turn: revisits.save(turn, step, draft), step, anywhere=True))

    async def keep(
        self,
        run: str | RunView,
        step: str,
        draft: Mapping[str, object],
        files: Mapping[str, object] | None = None,
    ) -> RunView:
        """Keeps what was typed at a foreground step of the path, and of the `files` that were chosen in its form
        those that it takes; the run doesn't move. Raises RunCompleted, NotAStep, StaleInput, RunExpired."""
        _check_draft(draft)
        check_size(files)
        ask = Ask(lambda turn: revisits.keep(turn, step, draft, files or {}), step, anywhere=True)
        return await self._turn(run, ask)

    async def change(
        self,
        run: str | RunView,
        step: str,
        answers: Mapping[str, object] | None = None,
        *,
        revision: int | None = None,
        seen: str | None = None,
        respond: RespondWith | None = None,
    ) -> RunView:
        """Change (S11): answers an earlier step anew and returns; without answers, shows it first.

        Answers that aren't accepted change nothing: the view is `rejected`, its prompt is that step's.
        With `seen`, the step's mark as the caller saw it, the same answers again change nothing either, and
        others than those that are there now are stale (S19).
        Raises PointOfNoReturn, RunCompleted, NotAStep, StaleInput, RunExpired.
        """
        check_size(answers)

        def move(turn: Turn) -> Move:
            return machine.change(turn, step, answers)

        if seen is None:
            return await self._turn(run, Ask(move, revision=revision, strict=True), respond)
        ask = Ask(move, step, revision, answers, answers is not None, strict=True, anywhere=True, seen=seen)
        return await self._turn(run, ask, respond)

    async def remove_item(
        self, run: str | RunView, item: str, *, revision: int | None = None, respond: RespondWith | None = None
    ) -> RunView:
        """Takes an item ("household/2") out of a repeat and goes on as after a change."""
        return await self._turn(run, Ask(lambda turn: remove_item(turn, item), revision=revision), respond)

    async def amend(self, run: str | RunView, **documents: Mapping[str, Value]) -> RunView:
        """Sets fields of the run's event, profile or session from outside, as an event does:
        `await engine.amend(run, session={"seen": True})`. A stored profile or session is changed at once.

        Raises RunCompleted, InvalidInput for what can't be stored, RunExpired.
        """
        for name, fields in documents.items():
            if name not in DOCUMENTS:
                raise InvalidInput(f"A run has no document {name!r}; it has event, profile and session.")
            check_value(dict(fields), f"The {name}")

        return await self._turn(run, Ask(lambda turn: machine.amend(turn, documents)))

    async def trace(self, run_id: str, after: int = 0, limit: int = 1000) -> list[TraceEntry]:
        """What happened in a run, in order."""
        return list(await self.store.trace(run_id, after, limit))

    async def file(self, run_id: str, file_id: str) -> StoredFile | None:
        return await self.store.file(run_id, file_id)

    def forget(self, run_id: str) -> None:
        """Drops what is cached of a run; the next call loads it."""
        self._cache.forget(run_id)

    # -- turns -------------------------------------------------------------------------------------

    async def _bear(
        self,
        workflow_id: str,
        given: Mapping[str, object],
        handed: Handed,
        respond: RespondWith | None,
        *,
        entering: bool,
    ) -> RunView:
        workflow = self.definitions.get(workflow_id)
        token, now = new_token(), self.clock()
        run = await new_run(workflow, self._ids(), token, handed, self.store, now)
        run = run._replace(input=read_input(workflow, run, given, now))
        await self._save_definition(workflow)
        turn = Turn(workflow, run, now)
        turn.log("created", workflow=workflow.id, version=workflow.version)
        move = machine.next_(turn, None) if entering else None
        saver = Saver(self.store, self._cache, self._effects, turn, run, born=False)
        view = await self._play(turn, move, saver, respond, token=token)
        view.token = token
        return view

    async def _turn(self, run: str | RunView, ask: Ask, respond: RespondWith | None = None) -> RunView:
        """One turn, again from the start where a cached run was old or somebody else was faster."""
        run_id = run if isinstance(run, str) else run.id
        for _ in range(MAX_TRIES):
            stored, cached = await self._cache.get(run_id)
            try:
                view = await self._try(stored, ask, respond)
            except StaleRevision:
                continue
            except CallerError as error:
                if cached and await self._cache.is_old(stored):
                    continue
                error.run = error.run or run_id
                raise
            if view.run is stored and cached and await self._cache.is_old(stored):
                continue
            return _shown(run, view)
        raise StaleRevision(run=run_id)

    async def _try(self, run: Run, ask: Ask, respond: RespondWith | None) -> RunView:
        workflow = await self._workflow_of(run)
        now = self.clock()
        if is_expired(run, now):
            raise RunExpired(workflow=run.workflow, run=run.id)
        if is_replay(run, ask):
            return RunView(workflow, run, now)
        check_fresh(run, ask)
        if ask.answering and self._effects.is_running(run):
            raise StaleInput("This step is being worked on. Wait for it, or go back.", run=run.id)
        turn = Turn(workflow, run, now)
        saver = Saver(self.store, self._cache, self._effects, turn, run, born=True)
        return await self._play(turn, ask.move(turn), saver, respond, strict=ask.strict)

    async def _play(
        self,
        turn: Turn,
        move: Move | None,
        saver: Saver,
        respond: RespondWith | None,
        *,
        token: str | None = None,
        strict: bool = False,
    ) -> RunView:
        """Drives a move to its end and commits it. Where nothing changed, the view's run is the one
        that the saver holds."""
        driver = Driver(turn, self.services, saver.save_before_effect)
        try:
            await _drive(move, driver)
            rejected = driver.prompt if turn.rejected else None
            if not turn.touched or (strict and turn.rejected):
                prompt = None if strict else _prompt_of(saver.run, driver)
                return RunView(turn.workflow, saver.run, turn.now, prompt, rejected=rejected)
            if turn.status is RunStatus.COMPLETED and saver.run.status is not RunStatus.COMPLETED:
                turn.documents = document_saves(turn, saver.run)
            change = turn.change()
            view = RunView(turn.workflow, change.run, turn.now, _prompt_of(change.run, driver), rejected=rejected)
            if respond is not None:
                view.token = token
                change = change._replace(reply=respond(view))
            await saver.commit(change)
        except LateResult:
            return await self.load(turn.id)
        finally:
            saver.effects_done()
        return view

    # -- definitions -------------------------------------------------------------------------------

    async def _save_definition(self, workflow: Workflow) -> None:
        if workflow.version not in self._saved:
            await self.store.save_definition(workflow.version, self.definitions.bundle(workflow.id))
            self._saved.add(workflow.version)
        self._workflows.setdefault(workflow.version, workflow)

    async def _workflow_of(self, run: Run) -> Workflow:
        """S22: the version that the run was created with, whatever the definitions say now."""
        workflow = self._workflows.get(run.version)
        if workflow is None:
            body = await self.store.definition(run.version)
            if body is None:
                raise StoreError(
                    "The definition that this run was started with isn't in the store. Restore it from a backup.",
                    workflow=run.workflow,
                    run=run.id,
                )
            workflow = self.definitions.compile(body)
            self._workflows[run.version] = workflow
        return workflow


def _check_draft(draft: Mapping[str, object] | None) -> None:
    check_size(draft)
    check_value(draft, "The draft")


async def _drive(move: Move | None, driver: Driver) -> None:
    if move is None:
        return
    try:
        request = next(move)
        while True:
            request = move.send(await driver.answer(request))
    except StopIteration:
        return


def _prompt_of(run: Run, driver: Driver) -> Prompt | None:
    """What the last node showed, if the run stopped there."""
    prompt, current = driver.prompt, run.current
    if prompt is None or current is None or prompt.step != current.path:
        return None
    return with_fault(prompt, run.fault)


def _shown(run: str | RunView, view: RunView) -> RunView:
    if isinstance(run, str):
        return view
    run.refresh(view)
    return run
