"""Who may do what with pages, and what becomes of requests that no page sends: the right status, a page that can be
read, and nothing changed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import patch

import pytest

from tests.unit.channels.web.webbed import WHO, Stage, staged
from tests.visitor import Visitor
from wizard.channels.web.stepping import Stepping
from wizard.engine import Engine
from wizard.errors import InvalidInput
from wizard.settings import Settings

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged(settings=Settings(body_limit=20_000, body_timeout=0.3)) as stage:
        yield stage


async def untouched(stage: Stage, before: Any) -> None:
    after = await stage.engine.load(before.id)
    assert (after.revision, after.step, after.answers) == (before.revision, before.step, before.answers)


def readable(visitor: Visitor, status: int, heading: str = "") -> None:
    """A page of this status, with words, and with the headers of every page."""
    page = visitor.page
    assert page.status == status, page.text
    assert page.heading
    assert len(page.text) > len(page.heading)
    assert heading in page.heading
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


# -- forged forms ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, "", "x", "ä" * 43, "\0", "x" * 5_000])
async def test_a_form_without_its_key_is_refused(stage: Stage, key: str | None) -> None:
    """A page elsewhere can send a form to us with our cookies, but can't know the key."""
    visitor = await stage.starts()
    before = await stage.run()
    visitor.fills(**WHO)
    await (visitor.without("wizard-key") if key is None else visitor.sets({"wizard-key": key})).presses()
    readable(visitor, 403, "Open the page again")
    await untouched(stage, before)
    await visitor.follows("Open the page again")
    assert visitor.page.heading == "About you"
    await visitor.fills(**WHO).presses()
    assert visitor.page.heading == "Where to, Ann?"


async def test_a_key_is_good_for_one_visitor_one_purpose_and_one_run(stage: Stage) -> None:
    """Keys that somebody else, another page or another run has must not fit."""
    visitor = await stage.starts()
    here, before = visitor.tab(), await stage.run()
    await visitor.opens("/w/trip")
    of_the_start_page = visitor.page.hidden("wizard-key")
    await stage.starts(visitor=visitor)
    of_another_run = visitor.page.hidden("wizard-key")
    stranger = await stage.starts(visitor=visitor.another())
    for key in (of_the_start_page, of_another_run, stranger.page.hidden("wizard-key")):
        await here.tab().fills(**WHO).sets({"wizard-key": key}).presses()
        tab = here.tab()
        await tab.fills(**WHO).sets({"wizard-key": key}).presses()
        readable(tab, 403)
    await untouched(stage, before)
    count = len(stage.engine.store.runs) if hasattr(stage.engine.store, "runs") else None
    await visitor.opens("/w/trip")
    await visitor.sets({"wizard-key": of_another_run}).presses()
    readable(visitor, 403)
    assert count is None or len(stage.engine.store.runs) == count  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
)
async def test_a_form_of_another_sites_page_is_refused(stage: Stage, headers: dict[str, str]) -> None:
    """The browser itself says where it comes from; then not even a key helps."""
    visitor = await stage.starts()
    before = await stage.run()
    await visitor.fills(**WHO).presses(headers=headers)
    readable(visitor, 403)
    await untouched(stage, before)
    await visitor.opens("/w/trip")
    await visitor.presses(headers=headers)
    readable(visitor, 403)


async def test_a_browser_without_cookies_is_told_so(stage: Stage) -> None:
    """Or one that was closed since the page was opened."""
    visitor = await stage.visitor.opens("/w/trip")
    visitor.session.cookie_jar.clear()
    await visitor.presses()
    readable(visitor, 403, "Open the page again")
    assert "cookies" in visitor.page.text
    await visitor.follows("Open the page again")
    await visitor.presses()
    assert visitor.page.heading == "About you"


# -- other people's runs -----------------------------------------------------------------------------------


HOSTILE = [
    "",
    "wizard_run=",
    "wizard_run=short",
    "wizard_run=" + "x" * 32,
    "wizard_run=" + "x" * 7_000,
    'wizard_run="\\"; wizard_run={}; Path=/',
    "wizard_run=\xff\xfe; wizard_visitor=\x80",
    "=;=;;; ; wizard_run",
    "wizard_visitor=" + "%00" * 20,
]


