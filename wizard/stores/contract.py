"""Where runs, definitions and documents are kept: the contract that every store satisfies.

A store takes a whole turn as one Change and makes it durable in one transaction, or refuses it
whole (S20). It never interprets a run: it compares revisions and keeps rows.
`tests/contract/` holds the suite that every store passes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

from wizard.errors import InvalidInput
from wizard.model import Change, Entry, Former, Refused, Reply, Report, Run, RunStatus, StoredFile, is_past
from wizard.model.cells import Cells
from wizard.model.events import TakenEvents
from wizard.model.job import Backlog, Queue
from wizard.model.remote import RemoteNodes
from wizard.model.resources import StoredResources
from wizard.model.staging import Stages
from wizard.model.talk import Utterance
from wizard.state.merging import Document
from wizard.stores.documents import Documents


@dataclass(frozen=True, slots=True)
class TraceEntry:
    """A trace entry as stored: `revision` is the run's after the turn that wrote it, `number` its
    place in the run's whole trace, from 1."""

    number: int
    revision: int
    at: datetime
    entry: Entry


_PLACE = re.compile(r"(-?[0-9]{1,18})\.(.{1,200})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class RunPlace(NamedTuple):
    """Where a run stands in a list of runs, whether it is there still or not. As a text it is what a page of the list
    names for the page behind it."""

    created_at: datetime
    id: str

    def __str__(self) -> str:
        return f"{(self.created_at - _EPOCH) // timedelta(microseconds=1)}.{self.id}"

    @classmethod
    def of(cls, text: str) -> RunPlace:
        """Raises InvalidInput for what is no such text."""
        match = _PLACE.fullmatch(text)
        try:
            if match is not None:
                return cls(_EPOCH + timedelta(microseconds=int(match[1])), match[2])
        except OverflowError:
            pass
        raise InvalidInput("`before` must be what a page of the list named for the page behind it.")


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A line of a list of runs; it holds no answers. `status` is as stored: see `status_at`."""

    id: str
    workflow: str
    version: str
    status: RunStatus
    revision: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None = None

    def status_at(self, now: datetime) -> RunStatus:
        """As every channel tells it: a run's time is over when it is over, whether a worker has noticed or not."""
        return RunStatus.EXPIRED if is_past(self.status, self.expires_at, now) else self.status

    @property
    def place(self) -> RunPlace:
        return RunPlace(self.created_at, self.id)


class Store(Protocol):
    """Every method may be called concurrently, and from any event loop. Errors of the storage are StoreError."""

    @property
    def queue(self) -> Queue:
        """Hands out the jobs that were committed."""

    @property
    def stages(self) -> Stages:
        """Drafts, versions and deployments of workflows."""

    @property
    def remote_nodes(self) -> RemoteNodes:
        """The node types that services offer."""

    @property
    def events(self) -> TakenEvents:
        """The events that were taken."""

    @property
    def cells(self) -> Cells:
        """Small maps under keys, beside runs."""

    @property
    def resources(self) -> StoredResources:
        """What nodes need to get at services of others, sealed."""

    @property
    def documents(self) -> Documents:
        """Profiles and sessions, and the record of each save of them."""

    async def open(self) -> None:
        """Prepares the storage: creates or migrates it. Called once, before anything else."""

    async def close(self) -> None:
        """Waits for what is under way and gives everything back. No call follows."""

    async def commit(self, change: Change) -> None:
        """Stores all of the change, or nothing.

        Raises StaleRevision where the stored revision isn't `change.expected` (for None: where the
        run exists), and KeyReused where `change.reply` names a key that is stored already, or one of what was `said`
        has an id that is, in this order. Jobs that are ordered and settled in one change are settled. Documents are
        merged field by field into what is stored then, each save with its record (wizard.state.merging). Where the
        change creates a run on a profile and a session, the session is that profile's from then on.
        Fixed by the change that creates a run, and not written again: its id, workflow, version,
        created_at, input, profile_id, session_id, token_hash and parent. A change that is `migrating` alone writes the
        version and the input again, and keeps or forgets the run as it was. A path that is dropped and written is
        written; whether one that is parked and unparked stays parked is what `run.parked` says.
        A trace entry's time is the run's updated_at.
        """

    async def load(self, run_id: str) -> Run | None:
        """The run as last committed. Raises StoreError where it is there and can't be read."""

    async def former(self, run_id: str) -> Former | None:
        """The run as it was before it was migrated last, where that is kept. Raises StoreError where it can't be
        read."""

    async def revision(self, run_id: str) -> int | None:
        """The run's revision alone: what a caller that holds the run compares to know it is fresh."""

    async def reply(self, scope: str, key: str) -> Reply | None:
        """The dedupe record of an earlier request."""

    async def keep_reply(self, run_id: str, reply: Reply, at: datetime) -> None:
        """Stores the dedupe record of a request that was taken and changed nothing of the run (S19). Where its key is
        stored already, or there is no such run, nothing is."""

    async def trace(self, run_id: str, after: int = 0, limit: int = 1000) -> Sequence[TraceEntry]:
        """Entries with a number above `after`, in order."""

    async def said(self, run_id: str, after: int = 0, limit: int = 1000) -> Sequence[Utterance]:
        """What was said in the conversation about a run with a number above `after`, in order."""

    async def utterance(self, run_id: str, said_id: str) -> Utterance | None:
        """What was said under that id."""

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
        """Newest first, and by id where they were created at one moment; `before` is the place of the last run of the
        page before, whether that is there still or not. The runs of a profile or session are those that were created
        on it. With `live` only those that haven't ended, as far as is stored."""

    async def count_runs(self) -> Mapping[str, Mapping[RunStatus, int]]:
        """How many runs of each workflow have which status, as stored; none where there are none."""

    async def save_definition(self, version: str, body: bytes) -> None:
        """Keeps a definition by its content hash; saving it again changes nothing."""

    async def definition(self, version: str) -> bytes | None: ...

    async def document(self, kind: str, document_id: str) -> Document:
        """A profile or session."""

    async def file(self, run_id: str, file_id: str) -> StoredFile | None: ...

    async def files(self, run_id: str) -> Sequence[StoredFile]:
        """All files of a run, in the order of their ids."""

    async def report(self, run_id: str, report: Report) -> None:
        """Keeps how far a step's work is, in the place of what was reported of the run before. It is no part
        of the run: no revision changes, and it may be lost."""

    async def reported(self, run_id: str) -> Report | None:
        """What was reported last."""

    async def keep_refused(self, refused: Refused, most: int, before: datetime) -> None:
        """Keeps what was sent and not taken, in the place of what has the same scope and key, where its scope is "" or
        a run that there is. Of a scope the newest `most` stay, and nothing that is older than `before`. It is no part
        of the run: no revision changes, and it may be lost."""

    async def refused(self, scope: str, key: str) -> Refused | None:
        """What was kept last."""

    async def forget_refused(self, scope: str, key: str) -> None:
        """Deletes what was kept, where there is any."""

    async def occupy(
        self, holder: str, limits: Mapping[str, int], now: datetime, lease: timedelta, since: datetime
    ) -> int:
        """Takes a place under each of these names, which have room for so many holders at a time, for `lease` from now
        on; who has them keeps them so. Where one has no room the holder has none, and waits there for as long: behind
        those who work, and who began to wait before `since`. The answer is 0 with the places, else how many it has
        to wait for. A store with a clock of its own goes by that instead of `now`."""

    async def vacate(self, holder: str) -> None:
        """Gives all places of the holder back, at work or in line."""

    async def delete_run(self, run_id: str) -> bool:
        """Deletes all that is stored of a run: steps, trace, files, replies, undos, jobs, what was refused and
        said, what is kept from before it was migrated, and also the reply to the request that created it. Documents and
        definitions stay. False where there is no such run."""

    async def failed_undos(self, limit: int = 100) -> Sequence[str]:
        """Ids of runs that have an undo which was given up."""

    async def prune(self, before: datetime, limit: int = 1000) -> int:
        """Deletes at most so many dedupe records that are older, of requests and of events; how many they were. What
        was kept of refused pages and is older goes as well."""

    async def backlog(self, now: datetime) -> Backlog:
        """How much waits."""

    async def probe(self) -> None:
        """Writes something to where everything is written, and takes it back. Raises StoreError where that fails: then
        no turn can be stored either."""

    async def reseal(self, limit: int = 1000) -> int:
        """Encrypts at most so many rows anew that aren't under the key in use, and seals runs that aren't sealed in the
        present way where the store was opened to take these; how many they were. 0 says that all are, and that from
        the next opening on nothing is taken that isn't. Raises StoreError naming the run whose data can't be opened
        (where old data is taken, that is logged and stays as it is), and where all is encrypted and the storage holds
        what was there before all the same, because somebody reads it."""
