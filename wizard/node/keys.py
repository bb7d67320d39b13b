"""The keys that nodes of every type may have, and which of them go with which kind of node. What else a node has is its
type's Config.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, assert_never

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StrictBool,
    model_validator,
)

from wizard.expressions.expression import Expression
from wizard.expressions.template import Template
from wizard.model import Kind, OnError
from wizard.node import NodeType
from wizard.node.types import DottedName, Duration, Identifier, LongerThanNothing, OnErrorKey


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
    text: Template | None = Field(
        None, description="What is said where the form is asked in a conversation; it goes on waiting."
    )
    every: LongerThanNothing | None = Field(None, description="How long after that the message is sent again.")
    times: int | None = Field(
        None, ge=1, le=1000, strict=True, description=f"How often it is sent at most; {REMINDERS} times unless given."
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> ReminderFormat:
        if self.after is None and self.every is None:
            raise ValueError("say `after` or `every`: how long the form waits for its answer")
        if (self.goto is None) == (self.message is None and self.text is None):
            raise ValueError("say either `goto`, or `message` or `text`: what happens after that time")
        if self.every is not None and self.goto is not None:
            raise ValueError("`every` is for a `message` or `text`: with `goto` the run goes on, once")
        if self.times is not None and self.every is None:
            raise ValueError("`times` needs `every`: how long after one message the next one is sent")
        return self


class AfterTriesFormat(_Format):
    """Where a conversation goes on in which one question was answered wrongly so often."""

    tries: int = Field(3, ge=1, le=20, strict=True, description="How many answers to one question aren't taken.")
    goto: str = Field(strict=True, description="The node to go on with, or `end`.")


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
    return [{"name": key} if isinstance(key, str) else key for key in several]


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


def _next(value: object) -> object:
    if isinstance(value, str):
        return value
    if not isinstance(value, dict) or not value:
        raise ValueError("must be the id of a node, or `end`, or a mapping of the type's ways out to these")
    for port, target in value.items():
        if not isinstance(port, str) or not isinstance(target, str):
            raise ValueError(f"must map names of ways out to ids of nodes, or to `end`; {port!r} doesn't")
    return value


Next = Annotated[str | dict[str, str], PlainValidator(_next, json_schema_input_type=str | dict[Identifier, str])]


class NodeFormat(_Format):
    """What nodes of every type have."""

    id: Identifier = Field(description="The node's name in expressions, targets and step paths.")
    type: str = Field(strict=True, description="The node type.")
    title: Template | None = Field(None, description="The heading of the node's page.")
    next: Next | None = Field(
        None,
        description="The node that follows, or `end`; the one below unless given. For a type with several ways out, a "
        "mapping of these to nodes; the node below follows those that aren't in it.",
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
    example: dict[str, Any] | None = Field(
        None,
        max_length=1000,
        description="An example of the node's output, which stands for it in a debug run without effects.",
    )
    remind_after: ReminderFormat | None = Field(None, description="What happens where nobody answers in time.")
    expires_after: LongerThanNothing | None = Field(
        None, description="How long the form may wait for its answer; then the run expires."
    )
    after_tries: AfterTriesFormat | None = Field(
        None, description="Where a conversation goes on after so many wrong answers to one question."
    )
    event: ClosingEvents = Field((), description="The event that closes the form before it is answered, or several.")


COMMON = frozenset(NodeFormat.model_fields)


_BACKGROUND_ONLY = frozenset({"on_error", "retry", "timeout", "slow", "concurrency"})


_FOREGROUND_ONLY = frozenset({"depends_on", "remind_after", "expires_after", "event", "after_tries"})


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
    if node_type.pure or node_type.ends or node_type.kind is Kind.INTERNAL:
        keys -= {"example"}  # they are called in every debug run
    if node_type.ends:
        keys -= {"next", "remind_after", "expires_after", "event", "after_tries"}
    return keys - {"next"} if node_type.type == "condition" else keys
