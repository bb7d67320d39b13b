"""Bodies of forms that are broken, slow, endless or full of things that no page asked for: each gets its status and a
readable page, nothing that wasn't understood changes a run, and what was understood is never taken by halves.
"""

from __future__ import annotations

import asyncio
import gzip
import time
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.besieged import (
    ASKING,
    BODY_LIMIT,
    FILE_LIMIT,
    PAPERS,
    Held,
    Site,
    besieged,
    check_refusal,
    check_run,
    page_of,
    pairs_of,
    posted,
)
from tests.acceptance.raw import BOUNDARY, MULTIPART, URLENCODED, Line, Pairs, Sent, line_to, multipart, urlencoded
from wizard.channels.web.csrf import RUN, RUN_COOKIE, form_key

MARK = BOUNDARY.encode()


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with besieged(tmp_path) as site:
        yield site


def key(held: Held) -> tuple[str, str]:
    return ("wizard-key", form_key(held.visitor, RUN, held.token))


def body(held: Held, body: bytes, media_type: str = URLENCODED, **more: bool) -> Sent:
    """The request that posts these bytes to the run's page."""
    return Sent("POST", held.address, (*held.cookies, ("Content-Type", media_type)), body, **more)


async def filled(site: Site, held: Held, **answers: str | tuple[str, str, bytes]) -> Pairs:
    """The form of the run's page, with some inputs filled in."""
    pairs = [(name, value) for name, value in pairs_of(await site.shows(held)) if name not in answers]
    return [*pairs, *answers.items()]


# -- uploads ---------------------------------------------------------------------------------------------


def pdf(size: int) -> tuple[str, str, bytes]:
    return ("bill.pdf", "application/pdf", b"%PDF" + b"x" * (size - 4))


@pytest.mark.parametrize("size", [FILE_LIMIT + 1, 2 * FILE_LIMIT, 3 * BODY_LIMIT])
async def test_a_file_that_is_too_large_is_an_error_on_its_page(site: Site, size: int) -> None:
    """The rest of the page stays as it was typed, and the other file need not be chosen again."""
    held = await site.holds("upload")
    photo = ("me.png", "image/png", b"png" * 900)
    answer = await site.posts(held, await filled(site, held, street="12 <High> Street", proof=pdf(size), photo=photo))
    assert answer.status == 422
    page = page_of(answer)
    assert page.title.startswith("Error: ")
    assert [target for target, _ in page.error_links] == ["#proof"]
    assert "3 KB" in page.error_links[0][1]
    assert page.values["street"] == "12 <High> Street"
    assert "me.png" in page.text
    answer = await site.posts(
        held, [*pairs_of(page)[:3], ("street", "12 High Street"), ("proof", pdf(FILE_LIMIT)), ("action", "next")]
    )
    assert (answer.status, answer.header("location")) == (303, f"/r/{held.id}/helpers/1/person")
    given = (await site.stored(held.id)).by_path["papers"].output
    assert given is not None
    assert (given["proof"]["size"], given["photo"]["name"]) == (FILE_LIMIT, "me.png")


