"""What a turn is to the database: one call of its function commit_turn, and what that is handed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from wizard.model import Change
from wizard.stores.blobs import records, rows, step_rows
from wizard.stores.blobs.inventory import Inventory
from wizard.stores.blobs.vault import Vault
from wizard.stores.postgres.values import encoded, in_utc

COMMIT = f"SELECT wizard.commit_turn({', '.join(f'${number}' for number in range(1, 35))}) AS at"
BIRTH = 10  # the place of a birth among what commit_turn is handed


class _Columns(NamedTuple):
    """Lists of columns of the rows that a change writes to one table, null where it writes none."""

    keys: list[Any] | None
    middle: list[Any] | None
    bodies: list[bytes] | None

    @classmethod
    def of(cls, rows: Sequence[tuple[Any, Any, bytes]]) -> _Columns:
        return cls(*map(list, zip(*rows, strict=True))) if rows else cls(None, None, None)


def _texts(texts: Sequence[str]) -> list[str] | None:
    return [encoded(text) for text in texts] or None


def turn_values(vault: Vault, change: Change, before: Inventory, now: Inventory, stamp: bytes) -> tuple[Any, ...]:
    """What commit_turn is handed, in its order; `before` and `now` are the inventories of a sealed run's rows, `stamp`
    is what they are written under."""
    run, expected, reply = change.run, change.expected, change.reply
    written = {step.path: step for step in change.written}
    steps = _Columns.of(
        [(encoded(path), step.seq, step_rows.step_body(vault, run.id, step, stamp)) for path, step in written.items()]
    )
    left = {path: answers for path, answers in change.parked.items() if path in run.parked}
    parked = _Columns.of(
        [
            (encoded(path), None, step_rows.answers_body(vault, run.id, path, answers, stamp))
            for path, answers in left.items()
        ]
    )
    uploads = {file.id: file for file in change.files}.values()
    files = _Columns.of([(encoded(file.id), None, records.file_body(vault, run.id, file)) for file in uploads])
    owed = {undo.step.visit: undo for undo in change.undos if undo.step.visit not in change.undone}.values()
    undos = _Columns.of(
        [(undo.step.visit, undo.failed, step_rows.undo_body(vault, run.id, undo, stamp)) for undo in owed]
    )
    unparked = [path for path in change.unparked or () if path not in run.parked]
    # The order follows the parameters of the function.
    head = (encoded(run.id), expected, encoded(run.workflow), encoded(run.version), run.status.value, run.revision)
    times = (in_utc(run.created_at), in_utc(run.updated_at), in_utc(run.expires_at))
    born = rows.birth(vault, run, stamp) if change.bears else None
    context = rows.context(vault, run, stamp) if change.context or born is not None else None
    answered: tuple[Any, ...] = (None, None, None, False)
    if reply is not None:
        body = records.reply_body(vault, run.id, reply)
        answered = (encoded(reply.scope), encoded(reply.key), body, reply.again)
    return (
        *(*head, *times),
        *(rows.header(vault, run, now, stamp), born, context),
        *(_texts(change.dropped), *steps),
        *(change.unparked is None, _texts(unparked), parked.keys, parked.bodies),
        *(
            len(change.entries),
            rows.entries_body(vault, run, change.entries, before.entries + 1) if change.entries else None,
        ),
        *answered,
        *(files.keys, files.bodies),
        *(list(change.undone) or None, *undos),
        # What is ordered anew goes with what is settled: as `p_ordered` the function would spare it where it is held.
        *(_texts([*change.settled, *(job.key for job in change.jobs)]), None),
    )
