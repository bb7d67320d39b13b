"""The keys of the definition format that belong to the format itself: those of a workflow and those
that nodes of every type have. What else a node has is its type's Config.

These models give the JSON Schema its descriptions and the loader its checks; nothing else knows
the keys.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, assert_never, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StrictBool,
    WithJsonSchema,
    model_validator,
)

from wizard.expressions import Expression
from wizard.forms.fields import AnyField, BaseField
from wizard.model import Chain, Kind, OnError
from wizard.node import NodeType
from wizard.templates import Template

END = "end"  # as a target: the end of the workflow
MAX_NODES = 10_000
DOCUMENTS = ("input", "event", "profile", "session", "run")
RESERVED = frozenset({END, *DOCUMENTS, "true", "false", "null", "none", *keyword.kwlist})

_IDENTIFIER = r"[A-Za-z][A-Za-z0-9_]{0,63}"
_LANGUAGE = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}"
_WORKFLOW_ID = r"[A-Za-z][A-Za-z0-9_-]{0,63}"


# -- durations -----------------------------------------------------------------------------------

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
_DURATION = re.compile(r"\s*".join(rf"(?:(?P<{name}>[0-9]{{1,9}})\s*{unit})?" for unit, name in _UNITS.items()))
_ISO = re.compile(
    r"P(?:(?P<weeks>[0-9]{1,9})W)?(?:(?P<days>[0-9]{1,9})D)?"
    r"(?:T(?:(?P<hours>[0-9]{1,9})H)?(?:(?P<minutes>[0-9]{1,9})M)?(?:(?P<seconds>[0-9]{1,9})S)?)?"
)
MAX_DURATION = timedelta(days=36_525)


def parse_duration(text: object) -> timedelta:
    """`28d`, `2h`, `30m`, `10s`, `1d 12h`, or ISO 8601 (`P28D`, `PT30M`; no months and years, whose
    length isn't fixed). Raises ValueError."""
    if isinstance(text, str):
        stripped = text.strip()
        match = _ISO.fullmatch(stripped) if stripped.startswith("P") else _DURATION.fullmatch(stripped)
        parts = {name: int(value) for name, value in match.groupdict().items() if value} if match else {}
        if parts and not stripped.endswith("T"):
            seconds = sum(count * _SECONDS[name] for name, count in parts.items())
            if seconds > MAX_DURATION.total_seconds():
                raise ValueError("must be at most 100 years")
            return timedelta(seconds=seconds)
    raise ValueError("must be a duration such as 28d, 2h, 30m, 10s or 1d 12h")


def _above_zero(duration: timedelta) -> timedelta:
    if not duration:
        raise ValueError("must be longer than nothing")
    return duration


Duration = Annotated[
    timedelta,
    PlainValidator(parse_duration),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*(P([0-9]+W)?([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+S)?)?"
            r"|[0-9]+\s*[wdhms](\s*[0-9]+\s*[dhms])*)\s*$",
            "examples": ["28d", "2h", "30m", "10s", "1d 12h"],
        }
    ),
]
LongerThanNothing = Annotated[Duration, AfterValidator(_above_zero)]


# -- names ---------------------------------------------------------------------------------------


def _identifier(text: str) -> str:
    if not re.fullmatch(_IDENTIFIER, text):
        raise ValueError("must be a name of at most 64 letters (a to z), digits and _ that begins with a letter")
    if text in RESERVED:
        raise ValueError(f"can't be {text!r}, which has a meaning of its own; take another name")
    return text


def _workflow_id(text: str) -> str:
    if not re.fullmatch(_WORKFLOW_ID, text):
        raise ValueError("must be a name of at most 64 letters (a to z), digits, _ and - that begins with a letter")
    return text


def _language(tag: str) -> str:
    if not re.fullmatch(_LANGUAGE, tag):
        raise ValueError("must be the tag of a language such as en, de or de-CH")
    return tag


