"""`wizard debug`: a workflow is tried in the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.shell import BROKEN, PASSPORT, Shell
from wizard.debugging.playing import play

ANSWERS = "applicant: {full_name: Ann, secret: correct horse}\n"


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    shell = Shell(tmp_path, capsys, monkeypatch)
    shell.file("answers.yaml", ANSWERS)
    return shell


def test_a_file_is_tried_in_a_table(shell: Shell) -> None:
    """An author sees a line for every node, and no password."""
    assert shell.types("debug passport.yaml --answers answers.yaml") == 0
    lines = shell.out.splitlines()
    assert lines[0].split() == ["STEP", "TYPE", "PORT", "MS", "INPUT", "OUTPUT"]
    assert [line.split()[0] for line in lines[1:4]] == ["applicant", "note", "done"]
    assert '{"greeting": "Hello Ann"}' in lines[2]
    assert "The run is completed, at done." in shell.out
    assert "correct horse" not in shell.out
    assert not (shell.folder / "wizard.db").exists()


def test_the_same_as_json(shell: Shell) -> None:
    """Programs read the same members as over HTTP."""
    shell.file("event.json", json.dumps({"type": "purchase"}))
    assert shell.types("debug passport.yaml --answers answers.yaml --event event.json --json") == 0
    assert shell.json["status"] == "completed"
    assert shell.json["trace"][1]["state_before"] == {"event": {"type": "purchase"}, "profile": {}, "session": {}}
    assert shell.json["edges"][0] == {"from": "applicant", "to": "note", "port": None, "taken": True}


def test_answers_that_are_refused_are_told(shell: Shell) -> None:
    """The exit code tells a script that it didn't go through."""
    shell.file("answers.yaml", "applicant: {full_name: ''}\n")
    assert shell.types("debug passport.yaml --answers answers.yaml") == 1
    assert "applicant: error: full_name: " in shell.out
    assert "The answers of applicant weren't accepted." in shell.out


def test_a_draft_and_a_version_of_a_store_are_tried(shell: Shell) -> None:
    """What is deployed and what is to come are compared by what they do."""
    assert shell.types("deploy passport --from passport.yaml") == 0
    shell.file("passport.yaml", PASSPORT.replace("Hello", "Dear"))
    assert shell.types("drafts put passport.yaml") == 0
    for stage, word in (("draft", "Dear"), ("1", "Hello"), ("deployed", "Hello")):
        assert shell.types(f"debug passport --stage {stage} --answers answers.yaml") == 0
        assert f'{{"greeting": "{word} Ann"}}' in shell.out
    assert shell.types("debug nothing") == 1
    assert "no draft" in shell.err


def test_a_run_is_shown_and_forked(shell: Shell) -> None:
    """An operator looks at a run, and tries what another answer would have done."""
    assert shell.types("run passport.yaml", "Ann\nsecret word\n") == 0
    assert shell.types("runs list --json") == 0
    run = shell.json[0]["id"]
    before = (shell.folder / "wizard.db").read_bytes()
    assert shell.types(f"debug --run={run} --json") == 0
    assert shell.json["unrecorded"] == ["input", "config", "ms"]
    assert shell.json["trace"][1]["output"] == {"greeting": "Hello Ann"}
    shell.file("answers.yaml", "applicant: {full_name: Bob, secret: other word}\n")
    assert shell.types(f"debug --run={run} --fork applicant --answers answers.yaml") == 0
    assert '{"greeting": "Hello Bob"}' in shell.out
    assert (shell.folder / "wizard.db").read_bytes() == before


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("debug", 2, "name a file or a workflow, or a run with --run"),
        ("debug passport.yaml --run x", 2, "name a file or a workflow, or a run with --run"),
        ("debug passport.yaml --fork x", 2, "only a run can be gone on with"),
        ("debug nothing.yaml", 1, "there is no such file"),
        ("debug broken.yaml", 1, "did you mean `form`?"),
        ("debug passport.yaml --answers nothing.yaml", 2, "nothing.yaml, line 1: there is no such file or folder."),
        ("debug passport.yaml --results broken.json", 2, "broken.json, line 1: this isn't valid JSON"),
        ("debug passport.yaml --answers list.yaml", 2, "must hold one mapping"),
        ("debug passport.yaml --answers flat.yaml", 2, "what is given for applicant must be a mapping"),
    ],
)
def test_what_is_wrong_is_said(shell: Shell, command: str, code: int, said: str) -> None:
    """Nobody reads a traceback because of a typing mistake."""
    shell.file("broken.yaml", BROKEN)
    shell.file("broken.json", "{")
    shell.file("list.yaml", "- a\n")
    shell.file("flat.yaml", "applicant: Ann\n")
    assert shell.types(command) == code
    assert said in " ".join(shell.err.split())
    assert code == 1 or "definition" not in shell.err


def test_what_was_broken_off_has_no_state(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """An author reads what happened, and no empty line about a state that nobody knows."""
    monkeypatch.setitem(play.__kwdefaults__, "seconds", 0.05)
    shell.file("hang.yaml", "id: hang\nnodes:\n  - {id: slow, type: python, function: slow}\n")
    shell.file("slow_ones.py", "import asyncio\nasync def slow():\n    await asyncio.Event().wait()\n")
    assert shell.types("debug hang.yaml --effects --functions slow_ones:slow") == 1
    assert "slow: error: It was stopped" in shell.out
    assert "state" not in shell.out
