"""What is stored beside a run: blobs of replies, files, payloads, reports and documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.runs import EVERY_VALUE, NOW, exactly
from wizard.errors import NotGenuine, StoreError
from wizard.model import Reply, Report, StoredFile
from wizard.model.job import Job, JobKind
from wizard.model.values import pack
from wizard.state.merging import Document
from wizard.stores.blobs import records
from wizard.stores.blobs.vault import PLAIN, KeyRing, Vault, new_key

REPLY = Reply("run-1", "key", b"\x00digest", 201, b"\xff body")
FILE = StoredFile("f-1", "père.pdf", "application/pdf", bytes(range(256)))

JOB = Job("r", JobKind.MESSAGE, 3, NOW, EVERY_VALUE)


@pytest.fixture(params=["plain", "sealed"])
def vault(request: pytest.FixtureRequest) -> Vault:
    return PLAIN if request.param == "plain" else KeyRing.parse(new_key("k"))


def test_all_of_a_record_comes_back(vault: Vault) -> None:
    """A replayed request is answered to the byte, a download is the upload, a message goes to whom it was for."""
    assert records.read_reply(vault, "r", "run-1", "key", records.reply_body(vault, "r", REPLY)) == REPLY
    assert records.read_file(vault, "r", "f-1", records.file_body(vault, "r", FILE)) == FILE
    payload = records.read_payload(vault, "r", JOB.key, records.payload_body(vault, JOB))
    assert exactly(payload) == exactly(EVERY_VALUE)
    for report in (Report(3, 12.5, "läuft"), Report(0, None, "")):
        assert exactly(records.read_report(vault, "r", records.report_body(vault, "r", report))) == exactly(report)
    body = records.document_body(vault, "profile", "p", Document(7, EVERY_VALUE))
    assert exactly(records.read_document(vault, "profile", "p", 7, body)) == exactly(Document(7, EVERY_VALUE))


def test_no_payload_takes_no_room_where_nothing_is_sealed(vault: Vault) -> None:
    """Most jobs are a mere wake-up. Where data is sealed, none at all is told from one that was taken away."""
    body = records.payload_body(vault, JOB._replace(payload={}))
    assert (body == b"") is (vault is PLAIN)
    assert dict(records.read_payload(vault, "r", JOB.key, body)) == {}
    if vault is not PLAIN:
        with pytest.raises(NotGenuine):
            records.read_payload(vault, "r", JOB.key, b"")


def test_a_document_is_sealed_for_its_own_place() -> None:
    """One person's profile mustn't be put in the place of another's."""
    vault = KeyRing.parse(new_key("k"))
    body = records.document_body(vault, "profile", "ann", Document(1, {"email": "ann@example.org"}))
    for kind, document_id, revision in (("profile", "bo", 1), ("session", "ann", 1), ("profile", "ann", 2)):
        with pytest.raises(NotGenuine, match=f"This {kind} can't be read"):
            records.read_document(vault, kind, document_id, revision, body)


READERS: dict[str, Callable[[bytes], Any]] = {
    "What was answered": lambda blob: records.read_reply(PLAIN, "run-7", "", "key", blob),
    "The file f-1": lambda blob: records.read_file(PLAIN, "run-7", "f-1", blob),
    "A job of the run": lambda blob: records.read_payload(PLAIN, "run-7", "run-7/work/1", blob),
    "What was reported": lambda blob: records.read_report(PLAIN, "run-7", blob),
}


@pytest.mark.parametrize("blob", [b"\x00", b"\xc1", pack([2, []]), pack([2, 5]), pack([9, {}])])
@pytest.mark.parametrize("what", READERS)
def test_a_damaged_record_names_its_run(what: str, blob: bytes) -> None:
    """Whoever repairs a run learns which of its records is broken."""
    with pytest.raises(StoreError, match=f"{what}.* can't be read: .* Other runs aren't affected") as caught:
        READERS[what](blob)
    assert caught.value.run == "run-7"


@pytest.mark.parametrize("blob", [b"", pack([1, [1]]), pack([9, {}])])
def test_a_damaged_document_is_an_error(blob: bytes) -> None:
    """A profile that can't be read must not be taken for an empty one and overwritten."""
    with pytest.raises(StoreError, match="This profile can't be read"):
        records.read_document(PLAIN, "profile", "p", 1, blob)