@pytest.mark.parametrize("cookie", HOSTILE)
async def test_a_run_opens_to_nobody_else(stage: Stage, cookie: str) -> None:
    """An address alone opens nothing, nor does anything that could be in a Cookie header."""
    visitor = await stage.starts()
    before = await stage.run()
    run = visitor.page.path.removesuffix("/who")
    stranger = visitor.another()
    headers = {"Cookie": cookie} if cookie else {}
    for path in ("/who", "", "/-/saved", "/-/files/x", "/-/remove/friends/1", "/nothing"):
        await stranger.opens(run + path, headers=headers)
        readable(stranger, 403, "You can't open this here")
    for path in ("/who", "/-/remove/friends/1"):
        await stranger.posts(visitor.fills(**WHO).pairs("next"), run + path, headers=headers)
        readable(stranger, 403, "You can't open this here")
    await untouched(stage, before)


async def test_another_runs_token_opens_nothing(stage: Stage) -> None:
    """Everybody who ever started a run has one."""
    visitor = await stage.starts()
    mine = await stage.run()
    stranger = await stage.starts(visitor=visitor.another())
    token = stranger.cookies["wizard_run"]
    await stranger.opens(f"/r/{mine.id}/who", headers={"Cookie": f"wizard_run={token}"})
    readable(stranger, 403)
    await stranger.opens(f"/r/{mine.id}?token={token}")
    readable(stranger, 403)


@pytest.mark.parametrize("run_id", ["none", "%00", "%ff", "a%20b", "x" * 300, "%F0%9F%98%80", "'or 1=1--", "..%2f"])
async def test_a_run_that_is_not_there(stage: Stage, run_id: str) -> None:
    """An id that can't be one is no other error than one that isn't known."""
    visitor = stage.visitor
    for path in (f"/r/{run_id}", f"/r/{run_id}/who", f"/r/{run_id}?token={'x' * 32}"):
        await visitor.opens(path)
        readable(visitor, 404)
    await visitor.posts([("action", "next")], f"/r/{run_id}/who")
    readable(visitor, 404)


@pytest.mark.parametrize("name", ["none", "%00", "x" * 900, "%F0%9F%98%80", "<script>"])
async def test_a_workflow_that_is_not_there(stage: Stage, name: str) -> None:
    """A mistyped address, or one of a form that was taken down."""
    await stage.visitor.opens(f"/w/{name}")
    readable(stage.visitor, 404)
    await stage.visitor.posts([("action", "next")], f"/w/{name}")
    readable(stage.visitor, 404)


# -- bodies ------------------------------------------------------------------------------------------------


async def test_two_hundred_fields_too_many(stage: Stage) -> None:
    """No page has them, and no browser adds them."""
    visitor = await stage.starts()
    before = await stage.run()
    extra = [(f"x{number}", "y") for number in range(200)]
    await visitor.fills(**WHO).posts([*visitor.pairs("next"), *extra])
    readable(visitor, 400)
    await untouched(stage, before)
    await visitor.follows("Open the page again")
    assert visitor.page.heading == "About you"
    await visitor.fills(**WHO).posts([*visitor.pairs("next"), *extra[:20]])
    assert visitor.page.heading == "Where to, Ann?"


async def test_two_hundred_fields_too_many_on_a_start_page(stage: Stage) -> None:
    """The same there."""
    visitor = await stage.visitor.opens("/w/trip")
    await visitor.posts([*visitor.pairs("next"), *((f"x{number}", "y") for number in range(200))])
    readable(visitor, 400)


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"a=%ff", FORM, 400),
        (b"\xff\xfe", FORM, 400),
        (b"&" * 5_000, FORM, 400),
        (b"--XX", {"Content-Type": "multipart/form-data"}, 400),
        (b"nothing", {"Content-Type": "multipart/form-data; boundary=XX"}, 400),
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"a=" + b"x" * 20_000, FORM, 413),
        (b"a=" + b"x" * 300_000, FORM, 413),
        (b"", {}, 403),
        (b"a=1", FORM, 403),
    ],
)
async def test_a_body_that_can_not_be_taken(stage: Stage, body: bytes, headers: dict[str, str], status: int) -> None:
    """It changes nothing, and is answered with a page."""
    visitor = await stage.starts()
    before = await stage.run()
    here, there = visitor.page.path, "/w/trip"
    for address in (here, there):
        await visitor.sends("POST", address, data=body, headers=headers)
        readable(visitor, status)
    await untouched(stage, before)


