"""A service that offers a remote node type, for tests: it checks signatures as a service should, signs its answers, and
misbehaves when it is told to."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from wizard.node.signing import check_signed, new_secret, secret_of, signed_headers

Json = dict[str, Any]

SCORE: Json = {
    "title": "Score an order",
    "summary": "Says how likely an order is to be paid.",
    "ports": ["risky"],
    "outputs": ["score"],
    "schema": {
        "type": "object",
        "properties": {
            "total": {"type": ["number", "string"], "title": "Total"},
            "country": {"type": "string", "pattern": "^[A-Z]{2}$", "title": "Country"},
        },
        "required": ["total"],
        "additionalProperties": False,
    },
    "documentation": "It asks nobody.",
    "example": {"total": 120, "country": "CH"},
    "example_output": {"score": 0.5},
    "undoes": True,
    "closes": True,
}
SLOT: Json = {
    "title": "Choose a slot",
    "summary": "Offers the slots that are free.",
    "kind": "foreground",
    "outputs": ["slot"],
    "schema": {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]},
    "example": {"day": "2026-12-01"},
    "example_output": {"slot": "9:00"},
    "undoes": True,
}


class Service:
    """What a service is told, and what it answers: `answer` maps a call's name and content to that."""

    def __init__(self, description: Json, answer: Callable[[str, Json], Any] = lambda name, sent: {}) -> None:
        self.secret = new_secret()
        self.description = description
        self.answer = answer
        self.calls: list[tuple[str, Json]] = []
        self.url = ""
        self.wrong: Callable[[web.Request], Any] | None = None  # what it does instead

    def told(self, name: str) -> list[Json]:
        """What it was sent in the calls of a name."""
        return [sent for called, sent in self.calls if called == name]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body, name = await request.read(), request.match_info["call"]
        if self.wrong is not None:
            response = self.wrong(request)
            return await response if hasattr(response, "__await__") else response
        message_id = request.headers["webhook-id"]
        try:
            check_signed(secret_of(self.secret), message_id, request.headers, body, time.time())
        except ValueError:
            return web.Response(status=401)
        sent = json.loads(body)
        self.calls.append((name, sent))
        answer = self.description if name == "describe" else self.answer(name, sent)
        return self.signed(answer, f"re_{message_id}")

    def signed(
        self, answer: Any, message_id: str, *, secret: str = "", at: float | None = None, raw: bytes | None = None
    ) -> web.Response:
        body = json.dumps(answer).encode() if raw is None else raw
        at = time.time() if at is None else at
        headers = signed_headers([secret_of(secret or self.secret)], message_id, int(at), body)
        return web.Response(body=body, headers=headers, content_type="application/json")


@asynccontextmanager
async def serving(service: Service) -> AsyncIterator[Service]:
    """The service at a free port of this machine."""
    app = web.Application(client_max_size=2_000_000)
    app.router.add_post("/wizard/{call}", service.handle)
    async with TestServer(app) as server:
        service.url = str(server.make_url("/wizard"))
        yield service
