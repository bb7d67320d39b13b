"""Keys are made, and a store is sealed, or encrypted anew, under the first of them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.shell import Shell
from wizard.cli import keys as cli_keys
from wizard.stores.blobs.vault import KeyRing, new_key

OLD, NEW = new_key("old"), new_key("new")


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


def test_a_new_key_can_be_used_as_it_is_printed(shell: Shell) -> None:
    """Copied into WIZARD_KEYS, it works; each is another one."""
    assert shell.types("keys new 2026-11") == 0
    first = shell.out
    assert KeyRing.parse(first.strip()).ids == ("2026-11",)
    assert shell.types("keys new 2026-11") == 0
    assert shell.out != first
    assert shell.types("keys new") == 0
    assert re.match(r"\d{4}-\d\d-\d\d:", shell.out)
    assert shell.types("keys new 'a b'") == 2
    assert shell.types("keys") == 0
    assert "rotate" in shell.out


def test_a_store_is_encrypted_when_there_is_a_key(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Encryption is switched on for what is there already, and what was in clear is nowhere in the file."""
    assert shell.types("run passport.yaml", "Rosalind Unmistakable\n") == 3
    run = shell.out.rpartition("--resume=")[2].strip()
    monkeypatch.setenv("WIZARD_KEYS", OLD)
    assert shell.types("keys rotate") == 1
    assert "wizard keys seal" in shell.err
    assert shell.types(f"runs show {run}") == 1
    assert shell.types("keys seal") == 0
    assert "Whatever isn't sealed here is refused from now on" in shell.out
    assert b"Unmistakable" not in _bytes(shell)
    assert shell.types(f"runs export {run}") == 0
    assert "Rosalind Unmistakable" in shell.out


def test_the_old_key_isnt_needed_after_a_rotation(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command says can be taken out can be taken out; no key is ever printed."""
    monkeypatch.setenv("WIZARD_KEYS", OLD)
    assert shell.types("run passport.yaml", "Ann\n") == 3
    run = shell.out.rpartition("--resume=")[2].strip()
    monkeypatch.setenv("WIZARD_KEYS", f"{NEW}, {OLD}")
    assert shell.types("keys rotate --store sqlite:///wizard.db") == 0
    assert "No row here needs old any more" in shell.out
    assert not any(key.partition(":")[2] in shell.out + shell.err for key in (OLD, NEW))
    monkeypatch.setenv("WIZARD_KEYS", NEW)
    assert shell.types(f"runs show {run}") == 0
    assert shell.types("keys rotate") == 0
    assert "0 rows encrypted anew" in shell.out
    monkeypatch.setenv("WIZARD_KEYS", OLD)
    assert shell.types(f"runs show {run}") == 1
    assert "the key new" in shell.err


def test_a_rotation_that_was_stopped_goes_on(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a large database it takes hours; nobody wants to begin anew."""
    for _ in range(5):
        shell.types("run passport.yaml", "Ann\n")
    monkeypatch.setenv("WIZARD_KEYS", OLD)
    monkeypatch.setattr(cli_keys, "AT_ONCE", 2)
    monkeypatch.setattr(cli_keys, "TOLD", 2)
    with monkeypatch.context() as patched:
        patched.setattr(cli_keys, "print", _stopping(after=2), raising=False)
        assert shell.types("keys seal") == 130
    assert shell.types("keys seal") == 0
    assert "rows so far" in shell.err
    assert b"Ann" not in _bytes(shell)


def _stopping(after: int) -> Callable[..., None]:
    said: list[str] = []

    def say(line: str, **_: object) -> None:
        said.append(line)
        if len(said) == after:
            raise KeyboardInterrupt

    return say


def _bytes(shell: Shell) -> bytes:
    connection = sqlite3.connect(shell.folder / "wizard.db")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return b"".join(path.read_bytes() for path in shell.folder.glob("wizard.db*"))


def test_a_rotation_needs_keys_and_a_store(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is said in one line, with what to do."""
    assert shell.types("keys rotate") == 2
    assert "wizard keys new" in shell.err
    monkeypatch.setenv("WIZARD_KEYS", "mine")
    assert shell.types("keys rotate") == 2
    monkeypatch.setenv("WIZARD_KEYS", NEW)
    assert shell.types("keys rotate") == 1
    assert "doesn't exist" in shell.err
    assert shell.types("keys rotate --store memory:") == 2
