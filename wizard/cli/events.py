"""`wizard events`: sends events that concern no run in particular, and lists those that were taken.

As with `wizard event`, what has effects is ordered here and done by a worker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from wizard.cli.event import json_of, ordering
from wizard.cli.shared import (
    AsJson,
    StoreOption,
    clean,
    command_group,
    examples,
    look,
    must_exist,
    print_json,
    print_table,
    settings,
    time_of,
)

if TYPE_CHECKING:
    from wizard.engine import Engine
    from wizard.model.events import Emitted, TakenEvent
    from wizard.settings import Settings

MAX_LISTED = 10_000

events = command_group(
    "Send events that start and reach runs; list what was taken.",
    """wizard events send purchase --properties '{"total": 120}' --id order-4711 --profile customer-17""",
    "wizard events list --unmatched",
)


@events.command(
    epilog=examples(
        """wizard events send purchase --properties '{"total": 120}' --id order-4711 --profile customer-17""",
        "wizard events send purchase --id order-4711 --from forms/ --store sqlite:///runs.db --json",
        "wizard events send signed_up --show-tokens",
    )
)
def send(
    event_type: Annotated[str, typer.Argument(metavar="TYPE", help="The event's type, as the definitions have it.")],
    properties: Annotated[
        str | None, typer.Option("--properties", metavar="JSON", help="What it brings: a JSON object.")
    ] = None,
    event_id: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Its own id: the same id again changes nothing.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(metavar="ID", help="The profile that it is about; a new one unless given.")
    ] = None,
    session: Annotated[
        str | None, typer.Option(metavar="ID", help="The session that it is about; a new one unless given.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="When it happened, as 2026-03-27T10:00:00Z; now unless given.")
    ] = None,
    sources: Annotated[
        list[Path] | None,
        typer.Option(
            "--from", metavar="PATH", help="Definitions that it may start; unless given, what is deployed in the store."
        ),
    ] = None,
    store: StoreOption = None,
    show_tokens: Annotated[
        bool, typer.Option("--show-tokens", help="Print the tokens of the runs that it starts: they open these runs.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send an event. It starts a run of each workflow whose `on` it matches, and reaches runs that wait for it.

    Work that follows is ordered here and done by a worker: `wizard serve`, `wizard worker` or your own application.
    """
    brought, moment = _properties(properties), _moment(at)

    async def work(engine: Engine) -> Emitted:
        return await engine.emit(event_type, brought, id=event_id, profile_id=profile, session_id=session, at=moment)

    emitted = _on_definitions(store, sources, work)
    tokens = emitted.tokens if show_tokens else {}
    if as_json:
        runs = [{**run._asdict(), **_token_of(tokens, run.id)} for run in emitted.runs]
        whose = {"profile_id": emitted.profile_id, "session_id": emitted.session_id}
        print_json({"event": emitted.event, **whose, "again": emitted.again, "runs": runs})
        return
    again = "was taken before; nothing has changed" if emitted.again else "is taken"
    print(clean(f"Event {emitted.event} {again}. Profile {emitted.profile_id}, session {emitted.session_id}."))
    if not emitted.runs:
        print("No workflow starts by it, and no run waits for it.")
        return
    head = ("RUN", "WORKFLOW", "STATUS", *(["TOKEN"] if show_tokens else []))
    print_table(
        [head]
        + [
            (run.id, run.workflow, run.status, *([tokens.get(run.id, "-")] if show_tokens else []))
            for run in emitted.runs
        ]
    )


def _token_of(tokens: Any, run_id: str) -> dict[str, str]:
    return {"token": tokens[run_id]} if run_id in tokens else {}


@events.command("list", epilog=examples("wizard events list", "wizard events list --unmatched --limit 20 --json"))
def list_events(
    store: StoreOption = None,
    unmatched: Annotated[
        bool, typer.Option("--unmatched", help="Only those that started no run and that no run took.")
    ] = False,
    profile: Annotated[str | None, typer.Option(metavar="ID", help="Only those about this profile.")] = None,
    limit: Annotated[
        int, typer.Option(metavar="N", min=1, max=MAX_LISTED, help="How many at most, newest first.")
    ] = 100,
    below: Annotated[
        int | None, typer.Option(metavar="NUMBER", min=1, help="Only those with a lower number, for the next page.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the events that were taken, newest first. What they brought is shown with --json alone."""

    async def work(engine: Engine) -> Sequence[TakenEvent]:
        return await engine.store.events.newest(profile=profile, unmatched=unmatched, limit=limit, below=below)

    listed = look(store, work)
    if as_json:
        print_json([_event_json(event) for event in listed])
    elif not listed:
        print("There are no such events.")
    else:
        rows = [("NUMBER", "EVENT", "TYPE", "HAPPENED", "PROFILE", "RUNS")]
        rows += [
            (str(event.number), event.id, event.type, time_of(event.at), event.profile_id, _came_of(event))
            for event in listed
        ]
        print_table(rows)


def _came_of(event: TakenEvent) -> str:
    if event.runs is None:
        return "not all done"
    told = [f"{run.workflow} {run.id}" for run in event.runs] + [f"{name} failed" for name in event.failed]
    return ", ".join(told) or "-"


def _event_json(event: TakenEvent) -> dict[str, Any]:
    keys = ("number", "id", "type", "at", "taken_at", "profile_id", "session_id", "properties", "failed")
    runs = None if event.runs is None else [run._asdict() for run in event.runs]
    return {**{key: getattr(event, key) for key in keys}, "unmatched": event.is_unmatched, "runs": runs}


def _on_definitions(store: str | None, sources: list[Path] | None, work: Any) -> Emitted:
    """Does the work on an engine with these definitions, or with what is deployed in the store."""
    here = ordering(settings())
    url = store or here.store
    if sources is None:
        must_exist(url)
    return asyncio.run(_with_definitions(url, sources, here, work))


async def _with_definitions(url: str, sources: list[Path] | None, here: Settings, work: Any) -> Emitted:
    from wizard.app import load_catalog, make_engine, open_store, registry_of_store
    from wizard.deployments.serving import DeployedDefinitions

    opened = open_store(url, here)
    await opened.open()
    try:
        registry = await registry_of_store(opened)
        definitions = DeployedDefinitions(opened, registry) if sources is None else load_catalog(sources, registry)
        if isinstance(definitions, DeployedDefinitions):
            await definitions.refresh()
        engine = make_engine(definitions, opened, here)
        try:
            emitted: Emitted = await work(engine)
            return emitted
        finally:
            await engine.close()
    finally:
        await opened.close()


def _properties(text: str | None) -> dict[str, Any] | None:
    """Raises BadParameter."""
    brought = json_of(text, "--properties", """'{"total": 120}'""")
    if brought is not None and not isinstance(brought, dict):
        raise typer.BadParameter("""give a JSON object, as '{"total": 120}' is.""", param_hint="--properties")
    return brought


def _moment(text: str | None) -> datetime | None:
    """Raises BadParameter."""
    try:
        moment = None if text is None else datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min
    if moment is not None and moment.utcoffset() is None:
        said = "give a time with its offset from UTC, as 2026-03-27T10:00:00Z or 2026-03-27T11:00:00+01:00."
        raise typer.BadParameter(said, param_hint="--at")
    return moment
