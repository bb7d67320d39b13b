"""What passes between nodes, the engine and channels: prompts and outcomes. Frozen, and without behaviour; see
wizard.model.run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

Value = Any  # see wizard.model.run; the closed union is recursive and buys no checks here

THERE = "there"  # the option of a password that was given before


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values a person picks from; `value` is what is stored."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Reveal:
    """A field is shown while the field `field` of the same form has one of `values`, as a page sends them; "" is no
    answer, also where that field isn't shown itself."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PromptField:
    """One thing a prompt asks for, ready to be shown.

    `value` is what to show in it: the person's own text where that was invalid, else the typed value
    or None; `answered` tells a partly answered form's given fields from those still to be asked.
    `options` holds what the type adds (max_length, min, max, rows, accept ...), for channels; of a password, which is
    never shown, whether one is there (`THERE`).
    `when` says what brings the field up, where that is one other answer (see Prompt.possible).
    `typed` is the value as it is typed into one input, where the run's language writes it in a way of its own.
    `field_type` is what a form knows of the type (wizard.forms.field_type); None stands for the built-in one of that
    name.
    """

    name: str
    type: str
    label: str
    hint: str = ""
    required: bool = True
    choices: tuple[Choice, ...] = ()
    value: Value = None
    error: str | None = None
    answered: bool = False
    options: Mapping[str, Value] = field(default_factory=dict)
    when: Reveal | None = None
    typed: str | None = None
    field_type: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a prompt's list: an answer to check, or an item of a repeat. `step` is the step to
    change; `value` is text, ready to be shown; `remove` is the item's path where it can be removed. `page` is the title
    of the page that it was answered on, `group` what the parts of the form around that page are called."""

    label: str
    value: str
    step: str | None = None
    group: str = ""
    remove: str | None = None
    page: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a waiting step asks, independent of channel. `error` is about the whole step.

    `text`, and hints and what choices are called, may be a Prose (wizard.expressions.prose), whose markup channels show
    as they can; as texts they are the words alone.

    `kind` says how a page without a way on ends the run: "success", "information" or "refusal"; "" is success.

    `again` says why the step is asked that was answered before, or that a change has made necessary; "" where there is
    nothing to explain.

    `in_parts` says that the step takes a part of its answers and keeps it (Engine.next with `partial`).

    `possible` holds, for channels that show a form as a whole, the fields together with those that
    another answer in the same form would bring up, in order; it is empty where there are none of these.
    """

    step: str
    type: str
    title: str = ""
    text: str = ""
    fields: tuple[PromptField, ...] = ()
    items: tuple[Item, ...] = ()
    error: str | None = None
    submit: str = ""  # what the button says; "" lets the channel choose
    ends: bool = False  # a page without a way on
    possible: tuple[PromptField, ...] = ()
    kind: str = ""
    again: str = ""
    in_parts: bool = False

    @property
    def has_errors(self) -> bool:
        return self.error is not None or any(f.error is not None for f in self.fields)


@dataclass(frozen=True, slots=True)
class Proceed:
    """The node is done; `output` is what later nodes read below its id, and `port` the way out that it takes, one of
    those that its type names (wizard.node.contract.NodeType.ports), None for the ordinary one."""

    output: Mapping[str, Value] = field(default_factory=dict)
    port: str | None = None


class Later(NamedTuple):
    """A background node isn't to be executed yet, but at the time `at`; without one, when something else moves
    the run on. As an outcome: it was executed, isn't done, and is to be executed again then, or when it is woken."""

    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """The node waits for the person, who is shown `prompt`. `rejected` says that input came and
    was not accepted."""

    prompt: Prompt
    rejected: bool = False


Outcome = Proceed | Wait | Later


MAX_FIELDS = 200  # of a prompt, and so in one input
