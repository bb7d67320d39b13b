"""`wizard deploy`, `revoke`, `versions`, `diff` and `audit`: what is deployed, what was, and who decided it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wizard.cli.bundles import EXPORT_EXAMPLES, IMPORT_EXAMPLES, export, import_bundle
from wizard.cli.drafts import By, WorkflowId, drafts, in_file, limited, on_stages, save_text, text_of_file, whoever
from wizard.cli.migrating import migrate
from wizard.cli.shared import AsJson, StoreOption, clean, examples, print_json, print_table, say, time_of
from wizard.cli.sharing import share

if TYPE_CHECKING:
    from wizard.deployments.staging import Outcome, Staging
    from wizard.model.staging import Deed, Stages, Version

MAX_LISTED = 10_000

Note = Annotated[
    str,
    typer.Option(metavar="TEXT", callback=limited(0, 2000), help="Why, for `wizard versions` and `wizard audit`."),
]
Limit = Annotated[int, typer.Option(metavar="N", min=1, max=MAX_LISTED, help="How many at most, newest first.")]
Below = Annotated[
    int | None, typer.Option(metavar="NUMBER", min=1, help="Only those with a lower number, for the next page.")
]


def add_staging(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    drafts.command("export", epilog=EXPORT_EXAMPLES)(export)
    drafts.command("import", epilog=IMPORT_EXAMPLES)(import_bundle)
    app.add_typer(drafts, name="drafts")
    for command, lines in (
        (deploy, ("wizard deploy passport", 'wizard deploy passport --from passport.yaml --note "Build 4711"')),
        (revoke, ("wizard revoke passport", 'wizard revoke passport --note "Nobody gets past the address"')),
        (
            migrate,
            (
                "wizard migrate passport --dry-run",
                "wizard migrate passport --map person=applicant --map person.mail=applicant.email",
                'wizard migrate passport --back --note "They were asked twice"',
            ),
        ),
        (versions, ("wizard versions passport", "wizard versions passport --limit 5 --json")),
        (diff, ("wizard diff passport", "wizard diff passport 3 draft", "wizard diff passport 2 3 --json")),
        (audit, ("wizard audit", "wizard audit passport --limit 20 --json")),
        (share, ("wizard share passport ben=editor", "wizard share passport --stop ben --owner ann")),
    ):
        app.command(command.__name__, epilog=examples(*lines))(command)


def deploy(
    workflow: WorkflowId,
    store: StoreOption = None,
    note: Note = "",
    source: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="Save this file as the draft first.")
    ] = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Deploy the draft of a workflow. Runs are started from it from now on; those that have begun go on as they
    began."""
    from wizard.errors import DefinitionError

    async def work(staging: Staging, stages: Stages) -> tuple[Outcome, bool]:
        revision = None
        if source is not None:
            draft, _ = await save_text(staging, workflow, text_of_file(source, workflow), whoever(by))
            revision = draft.revision
        before = {each.workflow: each.number for each in await stages.deployed()}.get(workflow)
        outcome = await staging.deploy(workflow, by=whoever(by), note=note, revision=revision)
        return outcome, outcome.version.number != before

    try:
        outcome, is_new = on_stages(store, work, makes=source is not None)
    except DefinitionError as error:
        raise error if source is None else DefinitionError(list(in_file(source, error.problems))) from None
    for problem in outcome.warnings if source is None else in_file(source, outcome.warnings):
        say(problem)
    for lack in outcome.lacking:
        say(f"warning: {lack}")
    _tell_outcome(outcome, "deployed" if is_new else "deployed already", as_json=as_json)


