"""`wizard test --explore`: workflows are walked through by generated answers; scripts tell what came of it."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from wizard.cli.shared import clean, quantity

if TYPE_CHECKING:
    from wizard.app import Functions
    from wizard.definitions.catalog import Catalog
    from wizard.scripts.exploring import Exploration
    from wizard.settings import Settings

MOST_NAMED = 10  # of what wasn't reached
EACH = 0.2  # seconds between two lines of progress

OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FOLDER", help="With --explore: write a script for each way there.")
]
SeedOption = Annotated[
    int | None, typer.Option("--seed", metavar="N", help="With --explore: what chance goes by; 0 unless given.")
]
LimitOption = Annotated[
    int | None,
    typer.Option(
        "--limit",
        metavar="N",
        min=1,
        max=100_000,
        help="With --explore: the most walks through one workflow; 300 unless given.",
    ),
]
SecondsOption = Annotated[
    float | None,
    typer.Option(
        "--seconds",
        metavar="N",
        min=0.0,
        max=1e6,
        help="With --explore: stop after so many, for all workflows together; each is walked through once at least.",
    ),
]


@dataclass(frozen=True, slots=True)
class Order:
    """What is explored, and how far. `only` is a part of the ids of the workflows that are meant."""

    paths: Sequence[Path]
    only: str | None
    out: Path | None
    seed: int
    limit: int | None
    seconds: float | None
    functions: Functions
    here: Settings


def explored(order: Order, stops: Callable[[], bool]) -> list[Exploration]:
    """Explores what is ordered until it is done or somebody `stops` it, says what came of it and writes the scripts.
    Raises DefinitionError, OSError."""
    from wizard.app import load_catalog
    from wizard.definitions.listing import listed

    catalog = load_catalog(order.paths)
    every = list(catalog.all_workflows())
    started = [workflow for workflow in every if workflow.starts_on]
    roots = [*listed(every), *(workflow for workflow in started if workflow not in listed(every))] or every
    meant = [workflow for workflow in roots if order.only is None or order.only.casefold() in workflow.id.casefold()]
    explorations = _explored_within(order, catalog, [workflow.id for workflow in meant], stops)
    if left := [workflow.id for workflow in meant[len(explorations) :]]:
        print(clean(f"not explored: {', '.join(left)}"))
    if order.out is not None:
        _write(explorations, order.out, order.seed)
    return explorations


def _explored_within(
    order: Order, catalog: Catalog, workflows: Sequence[str], stops: Callable[[], bool]
) -> list[Exploration]:
    """Each has its share of the time that is left; what one doesn't take is for those behind it. What came of one is
    told when it is done."""
    begun = monotonic()
    explorations: list[Exploration] = []
    for number, workflow in enumerate(workflows):
        if stops():
            break
        seconds = None
        if order.seconds is not None:
            seconds = max(begun + order.seconds - monotonic(), 0.0) / (len(workflows) - number)
        with progress() as notice:
            explorations.append(asyncio.run(_explore(catalog, workflow, order, seconds, notice, stops)))
        _tell(explorations[-1])
    return explorations


@contextmanager
def progress() -> Iterator[Callable[[Exploration], None]]:
    """Where somebody looks on at a terminal: a line that says how far it is, which goes when it is done."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda made: None
        return
    told = monotonic()

    def notice(made: Exploration) -> None:
        nonlocal told
        if monotonic() - told >= EACH:
            told = monotonic()
            line = clean(f"{made.workflow.id}: {_so_far(made)} …")[: shutil.get_terminal_size().columns - 1]
            print(f"\r{line}\x1b[K", end="", file=sys.stderr, flush=True)

    try:
        yield notice
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


async def _explore(
    catalog: Catalog,
    workflow: str,
    order: Order,
    seconds: float | None,
    notice: Callable[[Exploration], None],
    stops: Callable[[], bool],
) -> Exploration:
    from wizard.app import clock_of
    from wizard.scripts.exploring import LIMIT, explore

    at = clock_of(order.here)().replace(hour=10, minute=0, second=0, microsecond=0)
    return await explore(
        catalog.get(workflow),
        catalog,
        at,
        seed=order.seed,
        limit=order.limit or LIMIT,
        seconds=seconds,
        notice=notice,
        stops=stops,
        settings=order.here,
        functions=order.functions,
    )


def not_reached(exploration: Exploration) -> Iterator[str]:
    """What no walk came to, and whether more of them might."""
    from wizard.scripts.coverage import coverage_of

    for coverage in coverage_of([exploration.workflow], exploration.covered):
        of = "" if coverage.workflow.id == exploration.workflow.id else f" of {coverage.workflow.id}"
        for kind in ("node", "edge"):
            missing = coverage.figures[kind].missing
            yield from (f"not reached: {kind} {name}{of}" for name in missing[:MOST_NAMED])
            if len(missing) > MOST_NAMED:
                yield f"not reached: {len(missing) - MOST_NAMED:,} more {kind}s{of}"
    if exploration.is_cut:
        where = ", ".join(exploration.left[:MOST_NAMED]) or "what services may answer, or chance may bring"
        more = f" and {len(exploration.left) - MOST_NAMED:,} more" if len(exploration.left) > MOST_NAMED else ""
        walks, allows = quantity(exploration.walks, "walk"), "; --limit allows more"
        if exploration.is_stopped:
            allows = ""
        elif exploration.seconds is not None:
            walks, allows = f"{round(exploration.seconds, 1):g} seconds and {walks}", "; --seconds allows more"
        yield f"stopped after {walks} with something left to try ({where}{more}){allows}"


def _so_far(exploration: Exploration) -> str:
    """For somebody who waits: ways are known at the end only, since not all have come to one before."""
    kinds = [part.kind for part in exploration.covered.parts]
    reached = f"{quantity(kinds.count('node'), 'node')} and {quantity(kinds.count('edge'), 'edge')} reached"
    return f"{quantity(exploration.walks, 'walk')}, {reached}, {_found(exploration)}"


def _found(exploration: Exploration) -> str:
    return quantity(len(exploration.findings), "finding") if exploration.findings else "nothing wrong"


def _tell(exploration: Exploration) -> None:
    walks, ways = quantity(exploration.walks, "walk"), quantity(len(exploration.paths), "way")
    print(clean(f"{exploration.workflow.id}: {walks}, {ways} that came to something new, {_found(exploration)}."))
    for finding in exploration.findings:
        print(clean(f"  {finding.kind}: {finding.message}"))
    for line in not_reached(exploration):
        print(clean(f"  {line}"))


def _write(explorations: Sequence[Exploration], folder: Path, seed: int) -> None:
    from wizard.scripts.writing import scripts_of

    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for exploration in explorations:
        for name, text in scripts_of(exploration, seed).items():
            (folder / name).write_text(text, encoding="utf-8")
            written += 1
    print(clean(f"{quantity(written, 'script')} in {folder}."))
