"""Requests for pages from somebody who isn't the person whose run it is: with broken, missing and foreign cookies and
keys, for another run's address, with methods and addresses that nobody offers. Each gets its status and a readable
page, all runs stay as they are, and the site goes on serving (`besieged.check_answer` says what every answer keeps).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.acceptance.besieged import (
    ASKING,
    MARKER,
    RECIPES,
    WORD,
    Held,
    Site,
    besieged,
    check_answer,
    check_page,
    check_refusal,
    pairs_of,
    posted,
)
from tests.acceptance.raw import URLENCODED, Sent, Text, line_to, once, urlencoded
from wizard.channels.web.csrf import RUN, RUN_COOKIE, START, VISITOR_COOKIE, form_key

FORM = ("Content-Type", URLENCODED)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with besieged(tmp_path) as site:
        yield site


def cookie(**named: str) -> tuple[tuple[Text, Text], ...]:
    return (("Cookie", "; ".join(f"{name}={value}" for name, value in named.items())),)


# -- cookies ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECIPES)
async def test_a_page_opens_to_nobody_without_its_cookie(site: Site, name: str) -> None:
    """Who finds a page's address in a history or a log sees nothing of the run."""
    held = await site.holds(name)
    async with site.unchanged():
        for cookies in ((), cookie(**{VISITOR_COOKIE: held.visitor})):
            page = check_refusal(await site.asks(Sent("GET", held.address, cookies)), 403)
            assert WORD not in page.html
            form = urlencoded([("wizard-key", form_key(held.visitor, RUN, held.token)), ("action", "next")])
            check_refusal(await site.asks(Sent("POST", held.address, (*cookies, FORM), form)), 403)


def broken_cookies(held: Held, other: Held) -> dict[str, bytes]:
    good = held.token
    return {
        "empty": b"wizard_run=",
        "short": b"wizard_run=abc",
        "one letter off": f"wizard_run={good[:-1]}{'A' if good[-1] != 'A' else 'B'}".encode(),
        "one letter more": f"wizard_run={good}A".encode(),
        "another run's": f"wizard_run={other.token}".encode(),
        "the wrong one first": f"wizard_run={other.token}; wizard_run={good}".encode(),
        "another name": f"wizard_runs={good}".encode(),
        "another case": f"Wizard_Run={good}".encode(),
        "no name": good.encode(),
        "line break": f"wizard_run={good[:10]}%0d%0a{good[10:]}".encode(),
        "not ASCII": f"wizard_run=é{good}".encode("latin-1"),
        "markup": b"wizard_run=<zq>" + MARKER.encode(),
        "very long": b"wizard_run=" + b"A" * 7_000,
        "very many": b"; ".join(b"wizard_run=%d" % number for number in range(500)),
        "only separators": b"; ; ;;; = ==;;",
        "the run's id": f"wizard_run={held.id}".encode(),
    }


async def test_broken_and_foreign_cookies_open_nothing(site: Site) -> None:
    """A token is taken whole or not at all."""
    held, other = await site.holds("picks"), await site.holds("picks")
    key = form_key(held.visitor, RUN, held.token)
    form = urlencoded([("wizard-key", key), ("size", "small"), ("gift", "no"), ("country", "CH"), ("action", "next")])
    async with site.unchanged():
        for name, value in broken_cookies(held, other).items():
            headers = (("Cookie", b"%s; %s=%s" % (value, VISITOR_COOKIE.encode(), held.visitor.encode())),)
            for sent in (Sent("GET", held.address, headers), Sent("POST", held.address, (*headers, FORM), form)):
                answer = await site.asks(sent)
                assert answer.status == 403, f"{name}: {answer.status}"
                check_refusal(answer, 403)


