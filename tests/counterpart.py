"""The example's channel (examples/channel) and the service at its other end, beside an engine of a test's own."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from wizard.channels.http.plugged import ChannelHost, channel_app
from wizard.engine import Engine
from wizard.settings import Settings
from wizard.testing import MovableClock, make_test_engine
from wizard.testing.place import Place, Process

EXAMPLE = Path(__file__).parent.parent / "examples" / "channel"


def example(path: str = "wizard_hook.py") -> ModuleType:
    """A module of the example's."""
    name = Path(path).stem
    if name not in sys.modules:
        if name != "wizard_hook":
            example()  # which the others import
        spec = importlib.util.spec_from_file_location(name, EXAMPLE / path)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


def example_tests() -> Any:
    """The tests that the example has; `Hooks` there is its service."""
    return example("tests/test_wizard_hook.py")


async def an_engine(*documents: Any, **given: Any) -> Engine:
    """One that may send to this machine; `given` are settings, but for `store` and `clock`."""
    parts = {name: given.pop(name) for name in ("store", "clock", "functions") if name in given}
    settings = Settings(jobs=0, allow_private_addresses=True, **{"message_rate": 0, **given})
    return await make_test_engine(*documents, settings=settings, **{"clock": MovableClock(), **parts})


@asynccontextmanager
async def hooked(engine: Engine, workflow: str) -> AsyncIterator[Place]:
    """The example's channel beside an engine, whose jobs are done where a test says so."""
    service = example_tests().Hooks()
    async with service.serving() as url:
        app = web.Application()

        def make(host: ChannelHost) -> web.Application:
            made: web.Application = service.make(host, url, workflow)
            return made

        host = ChannelHost(engine, engine.settings)
        app.add_subapp("/channel/", channel_app(make, host, "channel hook of the example"))
        async with TestClient(TestServer(app)) as client:
            yield Place(service, engine.clock.source, [Process(engine, client)])  # type: ignore[arg-type]
            await engine.close()
