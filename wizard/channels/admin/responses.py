"""What the calls answer: for type checkers where it is made, and for the OpenAPI document. A member that isn't listed
isn't sent, and one that is required always is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired

import pydantic
from typing_extensions import TypedDict

from wizard.channels.admin import (
    debug_responses,
    document_responses,
    node_type_responses,
    remote_node_calls,
    resource_responses,
)
from wizard.channels.conversation.attention import STATES
from wizard.channels.conversation.message_json import Message
from wizard.channels.http.members import about
from wizard.channels.http.problems import (
    INTERNAL,
    INVALID_INPUT,
    INVALID_REQUEST,
    METHOD_NOT_ALLOWED,
    NOT_A_STEP,
    NOT_FOUND,
    RUN_BUSY,
    RUN_CANCELLED,
    RUN_COMPLETED,
    RUN_EXPIRED,
    RUN_NOT_FOUND,
    STAGING_TYPES,
    TOO_LARGE,
    TOO_SLOW,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
    WORKFLOW_UNAVAILABLE,
)
from wizard.model import RunStatus

PROBLEM_TYPES = (
    *STAGING_TYPES,
    INVALID_REQUEST,
    INVALID_INPUT,
    NOT_A_STEP,
    NOT_FOUND,
    RUN_BUSY,
    RUN_CANCELLED,
    RUN_COMPLETED,
    RUN_EXPIRED,
    RUN_NOT_FOUND,
    WORKFLOW_UNAVAILABLE,
    METHOD_NOT_ALLOWED,
    TOO_SLOW,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    INTERNAL,
    UNAVAILABLE,
)
MOST_PROBLEMS = 100  # of one definition that are told

Number = Annotated[int, pydantic.Field(ge=1)]
Revision = Annotated[int, pydantic.Field(ge=1), about("Counts how often the draft was saved.")]
Hash = Annotated[str, about("The content hash of it and of all that it embeds: the version that runs are pinned to.")]
Name = Annotated[str, about("Who did it: a person's name, or `admin key`.")]


Owner = Annotated[str | None, about("Whose it is: whoever saved it first, or was named since. Null: nobody knows.")]
Shared = Annotated[Mapping[str, str], about("Who else works on it, by name: each in a role.")]


class DefinitionProblem(TypedDict):
    """One thing that is wrong in a definition."""

    file: Annotated[str, about("The workflow whose text it is in.")]
    line: Number
    column: Number
    severity: Literal["error", "warning"]
    message: str


Problems = Annotated[
    Sequence[DefinitionProblem],
    about(f"What is wrong with the definition, beside what is deployed of what it embeds: the first {MOST_PROBLEMS}."),
]


class DraftLine(TypedDict):
    """The draft of a workflow, without its text."""

    revision: Revision
    problems: Problems
    saved_at: datetime
    saved_by: Name


class DeployedLine(TypedDict):
    """The version that runs are started from."""

    number: Number
    version: Hash
    at: Annotated[datetime, about("When this version was made.")]


class WorkflowLine(TypedDict):
    """A workflow that has a draft, or is deployed."""

    id: str
    title: Annotated[str, about("The draft's title, where it can be read, else that of what is deployed.")]
    owner: Owner
    draft: DraftLine | None
    deployed: DeployedLine | None
    runs: Annotated[
        Mapping[str, Annotated[int, pydantic.Field(ge=1)]],
        about("How many runs there are, by status.", propertyNames={"enum": [status.value for status in RunStatus]}),
    ]


class Draft(TypedDict):
    """A draft."""

    text: Annotated[str, about("As its author wrote it.")]
    definition: Annotated[Any, about("The text as data; null where it can't be read.")]
    problems: Problems
    revision: Revision
    saved_at: datetime
    saved_by: Name


class SavedDraft(TypedDict):
    """What is told of a draft that was saved."""

    revision: Revision
    problems: Problems


class Deployed(TypedDict):
    """The version that is deployed now."""

    number: Number
    version: Hash
    embeds: Annotated[Mapping[str, int], about("The numbers of the versions that it embeds, by workflow.")]
    embedded_in: Annotated[
        Sequence[str],
        about("Deployed workflows that embed it: they keep what they have until they are deployed anew."),
    ]
    lacking: Annotated[Sequence[str], about("What is missing of the resources that it names, for people.")]


class VersionLine(TypedDict):
    """A version, without its text."""

    number: Number
    version: Hash
    at: datetime
    by: Name
    note: str
    deployed: Annotated[bool, about("Whether runs are started from it now.")]


class Version(VersionLine):
    """A version."""

    text: Annotated[str, about("As its author wrote it.")]


class Difference(TypedDict):
    """One change that leads from one stage of a workflow to another."""

    node: Annotated[str, about("The id of the node that it is in; empty for what the workflow itself says.")]
    path: Annotated[Sequence[str | int], about("The place in that: keys, names, and places in lists from 0.")]
    kind: Literal["added", "removed", "renamed", "moved", "changed"]
    before: Annotated[Any, about("What was there, null for nothing.")]
    after: Annotated[Any, about("What is there instead, null for nothing.")]
    text: Annotated[str, about("The same for people to read; several lines where values are long.")]


class Sharing(TypedDict):
    """Whose a workflow is, and who else works on it."""

    revision: Annotated[int, pydantic.Field(ge=1), about("Counts how often that was changed.")]
    owner: Owner
    shared: Shared


class Deed(TypedDict):
    """What somebody did."""

    number: Number
    at: datetime
    by: Name
    action: Annotated[str, about("deploy, revoke …")]
    workflow: str
    details: Mapping[str, Any]
    note: str


class EventRun(TypedDict):
    """A run that an event started, or that took it in."""

    id: str
    workflow: str
    version: Hash
    status: Annotated[str, about("As it was after that.", enum=[status.value for status in RunStatus])]


class EventLine(TypedDict):
    """An event that was taken, without what it brought."""

    number: Number
    id: str
    type: str
    at: Annotated[datetime, about("When it happened, as its sender says.")]
    taken_at: Annotated[datetime, about("When it came.")]
    profile_id: str
    session_id: str
    unmatched: Annotated[bool, about("Whether it started no run, and no run took it.")]
    runs: Annotated[
        Sequence[EventRun] | None,
        about("What was answered; null where not all is done, and its sender was told to send it again."),
    ]
    failed: Annotated[Sequence[str], about("Workflows of which it should have started a run, and couldn't.")]


# `from` is a word of Python's, so that this can't be written as a class.
LastSaid = TypedDict(
    "LastSaid",
    {"from": Annotated[str, about("Who said it.", enum=["engine", "person", "operator"])], "at": datetime},
)


class WaitingLine(TypedDict):
    """A conversation that somebody has to look after."""

    id: Annotated[str, about("The run's id.")]
    workflow: str
    state: Annotated[str, about("What it waits for.", enum=list(STATES))]
    since: datetime
    by: Annotated[str, about("The operator who speaks; empty for nobody.")]
    channel: Annotated[str, about("The channel that takes no more messages; empty for none.")]
    reason: Annotated[str, about("Why it doesn't.")]
    age: Annotated[int, about("For how many seconds it has been in this state, by the server's clock.", minimum=0)]
    last: Annotated[LastSaid | None, about("What was said last: where the person did, they wait for an answer.")]


class ReadConversation(TypedDict):
    """What was said in a conversation."""

    id: str
    messages: Sequence[Message]


class Renamed(TypedDict):
    """A node or field that has another name in the version that runs are moved to."""

    kind: Literal["node", "field"]
    before: str
    after: str
    guessed: Annotated[bool, about("Whether nobody said so: it looks the same, and nothing else does.")]


class MigratedRun(TypedDict):
    """What becomes, or became, of a run."""

    id: str
    at: Annotated[str, about("The step at which it stands; empty before the first.")]
    then: Annotated[str | None, about("The step at which it stands afterwards; null where it stays on its version.")]
    result: Annotated[
        Literal["continue", "ask", "stuck", "moved"],
        about("`moved`: somebody moved it meanwhile, so that it wasn't migrated; it can be tried again."),
    ]
    why: Annotated[str, about("Why it asks, is stuck or was left; empty where it continues.")]


_COUNT = Annotated[int, pydantic.Field(ge=0)]
Migration = TypedDict(  # `continue` can't be written as a class has its members
    "Migration",
    {
        "number": Annotated[int | None, about("The version that runs are moved to; null with `back`.")],
        "version": Annotated[str | None, about("Its content hash; null with `back`.")],
        "continue": Annotated[_COUNT, about("How many stand where they stood, and nobody notices.")],
        "ask": Annotated[_COUNT, about("How many stand at a step that needs an answer; the others are kept.")],
        "stuck": Annotated[_COUNT, about("How many stay on their version.")],
        "moved": Annotated[_COUNT, about("How many were moved meanwhile, and stay as they are.")],
        "renamed": Sequence[Renamed],
        "runs": Annotated[Sequence[MigratedRun], about("The runs of this page, newest first; the counts are theirs.")],
    },
)


class Bundle(TypedDict):
    """A workflow with all that it embeds."""

    format: Literal[1]
    workflow: str
    needs: Annotated[
        Mapping[str, Any],
        about(
            "`node_types` and `field_types`, each with the package that it is from, `functions`, and `resources` with "
            "their kinds."
        ),
    ]
    texts: Annotated[Mapping[str, Any], about("By workflow: `lines`, and `stage`, which says what it was.")]


class ImportedDraft(TypedDict):
    """What becomes of a text."""

    workflow: str
    result: Literal["new", "unchanged", "replaced"]
    revision: Revision


class Imported(TypedDict):
    """What an import did, or would do."""

    imported: Annotated[bool, about("False where that was only asked.")]
    drafts: Sequence[ImportedDraft]
    hindrances: Annotated[Sequence[str], about("What keeps it from being imported, for people.")]
    problems: Problems
    functions: Annotated[Sequence[str], about("Functions that it needs and this application hasn't got.")]
    resources: Annotated[Sequence[str], about("What is missing of the resources that it names, for people.")]


class Problem(TypedDict):
    """A problem document (RFC 9457)."""

    type: Annotated[str, about("What kind it is; it never changes.", enum=[each.uri for each in PROBLEM_TYPES])]
    title: Annotated[str, about("The kind of problem, for people.")]
    status: Annotated[int, pydantic.Field(ge=400, description="The status of the response.")]
    detail: Annotated[str, about("What happened and what to do, for people.")]
    hindrances: NotRequired[Annotated[Sequence[str], about("What keeps a bundle from being imported (409).")]]
    role: NotRequired[Annotated[str, about("The role that is missing (403).")]]
    problems: NotRequired[Problems]
    text: NotRequired[Annotated[str | None, about("The draft as somebody else saved it (412); null: there is none.")]]
    revision: NotRequired[Annotated[int | None, about("The revision of that (412).")]]
    owner: NotRequired[Owner]
    shared: NotRequired[Shared]
    fields: NotRequired[Annotated[Sequence[str], about("Those that were set since the save to be undone (409).")]]
    errors: NotRequired[
        Annotated[
            Mapping[str, str],
            about(
                "What is wrong (422): with a profile by its schema, by field; with a configuration, by `cases.0.when`; "
                "with a resource, by `production.base_url`; with a remote node, by `schema`."
            ),
        ]
    ]
    stored: NotRequired[
        Annotated[Mapping[str, Any] | None, about("The fields as somebody else saved them (412), or null.")]
    ]
    saved_by: NotRequired[Annotated[str | None, about("Who saved that (412).")]]


RESPONSES: tuple[Any, ...] = (
    WorkflowLine,
    Draft,
    SavedDraft,
    Deployed,
    VersionLine,
    Version,
    Difference,
    Renamed,
    MigratedRun,
    Migration,
    Deed,
    Sharing,
    EventLine,
    WaitingLine,
    Message,
    ReadConversation,
    *document_responses.RESPONSES,
    *resource_responses.RESPONSES,
    *remote_node_calls.RESPONSES,
    Bundle,
    Imported,
    *debug_responses.RESPONSES,
    *node_type_responses.RESPONSES,
    Problem,
)
