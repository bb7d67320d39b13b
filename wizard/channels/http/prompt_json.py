"""What a step asks, as JSON: the member `current` of a run, and of a debug run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, NotRequired

from typing_extensions import TypedDict

from wizard.channels.http.members import about
from wizard.forms.fields import type_of
from wizard.model import Item as PromptItem
from wizard.model import Prompt, PromptField


class Choice(TypedDict):
    """A value to pick."""

    value: str
    label: str
    hint: NotRequired[str]


class Field(TypedDict):
    """One thing that a step asks."""

    name: Annotated[str, about("The name to send the answer under.")]
    type: Annotated[str, about("text, date, choice … ; the type of the field in the definition.")]
    label: str
    hint: str
    required: bool
    choices: list[Choice]
    value: Annotated[
        Any,
        about(
            "What is known of the answer: what was sent if it was refused, the accepted answer, or a suggestion. "
            "Dates and times are ISO 8601, decimal numbers are text. Null for passwords."
        ),
    ]
    error: Annotated[str | None, about("Why the answer wasn't taken.")]
    options: NotRequired[
        Annotated[
            Mapping[str, Any],
            about(
                "What the type adds: `max_length`, `min`, `max`, `accept`, `max_size` (bytes) …; "
                "`there` of a password that was given before"
            ),
        ]
    ]


class Item(TypedDict):
    """A line that a step shows: an answer to check, or an item of a repeat."""

    label: str
    value: str
    step: Annotated[str | None, about("The step to change it at.")]
    remove: Annotated[str | None, about("The item to name in `remove`, where it can be taken out.")]
    group: Annotated[str, about("What the part of the form is called that it belongs to; empty where it has no name.")]
    page: Annotated[str, about("The title of the page that it was answered on; empty where it has none.")]


class Current(TypedDict):
    """What the current step asks."""

    step: Annotated[str, about("The step's path, to be named as `step` when it is answered.")]
    type: Annotated[str, about("The type of its node: form, review, message …")]
    title: str
    text: str
    fields: list[Field]
    error: Annotated[str | None, about("What is wrong with the step as a whole, or what stopped the run here.")]
    items: NotRequired[list[Item]]
    again: NotRequired[
        Annotated[str, about("Why the step is asked again, or because of a change; there only where it is.")]
    ]
    kind: NotRequired[
        Annotated[
            str,
            about("How the run ended; there only on a last page.", enum=["success", "information", "refusal"]),
        ]
    ]


def prompt_json(prompt: Prompt) -> Current:
    """`current`. It has `items` only where the prompt lists any, `kind` only at an end, `again` only
    where something is asked again."""
    made: Current = {
        "step": prompt.step,
        "type": prompt.type,
        "title": prompt.title,
        "text": prompt.text,
        "fields": [_field(field) for field in prompt.fields],
        "error": prompt.error,
    }
    if prompt.items:
        made["items"] = [_item(item) for item in prompt.items]
    if prompt.again:
        made["again"] = prompt.again
    if prompt.ends:
        made["kind"] = prompt.kind or "success"
    return made


def _field(asked: PromptField) -> Field:
    made: Field = {
        "name": asked.name,
        "type": asked.type,
        "label": asked.label,
        "hint": asked.hint,
        "required": asked.required,
        "choices": [
            {"value": choice.value, "label": choice.label, "hint": choice.hint}
            if choice.hint
            else {"value": choice.value, "label": choice.label}
            for choice in asked.choices
        ],
        "value": None if type_of(asked).is_secret else asked.value,
        "error": asked.error,
    }
    if asked.options:
        made["options"] = asked.options
    return made


def _item(item: PromptItem) -> Item:
    return {
        "label": item.label,
        "value": item.value,
        "step": item.step,
        "remove": item.remove,
        "group": item.group,
        "page": item.page,
    }
