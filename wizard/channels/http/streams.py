"""Following work that is under way, as server-sent events (HTML, 9.2): for pages and programs alike.

A stream has an event `work` for each change of what the node reports, and a last one, `moved`, as soon as the run
doesn't work at that step any more. One that ends without it, because it lasted too long or the server stops, is to
be opened again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

from aiohttp import web

from wizard.channels.http.places import Places
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.engine.work import Work, work_of
from wizard.errors import WizardError

MEDIA_TYPE = "text/event-stream"
MOST = 100  # streams at once, of one server
MOST_OF_ONE = 6  # of one run: as many as a browser opens
PAUSE = 0.5  # seconds between two looks at the store
LONGEST = 300.0  # seconds of one stream
SILENCE = 15.0  # seconds after which something is sent, so that nobody on the way takes the line for dead
AGAIN = 2000  # milliseconds after which a browser opens a stream that ended again


class Followers:
    """The streams of one server. `over` ends them all: it stops."""

    def __init__(
        self,
        engine: Engine,
        *,
        most: int = MOST,
        pause: float = PAUSE,
        longest: float = LONGEST,
        silence: float = SILENCE,
    ) -> None:
        self._engine = engine
        self._pause = pause
        self._longest = longest
        self._silence = silence
        self._over = asyncio.Event()
        self._places = Places(most, MOST_OF_ONE)

    async def stop(self, app: web.Application) -> None:
        """Ends the streams: for an application's `on_shutdown`."""
        self._over.set()

    async def follow(
        self, request: web.Request, view: RunView, headers: Mapping[str, str], step: str | None = None
    ) -> web.StreamResponse:
        """Answers with a stream about the step that the run stands at; with `step`, the path of the one that its
        caller knows of, which the run may have left already. `headers` go along. Raises TooMany."""
        with self._places.taken(view.id):
            # A proxy that collects what it passes on would keep it all to itself (nginx asks for this header).
            given = {**headers, "Content-Type": MEDIA_TYPE, "X-Accel-Buffering": "no"}
            response = web.StreamResponse(headers=given)
            response.content_length = 0 if request.method == "HEAD" else None
            await response.prepare(request)
            if request.method != "HEAD":
                await self._send(request, response, view, step)
            return response

    async def _send(self, request: web.Request, response: web.StreamResponse, view: RunView, step: str | None) -> None:
        line = _Line(view, step, self._silence)
        try:
            async with asyncio.timeout(self._longest):
                await response.write(f"retry: {AGAIN}\n\n".encode())
                while request.transport is not None:
                    if said := line.says(view):
                        await response.write(said)
                    if line.ended or await self._ends_meanwhile():
                        return
                    view = await self._engine.load(view.id)
        except (TimeoutError, ConnectionError, WizardError):
            return  # a stream is begun already: who needs more opens another, and is told there what is wrong

    async def _ends_meanwhile(self) -> bool:
        try:
            async with asyncio.timeout(self._pause):
                await self._over.wait()
        except TimeoutError:
            return False
        return True


class _Line:
    """What a stream has said so far. `ended` says that its last event is sent."""

    def __init__(self, view: RunView, step: str | None, silence: float) -> None:
        self.ended = False
        self._visit = view.visit
        self._step = step
        self._silence = silence
        self._told: Work | None = None
        self._clock = asyncio.get_running_loop().time
        self._spoken = self._clock()

    def says(self, view: RunView) -> bytes:
        """What is to be sent of the run as it is now, b"" for nothing."""
        work = work_of(view)
        if work is None or view.visit != self._visit or self._step not in (None, view.step):
            self.ended = True
            return _event("moved", {"status": view.status.value, "step": view.step, "revision": view.revision})
        if work == self._told and self._clock() - self._spoken < self._silence:
            return b""
        news, self._told, self._spoken = work != self._told, work, self._clock()
        return _event("work", {"percent": work.percent, "text": work.text}) if news else b":\n\n"


def _event(name: str, data: Mapping[str, object]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
