"""What is stored of steps, a row each: of the stack, of what is parked, and of dropped steps that are to be undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.model import NOTHING, Arrival, Kind, PutOff, Step, StepStatus, Undo, Value
from wizard.model.values import pack
from wizard.stores.blobs.formats import Part, a_map, unwrap, wrap
from wizard.stores.blobs.vault import NO_STAMP, Vault

KINDS = {kind.value: kind for kind in Kind}
STATUSES = {status.value: status for status in StepStatus}

StepRow = tuple[str, int, bytes]  # path, seq, body
UndoRow = tuple[int, bool | int, bytes]  # visit, failed, body


def step_body(vault: Vault, run_id: str, step: Step, stamp: bytes = NO_STAMP) -> bytes:
    """All of a step but its path and seq, which have columns."""
    return wrap(vault, Part.STEP, run_id, _step_content(step), (step.path, step.seq), stamp)


def _step_content(step: Step) -> dict[str, Any]:
    content: dict[str, Any] = {"node": step.node, "type": step.type, "visit": step.visit}
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
        content["patch"] = _patch_content(step.patch)
    if step.error is not None:
        content["error"] = step.error
    if step.port is not None:
        content["port"] = step.port
    _add_progress(content, step)
    return content


def _add_progress(content: dict[str, Any], step: Step) -> None:
    """How far it is with what it works at or waits for."""
    if not step.is_foreground:
        content["kind"] = step.kind.value
    if step.begun:
        content["begun"] = step.begun
    if step.claim:
        content["claim"] = step.claim
    if step.put_off is not None:
        content["put_off"] = list(step.put_off)
    if step.reminded:
        content["reminded"] = step.reminded
    if step.took is not None:
        content["took"] = _took_content(step, step.took)


def _patch_content(patch: Mapping[tuple[str, str], Value]) -> dict[str, dict[str, Value]]:
    content: dict[str, dict[str, Value]] = {}
    for (document, name), value in patch.items():
        content.setdefault(document, {})[name] = value
    return content


def _took_content(step: Step, took: Arrival) -> list[Any]:
    """The data of an event is stored once, where a step gives it as its output."""
    content = [took.number, took.name, took.key, took.at]
    output = step.output or {}
    return content if "data" in output and pack(output["data"]) == pack(took.data) else [*content, took.data]


def answers_body(vault: Vault, run_id: str, path: str, answers: Mapping[str, Value], stamp: bytes = NO_STAMP) -> bytes:
    """Parked answers."""
    return wrap(vault, Part.ANSWERS, run_id, dict(answers), (path,), stamp)


def undo_body(vault: Vault, run_id: str, undo: Undo, stamp: bytes = NO_STAMP) -> bytes:
    """All of an undo but `failed`, which has a column. The step's visit, by which an undo is known, is in both."""
    step = undo.step
    content: dict[str, Any] = {"path": step.path, "seq": step.seq, "step": _step_content(step)}
    if undo.tries:
        content["tries"] = undo.tries
    if undo.error is not None:
        content["error"] = undo.error
    return wrap(vault, Part.UNDO, run_id, content, (step.visit, int(undo.failed)), stamp)


def read_step(vault: Vault, run_id: str, row: StepRow) -> Step:
    """Raises StoreError, or one of MISSHAPEN."""
    path, seq, body = row
    return _read_content(path, seq, unwrap(vault, Part.STEP, run_id, body, (path, seq)))


def _read_content(path: str, seq: int, content: Mapping[str, Any]) -> Step:
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
        port=get("port"),
        begun=get("begun", 0),
        claim=get("claim", 0),
        reminded=get("reminded", 0),
        put_off=PutOff(*content["put_off"]) if "put_off" in content else None,
        took=_read_took(content["took"], get("output")) if "took" in content else None,
    )


def _read_took(stored: list[Any], output: Mapping[str, Any] | None) -> Arrival:
    number, name, key, at, *data = stored
    return Arrival(number, name, data[0] if data else (output or {})["data"], key, at)


def _read_patch(stored: dict[str, dict[str, Value]]) -> dict[tuple[str, str], Value]:
    return {(document, name): value for document, fields in stored.items() for name, value in fields.items()}


def read_answers(vault: Vault, run_id: str, path: str, body: bytes) -> dict[str, Value]:
    """Raises StoreError, or one of MISSHAPEN."""
    return a_map(unwrap(vault, Part.ANSWERS, run_id, body, (path,)))


def read_undo(vault: Vault, run_id: str, row: UndoRow) -> Undo:
    """Raises StoreError, or one of MISSHAPEN."""
    visit, failed, body = row
    content = unwrap(vault, Part.UNDO, run_id, body, (visit, int(failed)))
    step = _read_content(content["path"], content["seq"], content["step"])
    return Undo(step, content.get("tries", 0), content.get("error"), bool(failed))
