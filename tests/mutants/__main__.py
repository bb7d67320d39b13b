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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from tests.mutants.hosting import FAILED, PASSED, Host, fork
from tests.mutants.mistakes import Mistake, described, mistakes
from tests.mutants.selection import GROUPS, Group, modules

ROOT = Path(__file__).parent.parent.parent
COPIED = ("wizard", "nodes", "forms", "tests", "examples", "docs", "setup.cfg", "pyproject.toml", "README.md")
# What every test needs is imported once; the processes that run tests are forked from this one.
PRELOADED = (
    "aiohttp", "babel.core", "email_validator", "hypothesis.stateful", "immutables", "jinja2", "msgpack", "orjson",
    "phonenumbers", "prometheus_client", "pydantic", "pytest", "stdnum", "transitions", "typer", "yaml",
)  # fmt: skip
LONGEST = 1_200.0  # seconds for the tests of one stage as they are
# A failure is only counted: what pytest would do to explain it takes longer than most of the tests.
OPTIONS = (
    "-q", "-x", "--tb=line", "--assert=plain", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov",
    "-k", "not postgres", "-W", "ignore::pytest.PytestAssertRewriteWarning",
)  # fmt: skip

Tried = tuple[str, Mistake]  # a module, and a mistake in it


class Copy:
    """A copy of the tree, in which tests are run, each time in a process of their own."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root = root
        self._seed = seed

    def run(self, tests: Sequence[str], plugin: object = None, *, bytecode: bool = True) -> int:
        """Runs tests in this process, which is a forked one and does nothing else."""
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            with (self.root / "told.txt").open("w") as told:
                os.dup2(told.fileno(), 1)
                os.dup2(told.fileno(), 2)
            os.chdir(self.root)
            os.environ |= {"FUZZ_SEED": str(self._seed), "NO_SHRINK": "1", "EXAMPLES": "20"}
            sys.dont_write_bytecode = not bytecode
            for name in [each for each in sys.modules if each.partition(".")[0] in ("tests", "wizard")]:
                del sys.modules[name]
            sys.path[:] = [str(self.root), *(each for each in sys.path if each and Path(each) != ROOT)]
            options = [*OPTIONS, f"--basetemp={self.root / 'temp'}"]
            return int(import_module("pytest").main([*options, *tests], plugins=[plugin] if plugin else []))
        except BaseException:
            traceback.print_exc()
            return 1
        finally:
            sys.stdout.flush()
            sys.stderr.flush()

    def hosted(self, tests: Sequence[str], tried: Sequence[Tried]) -> Iterator[str]:
        """The usual seconds of these tests, and then how they end with each mistake, one after another."""
        told, telling = os.pipe()
        asked, asking = os.pipe()
        places = [(self.root / module, mistake) for module, mistake in tried]
        plugin = Host(places, lambda: os.read(asked, 1), lambda line: os.write(telling, f"{line}\n".encode()), LONGEST)
        child = os.fork()
        if child == 0:
            os.close(told)
            os._exit(self.run(tests, plugin))
        os.close(telling)
        try:
            with open(told) as lines:
                for line in lines:
                    yield line.strip()
                    os.write(asking, b".")
        finally:
            for end in (asked, asking):
                os.close(end)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    def told(self) -> str:
        """The end of what the tests told last."""
        return (self.root / "told.txt").read_text()[-2000:]

    def survives_alone(self, tests: Sequence[str], module: str, mistake: Mistake, usual: float) -> str:
        """The same with everything imported anew. No bytecode may be found that is as old and as long."""
        path = self.root / module
        source = path.read_bytes()
        path.write_bytes(mistake.made_in(source))
        try:
            return fork(lambda: self.run(tests, bytecode=False), 30 + 4 * usual)
        finally:
            path.write_bytes(source)
            for each in path.parent.glob(f"__pycache__/{path.stem}.*"):
                each.unlink()


class Book:
    """How the mistakes ended: how many in which way, and, where there is a file for it, each."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._tally = Counter[str]()

    def note(self, module: str, mistake: Mistake, end: str) -> None:
        self._tally[end] += 1
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(f"{module}:{mistake.line}\t{end}\t{' '.join(mistake.text.split())}\n")

    def __str__(self) -> str:
        return ", ".join(f"{count} {end}" for end, count in sorted(self._tally.items())) or "nothing tried"


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


