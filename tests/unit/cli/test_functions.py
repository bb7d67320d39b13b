"""`--functions MODULE:NAME`: what a command imports, and what it says where it can't."""

from __future__ import annotations

import asyncio
import importlib
import os
import re
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.patience import LONG
from tests.unit.shell import Shell
from wizard.app import load_catalog, make_engine
from wizard.cli import worker as cli_worker
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.model import RunStatus
from wizard.stores.sqlite import SqliteStore

FARE = """
id: fare
nodes:
  - {id: trip, type: form, fields: [{name: km, type: integer, label: How far}]}
  - {id: fare, type: python, function: fare_of, arguments: {km: "{{ trip.km }}"}}
  - {id: told, type: end, title: Done, text: "That is {{ fare.value }} francs"}
"""
TARIFF = """
from tariff_rates import PER_KM

def fare_of(km):
    return 3 + PER_KM * km

def free(km):
    return 0

FUNCTIONS = {"fare_of": fare_of, "free": free}
GENEROUS = {"fare_of": free}
nameless = lambda km: 0
NUMBERS = {"fare_of": 3, }
UNNAMED = {3: fare_of}
SECRET = "hunter22"
"""


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """A folder with a definition whose node calls a function, and the module that has it."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    shell = Shell(tmp_path, capsys, monkeypatch)
    shell.file("fare.yaml", FARE)
    shell.file("tariff.py", TARIFF)
    shell.file("tariff_rates.py", "PER_KM = 2\n")
    yield shell
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) and str(tmp_path) in str(sys.modules[name].__file__):
            del sys.modules[name]
    importlib.invalidate_caches()


@pytest.mark.parametrize("named", ["tariff:FUNCTIONS", "tariff:fare_of", "tariff:fare_of --functions tariff:FUNCTIONS"])
def test_a_conversation_calls_functions_of_the_folders_module(shell: Shell, named: str) -> None:
    """Whoever writes a `python` node tries it in the terminal, without an application around it."""
    assert shell.types(f"run fare.yaml --functions {named}", "10\n") == 0
    assert "That is 23 francs" in shell.out
    assert shell.types("run fare.yaml", "10\n") == 3
    assert "Something went wrong here. Try again" in shell.out
    assert "no function" not in shell.out
    assert "NodeFailed (There is no function 'fare_of'. Register it" in shell.err
    reference = re.search(r"give the reference (\w{8})", shell.out)
    assert reference is not None
    assert f"reference {reference[1]}:" in shell.err
    run = shell.out.rpartition("--resume=")[2].strip()
    assert shell.types(f"runs show {run}") == 0
    assert re.search(rf"Error +There is no function 'fare_of'.*\(node \w+, reference {reference[1]}\)", shell.out)
    assert shell.types(f"runs show {run} --json") == 0
    fault = shell.json["fault"]
    assert (fault["kind"], fault["reference"]) == ("NodeFailed", reference[1])
    assert fault["people"] == shell.json["current"]["error"]


CALLING = """
id: calling
nodes:
  - id: who
    type: form
    fields: [{name: email, type: email}]
    remind_after: {after: 1d, message: {send: mail, to: a@b.example, subject: Hello, text: Hello}}
  - {id: sure, type: confirm_email, send: send_code, email: "{{ who.email }}"}
  - {id: book, type: python, function: book, undo: unbook}
"""


def test_what_nobody_handed_over_is_said_before_a_person_comes_to_it(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A forgotten option would be noticed by the first person who gets that far, days later."""
    shell.file("calling.yaml", CALLING)
    monkeypatch.setattr("wizard.server.serve", lambda *given: 0)
    for command, begins in (
        ("run calling.yaml", "warning"),
        ("serve calling.yaml --store memory:", "WARNING wizard.app"),
    ):
        shell.types(command)
        assert [line.partition(",")[0] for line in shell.err.splitlines()] == [
            f"{begins}: node who of calling calls the function mail",
            f"{begins}: node sure of calling calls the function send_code",
            f"{begins}: node book of calling calls the function book",
            f"{begins}: node book of calling calls the function unbook",
        ]
    shell.types("run fare.yaml --functions tariff:FUNCTIONS", "10\n")
    assert shell.err == ""


