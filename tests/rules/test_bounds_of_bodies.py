"""What a request says is bounded before anything is made of it: memory and time of a real server are measured, since a
limit that is looked at afterwards looks like one."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import process_time
from urllib.parse import unquote_to_bytes, urlencode

import pytest

from tests.acceptance.processes import Process, process
from tests.acceptance.raw import BOUNDARY, MULTIPART, URLENCODED, NoAnswer, Sent, once
from wizard.channels.http.json_bodies import parse_object
from wizard.channels.http.problems import Refused
from wizard.channels.web.csrf import START, VISITOR_COOKIE, form_key, new_visitor
from wizard.channels.web.multipart import ALL_HEADERS, Malformed, Parts, TooMany
from wizard.channels.web.upload_limits import TEXTS
from wizard.channels.web.urlencoded import MOST_STRAYS, UrlEncoded, unquoted
from wizard.model.nesting import MOST_VALUES, TooManyError, check_json

FORM = "id: f\ntitle: F\nnodes:\n  - {id: a, type: form, fields: [{name: x, required: false}]}\n"


@cache
def packed() -> bytes:
    """300 MB of nothing. To pack them takes longer than the tests do, so it isn't done where none is run."""
    return gzip.compress(bytes(300_000_000), 1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder: Path = tmp_path_factory.mktemp("bounds")
    (folder / "f.yaml").write_text(FORM)
    with process(folder, "f.yaml", "--store", "memory:") as server:
        yield server


@dataclass(frozen=True)
class Visitor:
    """Somebody who made up a cookie, and the key of a form that goes with it."""

    secret: str

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return (("Cookie", f"{VISITOR_COOKIE}={self.secret}"),)

    @property
    def key(self) -> bytes:
        return urlencode({"wizard-key": form_key(self.secret, START, "f")}).encode()


VISITOR = Visitor(new_visitor())
PART = b'--%s\r\nContent-Disposition: form-data; name="a"\r\n%%s\r\n%%s\r\n' % BOUNDARY.encode()
HOSTILE = {
    "percent signs": (URLENCODED, b"a=" + b"%" * 7_900_000),
    "as many as are read": (URLENCODED, b"a=" + b"%" * (TEXTS - 1_000)),
    "escapes": (URLENCODED, b"a=" + b"%41" * (TEXTS // 3 - 400)),
    "ampersands": (URLENCODED, b"&" * (TEXTS - 1_000)),
    "inputs": (URLENCODED, b"a=&" * 600_000),
    "parts": (MULTIPART, PART % (b"", b"") * 100_000),
    "headers of parts": (MULTIPART, PART % (b"x:\r\n" * 1_900, b"") * 900),
    "one part": (MULTIPART, PART % (b"", b"x" * 7_900_000)),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_no_form_of_a_stranger_takes_much(server: Process, name: str) -> None:
    """A form of 7.9 MB of % took 1.4 GB and two seconds, in which nobody else was answered."""
    media_type, body = HOSTILE[name]
    if media_type == URLENCODED:
        body = VISITOR.key + b"&" + body
    memory, seconds = server.peak, server.processor
    answer = await once(server.port, Sent("POST", "/w/f", (*VISITOR.headers, ("Content-Type", media_type)), body))
    assert 400 <= answer.status < 500 or answer.status == 303, answer.status
    assert server.peak - memory < 40, f"{server.peak - memory:.0f} MB"
    assert server.processor - seconds < 0.5


async def test_a_form_without_a_cookie_is_not_read(server: Process) -> None:
    """Nobody without one has a form of ours: there is nothing to be read for that."""
    memory, seconds = server.peak, server.processor
    body = b"a=" + b"%" * 7_900_000
    answer = await once(server.port, Sent("POST", "/w/f", (("Content-Type", URLENCODED),), body))
    assert answer.status == 403
    assert server.peak - memory < 10
    assert server.processor - seconds < 0.3


VALUES = {
    "as large as it may be": b'{"workflow":"f","input":{"a":[' + b"{}," * 600_000 + b"{}]}}",
    "far larger": b'{"workflow":"f","input":{"a":[' + b"{}," * 2_600_000 + b"{}]}}",
    "lists": b'{"workflow":"f","input":{"a":[' + b"[]," * 600_000 + b"[]]}}",
    "numbers": b'{"workflow":"f","input":{"a":[' + b"1," * 900_000 + b"1]}}",
    "never an end": b'{"workflow":"f","input":{"a":[' + b"{}," * 600_000,
}


@pytest.mark.parametrize("name", VALUES)
async def test_no_json_of_a_stranger_takes_much(server: Process, name: str) -> None:
    """7.8 MB of {} took 220 MB and held the loop for 1.8 seconds."""
    memory, seconds = server.peak, server.processor
    sent = Sent("POST", "/api/v1/runs", (("Content-Type", "application/json"),), VALUES[name])
    answer = await once(server.port, sent)
    assert answer.status in (400, 413)
    assert json.loads(answer.body)["type"].startswith("urn:wizard:problem:")
    assert server.peak - memory < 40
    assert server.processor - seconds < 0.5


@pytest.mark.parametrize("target", ["/w/f", "/api/v1/runs"])
@pytest.mark.parametrize("cookie", [(), VISITOR.headers])
async def test_what_is_packed_is_not_unpacked_beyond_its_limit(
    server: Process, target: str, cookie: tuple[tuple[str, str], ...]
) -> None:
    """300 KB that become 300 MB took a second, most of it to throw away what nobody wanted."""
    kind = ("Content-Type", URLENCODED if target == "/w/f" else "application/json")
    headers = (*cookie, kind, ("Content-Encoding", "gzip"))
    memory, seconds = server.peak, server.processor
    with suppress(NoAnswer):  # the connection is closed while it is still sent over
        answer = await once(server.port, Sent("POST", target, headers, packed()))
        assert answer.status in (403, 413)
    assert server.peak - memory < 20
    assert server.processor - seconds < 0.3


# -- the rules by themselves -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1", 1),
        ("[]", 1),
        ("[ \n ]", 1),
        ("[1]", 2),
        ("[1, 2]", 3),
        ('{"a": {}, "b": [[], [1]]}', 6),
        ('["a,b,[c", "\\\\", "\\",{"]', 4),
    ],
)
def test_values_are_counted_by_what_stands_between_them(text: str, values: int) -> None:
    """A text with commas in it is one value: people write commas."""
    check_json(text, 99, values)
    if values > 1:
        with pytest.raises(TooManyError):
            check_json(text, 99, values - 1)


def test_more_values_than_are_read_are_refused_with_what_to_do() -> None:
    """A program that sends a table learns the limit, and where it was met."""
    parse_object(b'{"a":[' + b"1," * (MOST_VALUES - 3) + b"1]}")
    with pytest.raises(Refused) as refused:
        parse_object(b'{"a":[' + b"1," * (MOST_VALUES - 2) + b"1]}")
    assert "50,000 values (line 1" in refused.value.detail


def test_escapes_mean_what_they_mean_everywhere() -> None:
    """What is decoded in one go must not change an answer: backslashes, stray percent signs, any bytes."""
    drawn = random.Random(7)
    pieces = [
        b"%41",
        b"%E4",
        b"%5c",
        b"%",
        b"\\",
        b"n",
        b"x41",
        b"\n",
        b"N{",
        b"\xff",
        b"u0041",
        b"0",
        b"%%",
        b"%4",
        b"G",
    ]
    for _ in range(5_000):
        written = b"".join(drawn.choices(pieces, k=drawn.randint(0, 9)))
        assert unquoted(written) == unquote_to_bytes(written), written


def test_stray_percent_signs_are_few() -> None:
    """A browser writes %25: only what isn't one sends them by thousands, and they are what costs."""
    few, many = UrlEncoded(TEXTS), UrlEncoded(TEXTS)
    few.feed(b"a=100%&b=" + b"%41" * (MOST_STRAYS - 1))
    assert few.finish()[0] == ("a", "100%")
    many.feed(b"a=100%&b=" + b"%41" * MOST_STRAYS)
    with pytest.raises(Malformed):
        many.finish()


def test_headers_of_parts_are_bounded_together() -> None:
    """Each part may have 8 KB of them, and a form 2,000 parts; together that would be seconds of reading."""
    parts = Parts(BOUNDARY.encode(), room=lambda name: 0, limit=10**9, texts=10**9, most=2_000)
    part = PART % (b"x: " + b"y" * 7_000 + b"\r\n", b"")
    with pytest.raises(TooMany):
        parts.feed(part * (ALL_HEADERS // 7_000 + 1))
    lines = Parts(BOUNDARY.encode(), room=lambda name: 0, limit=10**9, texts=10**9, most=2_000)
    with pytest.raises(Malformed):
        lines.feed(PART % (b"x:y\r\n" * 30, b""))


def test_a_long_text_is_looked_through_quickly() -> None:
    """A file in base64 is one long text; looking for its end takes no longer than reading it."""
    began = process_time()
    for piece in (b",", b"\\\\", b"[", b"x"):
        with_text = b'{"a":"' + piece * (4_000_000 // len(piece)) + b'"}'
        assert re.match(rb"\{", with_text)
        parse_object(with_text)
    assert process_time() - began < 3
