"""Real requests of real pages, mutated: paths, queries, headers, cookies, inputs, encodings, and the bytes of it all.

A Fuzzer makes the same choices for the same seed. What it makes its requests of (`Model`) is a page's address
and form as a browser would send them; what it gives is bytes, and how they came about.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from tests.acceptance.besieged import BODY_LIMIT, MARKER, WORD
from tests.acceptance.raw import BOUNDARY, MULTIPART, URLENCODED, File, Sent, Text, multipart

Pair = tuple[Text, Text | File]

# Texts that programs stumble over.
TEXTS: Sequence[Text] = (
    "", " ", "0", "1", "-1", "9" * 30, "1e400", "NaN", "null", "true", "yes", "no", "on", "small", "red", "CH", "[]",
    "{}", "None", "../..", "next", "previous",
    "save", "remove", "change", "a" * 81, "a" * 501, "a" * 6_000,
    "a" * (BODY_LIMIT + 1), "\0", "a\0b", "\x1b[2J", "\r\nSet-Cookie: x=y",
    "\u202e\u2066", "\ufeff", "\U0001f600" * 40, "e\u0301",
    "\u0131\u0130", "31 2 2027", "1.2.2027", "2027-02-01", "0000-00-00", "99999-1-1", "24:61", "ann@example.org", "@",
    "+44 20 7946 0958", "https://x", "//x",
    "javascript:1", b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"%", b"%zz", b"%u0041", "&", "=", ";", "'", '"', "<",
    MARKER, f"<{WORD}>", f"{{{{{WORD}}}}}", "%s%n", "$(id)", "' OR 1=1--",
)  # fmt: skip
NAMES: Sequence[Text] = (
    "", "action", "wizard-key", "wizard-seen", "line", "story", "size", "topics", "gift", "day", "day-day", "day-year",
    "proof", "photo-remove", "street", "name", "add_another",
    "email", "code", "resend", "seat", "number", "reader", "what", "town", "year", "campaign", "secret", "__class__",
    "constructor", "line[]", "line.x", "LINE", "a" * 300, MARKER,
    b"\xff", "\0",
)  # fmt: skip
SEGMENTS: Sequence[str] = (
    "", ".", "..", "%2e%2e", "%00", "%0d%0a", "%ff", "%ED%A0%80", "%25", "-", "~", "words", "picks", "papers",
    "helpers", "1", "2", "person", "after-1", "after-2", "told", "check",
    "pay", "receipt", "done", "saved", "remove", "files", "words~2", "9" * 50, "x" * 300, "api", "v1", "static", "w",
    "r", "siege", "wish", quote(MARKER, safe=""), "*", ";a=b", ":", "\\",
)  # fmt: skip
QUERIES: Sequence[str] = (
    "change", "change=", "change=1&change", "token", "token=", "token=x", "token=%00", f"token={'x' * 32}",
    "town=Bern", f"town={quote(MARKER)}", "lane=%ff", "town=%", "&&&", "=", "?",
    "a=b&" * 150, "%", "%00=%00", "[]=1", f"{quote(MARKER)}", "x" * 3_000,
)  # fmt: skip
HEADERS: Sequence[tuple[Text, Text]] = (
    ("Host", MARKER), ("Host", ""), ("Host", "elsewhere.example"), ("Origin", "null"), ("Origin", "http://127.0.0.1"),
    ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", MARKER),
    ("Referer", MARKER), ("X-Forwarded-For", MARKER), ("X-Forwarded-Host", MARKER), ("X-Forwarded-Proto", "https"),
    ("Accept", "application/json"), ("Accept-Encoding", "gzip"),
    ("Accept-Language", MARKER), ("If-None-Match", "*"), ("If-None-Match", 'W/"x", "y'), ("Range", "bytes=9-1"),
    ("Authorization", "Bearer x"), ("Cookie", "a=b"), ("Cookie", b"\xff=\xff"),
    ("Cookie", "wizard_run=x; wizard_run=y"), ("Content-Encoding", "gzip"), ("Content-Encoding", "deflate"),
    ("Content-Encoding", MARKER), ("Expect", "100-continue"),
    ("Idempotency-Key", "x" * 300), ("Connection", "close"), ("Connection", MARKER), ("X-" + "y" * 100, "z" * 5_000),
    ("User-Agent", MARKER), ("Content-Language", "\0"),
)  # fmt: skip
TYPES: Sequence[str] = (
    URLENCODED, MULTIPART, "multipart/form-data", "multipart/form-data; boundary=x",
    f"multipart/form-data; boundary={BOUNDARY}x", f"{URLENCODED}; charset=utf-16", "application/json",
    "text/plain", "", "/", ";", MARKER, f"multipart/form-data; boundary={'y' * 100}",
    f"multipart/mixed; boundary={BOUNDARY}",
)  # fmt: skip
METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")
FILES: Sequence[File] = (
    ("", "application/octet-stream", b""), ("x.pdf", "application/pdf", b"%PDF"), ("x.pdf", "application/pdf", b""),
    ("x.pdf", "application/pdf", b"x" * 3_001),
    ("x.pdf", "text/html", b"x" * 3_000), (MARKER.replace('"', "%22"), "text/html", f"<{WORD}>".encode()),
    ("..", "a/b", b"\0" * 100), ("x.exe", "", b"MZ"), ("%0D%0A", "\x7f", b"\r\n--"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Model:
    """A request before anything is done to it. `inputs` is None for one without a body."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[Text, Text], ...]
    inputs: tuple[Pair, ...] | None = None
    multipart: bool = False
    media_type: Text | None = None  # another than what the inputs are written in
    packed: bool = False
    pieces: bool = False  # whether it is sent in chunks


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """A request to be sent. `alone` says that it gets a connection of its own: it may be no HTTP any more."""

    raw: bytes
    how: tuple[str, ...]
    alone: bool = False


