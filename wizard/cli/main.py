"""The command `wizard`. Exit codes: 0 done, 1 the definition or the run is wrong, 2 the command was
used wrongly, 3 a conversation was left unfinished.

Heavy modules are imported by the command that needs them, so that `wizard --help` comes at once.
Errors are a line on standard error; --verbose (or WIZARD_LOG_LEVEL=debug) shows where they come from.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from wizard.cli.debug import DEBUG_EXAMPLES, debug
from wizard.cli.deployments import add_staging
from wizard.cli.drafts import on_stages
from wizard.cli.event import EVENT_SETTINGS, event
from wizard.cli.events import events
from wizard.cli.functions import FunctionsOption, chosen, imported
from wizard.cli.interrupting import INTERRUPTED
from wizard.cli.jobs import JOBS_EXAMPLES, jobs
from wizard.cli.keys import keys
from wizard.cli.nodes import nodes
from wizard.cli.plugins import plugins
from wizard.cli.profiles import add_stored
from wizard.cli.remote_nodes import remote_nodes
from wizard.cli.resources import resources
from wizard.cli.run import RUN_EXAMPLES, run
from wizard.cli.runs import runs
from wizard.cli.shared import (
    AsJson,
    StoreOption,
    choose,
    clean,
    examples,
    load,
    log_as,
    place,
    print_json,
    problem_json,
    quantity,
    say,
    settings,
)
from wizard.cli.test import TEST_EXAMPLES, play_scripts
from wizard.cli.worker import WORKER_EXAMPLES, worker

if TYPE_CHECKING:
    from wizard.definitions.catalog import Catalog
    from wizard.deployments.serving import DeployedDefinitions
    from wizard.deployments.staging import Staging
    from wizard.errors import Problem
    from wizard.model.staging import Stages
    from wizard.settings import Settings

FAILED, USAGE = 1, 2
VERBOSE = "--verbose"

app = typer.Typer(
    name="wizard",
    help="Guided processes from definitions: served, run in this terminal, checked and drawn.",
    epilog=examples(
        "wizard check forms/",
        "wizard run forms/passport.yaml",
        "wizard serve forms/ --store sqlite:///runs.db",
        closing="WIZARD_STORE, WIZARD_HOST and other variables set what options leave open.",
    ),
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("run", epilog=RUN_EXAMPLES)(run)
app.add_typer(runs, name="runs")
app.add_typer(keys, name="keys")
app.add_typer(events, name="events")
app.add_typer(nodes, name="nodes")
app.add_typer(plugins, name="plugins")
app.add_typer(remote_nodes, name="remote-nodes")
app.add_typer(resources, name="resources")
add_staging(app)
add_stored(app)

Paths = Annotated[list[Path], typer.Argument(metavar="PATH", help="Definition files, or folders of them.")]


@app.callback()
def _wizard(
    context: typer.Context,
    verbose: Annotated[bool, typer.Option(VERBOSE, help="Show where errors come from.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False,
) -> None:
    # main() has taken --verbose out of the arguments already: it may stand anywhere among them.
    if version:
        from wizard import __version__

        print(f"wizard {__version__}")
    elif context.invoked_subcommand is None:
        print(context.get_help())


@app.command(
    epilog=examples(
        "wizard serve forms/",
        "wizard serve a.yaml b.yaml --store sqlite:///runs.db --port 0",
        "wizard serve forms/ --store postgresql://localhost/forms --jobs 0",
        "wizard serve forms/ --functions shop:FUNCTIONS",
        "wizard serve --store postgresql://localhost/forms",
    )
)
def serve(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH", help="Definition files, or folders of them; without any, what is deployed in the store."
        ),
    ] = None,
    store: StoreOption = None,
    host: Annotated[str | None, typer.Option(metavar="ADDRESS", help="The address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(metavar="N", min=0, max=65535, help="The port; 0 takes a free one.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(metavar="N", min=0, max=1000, help="Jobs at a time; 0 leaves them to `wizard worker`.")
    ] = None,
    functions: FunctionsOption = None,
) -> None:
    """Serve definitions as web pages, and as JSON below /api/v1. Without a path, what is deployed in the store is
    served, and each deployment within a second of it."""
    from wizard.app import wizard_app
    from wizard.server import serve as run_server

    here = settings()
    here = here if jobs is None else here.model_copy(update={"jobs": jobs})
    given = imported(chosen(functions, here))
    url = store or here.store
    definitions: Catalog | DeployedDefinitions
    if paths:
        definitions = load(paths, url, here)
        _warn(definitions.warnings)
        names = sorted(definitions.workflows)
    else:
        definitions = _deployed(url, here, named=store is not None or "store" in here.model_fields_set)
        names = [f"what is deployed in {place(url)}"]
    log_as(here)
    application = wizard_app(definitions, store=url, settings=here, functions=given)
    port = here.port if port is None else port
    if code := run_server(application, host or here.host, port, names):
        raise typer.Exit(code)


def _deployed(url: str, here: Settings, *, named: bool) -> DeployedDefinitions:
    """What is deployed in a store. Raises BadParameter where there can't be anything."""
    from wizard.app import open_store
    from wizard.deployments.serving import DeployedDefinitions as OfStore
    from wizard.node import Registry

    if not named:
        raise typer.BadParameter("name definitions, or a store where some are deployed (--store).", param_hint="PATH")
    if url.startswith("memory:"):
        raise typer.BadParameter(
            "nothing is deployed in a store in memory; name definitions, or another store.", param_hint="--store"
        )
    return OfStore(open_store(url, here), Registry.installed())


