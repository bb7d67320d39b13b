"""Uploaded files."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from tests.unit.forms.asking import Around, form, ids, refuse, rejected
from wizard.forms.validation import Accepted, Rejected, validate
from wizard.locale.sentences import Size, sentence
from wizard.model import StoredFile

PHOTO = {"name": "me.png", "type": "image/png", "content": b64encode(b"pixels").decode()}
TAKEN = {"id": "id-1", "name": "me.png", "type": "image/png", "size": 6}
FORGED = "The file for “Photo” was not uploaded here. Upload it again"


def upload(raw: Any, kept: Any = None, **written: Any) -> Accepted | Rejected:
    asked = form({"name": "photo", "type": "file", **written})
    given = {} if raw is ... else {"photo": raw}
    return validate(asked, given, Around(), kept={"photo": kept} if kept else {}, new_id=ids())


def test_content_becomes_a_reference() -> None:
    """Answers stay small, and the file has an id that nobody can guess."""
    result = upload(PHOTO)
    assert isinstance(result, Accepted)
    assert result.output == {"photo": TAKEN}
    assert result.files == {"photo": StoredFile("id-1", "me.png", "image/png", b"pixels")}
    raw = upload({"name": "me.png", "type": "image/png", "content": bytearray(b"pixels")})
    assert raw == result


@pytest.mark.parametrize("again", [TAKEN, {"id": "id-1"}, "", ...])
def test_a_file_that_was_taken_needn_t_be_sent_again(again: Any) -> None:
    """A page can't put a file back into its form: an empty one means the one there is."""
    result = upload(again, kept=TAKEN)
    assert isinstance(result, Accepted)
    assert (result.output, result.files) == ({"photo": TAKEN}, {})


def test_a_file_can_be_taken_out() -> None:
    """An optional photo, uploaded by mistake."""
    assert upload(None, kept=TAKEN, required=False) == Accepted({"photo": None})
    missing = upload(None, kept=TAKEN)
    assert isinstance(missing, Rejected)
    assert missing.errors == {"photo": "Upload a file for “Photo”"}


@pytest.mark.parametrize(
    "forged", [{"id": "id-2"}, {"name": "me.png"}, {}, {**TAKEN, "size": 5}, {**TAKEN, "type": "text/html"}]
)
@pytest.mark.parametrize("kept", [TAKEN, None])
def test_a_forged_reference_is_refused(forged: Any, kept: Any) -> None:
    """Otherwise whoever knows or guesses an id reads somebody else's file."""
    result = upload(forged, kept=kept)
    assert isinstance(result, Rejected)
    assert result.errors == {"photo": FORGED}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"content": "no base64!"}, "The file for {} must have its content as base64"),
        ({"content": "ü"}, "The file for {} must have its content as base64"),
        ({"content": b""}, "The file for {} is empty. Choose another file"),
        ({"content": 5}, "Your answer to {} must be a file with a name, a type and its content"),
        ({"content": b"123456"}, "The file for {} must be 5 bytes or smaller"),
        ({"content": "A" * 20}, "The file for {} must be 5 bytes or smaller"),
        ({"name": 5}, "Your answer to {} must be a file with a name, a type and its content"),
        ({"type": 5}, "Your answer to {} must be a file with a name, a type and its content"),
        ({"colour": "red"}, "Your answer to {} must be a file with a name, a type and its content"),
    ],
)
def test_what_is_no_file(change: dict[str, Any], message: str) -> None:
    """Each wrong part is named; nothing is stored of it."""
    raw = {"name": "a.txt", "type": "text/plain", "content": b"12345", **change}
    assert refuse(raw, type="file", max_size=5) == message.format("“Thing”")


def test_where_files_can_t_be_stored_none_is_taken() -> None:
    """The input that starts a run has no place for files: an answer without its file would be a lie."""
    result = validate(form({"name": "photo", "type": "file"}), {"photo": PHOTO}, Around())
    assert isinstance(result, Rejected)
    assert result.errors == {"photo": "The file for “Photo” can't be uploaded here"}


@pytest.mark.parametrize("raw", [5, [PHOTO], True])
def test_a_name_is_no_file(raw: Any) -> None:
    """A form sent without its encoding sends file names only; in a chat, people write instead of uploading."""
    assert refuse("me.png", type="file") == "Upload a file for “Thing”"
    assert refuse(raw, type="file") == "Your answer to “Thing” must be a file with a name, a type and its content"


def test_kinds_of_files() -> None:
    """By media type, by family, by extension; the message lists what there is."""
    for accept in (["image/png"], ["image/*"], [".PNG"], ["application/pdf", ".png"]):
        assert isinstance(upload(PHOTO, accept=accept), Accepted)
    result = upload(PHOTO, accept=["application/pdf", ".jpg"])
    assert isinstance(result, Rejected)
    assert result.errors == {"photo": "The file for “Photo” must be one of these: a PDF or .jpg"}


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\me.png", "me.png"),
        ("a\x00b\u202egnp.exe", "abgnp.exe"),
        ("Zoe\u0308.png", "Zoë.png"),
        ("a<b>:c?.txt", "a_b__c_.txt"),
        ("..", "file"),
        ("", "file"),
        (None, "file"),
        ("x" * 200 + ".png", "x" * 116 + ".png"),
        ("x" * 200, "x" * 120),
        ("x." + "y" * 200, "x." + "y" * 118),
    ],
)
def test_names_are_made_harmless(sent: str | None, name: str) -> None:
    """A name ends up in headers, pages and file systems."""
    result = upload({**PHOTO, "name": sent})
    assert isinstance(result, Accepted)
    assert result.output["photo"]["name"] == name


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("Image/PNG", "image/png"), ("text/plain; charset=utf-8", "text/plain")]
    + [(each, "application/octet-stream") for each in (None, "", "png", "a/b\r\nX: y", "x" * 300)],
)
def test_media_types_are_made_harmless(sent: str | None, stored: str) -> None:
    """It ends up in a header."""
    result = upload({**PHOTO, "type": sent})
    assert isinstance(result, Accepted)
    assert result.output["photo"]["type"] == stored


def test_a_taken_file_survives_other_errors() -> None:
    """Nobody should upload a photo twice because of a typing error elsewhere."""
    asked = form({"name": "photo", "type": "file"}, {"name": "age", "type": "integer"})
    result = rejected(asked, {"photo": PHOTO, "age": "x"})
    assert result.draft == {"photo": TAKEN, "age": "x"}
    assert [file.content for file in result.files.values()] == [b"pixels"]
    assert rejected(asked, {"photo": {**PHOTO, "content": "!"}, "age": "x"}).draft == {"age": "x"}


def test_sizes_are_written_for_people() -> None:
    """An upload that is too large says by how much it has to shrink."""
    sizes = [str(sentence("{size}", size=Size(size))) for size in (12, 300_000, 5_000_000, 1_500_000)]
    assert sizes == ["12 bytes", "300 KB", "5 MB", "1.5 MB"]
