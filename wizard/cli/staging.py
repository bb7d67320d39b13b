"""From a draft to what is deployed, and back: `wizard drafts`, `deploy`, `revoke`, `versions`, `diff` and `audit`.

What is saved is the text of the file, byte for byte, and what comes back is that text.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

import typer

from wizard.cli.shared import (
    AsJson,
    StoreOption,
    clean,
    examples,
    must_exist,
    print_json,
    print_table,
    problem_json,
    quantity,
    say,
    settings,
    time_of,
)

if TYPE_CHECKING:
    from wizard.deployments.staging import Outcome, Staging
    from wizard.errors import Problem
    from wizard.model.staging import Deed, Draft, Stages, Version

T = TypeVar("T")

FAILED = 1
MAX_LISTED = 10_000

WorkflowId = Annotated[str, typer.Argument(metavar="ID", help="The workflow's id.")]
Note = Annotated[str, typer.Option(metavar="TEXT", help="Why, for `wizard versions` and `wizard audit`.")]
By = Annotated[
    str | None, typer.Option(metavar="NAME", help="Who does it; the name that you are signed in with unless given.")
]
Limit = Annotated[int, typer.Option(metavar="N", min=1, max=MAX_LISTED, help="How many at most, newest first.")]
Below = Annotated[
    int | None, typer.Option(metavar="NUMBER", min=1, help="Only those with a lower number, for the next page.")
]

drafts = typer.Typer(
    help="Save drafts of workflows in a store, get and list them.",
    epilog=examples("wizard drafts put forms/ --store sqlite:///runs.db", "wizard drafts get passport > passport.yaml"),
    invoke_without_command=True,
    rich_markup_mode=None,
)


@drafts.callback()
def _drafts(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        print(context.get_help())


def add_staging(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    app.add_typer(drafts, name="drafts")
    for command, lines in (
        (deploy, ("wizard deploy passport", 'wizard deploy passport --from passport.yaml --note "Build 4711"')),
        (revoke, ("wizard revoke passport", 'wizard revoke passport --note "Nobody gets past the address"')),
        (versions, ("wizard versions passport", "wizard versions passport --limit 5 --json")),
        (diff, ("wizard diff passport", "wizard diff passport 3 draft", "wizard diff passport 2 3 --json")),
        (audit, ("wizard audit", "wizard audit passport --limit 20 --json")),
    ):
        app.command(command.__name__, epilog=examples(*lines))(command)


# -- drafts ------------------------------------------------------------------------------------------


class _Put(NamedTuple):
    """What became of a file."""

    file: Path
    workflow: str
    result: str  # saved, unchanged or refused
    revision: int
    problems: tuple[Problem, ...]


@drafts.command(epilog=examples("wizard drafts put passport.yaml", "wizard drafts put forms/ --by ann"))
def put(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Definition files, or folders of them.")],
    store: StoreOption = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Save files as drafts, each of the workflow whose id is in it. A draft with mistakes is saved too; they are named,
    and the exit code is 1."""

    async def work(staging: Staging, stages: Stages) -> list[_Put]:
        seen: dict[str, Path] = {}
        return [await _put(file, staging, seen, _name(by)) for file in _files(paths)]

    results = _on_stages(store, work, makes=True)
    if as_json:
        keys = ("workflow", "result", "revision")
        print_json(
            [
                {
                    "file": str(each.file),
                    **{key: getattr(each, key) for key in keys},
                    "problems": [problem_json(problem) for problem in each.problems],
                }
                for each in results
            ]
        )
    else:
        for each in results:
            print(clean(_told(each)))
            for problem in each.problems:
                print(clean(problem))
    if any(each.result == "refused" or _errors(each.problems) for each in results):
        raise typer.Exit(FAILED)


