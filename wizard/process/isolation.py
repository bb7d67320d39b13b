"""Calling code of others: node types, functions of the host. What it raises or never returns is a failure of what
it was called for, and of nothing else (S26).

Rules
- What would end a process, a task or a generator (SystemExit, KeyboardInterrupt, CancelledError, StopIteration …) comes
  out as FunctionExited, an ordinary exception. A cancellation that was asked for goes on, and so does a Ctrl-C.
- What is awaited has a time limit (wizard.process.calls).
- What isn't awaited runs in a thread (wizard.process.threads), unless it is a node type's method without side effects:
  these only compute.
- An event loop can't be taken from a function that blocks it. That it did is logged, with the step and the run.
"""

from __future__ import annotations

import dis
import inspect
import logging
from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple, Protocol, TypeVar

from wizard.errors import NodeContractError

log = logging.getLogger("wizard.nodes")

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


def named(whose: Caller) -> str:
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
        notice_stall(begun, whose)
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


def notice_stall(begun: float, whose: Caller) -> None:
    seconds = perf_counter() - begun
    if seconds > STALL:
        log.warning(
            "%s kept everybody waiting for %.1f seconds: it works on the event loop without awaiting. "
            "If that is a function of yours, define it without `async`: then it gets a thread.",
            named(whose),
            seconds,
        )