def _chain(text: object) -> Chain:
    if not isinstance(text, str) or not re.fullmatch(rf"{_IDENTIFIER}(\.[A-Za-z_][A-Za-z0-9_]{{0,63}}){{0,9}}", text):
        raise ValueError("must be a dotted name such as applicant.country")
    return tuple(text.split("."))


Language = Annotated[
    str,
    Field(strict=True),
    AfterValidator(_language),
    WithJsonSchema({"type": "string", "pattern": f"^{_LANGUAGE}$"}),
]
Identifier = Annotated[
    str,
    Field(strict=True),
    AfterValidator(_identifier),
    WithJsonSchema({"type": "string", "pattern": f"^{_IDENTIFIER}$"}),
]
WorkflowId = Annotated[
    str,
    Field(strict=True),
    AfterValidator(_workflow_id),
    WithJsonSchema({"type": "string", "pattern": f"^{_WORKFLOW_ID}$"}),
]
DottedName = Annotated[
    Any, PlainValidator(_chain), WithJsonSchema({"type": "string", "examples": ["applicant.country"]})
]


def _on_error(value: object) -> OnError:
    if isinstance(value, str) and value in ("stop", "back", "continue"):
        return OnError(value)
    if isinstance(value, Mapping) and set(value) == {"goto"} and isinstance(value["goto"], str):
        return OnError("goto", value["goto"])
    raise ValueError("must be stop, back, continue, or `goto: NODE`")


