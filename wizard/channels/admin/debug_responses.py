"""What debug runs answer; see wizard.channels.admin.responses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NotRequired

from typing_extensions import TypedDict

from wizard.channels.http.members import about
from wizard.channels.http.prompt_json import Current
from wizard.model import RunStatus


class DebugLine(TypedDict):
    """What happened at one visit of a node. Members of which a live run keeps nothing are null there."""

    step: Annotated[str, about("Its path.")]
    node: str
    type: str
    port: Annotated[str | None, about("The way out that was taken, where it has a name.")]
    input: Annotated[Any, about("What the node read, by name, or what a person sent.")]
    config: Annotated[Any, about("Its configuration, with what is computed in it.")]
    output: Annotated[Any, about("What came of it; null for nothing.")]
    state_before: Annotated[Any, about("`event`, `profile` and `session` before it; `node`: what it keeps itself.")]
    state_after: Annotated[Any, about("The same after it.")]
    ms: Annotated[float | None, about("How long it took, in milliseconds.")]
    error: Annotated[str | None, about("Why it failed, or wasn't taken.")]
    log: Annotated[Sequence[str], about("What was logged, and what isn't as in a live run.")]


DebugEdge = TypedDict(
    "DebugEdge",
    {
        "from": Annotated[str, about("A node; of an embedded workflow with what embeds it before it.")],
        "to": Annotated[str, about("The same, or `end`.")],
        "port": Annotated[str | None, about("When it is taken; null for the ordinary way on.")],
        "taken": bool,
    },
)


class Debugged(TypedDict):
    """What came of a debug run."""

    status: Annotated[str, about("How it stands in the end.", enum=[status.value for status in RunStatus])]
    current: Annotated[Current | None, about("What it stands at.")]
    trace: Sequence[DebugLine]
    edges: Annotated[Sequence[DebugEdge], about("Every edge of the workflow and of those that it embeds.")]
    stopped: NotRequired[Annotated[str, about("Why it wasn't gone on with, although it could have been.")]]
    unrecorded: NotRequired[Annotated[Sequence[str], about("Members of the lines of which a live run keeps nothing.")]]


RESPONSES: tuple[Any, ...] = (Debugged,)
