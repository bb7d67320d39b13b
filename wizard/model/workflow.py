"""Definitions as they are compiled: a Workflow and its nodes. Frozen, and without behaviour; see wizard.model.run."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from wizard.errors import WorkflowUnavailable
from wizard.model.backoff import growing

Path = tuple[str | int, ...]  # where something stands in a document or a value: keys and indices
Chain = tuple[str, ...]  # a dotted name in parts: applicant.full_name -> ("applicant", "full_name")


class Kind(StrEnum):
    """How the engine treats a node: waits at it, runs it, or walks through it."""

    FOREGROUND = "foreground"
    BACKGROUND = "background"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class OnError:
    """What follows when a background node fails for good (S16)."""

    action: str = "stop"  # stop, back, continue, goto
    goto: str | None = None  # a node id, or None for the end of the workflow; only with action goto


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failing background node is tried, and how long is waited before the second try."""

    attempts: int = 1
    backoff: timedelta = timedelta(seconds=1)  # doubles with each further try
    max_backoff: timedelta = timedelta(minutes=1)  # up to this

    def wait(self, tried: int, jitter: float) -> float:
        """The seconds to wait after try number `tried` (from 1): between half and all of the backoff, as `jitter`
        (0 to 1) says, so that many runs don't try again at once."""
        return growing(self.backoff.total_seconds(), tried, self.max_backoff.total_seconds(), jitter)


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent to somebody outside of a page: `send` names a function of the host, the others are templates."""

    send: str
    to: Any  # wizard.expressions.template.Template
    subject: Any
    text: Any


@dataclass(frozen=True, slots=True)
class Reminder:
    """What happens where a form isn't answered in time: the run goes to the node `goto` (None: to the end of the
    workflow), or, with a message or a `text` (a template: what a conversation says), stays where it is and sends that,
    `times` times, `every` so often."""

    after: timedelta
    goto: str | None = None
    message: Message | None = None
    every: timedelta | None = None
    times: int = 1
    text: Any = None  # wizard.expressions.template.Template | None

    @property
    def stays(self) -> bool:
        """Whether the form goes on waiting."""
        return self.message is not None or self.text is not None


@dataclass(frozen=True, slots=True)
class AfterTries:
    """Where a run goes in which so many answers to one question of a step weren't taken, in a conversation: the node
    `goto` (None: the end of the workflow)."""

    tries: int
    goto: str | None


@dataclass(frozen=True, slots=True)
class Topic:
    """What people may ask in a conversation beside its questions, in several ways, and the answer to it: a text, or a
    `workflow` that is run aside. One that isn't `asked` in any way of its own is what asking for help comes to."""

    asked: tuple[str, ...]
    answer: str  # wizard.expressions.prose.Prose
    workflow: str = ""


@dataclass(frozen=True, slots=True)
class Awaited:
    """An event that a node takes (S24): its name, a condition on its `data` (None for none), and what a person reads
    who answers too late. Where it `leads` elsewhere, the run goes to the node `goto` (None: to the end)."""

    name: str
    when: Any = None  # wizard.expressions.expression.Expression | None
    leads: bool = False
    goto: str | None = None
    text: Any = None  # wizard.expressions.template.Template | None


@dataclass(frozen=True, slots=True)
class StartsOn:
    """An event that starts a run of a workflow, and a condition on it, the profile and the session (None for none)."""

    event: str
    when: Any = None  # wizard.expressions.expression.Expression | None


@dataclass(frozen=True, slots=True)
class Case:
    """One way out of a condition; `when` is None for "otherwise", `goto` None for the end."""

    when: Any  # wizard.expressions.expression.Expression | None
    goto: str | None


@dataclass(frozen=True, slots=True)
class Branches:
    """The configuration of a `condition` node: the first case that holds is taken."""

    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """How often a sub-workflow is gone through. Exactly one of the three ways is set:
    `times` and `for_each` are expressions; otherwise the person is asked after each item, with the
    question `add_another`, and an item is called `item` (both templates or None: the channel's words)."""

    times: Any = None  # Expression | None
    for_each: Any = None  # Expression | None
    key: Any = None  # Expression | None: what an element of `for_each` is known by, computed of `item`
    min: int = 1
    max: int | None = None
    add_another: Any = None  # wizard.expressions.template.Template | None
    item: Any = None  # wizard.expressions.template.Template | None

    @property
    def asks(self) -> bool:
        return self.times is None and self.for_each is None


