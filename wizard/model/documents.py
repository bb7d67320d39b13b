"""What is saved of profiles and sessions: what a save asks for, and the record that is kept of it. Frozen, and without
behaviour; wizard.state.merging says what a save makes of what is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from wizard.model.prompt import Value

KINDS = ("profile", "session")


class SaveAction(StrEnum):
    """Why something was saved."""

    END = "end"  # a run ended
    STEP = "step"  # a run that saves as it goes finished a step
    BACK = "back"  # what a run had saved is taken back: its path doesn't set it any more
    AMEND = "amend"  # a run's documents were changed from outside
    CREATE = "create"  # somebody made the document
    PATCH = "patch"  # somebody changed it
    UNDO = "undo"  # somebody undid an earlier save
    MERGE = "merge"  # a run merged two profiles


OF_RUNS = frozenset({SaveAction.END, SaveAction.STEP, SaveAction.BACK})  # what a run's own path saves


class Origin(NamedTuple):
    """Where a save comes from: the run and its workflow, or the person who did it (`by`), and why."""

    action: SaveAction = SaveAction.END
    run: str = ""
    workflow: str = ""
    by: str = ""
    note: str = ""


NOWHERE = Origin()


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Fields that a run saved, and that its path doesn't set any more: each gets the value that it had before, unless
    somebody else has set it since. `fields` are named, `earlier` have a value that an earlier step of the path set.
    With `rest`, it is every field that the run saved and that the save doesn't name otherwise; what it names as the run
    saved it already isn't saved again. No save before `since` is the run's own."""

    since: datetime
    fields: tuple[str, ...] = ()
    earlier: Mapping[str, Value] = field(default_factory=dict)
    rest: bool = False


@dataclass(frozen=True, slots=True)
class DocumentSave:
    """Fields to merge into a stored profile or session, and names to take out of it. `steps` names the step that set a
    field, where one did."""

    kind: str  # profile or session
    id: str
    fields: Mapping[str, Value]
    removed: tuple[str, ...] = ()
    steps: Mapping[str, str] = field(default_factory=dict)
    origin: Origin = NOWHERE
    taken_back: TakenBack | None = None


class FieldChange(NamedTuple):
    """What a save did to one field. `had` and `has` tell whether the field was there before and is there after it, and
    `step` is the path of the step that set it, "" where none did."""

    field: str
    before: Value
    after: Value
    had: bool = True
    has: bool = True
    step: str = ""


class SaveRecord(NamedTuple):
    """The audit entry of one save; `revision` is the document's after it."""

    kind: str
    id: str
    revision: int
    at: datetime
    origin: Origin
    changes: tuple[FieldChange, ...]
