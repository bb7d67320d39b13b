"""What people type is read as it is meant, or asked back with all that it can mean: the tables of docs/typed.md."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.pages import Page, Row, code, page
from tests.unit.forms.asking import Around, form, ids, take
from wizard.forms.characters import folded, prose
from wizard.forms.form import Form
from wizard.forms.refusals import Refusal
from wizard.forms.types.text import line
from wizard.forms.validation import Accepted, validate
from wizard.model.values import to_json

TYPED: Page = page("typed.md")
ANSWERS = [row for row in TYPED.rows if row.table.startswith("typed | ")]
CHARACTERS = [row for row in TYPED.rows if row.table.startswith("what | ")]
NAMES = [row for row in TYPED.rows if row.table.startswith("name | ")]

# How the message ends that asks back, and what stands before the last reading in it. French has no catalogue: its words
# are English ones.
ASKED_BACK = {"en": (" ways. Write ", " or "), "de": (" Arten lesen. Schreiben Sie ", " oder ")}
LANGUAGE_OF = {"GB": "en-GB", "CH": "de-CH", "DE": "de", "FR": "fr"}  # where a table is by region


def answer(asked: Form, typed: str, language: str) -> tuple[str | None, str]:
    """The answer as text, or None and what the person is told."""
    result = validate(asked, {"it": typed}, Around.of(language), new_id=ids())
    if isinstance(result, Accepted):
        return re.sub(r"^(\d\d:\d\d):00$", r"\1", str(to_json(result.output["it"]))), ""
    return None, result.errors["it"]


def columns(row: Row) -> list[tuple[str, Form, str]]:
    """Language, form and cell for each column of a row."""
    assert row.about is not None
    (field,) = yaml.safe_load(row.about.text)
    asked: dict[str, Any] = {**field, "name": "it"}
    found = []
    for head, cell in zip(row.table.split(" | ")[1:], row.cells[1:], strict=True):
        region = code(head)
        if region != head:
            found.append((LANGUAGE_OF[region], form({**asked, "region": region}), cell))
        else:
            found.append((head, form(asked), cell))
    return found


def test_the_tables_are_long_enough_to_be_worth_something() -> None:
    """A slip in reading the page would have all that follows pass, having tried nothing."""
    assert sum(len(row.cells) - 1 for row in ANSWERS) >= 300
    assert len(CHARACTERS) > 10
    assert len(NAMES) > 5


@pytest.mark.parametrize("row", ANSWERS, ids=str)
def test_an_answer_is_the_right_one_or_asked_back(row: Row) -> None:
    """A factor of a thousand, or another month, is noticed by nobody until it costs money. Whoever is asked back finds
    both readings in the message, and each is taken as it stands there."""
    typed = code(row.cells[0])
    for language, asked, cell in columns(row):
        value, message = answer(asked, typed, language)
        if cell == "not taken":
            assert value is None, (language, value)
            assert not any(asks.strip() in message for asks, _ in ASKED_BACK.values()), message
        elif cell.startswith("*"):
            readings = cell.strip("*?")
            asks, before_last = ASKED_BACK.get(language.partition("-")[0], ASKED_BACK["en"])
            assert value is None, (language, value)
            assert message.endswith(asks + readings.replace(" or ", before_last)), message
            meant = [answer(asked, each, language)[0] for each in re.split(r", (?=\d{1,2} )| or ", readings)]
            assert None not in meant
            assert len(set(meant)) == len(meant) > 1
        else:
            assert (value, message) == (code(cell), ""), language


def marked(cell: str) -> list[str]:
    """The texts that a cell of code points stands for: U+2010–U+2015 are six, U+0065,0301 is one of two characters."""
    found: list[str] = []
    for each in cell.split():
        first, _, last = each.replace("U+", "").partition("–")
        if last:
            found += map(chr, range(int(first, 16), int(last, 16) + 1))
        else:
            found.append("".join(chr(int(point, 16)) for point in first.split(",")))
    return found


def expected(text: str, cell: str) -> str:
    match cell:
        case "left out":
            return ""
        case "stays":
            return text
        case "a space":
            return " "
        case "a line break":
            return "\n"
        case "composed":
            return {"e\u0301": "é", "a\u030a": "å"}[text]
        case "ASCII":
            as_digit = str(int(text)) if text.isdecimal() else ""
            return as_digit or chr(ord(text) - 0xFEE0)
    return code(cell)


@pytest.mark.parametrize("row", CHARACTERS, ids=str)
def test_each_character_becomes_what_the_table_says(row: Row) -> None:
    """What is pasted unseen must not make another name, nor keep a number from being understood."""
    _, which, kept, read = row.cells
    for text in marked(which):
        if kept == "refused":
            with pytest.raises(Refusal):
                line(f"x{text}y")
            continue
        assert prose(f"x{text}y") == f"x{expected(text, kept)}y", ascii(text)
        assert folded(f"x{text}y") == f"x{expected(text, read)}y", ascii(text)


def unmarked(cell: str) -> str:
    return re.sub(r"\[U\+(\w+)\]", lambda found: chr(int(found[1], 16)), code(cell))


@pytest.mark.parametrize("row", NAMES, ids=str)
def test_names_are_kept_as_people_write_them(row: Row) -> None:
    """Who is called O’Neill, or writes Persian, isn't corrected."""
    assert take(unmarked(row.cells[0])) == unmarked(row.cells[1])
