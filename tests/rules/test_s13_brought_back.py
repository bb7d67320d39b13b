"""S13: what a branch dropped and brought back is whole: everything that its pages had is there again."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.visitor import visiting
from wizard.app import wizard_app
from wizard.testing import Person, make_test_engine

PEOPLE = """
id: people
nodes:
  - {id: with, type: form, fields: [{name: others, type: boolean, label: Does anybody come along?}]}
  - {id: any, type: condition, cases: [{when: with.others, goto: who}, {goto: check}]}
  - {id: who, type: workflow, workflow: person, repeat: {min: 1, max: 4}}
  - id: proof
    type: form
    fields:
      - {name: paper, type: file, label: Paper, max_size: 100}
      - {name: note, label: Note}
  - {id: check, type: review, title: Check}
---
id: person
nodes: [{id: name, type: form, fields: [{name: name, label: Name}]}]
""".replace("with", "asked")
PAPER = {"name": "a.txt", "type": "text/plain", "content": base64.b64encode(b"paper").decode()}


async def somebody(*names: str) -> Person:
    person = await Person.starts(await make_test_engine(PEOPLE), "people")
    await person.says(True)
    for position, name in enumerate(names, start=1):
        await person.says(name)
        await person.says(position < len(names))
    return person


async def test_the_list_page_comes_back_answered() -> None:
    """Yes with two people, no, yes again: each page on the way is filled in, the list page's answer as well, so that
    nobody loses the second person by going on."""
    person = await somebody("Ann", "Bo")
    await person.says(paper=PAPER, note="hello")
    for answer in (False, True):
        await person.changes("asked", answer)
    seen = []
    while person.asked != "check":
        assert person.asked is not None
        seen.append((person.asked, dict(person.values)))
        await person.says(**{name: value for name, value in person.values.items() if name != "paper"})
    assert [page for page, _ in seen] == ["who/1/name", "who/after-1", "who/2/name", "who/after-2", "proof"]
    assert [values for _, values in seen[:4]] == [
        {"name": "Ann"},
        {"add_another": True},
        {"name": "Bo"},
        {"add_another": False},
    ]
    assert person.answers["who"] == {
        "1": {"name": {"name": "Ann"}},
        "after-1": {"add_another": True},
        "2": {"name": {"name": "Bo"}},
        "after-2": {"add_another": False},
    }


async def file_of(person: Person, step: str = "proof") -> bytes | None:
    proof: Any = person.run.run.by_path[step].output
    file = await person.engine.file(person.run.id, proof["paper"]["id"])
    return None if file is None else file.content


async def test_an_upload_comes_back_with_its_page() -> None:
    """A file that was handed in needn't be handed in again: going on is enough, and its bytes are there."""
    person = await somebody("Ann")
    await person.says(paper=PAPER, note="hello")
    for answer in (False, True):
        await person.changes("asked", answer)
    for _ in range(2):
        await person.says(**person.values)
    shown: Any = person.values["paper"]
    assert (person.asked, person.values["note"], shown["name"]) == ("proof", "hello", "a.txt")
    await person.says(note="hello")
    assert (person.asked, await file_of(person)) == ("check", b"paper")


async def test_an_upload_that_was_only_begun_comes_back() -> None:
    """Beside a wrong answer the file was taken, and the page left: it is there when its branch is."""
    person = await somebody("Ann")
    await person.wrongly.says(paper=PAPER)
    assert "note" in person.errors
    await person.goes_back(to="asked", note="half")
    await person.says(False)
    assert person.asked == "check"
    await person.changes("asked", True)
    for _ in range(2):
        await person.says(**person.values)
    assert person.values["note"] == "half"
    await person.says(note="whole")
    assert await file_of(person) == b"paper"


async def test_a_forged_file_doesn_t_come_back() -> None:
    """What somebody typed as a file is none, whichever way it takes through drafts and dropped branches."""
    person = await somebody("Ann")
    forged = {"id": "made-up", "name": "b.txt", "type": "text/plain", "size": 1}
    await person.goes_back(to="asked", paper=forged, note="n")
    await person.says(False)
    await person.changes("asked", True)
    for _ in range(2):
        await person.says(**person.values)
    assert (person.values["paper"], person.values["note"]) == (None, "n")
    await person.wrongly.says(paper=forged, note="n")
    assert "paper" in person.errors


async def test_what_was_typed_last_comes_back() -> None:
    """An answer that was being changed when its branch was dropped comes back as it was left."""
    person = await somebody("Ann")
    await person.says(paper=PAPER, note="first")
    await person.goes_back()
    await person.goes_back(to="asked", note="second")
    await person.says(False)
    await person.changes("asked", True)
    for _ in range(2):
        await person.says(**person.values)
    shown: Any = person.values["paper"]
    assert (person.values["note"], shown["name"]) == ("second", "a.txt")


LOOP = """
id: guess
nodes:
  - {id: guess, type: form, fields: [{name: n, type: integer, label: Your guess}]}
  - {id: more, type: workflow, workflow: reason}
  - {id: check, type: review, fields: [{name: again, type: boolean, label: Once more?}]}
  - {id: loop, type: condition, cases: [{when: check.again, goto: guess}, {goto: bye}]}
  - {id: bye, type: review, title: Last look}
---
id: reason
nodes: [{id: why, type: form, fields: [{name: why, label: Why}]}]
"""


async def test_a_review_lists_the_visits_that_count() -> None:
    """Three rounds of a loop: the review shows the last guess, which is the one that expressions read, and not two
    others beside it that nobody means any more."""
    person = await Person.starts(await make_test_engine(LOOP), "guess")
    for number in (1, 2, 3):
        await person.says(number)
        await person.says(f"because {number}")
        lines = [(item.label, item.value) for item in person.prompt.items if item.label in ("Your guess", "Why")]
        assert lines == [("Your guess", str(number)), ("Why", f"because {number}")]
        await person.says(number < 3)
    assert [item.value for item in person.prompt.items] == ["3", "because 3", "No"]
    assert person.prompt.items[0].step == "guess~3"


@pytest.mark.parametrize("action", ["", "nonsense", "Next"])
async def test_an_unknown_button_is_no_continue(action: str) -> None:
    """A page whose button says something else (an extension, a host's own form with a slip) hands nothing in, and says
    so on a page that people can read; Enter, which presses none, goes on."""
    engine = await make_test_engine(PEOPLE)
    async with visiting(wizard_app(engine)) as visitor:
        await visitor.opens("/w/people")
        await visitor.presses()
        visitor.fills(others=True)
        asked = visitor.page.address
        await visitor.tab().posts([*visitor.pairs(), ("action", action)])
        refused = await visitor.tab().posts([*visitor.pairs(), ("action", action)])
        assert (refused.page.status, refused.page.heading) == (400, "We couldn't accept what you sent")
        assert (await visitor.tab().opens()).page.address == asked
        await visitor.posts(visitor.pairs())
        assert visitor.page.address.endswith("/who/1/name")
