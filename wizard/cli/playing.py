"""`wizard test`: scripts are found, played over the channels that are named, and told of."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from wizard.cli.shared import clean, say

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
Tested = tuple["Script", "Catalog"]  # a script, and the definitions that it tests


@dataclass(frozen=True, slots=True)
class Playing:
    """How scripts are played. `over` are the channels that were named, none where nothing was said."""

    over: tuple[str, ...]
    first_only: bool
    verbose: bool
    functions: Functions
    here: Settings

    def play(self, scripts: Sequence[Tested], covered: Covered, stops: Callable[[], bool]) -> list[Played]:
        """Plays them one after another until somebody `stops` it, and says of each what came of it."""
        return asyncio.run(self._play(scripts, covered, stops))

    def channels(self, script: Script) -> Sequence[str]:
        """Those over which a script is played: of those that it is for."""
        if self.over:
            return [channel for channel in self.over if channel in script.channels]
        return [USUAL] if USUAL in script.channels else script.channels[:1]

    async def _play(self, scripts: Iterable[Tested], covered: Covered, stops: Callable[[], bool]) -> list[Played]:
        from wizard.scripts.playing import play
        from wizard.scripts.reporting import left_out, lines_of

        all_played: list[Played] = []
        for script, catalog in scripts:
            for channel in self.channels(script):
                if stops():
                    return all_played
                played = await play(
                    script, catalog, channel, settings=self.here, functions=self.functions, covered=covered
                )
                all_played.append(played)
                for line in lines_of(played, verbose=self.verbose):
                    print(clean(line))
                if self.first_only and played.failure is not None:
                    return all_played
            for line in left_out(script, self.over):
                print(clean(line))
        return all_played


def channels_called(over: str | None) -> tuple[str, ...]:
    """The channels that `--over` names. Raises BadParameter."""
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


def scripts_of(paths: Sequence[Path], definitions: Sequence[Path] | None, only: str | None) -> Iterator[Tested]:
    """The scripts whose title or file has `only` in it, each with the definitions that it tests. Raises Exit where a
    script can't be read, and DefinitionError."""
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
        if only is not None and only.casefold() not in f"{script.file} {script.title}".casefold():
            continue
        folder = Path(script.file).parent
        if named is None and folder not in beside:
            beside[folder] = load_catalog(folder)
        yield script, named or beside[folder]


def workflows_of(scripts: Iterable[Tested]) -> list[Workflow]:
    """Those that the scripts test."""
    tested = {script.written.workflow: catalog for script, catalog in scripts}
    return [catalog.get(name) for name, catalog in tested.items() if name in catalog.workflows]
