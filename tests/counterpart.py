"""What stands at the other end of the example's channel in tests: sends people's messages, and takes answers."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import importlib.util
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from wizard.channels.http.plugged import ChannelHost, channel_app
from wizard.engine import Engine
from wizard.engine.worker import Worker
from wizard.settings import Settings
from wizard.testing import MovableClock, make_test_engine

SECRET = "a secret of both sides"
EXAMPLE = Path(__file__).parent.parent / "examples" / "channel" / "wizard_hook.py"


def example() -> Any:
    """The example's module."""
    if "wizard_hook" not in sys.modules:
        spec = importlib.util.spec_from_file_location("wizard_hook", EXAMPLE)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules["wizard_hook"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["wizard_hook"]


def signature(body: bytes, at: float | None = None, secret: str = SECRET) -> str:
    seconds = str(int(time.time() if at is None else at))
    signed = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={signed}"


class Counterpart:
    """`got` is what was sent here, in order, and taken; `answers` are the statuses of the next ones (200 unless there
    are any), with a Retry-After."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.tried: list[dict[str, Any]] = []
        self.answers: list[tuple[int, str]] = []
        self.client: TestClient[Any, Any]
        self.engine: Engine

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        at = request.headers["Hook-Signature"].partition("=")[2].partition(",")[0]
        assert request.headers["Hook-Signature"] == signature(body, float(at))
        message = json.loads(body)
        self.tried.append(message)
        status, pause = self.answers.pop(0) if self.answers else (200, "")
        if status == 200:
            self.got.append(message)
        return web.Response(status=status, headers={"Retry-After": pause} if pause else {})

    async def posts(self, body: bytes, **headers: str) -> int:
        given = {"Hook-Signature": signature(body), "Content-Type": "application/json", **headers}
        async with self.client.post("/channels/hook/", data=BytesIO(body), headers=given) as answer:
            await answer.read()
            return answer.status

    async def sends(self, id: str, text: str = "", to: str = "ann", **more: str) -> int:  # noqa: A002
        message = {"conversation": to, "id": id, "text": text, **more}
        return await self.posts(json.dumps({"message": message}, ensure_ascii=False).encode())

    async def delivers(self) -> list[str]:
        """Has what is due delivered; the texts that came by it."""
        before = len(self.got)
        await Worker(self.engine).perform_due()
        return [message["text"] for message in self.got[before:]]

    async def says(self, id: str, text: str = "", **more: str) -> list[str]:  # noqa: A002
        assert await self.sends(id, text, **more) == 200
        return await self.delivers()

    def texts(self, to: str = "ann") -> list[str]:
        return [message["text"] for message in self.got if message["conversation"] == to]

    def button(self, label: str) -> str:
        return {offer["label"]: offer["choice"] for message in self.got for offer in message["choices"]}[label]


async def an_engine(*documents: Any, **given: Any) -> Engine:
    """One that may send to this machine; `given` are settings, but for `store` and `clock`."""
    parts = {name: given.pop(name) for name in ("store", "clock", "functions") if name in given}
    settings = Settings(jobs=0, allow_private_addresses=True, **{"message_rate": 0, **given})
    return await make_test_engine(*documents, settings=settings, **{"clock": MovableClock(), **parts})


@asynccontextmanager
async def hooked(engine: Engine, workflow: str = "two") -> AsyncIterator[Counterpart]:
    """The example's channel beside an engine, and its counterpart; jobs are done where a test says so."""
    counterpart = Counterpart()
    elsewhere = web.Application()
    elsewhere.router.add_post("/answers", counterpart.take)
    async with TestServer(elsewhere) as server:
        host = ChannelHost(engine, engine.settings)
        module = example()

        def make(host: ChannelHost) -> web.Application:
            channel = module.HookChannel(host, str(server.make_url("/answers")), SECRET)
            return module.serve(channel, host, workflow=workflow)

        app = web.Application()
        app.add_subapp("/channels/hook/", channel_app(make, host, "channel hook of the example"))
        async with TestClient(TestServer(app)) as client:
            counterpart.client, counterpart.engine = client, engine
            yield counterpart
            await engine.close()
            await asyncio.sleep(0)
