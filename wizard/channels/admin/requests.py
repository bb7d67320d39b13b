"""What the calls take: the members of each body (wizard.channels.http.members)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, with_config
from typing_extensions import TypedDict

from wizard.channels.admin.people import MAX_NAME
from wizard.channels.http.members import EXACT, MAX_REVISION, Body, about, whole
from wizard.channels.http.problems import unreadable
from wizard.definitions.reading.source import MAX_BYTES

MAX_NOTE = 2000
MOST_SHARED = 100

Note = Annotated[str, Field(max_length=MAX_NOTE), about("Why, for whoever asks later.")]
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]
Revision = Annotated[
    int,
    Field(ge=0, le=MAX_REVISION),
    about("The draft's revision as you saw it: another one isn't deployed (412)."),
    BeforeValidator(whole),
]
_TEXT = (
    "The definition as its author wrote it, YAML or JSON. It is kept byte for byte, with comments, whatever is wrong."
)
_DEFINITION = "The definition as data. It is written as YAML, each key where it is here; comments of before are gone."


@with_config(ConfigDict(**EXACT, json_schema_extra={"oneOf": [{"required": ["text"]}, {"required": ["definition"]}]}))
class SaveDraft(TypedDict, total=False):
    text: Annotated[str, Field(max_length=MAX_BYTES), about(_TEXT)]
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


@with_config(ConfigDict(**EXACT, json_schema_extra={"oneOf": [{"required": ["config"]}, {"required": ["values"]}]}))
class CheckConfig(TypedDict, total=False):
    config: Annotated[dict[str, Any], about("The configuration, as a definition has it.")]
    values: Annotated[dict[str, Any], about("The same as the values of its form, by the names of the fields.")]


SAVE, DEPLOY, REVOKE, SHARE = Body(SaveDraft), Body(Deploy), Body(Revoke), Body(Share)
CHECK = Body(CheckConfig)
BODIES: tuple[Body[Any], ...] = (SAVE, DEPLOY, REVOKE, SHARE, CHECK)


def check_together(body: SaveDraft | CheckConfig) -> None:
    """What no member says by itself, of a body with members of which there is to be one. Raises Refused (400)."""
    if len(body) != 1:
        names = CHECK.names if "config" in body or "values" in body else SAVE.names
        raise unreadable(f"Send one of {' and '.join(f'`{name}`' for name in names)}.")
