"""A new run: its id, its token, what it is handed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from wizard.engine.run_token import token_hash
from wizard.errors import HostError
from wizard.machine.arguments import check_ids_given, check_names, kind_of
from wizard.model import Parent, Run, RunStatus, Value, Workflow
from wizard.model.copies import copied
from wizard.model.instants import after
from wizard.model.values import check_value
from wizard.profiles.merging import present_profile
from wizard.stores.contract import Store


@dataclass(frozen=True, slots=True)
class Handed:
    """What a caller hands a run beside its input: the event that triggered it, fields for the
    session, the stored profile and session that it works on, and the run whose node starts it. A profile that was
    merged into another one stands for that."""

    event: Mapping[str, Value] | None = None
    session: Mapping[str, Value] | None = None
    profile_id: str | None = None
    session_id: str | None = None
    parent: Parent | None = None


def new_id() -> str:
    """22 characters that can't be guessed: 128 random bits."""
    return secrets.token_urlsafe(16)


async def new_run(workflow: Workflow, run_id: str, token: str, handed: Handed, store: Store, now: datetime) -> Run:
    """A run that was never stored (revision 0). Raises InvalidInput for values that can't be stored."""
    if not isinstance(run_id, str):
        raise HostError(f"The engine's `ids` gave {kind_of(run_id)}. It gives a new text each time.")
    check_ids_given(profile_id=handed.profile_id, session_id=handed.session_id)
    for name, fields in (("event", handed.event), ("session", handed.session)):
        if fields is not None:
            check_names(name, fields)
    check_value(dict(handed.event or {}), "The event")
    check_value(dict(handed.session or {}), "The session")
    session = (await store.document("session", handed.session_id)).fields if handed.session_id else {}
    profile_id, profile = handed.profile_id, dict[str, Value]()
    if profile_id:
        profile_id, document = await present_profile(store, profile_id)
        profile = dict(document.fields)
    return Run(
        id=run_id,
        workflow=workflow.id,
        version=workflow.version,
        revision=0,
        status=RunStatus.CREATED,
        created_at=now,
        updated_at=now,
        expires_at=None if workflow.expires_after is None else after(now, workflow.expires_after),
        event=copied(dict(handed.event or {})),
        profile=profile,
        session=copied({**session, **(handed.session or {})}),
        profile_id=profile_id,
        session_id=handed.session_id,
        token_hash=token_hash(token),
        parent=handed.parent,
    )
