"""What is left of an error at the border, and who is asked to stop."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import Any

import pytest

from tests.patience import LONG
from wizard.errors import NodeContractError, NodeFailed
from wizard.process.calls import Calls
from wizard.process.isolation import FunctionExited, Whose, computed, contained

WHOSE = Whose("step", "run-1", "kind")


def test_a_real_ctrl_c_still_ends_the_process() -> None:
    """Whoever presses it in a function that computes for long must not read that a step has failed."""

    def interrupted(visit: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        while True:
            pass

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            computed(interrupted, None, object, WHOSE)
    finally:
        signal.signal(signal.SIGINT, before)


def test_ordinary_errors_stay_as_they_are() -> None:
    """What a host catches and logs must be what its function raised."""
    error = ValueError()
    assert contained(error) is error
    assert isinstance(contained(SystemExit()), FunctionExited)
    assert isinstance(contained(StopAsyncIteration()), FunctionExited)


async def test_a_function_is_called_as_what_it_is() -> None:
    """Hosts hand in functions, partials, objects and classes; only `async` ones may run on the event loop."""
    import functools
    import threading

    async def tells(x: int) -> tuple[int, bool]:
        return x, threading.current_thread() is threading.main_thread()

    class Callable:
        async def __call__(self, x: int) -> tuple[int, bool]:
            return await tells(x)

    class Made:
        def __init__(self, x: int) -> None:
            self.said = (x, threading.current_thread() is threading.main_thread())

    def deferred(x: int) -> Any:
        return tells(x)

    calls = Calls()
    for function in (tells, functools.partial(tells), Callable(), functools.partial(Callable()), deferred):
        assert await calls.function(function, {"x": 1}) == (1, True)
    assert (await calls.function(Made, {"x": 1})).said == (1, False)


async def test_a_limit_inside_a_limit_is_its_own() -> None:
    """A function that gives up waiting for a service by itself says so in its own words."""

    async def work() -> str:
        try:
            async with asyncio.timeout(0.01):
                await asyncio.sleep(60)
        except TimeoutError:
            return "gave up"
        return "came"

    assert await Calls().within(LONG, work, WHOSE) == "gave up"


async def test_a_task_is_no_more_cancelled_than_before_when_a_call_was_cut_off() -> None:
    """What comes after it, the commit first of all, would be taken for something that is to stop."""
    task = asyncio.current_task()
    assert task is not None
    for _ in range(2):
        with pytest.raises(Exception, match="took longer"):
            await Calls().within(0.01, lambda: asyncio.sleep(60), WHOSE)
        assert task.cancelling() == 0
    await asyncio.sleep(0)


async def test_what_cannot_be_awaited_is_named() -> None:
    """`object NoneType can't be used in 'await' expression` doesn't say whose it is."""

    async def generates() -> Any:
        yield 1

    for work in (lambda: 7, generates):
        with pytest.raises(NodeContractError, match="kind gave"):
            await Calls().within(LONG, work, WHOSE)  # type: ignore[arg-type]


async def test_calls_that_do_not_come_back_are_told_by_kind() -> None:
    """Operators see which node type hangs."""
    calls, told = Calls(), list[str]()
    calls.told = told.append
    with pytest.raises(Exception, match="took longer"):
        await calls.within(0.01, lambda: asyncio.sleep(60), WHOSE)
    assert told == ["kind"]


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wizard.process.calls.LINGER", 0.3)


async def _for_ever() -> None:
    await asyncio.sleep(60)


@pytest.mark.usefixtures("hurried")
async def test_a_try_that_took_too_long_doesnt_end_what_tries_again() -> None:
    """An http node's first try hangs, the second one takes its time and succeeds: the step must have its result, and no
    second call must go on unseen."""
    calls = Calls()

    async def tries() -> str:
        with pytest.raises(NodeFailed):
            await calls.within(0.01, _for_ever, WHOSE)
        await asyncio.sleep(0.5)
        return "done"

    assert await calls.within(LONG, tries, WHOSE) == "done"
    assert calls.lost == 0


@pytest.mark.usefixtures("hurried")
async def test_a_function_may_have_time_limits_of_its_own() -> None:
    """`asyncio.timeout` cancels the task and takes that back: what the function does instead isn't cut off."""
    calls = Calls()

    async def falls_back() -> str:
        with suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                await _for_ever()
        await asyncio.sleep(0.5)
        return "done"

    assert await calls.within(LONG, falls_back, WHOSE) == "done"
    with pytest.raises(NodeFailed):
        await calls.within(0.1, falls_back, WHOSE)
    assert calls.lost == 0


@pytest.mark.usefixtures("hurried")
async def test_what_was_abandoned_leaves_the_task_alone() -> None:
    """A call inside of one that was left to itself has a limit still, and must not cut off what the task does next."""
    calls = Calls()
    released = False

    async def stubborn() -> None:
        while not released:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0.05)

    async def around() -> None:
        await calls.within(0.8, stubborn, WHOSE)

    with pytest.raises(NodeFailed):
        await calls.within(0.01, around, WHOSE)
    assert calls.lost == 1
    await asyncio.sleep(1)
    released = True
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
