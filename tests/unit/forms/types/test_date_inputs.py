"""A date as three inputs of a page."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.forms.drawn import of
from wizard.forms.rendering import error_lines, widget
from wizard.forms.types.date_inputs import date_texts, wrong_parts
from wizard.forms.types.days import PARTS
from wizard.locale.words import words_in
from wizard.model import Prompt, PromptField


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (date(1985, 3, 27), ("27", "3", "1985")),
        (datetime(1985, 3, 27, 9), ("27", "3", "1985")),
        ({"day": "x", "year": 85}, ("x", "", "85")),
        ("27 March 1985", ("27", "March", "1985")),
        ("1985-03-27", ("27", "03", "1985")),
        ("27.3.", ("27", "3", "")),
        ("next week or so", ("next", "week", "or so")),
        ("soon", ("soon", "", "")),
        (["27", "3"], ("27", "3", "")),
        (17, ("17", "", "")),
        (None, ("", "", "")),
    ],
)
def test_a_date_in_three_parts(value: Any, parts: tuple[str, str, str]) -> None:
    """A date that another channel took as one text, or didn't take, is there to be corrected."""
    assert date_texts(value) == dict(zip(PARTS, parts, strict=True))


@pytest.mark.parametrize(
    ("texts", "wrong"),
    [
        ("27 3 1985", "day month year"),
        ("1st March 1985", "day month year"),
        ("0 3 1985", "day"),
        ("27 0 1985", "month"),
        ("27 Ma 1985", "month"),
        ("27 3 85", "year"),
        ("x y 1985", "day month"),
        ("27 ٣ 1985", "month"),
    ],
)
def test_the_parts_that_can_t_be_right(texts: str, wrong: str) -> None:
    """All of them where it is something else: a day that the month doesn't have, a limit."""
    assert wrong_parts(dict(zip(PARTS, texts.split(), strict=True))) == set(wrong.split())


@given(st.text() | st.dictionaries(st.sampled_from((*PARTS, "x")), st.text() | st.integers() | st.none()))
def test_some_part_is_always_wrong(value: Any) -> None:
    """An error has to lead somewhere."""
    assert wrong_parts(date_texts(value))


@pytest.mark.parametrize(
    ("value", "target", "wrong"),
    [
        ({"day": "31", "month": "2", "year": "1985"}, "day", "day month year"),
        ({"day": "32", "month": "2", "year": "1985"}, "day", "day"),
        ({"day": "3", "month": "13", "year": "1985"}, "month", "month"),
        ({"day": "3", "month": "Mar", "year": "85"}, "year", "year"),
        ({"day": "", "month": "3"}, "day", "day year"),
        ({"day": "x", "month": "y", "year": "z"}, "day", "day month year"),
        (date(2090, 1, 1), "day", "day month year"),
        (None, "day", "day month year"),
    ],
)
def test_an_error_leads_to_the_part_of_a_date_that_is_wrong(value: Any, target: str, wrong: str) -> None:
    """GOV.UK: highlight only what has to be changed, where that can be told."""
    field = PromptField("it", "date", "It", value=value, error="Wrong")
    assert error_lines(Prompt("s", "form", fields=(field,))) == ((f"#it-{target}", "Wrong"),)
    assert " ".join(part.label.lower() for part in widget(field).parts if part.wrong) == wrong
    assert not any(part.wrong for part in of("date", value).parts)


def test_the_inputs_stand_as_the_language_has_them() -> None:
    """In America the month comes first; elsewhere a 3 in the first input would be another day."""
    asked = PromptField("it", "date", "It", value=date(1985, 3, 27))
    assert [part.value for part in widget(asked, words=words_in("en-US")).parts] == ["3", "27", "1985"]
    assert [part.value for part in widget(asked).parts] == ["27", "3", "1985"]
    assert [part.name for part in of("date").parts] == ["it-day", "it-month", "it-year"]
