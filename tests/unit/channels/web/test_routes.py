"""The pages' addresses, and what aiohttp itself would otherwise answer below them."""

from __future__ import annotations

import asyncio

from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from wizard.channels.web.routes import add_pages
from wizard.testing import make_test_engine

ASKS = {"id": "asks", "title": "Asking", "nodes": [{"id": "a", "type": "form", "fields": [{"name": "x"}]}]}


async def said(server: BaseTestServer, expects: str) -> list[bytes]:
    """The answers to a request that expects this, in order, each as its first line and what follows."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    head = f"GET / HTTP/1.1\r\nHost: {server.host}\r\nExpect: {expects}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode())
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return [b"HTTP/1.1 " + each for each in answer.split(b"HTTP/1.1 ")[1:]]


async def test_who_asks_before_sending_is_told_to_go_on() -> None:
    """curl and others wait for it before they send a large upload; without it each takes a second longer."""
    app = web.Application()
    add_pages(app, await make_test_engine(ASKS))
    async with TestServer(app) as server:
        go_on, page = await said(server, "100-Continue")
        assert go_on == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert page.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"Asking" in page
        (page,) = await said(server, "miracles")  # aiohttp's own answer would be 417, in plain text
        assert page.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"X-Content-Type-Options: nosniff" in page
