"""A field as a page draws it, for the tests of what is drawn."""

from __future__ import annotations

from typing import Any

from tests.unit.forms.asking import Around, form
from wizard.forms.prompts import prompt_fields
from wizard.forms.rendering import Widget, widget
from wizard.model import Choice, PromptField

ABC = tuple(Choice(each, each.upper()) for each in "abc")


def asked(**written: Any) -> PromptField:
    """The field as a form asks it."""
    (field,) = prompt_fields(form({"name": "it", **written}), Around())
    return field


def of(kind: str, value: Any = None, *, error: str | None = None, **more: Any) -> Widget:
    choices = more.pop("choices", ())
    known = {key: more.pop(key) for key in ("required", "hint", "label", "when") if key in more}
    known.setdefault("label", "It")
    return widget(PromptField("it", kind, value=value, error=error, choices=choices, options=more, **known))


def attributes(shown: Widget) -> dict[str, str]:
    return dict(shown.attributes)


def checked(shown: Widget) -> list[str]:
    return [option.value for option in shown.options if option.checked]
