"""The seed of what is tried at random over HTTP: one for a whole run of the tests, told at its end."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.plugins import PARCELS, PlugIn

# How fast an example is says something of the machine and of who else works on it, nothing of what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

SEED = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    """FUZZ_SEED is what somebody sets who wants to see the same once more."""
    handed = getattr(config, "workerinput", {}).get("fuzz_seed")
    config.stash[SEED] = int(handed or os.environ.get("FUZZ_SEED") or secrets.randbelow(2**32))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Processes that run tests side by side have the same seed."""
    node.workerinput["fuzz_seed"] = node.config.stash[SEED]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = (each for found in terminalreporter.stats.values() for each in found)
    if any("test_web_fuzz" in getattr(each, "nodeid", "") for each in reports):
        seed = terminalreporter.config.stash[SEED]
        terminalreporter.write_line(f"Fuzzed with seed {seed}; FUZZ_SEED={seed} tries the same again.")


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
