"""`wizard profiles` and `wizard sessions`: what is stored of people, and what was, for whoever looks after it."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from wizard.cli.drafts import By, limited, whoever
from wizard.cli.repairs import agreed
from wizard.cli.runs import write_export
from wizard.cli.shared import (
    OPENING,
    AsJson,
    StoreOption,
    clean,
    examples,
    look,
    print_json,
    print_table,
    quantity,
    time_of,
)

if TYPE_CHECKING:
    from wizard.engine import Engine
    from wizard.profiles.keeping import HistoryPage, LinePage, StoredDocuments, Undone
    from wizard.profiles.people import Deleted

MAX_LISTED = 100
FAILED = 1

Limit = Annotated[int, typer.Option(metavar="N", min=1, max=MAX_LISTED, help="How many at most.")]
Note = Annotated[str, typer.Option(metavar="TEXT", callback=limited(0, 2000), help="Why, for the history.")]
Output = Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Write it there, for you alone to read.")]
Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]


class Words(NamedTuple):
    """What commands are about."""

    kind: str
    id: str  # of an argument


PROFILES, SESSIONS = Words("profile", "PROFILE_ID"), Words("session", "SESSION_ID")
Id = Annotated[str, typer.Argument(metavar="ID", help="The id that runs were started with.")]


def add_stored(app: typer.Typer) -> None:
    """Adds these commands to the command line."""
    for words, delete in ((PROFILES, delete_profile), (SESSIONS, delete_session)):
        name = f"{words.kind}s"
        group = typer.Typer(
            help=f"Look at stored {name}; undo, export, delete.",
            epilog=examples(f"wizard {name} list", f"wizard {name} history {words.id}"),
            invoke_without_command=True,
            rich_markup_mode=None,
        )
        group.callback()(_group_of(words))
        for command, lines in (
            (list_stored, ("list", "list --limit 20 --after ID --json")),
            (show, ("show ID", "show ID --json")),
            (history, ("history ID", "history ID --field email --limit 5")),
            (undo, ("undo ID 7", 'undo ID 7 --skip-changed --note "Typed into the wrong profile"')),
            (export, ("export ID --output data.json",)),
        ):
            _add(group, words, command.__name__.removesuffix("_stored"), command, lines)
        lines = ("delete ID", *(("delete ID --runs --yes",) if words is PROFILES else ()))
        _add(group, words, "delete", delete, lines)
        app.add_typer(group, name=name)


def _group_of(words: Words) -> Callable[[typer.Context], None]:
    def tell(context: typer.Context) -> None:
        context.obj = words
        if context.invoked_subcommand is None:
            print(context.get_help())

    return tell


def _add(group: typer.Typer, words: Words, name: str, work: Callable[..., None], lines: Sequence[str]) -> None:
    about = (work.__doc__ or "").replace("KIND", words.kind)
    shown = [f"wizard {words.kind}s {line.replace('ID', words.id, 1)}" for line in lines]
    group.command(name, help=about, epilog=examples(*shown), context_settings=OPENING)(work)


def _stored(engine: Engine, words: Words) -> StoredDocuments:
    return engine.profiles if words is PROFILES else engine.sessions


def list_stored(
    context: typer.Context,
    store: StoreOption = None,
    limit: Limit = MAX_LISTED,
    after: Annotated[str, typer.Option(metavar="ID", help="Only those after this one, the last of a page.")] = "",
    as_json: AsJson = False,
) -> None:
    """List stored KINDs by id. What is in them isn't shown."""

    words: Words = context.obj

    async def work(engine: Engine) -> LinePage:
        return await _stored(engine, words).list(limit=limit, after=after)

    page = look(store, work)
    if as_json:
        print_json([line._asdict() for line in page.lines])
    elif not page.lines:
        print(f"There are no {'further ' if after else ''}{words.kind}s.")
    else:
        rows = [(words.kind.upper(), "SAVED", "TIMES")]
        print_table([*rows, *((line.id, time_of(line.saved_at), str(line.revision)) for line in page.lines)])
        if page.more:
            print(clean(f"There are more: --after {shlex.quote(page.lines[-1].id)}"))


def show(context: typer.Context, document_id: Id, store: StoreOption = None, as_json: AsJson = False) -> None:
    """Show what is stored in a KIND now."""

    words: Words = context.obj

    async def work(engine: Engine) -> Any:
        return await _stored(engine, words).get(document_id)

    document = look(store, work)
    if as_json:
        print_json({"id": document_id, "revision": document.revision, "fields": dict(document.fields)})
        return
    print_table(
        [
            (words.kind.capitalize(), document_id),
            ("Saved", quantity(document.revision, "time")),
            *((f"  {name}", _shown(value)) for name, value in document.fields.items()),
        ]
    )


