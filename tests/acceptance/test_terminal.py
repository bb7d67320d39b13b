"""Conversations in a terminal, with the real command: forth, back, away and on again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.acceptance.processes import Keyboard, here, wizard

VISIT = """
id: visit
title: Register a visit
nodes:
  - id: visitor
    type: form
    title: Who comes?
    fields:
      - {name: full_name, type: text, label: Full name, max_length: 30}
      - {name: born, type: date, label: Date of birth, max: today()}
      - {name: notes, type: textarea, label: Anything to note, required: false}
  - id: adult
    type: condition
    cases: [{when: "years_between(visitor.born, today()) >= 18", goto: stay}, {goto: guardian}]
  - {id: guardian, type: workflow, workflow: contact}
  - id: stay
    type: form
    title: How long do you stay, {{ visitor.full_name }}?
    fields:
      - {name: first, type: date, label: First day}
      - {name: last, type: date, label: Last day}
      - {name: meals, type: choices, label: Meals, choices: [breakfast, lunch, dinner], required: false}
    validate: [{check: first <= last, message: The last day is before the first, field: last}]
  - id: companions
    type: workflow
    workflow: companion
    title: Who comes along
    repeat: {min: 0, max: 4, add_another: Does somebody else come along?, item: Companion}
  - {id: check, type: review, title: Is this right?}
  - {id: done, type: end, title: You are registered, text: "See you on {{ stay.first }}, {{ visitor.full_name }}."}
---
id: contact
nodes:
  - {id: person, type: form, title: Your parent or guardian, fields: [{name: email, type: email, label: Email address}]}
---
id: companion
nodes:
  - {id: person, type: form, title: A companion, fields: [{name: name, type: text, label: Name}]}
"""
ANN = "Ann\n27 3 1985\n\n"
STAY = "1 6 2027\n3 6 2027\n1,3\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "visit.yaml").write_text(VISIT)
    return tmp_path


def lines(*typed: str) -> str:
    return "".join(f"{each}\n" for each in typed)


def test_a_visit_is_registered_in_one_go(folder: Path) -> None:
    """The straight way: every question, the list, the review, the end."""
    said = wizard(folder, "run", "visit.yaml", typed=ANN + STAY + lines("yes", "Bob", "no", ""))
    assert (said.code, said.err) == (0, "")
    assert said.out.endswith("See you on 1 June 2027, Ann.\n")
    assert "Meals:     breakfast, dinner" in said.out
    assert "Companion 1: Bob" in said.out


def test_mistakes_at_every_question_cost_nothing_but_the_question(folder: Path) -> None:
    """Whatever is mistyped, what was right stays, and the next try is at the same place."""
    said = here(
        folder,
        "run",
        "visit.yaml",
        typed=lines(
            "", "x" * 31, "Ann",  # nothing, too long
            "31 2 1985", "soon", "1 1 2999", "27 3 1985",  # no day, no date, in the future
            ":what", "Wears", "a hat", ".",  # no command; a text of two lines
            "3 6 2027", "1 6 2027", "tea",  # before the first day is seen at the end; no such meal
            "2", "5 6 2027",  # a meal, then only the wrong day again
            "maybe", "no",  # neither yes nor no
            "what?", "",  # nothing to answer at the review
        ),
    )  # fmt: skip
    assert said.code == 0
    assert [line.removeprefix("! ") for line in said.out.splitlines() if line.startswith("! ")] == [
        "Answer “Full name”",
        "Your answer to “Full name” must be 30 characters or fewer",
        "Your answer to “Date of birth” must be a real date, like 27 3 1985",
        "Your answer to “Date of birth” must be a date, like 27 3 1985",
        "Your answer to “Date of birth” must be today or in the past",
        "There is no command :what. See :help. A text that begins with a colon is typed ::what",
        "Your answer to “Meals” must be one of the choices listed",
        "The last day is before the first",
        "Say yes or no: do you want to add another?",
        "There is nothing to answer here. Press Enter, or type :help.",
    ]
    assert "Anything to note: Wears" in said.out


def test_a_minor_is_asked_for_a_guardian_and_no_longer_when_the_date_is_changed(folder: Path) -> None:
    """Back, another date: the guardian's page goes away, and everything after it is kept."""
    said = here(
        folder,
        "run",
        "visit.yaml",
        typed=lines("Ann", "27 3 2015", "", "mum@example.com")
        + STAY
        + lines("no", ":change 1", "", "27 3 1985", "", ":review", ""),
    )
    assert said.code == 0
    before, after = said.out.rsplit("Is this right?", 1)
    assert "mum@example.com" in before
    assert "Your parent or guardian" not in after
    assert "First day: 1 June 2027" in after


