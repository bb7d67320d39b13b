"""Services that offer node types, in a terminal: registered, used by files, checked and removed."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.remote_service import SCORE, SLOT
from tests.unit.shell import Shell
from wizard.node.signing import new_secret
from wizard.stores.blobs.vault import new_key

ADD = "remote-nodes add shop.score https://score.invalid/wizard --description score.json"
ORDER = """
id: order
nodes:
  - {id: order, type: form, fields: [{name: total, type: decimal}]}
  - {id: score, type: shop.score, total: "{{ order.total }}"}
  - {id: done, type: end, title: "{{ score.score }}"}
"""


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    shell = Shell(tmp_path, capsys, monkeypatch)
    monkeypatch.setenv("WIZARD_KEYS", new_key("a"))
    shell.file("score.json", json.dumps(SCORE))
    shell.file("order.yaml", ORDER)
    return shell


def test_from_registering_to_a_definition_that_names_the_type(shell: Shell) -> None:
    """The whole way without a server: register, read, check a file, try it, remove."""
    assert shell.types("check order.yaml") == 1
    assert shell.types(ADD) == 0
    assert "shop.score is registered: Score an order (background)." in shell.out
    secret = shell.out.rpartition(": ")[2].strip()
    assert secret.startswith("whsec_")
    assert shell.types("remote-nodes list") == 0
    assert "https://score.invalid/wizard" in shell.out
    assert shell.types("remote-nodes list --json") == 0
    assert json.loads(shell.out)[0]["description"]["title"] == "Score an order"
    assert secret not in shell.out
    assert shell.types("nodes show shop.score --store sqlite:///wizard.db --docs") == 0
    assert "take the way out" not in shell.out
    assert "Says how likely an order is to be paid." in shell.out
    assert shell.types("check order.yaml") == 0, shell.out
    shell.file("wrong.yaml", ORDER.replace('"{{ order.total }}"', "[], country: ch"))
    assert shell.types("check wrong.yaml") == 1
    assert "wrong.yaml:5:42: error: `total` must be a number or a text" in shell.out
    assert "`country` must match ^[A-Z]{2}$" in shell.out
    shell.file("answers.json", '{"order": {"total": 3}}')
    assert shell.types("debug order.yaml --answers answers.json") == 0, shell.err
    assert "example stands for it" in shell.out
    assert shell.types("drafts put order.yaml") == 0, shell.out
    assert shell.types("remote-nodes remove shop.score --by ann") == 0
    assert shell.types("check order.yaml") == 1
    assert shell.types("drafts put order.yaml") == 1
    assert shell.types("audit") == 0
    assert "register" in shell.out
    assert "ann" in shell.out


def test_a_service_is_away(shell: Shell) -> None:
    """Whoever operates it sees which one, and a script sees it by the exit code."""
    assert shell.types(ADD) == 0
    assert shell.types("remote-nodes check") == 1
    assert "shop.score: The service of the remote node type shop.score (score.invalid) can't be reached" in shell.out
    assert shell.types("remote-nodes check shop.score --json") == 1
    assert json.loads(shell.out)[0]["healthy"] is False


def test_a_secret_comes_from_a_file_or_a_pipe_and_isnt_printed(shell: Shell) -> None:
    """In the arguments of a command everybody on the machine could read it."""
    secret = new_secret()
    shell.file("secret", f"{secret}\n")
    (shell.folder / "secret").chmod(stat.S_IRUSR)
    assert shell.types(f"{ADD} --secret-file secret") == 0
    assert secret not in shell.out
    assert shell.types(f"{ADD} --replace --secret-file - --json", f"{secret}\n") == 0
    assert "secret" not in json.loads(shell.out)
    shell.file("slot.json", json.dumps(SLOT))
    assert shell.types("remote-nodes add shop.slot https://score.invalid --description slot.json --json") == 0
    assert json.loads(shell.out)["secret"].startswith("whsec_")


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (f"{ADD} --store memory:", 2, "ends with this command"),
        (ADD.replace("shop.score", "form"), 1, "There is a node type `form` here already"),
        (ADD.replace("https", "ftp"), 1, "must start with http"),
        (f"{ADD} --secret-file nowhere", 1, "nowhere: No such file"),
        (ADD.replace("score.json", "order.yaml"), 2, "isn't JSON"),
        ("remote-nodes add shop.score http://127.0.0.1:9/", 1, "private or reserved address"),
        ("remote-nodes list --store sqlite:///nowhere.db", 1, "There are no remote nodes"),
        ("nodes show shop.score --store sqlite:///nowhere.db", 1, "There are no remote nodes"),
    ],
)
def test_what_cant_be_done_is_said_in_a_line(shell: Shell, command: str, code: int, said: str) -> None:
    """Nobody gets a traceback, nor a store that they didn't mean."""
    assert shell.types(command) == code
    assert said in shell.err, shell.err
    assert "Traceback" not in shell.err


def test_without_keys_nothing_is_stored(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret in clear would lie in every backup; the way out is named."""
    monkeypatch.delenv("WIZARD_KEYS")
    assert shell.types(ADD) == 2
    assert "`wizard keys new`" in shell.err
    assert shell.types("remote-nodes list") == 0
    assert "No service is registered" in shell.out


def test_help_has_examples(shell: Shell) -> None:
    """Whoever doesn't know a command asks it."""
    for command in ("", " add", " list", " check", " remove"):
        assert shell.types(f"remote-nodes{command} --help") == 0
        assert "Examples:" in shell.out
