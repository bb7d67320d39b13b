"""Where a script plays: the real engine on a store of its own in memory, with a clock that stands until it is moved,
and services that answer what the script says.

An engine can be thrown away as a crash does it, and another one opened on the same store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import ClientConnectionError, web

from wizard.app import Functions, equip, load_catalog, profile_schema_of, services_of, wizard_app
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.dialogue import Dialogue
from wizard.channels.conversation.meanings import Incoming
from wizard.debugging.clock import DebugClock
from wizard.debugging.outcomes import Unheard
from wizard.debugging.playing import check_steps
from wizard.debugging.recording import Recorder
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.engine.worker import Worker
from wizard.errors import InvalidInput
from wizard.model import Change, DocumentSave, Entry, Run, RunStatus, Workflow
from wizard.model.instants import LATEST, after
from wizard.model.job import Job
from wizard.model.trial import Trial
from wizard.node import Services
from wizard.scripts.coverage import Covered, Witness, note_run
from wizard.scripts.lasting import Asleep, Scripted, told
from wizard.settings import Settings
from wizard.stores.memory import MemoryStore

if TYPE_CHECKING:
    from aiohttp.test_utils import TestServer

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

RUN = "script"  # one id, so that what goes by it is the same in each playing
PERSON = "somebody"  # whose profile and session a script's run works on
MOST_WAKENINGS = 1_000  # that a wait goes through one after another
_BEFORE = datetime(1970, 1, 1, tzinfo=UTC)


class _Store(MemoryStore):
    """Knows when its jobs are due."""

    def __init__(self) -> None:
        super().__init__()
        self._due: dict[str, Job] = {}

    async def commit(self, change: Change) -> None:
        await super().commit(change)
        for key in change.settled:
            self._due.pop(key, None)
        self._due.update({job.key: job for job in change.jobs})

    def put_documents(self, saves: Iterable[DocumentSave]) -> None:
        """What is there before anything happens."""
        self._documents.save_all(tuple(saves), _BEFORE)

    def has_due(self, at: datetime) -> bool:
        """Whether there are jobs that are due by then."""
        return any(job.due <= at for job in self._due.values())

    def next_due(self, later_than: datetime, until: datetime) -> datetime | None:
        """When the first job between these moments is due."""
        due = (job.due for job in self._due.values())
        return min((at for at in due if later_than < at <= until), default=None)


class Watched:
    """A catalogue's definitions, looked at by an observer (wizard.debugging.observing)."""

    def __init__(self, catalog: Catalog, observer: Witness) -> None:
        self._catalog = catalog
        self._observer = observer
        self._known: dict[str, Workflow] = {}

    def get(self, workflow_id: str) -> Workflow:
        """Raises WorkflowNotFound."""
        return self._looked_at(self._catalog.get(workflow_id))

    def all_workflows(self) -> Collection[Workflow]:
        return [self._looked_at(workflow) for workflow in self._catalog.all_workflows()]

    def bundle(self, workflow_id: str) -> bytes:
        return self._catalog.bundle(workflow_id)

    def compile(self, bundle: bytes) -> Workflow:
        return self._looked_at(self._catalog.compile(bundle))

    def outline(self, run: Run, bundle: bytes | None, error: Exception | None) -> Workflow:
        return self._catalog.outline(run, bundle, error)

    def _looked_at(self, workflow: Workflow) -> Workflow:
        known = self._known.get(workflow.version)
        if known is None:
            known = self._known[workflow.version] = self._observer.workflow(workflow)
        return known


