"""The commands about runs: `wizard run`, a conversation in this terminal, and `wizard runs`, which looks
into a store.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from wizard.catalog import Catalog
    from wizard.channels.terminal import Ending
    from wizard.engine import Engine
    from wizard.model import RunStatus, Workflow
    from wizard.settings import Settings
    from wizard.state import RunView
    from wizard.stores import Store

T = TypeVar("T")

LEFT_UNFINISHED = 3
MAX_LISTED = 10_000
OPENING = {"ignore_unknown_options": True}  # a run's id may begin with a dash


def examples(*lines: str, closing: str = "") -> str:
    """The end of a command's help."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines) + (f"\n\n{closing}" if closing else "")


def settings() -> Settings:
    """The settings of the environment. Raises SettingsError; what is misspelt gets a warning."""
    from wizard.settings import Settings as Known

    for name in Known.unknown(os.environ):
        print(f"wizard: {name} is no setting and counts for nothing. Is it misspelt?", file=sys.stderr)
    return Known.from_environment(os.environ)


def width() -> int:
    """Of what is printed, in characters."""
    return min(max(shutil.get_terminal_size((100, 24)).columns, 60), 120)


def choose(catalog: Catalog, name: str | None) -> Workflow:
    """The workflow called `name`; without a name the only one there is, or the only one that no other
    embeds. Raises WorkflowNotFound, and BadParameter where that doesn't tell."""
    if name is not None:
        return catalog.get(name)
    from wizard.model import Call

    every = catalog.workflows.values()
    embedded = {
        node.config.workflow.id for each in every for node in each.nodes.values() if isinstance(node.config, Call)
    }
    roots = [each for each in every if each.id not in embedded] or list(every)
    if len(roots) > 1:
        names = ", ".join(each.id for each in roots)
        raise typer.BadParameter(f"there are several workflows ({names}); name one.", param_hint="--workflow")
    return roots[0]


# -- wizard run ------------------------------------------------------------------------------------

RUN_EXAMPLES = examples(
    "wizard run passport.yaml",
    "wizard run forms/ --workflow passport --input country=FR",
    "wizard run passport.yaml --resume=RUN_ID",
    "printf 'Ann\\n27 3 1985\\n' | wizard run passport.yaml",
    closing="Exit codes: 0 the run is completed, 3 it was left unfinished and can go on, 1 it can't, 2 wrong usage.",
)


@dataclass(slots=True)
class _Talk:
    """What `wizard run` was asked for, and the run that it is about."""

    path: Path | None
    workflow: str | None
    url: str
    named_store: bool
    resume: str | None
    given: dict[str, str]
    show_token: bool
    run_id: str | None = None


def run(
    path: Annotated[Path | None, typer.Argument(metavar="FILE", help="A definition file, or a folder of them.")] = None,
    workflow: Annotated[str | None, typer.Option(metavar="ID", help="Which workflow, where there are several.")] = None,
    store: Annotated[
        str | None, typer.Option(metavar="URL", help="Where runs are kept; sqlite:///wizard.db unless given.")
    ] = None,
    resume: Annotated[str | None, typer.Option(metavar="RUN_ID", help="Go on with this run; it needs no FILE.")] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="NAME=VALUE", help="What the workflow is handed; may be repeated."),
    ] = None,
    show_token: Annotated[
        bool, typer.Option("--show-token", help="Print the run's token, with which it goes on over JSON.")
    ] = False,
) -> None:
    """Go through a workflow in this terminal, a question at a time.

    Every answer is kept as soon as it is given: leave with :quit or Ctrl-C and go on later, here or over
    JSON. :help lists what can be typed. In a pipe each line answers a question.
    """
    from wizard.channels.terminal import Ending

    if path is None and resume is None:
        raise typer.BadParameter("name a definition, or a run to go on with: --resume RUN_ID.", param_hint="FILE")
    here = settings()
    talk = _Talk(path, workflow, store or here.store, store is not None, resume, _inputs(given or []), show_token)
    before = signal.signal(signal.SIGINT, _interrupt)
    try:
        ending = asyncio.run(_talk(talk, here))
    except KeyboardInterrupt:
        if talk.run_id is None:
            raise
        ending = Ending.LEFT
    finally:
        signal.signal(signal.SIGINT, before)
    if ending is Ending.LEFT:
        _say_how_to_go_on(talk)
        raise typer.Exit(LEFT_UNFINISHED)
    if ending is Ending.OVER:
        raise typer.Exit(1)