def ends(copy: Copy, tests: Sequence[str], tried: Sequence[Tried]) -> Iterator[tuple[Tried, str]]:
    """How the tests end with each mistake. Raises SystemExit where they fail without any."""
    told = copy.hosted(tests, [each for each in tried if each[1].inside])
    usual = next(told, FAILED)
    if usual == FAILED:
        raise SystemExit(f"These tests fail without any mistake: {' '.join(tests)}\n{copy.told()}")
    for each in tried:
        end = next(told, PASSED) if each[1].inside else PASSED
        yield each, copy.survives_alone(tests, *each, float(usual)) if end == PASSED else end


def try_group(copy: Copy, stages: Mapping[str, Sequence[str]], tried: list[Tried], book: Book) -> None:
    """Asks the tests of each stage about what the one before has let pass."""
    for stage, tests in stages.items():
        passed: list[Tried] = []
        for each, end in ends(copy, tests, tried):
            if end == PASSED:
                passed.append(each)
            else:
                book.note(*each, f"{end} {stage}")
        tried = passed
        if not tried:
            return
    for each in tried:
        book.note(*each, "survived" if "wide" in stages else "unnoticed near")
        tell(copy, *each)


def tell(copy: Copy, module: str, mistake: Mistake) -> None:
    lines = described((copy.root / module).read_bytes(), mistake)
    print("\n".join([f"{module}:{mistake.line}", *(f"  {line}" for line in lines)]), flush=True)


def sample(copy: Copy, group: Group, seed: int, each: int, only: Sequence[str]) -> list[Tried]:
    """What is tried of a group."""
    tried: list[Tried] = []
    for module in modules(copy.root, group):
        if not only or module.endswith(tuple(only)):
            chance = random.Random(f"{seed}-{module}")  # the same whatever else is tried
            tried += [(module, mistake) for mistake in mistakes((copy.root / module).read_bytes(), chance, each)]
    return tried


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--each", type=int, default=6, help="mistakes in each module (6)")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="the same sample again")
    parser.add_argument("--only", nargs="*", default=[], help="modules, by the end of their path: machine.py")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin nothing further after so many")
    parser.add_argument("--quick", action="store_true", help="without the tests that go through whole runs")
    parser.add_argument("--log", type=Path, help="a file to which each mistake is added, and how it ended")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # the copy goes, and who runs tests in it
    for name in PRELOADED:
        import_module(name)
    until = time.monotonic() + given.minutes * 60
    book = Book(given.log)
    try:
        with copied(given.seed) as copy:
            if fork(lambda: copy.run(["tests/mutants/test_here.py"]), LONGEST) != PASSED:
                raise SystemExit(f"The copy of the tree isn't what is tested.\n{copy.told()}")
            # Where there isn't time for all, it is others each time.
            for group in random.Random(given.seed).sample(GROUPS, len(GROUPS)):
                tried = sample(copy, group, given.seed, given.each, given.only)
                if tried and time.monotonic() < until:
                    begun = time.monotonic()
                    stages = {"near": group.first} if given.quick else {"near": group.first, "wide": group.then}
                    try_group(copy, stages, tried, book)
                    names = " ".join(sorted({module for module, _ in tried}))
                    print(f"{book} after {names} ({time.monotonic() - begun:.0f} s)", flush=True)
    finally:
        print(f"{book}; --seed {given.seed} makes the same mistakes again", flush=True)


if __name__ == "__main__":
    main()
