"""The store that keeps everything in this process, for tests, trials and flows that may be lost.

Runs are frozen, so the value that was committed is the value that is handed out: nothing is packed
or copied. A commit has no `await` in it, and so is one step to every other coroutine; a lock makes it one to
every other thread.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import nlargest

from wizard.errors import KeyReused, StaleRevision
from wizard.model import ENDED, Change, Entry, Former, Refused, Reply, Report, Run, RunStatus, StoredFile
from wizard.model.cells import Cells
from wizard.model.events import TakenEvents
from wizard.model.job import Backlog, Queue
from wizard.model.remote import RemoteNodes
from wizard.model.resources import StoredResources
from wizard.model.staging import Stages
from wizard.model.talk import Utterance
from wizard.state.merging import Document
from wizard.stores.contract import RunPlace, RunSummary, TraceEntry
from wizard.stores.documents import Documents
from wizard.stores.memory.cells import MemoryCells
from wizard.stores.memory.documents import MemoryDocuments
from wizard.stores.memory.events import MemoryEvents
from wizard.stores.memory.queue import MemoryQueue
from wizard.stores.memory.remote import MemoryRemoteNodes
from wizard.stores.memory.resources import MemoryResources
from wizard.stores.memory.slots import MemorySlots
from wizard.stores.memory.stages import MemoryStages
from wizard.stores.memory.talk import MemoryTalk


class _Trace:
    """One run's trace, a turn an item; `firsts` holds the number of each turn's first entry."""

    __slots__ = ("count", "firsts", "turns")

    def __init__(self) -> None:
        self.count = 0
        self.firsts: list[int] = []
        self.turns: list[tuple[int, datetime, tuple[Entry, ...]]] = []

    def add(self, run: Run, entries: tuple[Entry, ...]) -> None:
        self.firsts.append(self.count + 1)
        self.turns.append((run.revision, run.updated_at, entries))
        self.count += len(entries)

    def read(self, after: int, limit: int) -> list[TraceEntry]:
        listed: list[TraceEntry] = []
        turn = max(bisect_right(self.firsts, after + 1) - 1, 0)
        while len(listed) < limit and turn < len(self.turns):
            revision, at, entries = self.turns[turn]
            for number, entry in enumerate(entries, self.firsts[turn]):
                if after < number and len(listed) < limit:
                    listed.append(TraceEntry(number, revision, at, entry))
            turn += 1
        return listed


class MemoryStore:
    """A Store without a storage; see wizard.stores.contract.Store for what each method promises."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._counts: Counter[tuple[str, RunStatus]] = Counter()  # runs by workflow and status
        self._traces: dict[str, _Trace] = {}
        self._replies: dict[tuple[str, str], tuple[str, datetime, Reply]] = {}  # with the run and the commit's time
        self._files: dict[str, dict[str, StoredFile]] = {}
        self._reports: dict[str, Report] = {}
        self._refused: dict[str, dict[str, Refused]] = {}  # by scope and key, the oldest first
        self._formers: dict[str, Former] = {}
        self._talk = MemoryTalk()
        self._undoing: set[str] = set()  # the runs that have undos
        self._lock = threading.RLock()
        self._jobs = MemoryQueue(self._lock)
        self.queue: Queue = self._jobs
        self._cells = MemoryCells(self._lock)
        self.cells: Cells = self._cells
        self._slots = MemorySlots()
        self._documents = MemoryDocuments(self._lock)
        self.documents: Documents = self._documents
        self._definitions: dict[str, bytes] = {}
        self._events = MemoryEvents(self._lock)
        self.events: TakenEvents = self._events
        stages = MemoryStages(self._lock, self._definitions.setdefault)
        self.stages: Stages = stages
        self.resources: StoredResources = MemoryResources(self._lock, stages.add_deed)
        self.remote_nodes: RemoteNodes = MemoryRemoteNodes(self._lock, stages.changed)

    async def open(self) -> None:
        """There is nothing to prepare."""

    async def close(self) -> None:
        """There is nothing to give back."""

    async def commit(self, change: Change) -> None:
        with self._lock:
            self._commit(change)

    def _commit(self, change: Change) -> None:
        run = change.run
        stored = self._runs.get(run.id)
        if (None if stored is None else stored.revision) != change.expected:
            raise StaleRevision(run=run.id)
        reply = change.reply
        if reply is not None and not reply.again and (reply.scope, reply.key) in self._replies:
            raise KeyReused(run=run.id)
        if change.said:
            self._talk.check(run.id, change.said)
            self._talk.add(run.id, change.said)
        if change.documents:
            self._documents.save_all(change.documents, run.updated_at)
        if stored is None:
            self._documents.add_session(run)
        self._runs[run.id] = run
        self._count(stored, run)
        if reply is not None:
            self._replies[reply.scope, reply.key] = (run.id, run.updated_at, replace(reply, again=False))
        for file in change.files:
            self._files.setdefault(run.id, {})[file.id] = file
        if change.entries:
            self._traces.setdefault(run.id, _Trace()).add(run, change.entries)
        if run.undos:
            self._undoing.add(run.id)
        elif stored is not None and stored.undos:
            self._undoing.discard(run.id)
        if change.migrating is not None:
            self._keep_former(run, change.migrating.former)
        if change.jobs or change.settled:
            self._jobs.change(change.jobs, change.settled)

    def _keep_former(self, run: Run, former: Run | None) -> None:
        if former is None:
            self._formers.pop(run.id, None)
        else:
            self._formers[run.id] = Former(former, run.revision)

    def _count(self, before: Run | None, now: Run | None) -> None:
        if before is not None and now is not None and before.status is now.status:
            return
        if before is not None:
            self._counts[before.workflow, before.status] -= 1
        if now is not None:
            self._counts[now.workflow, now.status] += 1

    async def load(self, run_id: str) -> Run | None:
        return self._runs.get(run_id)

    async def former(self, run_id: str) -> Former | None:
        return self._formers.get(run_id)

    async def revision(self, run_id: str) -> int | None:
        run = self._runs.get(run_id)
        return None if run is None else run.revision

    async def reply(self, scope: str, key: str) -> Reply | None:
        stored = self._replies.get((scope, key))
        return None if stored is None else stored[2]

    async def keep_reply(self, run_id: str, reply: Reply, at: datetime) -> None:
        with self._lock:
            if run_id in self._runs:
                self._replies.setdefault((reply.scope, reply.key), (run_id, at, reply))

    async def trace(self, run_id: str, after: int = 0, limit: int = 1000) -> Sequence[TraceEntry]:
        trace = self._traces.get(run_id)
        return [] if trace is None else trace.read(after, limit)

    async def said(self, run_id: str, after: int = 0, limit: int = 1000) -> Sequence[Utterance]:
        return self._talk.read(run_id, after, limit)

    async def utterance(self, run_id: str, said_id: str) -> Utterance | None:
        return self._talk.find(run_id, said_id)

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
        with self._lock:
            runs = list(self._runs.values())
        summaries = (
            run
            for run in runs
            if (workflow is None or run.workflow == workflow)
            and (status is None or run.status is status)
            and (profile is None or run.profile_id == profile)
            and (session is None or run.session_id == session)
            and not (live and run.status in ENDED)
            and (before is None or (run.created_at, run.id) < before)
        )
        return [
            RunSummary(
                run.id,
                run.workflow,
                run.version,
                run.status,
                run.revision,
                run.created_at,
                run.updated_at,
                run.expires_at,
            )
            for run in nlargest(limit, summaries, key=lambda run: (run.created_at, run.id))
        ]

    async def count_runs(self) -> Mapping[str, Mapping[RunStatus, int]]:
        counts: dict[str, dict[RunStatus, int]] = {}
        with self._lock:
            for (workflow, status), count in self._counts.items():
                if count:
                    counts.setdefault(workflow, {})[status] = count
        return counts

    async def save_definition(self, version: str, body: bytes) -> None:
        self._definitions.setdefault(version, body)

    async def definition(self, version: str) -> bytes | None:
        return self._definitions.get(version)

    async def document(self, kind: str, document_id: str) -> Document:
        return self._documents.document(kind, document_id)

    async def file(self, run_id: str, file_id: str) -> StoredFile | None:
        return self._files.get(run_id, {}).get(file_id)

    async def files(self, run_id: str) -> Sequence[StoredFile]:
        return [file for _, file in sorted(self._files.get(run_id, {}).items())]

    async def report(self, run_id: str, report: Report) -> None:
        if run_id in self._runs:
            self._reports[run_id] = report

    async def reported(self, run_id: str) -> Report | None:
        return self._reports.get(run_id)

    async def keep_refused(self, refused: Refused, most: int, before: datetime) -> None:
        with self._lock:
            self._forget_refused(before)
            if refused.scope and refused.scope not in self._runs:
                return
            kept = self._refused.setdefault(refused.scope, {})
            kept.pop(refused.key, None)
            kept[refused.key] = refused
            while len(kept) > most:
                del kept[next(iter(kept))]

    def _forget_refused(self, before: datetime) -> None:
        for scope, kept in list(self._refused.items()):
            for key in [key for key, record in kept.items() if record.at < before]:
                del kept[key]
            if not kept:
                del self._refused[scope]

    async def refused(self, scope: str, key: str) -> Refused | None:
        return self._refused.get(scope, {}).get(key)

    async def forget_refused(self, scope: str, key: str) -> None:
        with self._lock:
            self._refused.get(scope, {}).pop(key, None)

    async def occupy(
        self, holder: str, limits: Mapping[str, int], now: datetime, lease: timedelta, since: datetime
    ) -> int:
        with self._lock:
            return self._slots.occupy(holder, limits, now, lease, since)

    async def vacate(self, holder: str) -> None:
        with self._lock:
            self._slots.vacate(holder)

    async def probe(self) -> None:
        """There is room as long as the process lives."""

    async def delete_run(self, run_id: str) -> bool:
        with self._lock:
            return self._delete(run_id)

    def _delete(self, run_id: str) -> bool:
        run = self._runs.pop(run_id, None)
        if run is None:
            return False
        self._count(run, None)
        for of_runs in (self._traces, self._files, self._reports, self._refused, self._formers):
            of_runs.pop(run_id, None)
        for name in [name for name, (run, _, _) in self._replies.items() if run == run_id]:
            del self._replies[name]
        self._talk.forget(run_id)
        self._cells.forget(run_id)
        self._undoing.discard(run_id)
        self._jobs.forget(run_id)
        return True

    async def failed_undos(self, limit: int = 100) -> Sequence[str]:
        with self._lock:
            return sorted(run_id for run_id in self._undoing if self._failed(run_id))[: max(limit, 0)]

    def _failed(self, run_id: str) -> int:
        """How many undos of the run were given up."""
        return sum(undo.failed for undo in self._runs[run_id].undos)

    async def prune(self, before: datetime, limit: int = 1000) -> int:
        with self._lock:
            old = [name for name, (_, at, _) in self._replies.items() if at < before][: max(limit, 0)]
            for name in old:
                del self._replies[name]
            pruned = len(old) + self._events.prune(before, limit - len(old))
            self._forget_refused(before)
            self._cells.prune(before)
        return pruned

    async def backlog(self, now: datetime) -> Backlog:
        with self._lock:
            due, later, aside = self._jobs.count(now)
            return Backlog(due, later, sum(map(self._failed, self._undoing)), aside)

    async def reseal(self, limit: int = 1000) -> int:
        return 0  # nothing is stored, and so nothing is encrypted
