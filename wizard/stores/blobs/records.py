"""What is stored beside a run's own rows: replies, files, jobs' payloads, reports and documents, as blobs.

As in wizard.stores.blobs.rows, what has a column isn't in the blob as well, and every blob is its owner's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from wizard.errors import NotGenuine, StoreError
from wizard.model import NOTHING, Refused, Reply, Report, StoredFile, Value
from wizard.model.documents import FieldChange, Origin, SaveAction, SaveRecord
from wizard.model.job import Job
from wizard.state.merging import Document
from wizard.stores.blobs.formats import MISSHAPEN, Part, a_map, unreadable, unwrap, why, wrap
from wizard.stores.blobs.vault import PLAIN, About, Vault, microseconds


def reply_body(vault: Vault, run_id: str, reply: Reply) -> bytes:
    """`run_id` is the run that the request moved or created, whatever the reply's scope."""
    return wrap(vault, Part.REPLY, run_id, [reply.digest, reply.status, reply.body], (reply.scope, reply.key))


def read_reply(vault: Vault, run_id: str, scope: str, key: str, blob: bytes) -> Reply:
    """Raises StoreError naming the run."""
    try:
        digest, status, body = unwrap(vault, Part.REPLY, run_id, blob, (scope, key))
        return Reply(scope, key, digest, status, body)
    except (StoreError, *MISSHAPEN) as error:
        raise unreadable("What was answered to an earlier request", error, run_id) from error


def file_body(vault: Vault, run_id: str, file: StoredFile) -> bytes:
    return wrap(vault, Part.FILE, run_id, [file.name, file.media_type, file.content], (file.id,))


def read_file(vault: Vault, run_id: str, file_id: str, blob: bytes) -> StoredFile:
    """Raises StoreError naming the run."""
    try:
        name, media_type, content = unwrap(vault, Part.FILE, run_id, blob, (file_id,))
        return StoredFile(file_id, name, media_type, content)
    except (StoreError, *MISSHAPEN) as error:
        raise unreadable(f"The file {file_id} of the run", error, run_id) from error


def payload_body(vault: Vault, job: Job) -> bytes:
    """Empty where the payload is and nothing is sealed: most jobs have none."""
    if not job.payload and not vault.seals:
        return b""
    return wrap(vault, Part.PAYLOAD, job.run, dict(job.payload), (job.key,))


def read_payload(vault: Vault, run_id: str, key: str, blob: bytes) -> Mapping[str, Value]:
    """The payload of the job with this key. Raises StoreError naming the run."""
    if not blob and vault.takes_old:
        return NOTHING
    try:
        return a_map(unwrap(vault, Part.PAYLOAD, run_id, blob, (key,)))
    except (StoreError, *MISSHAPEN) as error:
        raise unreadable("A job of the run", error, run_id) from error


def report_body(vault: Vault, run_id: str, report: Report) -> bytes:
    return wrap(vault, Part.REPORT, run_id, [report.visit, report.percent, report.text])


def read_report(vault: Vault, run_id: str, blob: bytes) -> Report:
    """Raises StoreError naming the run."""
    try:
        return Report(*unwrap(vault, Part.REPORT, run_id, blob))
    except (StoreError, *MISSHAPEN) as error:
        raise unreadable("What was reported of the run", error, run_id) from error


def refused_body(vault: Vault, refused: Refused) -> bytes:
    """All of it but its place and time, which have columns."""
    about = (refused.scope, refused.key, microseconds(refused.at))
    return wrap(vault, Part.REFUSED, refused.scope, dict(refused.content), about)


def read_refused(vault: Vault, scope: str, key: str, at: datetime, blob: bytes) -> Refused:
    """Raises StoreError naming the run."""
    try:
        content = a_map(unwrap(vault, Part.REFUSED, scope, blob, (scope, key, microseconds(at))))
        return Refused(scope, key, at, content)
    except (StoreError, *MISSHAPEN) as error:
        raise unreadable("What was typed on a page of the run", error, scope) from error


# -- documents ---------------------------------------------------------------------------------


def document_owner(kind: str, document_id: str) -> str:
    """In whose name a document is sealed."""
    return f"{kind}/{document_id}"


def document_body(vault: Vault, kind: str, document_id: str, document: Document) -> bytes:
    """All of a document but its revision, which has a column."""
    owner, content = document_owner(kind, document_id), dict(document.fields)
    return wrap(vault, Part.DOCUMENT, owner, content, (kind, document_id, document.revision))


def read_document(vault: Vault, kind: str, document_id: str, revision: int, blob: bytes) -> Document:
    """Raises StoreError where the fields can't be read."""
    owner, about = document_owner(kind, document_id), (kind, document_id, revision)
    try:
        return Document(revision, a_map(unwrap(vault, Part.DOCUMENT, owner, blob, about)))
    except (StoreError, *MISSHAPEN) as error:
        failed = NotGenuine if isinstance(error, NotGenuine) else StoreError
        raise failed(f"This {kind} can't be read: {why(error)}") from error


def save_body(vault: Vault, record: SaveRecord) -> bytes:
    """All of a save's record but its place and time, which have columns."""
    action, *rest = record.origin
    content = [[action.value, *rest], [list(change) for change in record.changes]]
    return wrap(vault, Part.SAVE, document_owner(record.kind, record.id), content, _about_save(record))


def _about_save(record: SaveRecord) -> About:
    return record.kind, record.id, record.revision, microseconds(record.at)


def read_save(vault: Vault, kind: str, document_id: str, revision: int, at: datetime, blob: bytes) -> SaveRecord:
    """Raises StoreError."""
    place = SaveRecord(kind, document_id, revision, at, Origin(), ())
    try:
        origin, changes = unwrap(vault, Part.SAVE, document_owner(kind, document_id), blob, _about_save(place))
        action, *rest = origin
        made = tuple(FieldChange(*change) for change in changes)
        return place._replace(origin=Origin(SaveAction(action), *rest), changes=made)
    except (StoreError, *MISSHAPEN) as error:
        failed = NotGenuine if isinstance(error, NotGenuine) else StoreError
        raise failed(f"The history of this {kind} can't be read: {why(error)}") from error


# -- deeds -------------------------------------------------------------------------------------


def details_body(details: Mapping[str, Value]) -> bytes:
    """In clear, whatever the vault: it is of definitions, which are in clear as well."""
    return wrap(PLAIN, Part.DETAILS, "", dict(details))


def read_details(blob: bytes) -> Mapping[str, Value]:
    """Raises StoreError."""
    try:
        return a_map(unwrap(PLAIN, Part.DETAILS, "", blob))
    except (StoreError, *MISSHAPEN) as error:
        raise StoreError(f"What is stored beside a workflow can't be read: {why(error)}") from error
