"""Whether the process lives, whether it can serve, and its figures: for supervisors, balancers and Prometheus.

None of the three needs a run, sets a cookie, writes a log line or counts in a rate limit. They say nothing of how
things are set up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from aiohttp import web

from wizard.channels.http.problems import SECURITY_HEADERS, protect
from wizard.model.job import Backlog
from wizard.process.calls import Calls
from wizard.stores.contract import Store

PATIENCE = 2.0  # seconds that the store may take until it counts as gone
PROBED = 5.0  # seconds for which it counts as writable once it was written to, or as not: a probe waits for the disk


class Stopping(NamedTuple):
    """How a process is told to stop: `begun` is set, and what is under way then has `grace` seconds."""

    begun: asyncio.Event
    grace: float


STOPPING: web.AppKey[Stopping] = web.AppKey("wizard.stopping", Stopping)
CALLS: web.AppKey[Calls] = web.AppKey("wizard.calls", Calls)


class Employed(Protocol):
    """A worker of this process (wizard.engine.worker.Worker)."""

    @property
    def has_ended(self) -> bool:
        """Whether it works no more although nobody stopped it."""


class Figures(Protocol):
    """What `/metrics` shows (wizard.telemetry.metrics.Metrics)."""

    async def exposed(self, backlog: Callable[[], Awaitable[Backlog]], accept: str) -> tuple[bytes, str]:
        """The figures in the format that the Accept header asks for, and its media type."""


def add_health(
    app: web.Application,
    store: Store,
    stopping: Stopping,
    figures: Figures | None = None,
    calls: Calls | None = None,
    workers: Sequence[Employed] = (),
) -> None:
    """Adds `/healthz` and `/readyz` to an application, and with figures `/metrics`; `wizard.server` stops it by
    `stopping`. `/readyz` is 503 while the store doesn't answer within PATIENCE, while no functions can be called since
    too many hang, while one of `workers` has ended, and from the moment on that the process is told to stop. That the
    store can be written is tried at most every PROBED seconds, however many ask."""
    app[STOPPING] = stopping
    if calls is not None:
        app[CALLS] = calls

    async def stop(app: web.Application) -> None:
        stopping.begun.set()  # by another server than ours, which knows nothing of it

    app.on_shutdown.append(stop)
    probe = _Probe(store)

    async def alive(request: web.Request) -> web.Response:
        return _said(200, "alive")

    async def ready(request: web.Request) -> web.Response:
        if stopping.begun.is_set():
            return _said(503, "The server is stopping.")
        if calls is not None and calls.trouble is not None:
            return _said(503, calls.trouble)
        if any(worker.has_ended for worker in workers):
            return _said(503, "The worker of this process has ended.")
        try:
            async with asyncio.timeout(PATIENCE):
                await store.revision("")  # of no run: it has to be looked for all the same
                writable = await probe.passes()
        except TimeoutError:
            return _said(503, f"The store hasn't answered for {PATIENCE:g} seconds.")
        except Exception:  # whatever it is, its message may name hosts and paths
            return _said(503, "The store can't be read.")
        if not writable:
            return _said(503, "The store can't be written.")
        return _said(200, "ready")

    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    if figures is None:
        return

    async def metrics(request: web.Request) -> web.Response:
        body, media_type = await figures.exposed(
            lambda: store.backlog(datetime.now(UTC)), request.headers.get("Accept", "")
        )
        return web.Response(body=body, headers={**SECURITY_HEADERS, "Content-Type": media_type})

    app.router.add_get("/metrics", metrics)


class _Probe:
    """Whether the store can be written, as of some seconds ago. One probe at a time is under way; who asks meanwhile
    waits for that one, and who gives up doesn't end it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._passed = True
        self._until = 0.0
        self._under_way: asyncio.Task[None] | None = None

    async def passes(self) -> bool:
        if asyncio.get_running_loop().time() >= self._until:
            if self._under_way is None or self._under_way.done():
                self._under_way = asyncio.ensure_future(self._try())
            await asyncio.shield(self._under_way)
        return self._passed

    async def _try(self) -> None:
        try:
            await self._store.probe()
        except Exception:  # whatever it is, its message may name hosts and paths
            self._passed = False
        else:
            self._passed = True
        self._until = asyncio.get_running_loop().time() + PROBED


def health_app(
    store: Store,
    stopping: Stopping,
    figures: Figures | None = None,
    calls: Calls | None = None,
    workers: Sequence[Employed] = (),
) -> web.Application:
    """An application of nothing else, for a worker; it neither opens nor closes the store."""
    app = web.Application()
    app.on_response_prepare.append(protect)
    add_health(app, store, stopping, figures, calls, workers)
    return app


def _said(status: int, line: str) -> web.Response:
    return web.Response(
        status=status, text=line + "\n", headers={**SECURITY_HEADERS, "Content-Type": "text/plain; charset=utf-8"}
    )
