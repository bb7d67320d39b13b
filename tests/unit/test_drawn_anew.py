"""What is tried at random is another thing in each run of the tests, and what failed can be tried once more."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent.parent

RANDOM = """
from hypothesis import given, strategies as st

@given(st.lists(st.integers(), min_size=10))
def test_it(numbers):
    with open("drawn", "a") as drawn:
        drawn.write(f"{numbers}\\n")
    assert max(numbers) < 1000
"""


def _drawn(home: Path, **environment: str) -> tuple[list[str], str]:
    """What a run of the tests drew, as CI runs them, and what it told."""
    (home / "conftest.py").write_text((TESTS / "conftest.py").read_text())
    (home / "test_random.py").write_text(RANDOM)
    (home / "drawn").unlink(missing_ok=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("FUZZ_", "PYTEST_", "COV_"))}
    without = [part for name in ("cacheprovider", "xdist", "schemathesis") for part in ("-p", f"no:{name}")]
    command = [sys.executable, "-m", "pytest", "-q", *without, "-c", os.devnull, "."]
    clean |= {"CI": "true", "PYTHONPATH": str(TESTS.parent), **environment}
    told = subprocess.run(command, check=False, capture_output=True, text=True, cwd=home, env=clean)
    assert (home / "drawn").exists(), told.stdout + told.stderr
    return (home / "drawn").read_text().splitlines(), told.stdout


def test_a_failure_is_repeated_by_what_ci_tells(tmp_path: Path) -> None:
    """Whoever reads a red morning's output must be able to see the same failure; and the next morning must try
    something else: what is drawn the same each time finds nothing new in years."""
    (one, told), (other, _) = _drawn(tmp_path), _drawn(tmp_path)
    assert one != other
    seed = re.search(r"FUZZ_SEED=(\d+)", told)
    assert seed is not None, told
    assert "reproduce_failure" in told
    again, _ = _drawn(tmp_path, FUZZ_SEED=seed[1])
    assert again == one


def test_nothing_is_drawn_the_same_each_time() -> None:
    """A test that asks for the same examples each time stops finding anything after its first run."""
    others = (path for path in TESTS.rglob("*.py") if path != Path(__file__))
    assert [path.name for path in others if re.search(r"derandomize=(?!False)", path.read_text())] == []


def test_every_long_form_is_run_by_torture() -> None:
    """A proof that is too long for each day, and that no night runs either, is none."""
    rules = (TESTS.parent / "Makefile").read_text().replace("\\\n", " ").splitlines()
    long = [rule for rule in rules if rule.startswith("\tTORTURE=") and "-m hypothesis" not in rule]
    named = {TESTS.parent / part for rule in long for part in rule.split() if part.startswith("tests/")}
    have = {
        file
        for file in TESTS.rglob("test_*.py")
        if re.search(r"^from tests\.drawing import .*TORTURE", file.read_text(), re.M)
    }
    assert have
    assert not [file for file in have if named.isdisjoint({file, *file.parents})]
