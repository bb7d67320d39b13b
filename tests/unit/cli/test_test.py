"""`wizard test`: scripts are found, played and told of; exit codes are what CI goes by."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.unit.shell import Shell

FORM = """\
id: form
title: A form
nodes:
  - id: ask
    type: form
    fields: [{name: age, type: integer, label: Your age, min: 0}]
  - {id: grown, type: condition, cases: [{when: ask.age >= 18, goto: done}, {goto: young}]}
  - {id: young, type: message, title: You are young}
  - {id: done, type: end, title: Done}
"""
ROUND = FORM.replace("title: You are young}", "title: Young, next: again}\n  - {id: again, type: message, next: young}")
SCRIPT = "workflow: form\ntitle: A grown-up\nsteps:\n- says: 30\n- completed: {step: done}\n"
WRONG = "workflow: form\ntitle: Somebody young\nsteps:\n- says: 3\n- sees: {title: You are old}\n"


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    shell = Shell(tmp_path, capsys, monkeypatch)
    (tmp_path / "passport.yaml").unlink()
    shell.file("form.yaml", FORM)
    shell.file("form.test.yaml", SCRIPT)
    return shell


def test_scripts_of_a_folder_are_played(shell: Shell) -> None:
    """Over a chat unless told otherwise; `all` is every channel."""
    assert shell.types("test .") == 0
    assert "(chat, " in shell.out
    assert shell.types("test form.test.yaml --over all") == 0
    *lines, last = shell.out.splitlines()
    assert [line.rpartition("(")[2].partition(",")[0] for line in lines] == [
        "web",
        "terminal",
        "json",
        "chat",
        "websocket",
    ]
    assert last == "5 scripts: all passed."


def test_a_failure_is_told_and_ends_with_1(shell: Shell) -> None:
    """CI stops, and the author reads what is different; JUnit has all, -x stops at the first, -k chooses."""
    shell.file("a_wrong.test.yaml", f"{WRONG}---\n{SCRIPT}")
    assert shell.types("test . --over json --junit report.xml") == 1
    assert "a_wrong.test.yaml:5:17: error: the title is “You are young”, not “You are old”" in shell.out
    assert shell.out.splitlines()[-1] == "3 scripts: 1 failed."
    root = ElementTree.parse(shell.folder / "report.xml").getroot()
    assert [suite.get("failures") for suite in root] == ["1", "0"]
    assert shell.types("test . --over json -x") == 1
    assert shell.out.splitlines()[-1] == "1 script: 1 failed."
    assert shell.types("test . --over json -k GROWN") == 0
    assert shell.out.splitlines()[-1] == "2 scripts: all passed."


def test_each_conversation_is_shown_when_asked_for(shell: Shell) -> None:
    """--verbose shows what was said, and not what the engine logs."""
    assert shell.types("--verbose test . --over json") == 0
    assert "      > 30" in shell.out
    assert shell.err == ""


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("test .", 1, "form.test.yaml:1:1: error: there is no key `workflo` here; did you mean `workflow`?"),
        ("test nothing.test.yaml", 1, "there is no such file or folder"),
        ("test form.yaml", 1, "this is a definition, and no script; name it with --definitions"),
        ("test . --over fax", 2, "there is no channel 'fax'; there are web, terminal, json, chat, websocket, all"),
        ("test . --over jsn", 2, "did you mean `json`?"),
        ("test . --graph a.png", 2, "name a file that ends in .svg, .mmd, .dot"),
        ("test", 2, "FILE"),
        ("test --explore form.yaml -k nobody", 2, "no workflow has 'nobody' in its id"),
        ("test --explore form.yaml --over web", 2, "--explore plays no scripts; leave it out"),
        ("test . --seconds 5", 2, "it is for --explore, and scripts are played here"),
        ("test --explore form.test.yaml", 1, "form.test.yaml:3:1: error: this is a script, and no definition"),
        ("test . --junit nowhere/a.xml", 2, "--junit: there is no folder nowhere; make it, or name another"),
        ("test --explore form.yaml --junit .", 2, "--junit: . is a folder; name a file in it"),
        ("test --explore form.yaml --graph nowhere/a.svg", 2, "--graph: there is no folder nowhere"),
        ("test . --coverage-json nowhere/a.json", 2, "--coverage-json: there is no folder nowhere"),
        ("test --explore form.yaml --out form.yaml", 2, "--out: form.yaml is a file; name a folder"),
        ("test --explore form.yaml --out form.yaml/a/b", 2, "form.yaml is a file; name a folder"),
    ],
)
def test_what_can_not_be_played_is_told(shell: Shell, command: str, code: int, said: str) -> None:
    """A slip of an author ends with 1, one of whoever types the command with 2, and neither shows a traceback. Nothing
    is played before that: it may take minutes."""
    if command != "test --explore form.test.yaml":
        shell.file("form.test.yaml", SCRIPT.replace("workflow", "workflo"))
    assert shell.types(command) == code
    assert said in shell.err
    assert shell.out == ""
    assert "Traceback" not in shell.err


def test_too_little_coverage_ends_with_1(shell: Shell) -> None:
    """A floor for CI; what is missing is named, in JSON and in a drawing as well."""
    assert shell.types("test . --coverage --coverage-json coverage --graph c.svg --fail-under 90") == 1
    assert "  no node young" in shell.out
    assert "less than 90 %" in shell.out
    told = json.loads((shell.folder / "coverage").read_text())
    assert told["workflows"]["form"]["nodes"]["missing"] == ["young"]
    assert (shell.folder / "c.svg").read_text().startswith("<svg")
    assert shell.types("test . --fail-under 30") == 0


def test_exploring_writes_scripts_that_pass(shell: Shell) -> None:
    """An author gets tests of every way for nothing, and is told where there is none."""
    assert shell.types("test --explore form.yaml --out out --limit 60 --fail-under 100") == 0
    assert "nothing wrong" in shell.out
    assert shell.types("test out --definitions form.yaml --over json") == 0
    shell.file("form.yaml", ROUND)
    assert shell.types("test --explore form.yaml --limit 60") == 1
    assert "loop: nobody gets out of" in shell.out


def test_exploring_ends_when_its_time_is_over(shell: Shell) -> None:
    """A CI job has an end that somebody set; what is left is told, and each workflow was walked through once."""
    shell.file("second.yaml", FORM.replace("id: form", "id: second"))
    assert shell.types("test --explore form.yaml second.yaml --seconds 0 --out out") == 0
    for name in ("form", "second"):
        assert f"{name}: 1 walk, 1 way that came to something new, nothing wrong." in shell.out
    assert shell.out.count("stopped after 0 seconds and 1 walk with something left to try (ask); --seconds allows") == 2
    assert "  not reached: edge " in shell.out
    assert shell.types("test out --definitions form.yaml --definitions second.yaml --over json") == 0
    assert shell.types("test --explore form.yaml --seconds 600") == 0
    assert "stopped" not in shell.out


def test_ctrl_c_keeps_what_was_found(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has had enough after minutes reads, and finds in files, what came of them; pressed again, it ends at once."""
    from wizard.scripts import exploring

    shell.file("second.yaml", FORM.replace("id: form", "id: second"))
    walks = _interrupting(monkeypatch, exploring, "walk", presses_at=(3,))
    assert shell.types("test --explore form.yaml second.yaml --out out --junit report.xml") == 130
    assert (len(walks), "stopped after 3 walks with something left to try (ask)\n" in shell.out) == (3, True)
    assert "not explored: second\n" in shell.out
    assert "Press Ctrl-C again to stop at once" in shell.err
    (suite,) = ElementTree.parse(shell.folder / "report.xml").getroot()
    written = {case.get("file") for case in suite.findall("testcase") if case.find("skipped") is None}
    assert written == {f"out/{file.name}" for file in (shell.folder / "out").iterdir()} != set()
    walks = _interrupting(monkeypatch, exploring, "walk", presses_at=(3, 3))
    assert shell.types("test --explore form.yaml --out again") == 130
    assert (len(walks), (shell.folder / "again").exists()) == (3, False)


