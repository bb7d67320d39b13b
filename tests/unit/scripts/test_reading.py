"""What authors write into scripts is read as strictly as definitions are."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.app import load_catalog
from wizard.errors import DefinitionError
from wizard.scripts.reading import read, read_files, script_files
from wizard.scripts.script import CHANNELS

HEAD = "workflow: passport\nsteps:\n"


def told(text: str) -> list[str]:
    with pytest.raises(DefinitionError) as refused:
        read(text, "a.test.yaml")
    return [f"{problem.line}:{problem.column} {problem.message}" for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("- sayz: Ann", "3:3 there is no word `sayz`; did you mean `says`?"),
        ("- {says: Ann, sees: b}", "3:3 a step has one word, and this has 2 (says, sees); write a step for each"),
        ("- {}", "3:3 a step has one word, and this has 0 (none); write a step for each"),
        ("- goes_on", "3:3 `goes_on` says nothing; write `- goes_on: true`"),
        ("- says:", "3:3 `says` says nothing; write `- says: …`"),
        ("- 3", "3:3 a step is a word and what it says, as `- says: Ann` is"),
        ("- sees: {stepp: a}", "3:10 there is no key `stepp` here; did you mean `step`?"),
        ("- changes: {answers: {a: 1}}", "3:12 `step` is missing"),
        ("- waits: 2 hourz", "3:10 `waits` must be a duration such as 28d, 2h, 30m, 10s or 1d 12h"),
        ("- goes_back: false", "3:14 `goes_back` must be true; leave out the step where it isn't to happen"),
        ("- completed: {answers: 1}", "3:24 `answers` must be a mapping of keys to values"),
        ("- repeats: [last]", "3:12 `repeats` must be text"),
        (
            "- restarts: later",
            "3:13 `restarts` must be true or before_answering",
        ),
        (
            "- operator: leaves",
            "3:13 `operator` must be takes_over, releases or {says: TEXT}",
        ),
        ("- operator: {says: Hello, too: a}", "3:27 there is no key `too` here"),
        ("- deploys: 3", "3:12 `deploys` must be text"),
        ("- switches_to: fax", "3:16 `switches_to` must be 'web', 'terminal', 'json', 'chat' or 'websocket'"),
        ("- event: {data: 1}", "3:10 `name` is missing"),
    ],
)
def test_a_mistake_in_a_step_is_told_with_its_place(step: str, said: str) -> None:
    """An author who mistypes a word is told where, and what there is."""
    assert told(f"{HEAD}  {step}".replace("\n  -", "\n- ").replace("-  ", "- ")) == [said]


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    """Nobody mends a file one mistake at a time."""
    text = f"{HEAD}- sayz: a\n---\nworkflow: b\nclock: yesterday\ntitel: x\nsteps: []\n"
    assert sorted(told(text)) == [
        "3:3 there is no word `sayz`; did you mean `says`?",
        "6:8 `clock` must be a moment such as 2026-03-27T10:00:00Z",
        "7:1 there is no key `titel` here; did you mean `title`?",
        "8:8 `steps` must not be empty",
    ]


def test_a_definition_is_told_as_one() -> None:
    """Who names the wrong file is told which it is."""
    assert told("id: a\nnodes: []\n") == ["2:1 this is a definition, and no script; name it with --definitions"]
    assert told("- a\n") == ["1:1 a script is a mapping with `workflow` and `steps`"]


def test_an_empty_file_is_told_to_hold_no_script() -> None:
    """And no definition, which nobody looks for there."""
    assert told("") == ["1:1 there is no script in this file"]


def test_numbers_are_what_is_typed() -> None:
    """`says: 27` answers with these digits, `says: 1.50` keeps its zero."""
    (script,) = read(f"{HEAD}- says: 27\n- says: 1.50\n", "a.test.yaml")
    assert [step.said for step in script.steps] == ["27", "1.50"]


def test_scripts_lie_beside_definitions_and_are_none(tmp_path: Path) -> None:
    """A folder of definitions is served as before with scripts in it; `wizard test FOLDER` finds just these."""
    (tmp_path / "a.yaml").write_text("id: a\nnodes: [{id: b, type: end, title: B}]\n")
    (tmp_path / "sub").mkdir()
    for name in ("a.test.yaml", "sub/b.test.yml"):
        (tmp_path / name).write_text(f"{HEAD}- says: a\n---\n{HEAD}- says: b\n")
    assert list(load_catalog(tmp_path).workflows) == ["a"]
    scripts = read_files(script_files([tmp_path, tmp_path / "a.test.yaml"]))
    assert [(Path(script.file).name, script.number, script.line) for script in scripts] == [
        ("a.test.yaml", 1, 1),
        ("a.test.yaml", 2, 5),
        ("b.test.yml", 1, 1),
        ("b.test.yml", 2, 5),
    ]


def test_a_folder_without_scripts_is_told(tmp_path: Path) -> None:
    """Tests that were never found don't pass."""
    with pytest.raises(DefinitionError, match="this folder holds no scripts"):
        script_files([tmp_path])


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (
            "results: {price: {takes: soon, output: 1}}",
            "1:10 `results` must say how long price takes: `takes` must",
        ),
        (
            "results: {price: [1, {takes: 5}]}",
            "1:10 `results` must say how long price takes: `takes` must",
        ),
        ("channels: [fax]", "1:12 item 1 of `channels` must be 'web', 'terminal', 'json', 'chat' or 'websocket'"),
        ("channels: []", "1:11 `channels` must"),
    ],
)
def test_a_mistake_in_the_head_is_told_with_its_place(head: str, said: str) -> None:
    """Of what a script begins with as well."""
    (only,) = told(f"{head}\nworkflow: passport\nsteps: [says: a]\n")
    assert only.startswith(said)


def test_a_script_says_which_channels_it_is_for() -> None:
    """One or several; all where it says nothing. What is for a chat is for each way to one."""
    (one,) = read("workflow: a\nchannels: chat\nsteps: [says: a]\n", "a.test.yaml")
    (every,) = read("workflow: a\nsteps: [says: a]\n", "a.test.yaml")
    assert (one.channels, every.channels) == (("chat", "websocket"), CHANNELS)
