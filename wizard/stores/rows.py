"""A run in rows, whatever the database: what is packed into which blob, and back.

A blob is msgpack of `[FORMAT, content]`, content being a map that leaves defaults out. A run is
- a header, written by every turn: what has no column of its own and moves with the run. It names
  the current step by its `seq`, so that steps above or below it can come and go without a write;
- a birth, written once: what is fixed when the run is created;
- a context, written when it differs: what turns seldom change and what may be large;
- a row for each step of the stack and one for each parked answer.

Nothing that has a column is in a blob as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple

from immutables import Map

from wizard.codec import MAX_VALUE_BYTES, pack, unpack
from wizard.errors import InvalidInput, StoreError
from wizard.model import NOTHING, DocumentSave, Entry, Fault, Kind, Run, RunStatus, Step, StepStatus, Value
from wizard.stores import Document, TraceEntry

FORMAT = 1

KINDS = {kind.value: kind for kind in Kind}
STATUSES = {status.value: status for status in StepStatus}
RUN_STATUSES = {status.value: status for status in RunStatus}

# What a blob of the wrong shape raises when it is taken apart.
MISSHAPEN = (TypeError, ValueError, LookupError, AttributeError, OverflowError)

StepRow = tuple[str, int, bytes]  # path, seq, body


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


def _wrap(content: Any) -> bytes:
    return pack([FORMAT, content])


def _unwrap(blob: bytes) -> Any:
    stored = unpack(blob)
    if type(stored) is not list or len(stored) != 2 or type(stored[0]) is not int:
        raise StoreError("the stored data has no format number. Restore it from a backup.")
    if stored[0] != FORMAT:
        raise StoreError(
            f"it is stored in format {stored[0]}, and this version of the program reads format {FORMAT} only."
            " Update the program."
        )
    return stored[1]


def unreadable(what: str, error: Exception, run_id: str) -> StoreError:
    """The error for a blob of one run: `what` opens the message, `error` is why it can't be read."""
    return StoreError(f"{what} can't be read: {_why(error)} Other runs aren't affected.", run=run_id)


def _why(error: Exception) -> str:
    if isinstance(error, StoreError):
        return error.message
    return f"the stored data has another shape than expected ({error!r}). Restore it from a backup."


# -- writing -----------------------------------------------------------------------------------


def header(run: Run) -> bytes:
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
    if run.parked:
        content["parked"] = True
    if run.event or run.profile or run.session or run.removed:
        content["context"] = True
    return _wrap(content)


def birth(run: Run) -> bytes:
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
    return _wrap(content)


def context(run: Run) -> bytes | None:
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
    return _wrap(content) if content else None


def step_body(step: Step) -> bytes:
    """All of a step but its path and seq, which have columns."""
    content: dict[str, Any] = {"node": step.node, "type": step.type, "visit": step.visit}
    if not step.is_foreground:
        content["kind"] = step.kind.value
    if not step.is_done:
        content["status"] = step.status.value
    if step.output is not None:
        content["output"] = dict(step.output)
    if step.draft is not None:
        content["draft"] = dict(step.draft)
    if step.state is not None:
        content["state"] = dict(step.state)
    if step.given:
        content["given"] = step.given
    if step.reads:
        content["reads"] = dict(step.reads)
    if step.patch:
        patch: dict[str, dict[str, Value]] = {}
        for (document, name), value in step.patch.items():
            patch.setdefault(document, {})[name] = value
        content["patch"] = patch
    if step.error is not None:
        content["error"] = step.error
    return _wrap(content)


def answers_body(answers: Mapping[str, Value]) -> bytes:
    """Parked answers, and the fields of a document."""
    return _wrap(dict(answers))


def entries_body(entries: Sequence[Entry]) -> bytes:
    """All entries of one turn."""
    return _wrap(
        [[each.kind, each.step, dict(each.detail)] if each.detail else [each.kind, each.step] for each in entries]
    )


# -- reading -----------------------------------------------------------------------------------


def read_step(row: StepRow) -> Step:
    """Raises StoreError, or one of MISSHAPEN."""
    path, seq, body = row
    content = _unwrap(body)
    get = content.get
    return Step(
        path=path,
        node=content["node"],
        type=content["type"],
        kind=KINDS[get("kind", "foreground")],
        seq=seq,
        visit=content["visit"],
        status=STATUSES[get("status", "done")],
        output=get("output"),
        draft=get("draft"),
        state=get("state"),
        given=get("given", b""),
        reads=get("reads", NOTHING),
        patch=_read_patch(content["patch"]) if "patch" in content else NOTHING,
        error=get("error"),
    )


def _read_patch(stored: dict[str, dict[str, Value]]) -> dict[tuple[str, str], Value]:
    return {(document, name): value for document, fields in stored.items() for name, value in fields.items()}


def read_answers(body: bytes) -> dict[str, Value]:
    content = _unwrap(body)
    if type(content) is not dict:
        raise TypeError(f"a {type(content).__name__} where a map belongs")
    return content


def read_entries(run_id: str, first: int, revision: int, at: datetime, body: bytes) -> list[TraceEntry]:
    """The entries of one turn; `first` is the number of the first. Raises StoreError."""
    try:
        return [
            TraceEntry(number, revision, at, Entry(kind, step, detail[0] if detail else {}))
            for number, (kind, step, *detail) in enumerate(_unwrap(body), first)
        ]
    except (StoreError, *MISSHAPEN) as error:
        raise unreadable(f"The trace of the run from entry {first} on", error, run_id) from error


def read_run(row: RunRow, steps: Iterable[StepRow], parked: Iterable[tuple[str, bytes]]) -> Run:
    """The run of these rows, `steps` in any order. Raises StoreError naming the run."""
    stack = _read_stack(row.id, steps)
    try:
        head = _unwrap(row.header)
        born = _unwrap(row.birth)
        now = _unwrap(row.context) if head.get("context") and row.context is not None else {}
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
            parked=Map({path: read_answers(body) for path, body in parked}) if head.get("parked") else Map(),
            returning=head.get("returning"),
            fault=Fault(*fault) if fault else None,
            removed=frozenset(now.get("removed", ())),
            visits=head.get("visits", 0),
            input=born.get("input", {}),
            event=now.get("event", {}),
            profile=now.get("profile", {}),
            session=now.get("session", {}),
            profile_id=born.get("profile_id"),
            session_id=born.get("session_id"),
            token_hash=born.get("token_hash", b""),
        )
    except (StoreError, *MISSHAPEN) as error:
        raise unreadable("The run", error, row.id) from error


def _read_stack(run_id: str, rows: Iterable[StepRow]) -> tuple[Step, ...]:
    stack = []
    for row in sorted(rows, key=_by_seq):
        try:
            stack.append(read_step(row))
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


# -- documents ---------------------------------------------------------------------------------


def read_document(kind: str, revision: int, body: bytes) -> Document:
    """Raises StoreError where the fields can't be read."""
    try:
        return Document(revision, read_answers(body))
    except (StoreError, *MISSHAPEN) as error:
        raise StoreError(f"This {kind} can't be read: {_why(error)}") from error


def merge(stored: Document, save: DocumentSave) -> Document:
    """The document after a save: field by field, so that two runs of one profile lose nothing.

    Raises InvalidInput where it would be larger than one value may be.
    """
    merged = Document(stored.revision + 1, {**stored.fields, **save.fields})
    if len(answers_body(merged.fields)) > MAX_VALUE_BYTES:
        raise InvalidInput(f"The {save.kind} would be larger than {MAX_VALUE_BYTES:,} bytes. Store less in it.")
    return merged
