"""A served site with runs that stand on pages of every kind, and what must be true of whatever it answers.

async with besieged(folder) as site:
    held = await site.holds("picks")                  # a run, opened in a browser of its own
    page = await site.shows(held)
    async with site.unchanged():
        answer = await site.asks(Sent("POST", held.address, held.cookies, b"..."))
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.acceptance.raw import MULTIPART, URLENCODED, Answer, Pairs, Sent, multipart, once, urlencoded
from tests.invariants import check_stack
from tests.visitor import Page
from wizard.app import Functions, make_engine, wizard_app
from wizard.channels.web.csrf import RUN_COOKIE, VISITOR_COOKIE
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.engine.visits import make_visit
from wizard.errors import NodeFailed, WizardError
from wizard.model import Run, RunStatus
from wizard.node import Registry
from wizard.server import listening
from wizard.settings import Settings
from wizard.stores.sqlite import SqliteStore
from wizard.testing import MovableClock

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BODY_LIMIT = 40_000
FILE_LIMIT = 3_000

# Ends whatever it could stand in, and begins what it could begin: a tag, an attribute, a template's expression.
WORD = "zqxqzx"
MARKER = f"\"'><{WORD} on{WORD}=1>&{WORD};{{{{6*7}}}}{WORD}</title>"
assert len(MARKER) <= 80

Answers = Mapping[str, object]
WORDS: Answers = {
    "line": MARKER,
    "story": f"{MARKER}\r\n- {MARKER}",
    "campaign": MARKER,
    "rent": "2.50",
    "secret": "open!",
}
PICKS: Answers = {"size": "large", "country": "CH", "gift": True, "card": MARKER, "day": "1 2 2027"}
PDF = {"name": f"{MARKER}.pdf", "type": "application/pdf", "content": b"%PDF-1.7 <zqxqzx>"}
PAPERS: Answers = {"street": MARKER, "proof": PDF}
HELPER: Answers = {"name": MARKER}
TO_END: tuple[Answers, ...] = (WORDS, PICKS, PAPERS, HELPER, {"add_another": False}, {}, {}, {}, {"reader": MARKER})
TOWN: Answers = {"town": MARKER}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a run gets to a page: its workflow and input, the answers before, and the page's address below the run's.
    `asks` says that the page has a form."""

    workflow: str
    given: Answers | None
    answers: tuple[Answers, ...]
    tail: str
    asks: bool = True


def _siege(answers: int, tail: str, *, asks: bool = True) -> Recipe:
    return Recipe("siege", TOWN, TO_END[:answers], tail, asks)


RECIPES: Mapping[str, Recipe] = {
    "form": _siege(0, "words"),
    "picks": _siege(1, "picks"),
    "upload": _siege(2, "papers"),
    "revisited": _siege(5, "papers"),
    "item": _siege(3, "helpers/1/person"),
    "list": _siege(4, "helpers/after-1"),
    "remove": _siege(4, "-/remove/helpers/1"),
    "message": _siege(5, "told"),
    "review": _siege(6, "check"),
    "change": _siege(6, "words?change"),
    "final": _siege(7, "pay"),
    "answered": _siege(8, "words", asks=False),
    "saved": _siege(1, "-/saved", asks=False),
    "end": _siege(9, "done", asks=False),
    "failed": Recipe("failing", None, ({"seat": MARKER},), "book"),
    "waiting": Recipe("slow", None, ({"number": MARKER},), "points"),
    "code": Recipe("mail", None, ({"email": "ann@example.org"},), "address"),
    "reopened": Recipe("wish", None, ({"what": MARKER}, {}), "check"),
}
ASKING = tuple(name for name, recipe in RECIPES.items() if recipe.asks)


@dataclass(frozen=True, slots=True)
class Held:
    """A run and a browser that it is open in. `visitor` is that browser's secret."""

    id: str
    token: str
    visitor: str
    address: str  # of the page that it was brought to
    multipart: bool = False

    @property
    def cookies(self) -> tuple[tuple[str, str], ...]:
        return (("Cookie", f"{VISITOR_COOKIE}={self.visitor}; {RUN_COOKIE}={self.token}"),)


