"""`wizard drafts export` and `import`: a workflow with all that it embeds leaves a store as one file, and comes into
another."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wizard.cli.drafts import By, WorkflowId, count_errors, on_stages, whoever
from wizard.cli.functions import FunctionsOption, chosen, imported
from wizard.cli.shared import AsJson, StoreOption, clean, examples, print_json, problem_json, settings

if TYPE_CHECKING:
    from wizard.deployments.bundles import Bundle
    from wizard.deployments.staging import Staging
    from wizard.deployments.transfer import Plan, Transfer
    from wizard.model.staging import Stages

FAILED = 1


EXPORT_EXAMPLES = examples(
    "wizard drafts export passport -o passport.bundle.json", "wizard drafts export passport --stage 3"
)
IMPORT_EXAMPLES = examples(
    "wizard drafts import passport.bundle.json --dry-run", "wizard drafts import passport.bundle.json --by ann"
)


def export(
    workflow: WorkflowId,
    store: StoreOption = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there.")] = None,
    stage: Annotated[str, typer.Option(metavar="STAGE", help="The draft, deployed, or a version's number.")] = "draft",
) -> None:
    """Export a workflow as a bundle. That is its text, the texts of all that it embeds, and the names of what they
    need."""
    from wizard.deployments.bundles import write_bundle

    async def work(staging: Staging, stages: Stages) -> Bundle:
        return await _transfer(staging, stages).export(workflow, stage)

    bundle = on_stages(store, work)
    content = write_bundle(bundle)
    if output is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        return
    output.write_bytes(content)
    parts = ", ".join(f"{part.workflow} ({part.stage})" for part in bundle.parts)
    print(clean(f"Written to {output}: {parts}."), file=sys.stderr)


def import_bundle(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A bundle.")],
    store: StoreOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also save over drafts that have another text, and beside such versions.")
    ] = False,
    by: By = None,
    functions: FunctionsOption = None,
    as_json: AsJson = False,
) -> None:
    """Import a bundle, each of its texts as a draft. Whatever is missing or would be overwritten is named first, and
    then nothing is changed."""
    from wizard.deployments.bundles import read_bundle

    bundle = read_bundle(_bytes_of(file))
    named = chosen(functions, settings())
    known = imported(named).keys() if named else None

    async def work(staging: Staging, stages: Stages) -> tuple[Plan, bool]:
        transfer = _transfer(staging, stages, known)
        plan = await transfer.plan(bundle, replace=replace)
        if dry_run or plan.hindrances:
            return plan, False
        return await transfer.bring_in(bundle, by=whoever(by), replace=replace), True

    plan, done = on_stages(store, work, makes=not dry_run)
    if as_json:
        print_json(_plan_json(plan, done=done))
    else:
        _print(plan, bundle, done=done)
    if plan.hindrances:
        raise typer.Exit(FAILED)


def _bytes_of(file: Path) -> bytes:
    """No more than a bundle may have."""
    from wizard.deployments.bundles import MAX_BUNDLE

    with file.open("rb") as opened:
        return opened.read(MAX_BUNDLE + 1)


def _transfer(staging: Staging, stages: Stages, functions: Any = None) -> Transfer:
    from wizard.app import clock_of
    from wizard.deployments.transfer import Transfer as OfStore
    from wizard.resources.handing import NONE

    clock = clock_of(settings())
    return OfStore(stages, staging.registry, clock, functions, staging.resources or NONE)


def _plan_json(plan: Plan, *, done: bool) -> dict[str, Any]:
    return {
        "imported": done,
        "drafts": [part._asdict() for part in plan.parts],
        "hindrances": list(plan.hindrances),
        "problems": [problem_json(problem) for problem in plan.problems],
        "functions": None if plan.functions is None else list(plan.functions),
        "resources": list(plan.lacking),
    }


def _print(plan: Plan, bundle: Bundle, *, done: bool) -> None:
    said = {"new": "saved", "replaced": "saved, over another", "unchanged": "unchanged"}
    for part in plan.parts:
        what = said[part.result] if done or part.result == "unchanged" else part.result
        print(clean(f"{part.workflow}: draft {part.revision}, {what}"))
    for text in (*plan.hindrances, *plan.problems, *plan.lacking):
        print(clean(text))
    if plan.functions:
        print(clean(f"Functions that aren't here: {', '.join(plan.functions)}."))
    elif plan.functions is None and bundle.needs.functions:
        print(clean(f"It calls functions of the application: {', '.join(bundle.needs.functions)}."))
    if plan.hindrances:
        again = "" if _only_lacks(plan) else " To save over what is there, say --replace."
        print(f"Nothing was changed.{again}")
    elif count_errors(plan.problems):
        print("Drafts with errors can't be deployed.")


def _only_lacks(plan: Plan) -> bool:
    return all(text.startswith("There is no ") for text in plan.hindrances)
