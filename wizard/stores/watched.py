"""A store that tells how long each call took and whether it failed, and is otherwise the store that it wraps.

What the caller may have got wrong (a lost compare-and-swap, a key used twice) is no failure of the storage.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from time import perf_counter
from typing import TypeVar

from wizard.errors import CallerError
from wizard.model import Change, DocumentSave, Former, Refused, Reply, Report, Run, RunStatus, StoredFile, Value
from wizard.model.cells import Cell, Cells
from wizard.model.documents import SaveRecord
from wizard.model.events import TakenEvent, TakenEvents
from wizard.model.job import Aside, Backlog, Claim, JobKind, Queue
from wizard.model.remote import RemoteNode, RemoteNodes
from wizard.model.resources import StoredResource, StoredResources
from wizard.model.staging import FROM_ONE, Deed, Deployed, Draft, Sharing, Stages, Version
from wizard.model.talk import Utterance
from wizard.state.merging import Document
from wizard.stores.contract import RunPlace, RunSummary, Store, TraceEntry
from wizard.stores.documents import DocumentLine, Documents, FoundProfile
from wizard.telemetry.watching import StoreWatch

T = TypeVar("T")


class _Watched:
    def __init__(self, watch: StoreWatch, clock: Callable[[], float]) -> None:
        self._watch = watch
        self._clock = clock

    async def tell(self, call: str, work: Awaitable[T], *, timed: bool = True) -> T:
        began, failed = self._clock(), False
        try:
            return await work
        except CallerError:
            raise
        except Exception:
            failed = True
            raise
        finally:
            self._watch.store(call, self._clock() - began if timed else None, failed)


class WatchedStore:
    """A store whose calls are told to a watch. `clock` counts seconds."""

    def __init__(self, store: Store, watch: StoreWatch, *, clock: Callable[[], float] = perf_counter) -> None:
        self._store = store
        self._tell = _Watched(watch, clock).tell
        self.queue: Queue = WatchedQueue(store, watch, clock=clock)
        self.stages: Stages = WatchedStages(store, watch, clock=clock)
        self.remote_nodes: RemoteNodes = WatchedRemoteNodes(store, watch, clock=clock)
        self.events: TakenEvents = WatchedEvents(store, watch, clock=clock)
        self.cells: Cells = WatchedCells(store, watch, clock=clock)
        self.resources: StoredResources = WatchedResources(store, watch, clock=clock)
        self.documents: Documents = WatchedDocuments(store, watch, clock=clock)

    async def open(self) -> None:
        await self._tell("open", self._store.open())

    async def close(self) -> None:
        await self._store.close()

    async def commit(self, change: Change) -> None:
        await self._tell("commit", self._store.commit(change))

    async def load(self, run_id: str) -> Run | None:
        return await self._tell("load", self._store.load(run_id))

    async def former(self, run_id: str) -> Former | None:
        return await self._tell("former", self._store.former(run_id))

    async def revision(self, run_id: str) -> int | None:
        return await self._tell("revision", self._store.revision(run_id))

    async def reply(self, scope: str, key: str) -> Reply | None:
        return await self._tell("reply", self._store.reply(scope, key))

    async def keep_reply(self, run_id: str, reply: Reply, at: datetime) -> None:
        await self._tell("keep_reply", self._store.keep_reply(run_id, reply, at))

    async def trace(self, run_id: str, after: int = 0, limit: int = 1000) -> Sequence[TraceEntry]:
        return await self._tell("trace", self._store.trace(run_id, after, limit))

    async def said(self, run_id: str, after: int = 0, limit: int = 1000) -> Sequence[Utterance]:
        return await self._tell("said", self._store.said(run_id, after, limit))

    async def utterance(self, run_id: str, said_id: str) -> Utterance | None:
        return await self._tell("utterance", self._store.utterance(run_id, said_id))

    async def list_runs(
        self,
        *,
        workflow: str | None = None,
        status: RunStatus | None = None,
        profile: str | None = None,
        session: str | None = None,
        live: bool = False,
        limit: int = 100,
        before: RunPlace | None = None,
    ) -> Sequence[RunSummary]:
        whose = {"profile": profile, "session": session}
        summaries = self._store.list_runs(
            workflow=workflow, status=status, live=live, limit=limit, before=before, **whose
        )
        return await self._tell("list_runs", summaries)

    async def count_runs(self) -> Mapping[str, Mapping[RunStatus, int]]:
        return await self._tell("count_runs", self._store.count_runs())

    async def save_definition(self, version: str, body: bytes) -> None:
        await self._tell("save_definition", self._store.save_definition(version, body))

    async def definition(self, version: str) -> bytes | None:
        return await self._tell("definition", self._store.definition(version))

    async def document(self, kind: str, document_id: str) -> Document:
        return await self._tell("document", self._store.document(kind, document_id))

    async def file(self, run_id: str, file_id: str) -> StoredFile | None:
        return await self._tell("file", self._store.file(run_id, file_id))

    async def files(self, run_id: str) -> Sequence[StoredFile]:
        return await self._tell("files", self._store.files(run_id))

    async def report(self, run_id: str, report: Report) -> None:
        await self._tell("report", self._store.report(run_id, report))

    async def reported(self, run_id: str) -> Report | None:
        return await self._tell("reported", self._store.reported(run_id))

    async def keep_refused(self, refused: Refused, most: int, before: datetime) -> None:
        await self._tell("keep_refused", self._store.keep_refused(refused, most, before))

    async def refused(self, scope: str, key: str) -> Refused | None:
        return await self._tell("refused", self._store.refused(scope, key))

    async def forget_refused(self, scope: str, key: str) -> None:
        await self._tell("forget_refused", self._store.forget_refused(scope, key))

    async def occupy(
        self, holder: str, limits: Mapping[str, int], now: datetime, lease: timedelta, since: datetime
    ) -> int:
        return await self._tell("occupy", self._store.occupy(holder, limits, now, lease, since))

    async def vacate(self, holder: str) -> None:
        await self._tell("vacate", self._store.vacate(holder))

    async def probe(self) -> None:
        await self._tell("probe", self._store.probe())

    async def delete_run(self, run_id: str) -> bool:
        return await self._tell("delete_run", self._store.delete_run(run_id))

    async def failed_undos(self, limit: int = 100) -> Sequence[str]:
        return await self._tell("failed_undos", self._store.failed_undos(limit))

    async def prune(self, before: datetime, limit: int = 1000) -> int:
        return await self._tell("prune", self._store.prune(before, limit))

    async def backlog(self, now: datetime) -> Backlog:
        return await self._tell("backlog", self._store.backlog(now))

    async def reseal(self, limit: int = 1000) -> int:
        return await self._tell("reseal", self._store.reseal(limit))


class WatchedQueue:
    """The store's queue; it may not have one before it is opened. How long a claim takes isn't told: it waits."""

    def __init__(self, store: Store, watch: StoreWatch, *, clock: Callable[[], float] = perf_counter) -> None:
        self._store = store
        self._tell = _Watched(watch, clock).tell

    async def claim(
        self, now: datetime, most: int, lease: timedelta, wait: float, leave: Collection[JobKind] = ()
    ) -> Sequence[Claim]:
        return await self._tell("claim", self._store.queue.claim(now, most, lease, wait, leave), timed=False)

    async def put_off(self, claim: Claim, now: datetime, until: datetime) -> bool:
        return await self._tell("put_off", self._store.queue.put_off(claim, now, until))

    async def is_kept(self, key: str, now: datetime) -> bool:
        return await self._tell("is_kept", self._store.queue.is_kept(key, now))

    async def done(self, claim: Claim) -> None:
        await self._tell("done", self._store.queue.done(claim))

    async def put_aside(self, claim: Claim, at: datetime, reason: str) -> bool:
        return await self._tell("put_aside", self._store.queue.put_aside(claim, at, reason))

    async def aside(self, run: str | None = None, limit: int = 100) -> Sequence[Aside]:
        return await self._tell("aside", self._store.queue.aside(run, limit))

    async def put_back(self, run: str, now: datetime) -> int:
        return await self._tell("put_back", self._store.queue.put_back(run, now))


class WatchedCells:
    """The store's cells."""

    def __init__(self, store: Store, watch: StoreWatch, *, clock: Callable[[], float] = perf_counter) -> None:
        self._store = store
        self._tell = _Watched(watch, clock).tell

    async def get(self, key: str) -> Cell | None:
        return await self._tell("cell", self._store.cells.get(key))

    async def put(self, cell: Cell) -> bool:
        return await self._tell("put_cell", self._store.cells.put(cell))

    async def drop(self, cell: Cell) -> bool:
        return await self._tell("drop_cell", self._store.cells.drop(cell))

    async def list(self, prefix: str, limit: int = 100, after: str = "") -> Sequence[Cell]:
        return await self._tell("cells", self._store.cells.list(prefix, limit, after))


