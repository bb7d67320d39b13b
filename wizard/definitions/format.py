"""The keys of the definition format that belong to the format itself: those of a workflow and those
that nodes of every type have. What else a node has is its type's Config.

These models give the JSON Schema its descriptions and the loader its checks; nothing else knows
the keys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    WithJsonSchema,
    model_validator,
)

from wizard.expressions.expression import Expression
from wizard.node.keys import _Format
from wizard.node.types import Identifier, LongerThanNothing, WorkflowId

MAX_NODES = 10_000
MAX_TOPICS = 100  # of a workflow's help
MAX_STARTS = 20  # events that start one workflow

_LANGUAGE = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}"


# -- durations -----------------------------------------------------------------------------------


# -- names ---------------------------------------------------------------------------------------


def _language(tag: str) -> str:
    if not re.fullmatch(_LANGUAGE, tag):
        raise ValueError("must be the tag of a language such as en, de or de-CH")
    return tag


Language = Annotated[
    str,
    Field(strict=True),
    AfterValidator(_language),
    WithJsonSchema({"type": "string", "pattern": f"^{_LANGUAGE}$"}),
]


def _saves(value: object) -> object:
    if not isinstance(value, bool) and value != STEP:
        raise ValueError(f"must be true, false or {STEP}")
    return value


STEP = "step"
Saves = Annotated[bool | str, BeforeValidator(_saves), WithJsonSchema({"enum": [True, False, STEP]})]


# -- the keys ------------------------------------------------------------------------------------


class StartFormat(_Format):
    """An event that starts a run of the workflow."""

    event: Identifier = Field(description="The event's type.")
    when: Expression | None = Field(
        None, description="What has to hold of `event`, `profile` and `session`; otherwise no run is started."
    )


def _ways(value: object) -> object:
    return [value] if isinstance(value, str) else value


_Way = Annotated[str, Field(strict=True, min_length=1, max_length=200)]


class TopicFormat(_Format):
    """What people may ask in a conversation, and the answer."""

    ask: Annotated[
        tuple[_Way, ...],
        BeforeValidator(_ways, json_schema_input_type=_Way | list[_Way]),
        Field(
            min_length=1,
            max_length=20,
            description="How people may ask it, in one way or several; with `workflow` also in none, then by `help`.",
        ),
    ] = ()
    answer: Annotated[str, Field(strict=True)] | None = Field(
        None, min_length=1, max_length=5_000, description="What they are told. No template."
    )
    workflow: WorkflowId | None = Field(
        None, description="The workflow that answers instead: it runs aside and returns to the question."
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> TopicFormat:
        if (self.answer is None) == (self.workflow is None):
            raise ValueError("say either `answer` or `workflow`: what people are told, or the workflow that answers")
        if self.answer is not None and not self.ask:
            raise ValueError("say `ask`: how people may ask for this answer")
        return self


def _topics(value: object) -> object:
    return [value] if isinstance(value, Mapping) else value


class WorkflowFormat(_Format):
    """A definition of a workflow."""

    id: WorkflowId = Field(description="The definition's name: in addresses, and where others embed it.")
    title: Annotated[str, Field(strict=True)] = Field(
        "", max_length=500, description="What people read in lists of workflows."
    )
    text: Annotated[str, Field(strict=True)] = Field("", max_length=20_000, description="What the start page says.")
    language: Language = Field("en", description="The language of the texts (BCP 47).")
    input: Mapping[str, dict[str, Any]] = Field(
        default_factory=dict, max_length=200, description="What a caller may hand in: fields by name."
    )
    on: tuple[StartFormat, ...] = Field(
        (), max_length=MAX_STARTS, description="The events that start a run of it, by themselves."
    )
    help: Annotated[
        tuple[TopicFormat, ...],
        BeforeValidator(_topics, json_schema_input_type=TopicFormat | list[TopicFormat]),
    ] = Field((), max_length=MAX_TOPICS, description="What people can ask in a conversation, at any time.")
    agent: StrictBool = Field(False, description="Whether people can ask for a person in a conversation.")
    reopen: StrictBool = Field(False, description="Whether a completed run can be gone back into.")
    save: Saves = Field(
        True,
        description="Whether pages offer to save and come back later; with `step`, profile and session are also saved "
        "with each step that sets something in them, and not only at the end.",
    )
    listed: StrictBool | None = Field(
        None, description="Whether lists of workflows show it; where nothing is said, unless others embed it."
    )
    expires_after: LongerThanNothing | None = Field(
        None, description="How long after its start a run can be gone on with."
    )
    delete_after: LongerThanNothing | None = Field(
        None, description="How long after its end all that is stored of a run is deleted."
    )
    nodes: tuple[dict[str, Any], ...] = Field(
        min_length=1, max_length=MAX_NODES, description="The nodes, in order; each goes to the one below."
    )
