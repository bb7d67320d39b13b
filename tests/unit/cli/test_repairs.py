"""What an operator does to a run: cancel, repair, delete."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.bookings import Bookings
from tests.unit.shell import PASSPORT, Shell


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


def run_id(text: str) -> str:
    return text.rpartition("--resume=")[2].strip()


# -- cancel ------------------------------------------------------------------------------------------


def test_a_cancelled_run_is_over_and_stays(shell: Shell) -> None:
    """What was answered is there still, for whoever has to look at it."""
    shell.types("run passport.yaml", "Ann\n")
    run = run_id(shell.out)
    assert shell.types(f"runs cancel {run}") == 0
    assert f"Run {run} is cancelled." in shell.out
    assert shell.types(f"runs cancel {run} --undo") == 0
    assert "cancelled before" in shell.out
    assert shell.types(f"runs show {run} --json") == 0
    assert shell.json["status"] == "cancelled"
    assert shell.types("runs cancel nothing") == 1


def test_a_completed_run_isnt_cancelled(shell: Shell) -> None:
    """Its end was told to whoever asked; it can't be taken back."""
    shell.types("run passport.yaml", "Ann\nhunter22\n")
    shell.types("runs list --json")
    assert shell.types(f"runs cancel {shell.json[0]['id']}") == 1
    assert "completed" in shell.err


def test_undoing_is_ordered_and_the_application_does_it_newest_first(shell: Shell) -> None:
    """The command has no functions of the application: trying would only count as having failed."""
    bookings = Bookings(shell.folder)
    run = bookings.booked()
    bookings.calls.clear()
    assert shell.types(f"runs cancel {run} --undo") == 0
    assert "2 steps still to be undone; a worker does it" in shell.out
    assert bookings.calls == []
    bookings.works()
    assert bookings.calls == ["refund", "unbook"]
    assert shell.types(f"runs show {run} --json") == 0
    assert shell.json["undos"] == []


def test_undoing_at_once_is_tried_here(shell: Shell) -> None:
    """Where no function of the application is needed, nobody has to wait for a worker; where one is, it is said."""
    shell.types("run passport.yaml", "Ann\n")
    assert shell.types(f"runs cancel {run_id(shell.out)} --undo --now") == 0
    assert "What its steps did is undone." in shell.out
    bookings = Bookings(shell.folder)
    run = bookings.booked()
    assert shell.types(f"runs cancel {run} --undo --now") == 0
    assert "2 steps still to be undone" in shell.out
    bookings.calls.clear()
    bookings.works()
    assert sorted(bookings.calls) == ["refund", "unbook"]


# -- repair ------------------------------------------------------------------------------------------


def test_what_wasnt_given_up_needs_no_repair(shell: Shell) -> None:
    """An operator is told that there is nothing to do here."""
    shell.types("run passport.yaml", "Ann\n")
    run = run_id(shell.out)
    assert shell.types(f"runs repair {run}") == 0
    assert shell.out == f"Nothing of run {run} was given up. It is waiting.\n"


def test_undos_that_were_given_up_are_tried_again(shell: Shell) -> None:
    """The service that refused for a day works again."""
    bookings = Bookings(shell.folder)
    run = bookings.cancelled(failing=10)
    assert shell.types(f"runs repair {run}") == 0
    assert "1 undo" in shell.out
    assert "will be tried again; a worker does it" in shell.out
    bookings.calls.clear()
    bookings.works()
    assert bookings.calls == ["unbook"]
    assert shell.types(f"runs repair {run}") == 0
    assert "Nothing" in shell.out


def test_an_undo_that_is_still_owed_is_no_nothing(shell: Shell) -> None:
    """Asked twice, the command says the same: somebody still has to undo it, and `--now` tells what became of it."""
    bookings = Bookings(shell.folder)
    run = bookings.cancelled(failing=10)
    assert shell.types(f"runs repair {run}") == 0
    for again in ("", " --now"):
        assert shell.types(f"runs repair {run}{again}") == 0
        assert shell.out == (
            f"1 undo of run {run} still to be done; a worker does it: `wizard serve`, `wizard worker` or your own "
            "application.\n"
        )


def test_a_step_that_failed_is_left_to_a_worker(shell: Shell) -> None:
    """It goes on from there, with the functions that it needs."""
    bookings = Bookings(shell.folder)
    run = bookings.failed()
    assert shell.types(f"runs repair {run}") == 0
    assert "The step booked will be tried again; a worker does it" in shell.out
    bookings.works()
    assert shell.types(f"runs show {run} --json") == 0
    assert (shell.json["status"], shell.json["current"]["step"]) == ("waiting", "check")


def test_a_step_that_fails_again_here_is_an_error(shell: Shell) -> None:
    """A script has to see that nothing is repaired."""
    run = Bookings(shell.folder).failed()
    assert shell.types(f"runs repair {run} --now") == 1
    assert "failed again: There is no function" in shell.err


