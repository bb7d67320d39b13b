"""What the commands share: settings and stores as options name them, and how tables and JSON are printed."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

if TYPE_CHECKING:
    from wizard.definitions.catalog import Catalog
    from wizard.engine import Engine
    from wizard.errors import Problem
    from wizard.model import Workflow
    from wizard.node import Registry
    from wizard.settings import Settings
    from wizard.stores.contract import Store

T = TypeVar("T")

# A run's id may begin with a dash, and have an h in it: that is no option, nor a cry for help.
OPENING = {"ignore_unknown_options": True, "help_option_names": ["--help"]}

StoreOption = Annotated[
    str | None, typer.Option(metavar="URL", help="Where runs are kept; sqlite:///wizard.db unless given.")
]
RunId = Annotated[str, typer.Argument(metavar="RUN_ID", help="The run's id, as `wizard runs list` shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def examples(*lines: str, closing: str = "") -> str:
    """The end of a command's help."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines) + (f"\n\n{closing}" if closing else "")


def command_group(about: str, *lines: str) -> typer.Typer:
    """Commands below one name, which by itself prints its help; `lines` are the examples there."""
    group = typer.Typer(help=about, epilog=examples(*lines), invoke_without_command=True, rich_markup_mode=None)

    @group.callback()
    def tell(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            print(context.get_help())

    return group


def settings() -> Settings:
    """The settings of the environment. Raises SettingsError; what is misspelt gets a warning."""
    from wizard.definitions.reading.complaints import did_you_mean
    from wizard.environment import settings_from, unknown_variables, variables

    try:
        here = settings_from(os.environ)
        if here.log_format == "json":  # from the first line on
            log_as(here)
    finally:  # a setting that can't be used doesn't hide one that is misspelt
        for name in unknown_variables(os.environ):
            say(f"wizard: unknown setting {name}, ignored{did_you_mean(name, variables())}")
    return here


def say(line: object, level: int = logging.WARNING) -> None:
    """What isn't the command's output: a line for people, or one of the log where that is JSON, which is read by
    programs that know nothing else."""
    from wizard.telemetry.logs import writes_json

    if writes_json():
        logging.getLogger("wizard").log(level, "%s", str(line).removeprefix("wizard: ").removeprefix("warning: "))
    else:
        print(clean(line), file=sys.stderr)


def log_as(here: Settings) -> None:
    """Has what runs for long log as its settings say, or everything where --verbose was said."""
    from wizard.telemetry.logs import set_up

    verbose = logging.getLogger("wizard").isEnabledFor(logging.DEBUG)
    set_up("debug" if verbose else here.log_level, here.log_format)


def width() -> int:
    """Of what is printed, in characters."""
    return min(max(shutil.get_terminal_size((100, 24)).columns, 60), 120)


def choose(catalog: Catalog, name: str | None) -> Workflow:
    """The workflow called `name`; without a name the only one there is, or the only one that is listed.
    Raises WorkflowNotFound, and BadParameter where that doesn't tell."""
    if name is not None:
        return catalog.get(name)
    from wizard.definitions.listing import listed

    every = catalog.workflows.values()
    roots = listed(every) or list(every)
    if len(roots) > 1:
        names = ", ".join(root.id for root in roots)
        raise typer.BadParameter(f"there are several workflows ({names}); name one.", param_hint="--workflow")
    return roots[0]


# -- stores ----------------------------------------------------------------------------------------


async def with_engine(
    url: str,
    catalog: Catalog,
    here: Settings,
    work: Callable[[Engine], Awaitable[T]],
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> T:
    """What `work` gives, on an engine with these functions, whose store is open meanwhile."""
    from wizard.app import make_engine, open_store, remote_nodes_of
    from wizard.remote.directory import following

    store = open_store(url, here)
    await store.open()
    try:
        engine = make_engine(catalog, store, here, functions)
        try:
            async with following(remote_nodes_of(engine)):
                return await work(engine)
        finally:
            await engine.close()
    finally:
        await store.close()


def no_definitions() -> Catalog:
    """For an engine that starts no run: those that there are bring their definitions."""
    from wizard.definitions.catalog import Catalog as Known
    from wizard.node import Registry

    return Known.empty(Registry.installed())


def load(
    paths: Sequence[Path] | Path, url: str, here: Settings, functions: Mapping[str, Callable[..., Any]] | None = None
) -> Catalog:
    """The definitions of files and folders; what they name and isn't installed may be a node type that a service offers
    to this store, which is looked at only then. Raises DefinitionError and StoreError."""
    from wizard.app import load_catalog
    from wizard.errors import DefinitionError
    from wizard.node import Registry

    several, registry = [paths] if isinstance(paths, Path) else paths, Registry.installed()
    try:
        return load_catalog(several, registry, functions)
    except DefinitionError:
        with_remote_nodes(registry, url, here)
        if not registry.revision:
            raise
        return load_catalog(several, registry, functions)


def with_remote_nodes(registry: Registry, url: str, here: Settings) -> Registry:
    """The registry, with the node types that services offer to a store as well, where there is one. Raises
    StoreError."""
    from wizard.app import open_store, sqlite_path
    from wizard.remote.directory import Directory

    path = sqlite_path(url)
    if url.startswith("memory:") or (path is not None and not path.exists()):
        return registry

    async def read() -> None:
        store = open_store(url, here)
        await store.open()
        try:
            await Directory(store, registry).refresh()
        finally:
            await store.close()

    asyncio.run(read())
    return registry


def look(
    store: str | None, work: Callable[[Engine], Awaitable[T]], *, settled: Callable[[Settings], Settings] | None = None
) -> T:
    """Does the work on the runs of a store. `settled` says what is other than the environment has it. Raises
    StoreError where there is no such store: looking for a run doesn't create one."""
    here = settings()
    url = store or here.store
    must_exist(url)
    here = here if settled is None else settled(here)
    return asyncio.run(with_engine(url, no_definitions(), here, work))


def on_store(
    store: str | None, what: str, work: Callable[[Store, Settings], Awaitable[T]], *, makes: bool = False
) -> T:
    """Does the work on a store of `what`, which is open meanwhile; `makes` says that the store may be new. Raises
    BadParameter for a store in memory, and StoreError where there is none."""
    from wizard.app import open_store

    here = settings()
    url = store or here.store
    if url.startswith("memory:"):
        raise typer.BadParameter("a store in memory ends with this command; name one that stays.", param_hint="--store")
    if not makes:
        must_exist(url, what)

    async def on_opened() -> T:
        opened = open_store(url, here)
        await opened.open()
        try:
            return await work(opened, here)
        finally:
            await opened.close()

    return asyncio.run(on_opened())


def must_exist(url: str, what: str = "runs") -> None:
    """Raises StoreError where the URL names a file that isn't there, so that there is nothing of `what` in it."""
    from wizard.app import sqlite_path
    from wizard.errors import StoreError

    path = sqlite_path(url)
    if path is not None and not path.exists():
        raise StoreError(f"There are no {what}: {path} doesn't exist. Name the right store: --store sqlite:///FILE.")


def place(url: str) -> str:
    """What names a store in a message: never a user's name or password."""
    from urllib.parse import parse_qs, urlsplit

    scheme = url.partition(":")[0]
    if not scheme.startswith("postgres"):
        return url
    try:
        parts = urlsplit(url)
        host = parts.hostname or parse_qs(parts.query).get("host", ["localhost"])[0]
    except ValueError:
        return "the database of --store"
    return f"{scheme}://{host}/{parts.path.strip('/')}"


# -- printing --------------------------------------------------------------------------------------


def clean(text: object) -> str:
    """Without anything that moves the cursor."""
    from wizard.channels.conversation.questions import clean as cleaned

    return cleaned(str(text))


def quantity(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def time_of(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def problem_json(problem: Problem) -> dict[str, Any]:
    return {key: getattr(problem, key) for key in ("file", "line", "column", "severity", "message")}


def print_json(value: Any) -> None:
    """With dates, decimals and bytes as the JSON interface writes them."""
    import json

    from wizard.model.values import to_json

    print(json.dumps(value, indent=2, ensure_ascii=False, default=to_json))


def print_table(rows: Sequence[tuple[str, ...]]) -> None:
    """Columns as wide as they need to be; a cell's further lines stand in the same line."""
    cells = [
        tuple(" ".join(clean(cell).split("\n")) if n else clean(cell) for n, cell in enumerate(row)) for row in rows
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    for row in cells:
        print("  ".join(f"{cell:<{size}}" for cell, size in zip(row, widths, strict=True)).rstrip())
