"""The engine: loads a run, lets the machine decide, calls nodes, saves (DESIGN: turns, S18-S22).

Each method is one turn: it is acknowledged (it returns) only after everything it changed is
committed in one transaction. Turns don't lock a run; the store's compare-and-swap lets one of two
win, and the other looks again at what there is now: its input is a conflict, or the same input
over again, which gets the same result (S19).
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Protocol

from wizard import machine
from wizard.codec import check_value
from wizard.errors import (
    CallerError,
    InvalidInput,
    NotYours,
    RunExpired,
    RunNotFound,
    StaleInput,
    StaleRevision,
    StoreError,
)
from wizard.inputs import read_input
from wizard.model import (
    Change,
    DocumentSave,
    Kind,
    Reply,
    Run,
    RunStatus,
    StepStatus,
    StoredFile,
    Value,
    Workflow,
)
from wizard.node import Registry, Services
from wizard.removal import remove_item
from wizard.requests import Move
from wizard.state import RunView, with_fault
from wizard.stores import Store, TraceEntry
from wizard.turn import Turn
from wizard.visits import Driver

CACHED_RUNS = 1024
MAX_FIELDS = 200  # in one input
MAX_TRIES = 20  # lost compare-and-swaps in one turn before the caller is told to try again


class Definitions(Protocol):
    """The workflows that new runs start from (wizard.catalog.Catalog)."""

    def get(self, workflow_id: str) -> Workflow: ...

    def bundle(self, workflow_id: str) -> bytes: ...


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    """A run's id: 22 characters that sort by nothing and can't be guessed (128 random bits)."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True, slots=True)
class Ask:
    """What a caller said about the state it acts on, and what it asks for. `step` is the step that
    its answers are for, `revision` the run's as it saw it. None says nothing."""

    move: Callable[[Turn], Move]
    step: str | None = None
    revision: int | None = None
    given: Mapping[str, Value] | None = None
    answering: bool = False
    strict: bool = False  # rejected answers leave the run as it was, wherever the move went meanwhile


RespondWith = Callable[[RunView], Reply]


