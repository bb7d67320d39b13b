"""Calling code of others that is awaited: with a time limit, and with threads for what isn't async (S26).

The limit is told by a CancelledError. What doesn't heed it within LINGER seconds is left to itself, and whoever waited
goes on.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from time import perf_counter
from typing import Any, cast
from weakref import WeakKeyDictionary

from wizard.errors import Excuse, NodeContractError, NodeFailed
from wizard.process.isolation import Caller, T, contained, log, named, notice_stall
from wizard.process.threads import AT_ONCE, MOST_LOST, Threads
from wizard.process.unstoppable import Unstoppable, job_at_hand

COPY_ENDED = 70  # the exit code of a process that was forked (EX_SOFTWARE)
LINGER = 1.0  # seconds in which what was told to stop may come to its end

# How often limits have cancelled a task, and not taken that back yet: calls may be made inside of one another.
_BY_LIMITS: WeakKeyDictionary[asyncio.Task[Any], int] = WeakKeyDictionary()


class Calls:
    """How an engine calls functions and node types. `told` hears of each call that didn't come back in time, by the
    kind of whoever it was made for."""

    def __init__(self, at_once: int = AT_ONCE, most_lost: int = MOST_LOST) -> None:
        self.unstoppable = Unstoppable()
        self.threads = Threads(at_once, most_lost, self.unstoppable)
        self.told: Callable[[str], None] = _nobody
        self._abandoned: set[asyncio.Task[None]] = set()

    @property
    def lost(self) -> int:
        """Calls that go on though nobody waits for them."""
        return self.threads.lost + len(self._abandoned)

    @property
    def trouble(self) -> str | None:
        """Why no function without `async` can be called, None where it can."""
        if not self.threads.exhausted:
            return None
        return f"{self.threads.lost} functions haven't come back, so that no more are called."

    async def function(self, function: Callable[..., Any], given: Mapping[str, Any]) -> Any:
        """What a function of the host gives, be it `async` or not, which then runs in a thread. Raises what `contained`
        makes of its errors. It needs a limit around it (`within`)."""
        if _is_async(function):
            result = function(**given)
        else:
            result, error = await self.threads.call(function, given)
            if error is not None:
                failure = contained(error)
                if failure is not error:
                    failure.__cause__ = error
                raise failure
        return await result if inspect.isawaitable(result) else result

    async def within(self, seconds: float, work: Callable[[], Awaitable[T]], whose: Caller) -> T:
        """What the awaited `work` gives. Raises what `contained` makes of its errors, NodeFailed where it takes longer
        than that, NodeContractError where it gives nothing to await."""
        began, process = perf_counter(), os.getpid()
        coroutine = _coroutine(work, whose)
        before = _cancellations()
        try:
            awaited = coroutine.send(None)
        except StopIteration as ended:  # most await nothing: they get neither a timer nor a look at their task
            await _taken_back(before)
            return cast("T", ended.value)
        except BaseException as error:
            await _taken_back(before)
            if isinstance(error, asyncio.CancelledError) and _cancellations():
                raise
            failure = contained(error)
            if failure is error:
                raise
            raise failure from error
        finally:
            _end_copy(process, whose)
            notice_stall(began, whose)
        _take_back(before)
        try:
            return cast("T", await _driven(coroutine, awaited, _Limit(self, seconds, whose)))
        finally:
            _end_copy(process, whose)

    def abandon(self, coroutine: Coroutine[Any, Any, Any], whose: Caller) -> None:
        """Leaves to itself what doesn't end."""
        log.error("%s doesn't heed that it was stopped, and is left to itself", named(whose))
        task, job = asyncio.ensure_future(_left_alone(coroutine)), job_at_hand()
        self._abandoned.add(task)
        task.add_done_callback(self._abandoned.discard)
        self.unstoppable.begun(job, task)
        task.add_done_callback(partial(self.unstoppable.ended, job))


@contextmanager
def no_copy(whose: Caller) -> Iterator[None]:
    """Ends each process that is forked within: it would go on with all that this one does."""
    process = os.getpid()
    try:
        yield
    finally:
        _end_copy(process, whose)


def _end_copy(process: int, whose: Caller) -> None:
    """Ends a process that was forked by what was called: with the loop, sockets and connections of the first one, it
    would serve and store everything a second time."""
    if os.getpid() != process:
        log.error("%s forked the process; the copy is ended. Start another program instead, or a thread.", named(whose))
        os._exit(COPY_ENDED)


def _nobody(kind: str) -> None:
    """Hears what nobody counts."""


def _cancellations() -> int:
    """How often the task was told to stop, and didn't take that back."""
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


def _take_back(before: int) -> bool:
    """Whether what was called just now told its own task to stop; that is the call's end, and not the task's."""
    task = asyncio.current_task()
    if task is None or task.cancelling() <= before:
        return False
    while task.cancelling() > before:
        task.uncancel()
    return True


@types.coroutine
def _taken_back(before: int) -> Generator[None, None, None]:
    """The same at the end of what was called: lets the CancelledError come that the task still has before it."""
    if _take_back(before):
        with suppress(asyncio.CancelledError):
            yield


def _is_async(function: Callable[..., Any]) -> bool:
    while isinstance(function, partial):
        function = function.func
    return inspect.iscoroutinefunction(function) or (
        not inspect.isclass(function) and inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004
    )


