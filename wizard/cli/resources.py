"""`wizard resources`: passwords, tokens and addresses that definitions name, set and tried out in this terminal.

What is secret is typed without being shown, or comes in as JSON; it is never an argument, which other processes see,
and never printed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from wizard.cli.asking import FAILED, ask
from wizard.cli.drafts import By, whoever
from wizard.cli.repairs import agreed
from wizard.cli.shared import (
    AsJson,
    StoreOption,
    clean,
    command_group,
    examples,
    on_store,
    print_json,
    print_table,
    settings,
    time_of,
)

if TYPE_CHECKING:
    from wizard.resources.handing import Use
    from wizard.resources.keeping import Keeping, Kept
    from wizard.resources.kinds import Resource
    from wizard.resources.trying import Tried
    from wizard.settings import Settings
    from wizard.stores.contract import Store

T = TypeVar("T")

MAX_BYTES = 200_000  # of what comes in as JSON

resources = command_group(
    "Set, show, try and remove resources: passwords for services.",
    "wizard resources kinds",
    "wizard resources set crm --kind http",
    "wizard resources set crm --test",
    "wizard resources try crm",
    "wizard resources list",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The resource's name, as definitions have it.")]
ForTest = Annotated[bool, typer.Option("--test", help="The value for debug runs.")]
ForProduction = Annotated[bool, typer.Option("--production", help="The value for real runs; this unless given.")]


# -- looking -----------------------------------------------------------------------------------------


@resources.command("list", epilog=examples("wizard resources list", "wizard resources list --json"))
def list_resources(store: StoreOption = None, as_json: AsJson = False) -> None:
    """List the resources of a store, without what is in them."""
    listed = on_keeping(store, lambda keeping: keeping.list())
    if as_json:
        print_json([_line(kept) for kept in listed])
    elif not listed:
        print("There are no resources. `wizard resources set NAME --kind KIND` sets one.")
    else:
        rows = [(kept.name, kept.kind, " ".join(_uses(kept)), time_of(kept.saved_at), kept.saved_by) for kept in listed]
        print_table([("NAME", "KIND", "SET FOR", "SAVED", "BY"), *rows])


@resources.command(epilog=examples("wizard resources show crm", "wizard resources show crm --json"))
def show(name: Name, store: StoreOption = None, as_json: AsJson = False) -> None:
    """Show a resource. Of what is secret, only that it is set."""
    from wizard.resources.handing import Use
    from wizard.resources.keeping import shown

    kept = on_keeping(store, lambda keeping: keeping.get(name))
    values = {use.value: shown(resource) for use in Use if (resource := kept.values.of(use)) is not None}
    if as_json:
        print_json({**_line(kept), **values})
        return
    print_table([("Name", kept.name), ("Kind", kept.kind), ("Saved", f"{time_of(kept.saved_at)} by {kept.saved_by}")])
    for use, value in values.items():
        print(f"\nIn {use}" if use == "production" else "\nIn debug runs")
        print_table([(f"  {place}", told) for place, told in _told(value)])


@resources.command(
    epilog=examples("wizard resources kinds", "wizard resources kinds http", "wizard resources kinds --json")
)
def kinds(
    kind: Annotated[str | None, typer.Argument(metavar="KIND", help="One kind, with its example.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the kinds of resources, and what each holds."""
    from wizard.actions.resource_form import described
    from wizard.resources.keeping import kind_of
    from wizard.resources.kinds import KINDS

    chosen = [kind_of(kind)] if kind is not None else list(KINDS.values())
    told = [described(each) for each in chosen]
    if as_json:
        print_json(told if kind is None else told[0])
    elif kind is None:
        print_table([("KIND", "WHAT IT IS"), *((each["kind"], each["summary"]) for each in told)])
    else:
        print(clean(told[0]["summary"]), end="\n\n")
        keys = told[0]["schema"]["properties"]
        print_table([("KEY", "MEANING"), *((key, str(shape.get("description", ""))) for key, shape in keys.items())])
        print(f"\nAs JSON, for example:\n{json.dumps(told[0]['example'], indent=2)}")


# -- changing ----------------------------------------------------------------------------------------


@resources.command(
    "set",
    epilog=examples(
        "wizard resources set crm --kind http",
        "wizard resources set crm --test",
        "wizard resources set crm --kind http --json crm.json",
        "vault read crm | wizard resources set crm --kind http --json -",
        closing="What is secret isn't shown while it is typed. Where it is set already, leave it empty to keep it.",
    ),
)
def set_resource(
    name: Name,
    kind: Annotated[str | None, typer.Option(metavar="KIND", help="What it is; needed for a new one.")] = None,
    test: ForTest = False,
    production: ForProduction = False,
    source: Annotated[
        str | None, typer.Option("--json", metavar="FILE|-", help="Take the value from a JSON file, or from a pipe.")
    ] = None,
    store: StoreOption = None,
    by: By = None,
) -> None:
    """Set a resource: what it is in real runs or, with --test, in debug runs. Without --json, it is asked for.

    Stored resources are always encrypted, so WIZARD_KEYS has to be set (`wizard keys new`)."""
    use = _use(test=test, production=production)
    value = None if source is None else _read(source)

    async def work(keeping: Keeping) -> Kept:
        before = await _known(keeping, name)
        wanted = kind or (None if before is None else before.kind)
        if wanted is None:
            raise typer.BadParameter(f"there is no resource {name!r} yet; say what it is.", param_hint="--kind")
        revision = 0 if before is None else before.revision
        if value is not None:
            return await keeping.set(name, wanted, {use: value}, revision=revision, by=whoever(by))
        with redirect_stdout(sys.stderr):
            stored = None if before is None or before.kind != wanted else before.values.of(use)
            return await _asked(keeping, name, wanted, use, stored, revision, whoever(by))

    kept = on_keeping(store, work, makes=True)
    print(clean(f"{kept.name} is set for {' and '.join(_uses(kept))}. `wizard resources try {name}` tries it out."))


