"""What the calls answer: for type checkers where it is made, and for the OpenAPI document. A member that isn't listed
isn't sent, and one that is required always is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired

import pydantic
from typing_extensions import TypedDict

from wizard.channels.http.members import about
from wizard.channels.http.problems import (
    INTERNAL,
    INVALID_REQUEST,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    STAGING_TYPES,
    TOO_LARGE,
    TOO_SLOW,
    UNAVAILABLE,
    UNSUPPORTED_MEDIA_TYPE,
)
from wizard.model import RunStatus

PROBLEM_TYPES = (
    *STAGING_TYPES,
    INVALID_REQUEST,
    NOT_FOUND,
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


class NodeTypeLine(TypedDict):
    """A node type, as the catalogue lists it."""

    type: Annotated[str, about("Its name in definitions.")]
    title: Annotated[str, about("What people call it.")]
    summary: str
    group: Annotated[str, about("The part of the catalogue that it is in.")]
    icon: Annotated[str, about("A name of the editor's set of icons.")]
    kind: Literal["foreground", "background", "internal"]
    ports: Annotated[Sequence[str], about("Its ways out besides the ordinary one.")]


class FormField(TypedDict):
    """A field of the form that asks a configuration, as the run state has it, and where its value stands."""

    name: str
    type: str
    label: str
    hint: str
    required: bool
    choices: Sequence[Any]
    value: Annotated[
        Any, about("What it holds: of the configuration that was sent, or what counts unless it is given.")
    ]
    error: str | None
    options: NotRequired[Mapping[str, Any]]
    path: Annotated[Sequence[str | int], about("The key that it asks; empty for keys that have no field of their own.")]
    group: Annotated[str, about("The heading that it stands under.")]
    show_if: NotRequired[Annotated[str, about("It is shown where this holds, an expression over the other fields.")]]


class ConfigForm(TypedDict):
    """The form that asks a configuration."""

    fields: Sequence[FormField]


class NodeTypeInFull(NodeTypeLine):
    """A node type with all that an editor needs."""

    schema: Annotated[Mapping[str, Any], about("The JSON Schema (2020-12) of its configuration.")]
    form: ConfigForm
    outputs: Annotated[
        Sequence[str] | None,
        about("What later nodes can read of its example, below its id; null where that can't be known."),
    ]
    documentation: Annotated[str, about("Its page, in Markdown.")]
    example: Annotated[Mapping[str, Any] | None, about("A configuration that runs.")]


class CheckedConfig(TypedDict):
    """A configuration that is right."""

    config: Annotated[Mapping[str, Any], about("In the one way to write it.")]
    form: Annotated[ConfigForm, about("The form, filled in with it.")]


class Problem(TypedDict):
    """A problem document (RFC 9457)."""

    type: Annotated[str, about("What kind it is; it never changes.", enum=[each.uri for each in PROBLEM_TYPES])]
    title: Annotated[str, about("The kind of problem, for people.")]
    status: Annotated[int, pydantic.Field(ge=400, description="The status of the response.")]
    detail: Annotated[str, about("What happened and what to do, for people.")]
    role: NotRequired[Annotated[str, about("The role that is missing (403).")]]
    problems: NotRequired[Problems]
    errors: NotRequired[
        Annotated[Mapping[str, str], about("What is wrong with a configuration, by its keys: `cases.0.when`.")]
    ]
    text: NotRequired[Annotated[str | None, about("The draft as somebody else saved it (412); null: there is none.")]]
    revision: NotRequired[Annotated[int | None, about("The revision of that (412).")]]
    owner: NotRequired[Owner]
    shared: NotRequired[Shared]
    saved_by: NotRequired[Annotated[str | None, about("Who saved that (412).")]]


RESPONSES: tuple[Any, ...] = (
    WorkflowLine,
    Draft,
    SavedDraft,
    Deployed,
    VersionLine,
    Version,
    Difference,
    Deed,
    Sharing,
    NodeTypeLine,
    NodeTypeInFull,
    CheckedConfig,
    Problem,
)
