"""Web pages: submissions a second beside the floor, what a page weighs, and whether it moves while it loads."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.bench.cases import forms
from tests.bench.floor import floor_app
from tests.bench.load import MARK_LENGTH, Load, Shot, Submission, fire, submit
from tests.bench.served import listening as serving
from wizard.app import make_engine, wizard_app
from wizard.channels.web.assets import Assets
from wizard.channels.web.csrf import RUN, RUN_COOKIE, VISITOR_COOKIE, form_key
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.server import listening
from wizard.settings import Settings
from wizard.stores.sqlite import SqliteStore

FORMS = 10
VISITOR = "a" * 22
ANSWERS = {
    "full_name": "Ann Example",
    "birth_date-day": "27",
    "birth_date-month": "3",
    "birth_date-year": "1985",
    "email": "ann@example.org",
}


@dataclass(frozen=True)
class Pages:
    """At a number of connections: the floor's durable turns, and durable submissions of a page."""

    connections: int
    floor: Load
    pages: Load


@asynccontextmanager
async def _engine(folder: Path) -> AsyncIterator[Engine]:
    store = SqliteStore(folder / "pages.sqlite")
    await store.open()
    engine = make_engine(forms(FORMS), store)
    try:
        yield engine
    finally:
        await engine.close()
        await store.close()


async def pages(folder: Path, connections: int, submissions: int) -> Pages:
    """Every submission answers one form of a run, and looks at the next; the runs are started before."""
    each = submissions // connections
    async with serving(floor_app(folder / "floor.sqlite", connections)) as port:
        floor = await fire(port, [[Shot(f"/run/run-{n}", b"x" * 200)] * each for n in range(connections)])
    async with _engine(folder) as engine:
        loads = [
            [one for _ in range(max(1, each // (FORMS - 1))) for one in _submissions(await engine.start("forms"))]
            for _ in range(connections)
        ]
        async with listening(wizard_app(engine), "127.0.0.1", 0) as addresses:
            return Pages(connections, floor, await submit(addresses[0][1], loads))


def _submissions(run: RunView) -> list[Submission]:
    return submissions_of(run, [f"form_{form}" for form in range(1, FORMS + 1)])


def submissions_of(run: RunView, steps: Sequence[str], lane: int = 0) -> list[Submission]:
    """Each step but the last answered, and the one that follows looked at. The run stands at the first."""
    assert run.token is not None
    cookie = ("Cookie", f"{VISITOR_COOKIE}={VISITOR}; {RUN_COOKIE}={run.token}")
    answers = urlencode({"wizard-key": form_key(VISITOR, RUN, run.token), **ANSWERS, "action": "next"})
    body = f"{answers}&wizard-seen=".encode()
    headers = (cookie, ("Content-Type", "application/x-www-form-urlencoded"))
    submissions: list[Submission] = []
    for step, following in pairwise(steps):
        post = Shot(f"/r/{run.id}/{step}", body + b"x" * MARK_LENGTH, headers).raw()
        get = Shot(f"/r/{run.id}/{following}", headers=(cookie,), method="GET").raw()
        told = b"" if submissions else run.mark_of(step).encode()
        submissions.append(Submission(post[:-MARK_LENGTH], get, told, lane))
    return submissions


@dataclass(frozen=True)
class Weight:
    """Bytes as they are and compressed, and how many requests a page takes: the first, and each further one."""

    page: int
    page_zipped: int
    is_zipped: bool  # whether pages are served compressed
    style: int
    style_zipped: int
    script: int
    script_zipped: int
    first: int
    further: int
    shifts: list[str] | None  # None: there is no browser to look with


async def weight(folder: Path) -> Weight:
    """Of the page of a three-field form."""
    async with _engine(folder) as engine:
        run = await engine.start("forms")
        async with listening(wizard_app(engine, settings=Settings(start_rate=0)), "127.0.0.1", 0) as addresses:
            address = f"http://127.0.0.1:{addresses[0][1]}"
            link = f"{address}/r/{run.id}?token={run.token}"
            body, zipped = await asyncio.to_thread(_get, f"{address}/r/{run.id}/form_1", f"{RUN_COOKIE}={run.token}")
            shifts = await _shifts(link)
    assets = Assets.load()
    style, script = assets.files[assets.css], assets.files[assets.js]
    parts = set(re.findall(rb'(?:src|href)="([^"]*/static/[^"]+)"', body))
    return Weight(
        page=len(body),
        page_zipped=len(gzip.compress(body)),
        is_zipped=zipped,
        style=len(style.body),
        style_zipped=len(style.zipped),
        script=len(script.body),
        script_zipped=len(script.zipped),
        first=1 + len(parts),
        further=1,
        shifts=shifts,
    )


def _get(address: str, cookie: str) -> tuple[bytes, bool]:
    with urlopen(Request(address, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})) as answer:
        zipped = answer.headers.get("Content-Encoding") == "gzip"
        body = answer.read()
    return (gzip.decompress(body) if zipped else body), zipped


async def _shifts(link: str) -> list[str] | None:
    """What moved while pages were loading and being answered, as a browser noticed."""
    from tests.browser.chromium import NoBrowser, chromium
    from tests.browser.person import Person

    try:
        async with chromium() as browser:
            person = await Person.opens(browser, link)
            await person.presses("Continue")
            await person.types(full_name="Ann", birth_date="27 3 1985", email="ann@example.org")
            await person.presses("Continue")
            noticed = [each for each in person.noticed if "moved" in each]
            await person.context.close()
            return noticed
    except NoBrowser:
        return None