async def test_text_over_the_limit_of_a_body_is_refused(site: Site) -> None:
    """What nobody could have typed isn't kept in memory; a person gets to know what is too large."""
    held = await site.holds("form")
    async with site.unchanged():
        check_refusal(await site.posts(held, [key(held), ("line", "x" * BODY_LIMIT)]), 413)
        parts = multipart([key(held), ("line", "x" * BODY_LIMIT)])
        check_refusal(await site.asks(body(held, parts, MULTIPART)), 413)
        parts = multipart([key(held), *(("line", "x" * 1_000) for _ in range(BODY_LIMIT // 900))])
        check_refusal(await site.asks(body(held, parts, MULTIPART)), 413)


@pytest.mark.parametrize("chunked", [False, True])
async def test_what_is_far_beyond_the_limit_is_not_read(site: Site, chunked: bool) -> None:
    """A gigabyte is refused when it is announced, or as soon as it shows."""
    held = await site.holds("upload")
    async with site.unchanged(), line_to(site.port) as line:
        length = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(10**9))
        head = Sent("POST", held.address, (*held.cookies, ("Content-Type", MULTIPART), length)).raw
        opened = b'--%s\r\nContent-Disposition: form-data; name="proof"; filename="x.pdf"\r\n\r\n' % MARK
        await line.send(head + (b"%x\r\n%s\r\n" % (len(opened), opened) if chunked else opened))
        piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n" if chunked else b"x" * 65_536
        sending = asyncio.ensure_future(_pour(line, piece))
        answer = await line.answer()
        check_refusal(answer, 413)
        assert answer.closes
        sending.cancel()


async def _pour(line: Line, piece: bytes) -> None:
    """Sends for as long as somebody takes it."""
    while not line.is_closing:
        await line.send(piece)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_bodies_that_grow_when_they_are_unpacked(site: Site, encoding: str) -> None:
    """Twenty megabytes fit into twenty kilobytes, if they are all one letter."""
    held = await site.holds("form")
    whole = urlencoded([key(held)]) + b"&line=" + b"x" * 20_000_000
    packed = gzip.compress(whole) if encoding == "gzip" else zlib.compress(whole)
    sent = Sent(
        "POST", held.address, (*held.cookies, ("Content-Type", URLENCODED), ("Content-Encoding", encoding)), packed
    )
    async with site.unchanged():
        began = time.process_time()
        check_refusal(await site.asks(sent), 413)
        assert time.process_time() - began < 10


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "zq", "identity, gzip", "gzip, gzip"])
async def test_bodies_that_are_not_packed_as_they_say(site: Site, encoding: str) -> None:
    """A body that can't be unpacked is the sender's mistake."""
    held = await site.holds("form")
    form = urlencoded([("wizard-key", "x"), ("line", "x")])
    headers = (*held.cookies, ("Content-Type", URLENCODED), ("Content-Encoding", encoding))
    async with site.unchanged():
        answer = await site.asks(Sent("POST", held.address, headers, form))
        assert answer.status in (400, 403, 415), answer.status
        check_refusal(answer, answer.status)


# -- slow and broken off ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["form", "upload", "remove"])
async def test_a_body_that_does_not_come(site: Site, name: str) -> None:
    """Who announces a body and sends nothing is told so, and doesn't hold the line for ever."""
    held = await site.holds(name)
    async with site.unchanged():
        for media_type, begun in (
            (URLENCODED, b""),
            (URLENCODED, b"line=x&"),
            (MULTIPART, b""),
            (MULTIPART, b"--" + MARK),
        ):
            headers = (*held.cookies, ("Content-Type", media_type), ("Content-Length", "500"))
            async with line_to(site.port) as line:
                answer = await line.ask(Sent("POST", held.address, headers, begun).raw)
                check_refusal(answer, 408)
                assert answer.closes


@pytest.fixture
async def patient(tmp_path: Path) -> AsyncIterator[Site]:
    """A site that waits for bodies as long as it takes."""
    async with besieged(tmp_path, body_timeout=60) as site:
        yield site


async def test_a_slow_body_is_waited_for_and_disturbs_nobody(patient: Site) -> None:
    """On a bad line a form arrives in drops. It counts when it is whole, and others are served meanwhile."""
    site = patient
    held, other = await site.holds("form"), await site.holds("form")
    form = urlencoded([key(held), ("line", "Ann"), ("action", "next")])
    async with line_to(site.port) as line:
        await line.send(body(held, form).raw[: -len(form)])
        for at in range(0, len(form), 10):
            await line.send(form[at : at + 10])
            assert (await site.asks(Sent("GET", other.address, other.cookies))).status == 200
            await asyncio.sleep(0.05)
        answer = await line.answer()
    assert (answer.status, answer.header("location")) == (303, f"/r/{held.id}/picks")


async def test_many_slow_senders_are_no_trouble(site: Site) -> None:
    """Fifty lines that say nothing leave room for the fifty-first."""
    held = await site.holds("form")
    head = Sent("POST", held.address, (*held.cookies, ("Content-Type", URLENCODED), ("Content-Length", "9"))).raw
    async with site.unchanged():
        lines = [await Line.opened(site.port) for _ in range(50)]
        for line in lines:
            await line.send(head)
        assert (await site.asks(Sent("GET", held.address, held.cookies))).status == 200
        assert {(await line.answer()).status for line in lines} == {408}
        for line in lines:
            await line.close()


@pytest.mark.parametrize("name", ["form", "upload"])
async def test_a_sender_who_hangs_up_changes_nothing(site: Site, name: str) -> None:
    """The battery dies in the middle of a form."""
    held = await site.holds(name)
    raw = posted(held, [key(held), ("line", "Ann"), ("street", "Here"), ("proof", pdf(2_000)), ("action", "next")]).raw
    head = raw.index(b"\r\n\r\n")
    async with site.unchanged():
        for end in (10, head - 5, head + 4, head + 30, (head + len(raw)) // 2, len(raw) - 1):
            async with line_to(site.port) as line:
                await line.send(raw[:end])
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)


# -- too many, twice, and of the wrong kind --------------------------------------------------------------


@pytest.mark.parametrize("name", ASKING)
async def test_two_hundred_inputs_that_the_page_never_had(site: Site, name: str) -> None:
    """A form for another page, or made by a program, isn't taken for this one."""
    held = await site.holds(name)
    if name not in ("remove", "failed", "waiting", "reopened"):
        more = [(f"extra_{number}", "x") for number in range(200)]
        async with site.unchanged():
            check_refusal(await site.posts(held, [*pairs_of(await site.shows(held)), *more]), 400)


@pytest.mark.parametrize("name", ["form", "upload", "remove", "failed"])
@pytest.mark.parametrize("input_", ["line", "wizard-key", "action", "unknown", ""])
async def test_thousands_of_inputs_of_one_name(site: Site, name: str, input_: str) -> None:
    """More inputs than any page has are refused before anything is made of them."""
    held = await site.holds(name)
    async with site.unchanged():
        answer = await site.posts(held, [key(held), *((input_, "x") for _ in range(2_001))])
        check_refusal(answer, 400)


async def test_inputs_that_come_twice(site: Site) -> None:
    """Of two answers to one question the last counts, as it would on the page; a run never holds both."""
    held = await site.holds("form")
    answer = await site.posts(held, [key(held), ("line", "Ann"), ("line", "Bea"), ("people", "x"), ("people", "2")])
    assert answer.status == 303
    output = (await site.stored(held.id)).by_path["words"].output
    assert output is not None
    assert (output["line"], output["people"]) == ("Bea", 2)


@pytest.mark.parametrize(
    ("actions", "leads_to"),
    [
        (("save", "next"), "picks"), (("next", "save"), "-/saved"), (("next", "next"), "picks"), ((), "picks"),
        (("next", "previous"), "words"), (("remove",), "picks"),
    ],
)  # fmt: skip
async def test_buttons_that_are_pressed_at_once_or_are_not_there(
    site: Site, actions: tuple[str, ...], leads_to: str
) -> None:
    """One of them counts, and a page that can be read comes of it."""
    held = await site.holds("form")
    answer = await site.posts(held, [key(held), ("line", "Ann"), *(("action", each) for each in actions)])
    assert (answer.status, answer.header("location")) == (303, f"/r/{held.id}/{leads_to}")
    assert (await site.asks(Sent("GET", answer.header("location"), held.cookies))).status == 200
    await check_run(site, held.id)


@pytest.mark.parametrize("action", ["zq", "NEXT", ""])
async def test_a_button_that_no_page_has(site: Site, action: str) -> None:
    """Nobody said that the answers are to be taken."""
    held = await site.holds("form")
    async with site.unchanged():
        check_refusal(await site.posts(held, [key(held), ("line", "Ann"), ("action", action)]), 400)


NOT_FORMS = (
    "application/json", "text/plain", "text/html", "application/octet-stream", "application/xml",
    "multipart/mixed; boundary=x", "zq", "", "/", "a/b/c",
    "application/x-www-form-urlencoded-not", "multipart/form-data2; boundary=x", "x" * 3_000,
)  # fmt: skip


@pytest.mark.parametrize("media_type", NOT_FORMS, ids=range(len(NOT_FORMS)))
async def test_bodies_of_other_types(site: Site, media_type: str) -> None:
    """Only what a page's form sends is read as a form."""
    held = await site.holds("form")
    async with site.unchanged():
        check_refusal(await site.asks(body(held, urlencoded([key(held), ("line", "Ann")]), media_type)), 415)


@pytest.mark.parametrize(
    "media_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        'multipart/form-data; boundary=""',
        "multipart/form-data; boundary=" + "x" * 300,
        'multipart/form-data; boundary="a',
    ],
)
async def test_parts_without_a_boundary(site: Site, media_type: str) -> None:
    """Without what parts them, parts can't be told."""
    held = await site.holds("upload")
    async with site.unchanged():
        answer = await site.asks(body(held, multipart([key(held), ("street", "x")]), media_type))
        assert answer.status in (400, 403), answer.status
        check_refusal(answer, answer.status)


