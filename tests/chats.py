"""Slack and Telegram on a loopback port, as far as tests of messages need them: they keep what they take."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from wizard.node import TokenResource

SLACK_TOKEN = "xoxb-s3cret-s3cret-s3cret"
TELEGRAM_TOKEN = "123456:s3cret-s3cret-s3cret"


@dataclass
class Chats:
    """`said` are the messages that are there, by their number; `calls` the bodies that came, with their method. `says`
    are answers that stand for the usual ones, each used up."""

    url: str = ""
    said: dict[str, Any] = field(default_factory=dict)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    says: list[tuple[int, Any, dict[str, str]]] = field(default_factory=list)

    def resource(self, token: str) -> TokenResource:
        return TokenResource.model_validate({"token": token, "base_url": self.url})

    async def answer(self, request: web.Request) -> web.Response:
        body, method = await request.json(), request.path.rpartition("/")[2]
        self.calls.append((method, body))
        if self.says:
            status, told, headers = self.says.pop(0)
            return web.json_response(told, status=status, headers=headers)
        if request.path.startswith("/services/"):
            self.said[str(len(self.calls))] = body
            return web.Response(text="ok")
        if request.path.startswith("/api/"):
            return web.json_response(self._slack(request, method, body))
        status, told = self._telegram(request, method, body)
        return web.json_response(told, status=status)

    def _slack(self, request: web.Request, method: str, body: Any) -> Any:
        if request.headers.get("Authorization") != f"Bearer {SLACK_TOKEN}":
            return {"ok": False, "error": "invalid_auth"}
        if method == "chat.delete":
            return {"ok": True} if self.said.pop(body["ts"], None) else {"ok": False, "error": "message_not_found"}
        if body["channel"] == "#nowhere":
            return {"ok": False, "error": "channel_not_found"}
        ts = f"1774612800.{len(self.calls):06}"
        self.said[ts] = body
        return {"ok": True, "channel": "C0123456789", "ts": ts}

    def _telegram(self, request: web.Request, method: str, body: Any) -> tuple[int, Any]:
        token = re.fullmatch(r"/bot([^/]+)/\w+", request.path)
        if token is None or token[1] != TELEGRAM_TOKEN:
            return 401, {"ok": False, "error_code": 401, "description": "Unauthorized"}
        if method == "deleteMessage":
            if self.said.pop(str(body["message_id"]), None):
                return 200, {"ok": True, "result": True}
            return 400, {"ok": False, "description": "Bad Request: message to delete not found"}
        if body["chat_id"] == 404:
            return 400, {"ok": False, "error_code": 400, "description": "Bad Request: chat not found"}
        number = len(self.calls)
        self.said[str(number)] = body
        return 200, {"ok": True, "result": {"message_id": number, "chat": {"id": -100}, "text": body["text"]}}


@asynccontextmanager
async def chats() -> AsyncIterator[Chats]:
    """Both, as long as they are needed."""
    made = Chats()
    app = web.Application()
    app.router.add_post("/{rest:.*}", made.answer)
    async with TestServer(app) as server:
        made.url = str(server.make_url("")).rstrip("/")
        yield made
