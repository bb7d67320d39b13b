"""What the machine asks of whoever drives it, and what it is told: it calls no node itself (S14)."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from wizard.errors import RunError
from wizard.model import Outcome, Step, StoredFile, Value


@dataclass(frozen=True, slots=True)
class Execute:
    """Call the node's `execute`: with `given` as input, or to present a step where it is None."""

    step: Step
    given: Mapping[str, Value] | None = None
    partial: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """Compute the prompt of a step that was executed before, without executing it again."""

    step: Step


@dataclass(frozen=True, slots=True)
class Check:
    """Say whether the step's kept answer still holds (`accepts`)."""

    step: Step


@dataclass(frozen=True, slots=True)
class Remove:
    """Undo what a step did that left the path (S12)."""

    step: Step


@dataclass(frozen=True, slots=True)
class Close:
    """Close a visit: nothing is called for it any more (S14)."""

    step: Step


Request = Execute | Look | Check | Remove | Close


class Result(NamedTuple):
    """What came of a request. For Execute one of `outcome` and `failure` is set, and `step` is the
    step with what the call left in it (state, draft, reads, patch); where the work is done later, neither is
    set and `deferred` says so. With `pause` the failure isn't the last word: the work is tried again after so many
    seconds. `holds` answers a Check."""

    outcome: Outcome | None = None
    failure: RunError | None = None
    step: Step | None = None
    holds: bool = False
    deferred: bool = False
    files: tuple[StoredFile, ...] = ()
    pause: float | None = None


Move = Generator[Request, Result, None]