def broken_parts(held: Held) -> dict[str, bytes]:
    whole = multipart([key(held), ("street", "Here"), ("proof", pdf(500))])
    named = b'Content-Disposition: form-data; name="%s"'
    first = b"--%s\r\n%s\r\n\r\n%s\r\n" % (MARK, named % b"wizard-key", key(held)[1].encode())
    end = b"--%s--\r\n" % MARK

    def with_part(headers: bytes, content: bytes = b"x") -> bytes:
        return first + b"--%s\r\n%s\r\n\r\n%s\r\n" % (MARK, headers, content) + end

    return {
        "nothing": b"",
        "no end": whole[:-4],
        "half": whole[: len(whole) // 2],
        "no parts": end,
        "no name": with_part(b"Content-Disposition: form-data"),
        "no disposition": with_part(b"Content-Type: text/plain"),
        "no headers": with_part(b""),
        "another disposition": with_part(b'Content-Disposition: attachment; name="street"'),
        "name not UTF-8": with_part(named % b"\xff\xfe"),
        "value not UTF-8": with_part(named % b"street", b"\xff\xfe"),
        "surrogate": with_part(named % b"street", b"\xed\xa0\x80"),
        "file name not UTF-8": with_part(named % b"proof" + b'; filename="\xff.pdf"'),
        "huge headers": with_part(named % b"street" + b"\r\nX: " + b"x" * 10_000),
        "endless headers": first + b"--%s\r\n%s\r\nX: " % (MARK, named % b"street") + b"x" * 20_000,
        "long name": with_part(named % (b"x" * 1_000)),
        "long preamble": b"x" * 20_000 + whole,
        "bare line feeds": whole.replace(b"\r\n", b"\n"),
        "boundary without end of line": whole.replace(b"--%s\r\n" % MARK, b"--%s " % MARK),
        "urlencoded": urlencoded([key(held), ("street", "Here")]),
        "zeros": b"\0" * 5_000,
    }


async def test_broken_parts(site: Site) -> None:
    """A form with files that arrives damaged is refused whole; no part of it is taken."""
    held = await site.holds("upload")
    async with site.unchanged():
        for name, broken in broken_parts(held).items():
            answer = await site.asks(body(held, broken, MULTIPART))
            assert answer.status in (400, 403), f"{name}: {answer.status}"
            check_refusal(answer, answer.status)


async def test_parts_that_are_odd_but_whole(site: Site) -> None:
    """What other browsers and programs write differently still is what a person answered."""
    odd = (
        b"--%s\r\ncontent-disposition:form-data;name=street\r\n\r\nHere\r\n" % MARK,
        b"preamble\r\n--%s\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b'Content-Disposition: form-data; name="street"\r\n\r\nHere\r\n' % MARK,
        b'--%s\r\nContent-Disposition: form-data; name="street"\r\nX-More: y\r\n\r\nHere\r\n' % MARK,
    )
    for part in odd:
        held = await site.holds("upload")
        answer = await site.asks(
            body(held, part + multipart([key(held), ("proof", pdf(50)), ("action", "next")]), MULTIPART)
        )
        assert answer.status == 303, part
        output = (await site.stored(held.id)).by_path["papers"].output
        assert output is not None
        assert output["street"] == "Here"


# -- bytes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        b"%ff",
        b"%fe%ff",
        b"%C0%AF",
        b"%E0%80%AF",
        b"%ED%A0%80",
        b"%ED%A0%BD%ED%B8%80",
        b"%F4%90%80%80",
        b"\xff",
        b"a%80b",
        b"%c3",
    ],
)
async def test_bytes_that_are_no_text_are_refused(site: Site, value: bytes) -> None:
    """Overlong forms, halves of pairs and stray bytes are no UTF-8; guessing would change an answer unseen."""
    held = await site.holds("form")
    form = urlencoded([key(held), ("action", "next")])
    async with site.unchanged():
        check_refusal(await site.asks(body(held, form + b"&line=" + value)), 400)
        check_refusal(await site.asks(body(held, form + b"&" + value + b"=x")), 400)


