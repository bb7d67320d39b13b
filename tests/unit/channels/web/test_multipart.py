"""multipart/form-data: what browsers send is read whatever its pieces, and nothing else is."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.channels.web.multipart import Malformed, Overfull, Part, Parts, TooMany, boundary_of

FORM = (
    b'--XX\r\nContent-Disposition: form-data; name="full_name"\r\n\r\nAnn\r\n'
    b'--XX\r\nContent-Disposition: form-data; name=letter; filename="a \\"b\\" %22c%22.pdf"\r\n'
    b"Content-Type: application/pdf\r\n\r\n%PDF\r\n--X\r\n\r\n"
    b'--XX\r\ncontent-disposition:form-data;name="none";filename=""\r\nContent-Type: application/octet-stream\r\n\r\n'
    b"\r\n--XX--\r\nepilogue"
)


def taking(*, limit: int = 10_000, room: int = 1_000, most: int = 10) -> Parts:
    return Parts(b"XX", room=lambda name: room if name == "letter" else 0, limit=limit, texts=limit, most=most)


def read(body: bytes, pieces: int = 0, **more: int) -> list[Part]:
    """The parts of a body that comes in pieces of so many bytes; 0: all at once."""
    parts = taking(**more)
    for at in range(0, len(body), pieces or len(body) or 1):
        parts.feed(body[at : at + (pieces or len(body))])
    return parts.finish()


@pytest.mark.parametrize("pieces", [0, 1, 2, 3, 5, 7, 100])
def test_a_browsers_form_is_read_in_any_pieces(pieces: int) -> None:
    """Networks cut anywhere, in the middle of a boundary as well."""
    name, letter, none = read(FORM, pieces)
    assert (name.name, name.filename, bytes(name.content)) == ("full_name", None, b"Ann")
    assert (letter.name, letter.filename, letter.media_type) == ("letter", 'a "b" "c".pdf', "application/pdf")
    assert bytes(letter.content) == b"%PDF\r\n--X\r\n"
    assert (none.filename, bytes(none.content)) == ("", b"")


@given(st.binary(max_size=200).filter(lambda content: b"\r\n--XX" not in content), st.integers(0, 9))
def test_any_content_comes_through_unchanged(content: bytes, pieces: int) -> None:
    """A picture that is changed by one byte is broken."""
    body = b'--XX\r\nContent-Disposition: form-data; name="letter"; filename="a"\r\n\r\n' + content + b"\r\n--XX--"
    (part,) = read(body, pieces)
    assert bytes(part.content) == content


@given(st.binary(max_size=300), st.integers(0, 9))
def test_any_bytes_are_read_or_refused(body: bytes, pieces: int) -> None:
    """Whatever comes, it is one of the errors that are said to people."""
    for each in (body, b"--XX\r\n" + body, FORM[:-20] + body):
        with suppress(Malformed, Overfull, TooMany):
            read(each, pieces, limit=50, most=3)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"full_name=Ann",
        b"--YY\r\n\r\n--YY--",
        FORM[:-20],
        b"--XXAnn",
        b"--XX\r\n\r\nno headers\r\n--XX--",
        b'--XX\r\nContent-Disposition: attachment; name="x"\r\n\r\n\r\n--XX--',
        b"--XX\r\nContent-Disposition: form-data; filename=x\r\n\r\n\r\n--XX--",
        b'--XX\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n\r\n--XX--',
        b'--XX\r\nContent-Disposition: form-data; name="x"; filename="\xff"\r\n\r\n\r\n--XX--',
        b"--XX\r\nX: " + b"y" * 9_000 + b"\r\n\r\n\r\n--XX--",
        b"p" * 9_000 + b"\r\n--XX--",
    ],
)
def test_what_is_no_form_is_refused(body: bytes) -> None:
    """Half a form must not pass for a whole one."""
    with pytest.raises(Malformed):
        read(body)


def test_a_form_without_parts_is_one() -> None:
    """A page whose only input is its button, pressed with Enter."""
    assert read(b"--XX--") == []


def test_of_a_file_as_much_is_kept_as_there_is_room_for() -> None:
    """A file of 4 GB mustn't be in memory before it is too large; it is read to its end all the same."""
    body = b'--XX\r\nContent-Disposition: form-data; name="letter"; filename="a"\r\n\r\n' + b"y" * 5_000 + b"\r\n--XX--"
    (part,) = read(body, 100)
    assert len(part.content) == 1_000
    (part,) = read(body.replace(b"letter", b"others"), 100)
    assert part.content == b""


def test_all_parts_together_have_a_limit() -> None:
    """Many small answers are as much as one that is large."""
    part = b'\r\n--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"y" * 30
    assert len(read(part * 3 + b"\r\n--XX--", limit=90)) == 3
    with pytest.raises(Overfull):
        read(part * 3 + b"\r\n--XX--", limit=89)
    with pytest.raises(TooMany):
        read(part * 3 + b"\r\n--XX--", most=2)


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=XX", b"XX"),
        ('multipart/form-data; charset=utf-8; Boundary="X X"', b"X X"),
        ("multipart/form-data;boundary=----WebKitFormBoundaryABC; x=y", b"----WebKitFormBoundaryABC"),
    ],
)
def test_where_parts_part(content_type: str, boundary: bytes) -> None:
    """Each browser has its own way of writing it."""
    assert boundary_of(content_type) == boundary


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/form-data; boundary=", "x; boundary=" + "y" * 300]
)
def test_without_a_boundary_there_is_nothing_to_read(content_type: str) -> None:
    """A program that sets the header by hand forgets it."""
    with pytest.raises(Malformed):
        _ = boundary_of(content_type) if len(content_type) < 300 else read(b"--" + boundary_of(content_type))
