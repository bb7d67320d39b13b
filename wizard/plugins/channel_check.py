"""Whether a channel can be made, started and stopped, beside an engine that has a workflow of one question."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from aiohttp import web

from wizard.channels.http.plugged import ChannelHost
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.errors import NodeContractError
from wizard.node import Registry, Services
from wizard.settings import Settings
from wizard.stores.memory import MemoryStore

PATIENCE = 10.0  # seconds for what it awaits
DEFINITION = {"id": "asking", "nodes": [{"id": "ask", "type": "form", "fields": [{"name": "answer"}]}]}


def made_and_started(make: Callable[[ChannelHost], Any]) -> Iterator[tuple[bool, str]]:
    """Finds nothing, or raises what is raised when it is made, started and stopped."""
    asyncio.run(_start(make))
    yield from ()


async def _start(make: Callable[[ChannelHost], Any]) -> None:
    settings, store = Settings(), MemoryStore()
    await store.open()
    catalog = Catalog.from_documents([DEFINITION], Registry.built_in())
    app = make(ChannelHost(Engine(catalog, store, services=Services(settings=settings)), settings))
    if not isinstance(app, web.Application):
        raise NodeContractError(f"it gives {type(app).__name__}, not an aiohttp.web.Application")
    runner = web.AppRunner(app, handle_signals=False)
    async with asyncio.timeout(PATIENCE):
        await runner.setup()
        await runner.cleanup()
