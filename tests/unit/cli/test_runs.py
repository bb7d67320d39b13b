"""`wizard runs`: looking into a store."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.unit.bookings import Bookings
from tests.unit.shell import PASSPORT, Shell


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


def run_id(text: str) -> str:
    return text.rpartition("--resume=")[2].strip()


def test_runs_are_listed_without_their_answers(shell: Shell) -> None:
    """An operator looks for a run; what people told it is none of their business here."""
    assert shell.types("runs list") == 1
    shell.types("run passport.yaml", "Ann\n")
    left = run_id(shell.out)
    shell.types("run passport.yaml", "Bea\nhunter22\n")
    assert shell.types("runs list") == 0
    assert left in shell.out
    assert "Ann" not in shell.out
    assert len(shell.out.splitlines()) == 3
    assert shell.types("runs list --status WAITING --workflow passport --limit 5 --json") == 0
    assert [each["id"] for each in shell.json] == [left]
    assert shell.types("runs list --status waiting --ids") == 0
    assert shell.out == f"{left}\n"
    assert shell.types("runs list --workflow other") == 0
    assert shell.out == "There are no such runs.\n"
    assert shell.types("runs list --store memory:") == 0


def test_runs_are_listed_page_by_page(shell: Shell) -> None:
    """There may be more than one list can hold."""
    shell.types("run passport.yaml", "Ann\n")
    first = run_id(shell.out)
    shell.types("run passport.yaml", "Bea\n")
    second = run_id(shell.out)
    assert shell.types("runs list --ids --limit 1") == 0
    assert shell.out == f"{second}\n"
    assert shell.types(f"runs list --ids --limit 1 --before {second}") == 0
    assert shell.out == f"{first}\n"
    assert shell.types(f"runs list --ids --before {first}") == 0
    assert shell.out == ""
    assert shell.types(f"runs list --failed-undos --before {first}") == 2
    assert "--before" in shell.err


def test_a_run_is_shown_with_its_path_and_answers(shell: Shell) -> None:
    """Somebody calls and says that they are stuck."""
    shell.types("run passport.yaml", "Ann\nhunter22\n:quit\n")
    shell.types("runs list --json")
    done = shell.json[0]["id"]
    assert shell.types(f"runs show {done}") == 0
    assert "completed" in shell.out
    assert "Full name" in shell.out
    assert "hunter22" not in shell.out
    assert shell.types(f"runs show {done} --json") == 0
    assert shell.json["answers"]["applicant"] == {"full_name": "Ann"}
    for odd in ("-x", "-KLh", "--x"):
        assert shell.types(f"runs show {odd}") == 1
        assert "no such run" in shell.err


def test_what_is_kept_and_what_is_wrong_is_shown_as_well(shell: Shell) -> None:
    """A run that was gone back in, and one whose service failed."""
    shell.file(
        "calling.yaml",
        PASSPORT.replace("{id: note, type: set", "{id: call, type: python, function: ring}\n  - {id: note, type: set"),
    )
    shell.types("run calling.yaml", "Ann\nhunter22\n")
    failed = run_id(shell.out)
    assert shell.types(f"runs show {failed}") == 0
    assert "There is no function 'ring'" in shell.out
    shell.types(f"run --resume={failed}", ":back\n")
    assert shell.types(f"runs show {failed}") == 0
    assert "Kept\n  call" in shell.out
    shell.types("run passport.yaml", "")
    assert shell.types(f"runs show {run_id(shell.out)}") == 0
    assert "Answers" not in shell.out


def test_the_trace_tells_what_happened(shell: Shell) -> None:
    """In order, with times; as JSON for programs."""
    shell.types("run passport.yaml", "Ann\n")
    left = run_id(shell.out)
    assert shell.types(f"runs trace {left}") == 0
    assert shell.out.splitlines()[1].split()[3] == "created"
    assert shell.types(f"runs trace {left} --json") == 0
    assert [each["number"] for each in shell.json] == list(range(1, len(shell.json) + 1))
    assert shell.types("runs trace nothing") == 1


def test_runs_with_undos_that_were_given_up_are_found(shell: Shell) -> None:
    """What nobody could undo is an operator's to look at, and they have to find it among a million runs."""
    bookings = Bookings(shell.folder)
    fine, given_up = bookings.cancelled(failing=0), bookings.cancelled(failing=99)
    assert shell.types("runs list --failed-undos --json") == 0
    assert [each["id"] for each in shell.json] == [given_up]
    assert shell.types("runs list --failed-undos --status waiting") == 0
    assert shell.out == "There are no such runs.\n"
    assert shell.types(f"runs show {given_up}") == 0
    assert "To be undone\n  booked" in shell.out
    assert "given up: `wizard runs repair`" in shell.out
    assert shell.types(f"runs show {given_up} --json") == 0
    assert [each["given_up"] for each in shell.json["undos"]] == [True]
    assert shell.types(f"runs show {fine} --json") == 0
    assert shell.json["undos"] == []


def test_what_waits_to_be_undone_is_shown_before_anybody_tried(shell: Shell) -> None:
    """An operator who has just cancelled a run sees what is still to come."""
    run = Bookings(shell.folder).booked()
    assert shell.types(f"runs cancel {run} --undo") == 0
    assert shell.types(f"runs show {run}") == 0
    assert "not tried yet" in shell.out


# -- export ------------------------------------------------------------------------------------------


def test_everything_that_is_stored_of_a_run_is_exported(shell: Shell) -> None:
    """A person asks for their data: answers, files, what happened; passwords are shown to nobody."""
    shell.types("run passport.yaml", "Ann\nhunter22\n")
    shell.types("runs list --json")
    run = shell.json[0]["id"]
    assert shell.types(f"runs export {run}") == 0
    assert "hunter22" not in shell.out
    found = shell.json
    assert (found["run"]["id"], found["run"]["status"]) == (run, "completed")
    assert found["input"] == {"country": "CH"}
    (applicant,) = (each for each in found["steps"] if each["step"] == "applicant")
    assert applicant["answers"]["full_name"] == "Ann"
    assert "password" in applicant["answers"]["secret"]
    assert found["trace"][0]["kind"] == "created"


def test_an_export_is_written_for_its_owner_alone(shell: Shell) -> None:
    """It is one person's data, on a machine that others use as well."""
    shell.types("run passport.yaml", "Ann\n")
    assert shell.types(f"runs export {run_id(shell.out)} --output out.json") == 0
    assert "out.json" in shell.err
    assert shell.out == ""
    file = shell.folder / "out.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["run"]["workflow"] == "passport"


def test_an_export_names_a_run_or_a_profile(shell: Shell) -> None:
    """One of them, and one that there is."""
    shell.types("run passport.yaml", "Ann\n")
    assert shell.types("runs export") == 2
    assert "--profile" in shell.err
    assert shell.types("runs export abc --profile ann") == 2
    assert shell.types("runs export abc") == 1
    assert shell.types("runs export --profile ann") == 1
    assert "Nothing is stored" in shell.err


def test_a_stored_profile_is_exported(shell: Shell) -> None:
    """It outlives the runs that worked on it, and is a person's data as well."""
    Bookings(shell.folder).with_profile("ann", {"city": "Bern"})
    assert shell.types("runs export --profile ann") == 0
    assert shell.json["fields"] == {"city": "Bern"}
