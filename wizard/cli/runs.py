"""`wizard runs`: looking into a store. What changes a run is in wizard.cli.repairs."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wizard.cli.jobs import aside_json
from wizard.cli.repairs import cancel, delete, repair
from wizard.cli.shared import (
    OPENING,
    AsJson,
    RunId,
    StoreOption,
    command_group,
    examples,
    look,
    print_json,
    print_table,
    time_of,
)

if TYPE_CHECKING:
    from wizard.engine import Engine
    from wizard.engine.view import RunView
    from wizard.model import Fault, RunStatus
    from wizard.stores.contract import RunPlace, RunSummary

MAX_LISTED = 10_000

runs = command_group(
    "Look into a store; export, cancel, repair and delete runs.",
    "wizard runs list --status waiting",
    "wizard runs show RUN_ID",
    "wizard runs export RUN_ID --output run.json",
    "wizard runs cancel RUN_ID --undo",
)


@runs.command("list", epilog=examples("wizard runs list", "wizard runs list --workflow passport --limit 20 --json"))
def list_runs(
    store: StoreOption = None,
    workflow: Annotated[str | None, typer.Option(metavar="ID", help="Only runs of this workflow.")] = None,
    status: Annotated[
        str | None, typer.Option(metavar="STATUS", help="Only runs with this status, such as waiting.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(metavar="ID", help="Only runs of the person with this profile.")
    ] = None,
    failed_undos: Annotated[
        bool, typer.Option("--failed-undos", help="Only runs with an undo that was given up.")
    ] = False,
    limit: Annotated[
        int, typer.Option(metavar="N", min=1, max=MAX_LISTED, help="How many at most, newest first.")
    ] = 100,
    before: Annotated[
        str | None,
        typer.Option(metavar="RUN_ID", help="Only runs that are older than this one, the last of a page."),
    ] = None,
    ids: Annotated[bool, typer.Option("--ids", help="Print the ids alone, for other commands.")] = False,
    as_json: AsJson = False,
) -> None:
    """List runs, newest first. Answers aren't shown."""
    wanted = _status(status)
    if failed_undos and before is not None:
        raise typer.BadParameter("--failed-undos lists all at once: take a higher --limit.", param_hint="--before")

    async def work(engine: Engine) -> list[RunSummary]:
        if failed_undos:
            lines = await _with_failed_undos(engine, workflow, wanted, profile, limit)
        else:
            place = None if before is None else await _place_of(engine, before)
            lines = list(
                await engine.store.list_runs(
                    workflow=workflow, status=wanted, profile=profile, limit=limit, before=place
                )
            )
        now = engine.clock()
        lines = [replace(line, status=line.status_at(now)) for line in lines]
        return [line for line in lines if wanted in (None, line.status)]

    listed = look(store, work)
    keys = ("id", "workflow", "status", "created_at", "updated_at", "version", "revision")
    if as_json:
        print_json([{key: getattr(line, key) for key in keys} for line in listed])
    elif ids:
        for line in listed:
            print(line.id)
    elif not listed:
        print("There are no such runs.")
    else:
        rows = [("RUN", "WORKFLOW", "STATUS", "STARTED", "LAST MOVE")]
        rows += [(e.id, e.workflow, e.status.value, time_of(e.created_at), time_of(e.updated_at)) for e in listed]
        print_table(rows)


async def _place_of(engine: Engine, run_id: str) -> RunPlace:
    """Raises RunNotFound, since a list that ends there would be taken for a whole one."""
    from wizard.stores.contract import RunPlace

    run = (await engine.load(run_id)).run
    return RunPlace(run.created_at, run.id)


async def _with_failed_undos(
    engine: Engine, workflow: str | None, status: RunStatus | None, profile: str | None, limit: int
) -> list[RunSummary]:
    """A few are expected, and an operator looks at each."""
    from wizard.stores.contract import RunSummary

    listed: list[RunSummary] = []
    for undo in await engine.store.failed_undos(MAX_LISTED):
        run = await engine.store.load(undo)
        if (
            run is not None
            and workflow in (None, run.workflow)
            and status in (None, run.status)
            and profile in (None, run.profile_id)
        ):
            times = (run.created_at, run.updated_at, run.expires_at)
            listed.append(RunSummary(run.id, run.workflow, run.version, run.status, run.revision, *times))
    return sorted(listed, key=lambda line: (line.created_at, line.id), reverse=True)[:limit]