class WatchedEvents:
    """The events that the store has taken."""

    def __init__(self, store: Store, watch: StoreWatch, *, clock: Callable[[], float] = perf_counter) -> None:
        self._store = store
        self._tell = _Watched(watch, clock).tell

    async def add(self, event: TakenEvent) -> bool:
        return await self._tell("add_event", self._store.events.add(event))

    async def finish(self, event: TakenEvent) -> bool:
        return await self._tell("finish_event", self._store.events.finish(event))

    async def get(self, event_id: str) -> TakenEvent | None:
        return await self._tell("event", self._store.events.get(event_id))

    async def newest(
        self, *, profile: str | None = None, unmatched: bool = False, limit: int = 100, below: int | None = None
    ) -> tuple[TakenEvent, ...]:
        events = self._store.events.newest(profile=profile, unmatched=unmatched, limit=limit, below=below)
        return await self._tell("events", events)

    async def forget(self, profile_id: str) -> int:
        return await self._tell("forget_events", self._store.events.forget(profile_id))


class WatchedStages:
    """The store's drafts, versions and deeds."""

    def __init__(self, store: Store, watch: StoreWatch, *, clock: Callable[[], float] = perf_counter) -> None:
        self._store = store
        self._tell = _Watched(watch, clock).tell

    async def draft(self, workflow: str) -> Draft | None:
        return await self._tell("draft", self._store.stages.draft(workflow))

    async def drafts(self) -> tuple[Draft, ...]:
        return await self._tell("drafts", self._store.stages.drafts())

    async def save_draft(self, draft: Draft, first: int = 1) -> None:
        await self._tell("save_draft", self._store.stages.save_draft(draft, first))

    async def save_drafts(self, drafts: Sequence[Draft], first: Mapping[str, int] = FROM_ONE) -> None:
        await self._tell("save_drafts", self._store.stages.save_drafts(drafts, first))

    async def delete_draft(self, workflow: str, revision: int, deed: Deed) -> None:
        await self._tell("delete_draft", self._store.stages.delete_draft(workflow, revision, deed))

    async def sharing(self, workflow: str) -> Sharing | None:
        return await self._tell("sharing", self._store.stages.sharing(workflow))

    async def sharings(self) -> tuple[Sharing, ...]:
        return await self._tell("sharings", self._store.stages.sharings())

    async def save_sharing(self, sharing: Sharing, deed: Deed) -> None:
        await self._tell("save_sharing", self._store.stages.save_sharing(sharing, deed))

    async def versions(self, workflow: str, limit: int = 100, below: int | None = None) -> tuple[Version, ...]:
        return await self._tell("versions", self._store.stages.versions(workflow, limit, below))

    async def version(self, workflow: str, number: int) -> Version | None:
        return await self._tell("version", self._store.stages.version(workflow, number))

    async def deployed(self) -> tuple[Deployed, ...]:
        return await self._tell("deployed", self._store.stages.deployed())

    async def add_version(self, version: Version, body: bytes, deed: Deed) -> None:
        await self._tell("add_version", self._store.stages.add_version(version, body, deed))

    async def deploy(self, workflow: str, number: int | None, instead_of: int, deed: Deed) -> None:
        await self._tell("deploy", self._store.stages.deploy(workflow, number, instead_of, deed))

    async def stamp(self) -> int:
        return await self._tell("stamp", self._store.stages.stamp())

    async def note(self, deed: Deed) -> None:
        await self._tell("note", self._store.stages.note(deed))

    async def deeds(self, workflow: str | None = None, limit: int = 100, below: int | None = None) -> tuple[Deed, ...]:
        return await self._tell("deeds", self._store.stages.deeds(workflow, limit, below))


