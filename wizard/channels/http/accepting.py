"""Taking connections, as many as there may be (wizard.channels.http.connections).

asyncio's own way logs a hundred lines, and sets a hundred timers that each do the same again, whenever the process can
open no more files; the log then grows by megabytes a second.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from wizard.channels.http.connections import Connections

log = logging.getLogger("wizard.server")

AT_ONCE = 64  # connections that are taken until others get their turn
BACKLOG = 1024  # connections that the system holds until they are taken
PAUSE = 1.0  # seconds until it is tried again where the system gives no connections
QUIET = 60.0  # seconds between two log lines of one kind

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Acceptor:
    """Takes the connections of one listening socket. `make` makes the protocol of one from an address; `turned_away` is
    what those are sent for which there is no room."""

    def __init__(
        self,
        listening: socket.socket,
        make: Callable[[str], asyncio.BaseProtocol],
        connections: Connections,
        turned_away: bytes,
    ) -> None:
        self._socket = listening
        self._make = make
        self._connections = connections
        self._turned_away = turned_away
        self._loop = asyncio.get_running_loop()
        self._coming: set[asyncio.Task[None]] = set()
        self._later: asyncio.TimerHandle | None = None
        self._logged: dict[str, float] = {}

    @property
    def address(self) -> tuple[str, int] | tuple[str, int, int, int]:
        name: tuple[str, int] | tuple[str, int, int, int] = self._socket.getsockname()
        return name

    @property
    def coming(self) -> int:
        """How many connections were taken that aren't open yet."""
        return len(self._coming)

    def start(self) -> None:
        self._socket.setblocking(False)
        self._socket.listen(BACKLOG)
        self._loop.add_reader(self._socket.fileno(), self._take)

    def close(self) -> None:
        """No connection is taken any more; those that are open go on."""
        if self._later is not None:
            self._later.cancel()
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _take(self) -> None:
        for _ in range(AT_ONCE):
            try:
                taken, address = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._pause(error)
                return
            taken.setblocking(False)
            host = str(address[0])
            if self._connections.has_room(host):
                self._connections.expect(host)
                task = self._loop.create_task(self._open(taken, host))
                self._coming.add(task)
                task.add_done_callback(self._coming.discard)
            else:
                self._turn_away(taken)

    async def _open(self, taken: socket.socket, address: str) -> None:
        try:
            await self._loop.connect_accepted_socket(partial(self._make, address), taken)
        except OSError:  # it was closed meanwhile
            taken.close()
            self._connections.expect_no_more(address)

    def _turn_away(self, taken: socket.socket) -> None:
        with taken, suppress(OSError):
            taken.send(self._turned_away)
        self._say("there are as many connections as there may be: new ones are turned away (WIZARD_MAX_CONNECTIONS)")

    def _pause(self, error: OSError) -> None:
        """Tries again later, whatever it is: the socket would be reported as ready at once, and forever."""
        known = error.errno in _EXHAUSTED
        why = "the system has no more files or memory for them" if known else type(error).__name__
        self._say(f"no connections can be taken ({why}); this is tried again every second")
        self._loop.remove_reader(self._socket.fileno())
        self._later = self._loop.call_later(PAUSE, self._resume)

    def _resume(self) -> None:
        self._loop.add_reader(self._socket.fileno(), self._take)

    def _say(self, line: str) -> None:
        now = self._loop.time()
        if now - self._logged.get(line, -QUIET) >= QUIET:
            self._logged[line] = now
            log.warning("%s", line)
