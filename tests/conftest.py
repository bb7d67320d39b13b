"""The seed of whatever is tried at random: another one in each run of the tests, told at its end.

FUZZ_SEED is what somebody sets who wants to see the same once more; the output of a run that failed is enough for that,
on any machine that has the same versions. What was drawn in vain before would be drawn in vain for ever, so nothing may
be drawn the same each time. What failed once stays as an explicit example: `@example`, or a story in
tests/unit/machine/test_properties.py.
"""

from __future__ import annotations

import gc
import logging
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings

from tests import workers
from tests.drawing import examples, stay
from tests.fast import TESTS, is_fast
from tests.plugins import PARCELS, PlugIn
from tests.schedule import Pieces, import_turned, leave_processors_to_browsers, longest_first, opens_browser
from wizard.telemetry import logs

# How fast an example is says something of the machine and of who else works on it, nothing of what is tested.
# Hypothesis' own profile for CI would draw the same each time.
settings.register_profile(
    "patient",
    max_examples=int(os.environ.get("EXAMPLES") or examples(100)),  # where a test doesn't say
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=False,
    print_blob=True,
)
settings.load_profile("patient")

SEED = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="what a minute is enough for: see tests/fast.py")
    parser.addoption("--draw", action="store_true", help="a sixteenth of the variants of tests: see tests/drawing.py")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What isn't fast isn't even imported."""
    return (config.option.fast and collection_path.suffix == ".py" and not is_fast(collection_path)) or None


@pytest.hookimpl(tryfirst=True)  # before Hypothesis reads its option
def pytest_configure(config: pytest.Config) -> None:
    handed = getattr(config, "workerinput", {}).get("fuzz_seed")
    asked_for = handed or config.option.hypothesis_seed or os.environ.get("FUZZ_SEED")
    config.stash[SEED] = int(asked_for or secrets.randbelow(2**32))
    config.option.hypothesis_seed = str(config.stash[SEED])
    gc.set_threshold(50_000, 20, 50)
    if config.getoption("tx", None) and _collects_all(config):
        starts = workers.interpreter(list(map(str, config.invocation_params.args)), config.stash[SEED])
        forked = f"popen//python={starts}" if starts else "popen"
        config.option.tx = [forked if each == "popen" else each for each in config.option.tx]


def _collects_all(config: pytest.Config) -> bool:
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS


def pytest_collectstart() -> None:
    gc.disable()  # what is imported and collected stays to the end: nothing in it is looked for


def pytest_collection(session: pytest.Session) -> bool | None:
    """Processes that collect all at the same time begin at different files, where it isn't done before they fork."""
    told = getattr(session.config, "workerinput", {})
    if told.get("collects_all"):
        if workers.take_over(session):
            return True
        files = workers.files(fast=session.config.option.fast)
        import_turned(files, TESTS.parent, int(told["workerid"].removeprefix("gw")) / told["workercount"])
    return None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> Iterator[None]:
    """With --draw, without the variants that aren't drawn: to make an item of each and leave it out takes seconds."""
    yield
    config, calls = metafunc.config, metafunc._calls
    if config.option.draw and len(calls) > 1:
        calls[:] = [calls[place] for place in stay(metafunc.definition.nodeid, len(calls), config.stash[SEED])]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, and all else as it was."""
    items[:] = longest_first(items)


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With --dist loadscope, a scope is a piece of work of tests/schedule.py."""
    return Pieces(config, log) if config.option.dist == "loadscope" else None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Processes that run tests side by side have the same seed, and know whether they collect everything."""
    node.workerinput["fuzz_seed"] = node.config.stash[SEED]
    node.workerinput["collects_all"] = _collects_all(node.config)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    seed = terminalreporter.config.stash[SEED]
    terminalreporter.write_line(f"Drawn with seed {seed}; FUZZ_SEED={seed} tries the same again.")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A process beside others tells of a test that passed once, not also of its setup and teardown: to pack, send and
    unpack three reports of each takes a processor ten seconds. They are told where it is asked how long they took."""
    if not hasattr(item.config, "workerinput"):
        return None
    if not opens_browser(item.nodeid):
        leave_processors_to_browsers()
    if item.config.option.durations is not None:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlugIn]:
    """A package with node types that is installed for the length of a test."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    made = PlugIn(folder)
    made.install(PARCELS)
    yield made
    made.uninstall()


@pytest.fixture
def fuzz_seed(request: pytest.FixtureRequest) -> int:
    return request.config.stash[SEED]


@pytest.fixture
def pseudo_language(tmp_path: Path) -> Iterator[str]:
    """The tag of a language in which every word of a catalogue can be told from all others (tests/pseudo.py)."""
    from tests.pseudo import PSEUDO, installed

    with installed(tmp_path):
        yield PSEUDO


def pytest_runtest_teardown() -> None:
    """A command that a test runs in this process sets what is logged and where to, which isn't the next test's: one
    that told errors alone left fifteen tests of other files without the warnings that they look for."""
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if type(handler).__module__ == logs.__name__:
            root.removeHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("wizard").setLevel(logging.NOTSET)
