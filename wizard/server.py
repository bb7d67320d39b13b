"""Serving an application until a signal says stop: `wizard serve`."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from wizard.channels.connection import Connection

Address = tuple[str, int] | tuple[str, int, int, int]

GRACE = 10.0  # seconds that requests under way may take when the server stops


UNHEARD = logging.Logger("wizard.access", logging.CRITICAL)  # addresses may have tokens in them: none is logged


def quiet_collector() -> None:
    """Lets the garbage collector alone with what stays: definitions, and the code itself. A turn's own
    values go as soon as nobody holds them; looking for cycles among everything that is loaded, as often
    as Python does by itself, takes a tenth of a server's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def serve(app: web.Application, host: str, port: int, workflows: Sequence[str]) -> None:
    """Serves until SIGINT or SIGTERM; what is under way then is finished. `port` 0 takes a free one.
    The address of the first page is printed as soon as connections are taken. Raises OSError where it can't be had."""
    quiet_collector()
    asyncio.run(serve_until_told(app, host, port, workflows, _say))


def _say(line: str) -> None:
    print(line, flush=True)  # whoever started it in a pipe waits for the address


async def serve_until_told(
    app: web.Application, host: str, port: int, workflows: Sequence[str], say: Callable[[str], None]
) -> None:
    """`serve` in a running loop; `say` is told where it serves, and that it stops."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with listening(app, host, port) as addresses:
        for address in addresses:
            say(f"Serving {', '.join(workflows)} on {_written(address)} (Ctrl-C stops)")
        await stop.wait()
        say("Stopping")


@asynccontextmanager
async def listening(
    app: web.Application, host: str, port: int, *, grace: float = GRACE
) -> AsyncIterator[list[Address]]:
    """The application, served at the addresses that this gives; at the end requests under way have `grace` seconds.
    Raises OSError where an address can't be had."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=grace)
    await runner.setup()
    assert runner.server is not None
    server, loop = runner.server, asyncio.get_running_loop()
    try:
        sockets = await loop.create_server(lambda: Connection(server, loop=loop, access_log=UNHEARD), host, port)
        try:
            yield [each.getsockname() for each in sockets.sockets]
        finally:
            sockets.close()
    finally:
        await runner.cleanup()


def _written(address: Address) -> str:
    host, port = address[0], address[1]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
