"""`wizard resources`: set, shown, tried and removed in a terminal, without a secret on the screen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.shell import Shell
from wizard.stores.blobs.vault import new_key

CRM = {"base_url": "https://crm.example/api", "user": "forms", "password": "s3cr3t"}


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    made = Shell(tmp_path, capsys, monkeypatch)
    monkeypatch.setenv("WIZARD_KEYS", new_key("first"))
    return made


def files_of(shell: Shell) -> bytes:
    return b"".join(path.read_bytes() for path in shell.folder.glob("wizard.db*"))


def test_the_whole_way_of_an_operator(shell: Shell) -> None:
    """From the kinds that there are to a resource that is gone; nothing secret is printed or in the file."""
    assert shell.types("resources kinds") == 0
    assert "smtp" in shell.out
    assert shell.types("resources kinds http") == 0
    assert "client_secret" in shell.out
    assert shell.types("resources set crm --kind http --json -", json.dumps(CRM)) == 0
    assert shell.out == "crm is set for production. `wizard resources try crm` tries it out.\n"
    shell.file("test.json", json.dumps({**CRM, "base_url": "https://test.example", "password": "t3st"}))
    assert shell.types("resources set crm --test --json test.json") == 0
    assert shell.types("resources list") == 0
    assert "production test" in shell.out
    assert shell.types("resources show crm") == 0
    assert "(set)" in shell.out
    assert "https://test.example" in shell.out
    seen = shell.out
    assert shell.types("resources show crm --json") == 0
    assert shell.json["production"]["password"] == {"is_set": True}
    assert "s3cr3t" not in seen + shell.out
    assert b"s3cr3t" not in files_of(shell)
    assert b"crm" in files_of(shell), "it looks into the right file"
    assert shell.types("resources remove crm --test --yes") == 0
    assert shell.types("resources list --json") == 0
    assert [line["uses"] for line in shell.json] == [["production"]]
    assert shell.types("resources remove crm", "y\n") == 0
    assert shell.types("resources list") == 0
    assert "no resources" in shell.out


def test_it_is_asked_for_as_a_form(shell: Shell) -> None:
    """Nobody has to know the keys; and what is set already stays where nothing is typed."""
    assert shell.types("resources set bot --kind token", "s3cr3t\n\n") == 0
    assert "Token" in shell.err
    assert "s3cr3t" not in shell.out + shell.err
    assert shell.types("resources set bot", "\n\n") == 0
    assert "It is set" in shell.err
    assert shell.types("resources show bot --json") == 0
    assert shell.json["production"]["token"] == {"is_set": True}
    assert shell.json["revision"] == 2


@pytest.mark.parametrize(
    ("command", "piped", "code", "says"),
    [
        ("resources set crm --json -", "{}", 2, "say what it is"),
        ("resources set crm --kind http --json -", "[s3cr3t", 2, "isn't a JSON object"),
        ("resources set crm --kind http --json -", '{"base_url": "ftp://s3cr3t"}', 1, "production.base_url"),
        ("resources set crm --kind ftp --json -", "{}", 1, "kind: must be one of"),
        ("resources set crm --test --production", "", 2, "one at a time"),
        ("resources set crm --kind token --store memory:", "", 2, "ends with this command"),
        ("resources show crm", "", 1, "There are no resources"),
        ("resources try crm", "", 1, "There are no resources"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(shell: Shell, command: str, piped: str, code: int, says: str) -> None:
    """Without a traceback, and without what was typed."""
    assert shell.types(command, piped) == code
    assert says in shell.err
    assert "s3cr3t" not in shell.out + shell.err
    assert "Traceback" not in shell.err


def test_without_a_key_nothing_is_stored(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator is told how to make one."""
    monkeypatch.delenv("WIZARD_KEYS")
    assert shell.types("resources set bot --kind token --json -", '{"token": "s3cr3t"}') == 1
    assert "wizard keys new" in shell.err
    assert b"s3cr3t" not in files_of(shell)


def test_trying_tells_by_its_exit_code(shell: Shell) -> None:
    """A script that sets up a server stops where a password is wrong."""
    shell.types("resources set bot --kind token --json -", '{"token": "s3cr3t"}')
    assert shell.types("resources try bot") == 0
    assert "can't be tried" in shell.out
    shell.types("resources set crm --kind http --json -", '{"base_url": "http://127.0.0.1:9"}')
    assert shell.types("resources try crm") == 1
    assert "private or reserved address" in shell.out
