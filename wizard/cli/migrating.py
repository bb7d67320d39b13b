"""`wizard migrate`: live runs go to another version of their workflow, a page at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wizard.cli.drafts import By, WorkflowId, limited, whoever
from wizard.cli.shared import AsJson, StoreOption, clean, look, print_json, print_table, quantity, say

if TYPE_CHECKING:
    from wizard.engine import Engine
    from wizard.model.migrating import Names, Order, Page, Verdict

MOST_SHOWN = 20  # runs that are named, unless `--json` asks for all

WORDS = {
    "continue": "continue where they stand",
    "ask": "are asked for an answer first",
    "stuck": "stay on their version",
    "moved": "were moved meanwhile, and stay as they are",
}


def migrate(
    workflow: WorkflowId,
    store: StoreOption = None,
    to: Annotated[
        int | None, typer.Option(metavar="NUMBER", min=1, help="The version; the one that is deployed unless given.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of the runs.")] = False,
    renamed: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="OLD=NEW", help="A node that has another name now, or a field: NODE.FIELD=NODE.FIELD."
        ),
    ] = None,
    back: Annotated[
        bool, typer.Option("--back", help="Bring back the runs that haven't moved since they were migrated.")
    ] = False,
    note: Annotated[str, typer.Option(metavar="TEXT", callback=limited(0, 2000), help="Why, for `wizard audit`.")] = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Move live runs of a workflow to another version of it. Each stands afterwards where it stood, or at the first
    step that needs an answer; what can't go on there stays on its version. Runs go on meanwhile."""
    from wizard.model.migrating import Order

    if back and (to is not None or renamed):
        raise typer.BadParameter(
            "each run goes to the version that it had: leave --to and --map out.", param_hint="--back"
        )
    order = Order(workflow, to, dry_run, back, _names(renamed or ()), by=whoever(by), note=note)
    pages = look(store, lambda engine: _pages(engine, order))
    if as_json:
        print_json(_json(pages))
    else:
        _tell(order, pages)


def _names(renamed: Sequence[str]) -> Names:
    from wizard.model.migrating import Names as Given

    nodes: dict[str, str] = {}
    fields: dict[str, str] = {}
    for pair in renamed:
        old, equals, new = (part.strip() for part in pair.partition("="))
        if not (old and equals and new) or ("." in old) is not ("." in new):
            raise typer.BadParameter(f"{pair!r} isn't OLD=NEW, of two nodes or two fields.", param_hint="--map")
        named = fields if "." in old else nodes
        if named.setdefault(old, new) != new:
            raise typer.BadParameter(f"{old!r} can't be {named[old]!r} and {new!r} as well.", param_hint="--map")
    return Given(nodes, fields)


async def _pages(engine: Engine, order: Order) -> list[Page]:
    """All of them, one after the other; whoever waits sees how far it is."""
    pages = [await engine.migrate(order)]
    looked = len(pages[0].verdicts)
    while (following := pages[-1].following) is not None:
        say(f"{quantity(looked, 'run')} so far …")
        pages.append(await engine.migrate(order._replace(before=following)))
        looked += len(pages[-1].verdicts)
    return pages


def _json(pages: Sequence[Page]) -> dict[str, Any]:
    counts = _counts(pages)
    return {
        "number": pages[0].number,
        "version": pages[0].version or None,
        **{result: counts[result] for result in WORDS},
        "renamed": [name._asdict() for name in _renamed(pages)],
        "runs": [
            {"id": run.run, "at": run.at, "then": run.then, "result": run.result.value, "why": run.why}
            for page in pages
            for run in page.verdicts
        ],
    }


def _counts(pages: Sequence[Page]) -> Counter[str]:
    return Counter(run.result.value for page in pages for run in page.verdicts)


def _renamed(pages: Sequence[Page]) -> list[Any]:
    return list(dict.fromkeys(name for page in pages for name in page.renamed))


def _tell(order: Order, pages: Sequence[Page]) -> None:
    counts, number = _counts(pages), pages[0].number
    for name in _renamed(pages):
        print(
            clean(f"{name.before} is {name.after} now{' (a guess: say otherwise with --map)' if name.guessed else ''}.")
        )
    if not counts:
        where = "was migrated" if order.back else f"is on another version than {number}"
        print(clean(f"No live run of {order.workflow} {where}."))
        return
    goal = "the versions that they had" if order.back else f"version {number}"
    print(clean(f"{'A dry run' if order.dry_run else 'Runs of ' + order.workflow}, to {goal}:"))
    for result, words in WORDS.items():
        if counts[result]:
            print(
                f"{counts[result]:>8,} {'are back where they stood' if order.back and result == 'continue' else words}"
            )
    told = [run for page in pages for run in page.verdicts if run.result.value != "continue"]
    if told:
        print_table([("RUN", "AT", "THEN", "WHY"), *(_row(run) for run in told[:MOST_SHOWN])])
    if len(told) > MOST_SHOWN:
        print(f"… and {len(told) - MOST_SHOWN:,} more; --json lists them all.")


def _row(run: Verdict) -> tuple[str, ...]:
    return run.run, run.at or "-", "-" if run.then is None else run.then or "-", run.why
