"""Who is signed in, as the host application knows it: `wizard_app` takes a function that is asked with each request."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from wizard.engine.access import NOBODY, Identity, identity_said
from wizard.process.calls import Calls
from wizard.process.isolation import Whose

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["Identify", "Identity", "identity_of"]

# None: nobody is signed in. To send people to a log-in page, raise aiohttp.web.HTTPFound.
Identify = Callable[["web.Request"], Identity | Awaitable[Identity | None] | None]


async def identity_of(identify: Identify | None, request: web.Request, calls: Calls, seconds: float) -> Identity:
    """NOBODY where nobody is signed in, or the host doesn't sign people in. Raises what the host's function raises,
    NodeFailed where it takes longer than so many seconds, HostError where it gives something else."""
    if identify is None:
        return NOBODY
    return identity_said(await asked(identify, request, calls, seconds, "identify"))


async def asked(
    function: Callable[[web.Request], object], request: web.Request, calls: Calls, seconds: float, kind: str
) -> object:
    """What a function of the host, `async` or not, says of a request. Raises what it raises, NodeFailed where it takes
    longer than so many seconds."""

    async def ask() -> object:
        answer = function(request)
        return await answer if inspect.isawaitable(answer) else answer

    return await calls.within(seconds, ask, Whose(kind, kind=kind))
