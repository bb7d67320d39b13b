"""Values of configurations in the text fields of a form, and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.configurations import ANYTHING, TEXTS
from wizard.actions.texts import (
    data_of,
    expression_text,
    read_data,
    read_structure,
    read_text,
    structure_of,
    text_of,
)
from wizard.definitions.reading import source
from wizard.expressions.expression import parse
from wizard.forms.types.text import line, lines
from wizard.model.values import write_json

STORABLE = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff") | st.sampled_from("\n\t\r")
)
ODD = st.sampled_from(TEXTS) | STORABLE


@given(ODD)
def test_a_text_comes_back_as_it_was(text: str) -> None:
    """A form takes spaces off the ends, and what nobody sees; a template may need them."""
    for several, clean in ((False, line), (True, lines)):
        held = text_of(text, several_lines=several)
        assert clean(held) == held
        assert read_text(held) == text


@given(ANYTHING | ODD)
def test_any_value_comes_back_as_it_was(value: Any) -> None:
    """The text 12 isn't the number 12, and a list isn't the text of one."""
    for written, read in ((data_of, read_data), (structure_of, read_structure)):
        held = written(value)
        assert lines(held) == held
        assert write_json(read(held)) == write_json(source.from_data(value, "value").data)


@pytest.mark.parametrize("text", ['{"a": 1', "[1, 2", '"half'])
def test_what_begins_as_json_is_never_silently_a_text(text: str) -> None:
    """Who forgets a bracket would send the text of a list to a service, and never be told."""
    with pytest.raises(ValueError, match="isn't valid JSON"):
        read_data(text)


@pytest.mark.parametrize("text", ["{{ a.b }}", "{% if a %}x{% endif %}", "Hello {{ a }}", "a, b"])
def test_templates_are_texts(text: str) -> None:
    """They begin with braces as well."""
    assert (data_of(text), read_data(text)) == (text, text)


@pytest.mark.parametrize("value", ["a\nb", "\ta", {"a": "x\ny", "b": ["long " * 30]}, [1, None, "…"], "a b", "12"])
def test_any_value_stands_in_one_line(value: object) -> None:
    """A field of one line drops line breaks, and with them what somebody wrote as JSON."""
    text = data_of(value, several_lines=False)
    assert "\n" not in text
    assert read_data(text) == value


def test_a_structure_says_what_is_wrong_with_it_and_where() -> None:
    """Somebody who typed it by hand has to find the line."""
    with pytest.raises(ValueError, match="line 2"):
        read_structure("a: 1\na: 2")
    with pytest.raises(ValueError, match="one value"):
        read_structure("a: 1\n---\nb: 2")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (True, "true"),
        (12, "12"),
        (1.5, "1.5"),
        ("a ==\n  b", "a == b"),
        (" a\tand b ", "a and b"),
        ('a == "x\ty"', 'a == "x\\ty"'),
        ("a == 'e\u0301'", "a == '\\u0065\\u0301'"),
        ([1], [1]),
    ],
)
def test_an_expression_is_written_in_one_line(written: Any, shown: Any) -> None:
    """A form has one line for it, and must not change what it compares with."""
    text = expression_text(written)
    if "\u0301" not in str(written):
        assert text == shown
    if isinstance(text, str):
        assert line(text) == text
        parse(text)
