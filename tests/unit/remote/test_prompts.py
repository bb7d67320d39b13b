"""Prompts of services as forms of ours (wizard.remote.prompts)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.forms.asking import Around
from wizard.forms.prompts import prompt_fields
from wizard.model import PromptField
from wizard.remote.prompts import MAX_PROMPT, asked_of, stored_prompt


def asked(*fields: dict[str, Any], **prompt: Any) -> tuple[PromptField, ...]:
    return prompt_fields(asked_of(stored_prompt({"fields": list(fields), **prompt})).form, Around())


@pytest.mark.parametrize(
    "text", ["{{ applicant.secret }}", "{% for a in b %}", '{{ "}}" }} {# x #}', "*a* [b](https://c)"]
)
def test_the_words_of_a_service_are_words(text: str) -> None:
    """A template of a service would read answers that it was never sent, and have them shown or sent back."""
    choices = [{"value": "x", "label": text}]
    (field,) = asked({"name": "a", "type": "choice", "label": text, "hint": text, "choices": choices})
    assert (field.label, str(field.hint), str(field.choices[0].label)) == (text, text, text)
    assert [type(each) for each in (field.hint, field.choices[0].label)] == [str, str]
    (field,) = asked({"name": "a", "value": text})
    assert field.value == text


@given(st.text(max_size=80))
def test_any_text_is_shown_as_it_is_or_refused(text: str) -> None:
    """No text of a service may end in anything but itself, or in a failure that names the service."""
    try:
        (field,) = asked({"name": "a", "label": text, "hint": text, "value": text})
    except ValueError:
        return
    assert field.label == field.hint or field.label == "A"
    assert "{{" not in field.label or "{{" in text


@pytest.mark.parametrize(
    ("prompt", "why"),
    [
        ([], "an object"),
        ({"fields": "name"}, "`fields`"),
        ({"items": []}, "isn't a part of a prompt"),
        ({"title": "a\x1b[31mb"}, "characters that can be shown"),
        ({"fields": [{"name": "a", "type": "password"}]}, "must be one of text"),
        ({"fields": [{"name": "a", "type": "file"}]}, "must be one of text"),
        ({"fields": [{"name": "a", "show_if": "true"}]}, "isn't a part of a prompt"),
        ({"fields": [{"name": "a b"}]}, "name"),
        ({"fields": [{"name": "a"}, {"name": "a"}]}, "two fields"),
        ({"fields": [{"name": "a", "type": "choice"}]}, "choices"),
        ({"fields": [{"name": "a", "type": "integer", "max": "applicant.income"}]}, "no number"),
        ({"fields": [{"name": "a", "type": "date", "max": "applicant.birth_date"}]}, "no date"),
        ({"fields": [{"name": "a", "rows": 3}]}, "rows"),
        ({"fields": [{"name": f"a{n}"} for n in range(51)]}, "fields"),
        ({"fields": [{"name": "a", "value": "x" * MAX_PROMPT}]}, "characters"),
    ],
)
def test_a_prompt_that_cant_be_shown_is_refused(prompt: Any, why: str) -> None:
    """It is kept with the step: one that can't be shown would keep the step from being shown for good."""
    with pytest.raises(ValueError, match=why):
        stored_prompt(prompt)


def test_fields_have_what_their_types_take() -> None:
    """A service asks for days, amounts and choices as a form does."""
    day, total, pick = asked(
        {"name": "day", "type": "date", "min": "2026-12-01", "value": "2026-12-24"},
        {"name": "total", "type": "decimal", "min": 0.5, "places": 2, "required": False},
        {"name": "pick", "type": "choices", "choices": ["a", {"value": "b", "hint": "Really"}]},
    )
    assert (str(day.value), day.required, total.required) == ("2026-12-24", True, False)
    assert [(each.value, each.label, each.hint) for each in pick.choices] == [("a", "a", ""), ("b", "b", "Really")]
