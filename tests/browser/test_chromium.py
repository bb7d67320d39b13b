"""A run without a browser: skipped at home, a failure in continuous integration."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.chromium import REQUIRED, required

ROOT = Path(__file__).parents[2]
ONE_TEST = "tests/browser/test_moving.py::test_back_at_the_first_page_isnt_offered"


@pytest.mark.parametrize(
    ("set_to", "code", "said"),
    [({}, 0, "1 skipped"), ({"BROWSER_TESTS": "required"}, 1, "1 error")],
    ids=["home", "required"],
)
def test_without_a_browser(set_to: dict[str, str], code: int, said: str, tmp_path: Path) -> None:
    """A green run in which nothing was opened in a browser would promise what nobody has seen."""
    bare = {name: value for name, value in os.environ.items() if name not in ("CI", "BROWSER_TESTS")}
    bare |= {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path), **set_to}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:xdist", ONE_TEST]
    done = subprocess.run(command, cwd=ROOT, env=bare, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stdout


def test_continuous_integration_requires_a_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that runs the tests says CI; nobody has to think of our own variable there."""
    monkeypatch.delenv(REQUIRED, raising=False)
    monkeypatch.delenv("CI", raising=False)
    assert not required()
    monkeypatch.setenv("CI", "true")
    assert required()


def test_what_is_submitted_is_tested_in_a_browser() -> None:
    """The check of a submission would pass where the browser tests were skipped."""
    assert f"{REQUIRED}=required" in (ROOT / ".ci" / "run").read_text()
