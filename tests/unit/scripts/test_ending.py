"""A run that has ended takes nothing more, and a script that goes on fails alike over every channel."""

from __future__ import annotations

import pytest

from tests.unit.scripts.played import fails, passes
from wizard.scripts.script import CHANNELS

SHORT = """\
id: short
nodes:
  - {id: who, type: form, title: Who?, fields: [{name: name, label: Name}, {name: sure, type: boolean, label: Sure?}]}
  - {id: thanks, type: message, title: Thank you}
  - {id: done, type: end, title: Done}
"""
AGAIN = SHORT.replace("nodes:", "reopen: true\nnodes:")
ENDED = "workflow: short\nsteps:\n- says: Ann\n- presses: 'Yes'\n- goes_on: true\n- completed: true\n"


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    "step", ["says: x", "answers: {}", "goes_on: true", "goes_back: who", "changes: {step: who, answers: {name: Bob}}"]
)
async def test_nothing_is_done_after_the_end(channel: str, step: str) -> None:
    """An author whose workflow ends too early is told so at the first step behind its end, wherever it is played."""
    word = step.partition(":")[0]
    said = f"a.test.yaml:7:3: error: the run has ended: it is completed at done, and takes no `{word}` any more"
    assert (await fails(f"{ENDED}- {step}\n", SHORT, over=channel)).startswith(said)


async def test_a_run_may_end_without_a_page_of_its_own() -> None:
    """The last question doesn't stand there to be answered twice."""
    bare = SHORT.partition("  - {id: thanks")[0]
    for channel in ("terminal", "chat"):
        steps = "- says: Ann\n- presses: 'Yes'\n- presses: 'No'\n"
        told = await fails(f"workflow: short\nsteps:\n{steps}", bare, over=channel)
        assert told.startswith("a.test.yaml:5:3: error: the run has ended: it is completed at who")


async def test_what_changes_nothing_is_done_after_the_end_too() -> None:
    """What is delivered twice, time, crashes and another channel are no answers; nor is a link that is followed."""
    steps = "- repeats: last\n- waits: 1d\n- restarts: true\n- switches_to: json\n- completed: true\n"
    await passes(ENDED + steps, SHORT, over=CHANNELS)
    await passes(f"{ENDED}- presses: 'Read, print or download your answers'\n- sees: Ann\n", SHORT, over=["web"])
    assert "6:3: error: the run has ended" in await fails(
        "workflow: short\nsteps:\n- answers: {name: Ann, sure: true}\n- goes_on: true\n"
        "- switches_to: chat\n- goes_on: true\n",
        SHORT,
        over="json",
    ), "the text was passed before anybody came to the chat"


async def test_a_run_that_can_be_reopened_is() -> None:
    """Going back, changing and a chat's “restart” lead out of the end; what is said to anything else is expected as
    any refusal is."""
    back = "- goes_back: who\n- sees: {step: who}\n- answers: {name: Bob, sure: true}\n- goes_on: true\n"
    changed = "- changes: {step: who, answers: {name: Bea}}\n- completed: {answers: {who: {name: Bea}}}\n"
    await passes(ENDED + back + changed, AGAIN, over=("web", "json", "chat"))
    restarts = "- says: restart\n- sees: Are you sure\n- presses: 'Yes'\n- sees: {step: who}\n"
    await passes(f"{ENDED}- says: Hello\n- sees: {{error: This is complete}}\n{restarts}", AGAIN, over=["chat"])
    told = await fails(f"{ENDED}- says: Hello\n- sees: {{step: done}}\n", AGAIN, over="chat")
    assert "any more; it says: This is complete." in told
