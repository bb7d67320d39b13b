"""aiohttp: Wizard's own pages below /forms/, beside pages of the host.

`python examples/hosts/aiohttp_host.py [PORT]`. A run belongs to who started it: the host knows people by a cookie.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import AsyncIterator

from aiohttp import web
from booking import booking_engine

from wizard.app import Identity, wizard_app
from wizard.engine import Engine

ENGINE = web.AppKey("engine", Engine)
PEOPLE: dict[str, str] = {}  # stands for your own sessions


def identify(request: web.Request) -> Identity | None:
    person = PEOPLE.get(request.cookies.get("session", ""))
    return None if person is None else Identity(profile_id=person)


async def begin(request: web.Request) -> web.Response:
    """Signs somebody in who isn't yet, and starts a run of theirs."""
    session = request.cookies.get("session", "")
    if session not in PEOPLE:
        session = secrets.token_urlsafe()
        PEOPLE[session] = secrets.token_hex(8)
    run = await request.app[ENGINE].start("booking", profile_id=PEOPLE[session])
    response = web.Response(status=303, headers={"Location": f"/forms/r/{run.id}"})
    response.set_cookie("session", session, httponly=True, samesite="Lax")
    return response


async def paid(request: web.Request) -> web.Response:
    """The bank's call; its signature is to be checked here."""
    told = await request.json()
    await request.app[ENGINE].event(told["reference"], "paid", key=told["payment"])
    return web.Response(status=204)


def host_app() -> web.Application:
    app = web.Application()
    engine = app[ENGINE] = booking_engine()

    async def opened(app: web.Application) -> AsyncIterator[None]:
        await engine.store.open()
        yield
        await engine.close()
        await engine.store.close()

    app.cleanup_ctx.append(opened)
    app.add_routes([web.get("/", begin), web.post("/paid", paid)])
    app.add_subapp("/forms/", wizard_app(engine, identify=identify))  # does jobs as well
    return app


if __name__ == "__main__":
    web.run_app(host_app(), host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8100, print=None)
