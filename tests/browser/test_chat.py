"""The chat in real browsers: a conversation to its end, whatever happens to the connection; by keyboard, without
scripts, in a page of another site, in Arabic, on a small telephone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser

from tests.browser.audits import axe, has_no_barriers, has_no_overflow
from tests.browser.conftest import Opens
from tests.browser.firefox import Firefox, Reader
from tests.browser.person import Person
from tests.browser.site import Site, a_site, served
from tests.browser.talker import IN, TALKS, Talker, at_chat, forgets, opened, run_of
from wizard.app import wizard_app
from wizard.settings import Settings

# A page of another site, whose policy lets it load the script and speak with the forms, and nothing else.
HOST = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Shop</title>
<main><h1>Shop</h1><wizard-chat src="{0}/" workflow="{1}">The chat</wizard-chat></main>
<script src="{0}/static/chat.js"></script></html>"""
COLOURS = """((scheme) => {
  const chat = document.querySelector("wizard-chat");
  chat.setAttribute("scheme", scheme);
  const names = [...chat.shadowRoot.adoptedStyleSheets[0].cssRules[0].style].filter((name) => name.startsWith("--"));
  const style = getComputedStyle(chat);
  return JSON.stringify([style.colorScheme, ...names.map((name) => style.getPropertyValue(name))]);
})"""
# What is sent next is lost, and what would be waited for longest comes at once.
SWALLOWED = """() => {
  const { send } = WebSocket.prototype, wait = window.setTimeout;
  WebSocket.prototype.send = () => (WebSocket.prototype.send = send);
  window.setTimeout = (then, pause, ...more) => wait(then, pause === 30_000 ? 0 : pause, ...more);
}"""
POLICY = "default-src 'none'; script-src {0}; connect-src {0} {1}"


@dataclass
class Shop:
    """Another site, and the address of the forms that it embeds."""

    address: str = ""
    forms: str = ""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop() -> AsyncIterator[Shop]:
    shop = Shop()

    async def page(request: web.Request) -> web.Response:
        policy = POLICY.format(shop.forms, shop.forms.replace("http", "ws"))
        text = HOST.format(shop.forms, request.query.get("workflow", "visit"))
        return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": policy})

    app = web.Application()
    app.router.add_get("/", page)
    async with served(app) as address:
        shop.address = address.replace("127.0.0.1", "localhost")
        yield shop


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def forms(browser: Browser, shop: Shop) -> AsyncIterator[Site]:
    async with a_site(TALKS, jobs=2, grace=0.1, chat_origins=shop.address) as site:
        shop.forms = site.address
        yield site
        site.outside.gate.set()


async def goes_through(talker: Talker, reload: Any) -> None:
    """A conversation to its end, with a reload on the way and a button that is pressed twice."""
    await talker.is_asked("Your name")
    await talker.says("Ann", "Which day?")
    await talker.says("not a day", "Which day?")
    await reload()
    await talker.is_asked("Which day?")
    assert (await talker.looks())["panel"] == ""  # a reload is no second visit
    await talker.says("27 March 2026", "Which colour?")
    await talker.presses("blue", times=2)
    await talker.is_asked("Your passport")
    await talker.presses("Skip")
    seen = await talker.waits_until(lambda seen: "Start a new one" in seen["panel"])
    assert "See you, Ann" in seen["rows"][-1]["text"]
    assert not seen["asks"]
    assert not seen["working"]
    assert await talker.heard() == ["Ann", "not a day", "27 March 2026", "blue", "Skip"]


async def test_a_conversation_to_its_end(forms: Site, ann: Person) -> None:
    """What somebody says is taken once and in order, and is there again after a reload."""
    talker = await opened(ann, forms)
    await goes_through(talker, ann.page.reload)
    run = await forms.engine.load(await run_of(talker))
    assert dict(run.answers["you"])["colour"] == "blue"
    link = ann.page.locator(".row.engine a").first
    assert await link.get_attribute("href") == "https://forms.example/help"


