"""`wizard run`: a conversation in a pipe."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.unit.shell import BROKEN, PASSPORT, Shell
from wizard.channels.terminal.terminal import Conversation, Ending
from wizard.engine import Engine
from wizard.engine.view import RunView


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


def run_id(text: str) -> str:
    return text.rpartition("--resume=")[2].strip()


def test_a_run_in_a_pipe_is_completed(shell: Shell) -> None:
    """`printf … | wizard run FILE` is a script's way through a definition."""
    assert shell.types("run passport.yaml --input country=FR", "Ann\nhunter22\n") == 0
    assert "About you in FR" in shell.out
    assert shell.out.endswith("Hello Ann\n")
    assert "hunter22" not in shell.out
    assert "\x1b" not in shell.out
    assert (shell.folder / "wizard.db").exists()


def test_an_unfinished_run_says_how_to_go_on_and_does(shell: Shell) -> None:
    """Exit code 3, and the command to type tomorrow."""
    assert shell.types("run passport.yaml", "Ann\n") == 3
    assert "Saved. Continue with:\n  wizard run passport.yaml --resume=" in shell.out
    left = run_id(shell.out)
    assert shell.types(f"run --resume={left}", "") == 3
    assert f"wizard run --resume={left}" in shell.out
    assert shell.types(f"run passport.yaml --resume {left}", "hunter22\n") == 0


def test_a_code_from_a_chat_opens_its_run_here_once(shell: Shell) -> None:
    """Who has begun in a messenger couldn't go on at a terminal; or everybody could who has seen the code."""
    from wizard.app import load_catalog, make_engine, open_store
    from wizard.channels.conversation.codes import Codes

    async def coded() -> str:
        store = open_store(f"sqlite:///{shell.folder / 'wizard.db'}")
        await store.open()
        engine = make_engine(load_catalog(shell.folder / "passport.yaml"), store)
        run = await engine.start("passport")
        code = await Codes(engine).make(run.id, run.token or "")
        await engine.close()
        await store.close()
        return code.text

    code = asyncio.run(coded())
    assert shell.types(f"run passport.yaml --code {code.lower()}", "Ann\nhunter22\n") == 0
    assert shell.out.endswith("Hello Ann\n")
    assert shell.types(f"run passport.yaml --code {code}", "") == 1
    assert "valid" in shell.err
    assert shell.types(f"run --resume=x --code {code}", "") == 2


def test_the_store_that_was_named_is_named_again(shell: Shell) -> None:
    """Without it, the run wouldn't be found."""
    assert shell.types("run passport.yaml --store sqlite:///other.db", "Ann\n") == 3
    assert "--store sqlite:///other.db --resume=" in shell.out
    assert shell.types("run passport.yaml --store memory:", "Ann\n") == 3
    assert "in memory only" in shell.out


def test_an_input_that_is_missing_is_told_with_the_option_for_it(shell: Shell) -> None:
    """The definition's `input` is no word of the command: what is missing there is handed over by an option."""
    (shell.folder / "town.yaml").write_text(
        "id: town\ninput: {town: {type: text}}\nnodes: [{id: a, type: message}]", "utf-8"
    )
    assert shell.types("run town.yaml", "") == 1
    assert "town: Answer “Town”. Write it as --input NAME=VALUE." in shell.err
    assert shell.types("run town.yaml --input town=Bern", "\n") == 0


def test_the_last_lines_are_in_the_language_of_the_questions(shell: Shell) -> None:
    """Whoever was asked in German reads in German how to go on, and that what was kept in memory is gone."""
    (shell.folder / "gruss.yaml").write_text(
        "id: gruss\nlanguage: de\nnodes: [{id: a, type: form, fields: [{name: name, label: Ihr Name}]}]", "utf-8"
    )
    assert shell.types("run gruss.yaml", "") == 3
    assert "Gespeichert. So machen Sie weiter:\n  wizard run gruss.yaml --resume=" in shell.out
    assert shell.types(f"run --resume={run_id(shell.out)}", "") == 3
    assert "So machen Sie weiter:" in shell.out
    assert shell.types("run gruss.yaml --store memory:", "") == 3
    assert shell.out.endswith("Ihre Angaben waren nur im Arbeitsspeicher und sind jetzt gelöscht.\n")


