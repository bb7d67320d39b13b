"""Moves the live runs of a workflow to another of its versions, a page at a time, while they go on.

A dry run and a migration are the same, but for the commit: each run is looked at as it is stored, and what was found is
stored by its revision. Who moves a run meanwhile wins. The run as it was is kept beside it, so that whatever hasn't
moved since can be brought back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from wizard.definitions.counterparts import counterparts
from wizard.definitions.outlines import Bundle, read_bundle
from wizard.engine.cache import RunCache
from wizard.engine.narration import Narrator, told_of_migration
from wizard.engine.pinned import Pinned
from wizard.engine.replaying import between, replayed
from wizard.engine.view import RunView
from wizard.errors import DataUnreadable, InvalidInput, NothingDeployed, StaleRevision, VersionNotFound
from wizard.machine.deadlines import watch_the_clock
from wizard.machine.stack import Turn, visit_of
from wizard.model import Change, Entry, Former, Migrating, Run, RunStatus, Value, Workflow
from wizard.model.instants import Clock
from wizard.model.job import Job, JobKind, job_key
from wizard.model.migrating import MOST_RUNS, Counterparts, Order, Page, Result, Verdict
from wizard.model.staging import Deed
from wizard.node import Services
from wizard.profiles.schema import ProfileSchema
from wizard.stores.contract import RunPlace, RunSummary, Store

LIVE = (RunStatus.CREATED, RunStatus.WAITING, RunStatus.WORKING, RunStatus.FAILED)
AT_ONCE = 16  # commits, which a store may make as a group
MEANWHILE = "It was moved meanwhile, and stays as it is. Try again."
SINCE = "It has been moved since it was migrated, and stays where it is."


class Migrations:
    """Migrates the runs of a store. `told` hears of each in whose conversation something was said."""

    def __init__(
        self,
        store: Store,
        pinned: Pinned,
        cache: RunCache,
        services: Services,
        clock: Clock,
        profiles: ProfileSchema | None = None,
        narrator: Narrator | None = None,
        told: Callable[[str], None] | None = None,
    ) -> None:
        self._store = store
        self._pinned = pinned
        self._cache = cache
        self._services = services
        self._clock = clock
        self._profiles = profiles
        self._narrator, self._told = narrator, told

    async def page(self, order: Order) -> Page:
        """Does what is ordered with the next runs. Raises NothingDeployed, VersionNotFound, WorkflowUnavailable, and
        InvalidInput for what can't be ordered and for names that aren't in the versions."""
        if not 1 <= order.limit <= MOST_RUNS:
            raise InvalidInput(f"`limit` must be a number from 1 to {MOST_RUNS}.")
        page = await (self._back(order) if order.back else self._forward(order))
        if not order.dry_run and any(verdict.result in (Result.CONTINUE, Result.ASK) for verdict in page.verdicts):
            await self._note(order, page)
        return page

    async def _live(self, order: Order) -> tuple[list[RunSummary], str | None]:
        """The next live runs, newest first, and where those behind them begin. A run keeps its place, whatever its
        status becomes meanwhile."""
        before = None if order.before is None else RunPlace.of(order.before)
        listed: dict[str, RunSummary] = {}
        for status in LIVE:
            runs = await self._store.list_runs(
                workflow=order.workflow, status=status, limit=order.limit + 1, before=before
            )
            listed |= {run.id: run for run in runs}
        newest = sorted(listed.values(), key=lambda run: run.place, reverse=True)
        now, page = self._clock(), newest[: order.limit]
        live = [run for run in page if run.status_at(now) in LIVE]
        return live, str(page[-1].place) if len(newest) > order.limit else None

    async def _each(
        self, runs: Sequence[RunSummary], work: Callable[[RunSummary], Awaitable[Verdict | None]]
    ) -> tuple[Verdict, ...]:
        verdicts: list[Verdict | None] = []
        for start in range(0, len(runs), AT_ONCE):
            verdicts += await asyncio.gather(*(_unless_damaged(run, work) for run in runs[start : start + AT_ONCE]))
            await asyncio.sleep(0)  # others have their turns meanwhile
        return tuple(verdict for verdict in verdicts if verdict is not None)

    async def _commit(self, change: Change, verdict: Verdict) -> Verdict:
        """What became of it."""
        try:
            await self._store.commit(change)
        except StaleRevision:
            return verdict._replace(then=None, result=Result.MOVED, why=MEANWHILE)
        except InvalidInput as error:  # its documents can't be saved: that is this run's alone
            return verdict._replace(then=None, result=Result.STUCK, why=error.message)
        finally:
            self._cache.forget(change.run.id)
        if change.said and self._told is not None:
            self._told(change.run.id)
        return verdict

    def _telling(self, before: Run, old: Workflow, change: Change, new: Workflow) -> Change:
        """The change, with what is said of it in a conversation."""
        now = self._clock.wall()
        views = RunView(old, before, now), RunView(new, change.run, now)
        return told_of_migration(self._narrator, *views, change, self._clock())

    async def _note(self, order: Order, page: Page) -> None:
        counts: dict[str, Value] = {result.value: page.count(result) for result in Result}
        what: dict[str, Value] = {"back": True} if order.back else {"number": page.number}
        deed = Deed(0, self._clock(), order.by, "migrate", order.workflow, {**what, **counts}, order.note)
        await self._store.stages.note(deed)

    # -- to another version --------------------------------------------------------------------------

    async def _forward(self, order: Order) -> Page:
        target = await self._target(order)
        runs, following = await self._live(order)
        there = [run for run in runs if run.version != target.workflow.version]
        known = {version: await self._known(version, target, order) for version in {run.version for run in there}}
        await self._check_names(order, target, known)
        verdicts = await self._each(there, lambda run: self._move(run, target, known, order))
        renamed = dict.fromkeys(name for each in known.values() if each is not None for name in each.renamed)
        return Page(target.number, target.workflow.version, verdicts, tuple(renamed), following)

    async def _target(self, order: Order) -> _Target:
        stages, number = self._store.stages, order.to
        if number is None:
            deployed = (each.number for each in await stages.deployed() if each.workflow == order.workflow)
            number = next(deployed, None)
            if number is None:
                raise NothingDeployed(workflow=order.workflow)
        version = await stages.version(order.workflow, number)
        if version is None:
            raise VersionNotFound(workflow=order.workflow)
        now = self._clock()
        any_run = Run("", order.workflow, version.version, 0, RunStatus.CREATED, now, now)
        workflow = await self._pinned.workflow_of(any_run)
        bundle = await self._bundle(version.version)
        if bundle is None:
            raise DataUnreadable("The definition of this version isn't stored. Restore it from a backup.")
        return _Target(number, workflow, bundle)

    async def _bundle(self, version: str) -> Bundle | None:
        body = await self._store.definition(version)
        return None if body is None else await asyncio.to_thread(read_bundle, body)

    async def _known(self, version: str, target: _Target, order: Order) -> Counterparts | None:
        """What is what in a version and the new one; None where the version isn't stored."""
        old = await self._bundle(version)
        return None if old is None else await asyncio.to_thread(counterparts, old, target.bundle, order.names)

    async def _check_names(self, order: Order, target: _Target, known: Mapping[str, Counterparts | None]) -> None:
        """Raises InvalidInput for a name that no version has. What is of other runs than those of this page is looked
        for in what was ever deployed: they are on another page, or have been moved already."""
        matched = [each for each in known.values() if each is not None]
        unknown = frozenset.intersection(*(each.unknown for each in matched)) if matched else frozenset()
        below = None
        while unknown and (versions := await self._store.stages.versions(order.workflow, below=below)):
            for version in {each.version for each in versions} - {*known, target.workflow.version}:
                with suppress(InvalidInput):  # what is wrong for runs that aren't here is told when they are
                    other = await self._known(version, target, order)
                    unknown = unknown if other is None else unknown & other.unknown
            below = versions[-1].number
        if unknown:
            raise InvalidInput(
                f"`{min(unknown)}` can't have another name: no earlier version has it, or it is of another type now. A"
                " field is NODE.FIELD, and its node has to be in the new version, or to be mapped as well."
            )

    async def _move(
        self, listed: RunSummary, target: _Target, known: dict[str, Counterparts | None], order: Order
    ) -> Verdict | None:
        run = await self._store.load(listed.id)
        if run is None or run.status not in LIVE or run.version == target.workflow.version:
            return None
        at = "" if run.current is None else run.current.path
        matched = known.get(run.version)
        if matched is None:
            if run.version not in known:
                return Verdict(run.id, at, None, Result.MOVED, MEANWHILE)
            return Verdict(run.id, at, None, Result.STUCK, "The definition that it is on isn't stored.")
        old = await self._pinned.known_of(run)
        verdict, change = await replayed(
            run, old, target.workflow, matched, self._clock.wall(), self._services, self._profiles
        )
        if change is None or order.dry_run:
            return verdict
        return await self._commit(self._telling(run, old, change, target.workflow), verdict)

    # -- and back ------------------------------------------------------------------------------------

    async def _back(self, order: Order) -> Page:
        runs, following = await self._live(order)
        return Page(None, "", await self._each(runs, lambda run: self._bring_back(run, order)), (), following)

    async def _bring_back(self, listed: RunSummary, order: Order) -> Verdict | None:
        former = await self._store.former(listed.id)
        run = None if former is None else await self._store.load(listed.id)
        if former is None or run is None or run.status not in LIVE:
            return None
        at, then = ("" if step is None else step.path for step in (run.current, former.run.current))
        if run.revision != former.revision:
            return Verdict(run.id, at, None, Result.MOVED, SINCE)
        verdict = Verdict(run.id, at, then, Result.CONTINUE)
        if order.dry_run:
            return verdict
        old, new = await self._pinned.known_of(former.run), await self._pinned.known_of(run)
        return await self._commit(self._telling(run, new, self._returned(run, former, old, new), old), verdict)

    def _returned(self, run: Run, former: Former, old: Workflow, new: Workflow) -> Change:
        """The run as it was, and what is stored of its profile and session with it. What was ordered for where it
        stands since is taken back, and what it stood at is watched again, from now on."""
        before = former.run._replace(revision=run.revision, visits=run.visits)
        turn = Turn(old, before, self._clock.wall())
        here, was = run.current, before.current
        moved = visit_of(here) != visit_of(was)
        if moved and was is not None and was.is_foreground and old.unavailable is None:
            watch_the_clock(turn, was)
        change = between(run, turn.change(), saved=new.saves_steps, saves=old.saves_steps, returns=True)
        entry = Entry("migrated", "" if was is None else was.path, {"from": run.version, "to": before.version})
        jobs, settled = change.jobs, change.settled
        if before.status is RunStatus.WORKING:
            jobs = (*jobs, Job(run.id, JobKind.WORK, visit_of(was), turn.now))
        if moved and here is not None:
            settled = (*settled, *(job_key(run.id, kind, here.visit) for kind in (JobKind.REMIND, JobKind.EXPIRE)))
        return change._replace(entries=(entry,), jobs=jobs, settled=settled, migrating=Migrating(None))


async def _unless_damaged(run: RunSummary, work: Callable[[RunSummary], Awaitable[Verdict | None]]) -> Verdict | None:
    """What comes of the work; a run that can't be read keeps no other from going on."""
    try:
        return await work(run)
    except DataUnreadable as error:
        return Verdict(run.id, "", None, Result.STUCK, error.message)


class _Target(NamedTuple):
    """The version that runs are moved to."""

    number: int
    workflow: Workflow
    bundle: Bundle