def _interrupt(number: int, frame: object) -> None:
    """asyncio would cancel the conversation and leave it waiting for a line."""
    raise KeyboardInterrupt


def _inputs(pairs: Iterable[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{pair!r} has no value; write NAME=VALUE.", param_hint="--input")
        found[name] = value
    return found


async def _talk(talk: _Talk, here: Settings) -> Ending:
    from wizard.app import load_catalog
    from wizard.catalog import Catalog
    from wizard.channels.console import Terminal
    from wizard.channels.terminal import Conversation
    from wizard.node import Registry

    catalog = Catalog.empty(Registry.installed()) if talk.path is None else load_catalog(talk.path)
    if talk.resume is not None:
        _must_exist(talk.url)

    async def hold(engine: Engine) -> Ending:
        if talk.resume is not None:
            view = await engine.load(talk.resume)
        else:
            view = await engine.start(choose(catalog, talk.workflow).id, talk.given)
        talk.run_id = view.id
        if talk.show_token:
            _say_token(talk, view)
        return await Conversation(engine, Terminal.standard()).hold(view)

    return await _with_engine(talk.url, catalog, here, hold)


async def _with_engine(url: str, catalog: Catalog, here: Settings, work: Callable[[Engine], Awaitable[T]]) -> T:
    from wizard.app import make_engine, open_store

    store: Store = open_store(url)
    await store.open()
    try:
        engine = make_engine(catalog, store, here)
        try:
            return await work(engine)
        finally:
            await engine.close()
    finally:
        await store.close()


def _must_exist(url: str) -> None:
    """Looking for a run doesn't create a store. Raises StoreError."""
    from wizard.app import sqlite_path
    from wizard.errors import StoreError

    path = sqlite_path(url)
    if path is not None and not path.exists():
        raise StoreError(f"There are no runs: {path} doesn't exist. Name the right store: --store sqlite:///FILE.")


def _say_token(talk: _Talk, view: RunView) -> None:
    if view.token is None:
        print("The token was handed out when the run was started; only a hash of it is kept.")
        return
    print(f"Run {view.id}\nToken {view.token}")
    if not talk.url.startswith("memory:"):
        command = ["wizard", "serve", str(talk.path), "--store", talk.url]
        print(f"To go on over JSON: {shlex.join(command)}")
        print(f"  then GET /api/v1/runs/{view.id} with the header: Authorization: Bearer {view.token}")


def _say_how_to_go_on(talk: _Talk) -> None:
    if talk.url.startswith("memory:"):
        print("\nThis run was kept in memory only, and ends here.")
        return
    command = ["wizard", "run", *([] if talk.path is None else [str(talk.path)])]
    command += ["--store", talk.url] if talk.named_store else []
    print(f"\nSaved. Go on with:\n  {shlex.join([*command, f'--resume={talk.run_id}'])}")


# -- wizard runs -----------------------------------------------------------------------------------

runs = typer.Typer(
    help="Look into a store: its runs, one run, its trace.",
    epilog=examples("wizard runs list --status waiting", "wizard runs show RUN_ID", "wizard runs trace RUN_ID --json"),
    invoke_without_command=True,
    rich_markup_mode=None,
)
StoreOption = Annotated[
    str | None, typer.Option(metavar="URL", help="Where runs are kept; sqlite:///wizard.db unless given.")
]
RunId = Annotated[str, typer.Argument(metavar="RUN_ID", help="The run's id, as `wizard runs list` shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@runs.callback()
def _runs(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


@runs.command("list", epilog=examples("wizard runs list", "wizard runs list --workflow passport --limit 20 --json"))
def list_runs(
    store: StoreOption = None,
    workflow: Annotated[str | None, typer.Option(metavar="ID", help="Only runs of this workflow.")] = None,
    status: Annotated[str | None, typer.Option(help="Only runs with this status, such as waiting.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MAX_LISTED, help="How many at most, newest first.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List runs, newest first. Answers aren't shown."""
    wanted = _status(status)
    found = _look(store, lambda engine: engine.store.list_runs(workflow=workflow, status=wanted, limit=limit))
    keys = ("id", "workflow", "status", "created_at", "updated_at", "version", "revision")
    if as_json:
        _print_json([{key: getattr(each, key) for key in keys} for each in found])
    elif not found:
        print("There are no such runs.")
    else:
        rows = [("RUN", "WORKFLOW", "STATUS", "STARTED", "LAST MOVE")]
        rows += [(e.id, e.workflow, e.status.value, _time(e.created_at), _time(e.updated_at)) for e in found]
        _print_table(rows)


@runs.command(epilog=examples("wizard runs show RUN_ID", "wizard runs show RUN_ID --json"), context_settings=OPENING)
def show(run_id: RunId, store: StoreOption = None, as_json: AsJson = False) -> None:
    """Show where a run stands: its path, its answers, its current step."""
    from wizard.channels.state_json import run_state

    async def work(engine: Engine) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        view = await engine.load(run_id)
        return run_state(view), [(item.label, item.value) for item in view.summary()]

    state, answers = _look(store, work)
    if as_json:
        _print_json(state)
        return
    current = state["current"]
    _print_table(
        [
            ("Run", state["id"]),
            ("Workflow", f"{state['workflow']} ({state['version']})"),
            ("Status", state["status"]),
            ("Current", f"{current['step']}  {current['title']}"),
            *([("Error", current["error"])] if current["error"] else []),
        ]
    )
    for title, lines in (("Path", state["path"]), ("Kept", state["kept"])):
        if lines:
            print(f"\n{title}")
            _print_table([(f"  {line['step']}", line["type"], line["title"]) for line in lines])
    if answers:
        print("\nAnswers")
        _print_table([(f"  {label}", value) for label, value in answers])


@runs.command(epilog=examples("wizard runs trace RUN_ID"), context_settings=OPENING)
def trace(run_id: RunId, store: StoreOption = None, as_json: AsJson = False) -> None:
    """Show what happened in a run, in order."""
    from wizard.channels.state_json import trace_json

    async def work(engine: Engine) -> list[Any]:
        await engine.load(run_id)
        found: list[Any] = []
        while page := await engine.trace(run_id, after=found[-1].number if found else 0):
            found += page
        return found

    entries = _look(store, work)
    if as_json:
        _print_json(trace_json(entries))
        return
    rows = [("#", "WHEN", "WHAT", "STEP", "")]
    for each in entries:
        detail = ", ".join(f"{name}: {value}" for name, value in each.entry.detail.items())
        rows.append((str(each.number), _time(each.at), each.entry.kind, each.entry.step, detail))
    _print_table(rows)


def _look(store: str | None, work: Callable[[Engine], Awaitable[T]]) -> T:
    """Does the work on an engine that has no definitions of its own: runs bring theirs."""
    from wizard.catalog import Catalog

    here = settings()
    url = store or here.store
    _must_exist(url)
    from wizard.node import Registry

    return asyncio.run(_with_engine(url, Catalog.empty(Registry.installed()), here, work))


def _status(name: str | None) -> RunStatus | None:
    from wizard.model import RunStatus as Known

    if name is None:
        return None
    try:
        return Known(name.lower())
    except ValueError:
        known = ", ".join(Known)
        raise typer.BadParameter(f"there is no status {name!r}; there are {known}.", param_hint="--status") from None


def _time(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _print_json(value: Any) -> None:
    import json

    from wizard.codec import to_json

    print(json.dumps(value, indent=2, ensure_ascii=False, default=to_json))


def _print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Columns as wide as they need to be; a cell's further lines come below it."""
    from wizard.channels.questions import clean

    cells = [
        tuple(" ".join(clean(str(cell)).split("\n")) if n else clean(str(cell)) for n, cell in enumerate(row))
        for row in rows
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    for row in cells:
        print("  ".join(f"{cell:<{size}}" for cell, size in zip(row, widths, strict=True)).rstrip())
