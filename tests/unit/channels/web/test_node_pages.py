"""The pages of node types: who can read them, and that nothing in them is more than text."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from tests.unit.channels.web.markup import checked
from wizard.app import wizard_app
from wizard.channels.web.markdown_html import MAX_SOURCE, html_of
from wizard.node import Background, NodeConfig, Outcome, Proceed, Visit
from wizard.settings import Settings
from wizard.testing import make_test_engine

WORKFLOW = {"id": "hello", "nodes": [{"id": "done", "type": "end"}]}


class HostileNode(Background[NodeConfig]):
    """Shows <script>alert(1)</script> and [a link](javascript:alert(1)).

    <script>alert(2)</script>

    <div onclick="alert(3)">

    <img src=x onerror=alert(1)> ![x](https://evil.example/x.png) [good](https://a.example/?a=1&b=2)
    """

    type = "hostile"
    title = "A <b>title</b>"
    Config = NodeConfig

    async def execute(self, visit: Visit[NodeConfig]) -> Outcome:
        return Proceed({})


async def pages(*addresses: str, key: str | None = "k" * 32) -> list[tuple[int, str]]:
    engine = await make_test_engine(WORKFLOW, node_types=[HostileNode])
    settings = Settings(admin_key=None if key is None else SecretStr(key))
    host = web.Application()
    host.add_subapp("/forms/", wizard_app(engine, settings=settings))
    answers = []
    async with TestClient(TestServer(host)) as client:
        for address in addresses:
            async with client.get(f"/forms{address}") as response:
                assert "Set-Cookie" not in response.headers
                answers.append((response.status, await response.text()))
    await engine.close()
    return answers


async def test_types_are_listed_and_looked_for_without_a_script() -> None:
    """An author looks for what sends a request, and finds it by a word of its page."""
    (status, every), (_, some), (_, none) = await pages(
        "/docs/nodes", "/docs/nodes?q=service+HTTP", "/docs/nodes?q=xyzzy"
    )
    assert status == 200
    for text in (every, some, none):
        checked(text)
    assert "that <code>short_reference</code> made" in every  # no mark of Markdown is left, and nobody's HTML
    assert "<script>alert" not in every
    assert "javascript:" not in every.replace("(javascript:", "")
    assert all(f'href="/forms/docs/nodes/{name}"' in every for name in ("form", "http", "hostile"))
    assert 'href="/forms/docs/nodes/http"' in some
    assert 'href="/forms/docs/nodes/form"' not in some
    assert 'value="service HTTP"' in some
    assert "Try fewer" in none


async def test_a_page_explains_a_type() -> None:
    """Its keys and its example are there; one of a type that there isn't leads back to the list."""
    (status, text), (missing, away) = await pages("/docs/nodes/http", "/docs/nodes/nope")
    assert (status, missing) == (200, 404)
    page = checked(text)
    assert [each.get("class") for each in page.all("h1")] == ["govuk-heading-xl"]
    assert "max_response" in text
    assert "calendar.example" in text
    assert 'href="/forms/docs/nodes"' in away


async def test_documentation_of_others_is_only_text() -> None:
    """A package that is installed writes its own: it must not run a script in an editor's browser."""
    ((_, text), (_, listed)) = await pages("/docs/nodes/hostile", "/docs/nodes")
    for html in (text, listed):
        checked(html)
        assert "<script>alert" not in html
        assert "<img" not in html
        assert 'href="javascript' not in html
        assert "<b>title" not in html
    assert 'href="https://a.example/?a=1&amp;b=2"' in text


async def test_without_the_admin_interface_there_are_none() -> None:
    """Who only serves forms tells nobody which packages are installed."""
    assert [status for status, _ in await pages("/docs/nodes", "/docs/nodes/http", key=None)] == [404, 404]


@pytest.mark.parametrize("address", ["javascript:x", "JaVaScRiPt:x", "data:text/html,x", "//evil.example"])
def test_links_lead_nowhere_else(address: str) -> None:
    """Only to pages, and those of this site."""
    assert "href" not in html_of(f"[a]({address})")


def test_a_page_that_is_too_long_is_shown_as_it_is_written() -> None:
    """Whatever a package says, a page takes no longer than that."""
    assert "<pre" in html_of("*" * (MAX_SOURCE + 1))
