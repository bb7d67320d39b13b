"""Serving an application until a signal says stop, and stopping without losing anything: `wizard serve`.

Told to stop, the server says in `/readyz` that it does, takes new connections for a MOMENT still, lets turns under way
finish and their answers go out, and closes what they need last: background work, then the store. What hangs is left
behind (wizard.process.stopping), which the exit code tells. Who is told twice doesn't wait: what was acknowledged is
stored, and what wasn't is as if it had never been sent (S20).
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial

from aiohttp import web

from wizard.channels.http.accepting import Acceptor
from wizard.channels.http.connections import LIMITS, Connections, Limits
from wizard.channels.http.health import CALLS, STOPPING, Stopping
from wizard.channels.web.connection import FULL, Connection, answer
from wizard.process.running import come_to, run_to_its_end
from wizard.process.stopping import ABANDONED, LastExit, hearing, longest_stop
from wizard.telemetry.logs import loop_failed

Address = tuple[str, int] | tuple[str, int, int, int]

GRACE = 10.0  # seconds that requests under way may take when the server stops, where the settings aren't known
MOMENT = 0.5  # seconds between SIGTERM and the last connection that is taken: balancers go on sending until they know
LAST = 0.1  # seconds in which the last connections that were taken can send what they were opened for
LOOKS = 10  # so often in this time it is looked whether there are any

UNHEARD = logging.Logger("wizard.access", logging.CRITICAL)  # addresses may have tokens in them: none is logged


def quiet_collector() -> None:
    """Lets the garbage collector alone with what stays: definitions, and the code itself. A turn's own
    values go as soon as nobody holds them; looking for cycles among everything that is loaded, as often
    as Python does by itself, takes a tenth of a server's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def serve(app: web.Application, host: str, port: int, workflows: Sequence[str]) -> int:
    """Serves until SIGINT or SIGTERM; what is under way then is finished. `port` 0 takes a free one.
    The address of the first page is printed as soon as connections are taken. Gives the process's exit code: ABANDONED
    where something hangs still, else 0. Raises OSError where the address can't be had."""
    quiet_collector()
    return run_to_its_end(_serve(app, host, port, workflows))


async def _serve(app: web.Application, host: str, port: int, workflows: Sequence[str]) -> int:
    await serve_until_told(app, host, port, workflows, _say, last_exit=LastExit())
    return ABANDONED if CALLS in app and app[CALLS].lost else 0


def _say(line: str) -> None:
    print(line, flush=True)  # whoever started it in a pipe waits for the address


async def serve_until_told(
    app: web.Application,
    host: str,
    port: int,
    workflows: Sequence[str],
    say: Callable[[str], None],
    *,
    last_exit: LastExit | None = None,
) -> None:
    """`serve` in a running loop; `say` is told where it serves, and that it stops. `last_exit` ends the process where
    that takes too long."""
    stopping = app.get(STOPPING) or Stopping(asyncio.Event(), GRACE)
    asyncio.get_running_loop().set_exception_handler(loop_failed)
    limit = (lambda: None) if last_exit is None else partial(last_exit.within, longest_stop(stopping.grace))
    with hearing(stopping.begun, limit) as told:
        async with listening(app, host, port, grace=stopping.grace) as addresses:
            for address in addresses:
                say(f"Serving {', '.join(workflows)} on {written(address)} (Ctrl-C stops)")
            await come_to(stopping.begun)
            say("Stopping")
            if signal.SIGTERM in told:  # by a supervisor; somebody at a keyboard has no balancer
                await asyncio.sleep(MOMENT)
    if last_exit is not None:
        last_exit.hasten()


@asynccontextmanager
async def listening(
    app: web.Application, host: str, port: int, *, grace: float = GRACE
) -> AsyncIterator[list[Address]]:
    """The application, served at the addresses that this gives, within its LIMITS; at the end requests under way have
    `grace` seconds. Raises OSError where an address can't be had."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=grace)
    await runner.setup()
    assert runner.server is not None
    server, loop = runner.server, asyncio.get_running_loop()
    connections = Connections((app.get(LIMITS) or Limits()).fitted(_most_files()), loop)

    def make(address: str) -> Connection:
        return Connection(server, address=address, connections=connections, loop=loop, access_log=UNHEARD)

    try:
        turned_away = answer(FULL, **{"Retry-After": "60"})
        acceptors = [Acceptor(bound, make, connections, turned_away) for bound in await _bound(host, port)]
        try:
            for acceptor in acceptors:
                acceptor.start()
            connections.watch()
            yield [acceptor.address for acceptor in acceptors]
        finally:
            for acceptor in acceptors:
                acceptor.close()
            await _last_of(acceptors, connections)
    finally:
        connections.stop()
        await runner.cleanup()


async def _last_of(acceptors: Sequence[Acceptor], connections: Connections) -> None:
    """Gives the connections that are open, or were taken just now, LAST seconds; where there are none, nobody waits."""
    for _ in range(LOOKS):
        if not connections and not any(acceptor.coming for acceptor in acceptors):
            return
        await asyncio.sleep(LAST / LOOKS)


async def _bound(host: str, port: int) -> list[socket.socket]:
    """Sockets of the addresses that a host has, bound as asyncio binds them."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, host, port, start_serving=False)
    try:
        return [bound.dup() for bound in server.sockets]
    finally:
        server.close()


def _most_files() -> int | None:
    """How many files this process may open; None where that isn't known."""
    with suppress(ImportError):  # there is no such module on Windows
        import resource

        most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        return None if most == resource.RLIM_INFINITY else most
    return None


def written(address: Address) -> str:
    host, port = address[0], address[1]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
