"""A channel that an installed package brings: an aiohttp application of its own, mounted below `/channels/NAME/`.

    def make(host: ChannelHost) -> web.Application: ...

Whatever it does stays with it: one that can't be made is left out, one that can't start answers 503, and the rest is
served as before; an error in a handler is that request's, and the log names channel and package. An event loop can't be
taken from a handler that blocks it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from wizard.channels.http.identities import Identify
from wizard.channels.http.problems import UNAVAILABLE, Handler, internal, problem, protect, type_of
from wizard.engine import Engine
from wizard.errors import CallerError, NodeContractError
from wizard.locale.sentences import sentence
from wizard.process.calls import no_copy
from wizard.process.isolation import Whose, contained
from wizard.settings import Settings
from wizard.telemetry.logs import broke

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware
    from aiosignal import Signal

PLACE = "/channels/"
SECONDS = 10.0  # that a channel's start and its end may take, each function of them
A_YEAR = 366 * 86_400.0  # as good as no limit: a channel may keep a connection open

log = logging.getLogger("wizard.plugins")


@dataclass(frozen=True, slots=True)
class ChannelHost:
    """What a channel is handed; more may be added to it. `engine` is the engine that is served, whose store is open
    while there are requests; `settings` are the server's; `identify` says who sends a request, None where nobody signs
    in."""

    engine: Engine
    settings: Settings
    identify: Identify | None = None


MakeChannel = Callable[[ChannelHost], web.Application]


def channel_app(make: MakeChannel, host: ChannelHost, called: str) -> web.Application:
    """The application of a channel, whose errors are its own. `called` names channel and package for the log. Raises
    what `contained` makes of whatever `make` raises, and NodeContractError where it gives no application."""
    try:
        with no_copy(Whose(called)):
            app = make(host)
    except BaseException as raised:
        failure = contained(raised)
        if failure is raised:
            raise
        raise failure from raised
    if not isinstance(app, web.Application):
        raise NodeContractError(f"it gives {type(app).__name__}, not an aiohttp.web.Application")
    if app.frozen:
        raise NodeContractError("its application is in use already: make a new one for each call")
    guard = _Guard(host.engine, called)
    app.middlewares.insert(0, guard.middleware())
    for signal, what in ((app.on_startup, "start"), (app.on_shutdown, "shut down"), (app.on_cleanup, "clean up")):
        guard.signal(signal, what)
    app.on_response_prepare.append(protect)
    return app


class _Guard:
    """Keeps what a channel does to itself."""

    def __init__(self, engine: Engine, called: str) -> None:
        self._calls = engine.services.calls
        self._called = called
        self._is_broken = False

    def signal(self, signal: Signal[web.Application], what: str) -> None:
        """Each of the signal's functions, within its time. After one that failed at the start no other starts."""
        signal[:] = [self._within_its_time(function, what) for function in signal]

    def _within_its_time(self, function: Callable[..., Awaitable[Any]], what: str) -> Callable[..., Awaitable[None]]:
        async def call(app: web.Application) -> None:
            if what == "start" and self._is_broken:
                return
            try:
                await self._calls.within(SECONDS, lambda: function(app), Whose(self._called, kind="channel"))
            except Exception as error:
                self._is_broken = True
                broke(log, error, "the %s can't %s", self._called, what)

        return call

    def middleware(self) -> Middleware:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            if self._is_broken:
                return problem(request, UNAVAILABLE, sentence("This can't be used at the moment."))
            try:
                whose = Whose(self._called, kind="channel")
                answer = await self._calls.within(A_YEAR, lambda: handler(request), whose)
            except web.HTTPException:
                raise
            except CallerError as error:
                return problem(request, type_of(error), error.people)
            except Exception as error:
                log.error("the %s failed at %s %s", self._called, request.method, request.path)
                return internal(request, error)
            if isinstance(answer, web.StreamResponse):
                return answer
            given = type(answer).__name__
            log.error("the %s gave %s where an answer is needed, at %s", self._called, given, request.path)
            return internal(request, NodeContractError("no answer"))

        return guard
