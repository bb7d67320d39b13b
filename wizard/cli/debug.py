"""`wizard debug`: a workflow is tried, and each node tells what it got, did and gave."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

import typer

from wizard.cli.functions import FunctionsOption, chosen, imported
from wizard.cli.shared import (
    AsJson,
    StoreOption,
    choose,
    clean,
    examples,
    load,
    must_exist,
    no_definitions,
    print_json,
    print_table,
    settings,
    with_engine,
)

if TYPE_CHECKING:
    from wizard.app import Functions
    from wizard.engine import Engine
    from wizard.model.trial import Line, Report, Trial, Way
    from wizard.settings import Settings

FAILED = 1
WIDEST = 60  # characters of a cell

DEBUG_EXAMPLES = examples(
    "wizard debug passport.yaml --answers answers.yaml",
    "wizard debug passport.yaml --event event.json --results results.json --json",
    "wizard debug passport --stage draft --store sqlite:///runs.db",
    "wizard debug --run=RUN_ID --fork who --answers answers.yaml",
    closing="Exit codes: 0 the workflow was tried, 1 it can't be, or it failed at a node, 2 wrong usage.",
)


def debug(
    what: Annotated[
        str | None, typer.Argument(metavar="FILE|ID", help="A definition file, or a workflow of the store.")
    ] = None,
    event: Annotated[Path | None, typer.Option(metavar="FILE", help="The event that the run works on.")] = None,
    profile: Annotated[Path | None, typer.Option(metavar="FILE", help="The profile of the person.")] = None,
    session: Annotated[Path | None, typer.Option(metavar="FILE", help="The session.")] = None,
    given: Annotated[Path | None, typer.Option("--input", metavar="FILE", help="What the workflow is handed.")] = None,
    answers: Annotated[Path | None, typer.Option(metavar="FILE", help="What people say, by step.")] = None,
    results: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What comes of nodes, by step: an output, or `error: TEXT`.")
    ] = None,
    takes: Annotated[
        list[str] | None,
        typer.Option(metavar="STEP=TIME", help="How long people take for a step, as who=3d; may be repeated."),
    ] = None,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="When it begins; now unless given.")] = None,
    effects: Annotated[bool, typer.Option("--effects", help="Let nodes act: send, store, call services.")] = False,
    stage: Annotated[
        str, typer.Option(metavar="STAGE", help="Of a workflow of the store: draft, deployed, or a number.")
    ] = "draft",
    run: Annotated[str | None, typer.Option(metavar="RUN_ID", help="Show a live run instead.")] = None,
    fork: Annotated[
        str | None, typer.Option(metavar="STEP", help="With --run: go on from this step, with new answers.")
    ] = None,
    workflow: Annotated[str | None, typer.Option(metavar="ID", help="Which workflow of a file with several.")] = None,
    store: StoreOption = None,
    functions: FunctionsOption = None,
    as_json: AsJson = False,
) -> None:
    """Try a workflow, and show what happens at every node. Files are YAML or JSON. Nothing is stored, and unless
    --effects is said no node acts outside of the run: its result is given, or its example."""
    from wizard.model.trial import Trial

    here = settings()
    if (what is None) == (run is None):
        raise typer.BadParameter("name a file or a workflow, or a run with --run.", param_hint="FILE|ID")
    if fork is not None and run is None:
        raise typer.BadParameter("only a run can be gone on with: name it with --run.", param_hint="--fork")
    trial = Trial(
        input=_fields(given),
        event=_fields(event),
        profile=_fields(profile),
        session=_fields(session),
        answers=_by_step(answers),
        results=_by_step(results),
        takes=_takes(takes or []),
        effects=effects,
        at=None if at is None else _instant(at, here),
    )
    named = imported(chosen(functions, here))
    asked = _Asked(what or "", stage, workflow, run, fork, store or here.store)
    report = asyncio.run(_report(asked, trial, here, named))
    if as_json:
        from wizard.channels.admin.debugging import told

        print_json(told(report))
    else:
        _print(report)
    if report.status == "failed" or any(line.error for line in report.trace):
        raise typer.Exit(FAILED)


class _Asked(NamedTuple):
    """What is to be tried, as options name it."""

    what: str
    stage: str
    workflow: str | None
    run: str | None
    fork: str | None
    url: str


async def _report(asked: _Asked, trial: Trial, here: Settings, functions: Functions) -> Report:
    from wizard.app import clock_of, profile_schema_of, services_of
    from wizard.debugging.playing import Tried, play

    if asked.run is None and _is_file(asked.what):
        catalog = await asyncio.to_thread(load, Path(asked.what), asked.url, here)
        workflow = choose(catalog, asked.workflow)
        tried = Tried(workflow, catalog.bundle(workflow.id))
        profiles = profile_schema_of(here)
        return await play(tried, trial, services_of(here, functions), clock_of(here)(), profiles=profiles)
    must_exist(asked.url, "drafts, versions or runs")

    async def work(engine: Engine) -> Report:
        return await _of_store(asked, trial, engine)

    return await with_engine(asked.url, no_definitions(), here, work, functions)


async def _of_store(asked: _Asked, trial: Trial, engine: Engine) -> Report:
    from wizard.app import registry_of_store
    from wizard.debugging.debugger import Debugger
    from wizard.deployments.staging import Staging

    registry = await registry_of_store(engine.store)
    debugger = Debugger(engine, lambda: Staging(engine.store.stages, registry, engine.clock), registry)
    if asked.run is None:
        return await debugger.debug(asked.what, asked.stage, trial)
    if asked.fork is None:
        return await debugger.look(asked.run)
    return await debugger.fork(asked.run, asked.fork, trial)


def _is_file(what: str) -> bool:
    """What has a suffix, or stands in a folder, is no workflow's id: that there is no such file is to be said then."""
    path = Path(what)
    return path.exists() or bool(path.suffix) or len(path.parts) > 1


