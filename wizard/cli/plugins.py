"""`wizard plugins`: the packages that bring node types, field types and channels; whether they keep their contract;
and how one gets into this environment and out of it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wizard.cli.repairs import agreed
from wizard.cli.shared import AsJson, clean, examples, print_json, print_table, quantity

if TYPE_CHECKING:
    from wizard.plugins.installing import Installed
    from wizard.plugins.packages import PlugIn
    from wizard.plugins.report import Report

FAILED = 1

plugins = typer.Typer(
    help="List, check, install, disable, remove and begin plug-ins.",
    epilog=examples(
        "wizard plugins list",
        "wizard plugins new railway",
        "wizard plugins check railway",
        "wizard plugins install ./railway",
    ),
    no_args_is_help=True,
    rich_markup_mode=None,
)

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A package or its module, as `wizard plugins list` shows it.")
]
Seconds = Annotated[float, typer.Option("--timeout", metavar="SECONDS", min=1, max=600, help="For the check.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]
Effects = Annotated[bool, typer.Option("--effects", help="Run the examples with their effects.")]


@plugins.command("list", epilog=examples("wizard plugins list", "wizard plugins list --json"))
def list_plugins(as_json: AsJson = False) -> None:
    """List the packages that announce node types, field types or channels, and what of it can't be used, and why."""
    from wizard.plugins.packages import plugins as installed

    every = [_told(plugin) for plugin in installed()]
    if as_json:
        print_json(every)
        return
    if not every:
        print("No plug-in is installed. `wizard plugins new NAME` begins one.")
        return
    rows = [("PACKAGE", "VERSION", "GIVES", "STATE")]
    for told in every:
        for gives in told["gives"]:
            state = "disabled" if told["disabled"] else gives["unusable"] or "usable"
            rows.append((told["package"], told["version"], f"{gives['kind']} {gives['name']}", state))
    print_table(rows)


def _told(plugin: PlugIn) -> dict[str, Any]:
    """A package with what it gives. It is loaded in a process of its own: one that hangs keeps no list from anybody."""
    from wizard.plugins.checking import check as checked
    from wizard.plugins.packages import everything_of

    unusable: dict[str, str] = {}
    of_all = ""
    if not plugin.disabled:
        for finding in checked(everything_of(plugin), contract=False).findings:
            if finding.severity == "error":
                unusable.setdefault(finding.subject, finding.message)
        of_all = unusable.get(str(plugin), "")
    return {
        "package": plugin.name,
        "version": plugin.version,
        "disabled": plugin.disabled,
        "gives": [
            {
                "kind": gives.kind,
                "name": gives.name,
                "from": gives.value,
                "unusable": unusable.get(str(gives)) or of_all or None,
            }
            for gives in plugin.gives
        ],
    }


@plugins.command(
    epilog=examples(
        "wizard plugins check wizard-railway",
        "wizard plugins check railway.seats",
        "wizard plugins check seat --effects",
        "wizard plugins check wizard-railway --json",
        closing="Exit codes: 0 nothing is wrong, 1 something is, 2 wrong usage.",
    )
)
def check(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A package, a module in this folder or installed, or one type.")
    ],
    timeout: Seconds = 30,
    effects: Effects = False,
    as_json: AsJson = False,
) -> None:
    """Load a plug-in in a process of its own, and check its contract: documentation, schema, form and example."""
    from wizard.plugins.checking import check as checked
    from wizard.plugins.packages import target

    report = checked(target(name), seconds=timeout, effects=effects)
    if as_json:
        print_json(report.as_json())
    else:
        _print(report)
    if not report.is_right:
        raise typer.Exit(FAILED)


def _print(report: Report) -> None:
    for finding in report.findings:
        print(clean(finding))
    errors = sum(finding.severity == "error" for finding in report.findings)
    warnings = len(report.findings) - errors
    counts = ((errors, "error"), (warnings, "warning"))
    found = " and ".join(quantity(number, what) for number, what in counts if number) or "nothing is wrong"
    of = f" ({', '.join(report.checked)})" if report.checked else ""
    print(clean(f"{report.package}{of}: {found}."))


