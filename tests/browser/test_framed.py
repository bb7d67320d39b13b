"""Pages inside a frame of another site's page: allowed where the host says so, and nowhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tests.browser.conftest import Opens
from tests.browser.site import Site, a_site, served

# The page of a host. What it learns of a frame's height it writes into its own title.
HOST = """<!doctype html><html lang="en"><title>Town hall</title><h1>Town hall</h1>
<iframe title="Application" width="600" height="600" src="{}"></iframe>
<script>addEventListener("message", (event) => {{
  if (event.data.type === "wizard:height") document.title = `${{event.origin}} ${{event.data.height}}`;
}});</script></html>"""

BEHIND_TLS = {"X-Forwarded-Proto": "https"}  # a frame's cookies need https; a proxy says that it is


@asynccontextmanager
async def a_host() -> AsyncIterator[tuple[str, dict[str, str]]]:
    """A host's address, which is another site than 127.0.0.1, and what its page shows in a frame."""
    shown = {"address": ""}

    async def page(request: web.Request) -> web.Response:
        return web.Response(text=HOST.format(shown["address"]), content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    async with served(app) as address:
        yield address.replace("127.0.0.1", "localhost"), shown


async def test_a_whole_run_inside_another_sites_page(opens: Opens, javascript: bool) -> None:
    """A town hall shows the form in its own page: cookies, posts and errors work there, without a second header."""
    async with a_host() as (host, shown), a_site(frame_ancestors=host, proxies=1) as site:
        shown["address"] = site.address + "/w/passport"
        ann = await opens(host, javascript=javascript, extra_http_headers=BEHIND_TLS)
        inside = ann.page.frame_locator("iframe")
        await inside.get_by_role("button", name="Start now").click()
        await inside.get_by_role("heading", name="About you").wait_for()
        assert await inside.locator("header").count() == 0
        await inside.locator("[name=full_name]").fill("Ann")
        await inside.get_by_role("button", name="Continue").click()
        await inside.get_by_role("link", name="Answer “Date of birth”").wait_for()
        for part, text in (("day", "27"), ("month", "3"), ("year", "1985")):
            await inside.locator(f"[name=birth_date-{part}]").fill(text)
        await inside.get_by_role("button", name="Continue").click()
        await inside.get_by_role("heading", name="Why do you need a passport, Ann?").wait_for()
        await inside.get_by_role("button", name="Back", exact=True).click()
        await inside.get_by_role("heading", name="About you").wait_for()
        assert await inside.locator("[name=full_name]").input_value() == "Ann"


async def test_the_frame_tells_its_height(opens: Opens) -> None:
    """The host's page can make its frame as high as what is in it, so that nobody scrolls in two places."""
    async with a_host() as (host, shown), a_site(frame_ancestors=host, proxies=1) as site:
        shown["address"] = site.address + "/w/passport"
        ann = await opens(host, extra_http_headers=BEHIND_TLS)
        await ann.page.wait_for_function("document.title.startsWith('http')")
        origin, _, height = (await ann.page.title()).partition(" ")
        assert origin == site.address
        inside = ann.page.frame_locator("iframe")
        measured = await inside.locator("body").evaluate("(body) => Math.ceil(body.getBoundingClientRect().height)")
        assert int(height) == measured > 100


async def test_nobody_else_shows_our_pages(site: Site, opens: Opens) -> None:
    """A page that puts ours under its own picture makes people press buttons that they don't see."""
    async with a_host() as (host, shown):
        shown["address"] = site.address + "/w/passport"
        ann = await opens(host)
        assert await ann.page.frame_locator("iframe").get_by_role("button", name="Start now").count() == 0
        (refusal,) = ann.noticed
        assert "frame-ancestors" in refusal
        ann.noticed.clear()
