"""`wizard drafts export`, `import` and `delete`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.shell import EMBEDDING, Shell

PASSPORT = "id: passport\nnodes:\n  - {id: you, type: form, title: About you, fields: [{name: name, label: Name}]}\n"


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    shell = Shell(tmp_path, capsys, monkeypatch)
    shell.file("passport.yaml", PASSPORT)
    shell.file("outer.yaml", EMBEDDING)
    assert shell.types("deploy passport --from passport.yaml --by dora") == 0
    assert shell.types("drafts put outer.yaml --by ann") == 0
    return shell


def test_a_workflow_goes_from_store_to_store(shell: Shell) -> None:
    """One file takes a workflow from a test system to the one that people use."""
    assert shell.types("drafts export outer -o outer.json") == 0
    assert (shell.out, shell.err) == ("", "Written to outer.json: outer (draft 1), passport (version 1).\n")
    assert shell.types("drafts export outer") == 0
    assert shell.out == (shell.folder / "outer.json").read_text()
    new = "--store sqlite:///new.db"
    assert shell.types("drafts import outer.json --dry-run --store sqlite:///new.db") == 1
    assert "doesn't exist" in shell.err
    assert shell.types(f"drafts import outer.json {new} --by bob") == 0
    assert shell.out == "outer: draft 1, saved\npassport: draft 1, saved\n"
    assert shell.types(f"drafts get passport {new}") == 0
    assert shell.out == PASSPORT
    assert shell.types(f"drafts import outer.json {new} --dry-run --json") == 0
    assert shell.json["imported"] is False
    assert [draft["result"] for draft in shell.json["drafts"]] == ["unchanged", "unchanged"]


def test_what_hinders_is_told_and_nothing_is_changed(shell: Shell) -> None:
    """A pipeline that imports fails before it has changed anything, and its log says what to do."""
    assert shell.types("drafts export outer -o outer.json") == 0
    shell.file("passport.yaml", PASSPORT.replace("About you", "You"))
    assert shell.types("drafts put passport.yaml --by ann") == 0
    assert shell.types("drafts import outer.json") == 1
    assert shell.out == (
        "outer: draft 1, unchanged\n"
        "passport: draft 3, replaced\n"
        "There is a draft of `passport` already, with another text: draft 2, saved by ann.\n"
        "Nothing was changed. To save over what is there, say --replace.\n"
    )
    assert shell.types("drafts import outer.json --replace") == 0
    assert "passport: draft 3, saved, over another\n" in shell.out
    assert shell.types("drafts import passport.yaml") == 1
    assert "this isn't JSON" in shell.err
    assert shell.types("drafts import nothing.json") == 1
    assert "nothing.json" in shell.err


def test_a_draft_is_deleted_and_what_is_deployed_stays(shell: Shell) -> None:
    """A draft that was begun in vain goes; people notice nothing."""
    assert shell.types("drafts delete passport --by ann --note 'Begun anew'") == 0
    assert shell.out == "Draft 1 of passport is deleted. Version 1 stays deployed.\n"
    assert shell.types("drafts delete outer") == 0
    assert shell.out == "Draft 1 of outer is deleted.\n"
    assert shell.types("drafts get passport") == 1
    assert shell.types("versions passport --json") == 0
    assert shell.json[0]["deployed"] is True
    assert shell.types("audit passport") == 0
    assert "delete draft 1" in shell.out
    assert "Begun anew" in shell.out
    assert shell.types("drafts delete passport") == 1
    assert "no draft" in shell.err
