"""The tests of some modules, collected once; each mistake is made in a fork of the process, and they are run there.

A mistake in the body of a function is made by handing the function its other code. What was computed with the right one
before (at import, or in a cache) may hide it: what survives here has to be tried once more in a process of its own.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from signal import SIGKILL
from types import CodeType, FunctionType

import pytest

from tests.mutants.mistakes import Mistake

PASSED, FAILED, HUNG = "passed", "failed", "hung"


def fork(run: Callable[[], int], seconds: float) -> str:
    """How `run` ends in a process of its own: passed where it gives 0."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            status = run()
        finally:
            os._exit(status)
    until, done = time.monotonic() + seconds, 0
    try:
        while time.monotonic() < until:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return PASSED if os.waitstatus_to_exitcode(status) == 0 else FAILED
            time.sleep(0.01)
        return HUNG
    finally:
        if not done:
            os.kill(child, SIGKILL)
            os.waitpid(child, 0)


class Host:
    """A plugin of pytest: `told` hears of the usual seconds, and then how the tests end with each mistake."""

    def __init__(self, tried: Sequence[tuple[Path, Mistake]], told: Callable[[str], None], longest: float) -> None:
        self._tried, self._told, self._longest = tried, told, longest

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        begun = time.monotonic()
        if session.testsfailed or fork(lambda: _run(session), self._longest) != PASSED:
            self._told(FAILED)
            return True
        usual = time.monotonic() - begun
        self._told(f"{usual}")
        for path, mistake in self._tried:
            run = partial(_run_with, session, path, mistake)
            self._told(fork(run, 10 + 4 * usual))
        return True


def _run_with(session: pytest.Session, path: Path, mistake: Mistake) -> int:
    """Runs the tests with a mistake; those that mirror its module come first."""
    _make(path, mistake)
    session.items.sort(key=lambda item: item.path.stem != f"test_{path.stem}")
    return _run(session)


def _run(session: pytest.Session) -> int:
    for item, following in zip(session.items, [*session.items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            return 1
    return 0


def _make(path: Path, mistake: Mistake) -> None:
    source = path.read_bytes()
    old, new = (_functions(compile(each, path, "exec")) for each in (source, mistake.made_in(source)))
    other = {(one.co_qualname, one.co_firstlineno): two for one, two in zip(old, new, strict=True)}
    functions = [each for each in gc.get_objects() if isinstance(each, FunctionType)]
    for function in functions:
        code = function.__code__
        if code.co_filename == str(path) and (code.co_qualname, code.co_firstlineno) in other:
            function.__code__ = other[code.co_qualname, code.co_firstlineno]


def _functions(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield each
            yield from _functions(each)