@resources.command("try", epilog=examples("wizard resources try crm", "wizard resources try crm --test"))
def try_resource(
    name: Name, test: ForTest = False, production: ForProduction = False, store: StoreOption = None
) -> None:
    """Connect to a service and sign in there, as nodes do. Nothing is changed. The exit code is 1 where it fails."""
    from wizard.app import services_of
    from wizard.nodes.out.trying import try_out

    use, here = _use(test=test, production=production), settings()

    async def work(keeping: Keeping) -> Tried:
        value = (await keeping.get(name)).values.of(use)
        if value is None:
            message = f"{name} has no {use.value} value. Set it: wizard resources set {name} {use.option}."
            raise typer.BadParameter(message, param_hint=use.option)
        services = services_of(here)
        try:
            return await try_out(value, services)
        finally:
            await services.close()

    tried = on_keeping(store, work)
    print(clean(tried.told))
    if not tried.works:
        raise typer.Exit(FAILED)


@resources.command(epilog=examples("wizard resources remove crm", "wizard resources remove crm --test --yes"))
def remove(
    name: Name,
    test: ForTest = False,
    production: ForProduction = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    store: StoreOption = None,
    by: By = None,
) -> None:
    """Remove a resource, or only one of its values. Nodes that name it fail from then on."""
    use = _use(test=test, production=production) if test or production else None
    if not yes and not agreed(f"Remove {name}{f' ({use.value})' if use else ''}?"):
        raise typer.Exit(FAILED)

    async def work(keeping: Keeping) -> None:
        if use is None:  # without a look: one that this version can't use can be removed as well
            await keeping.remove(name, by=whoever(by))
        elif _uses(kept := await keeping.get(name)) == [use.value]:
            await keeping.remove(name, revision=kept.revision, by=whoever(by))
        else:
            await keeping.set(name, kept.kind, {use: None}, revision=kept.revision, by=whoever(by))

    on_keeping(store, work)
    print("It is removed.")


def _use(*, test: bool, production: bool) -> Use:
    from wizard.resources.handing import Use

    if test and production:
        raise typer.BadParameter("say --test or --production, one at a time.", param_hint="--test")
    return Use.TEST if test else Use.PRODUCTION


async def _known(keeping: Keeping, name: str) -> Kept | None:
    from wizard.errors import ResourceNotFound

    try:
        return await keeping.get(name)
    except ResourceNotFound:
        return None


def _read(source: str) -> dict[str, Any]:
    """The value as JSON. Raises BadParameter, in which nothing of it is quoted."""
    try:
        text = sys.stdin.read(MAX_BYTES + 1) if source == "-" else Path(source).read_text("utf-8")
    except (OSError, UnicodeError):
        raise typer.BadParameter("the file can't be read.", param_hint="--json") from None
    try:
        value = json.loads(text) if len(text) <= MAX_BYTES else None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise typer.BadParameter(
            "this isn't a JSON object. `wizard resources kinds KIND` shows one.", param_hint="--json"
        )
    return value


async def _asked(
    keeping: Keeping, name: str, kind: str, use: Use, stored: Resource | None, revision: int, by: str
) -> Kept:
    """Asks for the value, and sets it. Raises Exit where somebody leaves, and what `Keeping.set` raises."""
    from wizard.actions.resource_form import ResourceForm
    from wizard.errors import ConfigurationRefused, ResourceRefused
    from wizard.resources.keeping import kind_of

    async def take(value: dict[str, Any]) -> Kept:
        try:
            return await keeping.set(name, kind, {use: value}, revision=revision, by=by)
        except ResourceRefused as error:
            wrong = {tuple(place.split(".")): why for place, why in error.errors.items()}
            if not wrong or any(first != use.value for first, *_ in wrong):  # it isn't about the value
                raise
            raise ConfigurationRefused({place[1:]: why for place, why in wrong.items()}) from None

    form = ResourceForm(kind_of(kind), stored)
    return await ask(form, form.values, take)


def on_keeping(store: str | None, work: Callable[[Keeping], Awaitable[T]], *, makes: bool = False) -> T:
    """Does the work on the resources of a store; `makes` says that the store may be new. Raises BadParameter for a
    store in memory, and StoreError where there is none."""
    from wizard.app import clock_of, keeping_of

    async def on_opened(opened: Store, here: Settings) -> T:
        return await work(keeping_of(opened, clock_of(here)))

    return on_store(store, "resources", on_opened, makes=makes)


# -- telling -----------------------------------------------------------------------------------------


def _uses(kept: Kept) -> list[str]:
    from wizard.resources.handing import Use

    return [use.value for use in Use if kept.values.of(use) is not None]


def _line(kept: Kept) -> dict[str, Any]:
    told = {key: getattr(kept, key) for key in ("name", "kind", "revision", "saved_at", "saved_by")}
    return {**told, "uses": _uses(kept)}


def _told(value: Mapping[str, Any], place: str = "") -> list[tuple[str, str]]:
    from wizard.resources.keeping import IS_SET

    rows: list[tuple[str, str]] = []
    for name, part in value.items():
        here = f"{place}.{name}" if place else name
        if part == IS_SET:
            rows.append((here, "(set)"))
        elif isinstance(part, Mapping):
            rows += _told(part, here)
        elif part != "":
            rows.append((here, str(part)))
    return rows