async def test_cookies_of_other_things_do_no_harm(site: Site) -> None:
    """Browsers send every cookie of the host, also those that other applications wrote there, broken or not."""
    held = await site.holds("picks")
    mine = f"{VISITOR_COOKIE}={held.visitor}; {RUN_COOKIE}={held.token}".encode()
    for others in (b'a="; b={"x": 1}; ', b"\xff\xfe=\x80; ", b"$Version=1; ", b"=; ;; ", b"x=" + b"y" * 7_000 + b"; "):
        for value in (others + mine, mine + b"; " + others):
            answer = await site.asks(Sent("GET", held.address, (("Cookie", value),)))
            assert answer.status == 200, value[:30]


async def test_a_broken_visitor_cookie_is_replaced(site: Site) -> None:
    """A page in a browser that lost it still has to have a form that works."""
    held = await site.holds("picks")
    for value in ("", "short", "x" * 300, "<zq>", "a b"):
        headers = cookie(**{VISITOR_COOKIE: value, RUN_COOKIE: held.token})
        answer = await site.asks(Sent("GET", held.address, headers))
        assert answer.status == 200
        assert answer.header("set-cookie").startswith(f"{VISITOR_COOKIE}=")
        assert "HttpOnly" in answer.header("set-cookie")


# -- keys ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ASKING)
async def test_a_form_without_its_own_key_is_refused(site: Site, name: str) -> None:
    """Another site's page can send a form in a person's name, but it can't know the key."""
    held, other = await site.holds(name), await site.holds(name)
    pairs = [pair for pair in pairs_of(await site.shows(held)) if pair[0] != "wizard-key"]
    right = form_key(held.visitor, RUN, held.token)
    wrong = {
        "none": [],
        "empty": [""],
        "made up": ["x" * 43],
        "another run's": [form_key(held.visitor, RUN, other.token)],
        "another visitor's": [form_key(other.visitor, RUN, held.token)],
        "a start page's": [form_key(held.visitor, START, RECIPES[name].workflow)],
        "another purpose's": [form_key(held.visitor, START, held.token)],
        "cut off": [right[:-1]],
        "with more behind": [right + "="],
        "not ASCII": ["é" + right],
        "an empty one last": [right, ""],
    }
    async with site.unchanged():
        for what, keys in wrong.items():
            answer = await site.posts(held, [*(("wizard-key", key) for key in keys), *pairs])
            assert answer.status == 403, f"{what}: {answer.status}"
            check_refusal(answer, 403)


async def test_a_start_page_takes_its_own_key_only(site: Site) -> None:
    """Nobody's browser is made to start a hundred runs by a page elsewhere."""
    visitor = "v" * 22
    async with site.unchanged():
        for key in (
            "",
            form_key(visitor, START, "wish"),
            form_key(visitor, RUN, "siege"),
            form_key("w" * 22, START, "siege"),
        ):
            form = urlencoded([("wizard-key", key), ("town", "Bern")])
            headers = (*cookie(**{VISITOR_COOKIE: visitor}), FORM)
            check_refusal(await site.asks(Sent("POST", "/w/siege", headers, form)), 403)
        form = urlencoded([("wizard-key", form_key("", START, "siege")), ("town", "Bern")])
        check_refusal(await site.asks(Sent("POST", "/w/siege", (FORM,), form)), 403)


@pytest.mark.parametrize(
    "headers",
    [
        (("Sec-Fetch-Site", "cross-site"),),
        (("Origin", "null"),),
        (("Origin", "https://elsewhere.example"),),
        (("Origin", "http://127.0.0.1.elsewhere.example"),),
        (("Origin", "http://[broken"),),
        (("Origin", MARKER),),
    ],
)
async def test_forms_of_other_sites_are_refused(site: Site, headers: tuple[tuple[Text, Text], ...]) -> None:
    """Browsers say where a form comes from, so the right key alone isn't enough."""
    held = await site.holds("picks")
    pairs = pairs_of(await site.shows(held))
    async with site.unchanged():
        answer = await site.posts(held, pairs, headers=(*held.cookies, *headers))
        check_refusal(answer, 403)


