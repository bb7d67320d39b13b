"""The conversations of examples/conversations can fail, each by what it is about; and one of them goes through every
channel with all that is sent delivered twice. That they pass is in test_example_scripts.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from wizard.definitions.catalog import Catalog
from wizard.definitions.reading import source
from wizard.engine.turns import Turns
from wizard.engine.unsaved import Task
from wizard.engine.view import RunView
from wizard.node import Registry
from wizard.scripts.over_chat import OverChat
from wizard.scripts.playing import Played, play
from wizard.scripts.reading import read, read_files, script_files
from wizard.scripts.script import Script

FOLDER = Path(__file__).parents[2] / "examples" / "conversations"
TABLE = (FOLDER / "table.yaml").read_text()
SCRIPTS = {script.title: script for script in read_files(script_files([FOLDER]))}

# What is broken in the definition, by the script that is to notice it.
MUTATIONS = {
    "Back restores an answer, and asks again with it": ("title: When will you come?", "final: true"),
    "A chat says what the answer is so far": ("title: When will you come?", "final: true"),
    "What comes late, of a question that was asked anew, is ignored": ("title: When will you come?", "final: true"),
    "What comes late doesn't pull somebody forward who went back": ("title: When will you come?", "final: true"),
    "A changed branch drops one answer, and keeps the rest": ("{goto: guest}", "{goto: cake}"),
    "Who is misunderstood three times gets a way out": ("tries: 3", "tries: 4"),
    "Who asks something else comes back to the same question": (
        "Do you have a car park?, parking",
        "Are dogs allowed?",
    ),
    "What is delivered twice, at once and after ten minutes, counts once": ("max: 12", "max: 3"),
    "Two answers arrive in the wrong order": ("type: date, label: Which day?, min: today()", "label: Which day?"),
    "A button of an earlier question answers nothing": ("label: Just dinner", "label: Only dinner"),
    "A chat says that a button is an earlier one": ("label: Just dinner", "label: Only dinner"),
    "A crash before the answer is sent, and a deployment, lose and double nothing": ("goto: cake}", "goto: guest}"),
    "Silence, a reminder, an agent, and the rest on the web page": ("after: 1d", "after: 2d"),
}


def catalog_of(text: str) -> Catalog:
    return Catalog.from_documents([each.data for each in source.read(text, "table.yaml")], Registry.installed())


async def plays(title: str, definition: str = TABLE, channel: str = "chat") -> Played:
    return await play(SCRIPTS[title], catalog_of(definition), channel)


def test_each_conversation_has_its_mutation() -> None:
    """A script that isn't here may pass whatever is broken."""
    assert set(MUTATIONS) == set(SCRIPTS)
    assert len({script.file for script in SCRIPTS.values()}) == 10


@pytest.mark.parametrize("title", MUTATIONS)
async def test_a_broken_definition_fails(title: str) -> None:
    """An author who breaks what a conversation is about is told, with the place in the script."""
    right, broken = MUTATIONS[title]
    assert TABLE.count(right) == 1
    played = await plays(title, TABLE.replace(right, broken))
    assert played.failure is not None
    assert played.failure.problem.line > 1


# -- what only a broken engine or channel does ---------------------------------------------------------


async def test_what_counts_twice_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel that gives what it delivers again another id has it count twice, and the script says so."""

    async def repeats(person: OverChat, sent: Mapping[str, Any]) -> None:
        await person._sends({name: value for name, value in sent.items() if name != "id"})

    monkeypatch.setattr(OverChat, "repeats", repeats)
    played = await plays("What is delivered twice, at once and after ten minutes, counts once")
    assert played.failure is not None
    assert "the same input, sent once more, moved the run from cake to guest" in str(played.failure.problem)


async def test_a_stale_button_that_counts_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel whose buttons only say what is on them has an earlier one answer the question that is open."""

    async def presses_earlier(person: OverChat, label: str) -> None:
        await person.says(label)

    monkeypatch.setattr(OverChat, "presses_earlier", presses_earlier)
    played = await plays("A button of an earlier question answers nothing")
    assert played.failure is not None
    assert "an earlier button moved the run from cake to guest" in str(played.failure.problem)


async def test_a_late_result_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes late does come: the engine has to see that nobody asks any more, and not the script."""
    late = []
    takes_late = Turns._late

    async def counted(turns: Turns, run_id: str, task: Task) -> RunView:
        late.append(task.unsaved and task.unsaved.result)
        return await takes_late(turns, run_id, task)

    monkeypatch.setattr(Turns, "_late", counted)
    titles = [title for title in SCRIPTS if title.startswith("What comes late")]
    assert [(await plays(title)).failure for title in titles] == [None, None]
    assert [result is not None for result in late] == [True, True]


# -- every channel, everything twice --------------------------------------------------------------------

INPUTS = (
    ("chat", ("says: 3 April 2026", "says: 4")),
    ("terminal", ("presses: A birthday", "goes_back: true", "presses: A birthday")),
    ("web", ("answers: {icing: Happy birthday}", "answers: {full_name: Ann, phone: 020 7946 0018}")),
    ("json", ("changes: {step: wish, answers: {guests: 5}}",)),
    ("chat", ("presses: Reserve it",)),
)


def everything_twice() -> Script:
    """Chat, terminal, web, JSON and chat again, with whatever is sent delivered twice and, at places that are drawn,
    once more before a crash."""
    lines = ["workflow: table", "clock: 2026-03-27T10:00:00Z", "steps:"]
    for channel, inputs in INPUTS:
        lines.append(f"  - switches_to: {channel}")
        for sent in inputs:
            if random.random() < 0.3:
                lines.append("  - restarts: before_answering")
            lines += [f"  - {sent}", "  - repeats: last"]
    answers = (
        "{wish: {day: 2026-04-03, guests: 5}, occasion: {reason: birthday}, cake: {icing: Happy birthday}, "
        "guest: {full_name: Ann, phone: '+442079460018'}}"
    )
    lines.append(f"  - completed: {{step: done, answers: {answers}}}")
    (script,) = read("\n".join(lines), str(FOLDER / "twice.test.yaml"))
    return script


async def test_a_run_goes_through_every_channel_with_everything_sent_twice() -> None:
    """Somebody begins in a chat and ends there, with a terminal, a page and a program between, on a bad line."""
    script = everything_twice()
    played = await play(script, catalog_of(TABLE), "chat")
    assert played.failure is None, (script.document.data, played.failure)
