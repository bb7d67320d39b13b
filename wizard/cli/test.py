"""`wizard test`: scripts are played on the real engine, and the definitions they test are told of."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wizard.cli.exploring import Order, explored
from wizard.cli.functions import FunctionsOption, chosen, imported
from wizard.cli.shared import clean, examples, say, settings

if TYPE_CHECKING:
    from wizard.app import Functions
    from wizard.definitions.catalog import Catalog
    from wizard.model import Workflow
    from wizard.scripts.coverage import Covered
    from wizard.scripts.playing import Played
    from wizard.scripts.script import Script
    from wizard.settings import Settings

FAILED = 1
ALL, USUAL = "all", "chat"

TEST_EXAMPLES = examples(
    "wizard test passport.test.yaml",
    "wizard test forms/ --over all",
    "wizard test forms/ -k guardian -x --verbose",
    "wizard test tests/passport.test.yaml --definitions forms/ --junit report.xml",
    "wizard test forms/ --coverage --graph coverage.svg --fail-under 80",
    "wizard test --explore forms/passport.yaml --out tests/ --seed 1",
    closing="Exit codes: 0 all passed, 1 a script failed or can't be used, or something was found, 2 wrong usage.",
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is played, and how."""

    over: tuple[str, ...]  # none where nothing was said
    first_only: bool
    verbose: bool
    functions: Functions
    here: Settings

    def channels(self, script: Script) -> Sequence[str]:
        """Those over which a script is played: of those that it is for."""
        if self.over:
            return [channel for channel in self.over if channel in script.channels]
        return [USUAL] if USUAL in script.channels else script.channels[:1]


