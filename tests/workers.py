"""The processes that run tests side by side are forked from one that has imported all tests. To import them takes ten
seconds of a processor, and each of the processes would do it.

With TORTURE, and so when coverage is measured, each is a new interpreter instead.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import sys
import tempfile
import threading
import warnings
from pathlib import Path
from typing import NoReturn

from tests import forkserver
from tests.drawing import TORTURE
from tests.fast import TESTS, is_fast

FAST = "TESTS_FAST"  # whether only what is fast is imported


def interpreter(*, fast: bool) -> str | None:
    """What starts a worker, where there is something to be gained. Commands that workers start share a process too."""
    if TORTURE:
        return None
    os.environ[FAST] = "1" if fast else ""
    made = Path(tempfile.mkdtemp(prefix="wizwork-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    forkserver.make(made / "python", forkserver.starts(made / "socket", f"from {__name__} import main; main()"))
    os.environ[forkserver.SHARED] = str(forkserver.folder())
    return str(made / "python")


def files(*, fast: bool) -> list[Path]:
    """The files of all tests, or of those that are fast."""
    return [file for file in sorted(TESTS.rglob("test_*.py")) if not fast or is_fast(file)]


def _draw_once() -> None:
    """Hypothesis makes a table of characters, and gathers the constants of all modules, when it first draws a text. In
    a fresh checkout each worker would take six seconds for it."""
    from hypothesis import HealthCheck, given, settings  # not before pytest has seen to their assertions
    from hypothesis.errors import HypothesisSideeffectWarning
    from hypothesis.strategies import text

    @settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(text())
    def draws(_: str) -> None: ...

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", HypothesisSideeffectWarning)  # that it takes time is the point
        draws()


def main() -> NoReturn:
    """Forks until it is killed; each of its children is a worker."""
    gc.disable()  # nothing of what is imported is garbage
    from _pytest.config import _prepareconfig, apply_warning_filters

    config = _prepareconfig(["--capture=no"])  # it rewrites the assertions of what is imported from here on
    from tests.schedule import import_turned

    with warnings.catch_warnings():
        apply_warning_filters(config.getini("filterwarnings"), [])
        import_turned(files(fast=bool(os.environ[FAST])), TESTS.parent, 0)
    forkserver.make_once()
    _draw_once()
    assert threading.active_count() == 1, "a module of tests starts a thread as it is imported: forks would lack it"
    gc.freeze()
    gc.enable()
    (_, *arguments), *rest = forkserver.forked()
    forkserver.become(["-c"], *rest)
    with forkserver.ending_early():
        exec(arguments[-1], {"__name__": "__main__"})
    sys.exit(0)
