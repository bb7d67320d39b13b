"""Where a request came from, and which address of ours it was sent to, behind reverse proxies or not.

A reverse proxy adds to X-Forwarded-For whom it got the request from, so the last entries are those of our
own proxies, and everything before was written by whoever sent the request. As many entries count, from the
end, as there are trusted proxies.
"""

from __future__ import annotations

import re

from aiohttp import web

_HOST = re.compile(r"[\w.-]{1,255}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?", re.ASCII)


def client_of(request: web.BaseRequest, proxies: int) -> str:
    """The client's address; "" where it isn't known (a Unix socket)."""
    return _forwarded(request, "X-Forwarded-For", proxies) or request.remote or ""


def is_secure(request: web.BaseRequest, proxies: int) -> bool:
    """Whether the client's connection is encrypted."""
    return (_forwarded(request, "X-Forwarded-Proto", proxies) or request.scheme).lower() == "https"


def host_of(request: web.BaseRequest, proxies: int) -> str:
    """The name and port that the client called, "" where they can't be ones."""
    host = _forwarded(request, "X-Forwarded-Host", proxies) or request.headers.get("Host", "")
    return host if _HOST.fullmatch(host) else ""


def _forwarded(request: web.BaseRequest, header: str, proxies: int) -> str:
    """What the outermost trusted proxy says; "" where there is none, or it says nothing. A header that
    fewer proxies wrote than there are is taken from its beginning."""
    if proxies == 0:
        return ""
    entries = [address.strip() for address in ",".join(request.headers.getall(header, ()))[-4_000:].split(",")]
    return entries[max(0, len(entries) - proxies)]