class Site:
    """See the module docstring."""

    def __init__(self, engine: Engine, clock: MovableClock, port: int, gate: asyncio.Event) -> None:
        self.engine = engine
        self.clock = clock
        self.port = port
        self.gate = gate  # what the slow work waits for
        self._working: list[asyncio.Task[RunView]] = []
        self._visitors = 0

    # -- runs ------------------------------------------------------------------------------------------

    async def holds(self, name: str) -> Held:
        """A new run that was brought to the page of this name, opened in a new browser."""
        recipe = RECIPES[name]
        run = await self.engine.start(recipe.workflow, recipe.given)
        assert run.token is not None
        token = run.token
        for answers in recipe.answers:
            if name == "waiting":
                self._working.append(asyncio.create_task(self.engine.next(run.id, answers, step=run.step)))
                await self._works(run.id)
                break
            await self.engine.next(run, answers)
            assert run.rejected is None, run.rejected
        self._visitors += 1
        return Held(run.id, token, f"visitor-{self._visitors:016}", f"/r/{run.id}/{recipe.tail}", name in UPLOADING)

    async def _works(self, run_id: str) -> None:
        while (await self.engine.load(run_id)).status is not RunStatus.WORKING:
            await asyncio.sleep(0.001)

    async def stored(self, run_id: str) -> Run:
        """The run as it is in the store."""
        run = await self.engine.store.load(run_id)
        assert run is not None, f"run {run_id} is gone"
        return run

    async def everything(self) -> dict[str, Run]:
        """All runs, as they are in the store."""
        return {each.id: await self.stored(each.id) for each in await self.engine.store.list_runs(limit=100_000)}

    @asynccontextmanager
    async def unchanged(self) -> AsyncIterator[None]:
        """Whatever is done inside changes no run and starts none, and the site goes on serving."""
        before = await self.everything()
        yield
        after = await self.everything()
        assert after.keys() == before.keys(), "a run was started"
        for run_id, run in before.items():
            differs = [name for name in Run._fields if getattr(run, name) != getattr(after[run_id], name)]
            assert not differs, f"{differs} of run {run_id} changed: {run} -> {after[run_id]}"
            self.engine.forget(run_id)
            await self.engine.load(run_id)
        assert (await self.asks(Sent("GET", "/"))).status == 200, "the site doesn't serve any more"

    # -- requests --------------------------------------------------------------------------------------

    async def asks(self, sent: Sent | bytes) -> Answer:
        """What comes of a request: an answer as all answers must be."""
        answer = await once(self.port, sent)
        check_answer(answer)
        return answer

    async def shows(self, held: Held, address: str = "") -> Page:
        """A page of the run, in its browser; after a refusal it is shown with what is wrong."""
        answer = await self.asks(Sent("GET", address or held.address, held.cookies))
        assert answer.status in (200, 422), (answer.status, answer.header("location"), answer.body[:300])
        return page_of(answer, address or held.address)

    async def posts(self, held: Held, pairs: Pairs, address: str = "", **more: Any) -> Answer:
        """What comes of a form that the run's browser posts: where it is refused, the page that says so."""
        answer, here = await self.asks(posted(held, pairs, address, **more)), address or held.address
        if answer.status == 303 and answer.header("location") == here:
            shown = await self.asks(Sent("GET", here, held.cookies))
            return shown if shown.status in (409, 422) else answer
        return answer

    async def ends(self) -> None:
        """Lets slow work end."""
        self.gate.set()
        for task in self._working:
            with suppress(WizardError):
                await task


UPLOADING = frozenset(("upload", "revisited"))


def posted(held: Held, pairs: Pairs, address: str = "", headers: tuple[tuple[str, str], ...] | None = None) -> Sent:
    """The request of a form that the run's browser posts; `headers` stand for the browser's cookies."""
    encoded, media_type = (multipart(pairs), MULTIPART) if held.multipart else (urlencoded(pairs), URLENCODED)
    given = held.cookies if headers is None else headers
    return Sent("POST", address or held.address, (*given, ("Content-Type", media_type)), encoded)


def pairs_of(page: Page, action: str = "next") -> list[tuple[str, str | tuple[str, str, bytes]]]:
    """What pressing a button of the page sends."""
    found: list[tuple[str, str | tuple[str, str, bytes]]] = []
    for each in page.inputs:
        pressed = each.kind == "submit" and each.name == "action" and each.value == action
        found += [(each.name, each.value)] if pressed else each.pairs
    return found


# -- what must be true of every answer ---------------------------------------------------------------

_HEADERS = frozenset(
    [
        "allow",
        "cache-control",
        "connection",
        "content-disposition",
        "content-encoding",
        "content-length",
        "content-security-policy",
        "content-type",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "date",
        "etag",
        "location",
        "permissions-policy",
        "referrer-policy",
        "retry-after",
        "server",
        "set-cookie",
        "transfer-encoding",
        "vary",
        "www-authenticate",
        "x-accel-buffering",
        "x-content-type-options",
        "x-frame-options",
    ]
)
_PAGE_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
# Here, and nowhere else; but the link to come back has the name that the server was called by.
# What the author of siege.yaml links to, with a typed text as one word of the address.
_WRITTEN = re.compile(r"(https://example\.org/|mailto:)[\w.%@+~-]*", re.ASCII)
_ADDRESS = re.compile(r"(/(?!/)|#|\?|\Z)[\x21-\x7e]*|https?://[\w.:\[\]-]+/r/[\w-]+(\?token=[\w-]+)?", re.ASCII)
_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
)


