"""The processes that run tests side by side are forked from one that has imported and collected all tests. To import
them takes ten seconds of a processor and to collect them four, and each of the processes would do it.

With TORTURE, and so when coverage is measured, each is a new interpreter instead.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import shutil
import sys
import tempfile
import threading
import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NoReturn

import pytest
from _pytest.config import _prepareconfig, apply_warning_filters

from tests import forkserver
from tests.drawing import TORTURE
from tests.fast import TESTS, is_fast

GIVEN = "TESTS_GIVEN"  # what pytest was started with, and the seed

# The session that collected before the fork, if all went well; else each worker collects, and tells what is wrong.
collected: list[pytest.Session] = []


def interpreter(arguments: Sequence[str], seed: int) -> str | None:
    """What starts a worker, where there is something to be gained. Commands that workers start share a process too."""
    if TORTURE:
        return None
    os.environ[GIVEN] = json.dumps([arguments, seed])
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


def _collect() -> None:
    """As a worker does that begins with everything, up to running the first test."""
    arguments, seed = json.loads(os.environ.pop(GIVEN))
    config = _prepareconfig([*arguments, "--capture=no"])
    from xdist.remote import setup_config  # not before pytest has seen to its assertions

    setup_config(config, None)
    config.workerinput = {"fuzz_seed": seed}  # type: ignore[attr-defined]
    with redirect_stdout(StringIO()), warnings.catch_warnings():
        config._do_configure()
        apply_warning_filters(config.getini("filterwarnings"), [])
        session = pytest.Session.from_config(config)
        config.hook.pytest_sessionstart(session=session)
        session.perform_collect()
    if not session.testsfailed:
        collected.append(session)


def take_over(session: pytest.Session) -> bool:
    """Makes what was collected before the fork a session's own, whose configuration is of the same arguments. Gives
    whether there was anything."""
    if not collected:
        return False
    before = collected.pop()
    for node in {node for item in before.items for node in item.listchain()}:
        node.config = session.config
    before._fixturemanager.config = session.config
    before._setupstate = session._setupstate
    session._fixturemanager = before._fixturemanager
    session.items, session.testscollected = before.items, before.testscollected
    for folder in {item.path.parent for item in before.items}:  # their conftest.py, if they have one
        session.config.pluginmanager._loadconftestmodules(
            folder,
            importmode=session.config.getoption("importmode"),
            rootpath=session.config.rootpath,
            consider_namespace_packages=session.config.getini("consider_namespace_packages"),
        )
    session.config.hook.pytest_collection_finish(session=session)
    return True


def main() -> NoReturn:
    """Forks until it is killed; each of its children is a worker."""
    gc.disable()  # nothing of what is imported is garbage
    _collect()
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
