"""`wizard migrate`: live runs go to another version, and back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.shell import Shell


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


TAXI = """
id: taxi
nodes:
  - {id: trip, type: form, fields: [{name: km, type: integer, label: How far?}]}
  - {id: note, type: form, fields: [{name: note, label: A note}]}
  - {id: done, type: end}
"""


def with_runs(shell: Shell) -> None:
    """Two people order a taxi and don't come to the end; then the definition is another one."""
    shell.file("taxi.yaml", TAXI)
    assert shell.types("deploy taxi --from taxi.yaml") == 0
    for piped in ("3\n:quit\n", "4\n:quit\n"):
        assert shell.types("run taxi.yaml --store sqlite:///wizard.db", piped) == 3, "it goes on later"
    shell.file("taxi.yaml", TAXI.replace("{name: km,", "{name: people, type: integer}, {name: km,"))
    assert shell.types("deploy taxi --from taxi.yaml") == 0


def test_runs_are_migrated_and_brought_back(shell: Shell) -> None:
    """An operator looks first, does it, and takes it back, each with one command."""
    with_runs(shell)
    assert shell.types("migrate taxi --dry-run") == 0
    first, counts, head, *lines = shell.out.splitlines()
    assert (first, counts.split()) == (
        "A dry run, to version 2:",
        ["2", "are", "asked", "for", "an", "answer", "first"],
    )
    assert head.split() == ["RUN", "AT", "THEN", "WHY"]
    assert [line.split()[1:3] for line in lines] == [["note", "trip"]] * 2
    assert shell.types("migrate taxi --note Mended --json") == 0
    assert (shell.json["number"], shell.json["ask"], len(shell.json["runs"])) == (2, 2, 2)
    assert shell.types("migrate taxi") == 0
    assert shell.out == "No live run of taxi is on another version than 2.\n"
    assert shell.types("migrate taxi --back") == 0
    assert re.search(r"^ +2 are back where they stood$", shell.out, re.MULTILINE)
    assert shell.types("audit taxi") == 0
    assert "migrate back" in shell.out
    assert "migrate 2" in shell.out
    assert "Mended" in shell.out


def test_names_are_told(shell: Shell) -> None:
    """A guess is shown as one."""
    with_runs(shell)
    shell.file("taxi.yaml", TAXI.replace("id: note", "id: remark").replace("name: km", "name: distance"))
    assert shell.types("deploy taxi --from taxi.yaml") == 0
    assert shell.types("migrate taxi --dry-run --map note=remark") == 0
    assert "note is remark now.\n" in shell.out
    assert "trip.km is trip.distance now (a guess: say otherwise with --map).\n" in shell.out
    assert "2 continue where they stand" in shell.out


@pytest.mark.parametrize(
    "options",
    [
        "--map x",
        "--map a=b.c",
        "--map =b",
        "--map a=b --map a=c",
        "--back --to 1",
        "--back --map a=b",
        "--to 0",
        "--note '\x07'",
    ],
)
def test_what_cannot_be_meant_is_refused(options: str, shell: Shell) -> None:
    """A slip moves nobody's run."""
    with_runs(shell)
    assert shell.types(f"migrate taxi {options}") == 2
    assert "Traceback" not in shell.err


def test_a_name_or_a_version_that_there_is_not(shell: Shell) -> None:
    """The message says what to do."""
    with_runs(shell)
    for options in ("--map trip=nowhere", "--map nowhere=trip", "--to 9"):
        assert shell.types(f"migrate taxi {options}") == 1
        assert shell.err.startswith("wizard: ")
    assert shell.types("migrate nothing") == 1
