"""`wizard event`: an operator, or a script, tells a run what happened outside."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.unit.shell import Shell
from wizard.app import load_catalog
from wizard.cli.shared import with_engine
from wizard.engine import Engine
from wizard.settings import Settings

ORDER = """
id: order
nodes:
  - {id: buyer, type: form, fields: [{name: email, type: text}]}
  - {id: payment, type: wait, event: {name: paid, when: data.amount >= 10}}
  - {id: thanks, type: form, title: "Thanks for {{ payment.data.amount }}", fields: [{name: fine}]}
"""


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    made = Shell(tmp_path, capsys, monkeypatch)
    made.file("order.yaml", ORDER)
    return made


def ordered(shell: Shell, email: str = "ann@example.org") -> str:
    """The id of a run that waits for its payment, or for its buyer where no email is said."""

    async def begin(engine: Engine) -> str:
        run = await engine.start("order")
        return (await engine.next(run, {"email": email}) if email else run).id

    catalog = load_catalog(shell.folder / "order.yaml")
    return asyncio.run(with_engine("sqlite:///wizard.db", catalog, Settings(), begin))


def test_an_event_moves_the_run_that_waits_for_it(shell: Shell) -> None:
    """A bank that sends files has its script: no server needs to run for it."""
    run = ordered(shell)
    assert shell.types(f"""event {run} paid --data '{{"amount": 25}}' --key bank-1""") == 0
    assert shell.out == f"Run {run} took the event paid in. It is waiting, at thanks.\n"
    assert shell.types(f"""event {run} paid --data '{{"amount": 25}}' --key bank-1""") == 0
    assert shell.out == f"Run {run} took this event in before. Nothing has changed.\n"
    shell.types(f"runs show {run} --json")
    assert shell.json["current"]["title"] == "Thanks for 25"


def test_an_event_without_data_is_true_and_waits_for_its_step(shell: Shell) -> None:
    """One that comes before the run does isn't lost."""
    shell.file("order.yaml", ORDER.replace("{name: paid, when: data.amount >= 10}", "paid").replace(".amount", ""))
    run = ordered(shell, email="")
    assert shell.types(f"event {run} paid --json") == 0
    assert (shell.json["status"], shell.json["current"]["step"]) == ("waiting", "buyer")
    shell.types(f"run --resume={run}", "ann@example.org\n")
    assert "Thanks for" in shell.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("payed", 1, "Did you mean `paid`?"),
        ("'no name'", 1, "An event needs a name"),
        ("paid --data '{\"amount\": 5}'", 1, "doesn't fit"),
        ("paid --data '{amount: 5}'", 2, "it isn't JSON"),
        ("paid --data NaN", 2, "it isn't JSON"),
        (f"paid --data '{'[' * 99}{']' * 99}'", 2, "nested more than 64 deep"),
        ("", 2, "NAME"),
    ],
)
def test_what_is_no_event_of_the_run_is_told(shell: Shell, words: str, code: int, said: str) -> None:
    """A script that sends nonsense must not take it for delivered."""
    run = ordered(shell)
    assert shell.types(f"event {run} {words}") == code
    assert said in shell.err
    assert "Traceback" not in shell.err


def test_a_run_that_isnt_there_or_is_over_is_told(shell: Shell) -> None:
    """The same."""
    run = ordered(shell)
    assert shell.types("event nothing paid") == 1
    assert "no such run" in shell.err
    shell.types(f"runs cancel {run}")
    assert shell.types(f"event {run} paid") == 1
    assert "cancelled" in shell.err


def test_the_work_that_follows_is_a_workers(shell: Shell) -> None:
    """The command has no functions of the application: trying would only count as having failed."""
    working = ORDER.replace("  - {id: thanks", "  - {id: book, type: python, function: book}\n  - {id: thanks")
    shell.file("order.yaml", working)
    run = ordered(shell)
    assert shell.types(f"""event {run} paid --data '{{"amount": 25}}'""") == 0
    assert "It is working, at book." in shell.out
