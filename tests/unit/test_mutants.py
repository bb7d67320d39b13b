"""The mistakes that `make mutants` makes, and whom it asks about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from random import Random

import pytest

from tests.mutants import selection
from tests.mutants.__main__ import Book, Copy, Tried, try_group
from tests.mutants.hosting import FAILED, PASSED
from tests.mutants.mistakes import Mistake, described, mistakes

ROOT = Path(__file__).parent.parent.parent

SOURCE = b'''\
"""Words."""

def find(names: list[str | None], least: int = 1) -> str:
    """More words."""
    log.info("looking for %s", least)
    for name in names:
        if name is not None and len(name) > least:
            return name
    names.clear()
    raise LookupError("There is none.")
'''


def test_each_mistake_is_one_small_change_that_can_be_run() -> None:
    """A mutant that doesn't compile is noticed by every test, and one in a message by none: both say nothing."""
    made = [" ".join(described(SOURCE, each)) for each in mistakes(SOURCE)]
    assert sorted(made) == sorted(set(made))
    for mistake in (
        "- if name is not None and len(name) > least: + if (name is None) and len(name) > least:",
        "- if name is not None and len(name) > least: + if (name is not None or len(name) > least):",
        "- if name is not None and len(name) > least: + if (len(name) > least):",
        "- return name + return None",
        "- names.clear() + pass",
        '- raise LookupError("There is none.") + pass',
    ):
        assert mistake in made
    assert not [each for each in made if "ords" in each or "looking" in each]
    for each in mistakes(SOURCE):
        compile(each.made_in(SOURCE), "mutant", "exec")


def test_every_module_is_there_and_has_tests_to_ask() -> None:
    """A module or a test that was renamed must not drop out of the sample in silence."""
    for group in selection.GROUPS:
        found = selection.modules(ROOT, group)
        assert len(found) > len(group.modules) or not group.rooms
        assert [each for each in (*found, *group.first, *group.then) if not (ROOT / each).exists()] == []


def test_every_module_is_named_by_the_path_that_it_is_imported_from() -> None:
    """A mistake made at another path (forms/ instead of wizard/forms/) would be made in nothing that runs."""
    for group in selection.GROUPS:
        for path in selection.modules(ROOT, group):
            assert import_module(path.removesuffix(".py").replace("/", ".")).__file__ == str(ROOT / path)


def test_a_sample_is_of_as_many_as_are_asked_for() -> None:
    """The same seed has to make the same mistakes again, or nobody could look at what survived."""
    drawn = mistakes(SOURCE, Random(7), 3)
    assert len(drawn) == 3
    assert drawn == mistakes(SOURCE, Random(7), 3)
    assert set(drawn) < set(mistakes(SOURCE))


class Noticing(Copy):
    """Tests that notice these mistakes, by their line: those in a fork, and those where all is imported anew."""

    def __init__(self, root: Path, forked: dict[str, set[int]], anew: dict[str, set[int]]) -> None:
        super().__init__(root, 0)
        self._forked, self._anew = forked, anew

    def hosted(self, tests: Sequence[str], tried: Sequence[Tried]) -> Iterator[str]:
        yield "1.0"
        for _, mistake in tried:
            yield FAILED if mistake.line in self._forked[tests[0]] else PASSED

    def survives_alone(self, tests: Sequence[str], module: str, mistake: Mistake, usual: float) -> str:
        return FAILED if mistake.line in self._anew[tests[0]] else PASSED


def test_only_what_no_stage_notices_has_survived(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever reads the list would look for tests that are missing and find that they are there."""
    (tmp_path / "names.py").write_bytes(SOURCE)
    tried = [("names.py", each) for each in mistakes(SOURCE) if each.text in ("pass", "return None", "return name")]
    removed, returned = sorted({mistake.line for _, mistake in tried if mistake.line > 7})[:2]
    copy = Noticing(tmp_path, {"near.py": {removed}, "wide.py": set()}, {"near.py": set(), "wide.py": {returned}})
    book = Book(tmp_path / "log.txt")
    try_group(copy, {"near": ["near.py"], "wide": ["wide.py"]}, tried, book)
    assert str(book) == "1 failed near, 1 failed wide, 1 survived"
    assert capsys.readouterr().out.count("names.py:") == 1
    assert len((tmp_path / "log.txt").read_text().splitlines()) == len(tried) == 3
