"""What a program gets below /api/ where no handler ever sees its request."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from tests.acceptance.raw import once
from wizard.app import wizard_app
from wizard.server import listening
from wizard.testing import make_test_engine

HEADERS = b"Host: x\r\nContent-Type: application/json\r\nContent-Length: 21\r\n"
START = b"POST /api/v1/runs HTTP/1.1\r\n" + HEADERS
BODY = b'\r\n{"workflow":"nobody"}'


@pytest.fixture
async def port() -> AsyncIterator[int]:
    engine = await make_test_engine("id: job\nnodes: [{id: ask, type: form, title: Ask, fields: [{name: x}]}]")
    async with listening(wizard_app(engine), "127.0.0.1", 0) as addresses:
        yield addresses[0][1]
    await engine.close()


@pytest.mark.parametrize(
    ("raw", "status", "name"),
    [
        (START + b"Content-Type: application/json\r\n" + BODY, 400, "invalid-request"),
        (START + b"no header\r\n" + BODY, 400, "invalid-request"),
        (START.replace(b"POST", b"PO(T") + BODY, 400, "invalid-request"),
        (START.replace(b"POST", b"BREW") + BODY, 400, "invalid-request"),
        (START.replace(b"HTTP/1.1", b"HTTP/9.9") + BODY, 400, "invalid-request"),
        (START.replace(b"runs", b"r" * 9000) + BODY, 400, "invalid-request"),
        (START + b"X-Long: " + b"x" * 9000 + b"\r\n" + BODY, 400, "invalid-request"),
        (START.replace(b"POST", b"PUT") + BODY, 405, "method-not-allowed"),
        (START.replace(b"v1", b"v2") + BODY, 404, "not-found"),
        (START.replace(b"v1/runs", b"") + BODY, 404, "not-found"),
    ],
)
async def test_a_program_is_always_answered_by_a_problem(port: int, raw: bytes, status: int, name: str) -> None:
    """A client that decodes each answer as JSON would fail with an error of its own, and hide ours."""
    answer = await once(port, raw)
    document = json.loads(answer.body)
    assert answer.header("content-type") == "application/problem+json"
    assert (answer.status, document["status"], document["type"]) == (status, status, f"urn:wizard:problem:{name}")
    assert answer.header("x-content-type-options") == "nosniff"


async def test_a_person_is_answered_by_a_page(port: int) -> None:
    """Also where a program's request came before on the same machine: the address tells who reads the answer."""
    answer = await once(port, START.replace(b"/api/v1/runs", b"/w/api/") + b"no header\r\n" + BODY)
    assert (answer.status, answer.header("content-type")) == (400, "text/html; charset=utf-8")


async def test_an_expectation_that_nobody_knows_counts_for_nothing(port: int) -> None:
    """As on pages (RFC 9110, 10.1.1): the answer was plain text, 417."""
    answer = await once(port, START + b"Expect: miracles\r\n" + BODY)
    assert (answer.status, answer.header("content-type")) == (404, "application/problem+json")
