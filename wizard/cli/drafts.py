"""`wizard drafts`: texts of workflows go into a store and come out of it.

What is saved is the text of the file, byte for byte, and what comes back is that text.
"""

from __future__ import annotations

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
    command_group,
    examples,
    on_store,
    print_json,
    print_table,
    problem_json,
    quantity,
    time_of,
)

if TYPE_CHECKING:
    from wizard.deployments.staging import Staging
    from wizard.errors import Problem
    from wizard.model.staging import Draft, Stages
    from wizard.settings import Settings
    from wizard.stores.contract import Store

T = TypeVar("T")

FAILED = 1


def limited(least: int, most: int) -> Callable[[str | None], str | None]:
    """Refuses what the interface over HTTP refuses: the list of who did what is never mended."""

    def checked(text: str | None) -> str | None:
        from wizard.definitions.reading.document import is_text

        if text is not None and not (least <= len(text.strip()) and len(text) <= most and is_text(text)):
            raise typer.BadParameter(f"this takes {least} to {most:,} characters, and none that can't be shown.")
        return text

    return checked


WorkflowId = Annotated[str, typer.Argument(metavar="ID", help="The workflow's id.")]
By = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", callback=limited(1, 200), help="Who does it; the name that you are signed in with unless given."
    ),
]

drafts = command_group(
    "Save drafts of workflows in a store, get and list them.",
    "wizard drafts put forms/ --store sqlite:///runs.db",
    "wizard drafts get passport > passport.yaml",
)


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
        return [await _put(file, staging, seen, whoever(by)) for file in _files(paths)]

    results = on_stages(store, work, makes=True)
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
    if any(each.result == "refused" or count_errors(each.problems) for each in results):
        raise typer.Exit(FAILED)


async def _put(file: Path, staging: Staging, seen: dict[str, Path], by: str) -> _Put:
    from wizard.deployments.texts import id_of
    from wizard.errors import CallerError, DefinitionError, Problem

    workflow = ""
    try:
        text = text_of_file(file)
        workflow = id_of(text)
        if (first := seen.setdefault(workflow, file)) is not file:
            problem = Problem(str(file), 1, 1, f"{first} has a workflow called `{workflow}` too, and was saved")
            raise DefinitionError([problem])
        draft, is_new = await save_text(staging, workflow, text, by)
        problems = await staging.problems(draft)
        return _Put(file, workflow, "saved" if is_new else "unchanged", draft.revision, in_file(file, problems))
    except DefinitionError as error:
        return _Put(file, workflow, "refused", 0, in_file(file, error.problems))
    except CallerError as error:  # the others are saved even so
        return _Put(file, workflow, "refused", 0, (Problem(str(file), 1, 1, error.message),))


def _told(put: _Put) -> str:
    if put.result == "refused":
        return f"{put.file}: not saved"
    what = f"draft {put.revision} of {put.workflow}"
    counts = (count_errors(put.problems), "error"), (len(put.problems) - count_errors(put.problems), "warning")
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

    draft, problems = on_stages(store, work)
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

    listed, deployed = on_stages(store, work)
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
                str(count_errors(problems) or "-"),
                str(deployed.get(draft.workflow, "-")),
            )
            for draft, problems in listed
        ]
        print_table(rows)


@drafts.command(epilog=examples("wizard drafts delete passport", 'wizard drafts delete passport --note "Begun anew"'))
def delete(
    workflow: WorkflowId,
    store: StoreOption = None,
    note: Annotated[str, typer.Option(metavar="TEXT", callback=limited(0, 2000), help="Why, for `wizard audit`.")] = "",
    by: By = None,
) -> None:
    """Delete the draft of a workflow. Its versions stay, and what is deployed stays deployed."""

    async def work(staging: Staging, stages: Stages) -> tuple[Draft, int | None]:
        draft = await staging.delete(workflow, by=whoever(by), note=note)
        return draft, {each.workflow: each.number for each in await stages.deployed()}.get(workflow)

    draft, number = on_stages(store, work)
    stays = "" if number is None else f" Version {number} stays deployed."
    print(clean(f"Draft {draft.revision} of {workflow} is deleted.{stays}"))


def _draft_json(draft: Draft, problems: Iterable[Problem]) -> dict[str, Any]:
    return {
        "workflow": draft.workflow,
        "revision": draft.revision,
        "saved_at": draft.saved_at,
        "saved_by": draft.saved_by,
        "problems": [problem_json(problem) for problem in problems],
    }


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


def text_of_file(file: Path, workflow: str | None = None) -> str:
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


async def save_text(staging: Staging, workflow: str, text: str, by: str) -> tuple[Draft, bool]:
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
    return await staging.save(workflow, text, revision=revision, by=by), True


def in_file(file: Path, problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """The problems of a draft, where its author looks for them."""
    return tuple(replace(problem, file=str(file)) for problem in problems)


def count_errors(problems: Iterable[Problem]) -> int:
    return sum(problem.severity == "error" for problem in problems)


def whoever(by: str | None) -> str:
    if by is not None:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user has a number and no name
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "unknown"


def on_stages(store: str | None, work: Callable[[Staging, Stages], Awaitable[T]], *, makes: bool = False) -> T:
    """Does the work on the drafts and versions of a store; `makes` says that the store may be new. Raises BadParameter
    for a store in memory, and StoreError where there is none."""
    from wizard.app import clock_of, registry_of_store, resources_of
    from wizard.deployments.staging import Staging as OfStore

    async def on_opened(opened: Store, here: Settings) -> T:
        registry, clock = await registry_of_store(opened), clock_of(here)
        staging = OfStore(opened.stages, registry, clock, resources_of(opened, here, clock))
        return await work(staging, opened.stages)

    return on_store(store, "drafts or versions", on_opened, makes=makes)
