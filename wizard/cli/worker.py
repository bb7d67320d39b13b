"""`wizard worker`: does the jobs of a store and nothing else, until it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wizard.cli.functions import FunctionsOption, chosen, imported
from wizard.cli.shared import StoreOption, examples, load, log_as, no_definitions, place, settings, with_engine

if TYPE_CHECKING:
    from wizard.channels.http.health import Stopping
    from wizard.definitions.catalog import Catalog
    from wizard.engine import Engine
    from wizard.engine.worker import Worker
    from wizard.process.stopping import LastExit
    from wizard.settings import Settings

AT_ONCE = 10  # where the setting leaves all jobs to workers, and says nothing else

WORKER_EXAMPLES = examples(
    "wizard worker --store postgresql://localhost/forms",
    "wizard worker forms/ --store sqlite:///runs.db --jobs 4 --port 9090",
    "wizard worker --store postgresql://localhost/forms --functions shop:FUNCTIONS",
)


def worker(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PATH", help="Definitions to check first; runs bring those that they need."),
    ] = None,
    store: StoreOption = None,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=1000, help="Jobs at a time; 10 unless given.")
    ] = None,
    host: Annotated[str | None, typer.Option(metavar="ADDRESS", help="The address that --port is of.")] = None,
    port: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, max=65535, help="Serve /healthz, /readyz and /metrics there; 0: a free one."),
    ] = None,
    functions: FunctionsOption = None,
) -> None:
    """Do the jobs of a store, and nothing else. Jobs are slow steps, waits, reminders, undos and deletions; any number
    of workers share a store.

    Told to stop, by Ctrl-C or SIGTERM, it finishes the jobs under way, or hands them back after WIZARD_GRACE seconds.
    It has the functions that --functions names; a step that calls another fails.
    """
    from wizard.engine.prerequisites import log_missing_prerequisites
    from wizard.process.running import run_to_its_end

    here = settings()
    url = store or here.store
    if url.startswith("memory:"):
        raise typer.BadParameter(
            "a store in memory is of one process; name one that others can use.", param_hint="--store"
        )
    given = imported(chosen(functions, here))
    catalog = load(paths, url, here) if paths else no_definitions()
    log_as(here)
    log_missing_prerequisites(catalog.workflows.values(), given)
    at_once = jobs or here.jobs or AT_ONCE
    if code := run_to_its_end(
        _until_told(url, catalog, here, given, at_once=at_once, host=host or here.host, port=port)
    ):
        raise typer.Exit(code)


async def _until_told(
    url: str,
    catalog: Catalog,
    here: Settings,
    functions: Mapping[str, Callable[..., Any]],
    *,
    at_once: int,
    host: str,
    port: int | None,
) -> int:
    """Works until a signal comes; gives the process's exit code."""
    from wizard.process.stopping import ABANDONED, LastExit

    last_exit = LastExit()

    async def work(engine: Engine) -> Engine:
        await _work(engine, at_once, place(url), host, port, last_exit=last_exit)
        return engine

    engine = await with_engine(url, catalog, here, work, functions)
    last_exit.hasten()
    return ABANDONED if engine.services.calls.lost else 0


async def _work(
    engine: Engine, at_once: int, store: str, host: str, port: int | None, *, last_exit: LastExit | None = None
) -> None:
    from wizard.channels.http.health import Stopping
    from wizard.engine.worker import Worker
    from wizard.plugins.channels import ready_to_deliver
    from wizard.process.running import come_to
    from wizard.process.stopping import hearing, longest_stop
    from wizard.telemetry.logs import loop_failed

    grace = engine.settings.grace
    stopping = Stopping(asyncio.Event(), grace)
    asyncio.get_running_loop().set_exception_handler(loop_failed)
    ready_to_deliver(engine)
    working = Worker(engine, at_once=at_once)
    limit = (lambda: None) if last_exit is None else partial(last_exit.within, longest_stop(grace))
    with hearing(stopping.begun, limit):
        async with _health(engine, stopping, working, host, port) as where:
            print(f"Working on the jobs of {store}, {at_once} at a time{where} (Ctrl-C stops)", flush=True)
            working.start()
            await come_to(stopping.begun)
            print("Stopping", flush=True)
            await working.stop(grace)
    print("Stopped", flush=True)


@asynccontextmanager
async def _health(
    engine: Engine, stopping: Stopping, worker: Worker, host: str, port: int | None
) -> AsyncIterator[str]:
    """What a supervisor asks, where a port is given; what is said of it."""
    if port is None:
        yield ""
        return
    from wizard.app import figures_of
    from wizard.channels.http.health import health_app
    from wizard.server import listening, written

    app = health_app(engine.store, stopping, figures_of(engine), engine.services.calls, [worker])
    async with listening(app, host, port, grace=stopping.grace) as addresses:
        yield f"; its health is at {written(addresses[0])}/healthz"