def test_going_back_and_forth_keeps_every_answer(folder: Path) -> None:
    """Two pages back, Enter all the way: nothing is typed twice."""
    said = here(folder, "run", "visit.yaml", typed=ANN + STAY + lines("no", ":back", ":back", ":back", *[""] * 8))
    assert said.code == 0
    assert "[Ann] > " in said.out
    assert "[3 June 2027] > " in said.out
    assert "[breakfast, dinner] > " in said.out
    assert "[no] > " in said.out


def test_a_run_is_left_again_and_again(folder: Path) -> None:
    """One question a day, for a week: each process finds the run where the last one left it."""
    said = here(folder, "run", "visit.yaml", typed="Ann\n")
    assert said.code == 3
    left = said.run_id
    for typed in ("27 3 1985\n", ":quit\n", "\n", "1 6 2027\n", "3 6 2027\n:quit\n", "1\n", "no\n"):
        said = here(folder, "run", "visit.yaml", f"--resume={left}", typed=typed)
        assert said.code == 3, said.out + said.err
        assert said.run_id == left
    said = here(folder, "run", "visit.yaml", f"--resume={left}", typed="\n")
    assert said.code == 0
    assert here(folder, "run", f"--resume={left}").code == 0


def test_a_list_is_changed_and_shortened(folder: Path) -> None:
    """Two companions; one stays at home, the other is misspelt."""
    typed = ANN + STAY + lines("yes", "Bob", "yes", "Cid", ":remove 1", ":change 1", "Sid", "no", "")
    said = here(folder, "run", "visit.yaml", typed=typed)
    assert said.code == 0
    last = said.out.rsplit("Is this right?", 1)[1]
    assert "Sid" in last
    assert "Bob" not in last


def test_a_changed_definition_doesnt_touch_a_run_under_way(folder: Path) -> None:
    """The author edits; the person goes on with what they began."""
    left = here(folder, "run", "visit.yaml", typed="Ann\n").run_id
    (folder / "visit.yaml").write_text(VISIT.replace("Date of birth", "Birthday"))
    said = here(folder, "run", "visit.yaml", f"--resume={left}")
    assert "Date of birth" in said.out
    assert "Birthday" in here(folder, "run", "visit.yaml", typed="Ann\n").out


def test_bytes_that_are_no_text_are_an_answer_like_any_other(folder: Path) -> None:
    """A pipe brings anything; the conversation goes on, and the terminal isn't commanded."""
    said = here(folder, "run", "visit.yaml", typed="A\x1b[31mn\x00n\x07\n" + ANN)
    assert said.code == 3
    assert "\x1b" not in said.out
    assert "Traceback" not in said.err


def test_a_person_at_a_keyboard_leaves_with_ctrl_c_and_comes_back(folder: Path) -> None:
    """In a real terminal: headings stand out, the line is edited, Ctrl-C saves."""
    with Keyboard(folder, "run", "visit.yaml") as person:
        person.waits_for("Full name")
        person.waits_for("> ")
        person.types("Amn\x7f\x7fnn\n")
        person.waits_for("Date of birth")
        person.waits_for("> ")
        person.interrupts()
        assert person.leaves() == 3
        assert "\x1b[1" in person.seen
        assert "Saved. Continue with:" in person.seen
        left = person.seen.rpartition("--resume=")[2].strip()
    with Keyboard(folder, "run", "visit.yaml", f"--resume={left}") as person:
        person.waits_for("Date of birth")
        person.types("27 3 1985\n")
        person.waits_for("Anything to note")
        person.types(":review\n")
        person.waits_for("27 March 1985")
        person.types("\n:quit\n")
        assert person.leaves() == 3
        assert "How long do you stay, Ann?" in person.seen