@plugins.command(
    epilog=examples(
        "wizard plugins install wizard-railway",
        "wizard plugins install 'wizard-railway==1.2' --yes",
        "wizard plugins install dist/railway-0.1.0-py3-none-any.whl",
        "wizard plugins install ./railway",
        closing="Indexes, proxies and the like are set in pip's or uv's own settings. What is installed already stays "
        "at its version.",
    ),
    context_settings={"ignore_unknown_options": True},
)
def install(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A package, or the path of a wheel or of a package's folder.")
    ],
    yes: Yes = False,
    keep: Annotated[bool, typer.Option("--keep", help="Keep it although its check fails.")] = False,
    timeout: Seconds = 30,
) -> None:
    """Install a plug-in into this environment, and check it in a process of its own. Where the check fails, it is taken
    out again."""
    from wizard.plugins import installing

    what = installing.wanted(name)
    if not yes and not agreed(f"Install {what.argument} into {sys.prefix}?", "Its code may do whatever Wizard may."):
        print("Nothing was installed.")
        raise typer.Exit(FAILED)
    came = installing.install(what)
    for new, version in sorted(came.new.items()):
        print(clean(f"Installed {new} {version}."))
    if _is_right(came, timeout):
        print("It counts from the next start of a server or worker on.")
        return
    if keep:
        print("It is kept nevertheless.")
    elif came.new:
        installing.uninstall([*came.new])
        print(clean(f"It was taken out again: {', '.join(sorted(came.new))}."))
    raise typer.Exit(FAILED)


def _is_right(came: Installed, seconds: float) -> bool:
    """Says what the check of each new plug-in finds."""
    from wizard.plugins.checking import check as checked
    from wizard.plugins.packages import everything_of

    if not came.plugins:
        print("It announces nothing for Wizard: no node type, field type or channel.")
        return False
    reports = [checked(everything_of(plugin), seconds=seconds) for plugin in came.plugins]
    for report in reports:
        _print(report)
    return all(report.is_right for report in reports)


@plugins.command(epilog=examples("wizard plugins remove wizard-railway", "wizard plugins remove wizard-railway --yes"))
def remove(name: Name, yes: Yes = False) -> None:
    """Uninstall a plug-in. Runs that need it wait until it is there again."""
    from wizard.node.disabled import enable as take_off
    from wizard.plugins import installing
    from wizard.plugins.packages import installed

    plugin = installed(name)
    if not yes and not agreed(f"Uninstall {plugin}, with {', '.join(map(str, plugin.gives))}?", "Runs may need it."):
        print("Nothing was removed.")
        raise typer.Exit(FAILED)
    installing.uninstall([plugin.name])
    take_off(plugin.name)
    print(clean(f"{plugin} is removed. Runs that need it wait until it is there again."))


@plugins.command(epilog=examples("wizard plugins disable wizard-railway"))
def disable(name: Name) -> None:
    """Leave a plug-in out, without uninstalling it. It counts for this environment, from the next start on."""
    from wizard.node.disabled import disable as put_on
    from wizard.node.disabled import list_file
    from wizard.plugins.packages import installed

    plugin = installed(name)
    was_enabled = put_on(plugin.name)
    told = f"is disabled from the next start on ({list_file()})" if was_enabled else "is disabled already"
    print(clean(f"{plugin} {told}."))


@plugins.command(epilog=examples("wizard plugins enable wizard-railway"))
def enable(name: Name) -> None:
    """Use a plug-in again that was disabled."""
    from wizard.node.disabled import enable as take_off
    from wizard.plugins.packages import installed

    plugin = installed(name)
    told = "is used again from the next start on" if take_off(plugin.name) else "isn't disabled"
    print(clean(f"{plugin} {told}."))


@plugins.command(
    epilog=examples("wizard plugins new railway", "wizard plugins new railway-seats --folder plugins/seats")
)
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the package is to be called: railway-seats.")],
    folder: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where it is written; a new folder NAME unless given.")
    ] = None,
) -> None:
    """Write a package with a node type, its tests and its documentation, to begin with."""
    from wizard.plugins.template import write

    for file in write(name, folder or Path(name)):
        print(clean(file))
    print(clean(f"Now: pip install -e {folder or name}, then pytest and wizard plugins check {name}."))
