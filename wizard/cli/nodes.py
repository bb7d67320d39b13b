"""`wizard nodes`: the node types that are installed, what explains one, and a form that configures a node in this
terminal.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from wizard.cli.shared import AsJson, clean, examples, must_exist, print_json, settings, width, with_remote_nodes

if TYPE_CHECKING:
    from wizard.actions.action import Action
    from wizard.channels.terminal.console import Terminal
    from wizard.node import Registry

FAILED, LEFT_UNFINISHED = 1, 3
MOST_NAMED = 8  # types, where one is looked for that there isn't
LIST = "list"


class _Nodes(TyperGroup):
    """`wizard nodes` lists, and `wizard nodes TYPE` shows one, without the name of a command."""

    def parse_args(self, context: Any, args: list[str]) -> list[str]:
        first = next((arg for arg in args if not arg.startswith("-")), None)
        if first not in self.commands and not {"-h", "--help"} & set(args):
            args = [LIST, *args]
        return super().parse_args(context, args)


nodes = typer.Typer(
    cls=_Nodes,
    help="List the node types, explain one, or configure a node. `wizard nodes TYPE` prints one type in full.",
    epilog=examples(
        "wizard nodes",
        "wizard nodes --search mail",
        "wizard nodes http",
        "wizard nodes --json",
        "wizard nodes show http --docs",
        "wizard nodes configure http",
    ),
    rich_markup_mode=None,
)

RemoteOption = Annotated[
    str | None, typer.Option("--store", metavar="URL", help="Look at the node types that services offer to it as well.")
]
TypeName = Annotated[str, typer.Argument(metavar="TYPE", help="A node type, as `wizard nodes` lists it.")]


@nodes.command(
    LIST, epilog=examples("wizard nodes", "wizard nodes --search mail", "wizard nodes form", "wizard nodes http --json")
)
def list_nodes(
    name: Annotated[str | None, typer.Argument(metavar="TYPE", help="One node type, in full.")] = None,
    search: Annotated[
        str | None, typer.Option(metavar="WORDS", help="Only those in whose name or description each word is.")
    ] = None,
    store: RemoteOption = None,
    as_json: AsJson = False,
) -> None:
    """List the node types by group, or explain one."""
    from wizard.actions.catalogue import Catalogue
    from wizard.definitions import reference

    registry = _registry(store)
    if name is not None:
        if search is not None:
            raise typer.BadParameter("take a TYPE, or --search WORDS.", param_hint="--search")
        _check_there(registry, name)
    found = Catalogue(registry).actions(search or "")
    unusable = [each for each in registry.unusable if name in (None, each.type) and (search or "") in each.type]
    if not as_json and name is None:
        _print_found(found, search)
        for line in reference.unusable(unusable, width()):
            print(clean(line))
        for line in reference.unusable(registry.unusable_fields if search is None else (), width(), "Field types"):
            print(clean(line))
        return
    wanted = {name} if name is not None else {action.type for action in found}
    types = [node_type for node_type in reference.references(registry) if node_type.type in wanted]
    if as_json:
        described: list[dict[str, object]] = [
            {**asdict(node_type), "summary": node_type.summary} for node_type in types
        ]
        print_json(described + [{**asdict(node_type), "unusable": True} for node_type in unusable])
        return
    for line in reference.in_full(types[0], width()):
        print(line)


def _print_found(found: Sequence[Action], search: str | None) -> None:
    """A line for each, below its group."""
    from textwrap import wrap

    from wizard.actions.catalogue import by_group

    if not found:
        print(clean(f"No node type has {search!r} in its name or description. `wizard nodes` lists all."))
        return
    column = max(len(action.type) for action in found) + 4
    for group, actions in by_group(found).items():
        print(clean(group.capitalize()))
        for action in sorted(actions, key=lambda action: action.type):
            said = wrap(clean(action.summary), max(width() - column, 30)) or [""]
            print(clean(f"  {action.type:{column - 2}}{said[0]}"))
            for line in said[1:]:
                print(f"{'':{column}}{line}")
        print()
    print("`wizard nodes TYPE` explains one, and `wizard nodes configure TYPE` asks what it needs.")


def _check_there(registry: Registry, name: str) -> None:
    """Raises Exit, having said why, for a type that can't be used, and BadParameter for one that there isn't."""
    from wizard.definitions import reference

    if registry.get(name) is not None:
        return
    if unusable := registry.why_unusable(name):
        for line in reference.unusable(unusable, width()):
            print(clean(line), file=sys.stderr)
        raise typer.Exit(FAILED)
    raise typer.BadParameter(f"there is no node type {name[:80]!r}. {_instead(registry, name)}", param_hint="TYPE")


def _instead(registry: Registry, name: str) -> str:
    """What to do for whoever names a type that isn't there."""
    from difflib import get_close_matches

    from wizard.actions.catalogue import Catalogue

    types, sought = [node_type.type for node_type in registry], name.strip().lower()
    close = [each for each in types if sought and sought in each] or get_close_matches(sought, types)
    if close:
        return f"Did you mean {' or '.join(close[:MOST_NAMED])}?"
    if sought and (found := Catalogue(registry).actions(sought)):
        return f"These speak of it: {', '.join(action.type for action in found[:MOST_NAMED])}"
    return "`wizard nodes` lists all"


