"""A visitor of an application, who is served as long as a test needs it (wizard.scripts.visitor).

async with visiting(wizard_app(engine)) as visitor:
    await visitor.opens("/w/passport")
    await visitor.presses("next")
    await visitor.fills(full_name="Ann", birth_date="27 3 1985").presses("next")
    assert visitor.page.heading == "Where do you live, Ann?"
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer

from wizard.scripts.page import File, Input, Page
from wizard.scripts.visitor import DATE_PARTS, Visitor

__all__ = ["DATE_PARTS", "File", "Input", "Page", "Visitor", "visiting"]


@asynccontextmanager
async def visiting(app: web.Application, path: str = "") -> AsyncIterator[Visitor]:
    """A visitor of this application, which is served as long as it is needed; `path` is opened at once."""
    sessions: list[ClientSession] = []

    def browser() -> ClientSession:
        sessions.append(ClientSession(cookie_jar=CookieJar(unsafe=True)))
        return sessions[-1]

    async with TestServer(app) as server:
        try:
            visitor = Visitor(browser(), str(server.make_url("/")), browser)
            yield await visitor.opens(path) if path else visitor
        finally:
            for each in sessions:
                await each.close()
