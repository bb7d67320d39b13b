"""What a posted page says: bytes become answers, within bounds that no person meets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer

from tests.patience import LONG
from wizard.channels.web.posted import Posted, Upload, answers_of, draft_of, files_of
from wizard.channels.web.refusals import Refusal
from wizard.channels.web.upload_limits import read_posted
from wizard.forms.parsing import MAX_TEXT
from wizard.model import PromptField

FORM = "application/x-www-form-urlencoded"


def field(kind: str, name: str = "a") -> PromptField:
    return PromptField(name, kind, name)


# -- answers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "inputs", "answer"),
    [
        ("text", [("a", "Ann")], "Ann"),
        ("text", [("a", "Ann"), ("a", "Bob")], "Bob"),
        ("text", [], ""),
        ("integer", [("a", "7")], "7"),
        ("odd", [("a", "x")], "x"),
        ("date", [("a-day", "1"), ("a-month", "2"), ("a-year", "1985")], {"day": "1", "month": "2", "year": "1985"}),
        ("date", [("a-day", ""), ("a-month", "2")], {"day": "", "month": "2", "year": ""}),
        ("date", [("a-day", ""), ("a-month", " "), ("a-year", "")], ""),
        ("date", [("a", "1985-02-01")], "1985-02-01"),
        ("date", [], ""),
        ("boolean", [("a", "yes")], "yes"),
        ("boolean", [], None),
        ("choice", [("a", "new")], "new"),
        ("choice", [], None),
        ("country", [("a", "")], None),
        ("choices", [("a", "x"), ("a", "y"), ("a", "")], ["x", "y"]),
        ("choices", [], []),
        ("hidden", [("a", "1")], "1"),
    ],
)
def test_each_type_reads_its_inputs(kind: str, inputs: list[tuple[str, str]], answer: object) -> None:
    """What a browser leaves out wasn't answered: a default must not stand in for it unseen."""
    assert answers_of([field(kind)], Posted(inputs)) == {"a": answer}


def test_files_are_answers_if_chosen_and_stay_if_not() -> None:
    """A file that was uploaded once stays until another is chosen or it is taken out."""
    letter = field("file")
    chosen = Upload("a.pdf", "application/pdf", b"x")
    answer = {"name": "a.pdf", "type": "application/pdf", "content": b"x"}
    assert answers_of([letter], Posted([("a", chosen)])) == {"a": answer}
    assert answers_of([letter], Posted([("a", chosen), ("a-remove", "yes")])) == {"a": answer}
    assert answers_of([letter], Posted([("a", Upload("", "application/octet-stream", b""))])) == {}
    assert answers_of([letter], Posted([("a-remove", "yes")])) == {"a": None}
    assert answers_of([letter], Posted([("a", "no file at all")])) == {}
    assert answers_of([letter], Posted([("a", Upload("empty.pdf", "", b""))])) == {
        "a": {"name": "empty.pdf", "type": "", "content": b""}
    }


def test_a_hidden_field_that_is_not_sent_keeps_its_default() -> None:
    """Nobody could have answered it."""
    assert answers_of([field("hidden")], Posted()) == {}


def test_what_the_page_has_no_field_for_is_no_answer() -> None:
    """Extensions of browsers add inputs of their own."""
    assert answers_of([field("text")], Posted([("a", "1"), ("b", "2"), ("wizard-key", "x")])) == {"a": "1"}


def test_a_draft_is_what_was_typed_without_files() -> None:
    """It is stored as it is: in bounds, and without what nobody handed in."""
    fields = [field("textarea"), field("file", "b"), field("choices", "c")]
    posted = Posted([("a", "x" * (MAX_TEXT + 1)), ("b", Upload("a.pdf", "", b"x")), ("c", "1")])
    assert draft_of(fields, posted) == {"a": "x" * MAX_TEXT, "c": ["1"]}
    assert list(files_of(fields, posted)) == ["b"]