app.command("worker", epilog=WORKER_EXAMPLES)(worker)
app.command("jobs", epilog=JOBS_EXAMPLES)(jobs)
app.command("event", **EVENT_SETTINGS)(event)
app.command("debug", epilog=DEBUG_EXAMPLES)(debug)
app.command("test", epilog=TEST_EXAMPLES)(play_scripts)


@app.command(
    epilog=examples(
        "wizard check forms/",
        "wizard check passport.yaml --json",
        "wizard check forms/ --functions shop:FUNCTIONS",
        "wizard check forms/ --store sqlite:///runs.db",
    )
)
def check(
    paths: Paths,
    functions: FunctionsOption = None,
    store: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Also look for the resources and remote nodes that they name in this store."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Name everything that is wrong in definitions. Each problem has its file, line and column; where there is no
    error, the workflows follow. With functions, their calls are checked too; node types that services offer are those
    of the store."""
    from wizard.errors import DefinitionError

    here = settings()
    named = chosen(functions, here)
    given = imported(named) if named else None
    problems: list[Problem]
    titles: dict[str, str] = {}
    try:
        catalog = load(paths, store or here.store, here, given)
        problems = [*catalog.warnings, *_lacking(catalog, store)]
        titles = {workflow.id: workflow.title for workflow in catalog.workflows.values()}
    except DefinitionError as error:
        problems = error.problems
    if as_json:
        print_json([problem_json(problem) for problem in problems])
    else:
        for problem in problems:
            print(clean(problem))
        longest = max(map(len, titles), default=0)
        for name, title in sorted(titles.items()):
            print(clean(f"{name:{longest}}  {title}"))
        print(_verdict(problems, len(titles)))
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(FAILED)


def _lacking(catalog: Catalog, store: str | None) -> list[Problem]:
    """Resources that the workflows name and a store hasn't got."""
    if store is None:
        return []
    from wizard.deployments.resources import lacking, named_in
    from wizard.errors import Problem
    from wizard.resources.handing import NONE

    each = [(workflow.id, named_in([workflow])) for workflow in catalog.workflows.values()]

    async def work(staging: Staging, stages: Stages) -> list[Problem]:
        resources = staging.resources or NONE
        told = [(name, await lacking(names, resources)) for name, names in each]
        return [Problem(name, 1, 1, what, "warning") for name, lacks in told for what in lacks]

    return on_stages(store, work)


def _verdict(problems: list[Problem], workflows: int) -> str:
    errors = sum(problem.severity == "error" for problem in problems)
    counts = ((errors, "error"), (len(problems) - errors, "warning"))
    counted = " and ".join(quantity(number, what) for number, what in counts if number)
    return f"{counted}." if errors else f"{quantity(workflows, 'workflow')}: {counted or 'no problems'}."


@app.command(
    epilog=examples("wizard graph passport.yaml", "wizard graph forms/ --workflow passport --output passport.svg")
)
def graph(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A definition file, or a folder of them.")],
    workflow: Annotated[str | None, typer.Option(metavar="ID", help="Which workflow, where there are several.")] = None,
    form: Annotated[
        str | None, typer.Option("--format", metavar="mermaid|svg", help="How it is drawn; else as FILE.svg says.")
    ] = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there.")] = None,
) -> None:
    """Draw a workflow, as Mermaid text or as an SVG picture."""
    from wizard.app import load_catalog
    from wizard.definitions import graph as drawing

    if form is None:
        form = "svg" if output is not None and output.suffix.lower() == ".svg" else "mermaid"
    draw = {"mermaid": drawing.mermaid, "svg": drawing.svg}.get(form)
    if draw is None:
        raise typer.BadParameter(f"there is no format {form!r}; take mermaid or svg.", param_hint="--format")
    text = draw(choose(load_catalog(path), workflow))
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")


@app.command(epilog=examples("wizard schema > wizard.schema.json"))
def schema() -> None:
    """Print the JSON Schema of definitions."""
    from wizard.definitions.schema import schema as definition_schema
    from wizard.node import Registry

    print_json(definition_schema(Registry.installed()))


def _warn(problems: Iterable[Problem]) -> None:
    for problem in problems:
        say(problem, logging.WARNING if problem.severity == "warning" else logging.ERROR)


# -- from arguments to an exit code ----------------------------------------------------------------


def main() -> NoReturn:
    """The entry point of the command."""
    sys.exit(execute(sys.argv[1:]))


def execute(arguments: list[str]) -> int:
    """Runs the command with these arguments and gives its exit code. Nothing is raised."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    verbose = VERBOSE in arguments[:end] or os.environ.get("WIZARD_LOG_LEVEL", "").strip().lower() == "debug"
    arguments = [argument for argument in arguments[:end] if argument != VERBOSE] + arguments[end:]
    _set_up(verbose)
    try:
        code = command_line()(args=arguments, prog_name="wizard", standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):  # `wizard nodes | head`; click makes the latter of the former
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if verbose:
            logging.getLogger("wizard").error("The command failed", exc_info=error)
        return _explain(error)
    return code if isinstance(code, int) else 0


@cache
def command_line() -> Callable[..., object]:
    """The command with all its subcommands: to put it together takes as long as many a subcommand, and who calls
    `execute` often, as tests do, needs it once."""
    return typer.main.get_command(app)


def _set_up(verbose: bool) -> None:
    from wizard.telemetry.logs import set_up

    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed by whoever started this, as services do: `>&-`
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - for as long as this runs
    set_up("debug" if verbose else "warning")
    for stream in (sys.stdout, sys.stderr):
        if (reconfigure := getattr(stream, "reconfigure", None)) is not None:
            reconfigure(errors="replace")


def _explain(error: Exception) -> int:
    """Says what happened and what to do, and gives the exit code."""
    from wizard.errors import DefinitionError, SettingsError, WizardError

    match error:
        case DefinitionError():
            _warn(error.problems)
            message, code = "The definition can't be used. Correct what is named above and try again.", FAILED
        case SettingsError():
            message, code = error.message, USAGE
        case WizardError():
            message, code = str(error), FAILED
        case OSError():
            place = f"{error.filename}: " if error.filename else ""
            message, code = f"{place}{error.strerror or error}.{_advice(error)}", FAILED
        case _ if hasattr(error, "format_message"):  # the command line's own: click.UsageError and its like
            command = getattr(getattr(error, "ctx", None), "command_path", "wizard")
            said = error.format_message().rstrip(".")
            message = f"{said}{'' if said.endswith('?') else '.'} `{command} --help` shows how it is used."
            code = USAGE
        case _:
            message, code = (
                f"Something is wrong in wizard itself ({type(error).__name__}); {VERBOSE} shows where.",
                FAILED,
            )
    say(f"wizard: {message}", logging.ERROR)
    return code


def _advice(error: OSError) -> str:
    """What to do where an address can't be had."""
    match error.errno:
        case errno.EADDRINUSE:
            return " Choose another port with --port; 0 takes a free one."
        case errno.EADDRNOTAVAIL | socket.EAI_NONAME:
            return " Name an address of this machine with --host."
    return ""
