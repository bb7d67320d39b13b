"""Pages of other sites that may use an interface by their readers' browsers (CORS, https://fetch.spec.whatwg.org).

They are named one by one, and get no cookies: whoever calls brings what opens a run along.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from aiohttp import web

from wizard.channels.http.clients import host_of
from wizard.settings import Settings

_KEPT = "600"  # seconds that a browser knows an answer to its question


class CrossOrigin:
    """The origins that the settings name for chats."""

    def __init__(self, settings: Settings) -> None:
        self._origins = frozenset(settings.chat_origins.split())
        self._proxies = settings.proxies

    def is_allowed(self, request: web.Request) -> bool:
        """Whether the page that sends a request may: one of this site, or of those. Programs send no Origin."""
        origin = request.headers.get("Origin")
        if origin is None or origin in self._origins:
            return True
        try:
            return urlsplit(origin).netloc.lower() == host_of(request, self._proxies).lower()
        except ValueError:
            return False

    def headers(self, request: web.Request) -> Mapping[str, str]:
        """What lets the page read the answer, where it may. A cache keeps an answer for each origin."""
        if not self._origins:
            return {}
        origin = request.headers.get("Origin", "")
        if origin not in self._origins:
            return {"Vary": "Origin"}
        exposed = "Location, Retry-After, Link"
        return {"Vary": "Origin", "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": exposed}

    async def preflight(self, request: web.Request) -> web.Response:
        """Answers OPTIONS: what a page may send."""
        allowed = self.headers(request)
        if "Access-Control-Allow-Origin" in allowed:
            allowed = {
                **allowed,
                "Access-Control-Allow-Methods": "GET, POST",
                "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
                "Access-Control-Max-Age": _KEPT,
            }
        return web.Response(status=204, headers={**allowed, "Cache-Control": "no-store"})

    async def allow(self, request: web.Request, response: web.StreamResponse) -> None:
        """Adds the headers to an answer: for an application's `on_response_prepare`."""
        if "Access-Control-Allow-Origin" not in response.headers:  # else it is the answer of `preflight`
            response.headers.extend(self.headers(request))