def _registry(store: str | None) -> Registry:
    """The installed types, and with a store those that services offer to it. Raises StoreError where it isn't there."""
    from wizard.node import Registry as Types

    if store is None:
        return Types.installed()
    must_exist(store, "remote nodes")
    return with_remote_nodes(Types.installed(), store, settings())


def _action(name: str, registry: Registry) -> Action:
    """Raises Exit or BadParameter where there is no such type."""
    from wizard.actions.action import Action

    _check_there(registry, name)
    node_type = registry.get(name)
    assert node_type is not None
    return Action(node_type, registry.fields)


@nodes.command(
    epilog=examples(
        "wizard nodes show http",
        "wizard nodes show http --docs > http.md",
        "wizard nodes show http --form",
        "wizard nodes show http --json",
        "wizard nodes show shop.score --store sqlite:///runs.db",
    )
)
def show(
    name: TypeName,
    store: RemoteOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON: the schema, the form, the documentation and the example.")
    ] = False,
    as_form: Annotated[bool, typer.Option("--form", help="Print the form that asks its configuration.")] = False,
    as_docs: Annotated[bool, typer.Option("--docs", help="Print its page, in Markdown.")] = False,
) -> None:
    """Explain a node type."""
    from wizard.actions.described import in_full
    from wizard.actions.documentation import documentation, form_lines
    from wizard.definitions import reference

    if as_json + as_form + as_docs > 1:
        raise typer.BadParameter("take one of --json, --form and --docs.", param_hint="--json")
    registry = _registry(store)
    action = _action(name, registry)
    if as_json:
        print_json(in_full(action))
    elif as_form:
        for line in form_lines(action):
            print(clean(line))
    elif as_docs:
        print(documentation(action).rstrip())
    else:
        known = next(each for each in reference.references(registry) if each.type == name)
        for line in reference.in_full(known, width()):
            print(line)


