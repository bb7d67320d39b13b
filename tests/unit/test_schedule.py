"""Which tests go together, and which begin, where several processes run them side by side."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

import pytest

from tests.fast import TESTS
from tests.schedule import (
    LONGEST,
    import_turned,
    leave_processors_to_browsers,
    longest_first,
    opens_browser,
    piece_of,
)


class Item:
    def __init__(self, place: str) -> None:
        self.nodeid = f"tests/{place}::test_it[1]"


def order(*places: str) -> list[str]:
    items = cast("list[pytest.Item]", [Item(place) for place in places])
    return [item.nodeid.removeprefix("tests/").partition("::")[0] for item in longest_first(items)]


def test_one_process_opens_a_browser_for_all_tests_that_can_share_it() -> None:
    """Each process would start the same browser, which takes longer than most tests in it: a Firefox most of all."""
    shared = piece_of("tests/browser/test_views.py::test_it")
    assert shared == piece_of("tests/browser/test_moving.py::test_it[1]")
    with_firefox = {file.name for file in (TESTS / "browser").glob("test_*.py") if "irefox" in file.read_text()}
    pieces = {piece_of(f"tests/browser/{name}::test_it") for name in with_firefox}
    assert len(pieces) == 1
    assert shared not in pieces
    assert piece_of("tests/rules/test_ports.py::test_it") != piece_of("tests/rules/test_profiles.py::test_it")


def test_what_takes_longest_begins_and_a_piece_stays_together() -> None:
    """The last process would be at a long test while all others have nothing to do."""
    places = ("rules/test_ports.py", "acceptance/test_json.py", "browser/test_moving.py", "faults/test_kills.py")
    assert order(*places, "browser/test_views.py", "unit/test_app.py") == [
        "browser/test_moving.py",
        "browser/test_views.py",
        "faults/test_kills.py",
        "acceptance/test_json.py",
        "rules/test_ports.py",
        "unit/test_app.py",
    ]


def test_the_longest_are_where_they_are_looked_for() -> None:
    """A file that was renamed would begin last."""
    assert [each for each in LONGEST if not (TESTS / each).exists()] == []


def test_each_process_begins_to_import_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a fresh checkout four processes would compile the same modules at the same time, each of them all."""
    monkeypatch.syspath_prepend(str(tmp_path))
    files = [tmp_path / "turning" / f"test_{name}.py" for name in "abcd"]
    files[0].parent.mkdir()
    for file in files:
        file.write_text("")
    files[3].write_text("assert False")
    import_turned(files, tmp_path, 0.5)
    names = [name for name in sys.modules if name.startswith("turning.")]
    assert names == ["turning.test_c", "turning.test_a", "turning.test_b"]
    for name in ("turning", *names):
        del sys.modules[name]


def test_who_opens_a_browser_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each click waits for three processes: with five others at work on two cores, a chain of a thousand of them is the
    last to end, and takes twice as long as it would."""
    assert opens_browser("tests/browser/test_views.py::test_it[1]")
    assert opens_browser("tests/browser/test_chat.py::test_it")
    assert not opens_browser("tests/faults/test_kills.py::test_it")
    nicer: list[int] = []
    monkeypatch.setattr("tests.schedule.os.nice", nicer.append)
    leave_processors_to_browsers.cache_clear()
    leave_processors_to_browsers()
    leave_processors_to_browsers()
    assert len(nicer) == 1, "with each test it would be nicer than before"
