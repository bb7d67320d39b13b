"""The door for those who don't await: Django, Flask, scripts.

    from wizard.engine import Engine
    from wizard.sync import Door

    door = Door(lambda: make_engine(load_catalog("definitions"), open_store("sqlite:///runs.db")))
    run = door(Engine.start, "feedback")
    door(Engine.next, run, {"stars": "2"})

There is no second, synchronous API: the door calls any function that takes an engine first and is awaited, with the
same arguments, results and errors. One event loop does it, in a thread that begins with the first call; jobs are done
there as well. Any number of threads may call.

A process that is forked begins anew: it makes an engine of its own with its first call.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import threading
import weakref
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError, Future
from contextlib import AsyncExitStack, suppress
from time import monotonic
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from wizard.engine import Engine
from wizard.engine.worker import working
from wizard.errors import DoorCutOff, DoorMisused, DoorTimeout, HostError
from wizard.machine.arguments import kind_of
from wizard.process.loops import LoopThread
from wizard.process.stopping import longest_stop

__all__ = ["Door"]

log = logging.getLogger("wizard.sync")

P = ParamSpec("P")
T = TypeVar("T")

SECONDS = 60.0  # that a call may take
OPENING = 10.0  # seconds that closing waits for an opening under way

ON_A_LOOP = (
    "This thread runs an event loop, which would stand still until the door answers. Await the methods of an engine "
    "there, or call the door in a thread: await asyncio.to_thread(door, Engine.next, run, answers)."
)
CLOSED = "The door is closed. Open it with start(), or make another one."
NOT_ANEW = (
    "The engine was made before this process was forked, and its threads are the other process's. Have the function "
    "that the door is given make a new engine and a new store each time."
)


class Door:
    """Calls an engine from threads without an event loop.

    `make` gives an engine on a store that isn't open yet, a new one each time it is called: once in each process, with
    the first call. The door opens the store, does jobs unless the setting `jobs` is 0, and closes everything when it
    is stopped, or with the process. `timeout` is how many seconds a call may take; None is for ever.
    """

    def __init__(self, make: Callable[[], Engine], *, timeout: float | None = SECONDS) -> None:
        _refuse_seconds(timeout)
        self._make = make
        self._timeout = timeout
        self._lock = threading.Lock()
        self._inside: _Inside | None = None
        self._stopped = False
        _DOORS.add(self)

    def __call__(
        self, function: Callable[Concatenate[Engine, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What `await function(engine, …)` gives: a method of Engine, or a function of your own.

        Raises what that raises, what making the engine and opening its store raise, DoorTimeout, DoorCutOff where a
        function cancels it, and DoorMisused on an event loop, where the door was stopped and for a time limit that is
        none.
        """
        return self.within(self._timeout, function, *args, **kwargs)

    def within(
        self,
        seconds: float | None,
        function: Callable[Concatenate[Engine, P], Awaitable[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """The same, with a time limit of its own, which counts for making the engine and opening its store too. What
        takes longer is cancelled; the opening goes on, for the next call."""
        _refuse_on_loop()
        _refuse_seconds(seconds)
        until = None if seconds is None else monotonic() + seconds
        try:
            inside = self._entered(until)
        except _NotOpen:
            raise DoorTimeout(f"The door didn't open within {seconds:g} seconds. {LATER}") from None
        future = inside.submit(lambda: function(inside.engine, *args, **kwargs))
        try:
            result, error = future.result(_left(until))
        except TimeoutError:
            future.cancel()
            raise DoorTimeout(f"The call took longer than {seconds:g} seconds, and was stopped. {AGAIN}") from None
        except CancelledError:
            raise DoorMisused(CLOSED) if inside.closed else DoorCutOff() from None
        except BaseException:  # a Ctrl-C
            future.cancel()
            raise
        if error is not None:
            raise error
        return cast("T", result)

    def start(self) -> None:
        """Makes the engine and opens its store now, and not with the first call, so that jobs are done from now on and
        what is wrong shows. Opens a door that was stopped."""
        _refuse_on_loop()
        self._stopped = False
        self._entered(None)

    def stop(self) -> None:
        """Lets jobs under way finish for the setting `grace`, and closes the engine and its store. No call follows, and
        those under way that aren't done by then raise DoorMisused. Raises that itself on an event loop."""
        _refuse_on_loop()
        with self._lock:
            self._stopped = True
            inside, self._inside = self._inside, None
        if inside is not None:
            inside.close()

    def __enter__(self) -> Door:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def _entered(self, until: float | None) -> _Inside:
        """What is behind the door, when it is open. Raises _NotOpen where it isn't by then, and what opening raises."""
        inside = self._inside or self._begun()
        try:
            inside.opened.result(_left(until))
        except BaseException as error:
            if isinstance(error, TimeoutError) and not inside.opened.done():
                raise _NotOpen from None
            with self._lock:
                if inside.opened.done() and self._inside is inside:
                    self._inside = None  # whoever calls next tries anew
            raise
        return inside

    def _begun(self) -> _Inside:
        with self._lock:
            if self._stopped:
                raise DoorMisused(CLOSED)
            if self._inside is None:
                self._inside = _Inside(self._make)
            return self._inside

    def _leave_behind(self) -> None:
        """Forgets, in a process that was just forked, what is the other one's."""
        self._lock = threading.Lock()  # another thread may have held it
        if self._inside is not None:
            _LEFT_BEHIND.append(self._inside)
            self._inside = None


def _engine_of(make: Callable[[], Engine]) -> Engine:
    engine: object = make()
    if not isinstance(engine, Engine):
        if asyncio.iscoroutine(engine):
            engine.close()
        raise HostError(f"The function that the door is given gave {kind_of(engine)}; it gives an Engine, at once.")
    return engine


AGAIN = "What was stored stays; send it again, or allow it more time with `within`."
LATER = "Call again: it goes on opening meanwhile."


class _NotOpen(Exception):
    """The time is over, and the door isn't open yet."""


def _left(until: float | None) -> float | None:
    return None if until is None else max(until - monotonic(), 0.0)


class _Inside:
    """An engine at work, on an event loop in a thread. `opened` is done when it is, or says why it can't be."""

    engine: Engine

    def __init__(self, make: Callable[[], Engine]) -> None:
        self.opened: Future[None] = Future()
        self._make = make
        self._thread: LoopThread | None = None
        self._open = AsyncExitStack()
        self._lock = threading.Lock()
        self.closed = False
        self._calls: set[Future[Any]] = set()
        threading.Thread(target=self._opens, name="wizard-door-opening", daemon=True).start()

    def _opens(self) -> None:
        """In a thread of its own, so that no caller waits for longer than it may."""
        try:
            engine = _engine_of(self._make)
            if any(getattr(left, "engine", None) is engine for left in _LEFT_BEHIND):
                raise DoorMisused(NOT_ANEW)
            self.engine = engine
            self._thread = LoopThread("wizard-door")
            _, error = self._thread.submit(_outcome(self._begin)).result()
            if error is not None:
                raise error
        except BaseException as error:
            if self._thread is not None:
                self._thread.stop()
            self.opened.set_exception(error)
        else:
            self.opened.set_result(None)

    def submit(self, call: Callable[[], Awaitable[T]]) -> Future[tuple[T | None, BaseException | None]]:
        """Has what `call` gives awaited. Raises DoorMisused where it was closed: it isn't even called then."""
        with self._lock:
            if self.closed or self._thread is None:
                raise DoorMisused(CLOSED)
            future = self._thread.submit(_outcome(call))
            self._calls.add(future)
        future.add_done_callback(self._calls.discard)
        return future

    async def _begin(self) -> None:
        async with AsyncExitStack() as opened:
            await self.engine.store.open()
            opened.push_async_callback(self.engine.store.close)
            opened.push_async_callback(self.engine.close)
            await opened.enter_async_context(working(self.engine))
            self._open = opened.pop_all()

    def close(self) -> None:
        """Nobody waits any more when it is over: neither for an event loop that has ended nor for one that hangs."""
        with self._lock:
            if self.closed:
                return
            self.closed = True
        try:
            self.opened.result(OPENING)
        except BaseException:
            return  # there is nothing to close
        assert self._thread is not None
        try:
            closing = self._thread.submit(_outcome(self._open.aclose))
            _, error = closing.result(longest_stop(self.engine.settings.grace))
        except TimeoutError as late:
            error = late
        if error is not None:
            log.error("what is behind the door can't be closed: %s", type(error).__name__)
        self._thread.stop()
        self._thread.join(1.0)
        for call in list(self._calls):
            call.cancel()


async def _outcome(call: Callable[[], Awaitable[T]]) -> tuple[T | None, BaseException | None]:
    """What was given, or raised: SystemExit and the like would end the event loop."""
    try:
        return await call(), None
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        return None, error


def _refuse_seconds(seconds: float | None) -> None:
    if seconds is not None and (
        not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 <= seconds <= threading.TIMEOUT_MAX
    ):
        raise DoorMisused(f"A time limit is a number of seconds, and None where there is none; {seconds!r} isn't one.")


def _refuse_on_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise DoorMisused(ON_A_LOOP)


# -- processes ---------------------------------------------------------------------------------------

_DOORS: weakref.WeakSet[Door] = weakref.WeakSet()
_LEFT_BEHIND: list[_Inside] = []  # the other process's; what is in it would be closed if it were forgotten


def _begin_anew() -> None:
    for door in list(_DOORS):
        door._leave_behind()


def _stop_all() -> None:
    for door in list(_DOORS):
        with suppress(Exception):
            door.stop()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
atexit.register(_stop_all)
