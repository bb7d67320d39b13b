"""`wizard profiles` and `wizard sessions`: what an operator does for a person who rings."""

from __future__ import annotations

import asyncio
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.shell import Shell
from wizard.app import load_catalog, make_engine, open_store
from wizard.model.documents import DocumentSave, Origin, SaveAction

MOVING = """
id: moving
nodes:
  - {id: ask, type: form, fields: [{name: town}]}
  - {id: keep, type: set, values: {profile.town: "{{ ask.town }}", session.done: true}}
"""


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    shell = Shell(tmp_path, capsys, monkeypatch)
    shell.file("moving.yaml", MOVING)
    asyncio.run(moves("Bern", "Chur"))
    return shell


async def moves(*towns: str, person: str = "ann") -> None:
    """Ann's runs, one after another, and one that she hasn't ended."""
    store = open_store("sqlite:///wizard.db")
    await store.open()
    engine = make_engine(load_catalog("moving.yaml"), store)
    for town in towns:
        run = await engine.start("moving", profile_id=person, session_id="s")
        await engine.next(run, {"town": town})
    await engine.start("moving", profile_id=person, session_id="s")
    await engine.close()
    await store.close()


async def stored(person: str) -> None:
    """A profile whose id nobody checks."""
    store = open_store("sqlite:///wizard.db")
    await store.open()
    save = DocumentSave("profile", person, {"town": "Thun"}, origin=Origin(SaveAction.AMEND, "run-1", "moving"))
    await store.documents.save(save, datetime.now(UTC))
    await store.close()


def test_profiles_are_listed_and_shown(shell: Shell) -> None:
    """An operator looks for a person, and at what is stored of them."""
    assert shell.types("profiles list") == 0
    assert [line.split()[0] for line in shell.out.splitlines()] == ["PROFILE", "ann"]
    assert shell.types("profiles list --after ann") == 0
    assert shell.out == "There are no further profiles.\n"
    assert shell.types("profiles list --limit 1") == 0
    assert "more" not in shell.out
    asyncio.run(stored("a b\x1b[2J"))  # which no build takes any more, and older ones have
    assert shell.types("profiles list --limit 1") == 0
    assert shell.out.splitlines()[-1].startswith("There are more: --after 'a b")
    assert "\x1b" not in shell.out
    assert shell.types("profiles show ann") == 0
    assert shell.out.splitlines()[2].split() == ["town", "Chur"]
    assert shell.types("sessions show s --json") == 0
    assert shell.json == {"id": "s", "revision": 2, "fields": {"done": True}}
    assert shell.types("profiles show nobody") == 1
    assert "Nothing is stored" in shell.err
    assert shell.types("profiles list --store sqlite:///none.db") == 1


def test_the_history_is_told_page_by_page(shell: Shell) -> None:
    """Who changed it, when, and what it was."""
    assert shell.types("profiles history ann --limit 1") == 0
    line = shell.out.splitlines()[1]
    assert line.split()[-2:] == ["Bern", "Chur"]
    assert "moving" in line
    assert "keep" in line
    assert shell.out.splitlines()[2] == "There may be more: --below 2"
    assert shell.types("profiles history ann --field town --below 2 --json") == 0
    assert [save["changes"][0]["after"] for save in shell.json] == ["Bern"]
    assert shell.types("profiles history ann --field pet") == 0
    assert len(shell.out.splitlines()) == 1


def test_a_save_is_undone(shell: Shell) -> None:
    """It says what was done, and what is in the way."""
    assert shell.types('profiles undo ann 2 --by olga --note "The wrong person"') == 0
    assert shell.out == "Undone: town. This is revision 3.\n"
    assert shell.types("profiles history ann --limit 1 --json") == 0
    assert (shell.json[0]["by"], shell.json[0]["note"]) == ("olga", "The wrong person")
    assert shell.types("profiles undo ann 1") == 1
    assert "town" in shell.err
    assert shell.types("profiles undo ann 1 --skip-changed") == 0
    assert shell.out.splitlines()[1] == "Changed since, and left as they are: town."
    assert shell.types("profiles undo ann 1 --skip-changed --force") == 2
    assert shell.types("profiles undo ann 1 --force --json") == 0
    assert shell.json == {"revision": 4, "undone": ["town"], "left": []}
    assert shell.types("profiles undo ann 9") == 1


def test_a_person_is_exported_for_one_reader(shell: Shell) -> None:
    """It is one person's data: nobody else who uses the machine reads it."""
    assert shell.types("profiles export ann --output ann.json") == 0
    file = shell.folder / "ann.json"
    exported = json.loads(file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (exported["fields"], len(exported["history"]), len(exported["runs"])) == ({"town": "Chur"}, 2, 3)
    assert [session["session"] for session in exported["sessions"]] == ["s"]
    assert shell.types("sessions export s") == 0
    assert shell.json["fields"] == {"done": True}


def test_a_person_is_deleted_when_somebody_is_sure(shell: Shell) -> None:
    """Nothing brings it back; what is left is told."""
    assert shell.types("profiles delete ann", "n\n") == 1
    assert shell.types("profiles delete ann") == 2
    assert shell.types("profiles delete ann", "yes\n") == 0
    lines = shell.out.splitlines()
    assert lines[0].endswith("Deleted: the profile ann, 1 session.")
    assert lines[1] == "3 runs of this person are stored still. --runs deletes these."
    assert lines[2] == "1 of them can be gone on with, and save what they set when they end."
    assert shell.types("profiles delete ann --runs --yes") == 0
    assert shell.out == "Deleted: 3 runs.\n"
    assert shell.types("profiles delete ann --yes") == 1
    assert shell.types("sessions delete s --yes") == 1
    assert shell.types("runs list") == 0
    assert shell.out == "There are no such runs.\n"


def test_commands_explain_themselves(shell: Shell) -> None:
    """Each has examples that name what it is about."""
    for name, what in (("profiles", "PROFILE_ID"), ("sessions", "SESSION_ID")):
        assert shell.types(name) == 0
        assert "history" in shell.out
        for command in ("show", "history", "undo", "export", "delete"):
            assert shell.types(f"{name} {command} --help") == 0
            assert f"wizard {name} {command} {what}" in shell.out
            assert "KIND" not in shell.out
