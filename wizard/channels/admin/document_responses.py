"""What the calls on profiles and sessions answer; see wizard.channels.admin.responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, NotRequired

import pydantic
from typing_extensions import TypedDict

from wizard.channels.http.members import about
from wizard.model.documents import SaveAction

Revision = Annotated[int, pydantic.Field(ge=1), about("Counts how often it was saved.")]
Count = Annotated[int, pydantic.Field(ge=0)]


class StoredLine(TypedDict):
    """A stored profile or session, without what is in it."""

    id: str
    revision: Revision
    saved_at: datetime


class Stored(TypedDict):
    """A stored profile or session. Dates and decimals are texts, as in runs."""

    id: str
    revision: Revision
    fields: Mapping[str, Any]


class FieldChange(TypedDict):
    """What a save did to a field."""

    field: str
    before: NotRequired[Annotated[Any, about("What it was; left out where it wasn't there.")]]
    after: NotRequired[Annotated[Any, about("What it became; left out where it was taken out.")]]
    step: Annotated[str | None, about("The path of the step that set it.")]
    node: Annotated[str | None, about("The node of that step.")]


class Save(TypedDict):
    """One save of a profile or session."""

    revision: Revision
    at: datetime
    action: Annotated[
        str,
        about(
            "`end`: a run ended. `step`: a run that saves as it goes finished a step. `back`: a run takes back what it "
            "saved. `amend`: a run was changed from outside. `create`, `patch`, `undo`: somebody did.",
            enum=[action.value for action in SaveAction],
        ),
    ]
    by: Annotated[str | None, about("Who did it; null where a run did.")]
    note: str
    run: str | None
    workflow: str | None
    changes: Sequence[FieldChange]


class Undone(TypedDict):
    """What came of undoing a save."""

    revision: Revision
    undone: Annotated[Sequence[str], about("The fields that are as they were before that save again.")]
    left: Annotated[Sequence[str], about("Fields that were set since, and stay.")]


class Gone(TypedDict):
    """What was deleted."""

    profile: Annotated[bool, about("Whether there was a profile.")]
    sessions: Annotated[Sequence[str], about("The sessions that went.")]
    runs: Annotated[Count, about("How many runs went.")]
    events: Annotated[Count, about("How many events about this person went.")]
    runs_left: Annotated[Count, about("Runs of this person that are stored still.")]
    under_way: Annotated[Count, about("Those of them that may save something of the person when they end.")]


RESPONSES: tuple[Any, ...] = (StoredLine, Stored, FieldChange, Save, Undone, Gone)