@runs.command(epilog=examples("wizard runs show RUN_ID", "wizard runs show RUN_ID --json"), context_settings=OPENING)
def show(run_id: RunId, store: StoreOption = None, as_json: AsJson = False) -> None:
    """Show where a run stands: its path, its answers, its current step."""
    from wizard.channels.api.run_json import run_state
    from wizard.engine.exporting import fault_json

    async def work(engine: Engine) -> tuple[Any, ...]:
        view = await engine.load(run_id)
        why = view.workflow.unavailable
        answers = [(item.label, item.value) for item in view.summary()]
        aside = [aside_json(job) for job in await engine.store.queue.aside(run_id)]
        return run_state(view), answers, _owed(view), aside, view.fault, "" if why is None else why.message

    state, answers, owed, aside, fault, unavailable = look(store, work)
    if as_json:
        more = {"unavailable": unavailable} if unavailable else {}
        print_json({**state, "fault": fault_json(fault), "undos": owed, "jobs_aside": aside, **more})
        return
    current = state["current"]
    print_table(
        [
            ("Run", state["id"]),
            ("Workflow", f"{state['workflow']} ({state['version']})"),
            ("Status", state["status"]),
            ("Current", f"{current['step']}  {current['title']}"),
            *([("Error", wrong)] if (wrong := unavailable or _told(fault) or current["error"]) else []),
        ]
    )
    for title, lines in (("Path", state["path"]), ("Kept", state["kept"])):
        if lines:
            print(f"\n{title}")
            print_table([(f"  {line['step']}", line["type"], line["title"]) for line in lines])
    if owed:
        print("\nTo be undone")
        print_table([(f"  {undo['step']}", _fate(undo)) for undo in owed])
    if aside:
        print("\nJobs put aside: `wizard runs repair`")
        print_table([(f"  {job['kind']}", f"tried {job['tries']} times", job["reason"]) for job in aside])
    if answers:
        print("\nAnswers")
        print_table([(f"  {label}", value) for label, value in answers])


def _told(fault: Fault | None) -> str:
    """What an operator reads of what stopped the run."""
    if fault is None:
        return ""
    return f"{fault.message} (node {fault.node}{f', reference {fault.reference}' if fault.reference else ''})"


def _owed(view: RunView) -> list[dict[str, Any]]:
    return [
        {"step": undo.step.path, "tries": undo.tries, "error": undo.error, "given_up": undo.failed}
        for undo in view.run.undos
    ]


def _fate(undo: dict[str, Any]) -> str:
    failed = f"failed {undo['tries']} times ({undo['error']})" if undo["error"] else "not tried yet"
    return f"{failed} and was given up: `wizard runs repair`" if undo["given_up"] else failed


@runs.command(epilog=examples("wizard runs trace RUN_ID"), context_settings=OPENING)
def trace(run_id: RunId, store: StoreOption = None, as_json: AsJson = False) -> None:
    """Show what happened in a run, in order."""
    from wizard.engine.exporting import trace_json

    async def work(engine: Engine) -> list[Any]:
        await engine.load(run_id)
        entries: list[Any] = []
        while page := await engine.trace(run_id, after=entries[-1].number if entries else 0):
            entries += page
        return entries

    entries = look(store, work)
    if as_json:
        print_json(trace_json(entries))
        return
    rows = [("#", "WHEN", "WHAT", "STEP", "")]
    for entry in entries:
        detail = ", ".join(f"{name}: {value}" for name, value in entry.entry.detail.items())
        rows.append((str(entry.number), time_of(entry.at), entry.entry.kind, entry.entry.step, detail))
    print_table(rows)


@runs.command(
    epilog=examples("wizard runs export RUN_ID --output run.json", "wizard runs export --profile PROFILE_ID"),
    context_settings=OPENING,
)
def export(
    run_id: Annotated[str | None, typer.Argument(metavar="RUN_ID", help="The run's id.")] = None,
    store: StoreOption = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there, for you alone to read.")] = None,
    profile: Annotated[
        str | None, typer.Option(metavar="PROFILE_ID", help="Instead of a run, a stored profile.")
    ] = None,
) -> None:
    """Export all that is stored of a run, as JSON. That is answers, what was typed, documents, trace, files.

    It is meant for a person who asks for their data. Passwords are left out.
    """
    from wizard.engine.exporting import exported_profile, exported_run

    if (run_id is None) == (profile is None):
        raise typer.BadParameter("name a run, or a profile with --profile.", param_hint="RUN_ID")

    async def work(engine: Engine) -> dict[str, Any]:
        return await (exported_run(engine, run_id) if run_id is not None else exported_profile(engine, profile or ""))

    write_export(look(store, work), output)


runs.command(
    epilog=examples("wizard runs cancel RUN_ID", "wizard runs cancel RUN_ID --undo"), context_settings=OPENING
)(cancel)
runs.command(epilog=examples("wizard runs repair RUN_ID", "wizard runs repair RUN_ID --now"), context_settings=OPENING)(
    repair
)
runs.command(epilog=examples("wizard runs delete RUN_ID", "wizard runs delete RUN_ID --yes"), context_settings=OPENING)(
    delete
)


def write_export(exported: dict[str, Any], path: Path | None) -> None:
    """Prints it, or writes it to a file that nobody else who uses this machine can read: it is one person's data."""
    if path is None:
        print_json(exported)
        return
    from wizard.channels.http.json_answers import encode

    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(encode(exported) + b"\n")
    print(f"Written to {path}.", file=sys.stderr)


def _status(name: str | None) -> RunStatus | None:
    from wizard.model import RunStatus as Known

    if name is None:
        return None
    try:
        return Known(name.lower())
    except ValueError:
        known = ", ".join(Known)
        raise typer.BadParameter(f"there is no status {name!r}; there are {known}.", param_hint="--status") from None