@pytest.mark.parametrize(
    "value",
    [
        "%00",
        "a%00b",
        "%08",
        "%1b[31m",
        "%7f",
        "%c2%85",
        "%e2%80%ae",
        "%ef%bb%bf",
        "%ef%bf%bf",
        "%f0%9f%91%a9%e2%80%8d%f0%9f%9a%80",
        "%u0041",
        "%zz",
        "%",
        "%0d%0aSet-Cookie:x=y",
        "a" * 81,
        "x" * 15_000,
    ],
)
async def test_text_of_strange_characters(site: Site, value: str) -> None:
    """Each is taken, or refused on its page: no error, no half answer, nothing that breaks the pages to come."""
    held = await site.holds("form")
    pairs = await filled(site, held)
    answer = await site.asks(
        body(held, urlencoded([*pairs, ("action", "next")]) + f"&line={value}&story={value}".encode())
    )
    assert answer.status in (303, 422), answer.status
    await check_run(site, held.id)
    for path in (held.address, f"/r/{held.id}/picks"):
        headers = (*held.cookies,)
        assert (await site.asks(Sent("GET", path, headers))).status in (200, 303, 422)


SEPARATORS = (
    b"",
    b"&",
    b"&&&&",
    b"=",
    b"=&=&=",
    b";",
    b"line",
    b"line=",
    b"line==",
    b"&line=a=b&",
    b"+",
    b"%",
    b"\0",
    b"\r\n\r\n",
    b"line=%26%3D",
)


