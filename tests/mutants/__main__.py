"""`python -m tests.mutants [--each N] [--seed N] [--only MODULE …] [--minutes N] [--quick]`: makes N random mistakes in
each pure module, one at a time, in a copy of the tree, and reports those that no test notices."""

from __future__ import annotations

import argparse
import os
import random
import secrets
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from tests.mutants.mistakes import Mistake, described, mistakes
from tests.mutants.selection import modules, tests_of

ROOT = Path(__file__).parent.parent.parent
COPIED = ("wizard", "nodes", "forms", "tests", "examples", "docs", "setup.cfg", "pyproject.toml", "README.md")
# What every test needs is imported once; the processes that run tests are forked from this one.
PRELOADED = (
    "aiohttp", "babel.core", "email_validator", "hypothesis.stateful", "immutables", "jinja2", "msgpack", "orjson",
    "phonenumbers", "prometheus_client", "pydantic", "pytest", "stdnum", "transitions", "typer",
    "yaml",
)  # fmt: skip
LONGEST = 300.0  # seconds for the tests of one module as it is


@dataclass
class Tally:
    survivors: list[tuple[str, Mistake, list[str]]] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)


class Copy:
    """A copy of the tree, in which tests are run, each time in a process of their own."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self._seed = seed
        self._usual: dict[frozenset[str], float] = {}

    def noticed(self, tests: Sequence[str], seconds: float) -> str:
        """How the tests end: "passed", "failed", or "hung" where they take longer than that."""
        child = os.fork()
        if child == 0:
            self._run(tests)
        until, done = time.monotonic() + seconds, 0
        try:
            while time.monotonic() < until:
                done, status = os.waitpid(child, os.WNOHANG)
                if done:
                    return "passed" if os.waitstatus_to_exitcode(status) == 0 else "failed"
                time.sleep(0.02)
            return "hung"
        finally:
            if not done:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)

    def usual(self, tests: Sequence[str]) -> float:
        """How long the tests take as long as there is no mistake. Raises SystemExit where they fail all the same."""
        asked = frozenset(each for each in tests if not any(each.startswith(f"{other}/") for other in tests))
        if asked not in self._usual:
            begun, sys.dont_write_bytecode = time.monotonic(), False
            if self.noticed(tests, LONGEST) != "passed":
                raise SystemExit(f"These tests fail without any mistake: {' '.join(tests)}\n{self.told()[-2000:]}")
            sys.dont_write_bytecode = True
            self._usual[asked] = time.monotonic() - begun
        return self._usual[asked]

    def _run(self, tests: Sequence[str]) -> None:
        """In the forked process: never returns."""
        status = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            with (self.root / "told.txt").open("w") as told:
                os.dup2(told.fileno(), 1)
                os.dup2(told.fileno(), 2)
            os.chdir(self.root)
            os.environ |= {"FUZZ_SEED": str(self._seed), "NO_SHRINK": "1"}
            for name in [each for each in sys.modules if each.partition(".")[0] in ("tests", "wizard")]:
                del sys.modules[name]
            sys.path[:] = [str(self.root), *(each for each in sys.path if each and Path(each) != ROOT)]
            options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov", "-k", "not postgres"]
            options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
            status = int(import_module("pytest").main([*options, *tests]))
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def told(self) -> str:
        return (self.root / "told.txt").read_text()

    @contextmanager
    def mistaken(self, module: str, mistake: Mistake) -> Iterator[None]:
        """Meanwhile the module has the mistake in it. No bytecode of it may be found that is as old and as long."""
        path = self.root / module
        source = path.read_bytes()
        path.write_bytes(mistake.made_in(source))
        try:
            yield
        finally:
            path.write_bytes(source)
            for each in path.parent.glob(f"__pycache__/{path.stem}.*"):
                each.unlink()


@contextmanager
def copied(seed: int) -> Iterator[Copy]:
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        root = Path(folder)
        ignored = shutil.ignore_patterns("__pycache__", "node_modules", ".hypothesis")
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, root / name, symlinks=True, ignore=ignored)
            else:
                shutil.copy(ROOT / name, root / name)
        (root / "tests/mutants/test_here.py").write_text(
            f"import wizard\ndef test_here():\n    assert wizard.__file__.startswith({folder!r})\n"
        )
        yield Copy(root, seed)


def try_module(copy: Copy, module: str, chance: random.Random, each: int, quick: bool, tally: Tally) -> None:
    first, then = tests_of(copy.root, module)
    stages = [stage for stage in (first, [] if quick else then) if stage]
    source = (copy.root / module).read_bytes()
    possible = mistakes(source)
    print(f"{module}: {min(each, len(possible))} of {len(possible)}", flush=True)
    usual = [copy.usual(stage) for stage in stages]
    for mistake in sorted(chance.sample(possible, min(each, len(possible))), key=lambda one: one.start):
        end = "passed"
        with copy.mistaken(module, mistake):
            for stage, seconds in zip(stages, usual, strict=True):
                end = copy.noticed(stage, 10 + 4 * seconds)
                if end != "passed":
                    break
        tally.ends["survived" if end == "passed" else end] += 1
        if end == "passed":
            lines = list(described(source, mistake))
            tally.survivors.append((module, mistake, lines))
            print("\n".join([f"  {module}:{mistake.line}", *(f"  {line}" for line in lines)]), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--each", type=int, default=6, help="mistakes in each module (6)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="the same sample again")
    parser.add_argument("--only", nargs="*", default=[], help="modules, by the end of their path: machine.py")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no further module after so many")
    parser.add_argument("--quick", action="store_true", help="without the tests that go through whole runs")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # the copy goes, and who runs tests in it
    for name in PRELOADED:
        import_module(name)
    chance, tally, until = random.Random(given.seed), Tally(), time.monotonic() + given.minutes * 60
    with copied(given.seed) as copy:
        if copy.noticed(["tests/mutants/test_here.py"], LONGEST) != "passed":
            raise SystemExit(f"The copy of the tree isn't what is tested.\n{copy.told()}")
        wanted = [each for each in modules(copy.root) if not given.only or each.endswith(tuple(given.only))]
        chance.shuffle(wanted)  # where there isn't time for all, it is others each time
        for module in wanted:
            if time.monotonic() < until:
                sample = random.Random(f"{given.seed}-{module}")  # the same whatever else is tried
                try_module(copy, module, sample, given.each, given.quick, tally)
    print(f"\n{dict(tally.ends)}; --seed {given.seed} makes the same mistakes again")


if __name__ == "__main__":
    main()