class Engine:
    """See the module docstring.

    `definitions` gives the workflows that runs start from, `registry` the node types that stored
    definitions are compiled with (S22), `services` what nodes are handed.
    """

    def __init__(
        self,
        definitions: Definitions,
        store: Store,
        *,
        registry: Registry | None = None,
        services: Services | None = None,
        clock: Callable[[], datetime] = utc_now,
        ids: Callable[[], str] = new_id,
    ) -> None:
        self.definitions = definitions
        self.store = store
        self.services = services or Services()
        self.clock = clock
        self._registry = registry
        self._ids = ids
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._workflows: dict[str, Workflow] = {}
        self._saved: set[str] = set()
        self._effects: set[tuple[str, int]] = set()

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
        run, token = await self._birth(workflow_id, input, event, session, profile_id, session_id)
        return await self._finish_birth(run, token, None, entering=False)

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
        run, token = await self._birth(workflow_id, input, event, session, profile_id, session_id)
        return await self._finish_birth(run, token, respond, entering=True)

    async def load(self, run: str | RunView) -> RunView:
        """The run as it is now. Executes nothing (S18). Raises RunNotFound."""
        run_id = run if isinstance(run, str) else run.id
        stored, fresh = await self._get(run_id)
        if not fresh and await self.store.revision(run_id) != stored.revision:
            self._runs.pop(run_id, None)
            stored, _ = await self._get(run_id)
        return _shown(run, RunView(await self._workflow_of(stored), stored, self.clock()))

    async def open(self, run_id: str, token: str) -> RunView:
        """`load` for whoever holds the run's token. Raises NotYours; it says no more of a run that
        isn't there than of one that is somebody else's."""
        try:
            view = await self.load(run_id)
        except RunNotFound:
            raise NotYours from None
        self.check_token(view.run, token)
        return view

    @staticmethod
    def check_token(run: Run, token: str) -> None:
        """Compares in constant time. Raises NotYours."""
        if not hmac.compare_digest(token_hash(token), run.token_hash):
            raise NotYours

    async def next(
        self,
        run: str | RunView,
        answers: Mapping[str, object] | None = None,
        *,
        step: str | None = None,
        revision: int | None = None,
        partial: bool = False,
        respond: RespondWith | None = None,
    ) -> RunView:
        """Next (S2, S4, S5). `answers` are for `step`, by default the one that the view shows.

        Answers that aren't accepted are no error here: the view is `rejected`, its prompt says why.
        With `partial` some of a form's fields are kept and the form waits for the others.
        Raises StaleInput where the run isn't at that step any more (S19), RunExpired, RunNotFound.
        """
        if answers is not None:
            _check_input(answers)
        if step is None and isinstance(run, RunView) and run.run.current is not None:
            step = run.run.current.path

        def move(turn: Turn) -> Move:
            return machine.next_(turn, answers, partial=partial)

        ask = Ask(move, step, revision, answers, answering=True)
        return await self._turn(run, ask, respond)

    async def previous(
        self,
        run: str | RunView,
        *,
        to: str | None = None,
        draft: Mapping[str, object] | None = None,
        skip_background: bool = True,
        revision: int | None = None,
        respond: RespondWith | None = None,
    ) -> RunView:
        """Previous (S6), to the step `to` or the one before. `draft` is kept as what was typed.

        Raises PointOfNoReturn, RunCompleted, NotAStep, StaleInput (revision), RunExpired.
        """
        if draft is not None:
            _check_input(draft)

        def move(turn: Turn) -> Move:
            return machine.previous(turn, skip_background=skip_background, to=to, draft=draft)

        return await self._turn(run, Ask(move, revision=revision), respond)

    async def change(
        self,
        run: str | RunView,
        step: str,
        answers: Mapping[str, object] | None = None,
        *,
        revision: int | None = None,
        respond: RespondWith | None = None,
    ) -> RunView:
        """Change (S11): answers an earlier step anew and returns; without answers, shows it first.

        Answers that aren't accepted change nothing: the view is `rejected`, its prompt is that step's.
        Raises PointOfNoReturn, RunCompleted, NotAStep, StaleInput, RunExpired.
        """
        if answers is not None:
            _check_input(answers)
        ask = Ask(lambda turn: machine.change(turn, step, answers), revision=revision, strict=True)
        return await self._turn(run, ask, respond)

    async def remove_item(
        self, run: str | RunView, item: str, *, revision: int | None = None, respond: RespondWith | None = None
    ) -> RunView:
        """Takes an item ("household/2") out of a repeat and goes on as after a change."""
        return await self._turn(run, Ask(lambda turn: remove_item(turn, item), revision=revision), respond)

    async def amend(self, run: str | RunView, **documents: Mapping[str, Value]) -> RunView:
        """Sets fields of the run's event, profile or session from outside, as an event does:
        `await engine.amend(run, session={"seen": True})`."""
        for name, fields in documents.items():
            if name not in ("event", "profile", "session"):
                raise InvalidInput(f"A run has no document {name!r}; it has event, profile and session.")
            check_value(dict(fields), f"The {name}")

        def move(turn: Turn) -> Move:
            for name, fields in documents.items():
                setattr(turn, name, {**getattr(turn, name), **fields})
                turn.log("amended", name)
            return
            yield

        return await self._turn(run, Ask(move))

    async def trace(self, run_id: str, after: int = 0, limit: int = 1000) -> list[TraceEntry]:
        """What happened in a run, in order."""
        return list(await self.store.trace(run_id, after, limit))

    async def file(self, run_id: str, file_id: str) -> StoredFile | None:
        return await self.store.file(run_id, file_id)

    def forget(self, run_id: str) -> None:
        """Drops what is cached of a run; the next call loads it."""
        self._runs.pop(run_id, None)

    # -- births ------------------------------------------------------------------------------------

    async def _birth(
        self,
        workflow_id: str,
        given: Mapping[str, object] | None,
        event: Mapping[str, Value] | None,
        session: Mapping[str, Value] | None,
        profile_id: str | None,
        session_id: str | None,
    ) -> tuple[Run, str]:
        workflow = self.definitions.get(workflow_id)
        now = self.clock()
        token = secrets.token_urlsafe(24)
        for name, document in (("event", event), ("session", session)):
            check_value(dict(document or {}), f"The {name}")
        stored_session = (await self.store.document("session", session_id)).fields if session_id else {}
        run = Run(
            id=self._ids(),
            workflow=workflow.id,
            version=workflow.version,
            revision=0,
            status=RunStatus.CREATED,
            created_at=now,
            updated_at=now,
            expires_at=None if workflow.expires_after is None else now + workflow.expires_after,
            event=dict(event or {}),
            profile=(await self.store.document("profile", profile_id)).fields if profile_id else {},
            session={**stored_session, **(session or {})},
            profile_id=profile_id,
            session_id=session_id,
            token_hash=token_hash(token),
        )
        run = replace(run, input=read_input(workflow, run, given or {}, now))
        if workflow.version not in self._saved:
            await self.store.save_definition(workflow.version, self.definitions.bundle(workflow_id))
            self._saved.add(workflow.version)
        self._workflows[workflow.version] = workflow
        return run, token

    async def _finish_birth(self, run: Run, token: str, respond: RespondWith | None, *, entering: bool) -> RunView:
        workflow = self._workflows[run.version]
        turn = Turn(workflow, run, run.created_at)
        turn.log("created", workflow=workflow.id, version=workflow.version)
        move = machine.next_(turn, None) if entering else None
        saver = _Saver(self, turn, run, born=False)
        view = await self._play(turn, move, saver, respond, token)
        view.token = token
        return view

    # -- turns -------------------------------------------------------------------------------------

    async def _turn(self, run: str | RunView, ask: Ask, respond: RespondWith | None = None) -> RunView:
        run_id = run if isinstance(run, str) else run.id
        for _ in range(MAX_TRIES):
            stored, fresh = await self._get(run_id)
            try:
                view = await self._try(stored, ask, respond)
            except StaleRevision:
                self.forget(run_id)
                continue
            except CallerError as error:
                if not fresh and await self._moved_on(stored):
                    continue
                error.run = error.run or run_id
                raise
            if view.run is stored and not fresh and await self._moved_on(stored):
                continue
            return _shown(run, view)
        raise StaleRevision(run=run_id)

    async def _moved_on(self, run: Run) -> bool:
        """Whether a cached run is old; then it is forgotten."""
        if await self.store.revision(run.id) == run.revision:
            return False
        self.forget(run.id)
        return True

    async def _try(self, run: Run, ask: Ask, respond: RespondWith | None) -> RunView:
        workflow = await self._workflow_of(run)
        now = self.clock()
        view = RunView(workflow, run, now)
        if view.status is RunStatus.EXPIRED:
            raise RunExpired(workflow=run.workflow, run=run.id)
        if _is_replay(run, ask):
            return view
        _check_fresh(run, ask)
        current = run.current
        if current is not None and (run.id, current.visit) in self._effects:
            raise StaleInput("This step is being worked on. Wait for it, or go back.", node=current.path, run=run.id)
        turn = Turn(workflow, run, now)
        return await self._play(turn, ask.move(turn), _Saver(self, turn, run), respond, strict=ask.strict)

    async def _play(
        self,
        turn: Turn,
        move: Move | None,
        saver: _Saver,
        respond: RespondWith | None,
        token: str | None = None,
        *,
        strict: bool = False,
    ) -> RunView:
        """Drives a move to its end and commits it. The view's run is the given one where nothing changed."""
        driver = Driver(turn, self.services, saver.save_before_effect)
        if move is not None:
            try:
                await _drive(move, driver)
            except _LateResult:
                return await self.load(turn.id)
            finally:
                saver.effects_done()
        before = saver.run
        rejected = driver.prompt if turn.rejected else None
        if not turn.touched or (turn.rejected and strict):
            return RunView(turn.workflow, before, turn.now, None if strict else rejected, rejected=rejected)
        if turn.status is RunStatus.COMPLETED and before.status is not RunStatus.COMPLETED:
            turn.documents = _documents(turn, before)
        change = turn.change()
        current = change.run.current
        prompt = driver.prompt if current is not None and driver.prompt and driver.prompt.step == current.path else None
        if prompt is not None:
            prompt = with_fault(prompt, change.run.fault)
        view = RunView(turn.workflow, change.run, turn.now, prompt, rejected=rejected)
        if respond is not None:
            view.token = token
            change = replace(change, reply=respond(view))
        try:
            await saver.commit(change)
        except _LateResult:
            return await self.load(turn.id)
        return view

    # -- what is in memory ---------------------------------------------------------------------------

    async def _get(self, run_id: str) -> tuple[Run, bool]:
        """The run, and whether it was read just now; otherwise it may be an older one."""
        cached = self._runs.get(run_id)
        if cached is not None:
            self._runs.move_to_end(run_id)
            return cached, False
        stored = await self.store.load(run_id)
        if stored is None:
            raise RunNotFound(run=run_id)
        self.remember(stored)
        return stored, True

    def remember(self, run: Run) -> None:
        self._runs[run.id] = run
        self._runs.move_to_end(run.id)
        if len(self._runs) > CACHED_RUNS:
            self._runs.popitem(last=False)

    async def _workflow_of(self, run: Run) -> Workflow:
        """S22: the version that the run was created with, whatever the definitions say now."""
        workflow = self._workflows.get(run.version)
        if workflow is None:
            workflow = await self._compile(run)
            self._workflows[run.version] = workflow
        return workflow

    async def _compile(self, run: Run) -> Workflow:
        from wizard.catalog import compile_bundle

        body = await self.store.definition(run.version)
        if body is None:
            raise StoreError(
                "The definition that this run was started with isn't in the store. Restore it from a backup.",
                workflow=run.workflow,
                run=run.id,
            )
        return compile_bundle(body, self._registry or Registry.installed())