def history(
    context: typer.Context,
    document_id: Id,
    store: StoreOption = None,
    field: Annotated[str | None, typer.Option(metavar="NAME", help="Only what became of this field.")] = None,
    limit: Limit = 20,
    below: Annotated[
        int | None, typer.Option(metavar="REVISION", min=1, help="Only saves before this one, for the next page.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show who saved what in a KIND, newest first. Each field is told with what it was and what it became."""
    from wizard.profiles.people import history_json

    words: Words = context.obj

    async def work(engine: Engine) -> HistoryPage:
        return await _stored(engine, words).history(document_id, field=field, limit=limit, below=below)

    page = look(store, work)
    told = history_json(page.records)
    if as_json:
        print_json(told)
        return
    rows = [("REVISION", "WHEN", "WHO", "FIELD", "BEFORE", "AFTER")]
    for record, save in zip(page.records, told, strict=True):
        for change in save["changes"]:
            if field in (None, change["field"]):
                values = (_shown(change["before"]) if "before" in change else "", "")
                values = (values[0], _shown(change["after"]) if "after" in change else "(removed)")
                when = time_of(record.at)
                rows.append((str(record.revision), when, _who(save, change), change["field"], *values))
    print_table(rows)
    if page.below is not None:
        print(f"There may be more: --below {page.below}")


def _who(save: dict[str, Any], change: dict[str, Any]) -> str:
    """The step of a run, or a person, with what they did where it wasn't a run's usual way."""
    action = "" if save["action"] in ("end", "step") else f"{save['action']} "
    if save["run"] is None:
        return f"{action}{save['by'] or ''}{': ' + save['note'] if save['note'] else ''}"
    return f"{action}{save['workflow']} {save['run']}{' ' + change['step'] if change['step'] else ''}"


def undo(
    context: typer.Context,
    document_id: Id,
    revision: Annotated[int, typer.Argument(metavar="REVISION", min=1, help="The save, as the history numbers it.")],
    store: StoreOption = None,
    skip: Annotated[
        bool, typer.Option("--skip-changed", help="Leave fields that were changed since as they are.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Undo fields that were changed since as well.")] = False,
    note: Note = "",
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Undo one save of a KIND. Its fields get the values that they had before it; that is a save of its own, and can be
    undone as well."""
    if skip and force:
        raise typer.BadParameter("take one of --skip-changed and --force.", param_hint="--force")

    words: Words = context.obj

    async def work(engine: Engine) -> Undone:
        from wizard.profiles.keeping import OnConflict

        how = OnConflict.SKIP if skip else OnConflict.FORCE if force else OnConflict.REFUSE
        stored = _stored(engine, words)
        return await stored.undo(document_id, revision, on_conflict=how, by=whoever(by), note=note)

    undone = look(store, work)
    if as_json:
        print_json({"revision": undone.document.revision, "undone": undone.undone, "left": undone.left})
        return
    if undone.undone:
        print(clean(f"Undone: {', '.join(undone.undone)}. This is revision {undone.document.revision}."))
    else:
        print("There is nothing to undo: the fields are as they were before that save.")
    if undone.left:
        print(clean(f"Changed since, and left as they are: {', '.join(undone.left)}."))


def export(context: typer.Context, document_id: Id, store: StoreOption = None, output: Output = None) -> None:
    """Export all that is stored of a KIND, as JSON. That is what it holds and its history, for a profile also its
    sessions, the events about it and a line for each of its runs; `wizard runs export` exports what is in one."""

    words: Words = context.obj

    async def work(engine: Engine) -> dict[str, Any]:
        return await _stored(engine, words).export(document_id)

    write_export(look(store, work), output)


def delete_profile(
    profile_id: Id,
    store: StoreOption = None,
    runs: Annotated[
        bool, typer.Option("--runs", help="Delete the person's runs as well, with all that is in them.")
    ] = (False),
    yes: Yes = False,
) -> None:
    """Delete what is stored of a person. That is the profile, its sessions, the history of both, and the events about
    it."""

    async def work(engine: Engine) -> Deleted | None:
        what = "and all its runs" if runs else "and not its runs"
        question = f"Delete the profile {profile_id}, its sessions, their history, the events about it, {what}?"
        if not yes and not await asyncio.to_thread(agreed, question):
            return None
        return await engine.profiles.delete(profile_id, runs=runs)

    deleted = look(store, work)
    if deleted is None:
        _kept()
    else:
        _tell_deleted(profile_id, deleted)


def _tell_deleted(profile_id: str, deleted: Deleted) -> None:
    gone = [f"the profile {profile_id}"] if deleted.profile else []
    gone += [quantity(len(deleted.sessions), "session")] if deleted.sessions else []
    gone += [quantity(deleted.runs, "run")] if deleted.runs else []
    gone += [quantity(deleted.events, "event")] if deleted.events else []
    print(clean(f"Deleted: {', '.join(gone)}.") if gone else "Nothing was deleted.")
    if deleted.runs_left:
        left = quantity(deleted.runs_left, "run")
        print(f"{left} of this person {'is' if deleted.runs_left == 1 else 'are'} stored still. --runs deletes these.")
    if deleted.under_way:
        print(f"{deleted.under_way} of them can be gone on with, and save what they set when they end.")


def delete_session(session_id: Id, store: StoreOption = None, yes: Yes = False) -> None:
    """Delete a session and its history. Runs stay."""

    async def work(engine: Engine) -> bool:
        if not yes and not await asyncio.to_thread(agreed, f"Delete the session {session_id} and its history?"):
            return False
        await engine.sessions.delete(session_id)
        return True

    if look(store, work):
        print(clean(f"Deleted: the session {session_id}."))
    else:
        _kept()


def _kept() -> None:
    print("Nothing was deleted.")
    raise typer.Exit(FAILED)


def _shown(value: Any) -> str:
    """A value on one line."""
    from wizard.model.values import to_json, write_json

    return value if isinstance(value, str) else write_json(to_json(value))
