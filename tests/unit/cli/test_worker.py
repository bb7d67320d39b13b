"""`wizard worker`: does what is due, says how it is, and stops when it is told to."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path

import aiohttp
import pytest

from tests.unit.bookings import Bookings
from tests.unit.shell import Shell
from wizard.app import make_engine
from wizard.cli import worker as cli_worker
from wizard.cli.shared import no_definitions, place
from wizard.settings import Settings
from wizard.stores.sqlite import SqliteStore


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


def stop_soon(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Tells the worker to stop once it runs; how many jobs it does at a time."""
    seen: list[int] = []
    made = cli_worker._work

    async def work(engine: object, at_once: int, store: str, host: str, port: int | None, **_: object) -> None:
        seen.append(at_once)
        asyncio.get_running_loop().call_later(0.2, os.kill, os.getpid(), signal.SIGTERM)
        await made(engine, at_once, store, host, port)  # type: ignore[arg-type] # this process isn't to be ended

    monkeypatch.setattr(cli_worker, "_work", work)
    return seen


def test_a_worker_says_when_it_begins_and_ends(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A supervisor's log shows what it works on; SIGTERM is how it is stopped."""
    seen = stop_soon(monkeypatch)
    assert shell.types("worker passport.yaml --store sqlite:///new.db") == 0
    assert shell.out.splitlines() == [
        "Working on the jobs of sqlite:///new.db, 10 at a time (Ctrl-C stops)",
        "Stopping",
        "Stopped",
    ]
    monkeypatch.setenv("WIZARD_JOBS", "0")
    assert shell.types("worker") == 0
    monkeypatch.setenv("WIZARD_JOBS", "3")
    assert shell.types("worker") == 0
    assert shell.types("worker --jobs 2") == 0
    assert seen == [10, 10, 3, 2]


def test_what_a_worker_cant_work_with_is_said(shell: Shell) -> None:
    """Definitions are checked before anything is done, and nobody else can put a job into this process's memory."""
    shell.file("broken.yaml", "id: broken\nnodes: []\n")
    assert shell.types("worker broken.yaml") == 1
    assert shell.types("worker --store memory:") == 2
    assert "name one that others can use" in shell.err


async def test_a_worker_does_what_was_ordered_and_tells_its_health(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that was left to workers goes on, though this one knows no definitions but those in the store."""
    bookings = Bookings(tmp_path)
    monkeypatch.setattr("wizard.nodes.out.python.call_function", bookings.anything)
    run = await asyncio.to_thread(bookings.booked)
    store = SqliteStore(bookings.path)
    await store.open()
    engine = make_engine(no_definitions(), store, Settings(metrics=True).model_copy(update={"slow_after": 0.0}))
    assert len((await engine.cancel(run, undo=True)).run.undos) == 2
    working = asyncio.ensure_future(cli_worker._work(engine, 1, "here", "127.0.0.1", 0))
    address = ""
    while not address:
        await asyncio.sleep(0.01)
        found = re.search(r"http://[\d.:]+", capsys.readouterr().out)
        address = found[0] if found else ""
    async with aiohttp.ClientSession() as session:
        for path, says in (("/healthz", "alive"), ("/readyz", "ready"), ("/metrics", "wizard_")):
            async with session.get(address + path) as answer:
                assert (answer.status, says in await answer.text()) == (200, True)
    while (await engine.load(run)).run.undos:
        await asyncio.sleep(0.02)
    os.kill(os.getpid(), signal.SIGINT)
    await working
    await engine.close()
    await store.close()
    assert capsys.readouterr().out == "Stopping\nStopped\n"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///runs.db", "sqlite:///runs.db"),
        ("postgresql://ann:hunter22@db.example:5432/forms", "postgresql://db.example/forms"),
        ("postgresql:///forms?host=/run/postgresql", "postgresql:///run/postgresql/forms"),
    ],
)
def test_a_store_is_named_without_a_password(url: str, said: str) -> None:
    """The line ends up in logs."""
    assert place(url) == said
