"""A turn that lost against another commit goes on: what it did outside and couldn't store is stored on top (S23)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from wizard.engine.commits import Saver
from wizard.engine.driver import NO_UNDOS, Driver, Heard
from wizard.engine.narration import Said
from wizard.machine import machine
from wizard.machine.conflicts import OwnWork
from wizard.machine.protocol import Result
from wizard.machine.stack import visit_of
from wizard.machine.undo import undo_what_was_left
from wizard.model import Run, RunStatus
from wizard.model.job import Claim


@dataclass(frozen=True, slots=True)
class Unsaved:
    """What a turn did outside and couldn't store yet. `at` is the run as it was stored before; `result` is what came
    of the effect that was begun with that, None where none was, or where it goes on."""

    at: Run
    result: Result | None = None

    def fits(self, run: Run) -> bool:
        """Whether the run still stands where the work was begun, and nobody else took that over (S21, S23)."""
        return (
            run.status is self.at.status
            and run.version == self.at.version
            and visit_of(run.current) == visit_of(self.at.current)
            and _claim_on(run) == _claim_on(self.at)
        )

    def ask(self) -> OwnWork:
        """The move that goes on from there."""
        current, result = self.at.current, self.result
        if result is not None:
            return OwnWork(lambda turn: machine.take_result(turn, result))
        if _claim_on(self.at):  # the effect goes on: there is nothing to do but to say so
            return OwnWork(machine.stay)
        if self.at.status is not RunStatus.WORKING:  # it was cancelled, and what its steps did is being undone
            return OwnWork(undo_what_was_left)
        return OwnWork(lambda turn: machine.resume(turn, visit_of(current)))


@dataclass(frozen=True, slots=True)
class Task:
    """How a turn is taken that isn't a person's, or not from the beginning: for the job of the visit `performing`,
    whose work is waited for as long as it takes, `job` being its key where somebody has claimed it; `claim`, where it
    comes to nothing unless the claim on it still holds; with what is
    `unsaved`, was `undone`, was `closed` and was `heard` from an earlier try (see Means), which stored a reply to the
    same request where it says `responded`. `follows` says that it goes on with what followed from a job. `said`
    is what somebody said with it in a conversation."""

    performing: int | None = None
    job: str = ""
    claim: Claim | None = None
    unsaved: Unsaved | None = None
    undone: Mapping[int, str | None] = NO_UNDOS
    closed: Set[int] = frozenset()
    heard: Sequence[Heard] = ()
    responded: bool = False
    follows: bool = False
    said: Said | None = None


PERSONS = Task()


class Overtaken(Exception):
    """Another commit was faster than the turn's; `task` is how it is taken again, on what is stored now."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task = task


class LateResult(Exception):
    """Work was done, and meanwhile somebody moved the run or took the work over. What they did stands (S21)."""


def _claim_on(run: Run) -> int:
    return 0 if run.current is None else run.current.claim


def taken_again(task: Task, driver: Driver, saver: Saver) -> Task:
    """How a turn goes on that lost against another commit: nothing that was done outside is done again."""
    task = replace(task, undone=driver.undone, closed=driver.closed, heard=(*task.heard, *driver.heard))
    if not saver.has_saved:
        return task
    return replace(task, unsaved=Unsaved(saver.run, driver.result), responded=saver.owes_reply, said=None)