def play_scripts(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="Scripts, or folders of NAME.test.yaml; with --explore, definitions.",
        ),
    ],
    definitions: Annotated[
        list[Path] | None,
        typer.Option(
            "--definitions", metavar="PATH", help="Definitions to test; those of a script's own folder unless given."
        ),
    ] = None,
    over: Annotated[
        str | None,
        typer.Option(
            "--over", metavar="CHANNEL", help="The channel: web, terminal, json or chat (unless given); all for each."
        ),
    ] = None,
    only: Annotated[
        str | None, typer.Option("-k", metavar="TEXT", help="Only scripts whose title or file has this in it.")
    ] = None,
    first_only: Annotated[bool, typer.Option("-x", help="Stop at the first script that fails.")] = False,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write the results there, as CI systems read them.")
    ] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Say what the scripts come to: nodes, edges, fields, messages.")
    ] = False,
    as_json: Annotated[
        Path | None, typer.Option("--coverage-json", metavar="FILE", help="Write the coverage there, as JSON.")
    ] = None,
    graph: Annotated[
        Path | None,
        typer.Option("--graph", metavar="FILE", help="Draw the coverage there: FILE.svg, FILE.mmd or FILE.dot."),
    ] = None,
    fail_under: Annotated[
        float | None,
        typer.Option("--fail-under", metavar="PERCENT", min=0, max=100, help="Fail where the coverage is less."),
    ] = None,
    explore: Annotated[
        bool, typer.Option("--explore", help="Walk through the definitions FILE by generated answers instead.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="With --explore: write a script for each way there.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="With --explore: what chance goes by.")] = 0,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, max=100_000, help="With --explore: walks of one workflow.")
    ] = 300,
    functions: FunctionsOption = None,
) -> None:
    """Test workflows by scripts of conversations.

    A script says what a person does, and what they see. It is played on the real engine, over the real channel, with a
    clock of its own and services that answer what it says. Nothing is stored, and
    nothing leaves this machine. --verbose shows each conversation."""
    from wizard.scripts.coverage import Covered
    from wizard.scripts.coverage_report import DRAWINGS
    from wizard.scripts.reporting import junit as junit_report
    from wizard.scripts.reporting import verdict

    if graph is not None and graph.suffix.lower() not in DRAWINGS:
        raise typer.BadParameter(f"name a file that ends in {', '.join(DRAWINGS)}.", param_hint="--graph")
    here = settings()
    given = imported(chosen(functions, here))
    verbose = _is_verbose()
    wanted = _Wanted(coverage, as_json, graph, fail_under)
    if explore:
        _explore(Order(paths, only, out, seed, limit, given, here), wanted)
        return
    asked = _Asked(_channels(over), first_only, verbose, given, here)
    scripts = [(script, catalog) for script, catalog in _scripts(paths, definitions) if _is_meant(script, only)]
    if not scripts:
        raise typer.BadParameter(f"no script has {only!r} in its title or file.", param_hint="-k")
    if not any(asked.channels(script) for script, _ in scripts):
        raise typer.BadParameter(f"no script is for {over}: their `channels` leave it out.", param_hint="--over")
    covered = Covered()
    all_played = asyncio.run(_play(scripts, asked, covered))
    if junit is not None:
        junit.write_text(junit_report(all_played), encoding="utf-8")
    tested = {script.written.workflow: catalog for script, catalog in scripts}
    workflows = [catalog.get(name) for name, catalog in tested.items() if name in catalog.workflows]
    enough = _tell_coverage(workflows, covered, wanted)
    print(verdict(all_played))
    if not enough or any(played.failure is not None for played in all_played):
        raise typer.Exit(FAILED)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be told of the coverage."""

    text: bool
    as_json: Path | None
    graph: Path | None
    least: float | None

    @property
    def anything(self) -> bool:
        return self.text or self.as_json is not None or self.graph is not None or self.least is not None


def _explore(order: Order, wanted: _Wanted) -> None:
    """Raises Exit where something is found, or too little is covered."""
    from wizard.scripts.coverage import Covered

    _, explorations = explored(order)
    if not explorations:
        raise typer.BadParameter(f"no workflow has {order.only!r} in its id.", param_hint="-k")
    covered = Covered(set().union(*(exploration.covered.parts for exploration in explorations)))
    enough = _tell_coverage([exploration.workflow for exploration in explorations], covered, wanted)
    if not enough or any(exploration.findings for exploration in explorations):
        raise typer.Exit(FAILED)


def _tell_coverage(workflows: Sequence[Workflow], covered: Covered, wanted: _Wanted) -> bool:
    """Whether it is enough."""
    if not wanted.anything:
        return True
    from wizard.scripts import coverage_report
    from wizard.scripts.coverage import coverage_of, percent

    coverages = coverage_of(workflows, covered)
    if wanted.text:
        for line in coverage_report.lines_of(coverages):
            print(clean(line))
    if wanted.as_json is not None:
        text = json.dumps(coverage_report.as_json(coverages), indent=2, ensure_ascii=False)
        wanted.as_json.write_text(f"{text}\n", encoding="utf-8")
    if wanted.graph is not None:
        for file, text in coverage_report.drawings(coverages, wanted.graph).items():
            file.write_text(text, encoding="utf-8")
    reached = percent(coverages)
    if wanted.least is None or reached >= wanted.least:
        return True
    print(f"The coverage is {reached:.1f} %, less than {wanted.least:g} %; --coverage names what is missing.")
    return False


def _is_verbose() -> bool:
    """Whether --verbose was said, which shows each conversation here, and not what the engine logs of it."""
    from wizard.telemetry.logs import set_up

    verbose = logging.getLogger("wizard").isEnabledFor(logging.DEBUG)
    set_up("error")
    return verbose


def _channels(over: str | None) -> tuple[str, ...]:
    from wizard.definitions.reading.complaints import did_you_mean
    from wizard.scripts.script import CHANNELS

    if over is None:
        return ()
    if over == ALL:
        return CHANNELS
    if over not in CHANNELS:
        hint = did_you_mean(over, (*CHANNELS, ALL)) or f"; there are {', '.join((*CHANNELS, ALL))}"
        raise typer.BadParameter(f"there is no channel {over!r}{hint}.", param_hint="--over")
    return (over,)


def _is_meant(script: Script, only: str | None) -> bool:
    return only is None or only.casefold() in f"{script.file} {script.title}".casefold()


def _scripts(paths: Sequence[Path], definitions: Sequence[Path] | None) -> Iterable[tuple[Script, Catalog]]:
    """Each script with the definitions that it tests. Raises DefinitionError."""
    from wizard.app import load_catalog
    from wizard.errors import DefinitionError
    from wizard.scripts.reading import read_files, script_files

    try:
        scripts = read_files(script_files(paths))
    except DefinitionError as error:
        for problem in error.problems:
            say(problem, logging.ERROR)
        say("wizard: The script can't be used. Correct what is named above and try again.", logging.ERROR)
        raise typer.Exit(FAILED) from None
    named = load_catalog(definitions) if definitions else None
    beside: dict[Path, Catalog] = {}
    for script in scripts:
        folder = Path(script.file).parent
        if named is None and folder not in beside:
            beside[folder] = load_catalog(folder)
        yield script, named or beside[folder]


async def _play(scripts: Iterable[tuple[Script, Catalog]], asked: _Asked, covered: Covered) -> list[Played]:
    from wizard.scripts.playing import play
    from wizard.scripts.reporting import lines_of

    all_played: list[Played] = []
    for script, catalog in scripts:
        for channel in asked.channels(script):
            played = await play(
                script, catalog, channel, settings=asked.here, functions=asked.functions, covered=covered
            )
            all_played.append(played)
            for line in lines_of(played, verbose=asked.verbose):
                print(clean(line))
            if asked.first_only and played.failure is not None:
                return all_played
    return all_played