async def _put(file: Path, staging: Staging, seen: dict[str, Path], by: str) -> _Put:
    from wizard.deployments.texts import id_of
    from wizard.errors import CallerError, DefinitionError, Problem

    workflow = ""
    try:
        text = _text_of(file)
        workflow = id_of(text)
        if (first := seen.setdefault(workflow, file)) is not file:
            problem = Problem(str(file), 1, 1, f"{first} has a workflow called `{workflow}` too, and was saved")
            raise DefinitionError([problem])
        draft, is_new = await _saved(staging, workflow, text, by)
        problems = await staging.problems(draft)
        return _Put(file, workflow, "saved" if is_new else "unchanged", draft.revision, _in_file(file, problems))
    except DefinitionError as error:
        return _Put(file, workflow, "refused", 0, _in_file(file, error.problems))
    except CallerError as error:  # the others are saved even so
        return _Put(file, workflow, "refused", 0, (Problem(str(file), 1, 1, error.message),))


def _told(put: _Put) -> str:
    if put.result == "refused":
        return f"{put.file}: not saved"
    what = f"draft {put.revision} of {put.workflow}"
    counts = (_errors(put.problems), "error"), (len(put.problems) - _errors(put.problems), "warning")
    counted = " and ".join(quantity(number, word) for number, word in counts if number)
    done = f"{what} saved" if put.result == "saved" else f"unchanged, as {what}"
    return f"{put.file}: {done}{f', with {counted}' if counted else ''}"