async def test_the_same_in_firefox_with_a_server_that_restarts(forms: Site, whole_firefox: Firefox) -> None:
    """Firefox treats sockets, stored data and styles of its own in its own way."""
    reader = await Reader.sits_down(whole_firefox)
    server = Server(forms)
    await server.starts()
    await reader.visits(f"{server.address}/c/visit")
    talker = Talker(reader.evaluates)
    await outlives_a_restart(talker, server)
    await talker.presses("Menu")
    await talker.presses("Back to the question before")
    await talker.is_asked("Your name")
    await talker.presses("Keep it")
    await talker.is_asked("Which day?")
    await reader.reloads()
    await talker.is_asked("Which day?")
    await talker.says("27 March 2026", "Which colour?")
    await talker.presses("blue", times=2)
    await talker.is_asked("Your passport")
    await talker.presses("Skip")
    await talker.waits_until(lambda seen: "Start a new one" in seen["panel"])
    assert await talker.heard() == ["Ann", "back", "Keep it", "27 March 2026", "blue", "Skip"]
    await server.stops()
    await reader.leaves()


class Server:
    """The same engine, served by a server of its own at an address that stays, which stops and starts."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._port = 0
        self._runner: web.AppRunner | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def starts(self) -> None:
        app = wizard_app(self._site.engine, settings=Settings(grace=0.1, jobs=0))
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()
        self._port = self._runner.addresses[0][1]

    async def stops(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()


async def outlives_a_restart(talker: Talker, server: Server) -> None:
    await talker.is_asked("Your name")
    await server.stops()
    await talker.writes("Ann")
    await talker.waits_until(lambda seen: seen["rows"][-1]["state"] == "waiting" and "connection" in seen["status"])
    await server.starts()
    await talker.is_asked("Which day?")
    assert await talker.heard() == ["Ann"]


async def test_a_server_that_restarts(forms: Site, ann: Person) -> None:
    """What was written meanwhile says that it waits, survives a reload of the page, and is answered once."""
    server = Server(forms)
    await server.starts()
    await ann.visits(f"{server.address}/c/visit")
    await outlives_a_restart(at_chat(ann), server)
    await server.stops()
    ann.noticed.clear()  # that there was no connection


async def test_offline_and_back(forms: Site, ann: Person) -> None:
    """In a tunnel nobody is told that something was sent which wasn't; what others said meanwhile is caught up with.
    A network that went away without a word is noticed after half a minute, and what was written is sent again."""
    talker = await opened(ann, forms)
    await ann.context.set_offline(True)
    await talker.writes("Ann")
    await talker.writes("28 March 2026")
    seen = await talker.waits_until(lambda seen: [row["state"] for row in seen["rows"][-2:]] == ["waiting"] * 2)
    assert not seen["working"]
    await ann.context.set_offline(False)
    await talker.is_asked("Which colour?")
    assert await talker.heard() == ["Ann", "28 March 2026"]
    await ann.page.evaluate(SWALLOWED)
    await talker.writes("blue")
    await talker.is_asked("Your passport")
    assert (await talker.heard())[-1] == "blue"
    ann.noticed.clear()


async def test_where_no_socket_passes(forms: Site, ann: Person) -> None:
    """Some networks let requests through and no sockets: the chat asks then."""
    await ann.page.add_init_script(
        "window.WebSocket = class { static OPEN = 1; readyState = 3; close() {}"
        " constructor() { setTimeout(() => this.onclose(), 0); } }"
    )
    talker = await opened(ann, forms)
    await talker.says("Ann", "Which day?")
    await forms.engine.next(await run_of(talker), {"day": "2026-03-27", "full_name": "Ann", "colour": "green"})
    await talker.is_asked("Your passport")
    assert await talker.heard() == ["Ann"]


async def test_pages_and_chat_stay_in_step(forms: Site, ann: Person) -> None:
    """What is answered on a page is told in the chat, whose old buttons go; each leads to the other."""
    talker = await opened(ann, forms)
    await talker.says("Ann", "Which day?")
    await talker.says("27 March 2026", "Which colour?")
    await ann.page.get_by_role("button", name="Menu").click()
    await ann.page.get_by_role("button", name="Continue on pages").click()
    await ann.page.get_by_role("heading", name="About you").wait_for()
    await ann.sees(values={"full_name": "Ann", "colour": None})
    other = await ann.context.new_page()
    await other.goto(f"{forms.address}/c/visit")
    chat = Talker(other.evaluate)
    await chat.waits_until(lambda seen: "Continue" in seen["panel"])  # a second visit
    await chat.presses("Continue")
    await chat.waits_until(lambda seen: seen["choices"] == ["green", "blue"])
    await ann.chooses("green")
    await ann.presses("Continue")
    seen = await chat.is_asked("Your passport")
    assert seen["choices"] == ["Choose a file", "Skip"]
    await other.close()
    await ann.follows("Continue in the chat")
    await talker.is_asked("Your passport")
    assert "token" not in ann.page.url


async def test_earlier_answers(forms: Site, ann: Person) -> None:
    """An answer of one's own is corrected where it stands; a button of an earlier question answers nothing."""
    talker = await opened(ann, forms)
    await talker.says("Ann", "Which day?")
    await talker.presses("Change: Ann")
    assert await ann.page.get_by_role("textbox", name="Write a message").input_value() == "Ann"
    await talker.says("Anna", "Which day?")
    await talker.says("27 March 2026", "Which colour?")
    # The same button as another tab shows it, which hasn't heard of the answer.
    old = await ann.page.locator(".choices button").first.evaluate_handle("(button) => button")
    run = await run_of(talker)
    await forms.engine.next(run, {"full_name": "Anna", "day": "2026-03-27", "colour": "blue"})
    await talker.is_asked("Your passport")
    assert await old.evaluate("(button) => button.disabled")
    assert dict((await forms.engine.load(run)).answers["you"])["full_name"] == "Anna"