async def test_a_slow_body(stage: Stage) -> None:
    """A phone in a tunnel, or somebody who wants all connections for themselves."""
    visitor = await stage.starts()
    before = await stage.run()

    async def slow() -> AsyncIterator[bytes]:
        yield b"full_name=A"
        await asyncio.sleep(3)

    await visitor.sends("POST", visitor.page.path, data=slow(), headers=FORM)
    readable(visitor, 408, "That took too long")
    assert visitor.page.headers["Connection"] == "close"
    await untouched(stage, before)


MARKUP = "<script>alert(1)</script><img src=x onerror=a>\"' onfocus=a {{ 7*7 }}"


async def test_markup_is_shown_as_it_was_typed(stage: Stage) -> None:
    """In every field, in file names, in titles, in lists: it's text, wherever it turns up."""
    visitor = await stage.starts()
    await visitor.fills(full_name=MARKUP, birth_date=(MARKUP, MARKUP, MARKUP)).presses()
    assert visitor.page.status == 422
    assert visitor.page.values["full_name"] == MARKUP
    assert visitor.page.values["birth_date-day"] == MARKUP
    short = "<b>x</b>{{1}}"
    await visitor.fills(full_name=short, birth_date="", how="train", letter=(MARKUP, "text/html", b"x")).presses()
    assert visitor.page.heading == f"Where to, {short}?"
    await visitor.fills(town=MARKUP).presses()
    await visitor.fills(name=MARKUP).presses()
    assert MARKUP in visitor.page.text
    await visitor.fills(add_another=False).presses()
    assert MARKUP in visitor.page.text
    assert not [each for each in visitor.page.attributes if each[1].startswith("on") or each[0] == "img"]
    assert "alert(1)</script>" not in visitor.page.html


@pytest.mark.parametrize("text", ["a\0b", "\ufffe", "\u202eevil", "x" * 200_000, "😀" * 50, "a\r\nb"])
async def test_odd_texts_are_taken_or_refused_at_their_field(stage: Stage, text: str) -> None:
    """Never with an error of ours."""
    async with staged() as stage:
        visitor = await stage.starts()
        await visitor.fills(full_name=text, how="train").presses()
        assert visitor.statuses in ([303, 422], [303, 200])
        assert visitor.page.status == 200 or set(visitor.page.errors) == {"full_name"}


# -- addresses and methods -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/nothing", "/w", "/w/", "/r", "/r/", "/api", "/static", "/w/trip/x"])
async def test_addresses_that_do_not_exist(stage: Stage, path: str) -> None:
    """A page that leads on."""
    visitor = await stage.visitor.opens(path)
    readable(visitor, 404, "Page not found")
    await visitor.follows("See all forms")
    assert visitor.page.path == "/"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/", {"GET", "HEAD"}),
        ("DELETE", "/w/trip", {"GET", "HEAD", "POST"}),
        ("OPTIONS", "/w/trip", {"GET", "HEAD", "POST"}),
        ("PUT", "/r/x/who", {"GET", "HEAD", "POST"}),
        ("POST", "/r/x", {"GET", "HEAD"}),
        ("POST", "/static/x", {"GET", "HEAD"}),
    ],
)
async def test_what_can_not_be_done(stage: Stage, method: str, path: str, allowed: set[str]) -> None:
    """RFC 9110, 15.5.6: the answer names what can."""
    visitor = await stage.visitor.sends(method, path)
    readable(visitor, 405)
    assert {each.strip() for each in visitor.page.headers["Allow"].split(",")} == allowed


async def test_head_is_get_without_the_page(stage: Stage) -> None:
    """For whoever checks links."""
    visitor = await stage.starts()
    for path, status in (("/", 200), ("/w/trip", 200), (visitor.page.path, 200), ("/nothing", 404)):
        async with visitor.session.head(visitor.address(path)) as response:
            assert response.status == status
            assert await response.read() == b""
            assert response.content_type == "text/html"


