"""`wizard remote-nodes`: services that offer node types are registered in a store, looked at and removed."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from wizard.cli.drafts import By, whoever
from wizard.cli.shared import (
    AsJson,
    StoreOption,
    clean,
    command_group,
    examples,
    on_store,
    print_json,
    print_table,
    quantity,
    time_of,
)

if TYPE_CHECKING:
    from wizard.model.remote import RemoteNode
    from wizard.remote.registering import Health, RemoteRegistry
    from wizard.settings import Settings
    from wizard.stores.contract import Store

T = TypeVar("T")

FAILED = 1
MOST_BYTES = 1_000_000  # of a file that is read

remote_nodes = command_group(
    "Register services that offer node types, and check them.",
    "wizard remote-nodes add shop.score https://score.example/wizard --store sqlite:///runs.db",
    "wizard remote-nodes list",
    "wizard remote-nodes check shop.score",
)

TypeName = Annotated[str, typer.Argument(metavar="TYPE", help="What definitions call the node type.")]


@remote_nodes.command("list", epilog=examples("wizard remote-nodes list", "wizard remote-nodes list --json"))
def list_nodes(store: StoreOption = None, as_json: AsJson = False) -> None:
    """List the services that are registered. Their secrets are never shown."""
    nodes = _on_registry(store, lambda registry: registry.all())
    if as_json:
        print_json([_json(node) for node in nodes])
    elif nodes:
        rows = [
            (node.type, str(node.description.get("kind", "")), node.url, time_of(node.at), node.by) for node in nodes
        ]
        print_table([("type", "kind", "address", "registered", "by"), *rows])
    else:
        print("No service is registered. `wizard remote-nodes add TYPE URL` registers one.")


@remote_nodes.command(
    epilog=examples(
        "wizard remote-nodes add shop.score https://score.example/wizard",
        "wizard remote-nodes add shop.score https://score.example/wizard --secret-file score.secret",
        "wizard remote-nodes add shop.score https://score.example/wizard --description score.json",
        "wizard remote-nodes add shop.score https://new.example/wizard --replace",
        closing="The secret that both sides sign with is printed once, where it isn't one that you gave.",
    )
)
def add(
    name: TypeName,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the service is.")],
    store: StoreOption = None,
    secret_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A file with the secret, or - for standard input; one is made unless given."),
    ] = None,
    description: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What the service says of itself, as JSON, or -; it is asked unless given."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of the service that has the type.")
    ] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Register a service that offers a node type."""
    from wizard.remote.registering import Wanted

    secret = None if secret_file is None else _text(secret_file).strip()
    said = None if description is None else _data(description)
    wanted = Wanted(name, url, secret, said)
    node = _on_registry(store, lambda registry: registry.add(wanted, by=whoever(by), replace=replace), makes=True)
    made = secret is None and node.revision == 1
    if as_json:
        print_json({**_json(node), **({"secret": node.secret} if made else {})})
        return
    print(clean(f"{node.type} is registered: {node.description['title']} ({node.description['kind']})."))
    if made:
        print(f"Its secret, which isn't shown again: {node.secret}")


@remote_nodes.command(epilog=examples("wizard remote-nodes remove shop.score"))
def remove(name: TypeName, store: StoreOption = None, by: By = None) -> None:
    """Remove a service. Runs that stand at a node of its type stay there until one is registered again."""
    _on_registry(store, lambda registry: registry.remove(name, by=whoever(by)))
    print(clean(f"{name} is removed."))


@remote_nodes.command(
    epilog=examples(
        "wizard remote-nodes check",
        "wizard remote-nodes check shop.score --json",
        closing="Exit codes: 0 all answer as they should, 1 one doesn't, 2 wrong usage.",
    )
)
def check(
    name: Annotated[str | None, typer.Argument(metavar="TYPE", help="One node type; all unless given.")] = None,
    store: StoreOption = None,
    as_json: AsJson = False,
) -> None:
    """Ask services how they are. One is right that answers, and signs with the right secret."""

    async def work(registry: RemoteRegistry) -> list[Health]:
        names = [node.type for node in await registry.all()] if name is None else [name]
        return [await registry.health(each) for each in names]

    told = _on_registry(store, work)
    if as_json:
        print_json([{"type": each.type, "healthy": not each.problem, "problem": each.problem} for each in told])
    else:
        for each in told:
            print(clean(f"{each.type}: {each.problem or 'it answers.'}"))
        if not told:
            print(f"{quantity(0, 'service')} registered.")
    if any(each.problem for each in told):
        raise typer.Exit(FAILED)


def _on_registry(store: str | None, work: Callable[[RemoteRegistry], Awaitable[T]], *, makes: bool = False) -> T:
    """Does the work on the services of a store; `makes` says that the store may be new. Raises BadParameter for a store
    in memory, and StoreError where there is none."""
    from wizard.app import clock_of, services_of
    from wizard.node import Registry
    from wizard.remote.directory import Directory
    from wizard.remote.registering import RemoteRegistry as OfStore

    async def on_opened(opened: Store, here: Settings) -> T:
        services, directory = services_of(here), Directory(opened, Registry.installed())
        await directory.refresh()
        try:
            return await work(OfStore(opened, directory, services, clock_of(here)))
        finally:
            await services.close()

    return on_store(store, "remote nodes", on_opened, makes=makes)


def _json(node: RemoteNode) -> dict[str, Any]:
    keys = ("type", "url", "revision", "at", "by", "description")
    return {key: getattr(node, key) for key in keys}


def _text(file: str) -> str:
    """What is in a file, or comes from standard input. Raises BadParameter for what is no text, and OSError."""
    if file == "-":
        return sys.stdin.read(MOST_BYTES)
    with Path(file).open("rb") as opened:
        try:
            return opened.read(MOST_BYTES).decode()
        except UnicodeDecodeError:
            raise typer.BadParameter(f"{file} is no text in UTF-8.") from None


def _data(file: Path) -> Any:
    from wizard.model.nesting import load_json
    from wizard.model.values import MAX_DEPTH

    try:
        return load_json(_text(str(file)).encode(), MAX_DEPTH)
    except ValueError:
        raise typer.BadParameter(f"{file} isn't JSON.", param_hint="--description") from None