def test_a_setting_names_functions_once_for_all_and_an_option_wins(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container's environment says it, and somebody who tries something else isn't held back by it."""
    monkeypatch.setenv("WIZARD_FUNCTIONS", "tariff:free, tariff:fare_of,")
    assert shell.types("run fare.yaml", "10\n") == 0
    assert "That is 23 francs" in shell.out
    assert shell.types("run fare.yaml --functions tariff:GENEROUS", "10\n") == 0
    assert "That is 0 francs" in shell.out


def test_how_to_go_on_names_the_functions_again(shell: Shell) -> None:
    """Typed as it is printed, the command would fail at the node without them."""
    assert shell.types("run fare.yaml --functions tariff:FUNCTIONS --show-token", "") == 3
    assert "wizard serve fare.yaml --store sqlite:///wizard.db --functions tariff:FUNCTIONS" in shell.out
    again = shell.out.rpartition("wizard run ")[2].strip()
    assert "--functions tariff:FUNCTIONS" in again
    assert shell.types(f"run {again}", "10\n") == 0
    assert "That is 23 francs" in shell.out


def test_a_server_hands_functions_to_its_application(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise `python` steps work in the terminal and fail for everybody else."""
    served: list[dict[str, Any]] = []

    def application(*arguments: object, functions: dict[str, Any], **more: object) -> web.Application:
        served.append(functions)
        return web.Application()

    monkeypatch.setattr("wizard.app.wizard_app", application)
    monkeypatch.setattr("wizard.server.serve", lambda *arguments: None)
    assert shell.types("serve fare.yaml --functions tariff:FUNCTIONS") == 0
    assert [sorted(each) for each in served] == [["fare_of", "free"]]
    assert served[0]["fare_of"](10) == 23


def test_a_worker_calls_them(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow `python` step that a server left behind is done by a worker of the same functions."""
    shell.file("fare.yaml", FARE.replace("function: fare_of,", "function: fare_of, slow: true,"))

    async def left_behind() -> RunView:
        store = SqliteStore(shell.folder / "wizard.db")
        await store.open()
        engine = make_engine(load_catalog(shell.folder / "fare.yaml"), store)
        run = await engine.start("fare")
        await engine.next(run, {"km": 10})
        await engine.close()
        await store.close()
        return run

    run = asyncio.run(left_behind())
    assert run.status is RunStatus.WORKING
    with closing(sqlite3.connect("wizard.db")) as store, store:
        store.execute("UPDATE jobs SET due = 0")  # the server's lease on it is over
    made = cli_worker._work

    async def until_completed(engine: Engine, at_once: int, store: str, host: str, port: int | None, **_: Any) -> None:
        async def watch() -> None:
            while (await engine.load(run)).status is not RunStatus.COMPLETED:
                await asyncio.sleep(0.02)
            os.kill(os.getpid(), signal.SIGTERM)

        # Without what would end this process, the tests' own.
        await asyncio.wait_for(asyncio.gather(made(engine, at_once, store, host, port), watch()), LONG)

    monkeypatch.setattr(cli_worker, "_work", until_completed)
    assert shell.types("worker --functions tariff:FUNCTIONS") == 0


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("tariff", "'tariff' doesn't say which functions. Write MODULE:NAME"),
        ("tariff.py:FUNCTIONS", "There is no module 'tariff.py'"),
        ("./tariff:FUNCTIONS", "'./tariff:FUNCTIONS' doesn't say which functions"),
        ("tariff:", "doesn't say which functions"),
        (":FUNCTIONS", "doesn't say which functions"),
        ("tarif:FUNCTIONS", "There is no module 'tarif', neither in the current folder nor among what is installed"),
        ("tarif.rates:FUNCTIONS", "There is no module 'tarif', neither"),
        ("tariff:FUNCTION", "The module tariff has no 'FUNCTION'. Define it there, or correct the name."),
        ("tariff:SECRET", "tariff:SECRET is neither a function nor a mapping of names to functions."),
        ("tariff:NUMBERS", "'fare_of' in tariff:NUMBERS isn't a function."),
        ("tariff:UNNAMED", "A name in tariff:UNNAMED isn't a text: 3."),
        ("tariff:nameless", "tariff:nameless is a function without a name of its own."),
        (
            "tariff:fare_of --functions tariff:GENEROUS",
            "There are two functions 'fare_of', one of them in tariff:GENER",
        ),
    ],
)
def test_what_names_no_functions_is_refused_before_anything_runs(shell: Shell, named: str, says: str) -> None:
    """A slip in a unit file is said in one line, which shows no value of the module, and no run is begun."""
    for command in ("run fare.yaml", "serve fare.yaml", "worker"):
        assert shell.types(f"{command} --functions {named}", "10\n") == 2
        assert says in shell.err
        assert shell.err.count("\n") == 1
        assert "hunter22" not in shell.err
    assert not (shell.folder / "wizard.db").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import tarif_rates\n", "(tariff.py, line 1: No module named 'tarif_rates')"),
        ("\nfrom tariff_rates import PER_MILE\n", "(tariff.py, line 2: cannot import name 'PER_MILE'"),
        ("import broken_rates\n", "(broken_rates.py, line 2: No module named 'nothing_of_this_name')"),
        ("\n\ndef fare_of(:\n", "(tariff.py, line 3: invalid syntax)"),
        ("KEY = {}['hunter22']\n", "(tariff.py, line 1: KeyError)"),
        ("raise SyntaxError\n", "(tariff, line ?: None)"),
    ],
)
def test_a_module_that_cant_be_imported_names_its_line(shell: Shell, text: str, says: str) -> None:
    """The line to mend, also where it is in a module that this one imports; --verbose has the traceback."""
    shell.file("tariff.py", text)
    shell.file("broken_rates.py", "\nimport nothing_of_this_name\n")
    assert shell.types("run fare.yaml --functions tariff:FUNCTIONS") == 2
    assert "The module tariff can't be imported" in shell.err
    assert says in shell.err
    assert "Traceback" not in shell.err
    assert "hunter22" not in shell.err


def test_a_check_holds_calls_against_the_functions(shell: Shell) -> None:
    """Whoever has the functions at hand reads of a call that they don't take before the first person runs into it."""
    assert shell.types("check fare.yaml --functions tariff:FUNCTIONS") == 0
    shell.file("fare.yaml", FARE.replace("{km:", "{miles:"))
    assert shell.types("check fare.yaml") == 0
    assert shell.types("check fare.yaml --functions tariff:FUNCTIONS") == 1
    assert "fare.yaml:5:40: error: the function `fare_of` can't be called like that: it needs 'km'" in shell.out
    shell.file("fare.yaml", FARE.replace("function: fare_of", "function: fareof"))
    assert shell.types("check fare.yaml --functions tariff:FUNCTIONS") == 1
    assert "there is no function `fareof` among those that are handed over; did you mean `fare_of`?" in shell.out