def revoke(
    workflow: WorkflowId,
    store: StoreOption = None,
    note: Note = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Take the deployment of a workflow back. The version that was deployed before it is deployed again; runs that have
    begun go on as they began."""

    async def work(staging: Staging, stages: Stages) -> Outcome:
        return await staging.revoke(workflow, by=whoever(by), note=note)

    _tell_outcome(on_stages(store, work), "deployed again", as_json=as_json)


def _tell_outcome(outcome: Outcome, done: str, *, as_json: bool) -> None:
    version = outcome.version
    if as_json:
        print_json(
            {
                "workflow": version.workflow,
                "number": version.number,
                "version": version.version,
                "embeds": dict(outcome.embeds),
                "embedded_in": list(outcome.embedded_in),
            }
        )
        return
    print(f"Version {version.number} of {version.workflow} is {done}.")
    if outcome.embeds:
        print(f"It embeds {', '.join(f'{name} {number}' for name, number in sorted(outcome.embeds.items()))}.")
    for name in outcome.embedded_in:
        print(f"{name} embeds it, and keeps the version that it has until it is deployed anew: `wizard deploy {name}`.")


def versions(
    workflow: WorkflowId, store: StoreOption = None, limit: Limit = 100, below: Below = None, as_json: AsJson = False
) -> None:
    """List what was deployed of a workflow, newest first."""

    async def work(staging: Staging, stages: Stages) -> tuple[tuple[Version, ...], int | None]:
        deployed = {each.workflow: each.number for each in await stages.deployed()}
        return await stages.versions(workflow, limit, below), deployed.get(workflow)

    listed, deployed = on_stages(store, work)
    if as_json:
        keys = ("number", "version", "at", "by", "note")
        print_json(
            [{**{key: getattr(each, key) for key in keys}, "deployed": each.number == deployed} for each in listed]
        )
    elif not listed:
        print(clean(f"There are no versions of {workflow}{'' if below is None else f' below {below}'}."))
    else:
        rows = [("NUMBER", "", "AT", "BY", "NOTE")]
        rows += [
            (str(each.number), "deployed" if each.number == deployed else "", time_of(each.at), each.by, each.note)
            for each in listed
        ]
        print_table(rows)


def diff(
    workflow: WorkflowId,
    before: Annotated[
        str, typer.Argument(metavar="FROM", help="A version's number, `deployed` or `draft`.", show_default=True)
    ] = "deployed",
    after: Annotated[str, typer.Argument(metavar="TO", help="The same.", show_default=True)] = "draft",
    store: StoreOption = None,
    as_json: AsJson = False,
) -> None:
    """Show what is different between versions of a workflow. A version can be the draft as well; differences are told
    by node and key."""
    from wizard.deployments.diff import lines

    for name, hint in ((before, "FROM"), (after, "TO")):
        if name not in ("draft", "deployed") and not (name.isascii() and name.isdigit()):
            raise typer.BadParameter(f"{name!r} is neither a number, nor `draft` or `deployed`.", param_hint=hint)

    async def work(staging: Staging, stages: Stages) -> tuple[tuple[Any, ...], bool]:
        texts = await staging.text(workflow, before), await staging.text(workflow, after)
        return await staging.diff(workflow, before, after), texts[0] == texts[1]

    changes, are_same = on_stages(store, work)
    if as_json:
        print_json([change._asdict() for change in changes])
    elif changes:
        for line in lines(changes):
            print(clean(line))
    elif are_same:
        print("There is no difference.")
    else:
        print("No key is different; comments, blanks or the order of keys are.")


def audit(
    workflow: Annotated[str | None, typer.Argument(metavar="ID", help="Only what was done with this workflow.")] = None,
    store: StoreOption = None,
    limit: Limit = 100,
    below: Below = None,
    as_json: AsJson = False,
) -> None:
    """List who deployed, revoked or changed what, newest first."""

    async def work(staging: Staging, stages: Stages) -> tuple[Deed, ...]:
        return await stages.deeds(workflow, limit, below)

    deeds = on_stages(store, work)
    if as_json:
        print_json([deed._asdict() for deed in deeds])
    elif not deeds:
        print("Nothing was done.")
    else:
        rows = [("NUMBER", "AT", "BY", "WHAT", "WORKFLOW", "NOTE")]
        rows += [(str(each.number), time_of(each.at), each.by, _what(each), each.workflow, each.note) for each in deeds]
        print_table(rows)


def _what(deed: Deed) -> str:
    number, revoked = deed.details.get("number"), deed.details.get("revoked")
    if revoked is not None:
        return f"{deed.action} {revoked}, back to {number}"
    if deed.details.get("back"):
        return f"{deed.action} back"
    if deed.details.get("run") is not None:
        return f"{deed.action}, run {deed.details['run']}"
    if deed.details.get("draft") is not None:
        return f"{deed.action} draft {deed.details['draft']}"
    return deed.action if number is None else f"{deed.action} {number}"