@nodes.command(
    epilog=examples(
        "wizard nodes configure http",
        "wizard nodes configure http --json > node.json",
        "wizard nodes configure http --id lookup >> shop.yaml",
        "wizard nodes configure http --from node.yaml",
        closing="The questions go to standard error, and the node to standard output. Exit codes: 0 the node is "
        "printed, 3 it was left unfinished, 1 the configuration is wrong, 2 wrong usage.",
    )
)
def configure(
    name: TypeName,
    as_json: AsJson = False,
    store: RemoteOption = None,
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Begin with a node in this file, YAML or JSON.")
    ] = None,
    node_id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="The node's id; that in FILE, or TYPE unless given.")
    ] = None,
) -> None:
    """Ask what a node needs, and print the node.

    The questions are the type's configuration form, gone through as any run in this terminal; what is printed is the
    node as a definition has it."""
    from wizard.actions.example import as_json as json_of
    from wizard.actions.example import as_yaml, node
    from wizard.actions.validation import validate
    from wizard.node.keys import COMMON

    action = _action(name, _registry(store))
    if node_id is not None:
        _check_id(node_id)
    before = {} if source is None else _read(source, name)
    own = {key for made in action.inputs for key in made.path[:1]}
    common = {key: value for key, value in before.items() if key in COMMON - own}
    config = {key: value for key, value in before.items() if key not in common}
    if source is not None:
        config = validate(action, config)  # a form would drop a key that it doesn't know
    with redirect_stdout(sys.stderr):
        config = asyncio.run(_asked(action, config))
    common["id"] = node_id or str(common.get("id", action.type))
    written = {**node(action, {}, common["id"]), **common, **config}
    sys.stdout.write(json_of(written) if as_json else as_yaml(written))


def _check_id(node_id: str) -> None:
    """Raises BadParameter for what can't be a node's id."""
    from pydantic import TypeAdapter, ValidationError

    from wizard.node.types import Identifier

    try:
        TypeAdapter(Identifier).validate_python(node_id)
    except ValidationError:
        raise typer.BadParameter(
            f"{node_id[:80]!r} can't be an id: begin with a letter, and go on with letters, digits and _.",
            param_hint="--id",
        ) from None


def _read(source: Path, name: str) -> dict[str, Any]:
    """The node in a file. Raises DefinitionError for a file that can't be read, and BadParameter where it holds no such
    node."""
    from wizard.definitions.catalog import bytes_of
    from wizard.definitions.reading.source import read

    (document, *others) = read(bytes_of(source), str(source))
    data = document.data
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if others or not isinstance(data, dict):
        raise typer.BadParameter("the file must hold one node: a mapping with `type`.", param_hint="--from")
    if data.get("type", name) != name:
        raise typer.BadParameter(f"the node in the file is of the type {data['type']!r}.", param_hint="--from")
    return data


async def _asked(action: Action, config: dict[str, Any]) -> dict[str, Any]:
    """The configuration that somebody gives, asked again where something is wrong with it. Raises Exit where they
    leave, or where no more answers come."""
    from wizard.actions.asking import workflow_of
    from wizard.actions.configuration_form import config_of, form_values
    from wizard.actions.validation import by_field, validate
    from wizard.channels.terminal.console import Terminal
    from wizard.errors import ConfigurationRefused

    terminal = Terminal.standard()
    values = form_values(action, config)
    labels = {made.name: made.field["label"] for made in action.inputs if made.field}
    only: frozenset[str] | None = None
    while True:
        values |= await hold(workflow_of(action, values, only), terminal)
        try:
            return validate(action, config_of(action, values))
        except ConfigurationRefused as error:
            told, others = by_field(action, error.errors)
            for name, message in told.items():
                print(clean(f"{labels[name]}: {message}"))
            for message in others:
                print(clean(message))
            if not sys.stdin.isatty():
                raise typer.Exit(FAILED) from None
            only = frozenset(told) or None


async def hold(workflow: Mapping[str, Any], terminal: Terminal) -> dict[str, Any]:
    """The answers of a conversation. Raises Exit where it is left."""
    from wizard.app import make_engine, open_store
    from wizard.channels.terminal.terminal import Conversation, Ending
    from wizard.definitions.catalog import Catalog
    from wizard.node import Registry

    store = open_store("memory:")
    await store.open()
    engine = make_engine(Catalog.from_documents([workflow], Registry.installed()), store, settings())
    try:
        view = await engine.start(workflow["id"])
        if await Conversation(engine, terminal).hold(view) is not Ending.COMPLETED:
            print("It isn't finished: no node is printed. Where you have nothing to say, answer with an empty line.")
            raise typer.Exit(LEFT_UNFINISHED)
        return {name: value for answers in view.answers.values() for name, value in answers.items()}
    finally:
        await engine.close()
        await store.close()