# -- another run's address -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECIPES)
async def test_one_run_does_not_open_another(site: Site, name: str) -> None:
    """Who has a run of their own can't read or answer anybody else's."""
    held, mine = await site.holds(name), await site.holds(name)
    pairs = [("wizard-key", form_key(mine.visitor, RUN, mine.token)), ("action", "next")]
    async with site.unchanged():
        page = check_refusal(await site.asks(Sent("GET", held.address, mine.cookies)), 403)
        assert WORD not in page.html
        for action in ("next", "previous", "save", "remove"):
            answer = await site.posts(mine, [*pairs[:1], ("action", action)], held.address)
            check_refusal(answer, 403)


async def test_what_is_being_done_is_told_to_nobody_else(site: Site) -> None:
    """How far somebody's work is says something about them."""
    held, mine = await site.holds("waiting"), await site.holds("waiting")
    async with site.unchanged():
        for path in (f"/r/{held.id}/-/progress", f"/r/{held.id}/-/progress?step=points"):
            for headers in ((), mine.cookies, cookie(**{RUN_COOKIE: held.id})):
                check_refusal(await site.asks(Sent("GET", path, headers)), 403)


STEPS = ("", "words", "%00", "%ff", "points%0d%0aSet-Cookie:x", "x" * 4_000, quote(MARKER, safe=""), "%ED%A0%80")


@pytest.mark.parametrize("step", STEPS[1:], ids=range(1, len(STEPS)))
async def test_streams_about_steps_that_are_not_there(site: Site, step: str) -> None:
    """The run has moved, as far as such a page is concerned; what it named doesn't come back."""
    held = await site.holds("waiting")
    async with site.unchanged():
        answer = await site.asks(Sent("GET", f"/r/{held.id}/-/progress?step={step}", held.cookies))
        assert (answer.status, answer.header("content-type")) == (200, "text/event-stream")
        assert b"event: moved" in answer.body
        assert WORD.encode() not in answer.body
        head = await site.asks(Sent("HEAD", f"/r/{held.id}/-/progress?step={step}", held.cookies))
        assert (head.status, head.body) == (200, b"")


async def test_addresses_of_waiting_pages_that_nobody_made(site: Site) -> None:
    """Their counter is a small number or nothing."""
    held = await site.holds("waiting")
    async with site.unchanged():
        for odd in (
            "-1",
            "9" * 5_000,
            "%00",
            "%ff",
            quote(MARKER, safe=""),
            "1&wait=2",
            "%D9%A3",
            "2;url=//elsewhere.example",
        ):
            answer = await site.asks(Sent("GET", f"{held.address}?wait={odd}", held.cookies))
            page = check_page(answer)
            assert page.status == 200
            contents = [value or "" for tag, name, value in page.attributes if (tag, name) == ("meta", "content")]
            assert [each for each in contents if "; url=" in each] in (
                [f"2; url={held.address}?wait=1"],
                [f"2; url={held.address}?wait=2"],
            )


async def test_files_open_to_their_run_alone(site: Site) -> None:
    """An uploaded passport is nobody else's to read, not even with the file's address."""
    held, mine = await site.holds("message"), await site.holds("message")
    papers = (await site.stored(held.id)).by_path["papers"].output
    assert papers is not None
    file = papers["proof"]["id"]
    async with site.unchanged():
        for cookies in ((), mine.cookies):
            check_refusal(await site.asks(Sent("GET", f"/r/{held.id}/-/files/{file}", cookies)), 403)
        check_refusal(await site.asks(Sent("GET", f"/r/{mine.id}/-/files/{file}", mine.cookies)), 404)
        for name in ("unknown", "%2e%2e%2fpasswd", "%00", quote(MARKER, safe=""), "x" * 4_000):
            check_refusal(await site.asks(Sent("GET", f"/r/{held.id}/-/files/{name}", held.cookies)), 404)
        assert (await site.asks(Sent("GET", f"/r/{held.id}/-/files/{file}", held.cookies))).status == 200


