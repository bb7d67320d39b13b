"""`wizard run`: a conversation in this terminal."""

from __future__ import annotations

import asyncio
import shlex
import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wizard.cli.functions import FunctionsOption, chosen, imported, warn_of_missing, with_embedded
from wizard.cli.shared import choose, examples, load, must_exist, settings, with_engine
from wizard.locale.catalogs import SOURCE
from wizard.locale.sentences import sentence

if TYPE_CHECKING:
    from wizard.channels.terminal.terminal import Ending
    from wizard.engine import Engine
    from wizard.engine.view import RunView
    from wizard.settings import Settings

LEFT_UNFINISHED = 3
AT_ONCE = 1  # jobs, while the conversation lasts: for this run's slow steps it is enough

RUN_EXAMPLES = examples(
    "wizard run passport.yaml",
    "wizard run forms/ --workflow passport --input country=FR",
    "wizard run passport.yaml --resume=RUN_ID",
    "wizard run --store sqlite:///runs.db --code 7KQX-2MPA",
    "wizard run order.yaml --functions shop:FUNCTIONS",
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
    code: str | None
    given: dict[str, str]
    show_token: bool
    functions: Sequence[str]  # as options name them
    run_id: str | None = None
    language: str = SOURCE  # the run's


def run(
    path: Annotated[Path | None, typer.Argument(metavar="FILE", help="A definition file, or a folder of them.")] = None,
    workflow: Annotated[str | None, typer.Option(metavar="ID", help="Which workflow, where there are several.")] = None,
    store: Annotated[
        str | None, typer.Option(metavar="URL", help="Where runs are kept; sqlite:///wizard.db unless given.")
    ] = None,
    resume: Annotated[str | None, typer.Option(metavar="RUN_ID", help="Go on with this run; it needs no FILE.")] = None,
    code: Annotated[
        str | None, typer.Option(metavar="CODE", help="Go on with the run that a code from a chat or a page opens.")
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="NAME=VALUE", help="What the workflow is handed; may be repeated."),
    ] = None,
    show_token: Annotated[
        bool, typer.Option("--show-token", help="Print the run's token, with which it goes on over JSON.")
    ] = False,
    functions: FunctionsOption = None,
) -> None:
    """Go through a workflow here, a question at a time.

    Every answer is kept as soon as it is given: leave with :quit or Ctrl-C and go on later, here or over
    JSON. :help lists what can be typed. In a pipe each line answers a question.
    """
    from wizard.channels.terminal.terminal import Ending

    if path is None and resume is None and code is None:
        raise typer.BadParameter("name a definition, or a run to go on with: --resume RUN_ID.", param_hint="FILE")
    if resume is not None and code is not None:
        raise typer.BadParameter("a code names the run already; leave out --resume.", param_hint="--code")
    here = settings()
    talk = _Talk(
        path,
        workflow,
        store or here.store,
        store is not None,
        resume,
        code,
        _inputs(given or []),
        show_token,
        functions or [],
    )
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
    inputs = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{pair!r} has no value; write NAME=VALUE.", param_hint="--input")
        inputs[name] = value
    return inputs


async def _talk(talk: _Talk, here: Settings) -> Ending:
    from wizard.channels.conversation.codes import Codes
    from wizard.channels.terminal.console import Terminal
    from wizard.channels.terminal.terminal import Conversation
    from wizard.definitions.catalog import Catalog
    from wizard.engine.worker import working
    from wizard.errors import InvalidInput
    from wizard.node import Registry

    functions = imported(chosen(talk.functions, here))
    if talk.path is None:
        catalog = Catalog.empty(Registry.installed())
    else:
        catalog = await asyncio.to_thread(load, talk.path, talk.url, here)
    if talk.resume is not None or talk.code is not None:
        must_exist(talk.url)

    async def hold(engine: Engine) -> Ending:
        opened = None if talk.code is None else await Codes(engine).use(talk.code)
        resumed = talk.resume if opened is None else opened.run
        if resumed is not None:
            view = await engine.load(resumed)
            if view.workflow.unavailable is not None:
                raise view.workflow.unavailable
        else:
            workflow = choose(catalog, talk.workflow)
            warn_of_missing(with_embedded(workflow), functions)
            try:
                view = await engine.start(workflow.id, talk.given)
            except InvalidInput as error:
                raise InvalidInput(f"{error.message.rstrip('.')}. Write it as --input NAME=VALUE.") from error
        talk.run_id, talk.language = view.id, view.workflow.language
        if talk.show_token:
            _say_token(talk, view)
        async with working(engine, AT_ONCE):
            token = view.token if opened is None else opened.token
            token = None if talk.url.startswith("memory:") else token
            return await Conversation(engine, Terminal.standard(), token=token).hold(view)

    return await with_engine(talk.url, catalog, here, hold, functions)


def _say_token(talk: _Talk, view: RunView) -> None:
    if view.token is None:
        print("The token was handed out when the run was started; only a hash of it is kept.")
        return
    print(f"Run {view.id}\nToken {view.token}")
    if not talk.url.startswith("memory:"):
        command = ["wizard", "serve", str(talk.path), "--store", talk.url, *_functions(talk)]
        print(f"To go on over JSON: {shlex.join(command)}")
        print(f"  then GET /api/v1/runs/{view.id} with the header: Authorization: Bearer {view.token}")


def _functions(talk: _Talk) -> list[str]:
    return [part for function in talk.functions for part in ("--functions", function)]


def _say_how_to_go_on(talk: _Talk) -> None:
    if talk.url.startswith("memory:"):
        gone = sentence("Your answers were kept in memory only, and aren't saved.")
        print(f"\n{gone.in_language(talk.language)}")
        return
    command = ["wizard", "run", *([] if talk.path is None else [str(talk.path)])]
    command += ["--store", talk.url] if talk.named_store else []
    command += _functions(talk)
    saved = sentence("Saved. Continue with:").in_language(talk.language)
    print(f"\n{saved}\n  {shlex.join([*command, f'--resume={talk.run_id}'])}")