def check_answer(answer: Answer) -> None:
    """No error of the server's; no header that nobody meant; what is text to people is a whole page, in which nothing
    of a request is anything but text."""
    assert answer.status < 500, (answer.status, answer.body[:1000])
    unknown = {name for name, _ in answer.headers} - _HEADERS
    assert not unknown, f"headers {unknown}"
    assert answer.header("x-content-type-options") == "nosniff", f"{answer.status} without nosniff: {answer.headers}"
    assert b"Traceback" not in answer.body
    for name in ("location", "set-cookie", "content-disposition"):
        assert f"<{WORD}" not in answer.header(name), answer.header(name)
    if location := answer.header("location"):
        assert _ADDRESS.fullmatch(location), f"leads to {location}"
        assert location.startswith("/"), f"leads to {location}"
    media_type = answer.header("content-type").partition(";")[0]
    if disposition := answer.header("content-disposition"):
        assert disposition.startswith("attachment; ")
        assert answer.header("content-security-policy") == "sandbox; default-src 'none'"
    elif media_type == "text/html" and answer.body:
        check_page(answer)
    elif 300 <= answer.status < 400:
        assert not answer.body.startswith(b"<"), answer.body


def check_page(answer: Answer) -> Page:
    for name, wanted in _PAGE_HEADERS.items():
        assert answer.header(name) == wanted, f"{name} is {answer.header(name)!r} with status {answer.status}"
    policy = answer.header("content-security-policy")
    assert all(each in policy for each in _POLICY), policy
    page = page_of(answer)
    assert page.title, answer.text
    assert page.heading, answer.text
    assert page.language
    says = words_of(answer)
    assert len(says) > 2 * len(page.heading) + 10 or page.has_form or page.links, f"says no more than {says!r}"
    assert (page.status in (409, 422)) >= bool(page.errors or page.error_links)
    for tag, name, value in page.attributes:
        assert not tag.startswith(WORD), answer.text
        assert not name.startswith((WORD, "on")), f"<{tag} {name}>"
        assert name != "style", f"<{tag} style={value!r}>"
        if name in ("href", "src", "action", "formaction"):
            written = tag == "a" and _WRITTEN.fullmatch(value or "")
            assert written or _ADDRESS.fullmatch(value or ""), f"<{tag} {name}={value!r}>"
    assert f"42{WORD}" not in answer.text, "a template ran what was typed"
    return page


def page_of(answer: Answer, address: str = "") -> Page:
    return Page(address, answer.status, answer.text, dict(answer.headers))


def check_refusal(answer: Answer, status: int) -> Page:
    """A page that says that something can't be done, and what to do instead."""
    assert answer.status == status, (answer.status, answer.header("location"), answer.body[:500])
    page = check_page(answer)
    assert len(words_of(answer)) > 2 * len(page.heading) + 20, answer.text
    return page


def words_of(answer: Answer) -> str:
    """All that there is to read on the page, its title as well."""
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())


async def check_run(site: Site, run_id: str) -> None:
    """It can be loaded, its stack is in order, and each answer is one that its step's form accepts."""
    site.engine.forget(run_id)
    view = await site.engine.load(run_id)
    if view.status not in (RunStatus.WORKING, RunStatus.EXPIRED, RunStatus.CANCELLED):
        check_stack(view.run)
    for step in view.run.path:
        if step.is_foreground and step.is_done:
            visit = make_visit(view.workflow, view.run, step, view.now)
            assert visit.node.handler.accepts(visit), f"{step.path} holds {step.output!r}"
    assert view.current.step


# -- serving -----------------------------------------------------------------------------------------


@lru_cache
def catalog() -> Catalog:
    """The definitions; compiling them takes longer than most tests."""
    return Catalog.load([Path(__file__).with_name("siege.yaml")], Registry.installed())


@asynccontextmanager
async def besieged(folder: Path, *, works: float | None = None, **settings: Any) -> AsyncIterator[Site]:
    """A site on a SQLite file in the folder, served on a free port. Slow work takes `works` seconds, or until it is
    told to end."""
    clock, gate = MovableClock(NOON), asyncio.Event()

    async def book(seat: str) -> str:
        raise NodeFailed(f"The theatre has no {seat}.")

    async def wait(number: str) -> str:
        with suppress(TimeoutError):
            async with asyncio.timeout(works):
                await gate.wait()
        return number

    async def send_code(email: str, code: str) -> None:
        return None

    chosen = Settings(**{"body_limit": BODY_LIMIT, "body_timeout": 0.3, "start_rate": 0, "refusal_rate": 0, **settings})
    async with AsyncExitStack() as stack:
        store = SqliteStore(folder / "siege.sqlite")
        await store.open()
        stack.push_async_callback(store.close)
        functions: Functions = {"book": book, "wait": wait, "send_code": send_code}
        engine = make_engine(catalog(), store, chosen, functions, clock=clock)
        stack.push_async_callback(engine.close)
        app = wizard_app(engine, settings=chosen)
        addresses = await stack.enter_async_context(listening(app, "127.0.0.1", 0, grace=0.1))
        site = Site(engine, clock, addresses[0][1], gate)
        stack.push_async_callback(site.ends)
        yield site