class _LateResult(Exception):
    """An effect ran, and meanwhile somebody moved the run: what they did stands (S21)."""


class _Saver:
    """Commits what one turn has decided: once, or before each effect and at the end (S21)."""

    def __init__(self, engine: Engine, turn: Turn, run: Run, *, born: bool = True) -> None:
        self.run = run  # as last committed
        self._engine = engine
        self._turn = turn
        self._born = born
        self._begun: list[tuple[str, int]] = []

    async def save_before_effect(self) -> None:
        await self.commit(self._turn.change())
        current = self._turn.current
        assert current is not None
        self._begun.append((self._turn.id, current.visit))
        self._engine._effects.add(self._begun[-1])

    def effects_done(self) -> None:
        self._engine._effects.difference_update(self._begun)

    async def commit(self, change: Change) -> None:
        if not self._born:
            change = replace(change, expected=None)
        try:
            await self._engine.store.commit(change)
        except StaleRevision:
            self._engine.forget(self._turn.id)
            if self._begun:
                raise _LateResult from None
            raise
        self._born = True
        self.run = change.run
        self._engine.remember(change.run)


async def _drive(move: Move, driver: Driver) -> None:
    try:
        request = next(move)
        while True:
            request = move.send(await driver.answer(request))
    except StopIteration:
        return


