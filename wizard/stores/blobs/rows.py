"""A run in rows, whatever the database: what is packed into which blob, and back.

Content of a blob is a map that leaves defaults out; wizard.stores.blobs.formats says what stands around it. A run is
- a header, written by every turn: what has no column of its own and moves with the run. It names
  the current step by its `seq`, so that steps above or below it can come and go without a write;
- a birth, written once: what is fixed when the run is created;
- a context, written when it differs: what turns seldom change and what may be large;
- a row for each step of the stack, one for each parked answer and one for each undo that is owed.

Nothing that has a column is in a blob as well; columns that say what a row is are bound to its blob where it is sealed.
The rows of one commit have one stamp (wizard.stores.blobs.vault), and a sealed run's header holds what they add up to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from immutables import Map

from wizard.errors import StoreError
from wizard.model import (
    NOTHING,
    Arrival,
    Delivery,
    Entry,
    Fault,
    Parent,
    Run,
    RunStatus,
    Step,
    Undo,
    count_answered,
)
from wizard.model.values import pack, packed_list
from wizard.state.patches import setters_of
from wizard.stores.blobs.formats import MISSHAPEN, Part, a_map, unreadable, unwrap, wrap
from wizard.stores.blobs.inventory import NEW, Inventory, holds_context
from wizard.stores.blobs.step_rows import StepRow, UndoRow, read_answers, read_step, read_undo
from wizard.stores.blobs.vault import DIGEST_BYTES, NO_STAMP, About, Vault, microseconds, stamp_of
from wizard.stores.contract import TraceEntry

RUN_STATUSES = {status.value: status for status in RunStatus}

Head = Mapping[str, Any]  # a header, opened


class RunRow(NamedTuple):
    """A run without its steps, as a store reads it; `context` is None where the run never had one."""

    id: str
    workflow: str
    version: str
    status: str
    revision: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None
    header: bytes
    birth: bytes
    context: bytes | None

    @property
    def about(self) -> About:
        """What is bound to the header."""
        times = (self.created_at, self.updated_at, self.expires_at)
        return (self.workflow, self.version, self.status, self.revision, *map(microseconds, times))


class StoredRun(NamedTuple):
    """The rows of a run as a store reads them, in any order, and its header opened. Of parked answers and undos there
    are none where the header says so."""

    row: RunRow
    head: Head
    steps: list[StepRow]
    parked: list[tuple[str, bytes]]
    undos: list[UndoRow]


# -- writing -----------------------------------------------------------------------------------


def header(vault: Vault, run: Run, inventory: Inventory = NEW, stamp: bytes = NO_STAMP) -> bytes:
    """Raises InvalidInput where the run holds what can't be stored, as all of these functions do."""
    content: dict[str, Any] = {}
    if run.cursor >= 0:
        content["cursor"] = run.steps[run.cursor].seq
    if run.visits:
        content["visits"] = run.visits
    if run.returning is not None:
        content["returning"] = run.returning
    if run.fault is not None:
        content["fault"] = [run.fault.message, run.fault.node, run.fault.kind]
        content["told"] = [run.fault.people, run.fault.reference]
    if run.parked:
        content["parked"] = True
    if holds_context(run):
        content["context"] = True
    if run.undos:
        content["undos"] = True
    if run.positional:
        content["positional"] = True
    if run.conversation:
        content["conversation"] = dict(run.conversation)
    about: About = ()
    if vault.seals:
        content.update(counted(inventory))
        times = (run.created_at, run.updated_at, run.expires_at)
        about = (run.workflow, run.version, run.status.value, run.revision, *map(microseconds, times))
    return wrap(vault, Part.HEADER, run.id, content, about, stamp)


def counted(inventory: Inventory) -> dict[str, Any]:
    """What a sealed header says of the run's rows and its trace."""
    return {"rows": inventory.total.to_bytes(DIGEST_BYTES), "entries": inventory.entries}


def birth(vault: Vault, run: Run, stamp: bytes = NO_STAMP) -> bytes:
    """What never changes after the run's first commit."""
    content: dict[str, Any] = {}
    if run.input:
        content["input"] = dict(run.input)
    if run.profile_id is not None:
        content["profile_id"] = run.profile_id
    if run.session_id is not None:
        content["session_id"] = run.session_id
    if run.token_hash:
        content["token_hash"] = run.token_hash
    if run.parent is not None:
        content["parent"] = list(run.parent)
    return wrap(vault, Part.BIRTH, run.id, content, (), stamp)


def context(vault: Vault, run: Run, stamp: bytes = NO_STAMP) -> bytes | None:
    """None where there is nothing to keep; the header says so, and what is stored counts no more."""
    content: dict[str, Any] = {}
    if run.event:
        content["event"] = dict(run.event)
    if run.profile:
        content["profile"] = dict(run.profile)
    if run.session:
        content["session"] = dict(run.session)
    if run.removed:
        content["removed"] = sorted(run.removed)
    if run.arrived:
        content["arrived"] = run.arrived
    if run.deliveries:
        content["deliveries"] = [list(delivery) for delivery in run.deliveries]
    queue = {"arrivals": packed_list([_packed_arrival(arrival) for arrival in run.arrivals])} if run.arrivals else {}
    return wrap(vault, Part.CONTEXT, run.id, content, (), stamp, queue) if content or queue else None


def _packed_arrival(arrival: Arrival) -> bytes:
    """What waits is packed once, when it comes: with each event all of them are stored."""
    data = arrival.packed or pack(arrival.data)
    return packed_list([pack(arrival.number), pack(arrival.name), data, pack(arrival.key), pack(arrival.at)])


