"""What the calls take: the members of each body (wizard.channels.http.members)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Required

from pydantic import BeforeValidator, ConfigDict, Field, with_config
from typing_extensions import TypedDict

from wizard.channels.admin import document_requests, resource_requests
from wizard.channels.admin.document_requests import Note
from wizard.channels.admin.people import MAX_NAME
from wizard.channels.admin.remote_node_calls import REGISTER
from wizard.channels.conversation.meanings import MAX_ID
from wizard.channels.http.members import EXACT, MAX_REVISION, MAX_TEXT, Body, Text, about, whole
from wizard.channels.http.problems import unreadable
from wizard.definitions.reading.source import MAX_BYTES

MOST_SHARED = 100
MOST_NAMES = 1000  # that a migration is told of
MAX_STAGE = 10**9 - 1

Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
Revision = Annotated[
    int,
    Field(ge=0, le=MAX_REVISION),
    about("The draft's revision as you saw it: another one isn't deployed (412)."),
    BeforeValidator(whole),
]
_TEXT = (
    "The definition as its author wrote it, YAML or JSON. It is kept byte for byte, with comments, whatever is wrong."
    f" It has at most {MAX_BYTES:,} bytes in UTF-8 (413)."
)
_DEFINITION = "The definition as data. It is written as YAML, each key where it is here; comments of before are gone."


@with_config(ConfigDict(**EXACT, json_schema_extra={"oneOf": [{"required": ["text"]}, {"required": ["definition"]}]}))
class SaveDraft(TypedDict, total=False):
    text: Annotated[str, about(_TEXT)]
    definition: Annotated[dict[str, Any], about(_DEFINITION)]


@with_config(EXACT)
class Deploy(TypedDict, total=False):
    revision: Revision
    note: Note


@with_config(EXACT)
class Revoke(TypedDict, total=False):
    note: Note


@with_config(EXACT)
class Share(TypedDict, total=False):
    owner: Annotated[Name, about("Whose it is from now on.")]
    shared: Annotated[
        dict[Name, Literal["viewer", "editor", "deployer", "operator"]],
        Field(max_length=MOST_SHARED),
        about("Who else works on it, by name: each in a role. It takes the place of what was there."),
    ]


_NAME = Annotated[str, Field(max_length=MAX_TEXT)]
_RENAMED = Annotated[dict[_NAME, _NAME], Field(max_length=MOST_NAMES)]
_TO = "The number of the version that runs are moved to; the one that is deployed unless given."
_DRY = "Whether it is only said what would become of the runs. That needs the role `viewer`, all else `deployer`."
_BACK = "Bring back those runs that haven't moved since they were migrated, each to the version and step that it had."
_NODES = "Nodes that have another name in the new version, old to new; a node of an embedded workflow is NODE/NODE."
_FIELDS = "Fields that have another name, old to new, as NODE.FIELD."


@with_config(EXACT)
class Migrate(TypedDict, total=False):
    dry_run: Required[Annotated[bool, about(_DRY)]]
    to: Annotated[int, Field(ge=1, le=MAX_REVISION), about(_TO), BeforeValidator(whole)]
    back: Annotated[bool, about(_BACK)]
    nodes: Annotated[_RENAMED, about(_NODES)]
    fields: Annotated[_RENAMED, about(_FIELDS)]
    note: Note


Fields = Annotated[dict[str, Any], Field(max_length=1000)]
Output = dict[str, Any]
ShortText = Annotated[str, Field(min_length=1, max_length=100)]
_TAKES = "How long people take for a step before they answer it, as `3d`: reminders and deadlines come in that time."
_ANSWERS = "What people say, by step. A step whose answers aren't here is where the debug run stops."
_RESULTS = (
    "What comes of nodes, by step, in the place of what they would do: an output, or `error` alone with a text for a "
    "failure, or, of a node that has ports, `port` and `output`; a list of these has one for each try."
)


@with_config(EXACT)
class Fork(TypedDict):
    """A live run, and the step of its path to go on from."""

    run: Annotated[Text, about("The run's id.")]
    step: Annotated[Text, about("The step's path. What came before stays as it is recorded.")]


@with_config(EXACT)
class DebugRun(TypedDict, total=False):
    """What a workflow is tried with."""

    stage: Annotated[
        Literal["draft", "deployed"] | Annotated[int, Field(ge=1, le=MAX_STAGE), BeforeValidator(whole)],
        about("`draft` (unless given), `deployed`, or a version's number."),
    ]
    input: Annotated[Fields, about("What the workflow is handed.")]
    event: Annotated[Fields, about("The event that the run works on.")]
    profile: Annotated[Fields, about("The profile of the person.")]
    session: Annotated[Fields, about("The session.")]
    answers: Annotated[dict[str, Fields], Field(max_length=1000), about(_ANSWERS)]
    results: Annotated[dict[str, Output | list[Output]], Field(max_length=1000), about(_RESULTS)]
    fork: Annotated[Fork, about("In the place of a stage: go on from there. It needs the role `operator`.")]
    takes: Annotated[dict[str, ShortText], Field(max_length=1000), about(_TAKES)]
    at: Annotated[ShortText, about("When it begins, as 2026-03-27T10:00:00Z; now unless given.")]
    effects: Annotated[bool, about("Whether nodes may act outside of the run; it needs the role `deployer`.")]


@with_config(EXACT)
class ImportBundle(TypedDict, total=False):
    """A bundle, as an export gives it."""

    bundle: Required[Annotated[dict[str, Any], about("What `GET /workflows/{id}/export` answers.")]]
    dry_run: Annotated[bool, about("Only tell what would be done.")]
    replace: Annotated[bool, about("Also save over drafts that have another text, and beside such versions.")]


@with_config(EXACT)
class DeleteDraft(TypedDict, total=False):
    note: Note


@with_config(ConfigDict(**EXACT, json_schema_extra={"oneOf": [{"required": ["config"]}, {"required": ["values"]}]}))
class CheckConfig(TypedDict, total=False):
    config: Annotated[dict[str, Any], about("The configuration, as a definition has it.")]
    values: Annotated[dict[str, Any], about("The same as the values of its form, by the names of the fields.")]


@with_config(EXACT)
class Hand(TypedDict, total=False):
    note: Note


@with_config(EXACT)
class Write(TypedDict):
    id: Annotated[
        str,
        Field(min_length=1, max_length=MAX_ID),
        about("Your own id of it: however often one with this id comes, it is said once. Not `w-…`."),
    ]
    text: Annotated[str, Field(min_length=1), about("What the person reads.")]


SAVE, DEPLOY, REVOKE = Body(SaveDraft), Body(Deploy), Body(Revoke)
SHARE, MIGRATE, DEBUG = Body(Share), Body(Migrate), Body(DebugRun)
HAND, WRITE = Body(Hand), Body(Write)
IMPORT, DELETE, CHECK = Body(ImportBundle), Body(DeleteDraft), Body(CheckConfig)
_OF_WORKFLOWS = (SAVE, DEPLOY, REVOKE, SHARE, MIGRATE, DEBUG, IMPORT, DELETE, CHECK)
BODIES: tuple[Body[Any], ...] = (
    *_OF_WORKFLOWS,
    HAND,
    WRITE,
    *document_requests.BODIES,
    *resource_requests.BODIES,
    REGISTER,
)


def check_together(body: SaveDraft | CheckConfig) -> None:
    """What no member says by itself, of a body with members of which there is to be one. Raises Refused (400)."""
    if len(body) != 1:
        names = CHECK.names if "config" in body or "values" in body else SAVE.names
        raise unreadable(f"Send one of {' and '.join(f'`{name}`' for name in names)}.")
