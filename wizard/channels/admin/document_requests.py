"""What the calls on profiles and sessions take: the members of each body (wizard.channels.http.members)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import BeforeValidator, Field, with_config
from typing_extensions import TypedDict

from wizard.channels.http.members import EXACT, MAX_REVISION, Body, about, whole
from wizard.profiles.keeping import MAX_FIELDS, MAX_NAME, MAX_NOTE

Note = Annotated[str, Field(max_length=MAX_NOTE), about("Why, for whoever asks later.")]
Name = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]


@with_config(EXACT)
class Patch(TypedDict, total=False):
    fields: Annotated[dict[Name, Any], Field(max_length=MAX_FIELDS), about("What is to be set, by name.")]
    remove: Annotated[list[Name], Field(max_length=MAX_FIELDS), about("What is to be taken out.")]
    note: Note


@with_config(EXACT)
class UndoSave(TypedDict):
    revision: Annotated[
        int, Field(ge=1, le=MAX_REVISION), about("The save, as the history numbers it."), BeforeValidator(whole)
    ]
    on_conflict: NotRequired[
        Annotated[
            Literal["refuse", "skip", "force"],
            about(
                "What becomes of fields that were set since: nothing is undone (409), they stay and the others are "
                "undone, or they are undone as well. `refuse` unless given."
            ),
        ]
    ]
    note: NotRequired[Note]


PATCH, UNDO = Body(Patch), Body(UndoSave)
BODIES: tuple[Body[Any], ...] = (PATCH, UNDO)
