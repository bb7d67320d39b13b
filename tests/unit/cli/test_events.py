"""`wizard events`: an operator, or a script, sends events and looks at what was taken."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.unit.events.shop import SHOP
from tests.unit.shell import Shell
from wizard.app import load_catalog
from wizard.cli.shared import with_engine
from wizard.engine import Engine
from wizard.settings import Settings

PURCHASE = """events send purchase --properties '{"total": 120}' --id o-1 --profile ann --session shop"""


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    made = Shell(tmp_path, capsys, monkeypatch)
    made.file("shop.yaml", SHOP)
    return made


def test_it_starts_runs_of_files_once(shell: Shell) -> None:
    """A script that reads a shop's list of orders may read it again."""
    send = f"{PURCHASE} --from shop.yaml"
    assert shell.types(send) == 0
    assert shell.out.splitlines()[0] == "Event o-1 is taken. Profile ann, session shop."
    assert [line.split()[1:] for line in shell.out.splitlines()[1:]] == [
        ["WORKFLOW", "STATUS"],
        ["record", "completed"],
        ["thanks", "waiting"],
    ]
    assert shell.types(send) == 0
    assert "Event o-1 was taken before; nothing has changed." in shell.out
    assert shell.types(f"{send} --json") == 0
    assert (shell.json["again"], len(shell.json["runs"])) == (True, 2)
    assert shell.types(send.replace("120", "121")) == 1
    assert "Another event was taken under this id" in shell.err


def test_it_starts_what_is_deployed(shell: Shell) -> None:
    """Without files, what people get is what events start."""
    shell.file("a.yaml", "id: thanks\non: [{event: purchase}]\nnodes: [{id: done, type: end}]\n")
    assert shell.types("deploy thanks --from a.yaml") == 0
    assert shell.types(PURCHASE) == 0
    assert "thanks    completed" in shell.out
    assert shell.types("events send moved --id m-1") == 0
    assert shell.out.splitlines()[1:] == ["No workflow starts by it, and no run waits for it."]


def test_it_reaches_runs_that_wait(shell: Shell) -> None:
    """Their definitions come with them: no file is needed."""

    async def begin(engine: Engine) -> str:
        return (await engine.start("parcel", profile_id="ann")).id

    run = asyncio.run(with_engine("sqlite:///wizard.db", load_catalog(shell.folder / "shop.yaml"), Settings(), begin))
    assert shell.types(PURCHASE) == 0
    assert f"{run}  parcel    waiting" in shell.out


def test_tokens_are_shown_to_who_asks_for_them(shell: Shell) -> None:
    """They open people's runs, so they mustn't stand in every log."""
    shell.types(f"{PURCHASE} --from shop.yaml --show-tokens --json")
    tokens = [run["token"] for run in shell.json["runs"]]
    assert len(set(tokens)) == 2
    shell.types("""events send purchase --properties '{"total": 120}' --from shop.yaml --json""")
    assert "token" not in shell.out
    shell.types("""events send purchase --properties '{"total": 120}' --from shop.yaml --show-tokens""")
    assert all(len(line.split()[3]) == 32 for line in shell.out.splitlines()[2:])


def test_they_are_listed_with_what_came_of_them(shell: Shell) -> None:
    """Somebody asks what became of an order."""
    assert shell.types("events list") == 1
    assert "wizard.db doesn't exist" in shell.err
    shell.types(f"{PURCHASE} --from shop.yaml --at 2026-03-27T11:00:00+01:00")
    assert shell.types("events list --unmatched") == 0
    assert shell.out == "There are no such events.\n"
    shell.types("""events send moved --id m-1 --properties '{"to": "Bern"}' --profile bob""")
    assert shell.types("events list") == 0
    head, moved, purchase = shell.out.splitlines()
    assert head.split() == ["NUMBER", "EVENT", "TYPE", "HAPPENED", "PROFILE", "RUNS"]
    assert moved.split()[:3] == ["2", "m-1", "moved"]
    assert moved.split()[-2:] == ["bob", "-"]
    assert "2026-03-27 10:00:00  ann" in purchase
    assert "thanks " in purchase
    assert shell.types("events list --unmatched --json") == 0
    (only,) = shell.json
    assert (only["id"], only["properties"], only["unmatched"], only["runs"]) == ("m-1", {"to": "Bern"}, True, [])
    assert shell.types("events list --below 2 --json") == 0
    assert [event["id"] for event in shell.json] == ["o-1"]
    assert shell.types("events list --profile bob --json") == 0
    assert [event["id"] for event in shell.json] == ["m-1"]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("events send purchase --properties {", "it isn't JSON; write it as in --properties"),
        ("events send purchase --properties [1]", "give a JSON object"),
        ("""events send purchase --properties '{"a": 1, "a": 2}'""", "'a' is there twice in one object"),
        ("events send purchase --at yesterday", "give a time with its offset from UTC"),
        ("events send purchase --at 2026-03-27T10:00:00", "give a time with its offset from UTC"),
        ("events send order.paid", "An event needs a type"),
        ("events send purchase --from nowhere.yaml", "nowhere.yaml"),
    ],
)
def test_what_is_typed_wrongly_is_told(shell: Shell, command: str, says: str) -> None:
    """A line that says what to type, and no traceback."""
    shell.types("deploy passport --from passport.yaml")
    assert shell.types(command) in (1, 2)
    assert says in shell.err
    assert "Traceback" not in shell.err


def test_help_shows_examples(shell: Shell) -> None:
    """The first thing that anybody types."""
    for command in ("events", "events send --help", "events list --help"):
        assert shell.types(command) == 0
        assert "wizard events" in shell.out