@pytest.mark.parametrize(
    ("texts", "action", "answer"),
    [
        (["next"], "next", ""),
        ([], "next", ""),
        (["nonsense"], "next", "nonsense"),
        (["run away", "save"], "save", "run away"),
        (["previous", "run away"], "previous", "run away"),
        (["next", "next"], "next", "next"),
    ],
)
def test_a_field_may_be_called_action_as_the_buttons_are(texts: list[str], action: str, answer: str) -> None:
    """An author can't know what the buttons are called."""
    fields = [field("text", "action")]
    posted = Posted([("action", text) for text in texts])
    assert posted.action(fields) == action
    assert answers_of(fields, posted) == {"action": answer}


@pytest.mark.parametrize(("texts", "action"), [([], "next"), (["save"], "save"), (["x", "previous"], "previous")])
def test_which_button_was_pressed(texts: list[str], action: str) -> None:
    """Enter presses none, and means to go on."""
    assert Posted([("action", text) for text in texts]).action([field("text")]) == action


def test_a_button_that_no_page_has() -> None:
    """Nobody said that the answers are to be taken."""
    with pytest.raises(Refusal):
        Posted([("action", "x")]).action([field("text")])


def test_inputs_that_the_page_never_had() -> None:
    """Some are harmless; hundreds are an attempt to fill the store, or to find what is read unchecked."""
    fields = [field("date"), field("file", "b")]
    own = [
        (name, "") for name in ("a-day", "a-month", "a-year", "a", "b-remove", "wizard-key", "wizard-seen", "action")
    ]
    Posted([*own, ("b", Upload("x", "", b"")), *((f"x{n}", "") for n in range(20))]).check_names(fields)
    with pytest.raises(Refusal) as refused:
        Posted([*own, *((f"x{n}", "") for n in range(21))]).check_names(fields)
    assert refused.value.words.status == 400


# -- bytes -----------------------------------------------------------------------------------------


class Desk:
    """A server that reads forms, and what the last one was."""

    def __init__(self) -> None:
        self.posted = Posted()

    async def take(self, request: web.Request) -> web.Response:
        try:
            self.posted = await read_posted(request, limit=2_000, idle=0.2, files={"letter": 100})
        except Refusal as refusal:
            response = web.Response(status=refusal.words.status, text=str(refusal.words.title))
            if refusal.closes:
                response.force_close()
            return response
        return web.Response()


@pytest.fixture
async def desk() -> AsyncIterator[tuple[Desk, TestClient]]:  # type: ignore[type-arg]
    made = Desk()
    app = web.Application()
    app.router.add_post("/", made.take)
    async with TestClient(TestServer(app)) as client:
        yield made, client


Both = tuple[Desk, "TestClient[web.Request, web.Application]"]


async def test_a_plain_form(desk: Both) -> None:
    """Every character comes through, line breaks and signs that mean something in addresses included."""
    made, client = desk
    text = "ä€😀 & = + % ; \r\n <b>\0"
    response = await client.post(
        "/", data=urlencode([("a", text), ("b", ""), ("a", "2")]), headers={"Content-Type": FORM}
    )
    assert response.status == 200
    assert made.posted.texts == {"a": [text, "2"], "b": [""]}


@pytest.mark.parametrize("body", ["a", "a=%zz%", "=x", "&&&", "a=1&&b=2", "a+b=c+d"])
async def test_an_odd_form_is_read_as_browsers_read_addresses(desk: Both, body: str) -> None:
    """A per cent sign that encodes nothing stands for itself."""
    made, client = desk
    assert (await client.post("/", data=body, headers={"Content-Type": FORM})).status == 200
    if body == "a=%zz%":
        assert made.posted.texts == {"a": ["%zz%"]}


@pytest.mark.parametrize("body", [b"a=%ff", b"%ff=a", b"a=\xff", b"a=%ED%A0%80", b"x" * 201 + b"=1"])
async def test_what_is_no_text_is_refused(desk: Both, body: bytes) -> None:
    """Replacing what can't be read would change an answer unseen."""
    _, client = desk
    response = await client.post("/", data=body, headers={"Content-Type": FORM})
    assert response.status == 400