async def test_a_link_to_come_back_opens_its_own_run_only(site: Site) -> None:
    """A token in a link is checked before it becomes a cookie, and never shows up in an address again."""
    held, other = await site.holds("picks"), await site.holds("picks")
    async with site.unchanged():
        for token in (other.token, "", "x", "x" * 32, quote(MARKER), "%00", "%ff", "a" * 4_000, held.token + "%0d%0a"):
            answer = await site.asks(Sent("GET", f"/r/{held.id}?token={token}"))
            check_refusal(answer, 403)
            assert not answer.header("set-cookie")
        answer = await site.asks(Sent("GET", f"/r/{held.id}?token={held.token}"))
        assert (answer.status, answer.header("location")) == (303, f"/r/{held.id}")
        assert answer.header("set-cookie").startswith(f"{RUN_COOKIE}={held.token}; Path=/r/{held.id}; ")


@pytest.mark.parametrize(
    "run", ["unknown", "x" * 22, "x" * 4_000, "%00", "..", "%2e%2e", "-", quote(MARKER, safe=""), "%ff%fe", "%ED%A0%80"]
)
async def test_runs_that_are_not_there(site: Site, run: str) -> None:
    """A mistyped or made-up id leads to a page that says so, whatever is done with it."""
    async with site.unchanged():
        for path in (
            f"/r/{run}",
            f"/r/{run}/words",
            f"/r/{run}/-/saved",
            f"/r/{run}/-/progress",
            f"/r/{run}/-/files/x",
            f"/r/{run}/-/remove/x",
        ):
            check_refusal(await site.asks(Sent("GET", path, cookie(**{RUN_COOKIE: "x" * 32}))), 404)
        form = urlencoded([("wizard-key", "x")])
        for path in (f"/r/{run}/words", f"/r/{run}/-/remove/x"):
            check_refusal(await site.asks(Sent("POST", path, (FORM,), form)), 404)


# -- addresses -------------------------------------------------------------------------------------------

NOT_STEPS = (
    "unknown", "words/", "words//", "/words", "words/x", "helpers/1", "helpers/99/person", "helpers/-1/person",
    "helpers/after-99",
    "../words", "%2e%2e/words", "..%2fwords", "words%00", "words%0d%0aSet-Cookie:x", "%ff", "%C0%AF", "%ED%A0%80",
    "words~2",
    "words~" + "9" * 400, "helpers/" + "9" * 400 + "/person", "x" * 4_000, "a/" * 2_000, quote(MARKER, safe=""), "-",
    "-/", "-/x", "papers",
    "-/remove/", "-/remove/words", "-/remove/helpers/1", "-/remove/%00", "-/remove/" + "9" * 2_000,
)  # fmt: skip


@pytest.mark.parametrize("path", NOT_STEPS, ids=range(len(NOT_STEPS)))
async def test_steps_that_are_not_there(site: Site, path: str) -> None:
    """A deep link to a step that isn't reached leads to the current one, and a form for it is taken by nobody."""
    held = await site.holds("picks")
    form = [("wizard-key", form_key(held.visitor, RUN, held.token)), ("line", "x"), ("action", "next")]
    async with site.unchanged():
        answer = await site.asks(Sent("GET", f"/r/{held.id}/{path}", held.cookies))
        assert answer.status in (303, 404), answer.status
        if answer.status == 303:
            assert answer.header("location") == held.address
        answer = await site.posts(held, form, f"/r/{held.id}/{path}")
        assert answer.status in (303, 404, 405, 409), answer.status
        if answer.status == 303:
            assert answer.header("location") == held.address


ELSEWHERE = (
    "/nowhere", "//", "///", "//elsewhere.example/", "/..", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/w",
    "/w/", "/w/unknown", "/w/%00",
    "/w/siege/more", "/w/..", "/r", "/r/", "/static", "/static/", "/static/unknown.css", "/static/../app.py",
    "/static/%2e%2e%2fapp.py",
    "/static/..%5capp.py", "/static/%00", "/" + quote(MARKER, safe=""), "/w/" + quote(MARKER, safe=""), "/%ff",
    "/%ED%A0%80", "/%C0%AF", "/%zz", "/%",
    "/x" * 3_000, "/" + "x" * 7_000, "/api", "/api/v1", "/api/v2", "/.git/config", "/favicon.ico", "/robots.txt",
    "/\\elsewhere.example",
)  # fmt: skip