@drafts.command(epilog=examples("wizard drafts get passport", "wizard drafts get passport --output passport.yaml"))
def get(
    workflow: WorkflowId,
    store: StoreOption = None,
    output: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print a draft as its author wrote it."""

    async def work(staging: Staging, stages: Stages) -> tuple[Draft, tuple[Problem, ...]]:
        draft = await staging.draft(workflow)
        return draft, await staging.problems(draft)

    draft, problems = _on_stages(store, work)
    if as_json:
        print_json({**_draft_json(draft, problems), "text": draft.text})
    elif output is not None:
        output.write_bytes(draft.text.encode())
        print(clean(f"Draft {draft.revision} of {workflow} is written to {output}."), file=sys.stderr)
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(draft.text.encode())


@drafts.command("list", epilog=examples("wizard drafts list", "wizard drafts list --json"))
def list_drafts(store: StoreOption = None, as_json: AsJson = False) -> None:
    """List the drafts. With each stands how many errors it has, and which version of it is deployed."""

    async def work(staging: Staging, stages: Stages) -> tuple[list[tuple[Draft, tuple[Problem, ...]]], dict[str, int]]:
        deployed = {each.workflow: each.number for each in await stages.deployed()}
        return [(draft, await staging.problems(draft)) for draft in await stages.drafts()], deployed

    listed, deployed = _on_stages(store, work)
    if as_json:
        print_json(
            [{**_draft_json(draft, problems), "deployed": deployed.get(draft.workflow)} for draft, problems in listed]
        )
    elif not listed:
        print("There are no drafts.")
    else:
        rows = [("WORKFLOW", "DRAFT", "SAVED", "BY", "ERRORS", "DEPLOYED")]
        rows += [
            (
                draft.workflow,
                str(draft.revision),
                time_of(draft.saved_at),
                draft.saved_by,
                str(_errors(problems) or "-"),
                str(deployed.get(draft.workflow, "-")),
            )
            for draft, problems in listed
        ]
        print_table(rows)


def _draft_json(draft: Draft, problems: Iterable[Problem]) -> dict[str, Any]:
    return {
        "workflow": draft.workflow,
        "revision": draft.revision,
        "saved_at": draft.saved_at,
        "saved_by": draft.saved_by,
        "problems": [problem_json(problem) for problem in problems],
    }


# -- deploying ---------------------------------------------------------------------------------------


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

    async def work(staging: Staging, stages: Stages) -> tuple[Outcome, bool, tuple[Problem, ...]]:
        revision = None
        if source is not None:
            draft, _ = await _saved(staging, workflow, _text_of(source, workflow), _name(by))
            revision = draft.revision
        before = {each.workflow: each.number for each in await stages.deployed()}.get(workflow)
        outcome = await staging.deploy(workflow, by=_name(by), note=note, revision=revision)
        assert outcome.version is not None
        warnings = await staging.problems(await staging.draft(workflow))
        return outcome, outcome.version.number != before, warnings

    try:
        outcome, is_new, warnings = _on_stages(store, work, makes=source is not None)
    except DefinitionError as error:
        raise error if source is None else DefinitionError(list(_in_file(source, error.problems))) from None
    for problem in warnings if source is None else _in_file(source, warnings):
        say(problem)
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
        return await staging.revoke(workflow, by=_name(by), note=note)

    _tell_outcome(_on_stages(store, work), "deployed again", as_json=as_json)


def _tell_outcome(outcome: Outcome, done: str, *, as_json: bool) -> None:
    version = outcome.version
    assert version is not None
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


# -- looking -----------------------------------------------------------------------------------------


def versions(
    workflow: WorkflowId, store: StoreOption = None, limit: Limit = 100, below: Below = None, as_json: AsJson = False
) -> None:
    """List what was deployed of a workflow, newest first."""

    async def work(staging: Staging, stages: Stages) -> tuple[tuple[Version, ...], int | None]:
        deployed = {each.workflow: each.number for each in await stages.deployed()}
        return await stages.versions(workflow, limit, below), deployed.get(workflow)

    listed, deployed = _on_stages(store, work)
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

    changes, are_same = _on_stages(store, work)
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
    """List who deployed, revoked or deleted what, newest first."""

    async def work(staging: Staging, stages: Stages) -> tuple[Deed, ...]:
        return await stages.deeds(workflow, limit, below)

    deeds = _on_stages(store, work)
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
    return deed.action if number is None else f"{deed.action} {number}"


# -- files, people and stores ------------------------------------------------------------------------


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Each file once. Raises BadParameter for a folder without any, which was hardly meant."""
    from wizard.definitions.catalog import files_of

    files: list[Path] = []
    for path in paths:
        found = list(files_of(path)) if path.is_dir() else [path]
        if not found:
            raise typer.BadParameter(f"there is no definition in {path}.", param_hint="PATH")
        files += found
    return iter(dict.fromkeys(files))


def _text_of(file: Path, workflow: str | None = None) -> str:
    """A file's text as it is, of this workflow where one is named. Raises DefinitionError where no draft can be made of
    it."""
    from wizard.definitions.catalog import bytes_of
    from wizard.definitions.reading.source import MAX_BYTES, read
    from wizard.deployments.texts import id_of
    from wizard.errors import DefinitionError, Problem

    content = bytes_of(file)
    if len(content) > MAX_BYTES:
        read(content, str(file))  # says so
    try:
        text = content.decode()
    except UnicodeDecodeError:
        read(content, str(file))  # says where
        raise
    if workflow not in (None, name := id_of(text)):
        raise DefinitionError([Problem(str(file), 1, 1, f"this is the workflow `{name}`, not `{workflow}`")])
    return text


async def _saved(staging: Staging, workflow: str, text: str, by: str) -> tuple[Draft, bool]:
    """The text as the workflow's draft, and whether it wasn't that before. Raises StaleDraft."""
    from wizard.errors import DraftNotFound

    try:
        draft = await staging.draft(workflow)
    except DraftNotFound:
        revision = 0
    else:
        if draft.text == text:
            return draft, False
        revision = draft.revision
    return (await staging.save(workflow, text, revision=revision, by=by)).draft, True


def _in_file(file: Path, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems of a draft, where its author looks for them."""
    return tuple(replace(problem, file=str(file)) for problem in problems)


def _errors(problems: Iterable[Problem]) -> int:
    return sum(problem.severity == "error" for problem in problems)


def _name(by: str | None) -> str:
    if by is not None:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user has a number and no name
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "unknown"


def _on_stages(store: str | None, work: Callable[[Staging, Stages], Awaitable[T]], *, makes: bool = False) -> T:
    """Does the work on the drafts and versions of a store; `makes` says that the store may be new. Raises BadParameter
    for a store in memory, and StoreError where there is none."""
    from wizard.app import clock_of, open_store
    from wizard.deployments.staging import Staging as OfStore
    from wizard.node import Registry

    here = settings()
    url = store or here.store
    if url.startswith("memory:"):
        raise typer.BadParameter("a store in memory ends with this command; name one that stays.", param_hint="--store")
    if not makes:
        must_exist(url, "drafts or versions")

    async def on_opened() -> T:
        opened = open_store(url, here)
        await opened.open()
        try:
            return await work(OfStore(opened.stages, Registry.installed(), clock_of(here)), opened.stages)
        finally:
            await opened.close()

    return asyncio.run(on_opened())