async def test_a_form_with_a_file(desk: Both) -> None:
    """A file that is too large is kept just so far that this can be said beside the other answers."""
    made, client = desk
    data = FormData(default_to_multipart=True)
    data.add_field("a", "Ann")
    data.add_field("letter", b"x" * 5_000, filename="a.pdf", content_type="application/pdf")
    data.add_field("other", b"x" * 5_000, filename="b.pdf")
    assert (await client.post("/", data=data)).status == 200
    assert made.posted.texts == {"a": ["Ann"]}
    assert len(made.posted.files["letter"].content) == 101
    assert made.posted.files["other"].content == b""


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--XX--"),
        ("multipart/form-data; boundary=XX", b"--YY--"),
        ("multipart/form-data; boundary=XX", b'--XX\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--XX--'),
    ],
)
async def test_a_broken_form_is_refused(desk: Both, content_type: str, body: bytes) -> None:
    """Half an answer is none."""
    _, client = desk
    assert (await client.post("/", data=body, headers={"Content-Type": content_type})).status == 400


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "x", "multipart/mixed; boundary=XX"])
async def test_what_is_no_form_is_refused(desk: Both, content_type: str) -> None:
    """There is an interface for programs."""
    _, client = desk
    assert (await client.post("/", data=b"{}", headers={"Content-Type": content_type})).status == 415


async def test_no_body_at_all_is_an_empty_form(desk: Both) -> None:
    """What is missing in it is said by whoever needs it."""
    made, client = desk
    made.posted = Posted([("a", "1")])
    assert (await client.post("/")).status == 200
    assert made.posted.texts == {}


@pytest.mark.parametrize("size", [2_001, 30_000])
async def test_more_than_is_kept_is_refused_once_it_is_read(desk: Both, size: int) -> None:
    """A browser that is still sending shows no answer, but that the connection was lost."""
    _, client = desk
    body = b"a=" + b"x" * size
    response = await client.post("/", data=body, headers={"Content-Type": FORM})
    assert response.status == 413
    assert response.headers["Connection"] == "close"


async def test_more_than_is_read_is_refused_as_well_without_a_length(desk: Both) -> None:
    """Chunks say nothing of how many will come."""
    _, client = desk

    async def endless() -> AsyncIterator[bytes]:
        yield b'--XX\r\nContent-Disposition: form-data; name="b"; filename="b"\r\n\r\n'
        for _ in range(300):
            yield b"x" * 100

    response = await client.post("/", data=endless(), headers={"Content-Type": "multipart/form-data; boundary=XX"})
    assert response.status == 413


async def test_more_inputs_than_any_page_has(desk: Both) -> None:
    """Two thousand names and no values fit in few bytes."""
    _, client = desk
    body = b"&" * 2_000
    assert (await client.post("/", data=body, headers={"Content-Type": FORM})).status == 400


async def sent(client: TestClient[web.Request, web.Application], content_type: str, body: str) -> bytes:
    """The answer's first line, to a chunked body that is sent no further than this."""
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    try:
        writer.write((head + body).encode())
        return await asyncio.wait_for(reader.readuntil(b"\r\n"), LONG)
    finally:
        writer.close()


@pytest.mark.parametrize(("content_type", "body"), [(FORM, "2\r\na=\r\n"), (FORM, ""), ("text/plain", "")])
async def test_a_sender_that_stops_is_told_so(desk: Both, content_type: str, body: str) -> None:
    """A connection that is held open with nothing on it is one that others don't get; it is closed."""
    _, client = desk
    assert b" 408 " in await sent(client, content_type, body)


@pytest.mark.parametrize("content_type", [FORM, "text/plain"])
async def test_a_body_that_breaks_off_is_refused(desk: Both, content_type: str) -> None:
    """A train goes into a tunnel: what came is not what was meant."""
    made, client = desk
    assert b" 400 " in await sent(client, content_type, "zz\r\n")
    assert made.posted.texts == {}