@pytest.mark.parametrize("within_the_loop", [True, False])
def test_ctrl_c_between_questions_leaves_the_run_saved(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, within_the_loop: bool
) -> None:
    """Pressed while the engine works: what was acknowledged is kept, and the way back is printed."""
    before = signal.getsignal(signal.SIGINT)

    async def pressed(self: Engine, *arguments: Any, **more: Any) -> Any:
        if within_the_loop:
            asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGINT)
        else:
            os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(5)

    with monkeypatch.context() as patched:
        patched.setattr(Engine, "next", pressed)
        assert shell.types("run passport.yaml", "Ann\n") == 3
    assert signal.getsignal(signal.SIGINT) is before
    assert shell.types(f"run --resume={run_id(shell.out)}", "Ann\nhunter22\n") == 0


def test_ctrl_c_before_there_is_a_run_only_stops(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to go on with."""

    async def pressed(self: Engine, *arguments: Any, **more: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(Engine, "start", pressed)
    assert shell.types("run passport.yaml") == 130
    assert "resume" not in shell.out


def test_a_run_that_cant_go_on_is_code_1(shell: Shell) -> None:
    """Unknown, expired, in another store: nothing to answer."""
    assert shell.types("run passport.yaml --resume=abc") == 1
    assert "sqlite:///FILE" in shell.err
    assert not (shell.folder / "wizard.db").exists()
    shell.types("run passport.yaml", "Ann\n")
    assert shell.types("run passport.yaml --resume=abc") == 1
    assert "no such run" in shell.err
    shell.file("short.yaml", PASSPORT.replace("id: passport", "id: passport\nexpires_after: 1s"))
    shell.types("run short.yaml", "Ann\n")
    left = run_id(shell.out)
    let_all_expire(shell.folder / "wizard.db")
    assert shell.types(f"run --resume={left}") == 1
    assert "expired" in shell.out


def let_all_expire(path: Path) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE runs SET expires_at = 1 WHERE expires_at IS NOT NULL")
    connection.close()


def test_a_wrong_definition_isnt_run(shell: Shell) -> None:
    """Its problems are said with their places."""
    shell.file("broken.yaml", BROKEN)
    assert shell.types("run broken.yaml") == 1
    assert "broken.yaml:3:" in shell.err
    assert shell.types("run nothing.yaml") == 1
    assert shell.types("run passport.yaml --input moon=full") == 1
    assert "moon" in shell.err


def test_the_token_is_printed_on_request_only(shell: Shell) -> None:
    """It is the run's key over JSON, and doesn't belong in a log."""
    shell.types("run passport.yaml", "Ann\n")
    assert "oken" not in shell.out
    shell.types("run passport.yaml --show-token", "Ann\n")
    assert "Authorization: Bearer" in shell.out
    left = run_id(shell.out)
    shell.types(f"run --resume={left} --show-token")
    assert "only a hash" in shell.out
    shell.types("run passport.yaml --show-token --store memory:", "Ann\n")
    assert "wizard serve" not in shell.out


WAITING = """
id: waiting
nodes:
  - {id: ask, type: form, fields: [{name: colour, label: Colour}]}
  - {id: fetch, type: python, function: fetch, slow: true}
  - {id: done, type: end, title: Fetched}
"""


def test_slow_steps_go_on_while_somebody_is_in_the_conversation(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else would do them: in a terminal there is no server."""
    called = []

    async def fetch(*arguments: Any) -> dict[str, int]:
        called.append(arguments)
        return {"number": 7}

    monkeypatch.setattr("wizard.nodes.out.python.call_function", fetch)
    hold = Conversation.hold

    async def held(self: Conversation, view: RunView) -> Ending:
        ending = await hold(self, view)
        while not called:
            await asyncio.sleep(0.01)
        return ending

    monkeypatch.setattr(Conversation, "hold", held)
    shell.file("waiting.yaml", WAITING)
    assert shell.types("run waiting.yaml", "blue\n") in (0, 3)
    assert len(called) == 1


def test_a_german_run_is_left_in_german(shell: Shell) -> None:
    """The last line that a person reads says how their run goes on."""
    (shell.folder / "pass.yaml").write_text(
        "id: pass\nlanguage: de\nnodes: [{id: a, type: form, fields: [{name: b}]}]\n"
    )
    assert shell.types("run pass.yaml", ":ende\n") == 3
    assert "Gespeichert. So machen Sie weiter:\n  wizard run pass.yaml --resume=" in shell.out