async def test_the_style_and_script_are_served(stage: Stage) -> None:
    """They have names that change with them, so that browsers may keep them."""
    visitor = await stage.visitor.opens("/")
    sources = [
        value for tag, name, value in visitor.page.attributes if (tag, name) in (("link", "href"), ("script", "src"))
    ]
    assert len(sources) == 3
    for each in sources:
        async with visitor.session.get(visitor.address(each or "")) as response:
            assert response.status == 200
            assert "immutable" in response.headers["Cache-Control"]
    async with visitor.session.get(visitor.address("/static/nothing.css")) as response:
        assert response.status == 404


# -- what is kept to ourselves -------------------------------------------------------------------------------


async def test_every_page_has_the_headers_that_protect_it(stage: Stage) -> None:
    """A strict policy (CSP level 3), no frames, no referrer to elsewhere, nothing kept by caches."""
    visitor = await stage.starts()
    await visitor.opens(allow_redirects=False)
    headers = visitor.page.headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'none'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    await visitor.fills(**WHO).presses(allow_redirects=False)
    assert (visitor.page.status, visitor.page.headers["Cache-Control"]) == (303, "no-store")


async def test_a_runs_cookie_is_for_its_run_and_as_long_as_it_lasts(stage: Stage) -> None:
    """Nobody's script, nobody else's address. It outlives the run, so that who comes too late is told so."""
    visitor = await stage.visitor.opens("/w/trip")
    await visitor.presses(allow_redirects=False)
    path = visitor.page.headers["Location"].removesuffix("/who")
    cookie = visitor.page.headers["Set-Cookie"]
    assert cookie.endswith(f"; Path={path}; Max-Age={(28 + 30) * 86400}; HttpOnly; SameSite=Lax")


async def test_a_fault_of_ours_is_logged_under_a_reference_and_told_without_details(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """The person can name it, and neither page nor log shows what isn't for it."""
    visitor = await stage.starts()
    token = visitor.cookies["wizard_run"]
    with caplog.at_level(logging.DEBUG), patch.object(Engine, "submit", side_effect=ValueError("Ann secret")):
        await visitor.fills(**WHO).presses()
        readable(visitor, 500, "something went wrong")
        with patch.object(Stepping, "_pages", side_effect=ValueError("Ann")):
            await visitor.opens(f"{visitor.page.path}?token={token}&change")
    reference = visitor.page.text.rpartition(" ")[2]
    assert reference in caplog.text
    assert "ValueError" in caplog.text
    assert "Ann" not in caplog.text + visitor.page.html
    assert token not in caplog.text + visitor.page.html


async def test_what_the_engine_can_not_take_is_said(stage: Stage) -> None:
    """A limit of the store, which no field could know."""
    visitor = await stage.starts()
    with patch.object(Engine, "submit", side_effect=InvalidInput("The answers are too large to be stored.", run="x")):
        await visitor.fills(**WHO).presses()
    readable(visitor, 422)
    assert "too large to be stored" in visitor.page.text


async def test_no_token_is_ever_logged(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """Logs are read by more people than may read applications."""
    with caplog.at_level(logging.DEBUG, logger="wizard"):
        visitor = await stage.starts()
        await visitor.presses("save")
        link = next(to for to in visitor.page.links.values() if "token=" in to)
        await visitor.another().opens(link)
        await visitor.another().opens(f"{link}x")
    assert visitor.cookies["wizard_run"] not in caplog.text


async def test_the_way_back_to_a_page_stays_on_this_site(stage: Stage) -> None:
    """A request may name a whole address; the link to open it again must not lead to another host."""
    head = "POST {} HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\nContent-Length: 0\r\n\r\n"
    url = stage.visitor.address("/")
    port = int(url.rstrip("/").rpartition(":")[2])
    for target in ("http://evil.example/w/trip", "//evil.example/w/trip"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.format(target).encode())
        answer = (await reader.readuntil(b"</html>")).decode()
        writer.close()
        assert "evil.example" not in answer