class Fuzzer:
    """Mutates models. `others` are paths, cookies and inputs of other requests, to be mixed in."""

    def __init__(self, seed: str, others: Sequence[Model]) -> None:
        self._random = random.Random(seed)
        self._others = others
        self._mutations: tuple[Callable[[Model], Model], ...] = (
            *(self.value,) * 6, *(self.name,) * 2, self.input_twice, self.inputs_missing, self.many_inputs,
            self.foreign_inputs, self.shuffled, self.file,
            *(self.action,) * 2, *(self.segment,) * 3, self.more_path, self.characters, *(self.query,) * 2,
            self.foreign_path, *(self.header,) * 2, self.cookie,
            self.no_cookies, self.foreign_cookies, self.media_type, self.other_encoding, self.method, self.packed,
            self.pieces,
        )  # fmt: skip

    def fuzzed(self, model: Model) -> Fuzzed:
        """The model with some mutations, as bytes."""
        pick = self._random
        mutations = [pick.choice(self._mutations) for _ in range(pick.choice((0, 1, 1, 1, 1, 2, 2, 3, 6)))]
        for mutation in mutations:
            model = mutation(model)
        how = [mutation.__name__ for mutation in mutations]
        written = self._written(model)
        if written.body and pick.random() < 0.08:
            written = replace(written, body=self._bytes_changed(written.body))
            how.append("bytes of the body")
        raw = written.raw
        if pick.random() < 0.03:
            end = raw.index(b"\r\n\r\n")
            return Fuzzed(self._bytes_changed(raw[:end]) + raw[end:], (*how, "bytes of the head"), alone=True)
        # After a packed body that nobody read, a server can't tell where the next request begins.
        return Fuzzed(raw, tuple(how), alone=b"Content-Encoding" in raw)

    def _written(self, model: Model) -> Sent:
        target = model.path + (f"?{model.query}" if model.query else "")
        headers = list(model.headers)
        if model.inputs is None:
            return Sent(model.method, target, tuple(headers))
        body = multipart(model.inputs) if model.multipart else _form(model.inputs)
        standard = MULTIPART if model.multipart else URLENCODED
        headers.append(("Content-Type", standard if model.media_type is None else model.media_type))
        if model.packed:
            body = gzip.compress(body, 1)
            headers.append(("Content-Encoding", "gzip"))
        if model.pieces:
            headers.append(("Transfer-Encoding", "chunked"))
            body = self._in_pieces(body)
        return Sent(model.method, target, tuple(headers), body)

    def _in_pieces(self, body: bytes) -> bytes:
        size = self._random.choice((7, 100, 5_000))
        pieces = (body[at : at + size] for at in range(0, len(body), size))
        return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"

    def _bytes_changed(self, data: bytes) -> bytes:
        changed, pick = bytearray(data), self._random
        for _ in range(pick.choice((1, 1, 2, 8))):
            at = pick.randrange(len(changed) + 1)
            match pick.randrange(4):
                case 0:
                    changed[at : at + 1] = bytes((pick.randrange(256),))
                case 1:
                    del changed[at : at + pick.choice((1, 3, 50))]
                case 2:
                    changed[at:at] = pick.choice((b"\0", b"\r\n", b"--", b"%", b"\xff", BOUNDARY.encode(), b"x" * 100))
                case _:
                    changed[at:at] = changed[:at][-pick.choice((1, 10, 200)) :]
        return bytes(changed)

    # -- inputs ----------------------------------------------------------------------------------------

    def _with_inputs(self, model: Model, change: Callable[[list[Pair]], None]) -> Model:
        inputs = list(model.inputs or ())
        change(inputs)
        return replace(model, inputs=tuple(inputs), method="POST" if model.inputs is None else model.method)

    def value(self, model: Model) -> Model:
        def change(inputs: list[Pair]) -> None:
            at = self._random.randrange(len(inputs)) if inputs else 0
            inputs[at : at + 1] = [(inputs[at][0] if inputs else "line", self._random.choice(TEXTS))]

        return self._with_inputs(model, change)

    def name(self, model: Model) -> Model:
        def change(inputs: list[Pair]) -> None:
            at = self._random.randrange(len(inputs)) if inputs else 0
            inputs[at : at + 1] = [(self._random.choice(NAMES), inputs[at][1] if inputs else "x")]

        return self._with_inputs(model, change)

    def input_twice(self, model: Model) -> Model:
        def change(inputs: list[Pair]) -> None:
            if inputs:
                name, value = self._random.choice(inputs)
                inputs.insert(self._random.randrange(len(inputs) + 1), (name, self._random.choice((value, "x"))))

        return self._with_inputs(model, change)

    def inputs_missing(self, model: Model) -> Model:
        def change(inputs: list[Pair]) -> None:
            inputs[:] = [each for each in inputs if self._random.random() < 0.7]

        return self._with_inputs(model, change)

    def many_inputs(self, model: Model) -> Model:
        def change(inputs: list[Pair]) -> None:
            name, count = self._random.choice(NAMES), self._random.choice((19, 21, 200, 2_001))
            same = self._random.random() < 0.5
            inputs += [(name if same else b"n%d" % number, b"x") for number in range(count)]

        return self._with_inputs(model, change)

    def foreign_inputs(self, model: Model) -> Model:
        return self._with_inputs(model, lambda inputs: inputs.extend(self._random.choice(self._others).inputs or ()))

    def shuffled(self, model: Model) -> Model:
        return self._with_inputs(model, self._random.shuffle)

    def file(self, model: Model) -> Model:
        def change(inputs: list[Pair]) -> None:
            inputs.append(
                (self._random.choice(("proof", "photo", "street", "unknown", "action", "")), self._random.choice(FILES))
            )

        return replace(self._with_inputs(model, change), multipart=True)

    def action(self, model: Model) -> Model:
        def change(inputs: list[Pair]) -> None:
            inputs[:] = [each for each in inputs if each[0] != "action"]
            inputs.append(("action", self._random.choice(("next", "previous", "save", "remove", "zq", ""))))

        return self._with_inputs(model, change)

    # -- addresses -------------------------------------------------------------------------------------

    def segment(self, model: Model) -> Model:
        segments = model.path.split("/")
        at = self._random.randrange(len(segments))
        segments[at] = self._random.choice(SEGMENTS)
        return _at(model, "/".join(segments))

    def more_path(self, model: Model) -> Model:
        more = "/".join(self._random.choice(SEGMENTS) for _ in range(self._random.choice((1, 2, 5))))
        return _at(model, f"{model.path}/{more}")

    def characters(self, model: Model) -> Model:
        """Some characters of the path percent-encoded, which should make no difference or lead nowhere."""
        written = (
            f"%{ord(each):02x}" if self._random.random() < 0.2 and ord(each) < 128 else each for each in model.path
        )
        return _at(model, "".join(written))

    def query(self, model: Model) -> Model:
        return replace(model, query=self._random.choice(QUERIES))

    def foreign_path(self, model: Model) -> Model:
        other = self._random.choice(self._others)
        return replace(model, path=other.path, query=other.query)

    # -- heads -----------------------------------------------------------------------------------------

    def header(self, model: Model) -> Model:
        return replace(model, headers=(*model.headers, self._random.choice(HEADERS)))

    def cookie(self, model: Model) -> Model:
        pick = self._random

        def changed(value: Text) -> Text:
            data = value.encode() if isinstance(value, str) else value
            at = pick.randrange(len(data) + 1)
            return (
                data[:at]
                + pick.choice((b"", b"x", b";", b"=", b"\xff", b"%00", b'"', b" "))
                + data[at + pick.choice((0, 1, 1)) :]
            )

        return replace(
            model,
            headers=tuple((name, changed(value) if name == "Cookie" else value) for name, value in model.headers),
        )

    def no_cookies(self, model: Model) -> Model:
        return replace(model, headers=tuple(each for each in model.headers if each[0] != "Cookie"))

    def foreign_cookies(self, model: Model) -> Model:
        return replace(model, headers=self._random.choice(self._others).headers)

    def media_type(self, model: Model) -> Model:
        return replace(model, media_type=self._random.choice(TYPES), inputs=model.inputs or ())

    def other_encoding(self, model: Model) -> Model:
        return replace(model, multipart=not model.multipart)

    def method(self, model: Model) -> Model:
        return replace(model, method=self._random.choice(METHODS))

    def packed(self, model: Model) -> Model:
        return replace(model, packed=True)

    def pieces(self, model: Model) -> Model:
        return replace(model, pieces=True)


def _at(model: Model, path: str) -> Model:
    return replace(model, path=path if path.startswith("/") else f"/{path}")


def _form(inputs: Sequence[Pair]) -> bytes:
    """As a browser would write it, but for bytes, which are sent as they are."""
    return b"&".join(_escaped(name) + b"=" + _escaped(value) for name, value in inputs if not isinstance(value, tuple))


def _escaped(text: Text) -> bytes:
    return text if isinstance(text, bytes) else quote(text, safe=" ").replace(" ", "+").encode()
