"""What the calls take: the members of each body (wizard.channels.http.members)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Required

from pydantic import BeforeValidator, ConfigDict, Field, with_config
from typing_extensions import TypedDict

from wizard.channels.http.members import EXACT, MAX_REVISION, Body, Text, about, whole
from wizard.channels.http.problems import unreadable
from wizard.definitions.reading.source import MAX_BYTES

MAX_NOTE = 2000
MAX_STAGE = 10**9 - 1

Note = Annotated[str, Field(max_length=MAX_NOTE), about("Why, for whoever asks later.")]
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


Fields = Annotated[dict[str, Any], Field(max_length=1000)]
Output = dict[str, Any]
ShortText = Annotated[str, Field(min_length=1, max_length=100)]
_TAKES = "How long people take for a step before they answer it, as `3d`: reminders and deadlines come in that time."
_ANSWERS = "What people say, by step. A step whose answers aren't here is where the debug run stops."
_RESULTS = (
    "What comes of nodes, by step, in the place of what they would do: an output, or `error` alone with a text for a "
    "failure; a list of these has one for each try."
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


SAVE, DEPLOY, REVOKE, DEBUG = Body(SaveDraft), Body(Deploy), Body(Revoke), Body(DebugRun)
IMPORT, DELETE = Body(ImportBundle), Body(DeleteDraft)
BODIES: tuple[Body[Any], ...] = (SAVE, DEPLOY, REVOKE, DEBUG, IMPORT, DELETE)


def check_together(body: SaveDraft) -> None:
    """What no member says by itself. Raises Refused (400)."""
    if len(body) != 1:
        raise unreadable("Send one of `text` and `definition`.")