@dataclass(frozen=True, slots=True)
class Call:
    """The configuration of a `workflow` node: the definition it embeds, what it hands it as
    `input` (constants, Templates or Expressions, nested in lists and dicts), and its repeat."""

    workflow: Workflow
    input: Mapping[str, Any]
    repeat: Repeat | None


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One box of a workflow.

    `config` is an instance of its type's configuration (Branches or Call for internal nodes),
    `handler` the node type itself (wizard.node.contract.NodeType), `next` the node that follows (None: the
    end of the workflow), `targets` every node an edge leads to, its own `next` included. `ports` say where those of
    its ways out (`port_names`) lead that the definition names; the others lead to `next`. `events` are those that it
    takes, `names` the dotted names that its configuration reads, and `secrets` those below its id that are never shown
    again, `files` those of uploaded files.
    """

    id: str
    type: str
    kind: Kind
    config: Any
    handler: Any
    next: str | None
    targets: tuple[str, ...]
    title: Any = None  # wizard.expressions.template.Template | None
    final: bool = False
    depends_on: tuple[Chain, ...] = ()
    on_error: OnError = OnError()
    retry: Retry = Retry()
    timeout: timedelta | None = None
    concurrency: int | None = None  # how many visits of it work at once, in all runs
    slow: bool = False  # nobody is kept waiting for it: it is done as a job
    example: Mapping[str, Any] | None = None  # of its output, for a debug run
    remind: Reminder | None = None
    after_tries: AfterTries | None = None
    expires_after: timedelta | None = None  # of a form: how long it may wait for its answer
    changeable: bool = True  # whether its configuration has lists or mappings in it, so that visits get copies
    events: tuple[Awaited, ...] = ()
    ports: Mapping[str, str | None] = field(default_factory=dict)
    port_names: tuple[str, ...] = ()
    names: frozenset[Chain] = frozenset()
    secrets: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Remaining:
    """Foreground steps still to come after a place, on the shortest and on the longest way;
    `max` is None where a loop or an open repeat has no bound."""

    min: int
    max: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Workflow:
    """An immutable, checked definition, compiled.

    `reach[node]` holds the nodes that follow from it over at least one edge (S8); `remaining[node]`
    counts what comes from entering that node on, itself included.
    `version` is the content hash of the definition and of every definition it embeds (S22). `events` are the names of
    the events that it, or a definition that it embeds, uses, None where that can't be known; `awaited` those of them
    that a node takes, and `starts_on` those that start a run by themselves. Where `unavailable` is set it is no more
    than an outline, with which a run can be looked at and ended, but not moved. What follows from it and is computed
    when it is first asked for is kept in `derived`, by wizard.model.derived, and in `places`, by
    wizard.model.path.locate, and by nobody else.
    """

    id: str
    version: str
    title: str
    text: str
    nodes: Mapping[str, Node]
    start: str
    reach: Mapping[str, Set[str]]
    remaining: Mapping[str, Remaining]
    input: tuple[Any, ...] = ()  # wizard.forms.fields.Field: what a caller may hand in
    reopen: bool = False
    save: bool = True  # whether pages offer to come back later
    saves_steps: bool = False  # whether profile and session are saved with each step, and not only at the end
    listed: bool | None = None  # whether lists show it; None: unless another embeds it
    expires_after: timedelta | None = None
    delete_after: timedelta | None = None  # what is stored of a run goes, so long after it has ended
    language: str = "en"
    events: frozenset[str] | None = frozenset()
    awaited: frozenset[str] = frozenset()
    starts_on: tuple[StartsOn, ...] = ()
    help: tuple[Topic, ...] = ()
    agent: bool = False  # whether people can ask for a person
    unavailable: WorkflowUnavailable | None = (
        None  # of an outline (wizard.definitions.outlines): why there is no more than that
    )
    derived: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)
    places: dict[str, Any] = field(default_factory=dict, init=False, repr=False)  # wizard.model.path.Place