# -- files -------------------------------------------------------------------------------------------


def _fields(file: Path | None) -> dict[str, Any]:
    """What is in a file. Raises BadParameter for what can't be read, isn't YAML or JSON, or is no mapping."""
    from wizard.definitions.catalog import bytes_of
    from wizard.definitions.reading import source
    from wizard.errors import DefinitionError

    if file is None:
        return {}
    try:
        (document, *more) = source.read(bytes_of(file), str(file))
    except DefinitionError as error:  # but it is no definition, which would be told as one that can't be used
        problem = error.problems[0]
        raise typer.BadParameter(f"{file}, line {problem.line}: {problem.message}.") from None
    if more or not isinstance(document.data, dict):
        raise typer.BadParameter(f"{file} must hold one mapping of names to values.")
    return document.data


def _by_step(file: Path | None) -> dict[str, Any]:
    read = _fields(file)
    for step, given in read.items():
        if not isinstance(given, dict | list):
            raise typer.BadParameter(f"{file}: what is given for {step} must be a mapping of names to values.")
    return read


def _takes(pairs: list[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise typer.BadParameter(f"{pair!r} says no time; write STEP=TIME, as who=3d.", param_hint="--takes")
    return {step: text for step, _, text in (pair.partition("=") for pair in pairs)}


def _instant(text: str, here: Settings) -> datetime:
    """A time without an offset is one of the setting `timezone`."""
    from wizard.model.instants import resolve

    try:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo is not None else resolve(at, ZoneInfo(here.timezone))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time; write it as 2026-03-27T10:00.", param_hint="--at") from None


# -- the table ---------------------------------------------------------------------------------------


def _print(report: Report) -> None:
    rows = [("STEP", "TYPE", "PORT", "MS", "INPUT", "OUTPUT")]
    rows += [
        (
            line.step,
            line.type,
            _short(line.port or ""),
            "" if line.ms is None else f"{line.ms:.1f}",
            _written(line.input),
            _written(line.output),
        )
        for line in report.trace
    ]
    print_table(rows)
    for line in report.trace:
        for said in _said(line):
            print(clean(f"{line.step}: {said}"))
    stands = "" if report.current is None else f", at {report.current.step}"
    print(clean(f"\nThe run is {report.status}{stands}."))
    if report.stopped is not None:
        print(clean(report.stopped))
    if left := [_edge(way) for way in report.edges if not way.taken]:
        print(clean(f"Not taken: {', '.join(left)}."))


def _edge(way: Way) -> str:
    return f"{way.source} -> {way.target}{f' ({_short(way.port)})' if way.port else ''}"


def _said(line: Line) -> list[str]:
    changed = [] if line.state_after in (None, line.state_before) else [f"state {_written(line.state_after)}"]
    error = [] if line.error is None else [f"error: {line.error}"]
    return [*changed, *line.log, *error]


def _written(value: Any) -> str:
    from wizard.model.values import write_json

    return "" if value in (None, {}) else _short(write_json(value))


def _short(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