async def test_a_file(forms: Site, ann: Person) -> None:
    """A file is chosen when one is asked for, and arrives whole; a day of the calendar is shown as people write it, and
    changed as it was sent."""
    talker = await opened(ann, forms)
    await talker.says("Ann", "Which day?")
    await talker.says("2026-03-27", "Which colour?")
    assert (await talker.heard())[-1] == "27 March 2026"
    await talker.presses("Change: 2026-03-27")
    assert await ann.page.get_by_role("textbox", name="Write a message").input_value() == "2026-03-27"
    await ann.key("Escape")
    await talker.presses("green")
    await talker.is_asked("Your passport")
    chosen = {"name": "pass <b>.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 " + b"x" * 300_000}
    await ann.page.locator("input[type=file]").set_input_files(chosen)  # type: ignore[arg-type]
    seen = await talker.waits_until(lambda seen: "Start a new one" in seen["panel"])
    assert "pass <b>.pdf" in [row["text"] for row in seen["rows"]]
    view = await forms.engine.load(await run_of(talker))
    assert dict(view.answers["paper"])["scan"]["size"] == 300_009


async def test_by_keyboard(forms: Site, ann: Person) -> None:
    """Nobody needs a mouse: Enter sends, Shift and Enter break the line, arrows move among buttons, Escape closes. One
    writes at once, and also while a button has the focus."""
    talker = await opened(ann, forms)
    await ann.writes("Ann")
    await ann.key("Shift+Enter", "Backspace", "Enter")
    await talker.is_asked("Which day?")
    await ann.writes("27 March 2026")
    await ann.key("Enter")
    await talker.is_asked("Which colour?")
    focused = f"({IN}.activeElement?.getAttribute('aria-label') ?? {IN}.activeElement?.innerText)"
    assert await talker.evaluates(focused) == "green"
    await ann.writes("b")
    assert await ann.page.get_by_role("textbox", name="Write a message").input_value() == "b"
    await ann.page.get_by_role("button", name="green").focus()
    await ann.key("ArrowRight", "Enter")
    await talker.is_asked("Your passport")
    assert (await talker.heard())[-1] == "blue"
    await ann.page.get_by_role("button", name="Menu").focus()
    await ann.key("Enter")
    assert await talker.evaluates(focused) == "Back to the question before"
    await ann.key("Escape")
    assert await talker.evaluates(focused) == "Menu"


