"""Calling code of others: node types, functions of the host. What it raises or never returns is a failure of what
it was called for, and of nothing else (S26).

Rules
- What would end a process, a task or a generator (SystemExit, KeyboardInterrupt, CancelledError, StopIteration …) comes
  out as FunctionExited, an ordinary exception. A cancellation that was asked for goes on, and so does a Ctrl-C.
- What is awaited has a time limit. It is told by a CancelledError; what doesn't heed that within LINGER seconds is left
  to itself, and whoever waited goes on.
- What isn't awaited runs in a thread (wizard.process.threads), unless it is a node type's method without side effects:
  these only compute.
- An event loop can't be taken from a function that blocks it. That it did is logged, with the step and the run.
"""

from __future__ import annotations

import asyncio
import dis
import inspect
import logging
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from contextlib import suppress
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple, Protocol, TypeVar, cast
from weakref import WeakKeyDictionary

from wizard.errors import Excuse, NodeContractError, NodeFailed
from wizard.process.threads import AT_ONCE, MOST_LOST, Threads
from wizard.process.unstoppable import Unstoppable, job_at_hand

log = logging.getLogger("wizard.nodes")

LINGER = 1.0  # seconds in which what was told to stop may come to its end
STALL = 1.0  # seconds without the event loop that are worth a warning

_OWN_RAISE = frozenset(dis.opmap[name] for name in ("RAISE_VARARGS", "RERAISE"))

T = TypeVar("T")


class FunctionExited(Exception):
    """A function raised what isn't a failure but an order to end something; that is its cause."""


class Caller(Protocol):
    """For whom something is called: a node's visit, or Whose."""

    @property
    def step(self) -> str:
        """The step, or what else it is, for the log."""

    @property
    def run(self) -> str:
        """The run's id, "" where it is about none."""

    @property
    def kind(self) -> str:
        """A node's type, or another of a few words, for figures."""


class Whose(NamedTuple):
    """A caller that isn't a node."""

    step: str
    run: str = ""
    kind: str = "other"


def _named(whose: Caller) -> str:
    return f"{whose.step} of run {whose.run}" if whose.run else whose.step


# -- what is raised ----------------------------------------------------------------------------------


def contained(error: BaseException) -> Exception:
    """The error, as one that ends nothing. Raises it where it is the operator's Ctrl-C."""
    if is_ctrl_c(error):
        raise error
    if isinstance(error, Exception) and not isinstance(error, StopIteration | StopAsyncIteration):
        return error
    return FunctionExited(f"{type(error).__name__} was raised")


def is_ctrl_c(error: BaseException) -> bool:
    """Whether it is the operator's Ctrl-C, and no function's."""
    return isinstance(error, KeyboardInterrupt) and not _raised_by_code(error)


def _raised_by_code(error: BaseException) -> bool:
    """Whether a `raise` raised it: a signal strikes at any other place."""
    at = error.__traceback__
    if at is None:
        return True
    while at.tb_next is not None:
        at = at.tb_next
    return at.tb_frame.f_code.co_code[at.tb_lasti] in _OWN_RAISE


def computed(function: Callable[[Any], object], given: Any, expected: type[T], whose: Caller) -> T:
    """What a function without side effects gives, called here and now. Raises what `contained` makes of its errors,
    and NodeContractError where it gives something else than expected."""
    begun = perf_counter()
    try:
        result = function(given)
    except BaseException as error:
        failure = contained(error)
        if failure is error:
            raise
        raise failure from error
    finally:
        _notice_stall(begun, whose)
    if isinstance(result, expected) and (expected is not object or not inspect.isawaitable(result)):
        return result
    dismiss(result)
    name = getattr(function, "__name__", "it")
    what = "" if expected is object else f", not {expected.__name__}"
    raise NodeContractError(
        f"{name} of node type {whose.kind} gave {type(result).__name__}{what}. "
        "It only computes: define it without `async` and `yield`."
    )


def dismiss(awaitable: object) -> None:
    """Has nobody warned of a coroutine that nobody awaits."""
    if inspect.iscoroutine(awaitable):
        awaitable.close()


def _notice_stall(begun: float, whose: Caller) -> None:
    seconds = perf_counter() - begun
    if seconds > STALL:
        log.warning(
            "%s kept everybody waiting for %.1f seconds: it works on the event loop without awaiting. "
            "Make its function one without `async`, which gets a thread.",
            _named(whose),
            seconds,
        )


# -- what is awaited ---------------------------------------------------------------------------------


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
        began = perf_counter()
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
            if perf_counter() - began > STALL:
                _notice_stall(began, whose)
        _take_back(before)
        return cast("T", await _driven(coroutine, awaited, _Limit(self, seconds, whose)))

    def abandon(self, coroutine: Coroutine[Any, Any, Any], whose: Caller) -> None:
        """Leaves to itself what doesn't end."""
        log.error("%s doesn't heed that it was stopped, and is left to itself", _named(whose))
        task, job = asyncio.ensure_future(_left_alone(coroutine)), job_at_hand()
        self._abandoned.add(task)
        task.add_done_callback(self._abandoned.discard)
        self.unstoppable.begun(job, task)
        task.add_done_callback(partial(self.unstoppable.ended, job))


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
    _notice_stall(began, whose)
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


# How often limits have cancelled a task, and not taken that back yet: calls may be made inside of one another.
_BY_LIMITS: WeakKeyDictionary[asyncio.Task[Any], int] = WeakKeyDictionary()


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
            what = f"{_named(self.whose)} took longer than {self.seconds:g} seconds and was stopped."
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
                _notice_stall(began, limit.whose)
    finally:
        limit.stop()
