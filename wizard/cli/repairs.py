"""What an operator does to a run: `wizard runs cancel`, `repair` and `delete`.

The command has none of the host's functions, so it decides and orders; what has effects is a worker's to do. It needs
no server and disturbs none: whoever moves a run at the same time is told apart by the run's revision.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from wizard.cli.shared import RunId, StoreOption, clean, look, quantity

if TYPE_CHECKING:
    from wizard.engine import Engine
    from wizard.engine.view import RunView
    from wizard.model.job import Job
    from wizard.settings import Settings

FAILED = 1
PATIENCE = 3600.0  # seconds that --now waits for one step
WHO = "a worker does it: `wizard serve`, `wizard worker` or your own application"

Now = Annotated[
    bool,
    typer.Option("--now", help="Do it here and wait for it; the command has no functions of your application."),
]


def cancel(
    run_id: RunId,
    store: StoreOption = None,
    undo: Annotated[bool, typer.Option("--undo", help="Have what its steps did undone, the newest first.")] = False,
    now: Now = False,
) -> None:
    """End a run for good. It can't be gone on with any more, and what is stored of it stays."""
    from wizard.model import RunStatus

    async def work(engine: Engine) -> tuple[bool, RunView]:
        before = await engine.load(run_id)
        return before.status is RunStatus.CANCELLED, await engine.cancel(run_id, undo=undo)

    already, view = look(store, work, settled=_settled(now=now))
    if already:
        print(f"Run {view.id} was cancelled before. Nothing has changed.")
        return
    print(f"Run {view.id} is cancelled.")
    if view.run.undos:
        print(f"{quantity(len(view.run.undos), 'step')} still to be undone; {WHO}.")
    elif undo and now:
        print("What its steps did is undone.")


def repair(run_id: RunId, store: StoreOption = None, now: Now = False) -> None:
    """Try again what was given up in a run. That is jobs that were put aside, undos that failed too often, and the step
    that it failed at."""
    from wizard.model import RunStatus

    jobs = look(store, lambda engine: engine.store.queue.put_back(run_id, engine.clock()))
    if jobs:  # of a run that can't be read as well
        print(f"{quantity(jobs, 'job')} of run {run_id} put back; {WHO}.")

    async def work(engine: Engine) -> tuple[RunStatus, int, int, RunView]:
        before = await engine.load(run_id)
        status, undos = before.status, sum(undo.failed for undo in before.run.undos)
        owed_before = len(before.run.undos)
        if undos or status is RunStatus.FAILED:
            await engine.repair(before)
        if now:
            await _do_due(engine, before)
        return status, undos, owed_before, before

    status, undos, before_undos, view = look(store, work, settled=_settled(now=now))
    if not undos and status is not RunStatus.FAILED:
        if owed := len(view.run.undos):
            print(f"{quantity(owed, 'undo')} of run {run_id} still to be done; {WHO}.")
        elif now and before_undos:
            print(f"{quantity(before_undos, 'undo')} of run {run_id} {_outcome(0)}.")
        elif not jobs:
            print(f"Nothing of run {run_id} was given up. It is {status.value}.")
        return
    if undos:
        print(f"{quantity(undos, 'undo')} of run {run_id} {_outcome(len(view.run.undos))}.")
    if status is RunStatus.FAILED:
        _say_of_step(view)


def _outcome(owed: int) -> str:
    return f"will be tried again; {WHO}" if owed else "succeeded"


def _say_of_step(view: RunView) -> None:
    from wizard.model import RunStatus

    match view.status:
        case RunStatus.FAILED:
            fault = view.run.fault
            print(clean(f"The step {view.step} failed again: {fault.message if fault else ''}"), file=sys.stderr)
            raise typer.Exit(FAILED)
        case RunStatus.WORKING:
            print(f"The step {view.step} will be tried again; {WHO}.")
        case _:
            print(f"The run went on, and is {view.status.value}.")


def delete(
    run_id: RunId,
    store: StoreOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Delete all that is stored of a run: answers, files, trace, jobs. Nothing that its steps did is undone."""

    async def work(engine: Engine) -> bool:
        view = await engine.load(run_id)
        said = f"{view.run.workflow}, {view.status.value}, last moved {view.run.updated_at:%Y-%m-%d}"
        if not yes and not await asyncio.to_thread(agreed, f"Delete all of run {run_id} ({said})?"):
            return False
        return await engine.delete(run_id)

    if look(store, work):
        print(f"All that was stored of run {run_id} is deleted. What its steps did elsewhere stays as it is.")
    else:
        print("Nothing was deleted.")
        raise typer.Exit(FAILED)


FOR_GOOD = "Nothing is undone by it, and nothing brings it back."


def agreed(question: str, closing: str = FOR_GOOD) -> bool:
    """Whether the person says yes. Raises BadParameter where nobody is there."""
    print(f"{clean(question)} {closing} [y/N] ", end="", flush=True)
    line = sys.stdin.readline()
    if not line:
        raise typer.BadParameter("nobody can be asked here; say that you are sure.", param_hint="--yes")
    return line.strip().lower() in ("y", "yes")


# -- deciding, and doing ---------------------------------------------------------------------------


def _settled(*, now: bool) -> Callable[[Settings], Settings]:
    """Without `now` no effect is begun (see wizard.engine.driver.Means), with it each is waited for."""
    return lambda here: here.model_copy(update={"slow_after": PATIENCE if now else 0.0})


async def _do_due(engine: Engine, view: RunView) -> None:
    """Does here what the run's jobs would: what is owed, the newest first, and the step that it stands at."""
    from wizard.machine.stack import visit_of
    from wizard.model import RunStatus
    from wizard.model.job import Job, JobKind

    for owed in view.run.undos:
        await _do(engine, Job(view.id, JobKind.UNDO, owed.step.visit, engine.clock()))
    if view.status is RunStatus.WORKING:
        await _do(engine, Job(view.id, JobKind.WORK, visit_of(view.run.current), engine.clock()))
    await engine.load(view)


async def _do(engine: Engine, job: Job) -> None:
    """Nothing where a worker has the job: whoever ordered one holds it until somebody claims it (wizard.model.job)."""
    from wizard.engine.leases import LeaseLost, held
    from wizard.model.job import Claim

    claim, queue, lease = Claim(job, 0), engine.store.queue, timedelta(seconds=engine.settings.lease)

    async def renew() -> bool:
        return await queue.put_off(claim, engine.clock(), engine.clock() + lease)

    if not await renew():
        return
    try:
        again = await held(asyncio.ensure_future(engine.perform(claim)), renew, lease.total_seconds() / 3)
    except LeaseLost:
        return
    if again is None:
        await queue.done(claim)
    else:
        await queue.put_off(claim, engine.clock(), again)
