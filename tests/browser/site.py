"""The served application that the browser tests visit, and ways to bring a run to where a test begins."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import SecretStr

from wizard.app import Functions, wizard_app
from wizard.channels.http.identities import Identity
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.engine.worker import working
from wizard.errors import NodeFailed
from wizard.node import Visit
from wizard.settings import Settings
from wizard.testing import MovableClock, make_test_engine

PROCESSES = Path(__file__).with_name("processes.yaml")
UNRULY = Path(__file__).with_name("unruly.yaml")
ADMIN_KEY = SecretStr("k" * 32)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
Answers = Mapping[str, object]
SIGNED_IN = "signed_in"  # the cookie that says who a person is


class Outside:
    """What the processes call: it works, hangs or fails as a test says."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.visit: Visit[Any] | None = None
        self.works()

    def works(self) -> None:
        self.codes: list[str] = []
        self.broken = False
        self.calls = 0
        self.gate.set()

    async def wait_for(self, number: str, visit: Visit[Any]) -> int:
        self.calls += 1
        self.visit = visit
        await self.gate.wait()
        return len(number)

    def reports(self, percent: float | None, text: str) -> None:
        """Says how far the work is that was begun last."""
        assert self.visit is not None
        self.visit.report(percent, text)

    async def book(self, seat: str) -> str:
        self.calls += 1
        if self.broken:
            raise NodeFailed("The theatre doesn't answer. Try again in a few minutes.")
        return seat

    async def send_code(self, email: str, code: str) -> None:
        self.codes.append(code)


class Site:
    """A served engine. `address` is where its pages are, without a closing slash."""

    def __init__(self, engine: Engine, clock: MovableClock, outside: Outside, address: str) -> None:
        self.engine = engine
        self.clock = clock
        self.outside = outside
        self.address = address
        self.scripts = True  # whether the pages' script arrives
        self._turns: set[asyncio.Task[RunView]] = set()

    async def begins(
        self, workflow: str, *answers: Answers, given: Answers | None = None, profile: str | None = None
    ) -> RunView:
        """A run that was started and answered so far, through the engine; `profile` is whose it is."""
        run = await self.engine.start(workflow, given, profile_id=profile)
        for each in answers:
            await self.engine.next(run, each)
            assert run.rejected is None, run.rejected
        return run

    def link(self, run: RunView) -> str:
        """The link by which a person opens a run that was just started, on any device."""
        return f"{self.address}/r/{run.id}?token={run.token}"

    def page(self, run: RunView, path: str) -> str:
        """The address of a step's page, or of another page of a run."""
        return f"{self.address}/r/{run.id}/{path}"

    async def works_on(self, run: RunView, answers: Answers) -> None:
        """Answers the run while what it calls hangs, and comes back as soon as that was called."""
        self.outside.gate.clear()
        turn = asyncio.create_task(self.engine.next(run.id, answers))
        self._turns.add(turn)
        turn.add_done_callback(self._turns.discard)
        while self.outside.calls == 0:
            await asyncio.sleep(0.01)

    async def seen(self, run: RunView) -> RunView:
        """The run as it is now."""
        return await self.engine.load(run.id)

    async def accepted(self, run: RunView, step: str) -> int:
        """How often an answer to a step was accepted."""
        trace = await self.engine.trace(run.id)
        return sum(1 for each in trace if each.entry.kind == "accepted" and each.entry.step == step)

    async def run_at(self, url: str) -> RunView:
        """The run whose page this is."""
        return await self.engine.load(urlsplit(url).path.partition("/r/")[2].partition("/")[0])


def identify(request: web.Request) -> Identity | None:
    who = request.cookies.get(SIGNED_IN)
    return Identity(who, name=who.capitalize()) if who else None


@asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    """Serves an application on a free port of this machine, and gives its address."""
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def a_site(*files: Path, jobs: int = 0, language: str = "", **settings: Any) -> AsyncIterator[Site]:
    """An engine with the processes of these files, served; with `jobs`, so many are done at a time. `language` is the
    one that they say they are in."""
    outside, clock = Outside(), MovableClock(NOON)
    functions: Functions = {"wait_for": outside.wait_for, "book": outside.book, "send_code": outside.send_code}
    chosen = Settings(**{"admin_key": ADMIN_KEY, **settings})  # with it, there are the pages of node types
    definitions = [file.read_text() for file in files or (PROCESSES,)]
    if language:
        definitions = [re.sub(r"(?m)^title:", f"language: {language}\ntitle:", each) for each in definitions]
    engine = await make_test_engine(*definitions, functions=functions, clock=clock, settings=chosen)
    app = wizard_app(engine, settings=chosen, identify=identify)
    site = Site(engine, clock, outside, "")

    async def lose_scripts(request: web.Request, response: web.StreamResponse) -> None:
        if not site.scripts and request.path.endswith(".js"):
            response.headers["Content-Type"] = "text/plain"  # which nosniff forbids to run

    app.on_response_prepare.append(lose_scripts)
    async with working(engine, jobs), served(app) as site.address:
        yield site
    await engine.close()
