"""Calling nodes for the machine: what it asks, done within limits, and what came of it.

Where work is to be done later, or takes longer than anybody should be kept waiting, the machine is told that it
is deferred; the run stays at that step and is gone on with as a job (wizard.engine.jobs).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Any, NamedTuple, assert_never

from immutables import Map

from wizard.engine.children import Children
from wizard.engine.commits import Saver
from wizard.engine.dropped import Dropped
from wizard.engine.outcomes import check_profile, checked, due_at, failure_of, with_traces
from wizard.engine.reentry import AtWork
from wizard.engine.slots import Slots
from wizard.engine.visits import make_visit, prompt_of, still_holds
from wizard.errors import NodeContractError, RunError, WizardError
from wizard.machine.events import oldest
from wizard.machine.pacing import paced
from wizard.machine.protocol import Check, Close, Execute, Look, Remove, Request, Result
from wizard.machine.stack import Turn
from wizard.model import Kind, Later, Outcome, Proceed, Prompt, PutOff, Run, Step, StoredFile, Wait
from wizard.model.copies import copied
from wizard.model.job import JobKind, job_key
from wizard.model.path import locate
from wizard.node import NodeType, Services, Visit
from wizard.node.contract import Profiles
from wizard.node.prompt_checks import only_computes
from wizard.node.retry import TryLater, persevere, seconds_in_all
from wizard.process.isolation import computed
from wizard.process.unstoppable import doing
from wizard.profiles.schema import ProfileSchema
from wizard.telemetry.logs import broke
from wizard.telemetry.watching import NOBODY, Watch

log = logging.getLogger("wizard.nodes")

NOTHING = Result()
NO_UNDOS: Mapping[int, str | None] = Map()

Tell = Callable[[float | None, str], None]


class Heard(NamedTuple):
    """What came of executing a foreground step, as it was then, with an input."""

    request: Execute
    result: Result


@dataclass(frozen=True, slots=True)
class Means:
    """What a turn is played with.

    `performing` is the visit whose job is being done: it isn't put off again, and is waited for as long as it takes,
    for whoever does the job renews its lease. `undone` says what came of undoing the visits of dropped steps, None or
    the error's name, `closed` which visits were closed, and `heard` what foreground nodes made of input, in a turn that
    lost against another commit: none of it is done again. `patience` are the seconds that other background work may
    take before it is deferred; with 0 no effect is begun but each is ordered as a job: for who has none of the host's
    functions.
    `tell` gives what hears how far the work of a visit is. `profiles` says what nodes may set in profiles.
    `file` opens an uploaded file of a run, by its id and that of the file. `children` are the runs that nodes start,
    `stored_profiles` the profiles that they look at, and `claim` reserves names for one of them.
    """

    services: Services
    slots: Slots
    performing: int | None = None
    undone: Mapping[int, str | None] = NO_UNDOS
    closed: Set[int] = frozenset()
    heard: Sequence[Heard] = ()
    patience: float = 0.0
    tell: Callable[[str, int], Tell] | None = None
    watch: Watch = NOBODY
    profiles: ProfileSchema | None = None
    file: Callable[[str, str], Awaitable[StoredFile | None]] | None = None
    children: Children | None = None
    stored_profiles: Profiles | None = None
    claim: Callable[[str, str], Awaitable[bool]] | None = None


@dataclass(frozen=True, slots=True)
class Lasting:
    """Work that goes on after its turn has ended."""

    visit: int
    type: str  # the node's
    result: asyncio.Task[Result]


class Driver:
    """Answers the machine's requests by calling nodes. `prompt` is what the last one showed, `lasting` the work that
    goes on, `until` when a step that was put off is due. `undone` is what came of undoing, `closed` are the visits
    that were closed, and `heard` is what foreground nodes made of input: like `result`, what mustn't be done again
    where another commit was faster (S14, S23)."""

    def __init__(self, turn: Turn, means: Means, saver: Saver, clock: Callable[[], datetime]) -> None:
        self.prompt: Prompt | None = None
        self.lasting: Lasting | None = None
        self.heard: list[Heard] = []
        self.until: dict[int, datetime | None] = {}
        self._turn = turn
        self._means = means
        self._saver = saver
        self._clock = clock
        self._last_effect: tuple[Run, Result] | None = None  # with the run as it was stored before it began
        self._dropped = Dropped(turn, saver, self._visit, means.patience)
        self._dropped.undone |= means.undone
        self._dropped.closed |= means.closed

    @property
    def undone(self) -> Mapping[int, str | None]:
        return self._dropped.undone

    @property
    def closed(self) -> Set[int]:
        return self._dropped.closed

    @property
    def result(self) -> Result | None:
        """What came of the last effect, as long as that isn't stored."""
        if self._last_effect is None or self._last_effect[0] is not self._saver.run:
            return None
        return self._last_effect[1]

    async def answer(self, request: Request) -> Result:
        match request:
            case Execute(step):
                if step.kind is not Kind.BACKGROUND:
                    return await self._ask(request)
                result = await self._work(step)
                self._turn.now = self._clock()
                return result
            case Look(step):
                self._look(step)
            case Check(step):
                return Result(holds=self._accepts(step))
            case Remove(step):
                await self._dropped.remove(step)
                self._turn.now = self._clock()
            case Close(step):
                await self._dropped.close(step)
            case _:
                assert_never(request)
        return NOTHING

    def _visit(self, step: Step, *, record: bool = False) -> Visit[Any]:
        turn = self._turn
        visit = make_visit(turn.workflow, turn, step, turn.local_now, self._means.services, record=record)
        if self._means.file is not None:
            visit.open_file = partial(self._means.file, turn.id)
        if self._means.children is not None:
            visit.child = self._means.children.of(turn, step)
        visit.profiles = self._means.stored_profiles
        if self._means.claim is not None:
            visit.claim = self._means.claim
        return visit

    # -- foreground steps --------------------------------------------------------------------------

    def _look(self, step: Step) -> None:
        """Computes the prompt of a step. Where it can't be, the run moves all the same; its view says why."""
        with suppress(WizardError):
            self.prompt = prompt_of(self._visit(step))

    def _accepts(self, step: Step) -> bool:
        """An answer that can't be judged is asked for again."""
        visit = self._visit(step)
        try:
            return still_holds(visit)
        except Exception as error:
            broke(log, error, "the answer to step %s of run %s can't be judged", step.path, self._turn.id)
            return False

    async def _ask(self, request: Execute) -> Result:
        result = next((heard.result for heard in self._means.heard if heard.request == request), None)
        if result is None:
            visit = self._visit(request.step)
            visit.input, visit.partial = copied(request.given), request.partial
            result = await self._call(request.step, visit, retrying=False)
            if not visit.node.handler.pure:
                self.heard.append(Heard(request, result))
        if isinstance(result.outcome, Wait):
            self.prompt = result.outcome.prompt
        return result

    # -- background steps --------------------------------------------------------------------------

    async def _work(self, step: Step) -> Result:
        visit = self._visit(step, record=True)
        handler: NodeType[Any] = visit.node.handler
        if visit.node.events:
            arrival = oldest(self._turn.arrivals, visit.node.events, visit.names)
            visit.arrival = None if arrival is None else arrival._replace(data=copied(arrival.data))
        try:
            later, rounds = self._later(step, visit)
        except Exception as error:
            return Result(failure=failure_of(error, step), step=step)
        if later is not None:
            return self._put_off(step, visit, later, rounds)
        limits = self._means.slots.limits(locate(self._turn.workflow, step.path))
        if limits:
            waits = await self._stand_in_line(step, visit, limits)
            if waits is not None:
                return waits
            step = self._turn.steps[self._turn.cursor]
        retrying = not handler.own_retries
        if handler.pure:
            return await self._timed(step, visit, limits, retrying=retrying)
        try:
            await self._saver.save_before_effect()
        except BaseException:
            if limits:
                await self._means.slots.leave(self._key(step))
            raise
        visit.resumes = True
        if self._means.tell is not None:
            visit.tell = self._means.tell(self._turn.id, step.visit)
        result = await self._with_patience(step, visit, limits, retrying=retrying)
        if not result.deferred:
            self._last_effect = self._saver.run, result
        return result

    def _later(self, step: Step, visit: Visit[Any]) -> tuple[Later | None, int]:
        """When the step is to be done, None for now, and how many rounds of a loop didn't wait for it."""
        handler: NodeType[Any] = visit.node.handler
        put_off = step.put_off
        if put_off is not None and put_off.until is not None and put_off.until > self._turn.now and not put_off.wakes:
            return Later(put_off.until), put_off.rounds
        later = computed(handler.later, visit, object, visit)
        if later is not None and not isinstance(later, Later):
            raise NodeContractError(
                f"later of node type {step.type} gave {type(later).__name__}, neither Later nor None."
            )
        if later is not None and later.at is not None:
            later = Later(due_at(later.at, visit.node.type))
        if handler.pauses:
            return paced(self._turn, step, later, came=visit.arrival is not None)
        if later is not None:
            return (None if later.at is not None and later.at <= self._turn.now else later), 0
        slow = visit.node.slow or handler.slow or (self._means.patience == 0 and not handler.pure)
        if slow and step.visit != self._means.performing:
            return Later(self._turn.now), 0
        return None, 0

    def _put_off(self, step: Step, visit: Visit[Any], later: Later, rounds: int, *, again: bool = False) -> Result:
        if visit.node.handler.pauses:
            put_off = (step.put_off or PutOff())._replace(rounds=rounds)
            step = step._replace(put_off=put_off._replace(until=later.at) if rounds else put_off)
        self.until[step.visit] = later.at
        if later.at is not None:
            self._turn.order(JobKind.WORK, step.visit, later.at)
        if not again:
            self._turn.log("put off", step.path, **({"until": later.at} if later.at is not None else {}))
        self._means.watch.node(step.type, 0.0, "deferred")
        return Result(step=with_traces(step, visit, proceeds=False), deferred=True)

    def _key(self, step: Step) -> str:
        return job_key(self._turn.id, JobKind.WORK, step.visit)

    async def _stand_in_line(self, step: Step, visit: Visit[Any], limits: Mapping[str, int]) -> Result | None:
        """None where there is a place for the visit; else it comes again as a job."""
        put_off = step.put_off or PutOff()
        since = put_off.since or self._turn.now
        pause = await self._means.slots.ask(self._key(step), limits, since)
        if pause is None:
            if put_off.since is not None:
                self._turn.put(step._replace(put_off=put_off._replace(since=None)))
            return None
        again = put_off.since is not None  # the trace says once that it stands in line
        step = step._replace(put_off=put_off._replace(since=since))
        return self._put_off(step, visit, Later(self._turn.now + pause), put_off.rounds, again=again)

    async def _with_patience(
        self, step: Step, visit: Visit[Any], limits: Mapping[str, int], *, retrying: bool
    ) -> Result:
        if step.visit == self._means.performing:
            return await self._timed(step, visit, limits, retrying=retrying)
        task = asyncio.ensure_future(self._timed(step, visit, limits, retrying=retrying))
        try:
            done, _ = await asyncio.wait({task}, timeout=self._means.patience)
        except asyncio.CancelledError:
            if visit.services.calls.unstoppable.goes_on(
                self._key(step)
            ):  # who waited goes away, and takes nothing away
                self.lasting = Lasting(step.visit, step.type, task)
                raise
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            if limits:  # the task may not have come to take its place over
                await self._means.slots.leave(self._key(step))
            raise
        if done:
            return task.result()
        self.lasting = Lasting(step.visit, step.type, task)
        return Result(deferred=True)

    async def _timed(self, step: Step, visit: Visit[Any], limits: Mapping[str, int], *, retrying: bool) -> Result:
        begun, call = perf_counter(), self._call(step, visit, retrying=retrying)
        result = await (self._means.slots.during(self._key(step), limits, call) if limits else call)
        outcome = "done" if result.failure is None else "failed" if result.pause is None else "deferred"
        self._means.watch.node(step.type, perf_counter() - begun, outcome)
        return result

    async def _call(self, step: Step, visit: Visit[Any], *, retrying: bool) -> Result:
        outcome: Outcome | None = None
        failure: RunError | None = None
        pause: float | None = None
        try:
            outcome = checked(await self._reported(step, visit, retrying=retrying), visit)
            if self._means.profiles is not None and visit.changes:
                check_profile(visit, self._means.profiles, self._turn.local_now)
        except TryLater as again_later:
            cause = again_later.__cause__
            assert isinstance(cause, Exception)
            failure, pause = failure_of(cause, step), again_later.seconds
            self._means.watch.tried_again(step.type)
            step = step._replace(put_off=PutOff(tried=again_later.tried))
        except Exception as error:
            failure = failure_of(error, step)
        after = with_traces(step, visit, proceeds=isinstance(outcome, Proceed))
        return Result(outcome, failure, after, files=tuple(visit.files), pause=pause)

    async def _reported(self, step: Step, visit: Visit[Any], *, retrying: bool) -> object:
        """What the node reports: anything, where others wrote it. Raises what it raises, and NodeFailed where it takes
        too long."""
        handler: NodeType[Any] = visit.node.handler
        if only_computes(visit):
            return await handler.execute(visit)
        with AtWork(visit), doing(self._key(step)):
            if retrying:
                watch = self._means.watch
                return await persevere(handler.execute, visit, again=lambda: watch.tried_again(step.type))
            return await visit.services.calls.within(seconds_in_all(visit), lambda: handler.execute(visit), visit)