def _coroutine(work: Callable[[], Awaitable[T]], whose: Caller) -> Coroutine[Any, Any, T]:
    """What the work gives to await. Raises as Calls.within does."""
    began = perf_counter()
    try:
        awaitable = work()
    except BaseException as error:
        failure = contained(error)
        if failure is error:
            raise
        raise failure from error
    if type(awaitable) is types.CoroutineType:
        return awaitable
    if inspect.isawaitable(awaitable):
        return _awaiting(awaitable)
    notice_stall(began, whose)
    raise NodeContractError(
        f"{whose.kind} gave {type(awaitable).__name__} where something is awaited. "
        "Define it with `async def`, and with `return` instead of `yield`."
    )


async def _awaiting(awaitable: Awaitable[T]) -> T:
    return await awaitable


async def _left_alone(coroutine: Coroutine[Any, Any, Any]) -> None:
    """Goes on with a coroutine in a task of its own, whatever it does."""
    try:
        await _rest(coroutine)
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        log.info("what was left to itself has ended: %s", type(contained(error)).__name__)


@types.coroutine
def _rest(coroutine: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
    thrown: BaseException | None = asyncio.CancelledError()
    while True:
        try:
            awaited = coroutine.send(None) if thrown is None else coroutine.throw(thrown)
        except StopIteration as ended:
            return ended.value
        thrown = None
        try:
            yield awaited
        except BaseException as error:
            thrown = error


class _Limit:
    """The time limit of a call, in the task that makes it. What is called may have time limits of its own, another
    call's or `asyncio.timeout`: all of them cancel the same task, and take that back."""

    __slots__ = ("_cancelled", "_linger", "_timer", "calls", "expired", "over", "seconds", "task", "whose")

    def __init__(self, calls: Calls, seconds: float, whose: Caller) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.calls = calls
        self.seconds = seconds
        self.whose = whose
        self.task = task
        self.expired = False  # the call was told to stop
        self.over = False  # it was told so, by this limit or by others, and had its time to do so
        self._cancelled = 0
        self._linger: asyncio.TimerHandle | None = None
        self._timer = task.get_loop().call_later(seconds, self._expire)

    def cancelled(self) -> None:
        """A CancelledError came to the call. Where that isn't a limit's doing, somebody may have told it to stop."""
        if asyncio.current_task() is not self.task:  # a call around this one was abandoned
            self.stop()
        elif self._linger is None and not self.expired and self.is_cancelled:
            self._linger = self.task.get_loop().call_later(LINGER, self._end_if_cancelled)

    def _end_if_cancelled(self) -> None:
        self._linger = None
        if self.is_cancelled:  # else it was a time limit inside of the call, which took it back
            self._end()

    def _expire(self) -> None:
        self.expired = True
        self._timer = self.task.get_loop().call_later(LINGER, self._end)
        self._cancel()

    def _end(self) -> None:
        self.over = True
        self._cancel()

    def _cancel(self) -> None:
        self._cancelled += 1
        _BY_LIMITS[self.task] = _BY_LIMITS.get(self.task, 0) + 1
        self.task.cancel()

    @property
    def is_cancelled(self) -> bool:
        """Whether whoever waits for the call was told to stop, by others than the limits of calls."""
        return self.task.cancelling() > _BY_LIMITS.get(self.task, 0)

    def stop(self) -> None:
        self._timer.cancel()
        if self._linger is not None:
            self._linger.cancel()
        for _ in range(self._cancelled):
            self.task.uncancel()
            _BY_LIMITS[self.task] -= 1
        self._cancelled = 0

    def failure(self, error: BaseException | None) -> BaseException:
        """What came of the call, which raised that error or was abandoned (None)."""
        if self.is_cancelled and (error is None or isinstance(error, asyncio.CancelledError)):
            return error or asyncio.CancelledError()
        if self.expired or error is None:
            self.calls.told(self.whose.kind)
            self.calls.unstoppable.write_off(job_at_hand())
            what = f"{named(self.whose)} took longer than {self.seconds:g} seconds and was stopped."
            what = f"{what} See what it waits for, or raise its `timeout`."
            return NodeFailed(what, people=Excuse.TOO_LONG)
        return contained(error)


@types.coroutine
def _driven(coroutine: Coroutine[Any, Any, Any], awaited: Any, limit: _Limit) -> Generator[Any, Any, Any]:
    """Awaits the rest of the coroutine, which waits for `awaited`, step by step: each is timed, and its last word
    isn't needed."""
    try:
        while True:
            thrown: BaseException | None = None
            try:
                yield awaited
            except asyncio.CancelledError as error:
                if limit.over:
                    limit.calls.abandon(coroutine, limit.whose)
                    raise limit.failure(None) from None
                limit.cancelled()
                thrown = error
            except BaseException as error:
                thrown = error
            began, before = perf_counter(), _cancellations()
            try:
                awaited = coroutine.send(None) if thrown is None else coroutine.throw(thrown)
                _take_back(before)
            except StopIteration as ended:
                yield from _taken_back(before)
                return ended.value
            except BaseException as error:
                yield from _taken_back(before)
                if isinstance(thrown, GeneratorExit) and isinstance(error, GeneratorExit):
                    raise
                failure = limit.failure(error)
                if failure is error:
                    raise
                raise failure from error
            finally:
                notice_stall(began, limit.whose)
    finally:
        limit.stop()