OnErrorKey = Annotated[
    OnError,
    PlainValidator(_on_error),
    WithJsonSchema(
        {
            "oneOf": [
                {"enum": ["stop", "back", "continue"]},
                {
                    "type": "object",
                    "properties": {"goto": {"type": "string"}},
                    "required": ["goto"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]


# -- the keys ------------------------------------------------------------------------------------


class _Format(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class RetryFormat(_Format):
    """How often a failing background node is tried."""

    attempts: int = Field(3, ge=1, le=100, strict=True, description="How often at most, the first time included.")
    backoff: Duration = Field(
        timedelta(seconds=1), description="How long to wait before the second try; doubles with each further one."
    )
    max_backoff: LongerThanNothing = Field(
        timedelta(minutes=1), description="How long to wait between two tries at most."
    )


class MessageFormat(_Format):
    """What is sent; `send` names a function of the host."""

    send: Annotated[str, Field(strict=True, min_length=1, max_length=200)]
    to: Template
    subject: Template
    text: Template


REMINDERS = 10  # of one form, unless its definition says how many


class ReminderFormat(_Format):
    """After which time, and what then: the run goes to the node `goto`, or a message is sent, once or more often."""

    after: LongerThanNothing | None = Field(None, description="How long the form waits; as `every` unless given.")
    goto: str | None = Field(None, strict=True, description="The node to go on with, or `end`.")
    message: MessageFormat | None = Field(None, description="What is sent; the form goes on waiting.")
    every: LongerThanNothing | None = Field(None, description="How long after that the message is sent again.")
    times: int | None = Field(
        None, ge=1, le=1000, strict=True, description=f"How often it is sent at most; {REMINDERS} times unless given."
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> ReminderFormat:
        if self.after is None and self.every is None:
            raise ValueError("say `after` or `every`: how long the form waits for its answer")
        if (self.goto is None) == (self.message is None):
            raise ValueError("say either `goto` or `message`: what happens after that time")
        if self.every is not None and self.message is None:
            raise ValueError("`every` is for a `message`: with `goto` the run goes on, once")
        if self.times is not None and self.every is None:
            raise ValueError("`times` needs `every`: how long after one message the next one is sent")
        return self


class EventFormat(_Format):
    """An event that a node takes. It is written as its name, where that says all, and several as a list."""

    name: Identifier = Field(description="The event's name.")
    when: Expression | None = Field(None, description="What has to hold of its `data`; another one isn't taken.")
    goto: str | None = Field(None, strict=True, description="The node to go on with, or `end`; as `next` unless given.")


class ClosingEventFormat(EventFormat):
    """An event that closes a form."""

    text: Template | None = Field(None, description="What a person reads who answers after that.")


MAX_EVENTS = 20  # of one node


def _events(value: object) -> object:
    """One event or several, each as a name or a mapping."""
    several = value if isinstance(value, list | tuple) else [value]
    return [{"name": each} if isinstance(each, str) else each for each in several]


def _checked(events: tuple[Any, ...]) -> tuple[Any, ...]:
    if not 1 <= len(events) <= MAX_EVENTS:
        raise ValueError(f"must name between 1 and {MAX_EVENTS} events")
    return events


Events = Annotated[
    tuple[EventFormat, ...],
    BeforeValidator(_events, json_schema_input_type=Identifier | EventFormat | list[Identifier | EventFormat]),
    AfterValidator(_checked),
]
ClosingEvents = Annotated[
    tuple[ClosingEventFormat, ...],
    BeforeValidator(
        _events, json_schema_input_type=Identifier | ClosingEventFormat | list[Identifier | ClosingEventFormat]
    ),
    AfterValidator(_checked),
]


class NodeFormat(_Format):
    """What nodes of every type have."""

    id: Identifier = Field(description="The node's name in expressions, targets and step paths.")
    type: str = Field(strict=True, description="The node type.")
    title: Template | None = Field(None, description="The heading of the node's page.")
    next: str | None = Field(
        None, strict=True, description="The node that follows, or `end`; the one below unless given."
    )
    final: StrictBool = Field(
        False, description="A point of no return: once this step is done, nothing before it can be changed."
    )
    depends_on: tuple[DottedName, ...] = Field(
        (), max_length=50, description="Names whose change has this step asked again."
    )
    on_error: OnErrorKey = Field(
        OnError(), description="What follows when the node fails for good; `stop` unless given."
    )
    retry: RetryFormat | None = Field(None, description="How often the node is tried when it fails; once unless given.")
    timeout: LongerThanNothing | None = Field(None, description="How long one try may take.")
    concurrency: int | None = Field(
        None,
        ge=1,
        le=1000,
        strict=True,
        description="How many visits of the node work at once, in all runs; no limit unless given.",
    )
    slow: StrictBool = Field(False, description="Nobody is kept waiting for it: it is done as a job.")
    remind_after: ReminderFormat | None = Field(None, description="What happens where nobody answers in time.")
    expires_after: LongerThanNothing | None = Field(
        None, description="How long the form may wait for its answer; then the run expires."
    )
    event: ClosingEvents = Field((), description="The event that closes the form before it is answered, or several.")


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
    reopen: StrictBool = Field(False, description="Whether a completed run can be gone back into.")
    save: StrictBool = Field(True, description="Whether pages offer to save and come back later.")
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


FIELD_MODELS: dict[str, type[BaseField]] = {
    get_args(model.model_fields["type"].annotation)[0]: model for model in get_args(AnyField)
}
"""How `input` can declare a value, by `type`; a declaration's key is the field's name."""

COMMON = frozenset(NodeFormat.model_fields)
_BACKGROUND_ONLY = frozenset({"on_error", "retry", "timeout", "slow", "concurrency"})
_FOREGROUND_ONLY = frozenset({"depends_on", "remind_after", "expires_after", "event"})


def keys_of(node_type: NodeType[Any] | type[NodeType[Any]]) -> frozenset[str]:
    """The common keys that nodes of a type may have."""
    match node_type.kind:
        case Kind.FOREGROUND:
            keys = COMMON - _BACKGROUND_ONLY
        case Kind.BACKGROUND:
            keys = COMMON - _FOREGROUND_ONLY
        case Kind.INTERNAL:
            keys = COMMON - _BACKGROUND_ONLY - _FOREGROUND_ONLY - {"final"}
        case _:
            assert_never(node_type.kind)
    if node_type.ends:
        keys -= {"next", "remind_after", "expires_after", "event"}
    return keys - {"next"} if node_type.type == "condition" else keys