def test_ctrl_c_tells_what_was_played(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """CI has the results of the scripts before; those behind aren't played."""
    from wizard.scripts import playing

    played = _interrupting(monkeypatch, playing, "play", presses_at=(2,))
    assert shell.types("test form.test.yaml --over all --junit report.xml") == 130
    assert shell.out.endswith("2 scripts: all passed.\nStopped; the scripts behind these weren't played.\n")
    assert len(played) == 2
    assert ElementTree.parse(shell.folder / "report.xml").getroot().get("tests") == "2"


def _interrupting(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, presses_at: tuple[int, ...]
) -> list[object]:
    """The calls of a coroutine function of the module, at some of which somebody presses Ctrl-C."""
    calls: list[object] = []
    called = getattr(module, name)

    async def call(*args: Any, **named: Any) -> Any:
        calls.append(args)
        for _ in range(presses_at.count(len(calls))):
            signal.raise_signal(signal.SIGINT)
        return await called(*args, **named)

    monkeypatch.setattr(module, name, call)
    return calls


def test_exploring_is_told_to_ci_systems(shell: Shell) -> None:
    """Each way is a case, what is found one that failed, and what no walk came to one that was skipped."""
    shell.file("form.yaml", ROUND)
    assert shell.types("test --explore form.yaml --limit 60 --out out --junit report.xml") == 1
    root = ElementTree.parse(shell.folder / "report.xml").getroot()
    (suite,) = root
    cases = suite.findall("testcase")
    assert {case.get("file") for case in cases if case.find("skipped") is None} == {
        f"out/{file.name}" for file in (shell.folder / "out").iterdir()
    }
    (found,) = (failure for case in cases if (failure := case.find("failure")) is not None)
    assert (found.get("type"), root.get("failures"), suite.get("failures")) == ("loop", "1", "1")
    assert "nobody gets out of" in (found.get("message") or "")
    shell.file("form.yaml", FORM)
    assert shell.types("test --explore form.yaml --seconds 0 --junit report.xml") == 0
    (suite,) = ElementTree.parse(shell.folder / "report.xml").getroot()
    skipped = [case.get("name") for case in suite if case.find("skipped") is not None]
    assert "edge grown → done (ask.age >= 18)" in skipped
    assert suite.get("skipped") == str(len(skipped))


def test_who_looks_on_at_a_terminal_sees_how_far_exploring_is(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Minutes of silence look like a command that hangs. The line goes when it is done; a log gets none of it."""
    assert shell.types("test --explore form.yaml --limit 3") == 0
    assert shell.err == ""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("wizard.cli.exploring.EACH", 0.0)
    assert shell.types("test --explore form.yaml --limit 3") == 0
    assert "\rform: 1 walk, 4 nodes and 3 edges reached, nothing wrong …\x1b[K\rform: 2 walks, " in shell.err
    assert shell.err.endswith("\r\x1b[K")
    assert "\x1b" not in shell.out


def test_a_script_is_played_over_the_channels_that_it_is_for(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """One for pages isn't left out where nobody names a channel, nor played over others; none at all is told."""
    shell.file("form.test.yaml", f"channels: [web, json]\n{SCRIPT}")
    for over, played in (("", "(web,"), ("--over json", "(json,"), ("--over all", "2 scripts: all passed.")):
        assert shell.types(f"test . {over}") == 0
        assert played in shell.out
    assert "(not over terminal, chat, websocket: it says `channels: [web, json]`)" in shell.out
    assert shell.types("test . --over chat") == 2
    assert "their `channels` leave it out" in " ".join(shell.err.split())