@pytest.mark.parametrize("path", ELSEWHERE, ids=range(len(ELSEWHERE)))
async def test_addresses_that_are_not_there(site: Site, path: str) -> None:
    """What isn't there is a page that says so: no file of the server's, no other site, no error."""
    async with site.unchanged():
        for method in ("GET", "POST", "HEAD"):
            answer = await site.asks(Sent(method, path, (FORM,)))
            assert answer.status in (400, 404, 405), (method, answer.status, answer.header("location"))
            if answer.header("content-type").startswith("text/html") and method != "HEAD":
                check_refusal(answer, answer.status)


@pytest.mark.parametrize(
    "target",
    [
        "*",
        "words",
        "http://elsewhere.example/",
        "http://elsewhere.example/r/x?token=y",
        "https://[::1",
        "elsewhere.example:443",
        "?",
        "#",
        "",
    ],
)
async def test_targets_that_are_no_paths(site: Site, target: str) -> None:
    """Proxies and scanners send whole addresses, hosts, or nothing."""
    async with site.unchanged():
        for method in ("GET", "OPTIONS", "CONNECT"):
            answer = await site.asks(Sent(method, target))
            assert answer.status in (200, 303, 400, 403, 404, 405), answer.status
            assert answer.header("location") in ("", "/")
            assert b"elsewhere" not in answer.body


@pytest.mark.parametrize("name", ["form", "saved", "remove"])
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get", "ZQ"])
async def test_methods_that_nobody_offers(site: Site, name: str, method: str) -> None:
    """What can't be done says so, and what could be instead."""
    held = await site.holds(name)
    async with site.unchanged():
        for path in (held.address, "/", "/w/siege", f"/r/{held.id}"):
            answer = await site.asks(Sent(method, path, held.cookies))
            assert answer.status in (400, 405), answer.status
            if answer.status == 405:
                assert "GET" in answer.header("allow")
                check_refusal(answer, 405)


@pytest.mark.parametrize("name", RECIPES)
async def test_head_is_get_without_the_page(site: Site, name: str) -> None:
    """Link checkers and mail scanners look at an address without reading it."""
    held = await site.holds(name)
    async with site.unchanged():
        whole = await site.asks(Sent("GET", held.address, held.cookies))
        head = await site.asks(Sent("HEAD", held.address, held.cookies))
        assert (head.status, head.body) == (whole.status, b"")
        ignored = ("date",)
        assert [each for each in head.headers if each[0] not in ignored] == [
            each for each in whole.headers if each[0] not in ignored
        ]


# -- heads -----------------------------------------------------------------------------------------------

HEADERS: tuple[tuple[Text, Text], ...] = (
    ("Host", MARKER), ("Host", "elsewhere.example"), ("Host", ""), ("Host", "x" * 3_000), ("Host", b"\xff\xfe"),
    ("Host", "a:b:c"), ("Host", "[::1"),
    ("X-Forwarded-Host", MARKER), ("X-Forwarded-Host", "elsewhere.example"), ("X-Forwarded-Proto", MARKER),
    ("X-Forwarded-For", MARKER),
    ("X-Forwarded-Prefix", "//elsewhere.example"), ("Referer", MARKER), ("User-Agent", MARKER), ("Accept", MARKER),
    ("Accept-Language", MARKER),
    ("Accept-Encoding", "gzip;q=zq,*;q=-1"), ("If-None-Match", MARKER), ("If-Modified-Since", "never"),
    ("Range", "bytes=0-"), ("Authorization", "Bearer zq"),
    ("Authorization", b"Basic \xff"), ("Expect", "100-continue"), ("Cookie", "wizard_visitor=<zq>"),
    ("X-HTTP-Method-Override", "DELETE"), ("Upgrade", "websocket"),
    ("Zq", "x" * 7_000), ("Content-Type", MARKER), ("Content-Type", "text/html; charset=utf-7"),
    ("Idempotency-Key", MARKER),
)  # fmt: skip