async def test_in_a_page_of_another_site(forms: Site, shop: Shop, ann: Person) -> None:
    """A shop embeds the chat under the strictest policy; it works, has no barriers, fits a small telephone, and is
    light or dark as the shop says. What is typed there is shown as it is, whatever it is."""
    await ann.visits(shop.address)
    talker = at_chat(ann)
    await talker.is_asked("Your name")
    hostile = "<img src=x onerror=document.title='taken'><b>\u202egpj.exe " + "x" * 300
    await talker.says(hostile, "Which day?")
    await talker.says("y" * 100_000, "Which day?")
    await talker.says("27 March 2026", "Which colour?")
    assert (await talker.heard())[0].startswith("<img src=x onerror=")
    assert await ann.page.title() == "Shop"
    await has_no_overflow(ann)
    await ann.page.evaluate(axe())  # a policy keeps scripts of others out, and this one is ours
    await has_no_barriers(ann)
    devices = {}
    for device in ("light", "dark"):
        await ann.page.emulate_media(color_scheme=device)
        devices[device] = [await talker.evaluates(f"{COLOURS}('{scheme}')") for scheme in ("", "light", "dark")]
    assert devices["light"][0] == devices["light"][1] == devices["dark"][1] != devices["dark"][0]
    assert devices["dark"][0] == devices["dark"][2] == devices["light"][2]
    await ann.page.emulate_media(color_scheme="light")
    await ann.page.reload()
    await talker.is_asked("Which colour?")


async def test_sites_that_nobody_named(forms: Site, shop: Shop, ann: Person) -> None:
    """A page elsewhere can't open conversations by its readers' browsers."""
    await ann.visits(shop.address.replace("localhost", "127.0.0.1"))
    await ann.page.get_by_text("The chat can’t be reached").wait_for()
    assert all("CORS" in each or "Failed to load" in each for each in ann.noticed)
    ann.noticed.clear()


async def test_barriers_on_the_page_of_a_chat(forms: Site, ann: Person) -> None:
    """In English and in Arabic, from right to left, in light and dark, with the menu open, at 320 pixels."""
    await opened(ann, forms)
    await ann.page.get_by_role("button", name="Menu").click()
    await has_no_barriers(ann)
    await has_no_overflow(ann)
    talker = await opened(ann, forms, "ziyara", "ما اسمك؟")
    await talker.says("آن", "أي لون؟")
    asked = await ann.page.locator(".engine .bubble").last.bounding_box()
    said = await ann.page.locator(".person .bubble").last.bounding_box()
    assert asked
    assert said
    assert asked["x"] > said["x"]
    await has_no_barriers(ann)
    await has_no_overflow(ann)


async def test_nothing_moves_for_who_wants_that(forms: Site, opens: Opens) -> None:
    """Dots and bubbles stand still."""
    ann = await opens(reduced_motion="reduce")
    await opened(ann, forms)
    assert await ann.page.locator(".row").first.evaluate("(row) => getComputedStyle(row).animationName") == "none"
    await forgets(ann)


async def test_without_scripts(forms: Site, opens: Opens) -> None:
    """The page leads to the form."""
    ann = await opens(f"{forms.address}/c/visit", javascript=False)
    await ann.sees("The chat needs JavaScript.", title="Book a visit")
    await ann.follows("Use the form instead")
    await ann.sees(title="Book a visit")


async def test_work_under_way(forms: Site, ann: Person) -> None:
    """Dots show as long as an answer is on its way, and not longer; then how far slow work is."""
    forms.outside.works()
    forms.outside.gate.clear()
    talker = await opened(ann, forms, "slow", "Your number")
    await talker.writes("12")
    await talker.waits_until(lambda seen: seen["working"] and "Working" in seen["rows"][-1]["text"])
    while forms.outside.calls == 0:
        await asyncio.sleep(0.01)
    forms.outside.reports(40, "Looking through 2025")
    await talker.waits_until(lambda seen: "Looking through 2025 40 %" in seen["working"])
    forms.outside.gate.set()
    seen = await talker.waits_until(lambda seen: "Start a new one" in seen["panel"])
    assert not seen["working"]
