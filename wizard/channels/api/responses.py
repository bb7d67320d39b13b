"""What the JSON interface answers: for type checkers where it is made (wizard.channels.api.run_json), and for the
OpenAPI document.

They are exact: a member that isn't listed isn't sent, and one that is required always is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired

import pydantic
from pydantic import JsonValue
from typing_extensions import TypeAliasType, TypedDict

from wizard.channels.conversation.message_json import Message
from wizard.channels.http.members import about
from wizard.channels.http.problems import PROBLEM_TYPES
from wizard.channels.http.prompt_json import Current
from wizard.model import RunStatus

SHOWN = 200  # steps of the path, and of those kept, in one state


Count = Annotated[int, pydantic.Field(ge=0)]


Status = Annotated[str, about("How it stands.", enum=[status.value for status in RunStatus])]


class StepLine(TypedDict):
    """A step of the run."""

    step: Annotated[str, about("Its path.")]
    type: str
    title: str


class Progress(TypedDict):
    """How far the run is."""

    done: Annotated[Count, about("Steps answered.")]
    min: Annotated[Count, about("Steps still to come on the shortest way.")]
    max: Annotated[Count | None, about("The same on the longest way; null where it has no bound.")]


Percent = Annotated[float, pydantic.Field(ge=0, le=100)]


class Work(TypedDict):
    """What the run is working on; there only while its status is `working`."""

    percent: Annotated[Percent | None, about("How much of it is done; null where that isn't known.")]
    text: Annotated[str, about("What is being done, for people; empty where nothing was said.")]


class Moved(TypedDict):
    """That the run doesn't work at that step any more."""

    status: Status
    step: Annotated[str, about("The current step's path.")]
    revision: Count


def _json(name: str) -> Any:
    schema: JsonValue = {"$ref": f"#/components/schemas/{name}"}
    return about("JSON in a text.", contentMediaType="application/json", contentSchema=schema)


class WorkReported(TypedDict):
    """A server-sent event: how far the work is now."""

    event: Literal["work"]
    data: Annotated[str, _json("Work")]


class RunMoved(TypedDict):
    """A server-sent event, the last of a stream."""

    event: Literal["moved"]
    data: Annotated[str, _json("Moved")]


class Steps(TypedDict):
    """How many steps there are; there only where `path` or `kept` don't have them all."""

    path: Annotated[Count, about("Steps up to the current one.")]
    kept: Annotated[Count, about("Steps gone back from.")]
    before: Annotated[
        str | None, about("Ask for the run with `?before=` this for the steps before; null: there are none.")
    ]
    after: Annotated[
        str | None, about("Ask for the run with `?after=` this for the steps after; null: there are none.")
    ]


RunId = Annotated[str, about("The run's id.")]
WorkflowId = Annotated[str, about("The id of its workflow.")]
Token = Annotated[str, about("The key to the run, handed out here only.")]


class Head(TypedDict):
    id: RunId
    workflow: WorkflowId
    version: Annotated[str, about("The version of the workflow that the run was started with, and stays with.")]
    revision: Annotated[Count, about("Grows with every change of the run.")]
    status: Status
    current: Current


class Ways(TypedDict):
    has_next: bool
    has_previous: bool


class HowFar(TypedDict):
    progress: Progress
    work: NotRequired[Work]


class MinimalRun(Head, Ways, HowFar):
    """A run as it is, for who sent `Prefer: return=minimal`."""


class Shortened(TypedDict, total=False):
    steps: Steps


class Run(MinimalRun, Shortened):
    """A run as it is."""

    path: Annotated[
        Sequence[StepLine], about(f"The steps up to the current one, oldest first: the last {SHOWN} of them.")
    ]
    kept: Annotated[
        Sequence[StepLine], about(f"Steps gone back from: remembered, but not decided; the first {SHOWN} of them.")
    ]
    answers: Annotated[
        Mapping[str, Any],
        about(
            "What the steps in `path` accepted, nested by step path: the answers of `household/2/name` are at "
            "`household`, `2`, `name`. Passwords are left out."
        ),
    ]