def token_hash(token: str) -> bytes:
    """What is stored of a token: it has 192 random bits, so a plain hash gives nothing away."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def _shown(run: str | RunView, view: RunView) -> RunView:
    if isinstance(run, str):
        return view
    run.refresh(view)
    return run


def _check_input(given: Mapping[str, object]) -> None:
    if len(given) > MAX_FIELDS:
        raise InvalidInput(f"There are {len(given)} fields in the input; {MAX_FIELDS} is the most that is taken.")


def _is_replay(run: Run, ask: Ask) -> bool:
    """S19: the same answers to the same done step were taken already; nothing is to be done."""
    if not ask.answering or ask.step is None:
        return False
    step = run.index.get(ask.step)
    if step is None or step.status is not StepStatus.DONE or step.kind is not Kind.FOREGROUND:
        return False
    if step.seq > run.steps[run.cursor].seq:
        return False
    return step.given in (b"", machine.input_digest(ask.given or {}))


def _check_fresh(run: Run, ask: Ask) -> None:
    """S19: one winner per move. Raises StaleInput."""
    if ask.revision is not None and ask.revision != run.revision:
        raise StaleInput(run=run.id)
    current = run.current
    if ask.step is not None and (current is None or current.path != ask.step):
        raise StaleInput(node=ask.step, run=run.id)
    if ask.step is not None and run.status is RunStatus.COMPLETED:
        raise StaleInput("The run is completed, with another answer than this.", node=ask.step, run=run.id)


def _documents(turn: Turn, run: Run) -> tuple[DocumentSave, ...]:
    """What the path's steps set in the profile and the session, to be merged into the stored ones."""
    saves = []
    for kind, document_id in (("profile", run.profile_id), ("session", run.session_id)):
        if document_id is None:
            continue
        fields = {
            name: value
            for step in turn.steps
            if step.status is StepStatus.DONE
            for (document, name), value in step.patch.items()
            if document == kind
        }
        if fields:
            saves.append(DocumentSave(kind, document_id, fields))
    return tuple(saves)