class WatchedResources:
    """The store's resources."""

    def __init__(self, store: Store, watch: StoreWatch, *, clock: Callable[[], float] = perf_counter) -> None:
        self._store = store
        self._tell = _Watched(watch, clock).tell

    async def get(self, name: str) -> StoredResource | None:
        return await self._tell("resource", self._store.resources.get(name))

    async def list(self) -> tuple[StoredResource, ...]:
        return await self._tell("resources", self._store.resources.list())

    async def save(self, resource: StoredResource, deed: Deed, *, first: bool) -> None:
        await self._tell("save_resource", self._store.resources.save(resource, deed, first=first))

    async def delete(self, name: str, revision: int, deed: Deed) -> None:
        await self._tell("delete_resource", self._store.resources.delete(name, revision, deed))


class WatchedRemoteNodes:
    """The node types that services offer."""

    def __init__(self, store: Store, watch: StoreWatch, *, clock: Callable[[], float] = perf_counter) -> None:
        self._store = store
        self._tell = _Watched(watch, clock).tell

    async def all(self) -> tuple[RemoteNode, ...]:
        return await self._tell("remote_nodes", self._store.remote_nodes.all())

    async def save(self, node: RemoteNode, deed: Deed) -> None:
        await self._tell("save_remote_node", self._store.remote_nodes.save(node, deed))

    async def remove(self, node_type: str, deed: Deed) -> bool:
        return await self._tell("remove_remote_node", self._store.remote_nodes.remove(node_type, deed))


