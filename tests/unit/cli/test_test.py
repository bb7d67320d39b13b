"""`wizard test`: scripts are found, played and told of; exit codes are what CI goes by."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.unit.shell import Shell

FORM = """\
id: form
title: A form
nodes:
  - id: ask
    type: form
    fields:
      - {name: age, type: integer, label: Your age, min: 0}
  - {id: grown, type: condition, cases: [{when: ask.age >= 18, goto: done}, {goto: young}]}
  - {id: young, type: message, title: You are young}
  - {id: done, type: end, title: Done}
"""
SCRIPT = "workflow: form\ntitle: A grown-up\nsteps:\n- says: 30\n- completed: {step: done}\n"
WRONG = "workflow: form\ntitle: Somebody young\nsteps:\n- says: 3\n- sees: {title: You are old}\n"


@pytest.fixture
def folder(shell: Shell) -> Path:
    (shell.folder / "form.yaml").write_text(FORM)
    (shell.folder / "form.test.yaml").write_text(SCRIPT)
    return shell.folder


def test_scripts_of_a_folder_are_played(shell: Shell, folder: Path) -> None:
    """Over a chat unless told otherwise; `all` is every channel."""
    assert shell.run("test", ".").code == 0
    done = shell.run("test", "form.test.yaml", "--over", "all")
    assert done.code == 0
    assert [line.split("(")[1].split(",")[0] for line in done.out.splitlines()[:-1]] == [
        "web",
        "terminal",
        "json",
        "chat",
    ]
    assert done.out.splitlines()[-1] == "4 scripts: all passed."


def test_a_failure_is_told_and_ends_with_1(shell: Shell, folder: Path) -> None:
    """CI stops, and the author reads what is different; -x stops at the first, -k chooses, JUnit has all."""
    (folder / "wrong.test.yaml").write_text(f"{WRONG}---\n{SCRIPT}")
    done = shell.run("test", ".", "--over", "json", "--junit", "report.xml")
    assert done.code == 1
    assert "wrong.test.yaml:5:17: error: the title is “You are young”, not “You are old”" in done.out
    assert done.out.splitlines()[-1] == "3 scripts: 1 failed."
    root = ElementTree.parse(folder / "report.xml").getroot()
    assert [suite.get("failures") for suite in root] == ["0", "1"]
    assert "2 scripts: 1 failed." in shell.run("test", "wrong.test.yaml", "form.test.yaml", "-x").out.replace(
        "1 script:", "2 scripts:"
    )
    assert shell.run("test", ".", "-k", "GROWN").out.splitlines()[-1] == "2 scripts: all passed."


def test_each_conversation_is_shown_when_asked_for(shell: Shell, folder: Path) -> None:
    """--verbose shows what was said, and not what the engine logs."""
    done = shell.run("--verbose", "test", ".")
    assert "      > 30" in done.out
    assert done.err == ""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("test", "."), 1, "form.test.yaml:1:1: error: there is no key `workflo` here; did you mean `workflow`?"),
        (("test", "nothing.test.yaml"), 1, "there is no such file or folder"),
        (("test", "form.yaml"), 1, "this is a definition, and no script; name it with --definitions"),
        (("test", ".", "--over", "fax"), 2, "there is no channel 'fax'"),
        (("test", ".", "--over", "jsn"), 2, "did you mean `json`?"),
        (("test", ".", "--graph", "a.png"), 2, "name a file that ends in .svg, .mmd, .dot"),
        (("test",), 2, "FILE"),
    ],
)
def test_what_can_not_be_played_is_told(
    shell: Shell, folder: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """A slip of an author ends with 1, one of whoever types the command with 2, and neither shows a traceback."""
    (folder / "form.test.yaml").write_text(SCRIPT.replace("workflow", "workflo"))
    done = shell.run(*arguments)
    assert (done.code, said in done.err, "Traceback" in done.err) == (code, True, False), done.err


def test_too_little_coverage_ends_with_1(shell: Shell, folder: Path) -> None:
    """A floor for CI; what is missing is named, in JSON and in a drawing as well."""
    done = shell.run("test", ".", "--coverage", "--coverage-json", "c.json", "--graph", "c.svg", "--fail-under", "90")
    assert done.code == 1
    assert "  no node young" in done.out
    assert "less than 90 %" in done.out
    assert json.loads((folder / "c.json").read_text())["workflows"]["form"]["nodes"]["missing"] == ["young"]
    assert (folder / "c.svg").read_text().startswith("<svg")
    assert shell.run("test", ".", "--fail-under", "30").code == 0


def test_exploring_writes_scripts_that_pass(shell: Shell, folder: Path) -> None:
    """An author gets tests of every way for nothing, and is told where there is none."""
    done = shell.run("test", "--explore", "form.yaml", "--out", "out", "--fail-under", "100")
    assert (done.code, "nothing wrong" in done.out) == (0, True)
    assert shell.run("test", "out", "--definitions", "form.yaml", "--over", "json").code == 0
    (folder / "form.yaml").write_text(
        FORM.replace("title: You are young}", "title: You are young, next: young_too}").replace(
            "  - {id: done", "  - {id: young_too, type: message, title: Round, next: young}\n  - {id: done"
        )
    )
    done = shell.run("test", "--explore", "form.yaml")
    assert (done.code, "loop: nobody gets out of" in done.out) == (1, True)
