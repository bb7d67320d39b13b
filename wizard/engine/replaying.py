"""What becomes of one run on another version of its workflow: the replay's questions, answered without any effect, and
what is to be stored.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, assert_never

from wizard.engine.inputs import read_input
from wizard.engine.outcomes import check_profile, checked, failure_of, with_traces
from wizard.engine.visits import make_visit, prompt_of
from wizard.errors import WizardError
from wizard.machine.protocol import Check, Close, Execute, Look, Remove, Request, Result
from wizard.machine.replay import Carry, Landing, Replay, Stuck, carry, replay
from wizard.machine.stack import Turn
from wizard.model import Change, Entry, Migrating, Proceed, Run, Step, Value, Workflow
from wizard.model.migrating import Counterparts, Verdict
from wizard.model.migrating import Result as Ending
from wizard.node import NodeType, Services, Visit
from wizard.node.prompt_checks import only_computes
from wizard.node.retry import seconds_in_all
from wizard.process.isolation import computed
from wizard.profiles.schema import ProfileSchema
from wizard.state.documents import migrated_saves
from wizard.telemetry.logs import broke, is_outspoken

log = logging.getLogger("wizard.engine")

ON_THE_WAY = ("opened", "left", "branched", "re-used")  # what a replay comes through, and every trace has already


class Replayed(NamedTuple):
    """`change` is what has to be stored for it, None where the run is stuck."""

    verdict: Verdict
    change: Change | None = None


async def replayed(
    run: Run,
    old: Workflow,
    new: Workflow,
    counterparts: Counterparts,
    now: datetime,
    services: Services,
    profiles: ProfileSchema | None = None,
) -> Replayed:
    """The run on the `new` version, as of `now` on the wall clock. Nothing is called that has an effect outside, and
    nothing is set that the schema of `profiles` doesn't take."""
    at = "" if run.current is None else run.current.path
    try:
        carried = carry(old, new, counterparts, run)
        given = _input_of(new, carried.run, now)
        carried = carried._replace(run=carried.run._replace(input=given))
        turn = Turn(new, carried.run, now)
        landing = await _Replaying(turn, services, profiles).drive(replay(turn, carried, same_input=given == run.input))
    except (Stuck, WizardError) as error:
        return Replayed(Verdict(run.id, at, None, Ending.STUCK, _why(error)))
    change = between(run, turn.change(), saved=old.saves_steps, saves=new.saves_steps)
    then = "" if change.run.current is None else change.run.current.path
    told: dict[str, Value] = {"from": run.version, "to": new.version, "result": landing.ending.value}
    entries = [entry for entry in change.entries if entry.kind not in ON_THE_WAY]
    entries.insert(0, Entry("migrated", then, told))
    change = change._replace(entries=tuple(entries), migrating=Migrating(run))
    return Replayed(Verdict(run.id, at, then, landing.ending, landing.why), change)


def _why(error: Stuck | WizardError) -> str:
    """For whoever migrates, who isn't to read what people answered."""
    if isinstance(error, Stuck):
        return str(error)
    where = f" at `{error.node}`" if error.node else ""
    return error.message if is_outspoken(error) else f"The way can't be found{where}: {type(error).__name__}."


def _input_of(workflow: Workflow, run: Run, now: datetime) -> Mapping[str, Value]:
    """What the run was handed, as the version takes it. Raises Stuck where it doesn't."""
    if not workflow.input:
        return run.input
    declared = {field.name for field in workflow.input}
    try:
        return read_input(workflow, run, {name: value for name, value in run.input.items() if name in declared}, now)
    except WizardError as error:
        raise Stuck("It was started with an input that the new version doesn't take.") from error


def between(before: Run, change: Change, *, saved: bool, saves: bool, returns: bool = False) -> Change:
    """The change that makes its run of the one that is stored, whatever it was made from. `saved` and `saves` tell
    whether the version that it leaves, and the one that it goes to, save its documents as it goes."""
    after = change.run
    return change._replace(
        expected=before.revision,
        written=tuple(step for step in after.steps if before.by_path.get(step.path) != step),
        dropped=tuple(path for path in before.by_path if path not in after.by_path),
        parked={path: answers for path, answers in after.parked.items() if before.parked.get(path) != answers},
        unparked=tuple(path for path in before.parked if path not in after.parked),
        documents=migrated_saves(before, after, was_saved=saved, is_saved=saves, returns=returns),
        context=True,
    )


class _Replaying:
    """Answers a replay's requests."""

    def __init__(self, turn: Turn, services: Services, profiles: ProfileSchema | None) -> None:
        self._turn = turn
        self._services = services
        self._profiles = profiles

    async def drive(self, move: Replay) -> Landing:
        try:
            request = next(move)
            while True:
                request = move.send(await self._answer(request))
        except StopIteration as stop:
            landing: Landing = stop.value
            return landing

    async def _answer(self, request: Request | Carry) -> Result:
        match request:
            case Carry(step):
                output = self._carried(step)
                return Result(step=None if output is None else step._replace(output=output))
            case Execute(step):
                return await self._execute(step)
            case Look(step):
                self._look(step)
            case Remove(step):
                self._turn.undone(step.visit)  # there is nothing to undo, or the run is stuck
            case Check() | Close():
                pass
            case _:
                assert_never(request)
        return Result()

    def _visit(self, step: Step, *, record: bool = False) -> Visit[Any]:
        turn = self._turn
        return make_visit(turn.workflow, turn, step, turn.local_now, self._services, record=record)

    def _carried(self, step: Step) -> Mapping[str, Value] | None:
        """An answer that can't be judged is asked for again."""
        visit = self._visit(step)
        handler: NodeType[Any] = visit.node.handler
        try:
            carried = computed(handler.carried, visit, object, visit)
        except Exception as error:
            broke(log, error, "the answer to step %s of run %s can't be judged", step.path, self._turn.id)
            return None
        return carried if isinstance(carried, Mapping) else None

    def _look(self, step: Step) -> None:
        try:
            prompt_of(self._visit(step))
        except WizardError as error:
            raise Stuck(f"`{step.path}` can't be shown in the new version.") from error

    async def _execute(self, step: Step) -> Result:
        """Only what is pure is executed by a replay."""
        visit = self._visit(step, record=not step.is_foreground)
        handler: NodeType[Any] = visit.node.handler
        try:
            outcome = checked(await self._called(handler, visit), visit)
            if self._profiles is not None and visit.changes:
                check_profile(visit, self._profiles, self._turn.local_now)
        except Exception as error:
            return Result(failure=failure_of(error, step), step=step)
        after = with_traces(step, visit, proceeds=isinstance(outcome, Proceed))
        return Result(outcome, None, after, files=tuple(visit.files))

    async def _called(self, handler: NodeType[Any], visit: Visit[Any]) -> object:
        if only_computes(visit):
            return await handler.execute(visit)
        return await visit.services.calls.within(seconds_in_all(visit), lambda: handler.execute(visit), visit)