class WatchedDocuments:
    """The store's profiles and sessions."""

    def __init__(self, store: Store, watch: StoreWatch, *, clock: Callable[[], float] = perf_counter) -> None:
        self._store = store
        self._tell = _Watched(watch, clock).tell

    async def save(self, save: DocumentSave, at: datetime, expected: int | None = None) -> Document:
        return await self._tell("save_document", self._store.documents.save(save, at, expected))

    async def list(self, kind: str, limit: int = 100, after: str = "") -> Sequence[DocumentLine]:
        return await self._tell("list_documents", self._store.documents.list(kind, limit, after))

    async def find(self, field: str, value: Value, among: Collection[str], limit: int = 100) -> Sequence[FoundProfile]:
        return await self._tell("find_profiles", self._store.documents.find(field, value, among, limit))

    async def history(
        self, kind: str, document_id: str, limit: int = 100, below: int | None = None
    ) -> Sequence[SaveRecord]:
        return await self._tell("document_history", self._store.documents.history(kind, document_id, limit, below))

    async def delete(self, kind: str, document_id: str) -> bool:
        return await self._tell("delete_document", self._store.documents.delete(kind, document_id))

    async def sessions_of(self, profile_id: str) -> Sequence[str]:
        return await self._tell("sessions_of", self._store.documents.sessions_of(profile_id))

    async def prune(self, kind: str, before: datetime, limit: int = 1000) -> int:
        return await self._tell("prune_documents", self._store.documents.prune(kind, before, limit))

    async def prune_history(self, before: datetime, limit: int = 1000) -> int:
        return await self._tell("prune_history", self._store.documents.prune_history(before, limit))
