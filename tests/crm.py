"""A web service on a loopback port that wants callers to sign in, with a place that gives out access tokens."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Crm:
    """`tokens` are those that it takes now; `answers` stand for the next ones of the token place, each used up."""

    port: int = 0
    takes: set[str] = field(default_factory=set)  # values of the header Authorization
    always: set[str] = field(default_factory=set)  # besides the newest token
    requests: list[tuple[str, str, Mapping[str, str], bytes]] = field(default_factory=list)
    asked: list[tuple[Mapping[str, str], Mapping[str, Any]]] = field(default_factory=list)  # for tokens
    answers: list[tuple[int, Any]] = field(default_factory=list)
    expires_in: int | None = 3600

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, request: web.BaseRequest) -> web.Response:
        body = await request.read()
        if request.path == "/token":
            return self._token(request, (await request.post()))
        self.requests.append((request.method, request.raw_path, dict(request.headers), body))
        if self.takes and request.headers.get("Authorization") not in self.takes:
            return web.json_response({"error": "who are you?"}, status=401)
        return web.json_response({"id": 7})

    def _token(self, request: web.BaseRequest, form: Mapping[str, Any]) -> web.Response:
        self.asked.append((dict(request.headers), dict(form)))
        if self.answers:
            status, answer = self.answers.pop(0)
            return web.json_response(answer, status=status)
        token = f"access-{len(self.asked)}"
        self.takes = {f"Bearer {token}", *self.always}
        told = {"access_token": token, "token_type": "Bearer"}
        return web.json_response(told if self.expires_in is None else {**told, "expires_in": self.expires_in})

    def secret_of_last(self) -> str:
        """The user and password with which a token was asked for last."""
        return b64decode(self.asked[-1][0]["Authorization"].removeprefix("Basic ")).decode()


@asynccontextmanager
async def crm_service() -> AsyncIterator[Crm]:
    made = Crm()
    runner = web.ServerRunner(web.Server(made.serve, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()
