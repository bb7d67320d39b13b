"""The gate of `make coverage` tells what isn't covered, and what it couldn't see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.coverage_gate import WHOLE, main
from tests.pages import ROOT


def gate(folder: Path, files: dict[str, float], total: float = 99.0) -> int:
    """What the gate says of a report in which these files are covered so far, in per cent."""
    report: dict[str, Any] = {"totals": {"percent_covered": total}}
    report["files"] = {
        name: {"summary": {"percent_covered": percent}, "missing_lines": [7], "missing_branches": []}
        for name, percent in files.items()
    }
    path = folder / "coverage.json"
    path.write_text(json.dumps(report))
    return main([str(path)])


def covered() -> dict[str, float]:
    """A report in which everything is covered that has to be."""
    return {name if name.endswith(".py") else f"{name}a_module.py": 100.0 for name in WHOLE}


def test_what_has_to_be_covered_whole_exists() -> None:
    """A file that was moved would be held to nothing, or the gate would fail whatever is tested."""
    assert [name for name in WHOLE if not (ROOT / name).exists()] == []


def test_a_covered_core_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Else nobody can release."""
    assert gate(tmp_path, covered()) == 0, capsys.readouterr().out


@pytest.mark.parametrize("name", [*covered()])
def test_a_line_of_the_core_that_no_test_runs_fails(name: str, tmp_path: Path) -> None:
    """A rule that nobody tries is broken unseen."""
    assert gate(tmp_path, {**covered(), name: 99.0}) == 1


@pytest.mark.parametrize("name", [*covered()])
def test_a_part_of_the_core_that_was_not_measured_fails(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A report without it says nothing of it."""
    assert gate(tmp_path, {other: 100.0 for other in covered() if other != name}) == 1
    assert "isn't in the report" in capsys.readouterr().out


def test_too_little_of_everything_fails(tmp_path: Path) -> None:
    """The core isn't all that people use."""
    assert gate(tmp_path, covered(), total=94.9) == 1