def entries_body(vault: Vault, run: Run, entries: Sequence[Entry], first: int = 1) -> bytes:
    """All entries of the turn that led to the run; `first` is the number of the first."""
    content = [
        [entry.kind, entry.step, dict(entry.detail)] if entry.detail else [entry.kind, entry.step] for entry in entries
    ]
    about = (first, run.revision, microseconds(run.updated_at)) if vault.seals else ()
    return wrap(vault, Part.ENTRIES, run.id, content, about)


# -- reading -----------------------------------------------------------------------------------


def _read_arrivals(context: Mapping[str, Any], stack: Sequence[Step]) -> tuple[Arrival, ...]:
    arrivals = (Arrival._make((*arrival[:5], pack(arrival[2]))) for arrival in context.get("arrivals", ()))
    if not context.get("unsettled"):
        return tuple(arrivals)
    taken = [step.took for step in stack if step.took is not None]
    last = {
        name: max(arrival.number for arrival in taken if arrival.name == name)
        for name in {arrival.name for arrival in taken}
    }
    return tuple(arrival for arrival in arrivals if arrival.number > last.get(arrival.name, 0))


def read_entries(vault: Vault, run_id: str, first: int, revision: int, at: datetime, body: bytes) -> list[TraceEntry]:
    """The entries of one turn; `first` is the number of the first. Raises StoreError."""
    try:
        return [
            TraceEntry(number, revision, at, Entry(kind, step, detail[0] if detail else {}))
            for number, (kind, step, *detail) in enumerate(
                unwrap(vault, Part.ENTRIES, run_id, body, (first, revision, microseconds(at))), first
            )
        ]
    except (StoreError, *MISSHAPEN) as error:
        raise unreadable(f"The trace of the run from entry {first} on", error, run_id) from error


def read_header(vault: Vault, row: RunRow) -> Head:
    """What a header says. Where it has no "parked" or no "undos", there is no such row to read. Raises StoreError
    naming the run."""
    try:
        return a_map(unwrap(vault, Part.HEADER, row.id, row.header, row.about))
    except (StoreError, *MISSHAPEN) as error:
        raise unreadable("The run", error, row.id) from error


def vault_of(vault: Vault, row: RunRow) -> Vault:
    """What opens the rest of a run: of one whose header is sealed in the present way, nothing is that isn't."""
    return vault.strict if stamp_of(row.header) is not None else vault


def read_run(
    vault: Vault,
    row: RunRow,
    steps: Iterable[StepRow],
    parked: Iterable[tuple[str, bytes]] = (),
    undos: Iterable[UndoRow] = (),
    *,
    head: Head | None = None,
) -> Run:
    """The run of these rows, `steps` and `undos` in any order; `head` is the row's header, where the caller has
    opened it. Raises StoreError naming the run."""
    head = read_header(vault, row) if head is None else head
    vault = vault_of(vault, row)
    stack = _read_stack(vault, row.id, steps)
    try:
        born = unwrap(vault, Part.BIRTH, row.id, row.birth)
        now = {}
        if head.get("context") and row.context is not None:
            now = unwrap(vault, Part.CONTEXT, row.id, row.context)
        kept = {path: read_answers(vault, row.id, path, body) for path, body in parked} if head.get("parked") else {}
        fault = head.get("fault")
        return Run(
            id=row.id,
            workflow=row.workflow,
            version=row.version,
            revision=row.revision,
            status=RUN_STATUSES[row.status],
            created_at=row.created_at,
            updated_at=row.updated_at,
            expires_at=row.expires_at,
            steps=stack,
            cursor=_position(stack, head.get("cursor")),
            by_path=Map({step.path: step for step in stack}),
            answered=count_answered(stack),
            setters=setters_of(stack),
            parked=Map(kept),
            returning=head.get("returning"),
            fault=Fault(*fault, *head.get("told", ())) if fault else None,
            removed=frozenset(now.get("removed", ())),
            visits=head.get("visits", 0),
            input=born.get("input", {}),
            event=now.get("event", {}),
            profile=now.get("profile", {}),
            session=now.get("session", {}),
            profile_id=born.get("profile_id"),
            session_id=born.get("session_id"),
            token_hash=born.get("token_hash", b""),
            undos=_read_undos(vault, row.id, undos) if head.get("undos") else (),
            arrivals=_read_arrivals(now, stack),
            arrived=now.get("arrived", 0),
            deliveries=tuple(Delivery(*delivery) for delivery in now.get("deliveries", ())),
            positional=head.get("positional", False),
            parent=Parent(*born["parent"]) if "parent" in born else None,
            conversation=head.get("conversation", NOTHING),
        )
    except (StoreError, *MISSHAPEN) as error:
        raise unreadable("The run", error, row.id) from error


def _read_undos(vault: Vault, run_id: str, rows: Iterable[UndoRow]) -> tuple[Undo, ...]:
    """The newest first, as a run holds them."""
    undos = [read_undo(vault, run_id, row) for row in rows]
    return tuple(sorted(undos, key=lambda undo: undo.newness, reverse=True))


def _read_stack(vault: Vault, run_id: str, rows: Iterable[StepRow]) -> tuple[Step, ...]:
    stack = []
    for row in sorted(rows, key=_by_seq):
        try:
            stack.append(read_step(vault, run_id, row))
        except (StoreError, *MISSHAPEN) as error:
            raise unreadable(f"Step {row[0]} of the run", error, run_id) from error
    return tuple(stack)


_by_seq = itemgetter(1)


def _position(stack: tuple[Step, ...], seq: int | None) -> int:
    if seq is None:
        return -1
    for position in range(len(stack) - 1, -1, -1):
        if stack[position].seq == seq:
            return position
    raise StoreError(f"its current step (number {seq}) is missing. Restore it from a backup.")