class World:
    """One script's. `recorder` has a line for each visit of a node, and the cases that conditions took."""

    def __init__(
        self,
        catalog: Catalog,
        trial: Trial,
        settings: Settings,
        functions: Functions | None = None,
        *,
        folder: Path = Path(),
        language: str | None = None,
    ) -> None:
        self.catalog = catalog
        self.folder = folder  # where files are that are uploaded
        self.language = language  # that somebody's browser asks for
        results = told(trial.results)
        self.trial = replace(trial, results=results.results)
        self.clock = DebugClock(trial.at or datetime.now(UTC))
        self._asleep = Asleep(self.clock)
        self._working: dict[asyncio.Task[int], Worker] = {}  # what is under way, and waits for those who sleep
        self._at_once = bool(results.takes)
        self.recorder = Recorder()
        self.store = _Store()
        self.server: TestServer | None = None
        self._functions = functions
        self._settings = _patient(settings, results.longest)
        scripted = Scripted(self.trial, results.takes, self._asleep)
        self._witness = Witness(self.recorder, scripted, self.clock)
        self._watched = Watched(catalog, self._witness)
        self._serial = self._runs = 0
        self._run = ""
        self._cuts = False
        self.token = ""
        self.engine = self._made()

    def _made(self) -> Engine:
        services = services_of(self._settings, self._functions)
        functions = services.functions if self.trial.effects or self._functions else Unheard()
        engine = Engine(
            self._watched,
            self.store,
            services=Services(functions, self._settings, calls=services.calls),
            clock=self.clock,
            ids=self._new_run_id,
            profile_schema=profile_schema_of(self._settings),
        )
        equip(engine)
        return engine

    @property
    def witness(self) -> Witness:
        """What was seen of the run besides what lines have."""
        return self._witness

    @property
    def run_id(self) -> str:
        return self._run

    def new_id(self) -> str:
        """The id of what is sent next, another each time and the same in each playing."""
        self._serial += 1
        return f"message-{self._serial}"

    def _new_run_id(self) -> str:
        """The script's run has one id, and those that come of it others."""
        self._runs += 1
        return RUN if self._runs == 1 else f"{RUN}-{self._runs}"

    def check(self, workflow_id: str) -> None:
        """Raises WorkflowNotFound, and InvalidInput for what a step can't be handed."""
        check_steps(self.catalog.get(workflow_id), self.trial)

    @property
    def given_by_anybody(self) -> Mapping[str, Any] | None:
        """What the run is handed, where anybody who comes to a channel can start it there; None where it is about
        somebody who is known, or was started by an event."""
        trial = self.trial
        return None if trial.profile or trial.session or trial.event else trial.input

    def began(self, run_id: str, token: str) -> None:
        """The run was started, by a channel."""
        self._run, self.token = run_id, token

    async def starts(self, workflow_id: str) -> RunView:
        """Starts the run. Raises WorkflowNotFound, and InvalidInput for what it, or a step, can't be handed."""
        trial = self.trial
        self.check(workflow_id)
        known = (("profile", trial.profile), ("session", trial.session))
        saves = [DocumentSave(kind, PERSON, dict(fields)) for kind, fields in known]
        self.store.put_documents(saves)
        view = await self.engine.start(
            workflow_id, dict(trial.input), event=dict(trial.event), profile_id=PERSON, session_id=PERSON
        )
        self.began(view.id, view.token or "")
        return view

    async def view(self) -> RunView:
        """The run as it is now."""
        return await self.engine.load(self._run)

    async def last_said(self) -> str:
        """The id of the last message of its conversation, "" for none."""
        view = await self.view()
        said = await self.engine.said(self._run, Dialogue.of(view.run.conversation).last - 1)
        return said[-1].id if said else ""

    async def entries(self) -> list[Entry]:
        """All that its trace has."""
        entries: list[Entry] = []
        while page := await self.engine.trace(self._run, len(entries)):
            entries += [line.entry for line in page]
        return entries

    def covers(self, covered: Covered) -> None:
        """From now on what is come to is noted there."""
        self._witness.covered = covered

    async def note_coverage(self) -> None:
        """Notes what the run has come to, where anybody wants to know."""
        if self._witness.covered is not None:
            view = await self.view()
            workflow = self.catalog.get(view.run.workflow)  # the one that nobody looks at: its cases have their texts
            note_run(self._witness.covered, workflow, view.run, await self.entries(), self.recorder.cases)

    async def happens(self, name: str, data: object, key: str | None) -> None:
        """An event from outside. Raises what Engine.event raises."""
        await self.engine.event(self._run, name, data, key=key)

    async def waits(self, duration: timedelta) -> None:
        """Time passes, and what comes due meanwhile is done when it is due. Raises InvalidInput where that is more than
        a script can wait for."""
        end = after(self.clock(), duration)
        await self._perform()
        for _ in range(MOST_WAKENINGS + 1):
            due = self._next_due(end)
            if due is None:
                break
            self.clock.jump(due)
            await self._perform()
        else:
            raise InvalidInput(f"more than {MOST_WAKENINGS:,} things happen in this time; wait for less")
        self.clock.jump(end)
        await self._perform()

    def next_due(self, *, with_due: bool = False) -> timedelta | None:
        """How long it is until something happens by itself; None where nothing will. `with_due` counts what could have
        been done already, since nobody has come by."""
        due = self.clock() if with_due and self.store.has_due(self.clock()) else self._next_due(LATEST)
        return None if due is None else due - self.clock()

    def _next_due(self, until: datetime) -> datetime | None:
        dues = (self.store.next_due(self.clock(), until), self._asleep.next_due())
        return min((due for due in dues if due is not None and due <= until), default=None)

    async def settles(self) -> bool:
        """Whether the run has moved: what takes its time is begun at once, as by a worker, and may take none."""
        view = await self.view()
        if not self._at_once or view.status is not RunStatus.WORKING:
            return False
        await self._perform()
        return (await self.view()).revision != view.revision

    async def _perform(self) -> None:
        """Does what is due, as far as that goes by this time."""
        self._asleep.wake()
        worker = Worker(self.engine)
        self._working[asyncio.ensure_future(worker.perform_due())] = worker
        await self._asleep.until_done_or_asleep(self._working)
        for task in [task for task in self._working if task.done()]:
            del self._working[task]
            task.result()

    async def _breaks_off(self) -> None:
        """Nobody goes on with what is under way."""
        working, self._working = self._working, {}
        for task in working:
            task.cancel()  # first of all: it would claim anew what is handed back
        await asyncio.gather(*working, return_exceptions=True)
        for worker in working.values():
            await worker.stop(0.0)

    async def crashes(self) -> None:
        """The engine is thrown away as it is, and another one made on the same store. Who had a connection lost it."""
        self._cuts = False
        port = None if self.server is None else self.server.port
        await self._breaks_off()
        await self._stops_serving()
        self.engine = self._made()
        if port is not None:
            await self.serves(port)

    def crashes_next(self) -> None:
        """What is sent next is taken and stored, and then the engine crashes without an answer."""
        self._cuts = True

    @property
    def is_to_crash(self) -> bool:
        return self._cuts

    async def sends(self, send: Callable[[], Awaitable[None]]) -> None:
        """Sends something, and sends it again where the answer didn't come since the engine has crashed."""
        try:
            await send()
        except ClientConnectionError:
            if not self._cuts:
                raise
            await self.crashes()
            await send()

    async def deploys(self, path: str) -> None:
        """Other definitions are served from now on, by another engine: those of that file or folder, looked for from
        the script's folder. Raises DefinitionError."""
        self._watched = Watched(load_catalog(self.folder / path), self._witness)
        await self.crashes()

    async def serves(self, port: int | None = None) -> str:
        """The address at which the pages and the JSON interface are served from now on."""
        from aiohttp.test_utils import TestServer

        if self.server is None:
            app = wizard_app(self.engine, settings=self._settings)
            app.middlewares.insert(0, self._cutting)
            self.server = TestServer(app, port=port)
            await self.server.start_server()
        return str(self.server.make_url("/"))

    @web.middleware
    async def _cutting(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Hangs up on who sent something, once it is stored."""
        response = await handler(request)
        if self._cuts and request.method == "POST" and request.transport is not None:
            request.transport.abort()
        return response

    async def _stops_serving(self) -> None:
        if self.server is not None:
            server, self.server = self.server, None
            await server.close()

    async def operator(self, does: str, text: str = "") -> None:
        """Somebody of the staff takes the conversation over, says something, or releases it."""
        talks = Conversations(self.engine)
        match does:
            case "takes_over":
                await talks.take_over(self._run)
            case "releases":
                await talks.release(self._run)
            case _:
                await talks.pass_on(self._run, Incoming(self.new_id(), text))

    async def ends(self) -> None:
        await self._breaks_off()
        await self._stops_serving()
        await self.engine.close()


def _patient(settings: Settings, longest: timedelta) -> Settings:
    """Nothing is put off because it takes long, no job is done but by the script's own time, nobody takes over what
    takes `longest`, and nobody sends too much."""
    lease = 180.0 + longest.total_seconds()
    return settings.model_copy(
        update={"slow_after": 60.0, "lease": lease, "grace": 1.0, "jobs": 0, "refusal_rate": 0, "start_rate": 0,
                "api_start_rate": 0, "event_rate": 0, "message_rate": 0, "log_level": "error"}
    )  # fmt: skip