@pytest.mark.parametrize("tail", SEPARATORS, ids=range(len(SEPARATORS)))
async def test_forms_of_separators(site: Site, tail: bytes) -> None:
    """What stands between inputs is no answer."""
    held = await site.holds("form")
    answer = await site.asks(body(held, urlencoded([key(held)]) + b"&" + tail))
    assert answer.status in (303, 422), answer.status
    await check_run(site, held.id)
    held = await site.holds("form")
    async with site.unchanged():
        check_refusal(await site.asks(body(held, tail)), 403)


async def test_a_body_with_a_get_is_not_read(site: Site) -> None:
    """It neither disturbs the answer nor becomes the next request."""
    held = await site.holds("form")
    smuggled = Sent("GET", "/nowhere").raw
    async with site.unchanged(), line_to(site.port) as line:
        for _ in range(3):
            answer = await line.ask(Sent("GET", held.address, held.cookies, smuggled).raw)
            assert answer.status == 200
            if answer.closes:
                break
        else:
            assert (await line.ask(Sent("GET", "/", (("Cookie", f"{RUN_COOKIE}=x"),)).raw)).status == 200


async def test_the_files_of_a_refused_page_are_asked_for_again_only_where_they_were_refused(site: Site) -> None:
    """Where one field of a page is wrong, the others stay; where the page is refused as a whole, none is taken."""
    held = await site.holds("upload")
    async with site.unchanged():
        check_refusal(await site.posts(held, [("wizard-key", "x"), ("street", "Here"), ("proof", pdf(100))]), 403)
    answer = await site.posts(held, [key(held), ("street", ""), ("proof", pdf(100)), ("action", "next")])
    assert answer.status == 422
    assert "bill.pdf" in page_of(answer).text
    answer = await site.posts(held, [key(held), ("street", "Here"), ("action", "next")])
    assert answer.status == 303, PAPERS


async def test_an_unfinished_line_ends_by_itself(site: Site) -> None:
    """A connection on which nothing was asked is no error when it is closed."""
    async with line_to(site.port) as line:
        await line.send(b"GET / HTTP/1.1\r\nHost: x\r\n")
    assert (await site.asks(Sent("GET", "/"))).status == 200
