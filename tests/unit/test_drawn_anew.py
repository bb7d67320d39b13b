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


# Each run of the tests is forked from one interpreter, which has imported what all of them do; the last is handed the
# seed that the first told.
THRICE = """
import os, re, sys
import hypothesis.strategies, pytest
from tests import drawing, fast, plugins, schedule, workers
from wizard.telemetry import logs

def run(name):
    pid = os.fork()
    if not pid:
        os.chdir(name)
        told = os.open("told", os.O_CREAT | os.O_WRONLY)
        os.dup2(told, 1)
        os.dup2(told, 2)
        code = pytest.main(["-q", *sys.argv[1:], "-c", os.devnull, "."])
        sys.stdout.flush()
        os._exit(code)
    os.waitpid(pid, 0)

run("one")
run("other")
with open("one/told") as told:
    seed = re.search(r"FUZZ_SEED=(\\d+)", told.read())
if seed:
    os.environ["FUZZ_SEED"] = seed[1]
run("again")
"""


def test_a_failure_is_repeated_by_what_ci_tells(tmp_path: Path) -> None:
    """Whoever reads a red morning's output must be able to see the same failure; and the next morning must try
    something else: what is drawn the same each time finds nothing new in years."""
    for name in ("one", "other", "again"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "conftest.py").write_text((TESTS / "conftest.py").read_text())
        (tmp_path / name / "test_random.py").write_text(RANDOM)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("FUZZ_", "PYTEST_", "COV_"))}
    without = [part for name in ("cacheprovider", "xdist", "schemathesis") for part in ("-p", f"no:{name}")]
    subprocess.run(
        [sys.executable, "-c", THRICE, *without],
        check=True,
        cwd=tmp_path,
        env={**clean, "CI": "true", "PYTHONPATH": str(TESTS.parent)},
    )
    one, other, again = ((tmp_path / name / "drawn").read_text().splitlines() for name in ("one", "other", "again"))
    told = (tmp_path / "one" / "told").read_text()
    assert one != other
    assert "FUZZ_SEED=" in told, told
    assert "reproduce_failure" in told
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