class StartedRun(Run):
    """A new run."""

    token: Token


class MinimalStartedRun(MinimalRun):
    """A new run, for who sent `Prefer: return=minimal`."""

    token: Token


class RunOutline(TypedDict):
    """What is told of a run to who sent an event with the host's key."""

    id: RunId
    status: Status
    revision: Annotated[Count, about("Grows with every change of the run.")]


class ReachedRun(TypedDict):
    """A run that an event started, or that took it in."""

    id: RunId
    workflow: WorkflowId
    version: Annotated[str, about("The version of the workflow that the run stays with.")]
    status: Annotated[Status, about("As it was after that.")]


class Emitted(TypedDict):
    """An event that was taken, and what came of it."""

    event: Annotated[str, about("The event's id.")]
    profile_id: Annotated[str, about("The profile that it is about: the one that was named, or a new one.")]
    session_id: Annotated[str, about("The session that it is about: the one that was named, or a new one.")]
    runs: Annotated[Sequence[ReachedRun], about("The runs that it started, and then those that took it in.")]


RunAsPreferred = TypeAliasType("RunAsPreferred", Run | MinimalRun)
StartedRunAsPreferred = TypeAliasType("StartedRunAsPreferred", StartedRun | MinimalStartedRun)
RunAfterEvent = TypeAliasType("RunAfterEvent", Run | MinimalRun | RunOutline)


ProgressEvent = TypeAliasType("ProgressEvent", WorkReported | RunMoved)


class RunLine(TypedDict):
    """A run in a list, without its answers."""

    id: RunId
    workflow: WorkflowId
    title: Annotated[str, about("The title of its workflow.")]
    status: Status
    created_at: datetime
    updated_at: datetime


class TraceEntry(TypedDict):
    """One thing that happened."""

    number: Annotated[int, pydantic.Field(ge=1, description="Its place in the trace.")]
    revision: Annotated[Count, about("The run's revision after it.")]
    at: datetime
    kind: Annotated[str, about("A verb: entered, presented, accepted, ran, failed, removed, moved, completed …")]
    step: Annotated[str, about("The step's path; empty where it is about the run.")]
    detail: Mapping[str, Any]


class Input(TypedDict):
    """A value that a workflow can be handed."""

    name: str
    type: str
    label: str
    required: bool
    default: Annotated[Any, about("What holds where it isn't handed in.")]


class Workflow(TypedDict):
    """A workflow that runs can be started of."""

    id: str
    title: str
    version: str
    text: str
    input: list[Input]


class Problem(TypedDict):
    """A problem document (RFC 9457)."""

    type: Annotated[
        str,
        about("What kind of problem it is; it never changes.", enum=[problem.uri for problem in PROBLEM_TYPES]),
    ]
    title: Annotated[str, about("The kind of problem, for people.")]
    status: Annotated[int, pydantic.Field(ge=400, description="The status of the response.")]
    detail: Annotated[str, about("What happened and what to do, for people.")]
    errors: NotRequired[Annotated[dict[str, str], about("Why answers weren't taken, by field.")]]
    error: NotRequired[Annotated[str | None, about("What is wrong with the answers as a whole.")]]
    run: NotRequired[RunAfterEvent]


class Messages(TypedDict):
    """What was said, in order."""

    messages: Sequence[Message]


class OpenedConversation(Messages):
    """A conversation: its id and token are the run's."""

    id: RunId
    token: Token


class MadeCode(TypedDict):
    """A code that takes a conversation elsewhere."""

    code: str
    until: Annotated[datetime, about("From then on it opens nothing.")]


RESPONSES: tuple[Any, ...] = (
    Messages,
    MadeCode,
    OpenedConversation,
    RunAsPreferred,
    StartedRunAsPreferred,
    RunAfterEvent,
    Emitted,
    ProgressEvent,
    Moved,
    RunLine,
    TraceEntry,
    Workflow,
    Problem,
)
