"""`wizard test`: workflows are tested by scripts of conversations, or explored by generated answers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from wizard.cli.coverage import CoverageJsonOption, CoverageOption, CoverageReport, FailUnderOption, GraphOption
from wizard.cli.exploring import LimitOption, Order, OutOption, SecondsOption, SeedOption, explored
from wizard.cli.functions import FunctionsOption, chosen, imported
from wizard.cli.interrupting import INTERRUPTED, interruptible
from wizard.cli.outputs import check_file, check_folder
from wizard.cli.playing import FAILED, Playing, channels_called, scripts_of, workflows_of
from wizard.cli.shared import examples, settings

TEST_EXAMPLES = examples(
    "wizard test passport.test.yaml",
    "wizard test forms/ --over all",
    "wizard test forms/ -k guardian -x --verbose",
    "wizard test tests/passport.test.yaml --definitions forms/ --junit report.xml",
    "wizard test forms/ --coverage --graph coverage.svg --fail-under 80",
    "wizard test --explore forms/passport.yaml --out tests/ --seed 1",
    "wizard test --explore forms/ --seconds 60 --junit explored.xml",
    closing="Exit codes: 0 all passed, 1 a script failed or can't be used, or something was found, 2 wrong usage, "
    "130 stopped by Ctrl-C.",
)

PathsArgument = Annotated[
    list[Path],
    typer.Argument(metavar="FILE", help="Scripts, or folders of NAME.test.yaml; with --explore, definitions."),
]
DefinitionsOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--definitions", metavar="PATH", help="Definitions to test; those of a script's own folder unless given."
    ),
]
OverOption = Annotated[
    str | None,
    typer.Option(
        "--over",
        metavar="CHANNEL",
        help="The channel: web (pages), terminal, json, chat (unless given), or websocket; all for each.",
    ),
]
OnlyOption = Annotated[
    str | None,
    typer.Option(
        "-k", metavar="TEXT", help="Only scripts whose title or file has this in it; with --explore, such workflow ids."
    ),
]
FirstOnlyOption = Annotated[bool, typer.Option("-x", help="Stop at the first script that fails.")]
JunitOption = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Write the results there, as CI systems read them.")
]
ExploreOption = Annotated[
    bool, typer.Option("--explore", help="Walk through the definitions FILE by generated answers instead.")
]


def play_scripts(
    paths: PathsArgument,
    definitions: DefinitionsOption = None,
    over: OverOption = None,
    only: OnlyOption = None,
    first_only: FirstOnlyOption = False,
    junit: JunitOption = None,
    coverage: CoverageOption = False,
    as_json: CoverageJsonOption = None,
    graph: GraphOption = None,
    fail_under: FailUnderOption = None,
    explore: ExploreOption = False,
    out: OutOption = None,
    seed: SeedOption = None,
    limit: LimitOption = None,
    seconds: SecondsOption = None,
    functions: FunctionsOption = None,
) -> None:
    """Test workflows by scripts of conversations.

    A script says what a person does, and what they see. It is played on the real engine, over the real channel, with a
    clock of its own and services that answer what it says. Nothing is stored, and
    nothing leaves this machine. --verbose shows each conversation."""
    report = CoverageReport(coverage, as_json, graph, fail_under)
    report.check()
    check_file(junit, "--junit")
    check_folder(out, "--out")
    if explore:
        playing_only = {"--definitions": definitions, "--over": over, "-x": first_only or None}
        _refuse(playing_only, "--explore plays no scripts")
    else:
        exploring_only = {"--out": out, "--seed": seed, "--limit": limit, "--seconds": seconds}
        _refuse(exploring_only, "it is for --explore, and scripts are played here")
    here = settings()
    given = imported(chosen(functions, here))
    verbose = _is_verbose()
    with interruptible() as stops:
        if explore:
            order = Order(paths, only, out, seed or 0, limit, seconds, given, here)
            passed = _explore(order, junit, report, stops)
        else:
            playing = Playing(channels_called(over), first_only, verbose, given, here)
            passed = _play(playing, paths, definitions, only, junit, report, stops)
    if stops():
        raise typer.Exit(INTERRUPTED)
    if not passed:
        raise typer.Exit(FAILED)


def _refuse(given: Mapping[str, object], why: str) -> None:
    """Raises BadParameter for an option that was given, and would do nothing."""
    for option, value in given.items():
        if value is not None:
            raise typer.BadParameter(f"{why}; leave it out.", param_hint=option)


def _play(
    playing: Playing,
    paths: list[Path],
    definitions: list[Path] | None,
    only: str | None,
    junit: Path | None,
    report: CoverageReport,
    stops: Callable[[], bool],
) -> bool:
    """Whether all scripts pass, and cover enough."""
    from wizard.scripts.coverage import Covered
    from wizard.scripts.reporting import junit as junit_report
    from wizard.scripts.reporting import verdict

    scripts = list(scripts_of(paths, definitions, only))
    if not scripts:
        raise typer.BadParameter(f"no script has {only!r} in its title or file.", param_hint="-k")
    if not any(playing.channels(script) for script, _ in scripts):
        over = ", ".join(playing.over)
        raise typer.BadParameter(f"no script is for {over}: their `channels` leave it out.", param_hint="--over")
    covered = Covered()
    all_played = playing.play(scripts, covered, stops)
    if junit is not None:
        junit.write_text(junit_report(all_played), encoding="utf-8")
    enough = report.tell(workflows_of(scripts), covered)
    print(verdict(all_played))
    if stops():
        print("Stopped; the scripts behind these weren't played.")
    return enough and all(played.failure is None for played in all_played)


def _explore(order: Order, junit: Path | None, report: CoverageReport, stops: Callable[[], bool]) -> bool:
    """Whether nothing is found, and enough is come to."""
    from wizard.scripts.coverage import Covered
    from wizard.scripts.exploration_report import junit as junit_report

    explorations = explored(order, stops)
    if not explorations and not stops():
        raise typer.BadParameter(f"no workflow has {order.only!r} in its id.", param_hint="-k")
    if junit is not None:
        junit.write_text(junit_report(explorations, order.out), encoding="utf-8")
    covered = Covered(set().union(*(exploration.covered.parts for exploration in explorations)))
    enough = report.tell([exploration.workflow for exploration in explorations], covered)
    return enough and not any(exploration.findings for exploration in explorations)


def _is_verbose() -> bool:
    """Whether --verbose was said, which shows each conversation here, and not what the engine logs of it."""
    from wizard.telemetry.logs import set_up

    verbose = logging.getLogger("wizard").isEnabledFor(logging.DEBUG)
    set_up("error")
    return verbose
