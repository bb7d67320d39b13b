"""In a sealed database nobody without a key reads an answer: not in what is told of failures, and not in files beside
the database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.shell import Shell
from wizard.engine.worker import Worker
from wizard.errors import StoreError
from wizard.model.job import MOST_TRIES
from wizard.stores.blobs.vault import KeyRing, new_key
from wizard.stores.sqlite import SqliteStore
from wizard.testing import MovableClock, Person, make_test_engine

SECRET = "SECRET-756.1234.5678"
KEY = new_key("key")
REMINDED = """
id: main
title: Main
nodes:
  - {id: a, type: form, fields: [{name: x}]}
  - id: b
    type: form
    fields: [{name: y}]
    remind_after: {after: 1h, message: {send: mail, to: z@z.example, subject: s, text: "{{ %s }}"}}
"""


def files_of(path: Path) -> bytes:
    """Everything that SQLite keeps of a database, its log included."""
    return b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))


REASONS = {
    "number(a.x)": "ExpressionError at ",  # whose words quote the answer
    "date(a.x)": "ExpressionError at ",
    "a.x + 1": "+ can't join a text and a number",
    "first([a.x, 1]).b": "A text has no part called 'b'.",
}


@pytest.mark.parametrize("expression", REASONS)
async def test_why_a_job_was_put_aside_quotes_no_answer(expression: str, tmp_path: Path) -> None:
    """A reminder whose text can't be made of somebody's answer: the operator learns what failed, and an answer that the
    error quotes stays sealed."""
    clock, path = MovableClock(), tmp_path / "runs.db"
    store = SqliteStore(path, KeyRing.parse(KEY))
    await store.open()
    engine = await make_test_engine(
        REMINDED % expression, store=store, clock=clock, functions={"mail": lambda **_: None}
    )
    person = await Person.starts(engine, "main")
    await person.says(SECRET)
    for _ in range(MOST_TRIES):
        clock.move(hours=3)
        await Worker(engine).perform_due()
    (aside,) = await store.queue.aside()
    assert (aside.run, aside.kind) == (person.run.id, "remind")
    assert aside.reason.startswith(REASONS[expression])
    assert SECRET.encode() not in files_of(path)
    await store.close()


# -- what was there before the key came --------------------------------------------------------------


async def _in_clear(path: Path) -> None:
    store = SqliteStore(path)
    await store.open()
    engine = await make_test_engine(REMINDED % "a.x", store=store, functions={"mail": lambda **_: None})
    await (await Person.starts(engine, "main")).says(SECRET)
    # Whoever reads keeps the log: SQLite's last connection would put it into the file by itself.


def _reading(path: Path) -> sqlite3.Connection:
    """A backup or a viewer, in the middle of its work."""
    reader = sqlite3.connect(path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM steps").fetchone()
    return reader


async def _sealed(store: SqliteStore) -> None:
    while await store.reseal():
        pass


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits seconds for whoever reads."""
    monkeypatch.setattr("wizard.stores.sqlite.store.BUSY_SECONDS", 0.05)


@pytest.mark.usefixtures("hurried")
async def test_sealing_is_not_done_while_the_log_holds_plain_answers(tmp_path: Path) -> None:
    """An operator who is told that all is sealed copies the files elsewhere, and the answers with them."""
    path = tmp_path / "runs.db"
    await _in_clear(path)
    with closing(_reading(path)):
        store = SqliteStore(path, KeyRing.parse(KEY).taking_old())
        await store.open()
        with pytest.raises(StoreError, match=r"-wal\) still holds what was there before"):
            await _sealed(store)
        assert SECRET.encode() in files_of(path)
    await _sealed(store)
    assert SECRET.encode() not in files_of(path)
    await store.close()


@pytest.mark.usefixtures("hurried")
def test_the_command_says_so_and_does_it_the_next_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it prints and its exit code are all that a script has."""
    shell = Shell(tmp_path, capsys, monkeypatch)
    assert shell.types("run passport.yaml", f"{SECRET}\n") == 3
    path = shell.folder / "wizard.db"
    monkeypatch.setenv("WIZARD_KEYS", KEY)
    with closing(_reading(path)):
        assert shell.types("keys seal") == 1
        assert "another program is reading the database" in shell.err
        assert "Whatever isn't sealed here is refused" not in shell.out
    assert shell.types("keys seal") == 0
    assert "Whatever isn't sealed here is refused from now on" in shell.out
    assert SECRET.encode() not in files_of(path)
