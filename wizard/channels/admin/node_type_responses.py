"""What the calls about node types answer; see wizard.channels.admin.responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NotRequired

from typing_extensions import TypedDict

from wizard.channels.http.members import about


class NodeTypeLine(TypedDict):
    """A node type, as the catalogue lists it."""

    type: Annotated[str, about("Its name in definitions.")]
    title: Annotated[str, about("What people call it.")]
    summary: str
    group: Annotated[str, about("The part of the catalogue that it is in.")]
    icon: Annotated[str, about("A name of the editor's set of icons.")]
    kind: Literal["foreground", "background", "internal"]
    ports: Annotated[Sequence[str], about("Its ways out besides the ordinary one.")]
    ports_vary: Annotated[
        bool, about("Whether its configuration says which there are: then `ports` are those of its example.")
    ]


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


RESPONSES: tuple[Any, ...] = (NodeTypeLine, NodeTypeInFull, CheckedConfig)