def test_undos_are_done_here_on_request(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """And a job that a worker has meanwhile is left to it."""
    bookings = Bookings(shell.folder)
    run = bookings.cancelled(failing=10)
    monkeypatch.setattr("wizard.nodes.out.python.call_function", bookings.anything)
    assert shell.types(f"runs repair {run} --now") == 0
    assert shell.out == f"1 undo of run {run} succeeded.\n"
    assert bookings.jobs() == []


def test_a_step_goes_on_here_on_request(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run stands at its next question when the command ends."""
    bookings = Bookings(shell.folder)
    run = bookings.failed()
    monkeypatch.setattr("wizard.nodes.out.python.call_function", bookings.anything)
    assert shell.types(f"runs repair {run} --now") == 0
    assert shell.out == "The run went on, and is waiting.\n"
    assert bookings.jobs() == []


def test_an_undo_that_fails_here_is_tried_again_by_a_worker(shell: Shell) -> None:
    """The command hasn't got the function; that is no reason to give up anew."""
    bookings = Bookings(shell.folder)
    run = bookings.cancelled(failing=10)
    assert shell.types(f"runs repair {run} --now") == 0
    assert "will be tried again" in shell.out
    assert bookings.jobs() == [f"{run}/undo/2"]


def test_a_slow_step_is_done_here_on_request(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though nobody would be kept waiting for it anywhere else."""
    bookings = Bookings(shell.folder, slow=True)
    run = bookings.failed()
    bookings.works()
    monkeypatch.setattr("wizard.nodes.out.python.call_function", bookings.anything)
    assert shell.types(f"runs repair {run} --now") == 0
    assert shell.out == "The run went on, and is waiting.\n"


def test_what_a_worker_does_already_isnt_done_here(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be done twice at the same time."""
    bookings = Bookings(shell.folder)
    run = bookings.cancelled(failing=10)

    async def taken(*_: object) -> bool:
        return False

    monkeypatch.setattr("wizard.stores.sqlite.queue.SqliteQueue.put_off", taken)
    monkeypatch.setattr("wizard.nodes.out.python.call_function", bookings.anything)
    assert shell.types(f"runs repair {run} --now") == 0
    assert "will be tried again; a worker does it" in shell.out


# -- delete ------------------------------------------------------------------------------------------


def test_a_run_is_deleted_when_somebody_says_yes(shell: Shell) -> None:
    """Nothing brings it back, so it is asked first."""
    shell.types("run passport.yaml", "Ann\n")
    run = run_id(shell.out)
    assert shell.types(f"runs delete {run}", "no\n") == 1
    assert "Nothing was deleted." in shell.out
    assert shell.types(f"runs delete {run}") == 2
    assert "--yes" in shell.err
    assert shell.types(f"runs delete {run}", "y\n") == 0
    assert "passport, waiting" in shell.out
    assert shell.types(f"runs show {run}") == 1
    assert shell.types(f"runs delete {run} --yes") == 1


def test_nothing_of_a_deleted_run_stays_in_the_file(shell: Shell) -> None:
    """Whoever asked for it to be deleted can rely on it, down to the bytes."""
    shell.file("long.yaml", PASSPORT.replace("id: passport", "id: long\nexpires_after: 28d"))
    shell.types("run long.yaml", "Rosalind Unmistakable\n")
    assert shell.types(f"runs delete {run_id(shell.out)} --yes") == 0
    assert "What its steps did elsewhere stays" in shell.out
    with sqlite3.connect(shell.folder / "wizard.db") as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        left = {name for name in tables if connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]}
    connection.close()
    assert left <= {"definitions", "schema_version", "migrations"}
    files = b"".join(path.read_bytes() for path in shell.folder.glob("wizard.db*"))
    assert b"Unmistakable" not in files


# -- jobs that were put aside ------------------------------------------------------------------------


def put_aside(shell: Shell, run: str, damage: str = "") -> None:
    """The run's deletion, as if it had failed too often."""
    with closing(sqlite3.connect(shell.folder / "wizard.db")) as database, database:
        database.execute(
            "INSERT INTO jobs VALUES (?, ?, 'work', 1, 0, 20, NULL, x'', 'The run \x1b[2Jcan''t be read.', 0)",
            (f"{run}/work/1", run),
        )
        if damage:
            database.execute(damage)


def test_jobs_that_were_put_aside_are_listed_and_put_back(shell: Shell) -> None:
    """An operator sees which run's job it is and why, and has it done once the cause is mended."""
    shell.types("run passport.yaml", "Ann\n")
    run = run_id(shell.out)
    assert shell.types("jobs") == 0
    assert "No job was put aside." in shell.out
    put_aside(shell, run)
    assert shell.types("jobs") == 0
    assert run in shell.out
    assert "can't be read." in shell.out
    assert "\x1b" not in shell.out
    assert shell.types("jobs --json") == 0
    assert [(each["run"], each["kind"], each["tries"]) for each in shell.json] == [(run, "work", 20)]
    assert shell.types(f"runs show {run}") == 0
    assert "Jobs put aside" in shell.out
    assert shell.types(f"runs show {run} --json") == 0
    assert len(shell.json["jobs_aside"]) == 1
    assert shell.types(f"runs repair {run}") == 0
    assert f"1 job of run {run} put back; a worker does it" in shell.out
    shell.types("jobs --json")
    assert shell.json == []


def test_jobs_of_a_run_that_cant_be_read_are_put_back_too(shell: Shell) -> None:
    """It is the reason for which they were put aside most often."""
    shell.types("run passport.yaml", "Ann\n")
    run = run_id(shell.out)
    put_aside(shell, run, "UPDATE runs SET header = x'c1'")
    assert shell.types(f"runs repair {run}") == 1
    assert "1 job" in shell.out
    assert "can't be read" in shell.err