@pytest.mark.parametrize("header", HEADERS, ids=range(len(HEADERS)))
async def test_headers_that_say_strange_things(site: Site, header: tuple[Text, Text]) -> None:
    """Nothing that a header says ends up in a page, an address, or another header."""
    held = await site.holds("picks")
    async with site.unchanged():
        paths = [
            "/",
            "/w/siege",
            "/nowhere",
            f"/r/{held.id}",
            held.address,
            f"/r/{held.id}/-/saved",
            f"/r/{held.id}?token=x",
        ]
        for path in paths:
            headers = (header,) if header[0] == "Cookie" else (*held.cookies, header)
            answer = await once(site.port, Sent("GET", path, headers))
            assert answer.status in (200, 303, 400, 403, 404), answer.status
            assert not answer.header("location") or answer.header("location").startswith("/r/")
            check_answer(answer)


async def test_expectations_that_nobody_meets(site: Site) -> None:
    """An Expect header that nobody knows counts for nothing, as it may (RFC 9110, 10.1.1)."""
    async with site.unchanged():
        assert check_page(await site.asks(Sent("GET", "/", (("Expect", "miracles"),)))).status == 200
        answer = await site.asks(Sent("GET", "/nowhere", (("Expect", "miracles"),)))
        assert (answer.status, answer.header("x-content-type-options")) == (417, "nosniff")


async def test_heads_that_are_too_large(site: Site) -> None:
    """Cookies of other applications on the host can grow until a request is too large: a person has to be told."""
    held = await site.holds("picks")
    async with site.unchanged():
        check_refusal(await site.asks(Sent("GET", held.address, (("Cookie", "x=" + "y" * 20_000),))), 400)
        check_refusal(await site.asks(Sent("GET", "/" + "x" * 20_000)), 400)
        check_refusal(await site.asks(Sent("GET", "/", tuple((f"X-{n}", "y") for n in range(500)))), 400)


RUBBISH = (
    b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nHost\r\n\r\n",
    b"GET / HTTP/1.1\r\n: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200, b"<zqxqzx>\r\n\r\n",
    b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / x HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: zq\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\nCookie: y\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)  # fmt: skip


@pytest.mark.parametrize("raw", RUBBISH[1:], ids=range(1, len(RUBBISH)))
async def test_what_is_no_http_gets_an_answer(site: Site, raw: bytes) -> None:
    """Whatever comes in over a connection, the next one is served, and nothing of it comes out again."""
    async with site.unchanged():
        answer = await once(site.port, raw)
        assert answer.status in (200, 400, 404, 405), answer
        assert b"<zqxqzx" not in answer.body
        assert b"Traceback" not in answer.body


async def test_requests_in_one_go_are_answered_in_order(site: Site) -> None:
    """Pipelined requests, one of them refused, don't get each other's answers."""
    held = await site.holds("picks")
    sent = [
        Sent("GET", held.address),
        Sent("GET", held.address, held.cookies),
        Sent("GET", "/nowhere"),
        Sent("GET", "/"),
    ]
    async with line_to(site.port) as line:
        await line.send(b"".join(each.raw for each in sent))
        assert [(await line.answer()).status for _ in sent] == [403, 200, 404, 200]


async def test_a_refusal_shows_nothing_of_the_run(site: Site) -> None:
    """The words of a refusal are the same for a run that is there and for whoever has no business there."""
    held = await site.holds("review")
    answer = await site.asks(Sent("GET", held.address))
    assert check_page(answer).title.startswith("You can't open this here")
    answer = await site.asks(posted(held, [("wizard-key", "x")], headers=()))
    assert check_page(answer).title.startswith("You can't open this here")
