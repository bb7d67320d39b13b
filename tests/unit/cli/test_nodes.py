"""`wizard nodes show` and `configure`: a type explained, and a node configured in a conversation."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.unit.shell import Shell
from wizard.definitions.reading import source

SET = """
id: sums
type: set
title: Sums
retry: {attempts: 2}
values: {a: "{{ 1 + 1 }}", t: "12"}
"""


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


def test_a_type_is_shown_in_each_form(shell: Shell) -> None:
    """People read its page or its form, programs its JSON."""
    assert shell.types("nodes show http") == 0
    assert shell.out.startswith("http  (background)\n")
    assert shell.types("nodes show http --docs") == 0
    assert shell.out.startswith("# Call a service\n")
    assert shell.types("nodes show http --form") == 0
    assert "Address  (text)\n" in shell.out
    assert 'Asked if (method not in ["GET", "HEAD"])' in shell.out
    assert shell.types("nodes show http --json") == 0
    assert shell.json["schema"]["required"] == ["url"]
    assert shell.json["form"]["fields"][0]["path"] == ["url"]


def test_types_are_found_by_what_they_do(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who wants to send a mail knows that word, and not what the type is called."""
    monkeypatch.setenv("COLUMNS", "80")
    assert shell.types("nodes") == 0
    assert "\nOut\n" in shell.out
    assert re.search(r"^  send_mail +Sends a mail", shell.out, re.MULTILINE)
    assert max(map(len, shell.out.splitlines())) <= 88
    assert shell.types("nodes --search 'MAIL send'") == 0
    assert "send_mail" in shell.out
    assert "parse_csv" not in shell.out
    assert shell.types("nodes --search mail --json") == 0
    assert "send_mail" in [each["type"] for each in shell.json]
    assert len(shell.json) < 20
    assert shell.types("nodes --search zeppelin") == 0
    assert shell.out == "No node type has 'zeppelin' in its name or description. `wizard nodes` lists all.\n"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("nodes mail", "there is no node type 'mail'. Did you mean confirm_email or normalise_email or send_mail?"),
        ("nodes postcode", "there is no node type 'postcode'. These speak of it: "),
        ("nodes show sned_mail", "there is no node type 'sned_mail'. Did you mean send_mail?"),
        ("nodes zeppelin", "`wizard nodes` lists all."),
        ("nodes http --search mail", "take a TYPE, or --search WORDS"),
        ("nodes configure if --id 'a b'", "'a b' can't be an id"),
        ("nodes show nope", "there is no node type 'nope'"),
        ("nodes configure nope", "there is no node type 'nope'"),
        ("nodes show http --json --form", "take one of"),
        ("nodes show", "TYPE"),
        ("nodes configure set --from two.yaml", "one node"),
        ("nodes configure http --from set.yaml", "of the type 'set'"),
    ],
)
def test_wrong_usage_is_one_line_and_code_2(shell: Shell, command: str, says: str) -> None:
    """Scripts tell a typing error by the code."""
    shell.file("set.yaml", SET)
    shell.file("two.yaml", "- {id: a, type: set}\n- {id: b, type: set}\n")
    assert shell.types(command) == 2
    assert says in shell.err
    assert shell.err.count("\n") == 1


def test_a_file_that_is_not_there_is_named(shell: Shell) -> None:
    """No traceback for a slip in a name."""
    assert shell.types("nodes configure set --from none.yaml") == 1
    assert "none.yaml" in shell.err
    assert "Traceback" not in shell.err


def test_a_conversation_gives_a_node(shell: Shell) -> None:
    """What is printed is the node and nothing else, so that it can go into a file."""
    answers = "https://a.example/\n\nGET\n.\n.\n200\n201\n.\n\n.\n"
    assert shell.types("nodes configure http", answers) == 0, shell.err
    (document,) = source.read(shell.out, "node.yaml")
    assert document.data == [{"id": "http", "type": "http", "url": "https://a.example/", "expect": [200, 201]}]
    assert "Address" in shell.err
    assert shell.types("nodes configure http --json", answers) == 0
    assert json.loads(shell.out) == {**document.data[0]}


def test_a_node_in_a_file_is_gone_through_again(shell: Shell) -> None:
    """Its other keys stay, and what isn't answered anew stays as it is."""
    shell.file("set.yaml", SET)
    assert shell.types("nodes configure set --from set.yaml", ".\n") == 0, shell.err
    (document,) = source.read(shell.out, "node.yaml")
    (before,) = source.read(SET, "set.yaml")
    assert document.data == [before.data]


def test_a_node_with_mistakes_is_not_begun_with(shell: Shell) -> None:
    """A form would drop what it doesn't know: the key that was misspelt, with what is in it."""
    shell.file("set.yaml", SET.replace("values:", "vales:"))
    assert shell.types("nodes configure set --from set.yaml", ".\n") == 1
    assert "vales: there is no key `vales` here; did you mean `values`?" in shell.err
    assert shell.out == ""


def test_items_of_a_list_are_asked_one_by_one(shell: Shell) -> None:
    """Nobody has to write YAML for two cases."""
    answers = "yes\norder.count > 3\nmany\nyes\n\nend\nno\n.\n"
    assert shell.types("nodes configure condition", answers) == 0, shell.err
    (document,) = source.read(shell.out, "node.yaml")
    assert document.data[0]["cases"] == [{"when": "order.count > 3", "goto": "many"}, {"goto": "end"}]


def test_a_wrong_answer_is_told_by_its_label(shell: Shell) -> None:
    """A pipe has no more answers: the command fails, and says why."""
    assert shell.types("nodes configure http", "ftp://a.example/\n\nGET\n.\n.\n.\n\n.\n") == 1
    assert "Address: an address starts with http:// or https://" in shell.err
    assert shell.out == ""


def test_who_leaves_gets_no_node(shell: Shell) -> None:
    """Half a configuration would look like a whole one."""
    assert shell.types("nodes configure http", "https://a.example/\n:quit\n") == 3
    assert shell.out == ""
