"""The composition root: definitions, a store, settings and channels put together.

A host application mounts all of it in a few lines:

    from aiohttp import web
    from wizard.app import wizard_app

    app = web.Application()
    app.add_subapp("/forms/", wizard_app("definitions"))
    web.run_app(app)

What serves is imported where it is served: a command that only reads definitions starts in two thirds of the time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from wizard.actions.catalogue import Catalogue
from wizard.channels.admin.people import Admin, Person
from wizard.channels.http.identities import Identify
from wizard.debugging.debugger import Debugger
from wizard.definitions.catalog import Catalog
from wizard.deployments.serving import DeployedDefinitions
from wizard.deployments.staging import Staging
from wizard.deployments.transfer import Transfer
from wizard.engine import Definitions, Engine
from wizard.engine.access import Identity
from wizard.engine.prerequisites import log_missing_prerequisites
from wizard.engine.worker import Worker
from wizard.events.intake import Intake
from wizard.lifetime import deployed, opened, registered, worked
from wizard.model.job import JobKind
from wizard.node import Registry, Services
from wizard.process.calls import Calls
from wizard.profiles.schema import ProfileSchema
from wizard.remote.directory import Directory
from wizard.remote.registering import RemoteRegistry
from wizard.resources.files import in_file
from wizard.resources.handing import Find, Given, Resources, Values, given
from wizard.resources.keeping import Keeping
from wizard.resources.kinds import Resource
from wizard.resources.trying import Tried
from wizard.settings import Settings
from wizard.stores.addresses import open_store, sqlite_path, vault_of
from wizard.stores.contract import Store
from wizard.stores.watched import WatchedStore
from wizard.telemetry.logs import LogContext
from wizard.telemetry.tracing import tracing
from wizard.telemetry.watching import All

if TYPE_CHECKING:
    from aiohttp import web

    from wizard.channels.http.health import Figures
    from wizard.telemetry.metrics import Metrics

__all__ = [
    "Admin",
    "Identify",
    "Identity",
    "Person",
    "clock_of",
    "figures_of",
    "load_catalog",
    "make_engine",
    "open_store",
    "profile_schema_of",
    "registry_of_store",
    "remote_nodes_of",
    "services_of",
    "sqlite_path",
    "vault_of",
    "wizard_app",
]

Paths = str | PathLike[str] | Iterable[str | PathLike[str]]
Functions = Mapping[str, Callable[..., Any]]


def clock_of(settings: Settings) -> Callable[[], datetime]:
    """The time now, in the settings' time zone: `today()` is the day that it is there."""
    zone = ZoneInfo(settings.timezone)
    return lambda: datetime.now(zone)


def make_engine(
    definitions: Definitions,
    store: Store,
    settings: Settings | None = None,
    functions: Functions | None = None,
    *,
    clock: Callable[[], datetime] | None = None,
    event_secret: bytes | None = None,
    resources: Given | None = None,
) -> Engine:
    """An engine on an opened store. `functions` are those that `python` nodes call, by name; with an `event_secret` of
    16 random bytes or more, the tokens of runs that events start follow from it (wizard.events.intake.Intake).
    `resources` are those of the application, by name: they come before what the store has of that name.
    `await engine.close()` gives back what nodes opened."""
    settings = settings or Settings()
    handed = resources_of(store, settings, clock or clock_of(settings), resources)
    services = replace(services_of(settings, functions), resources=handed)
    watch = _Listeners(settings)
    if watch.figures is not None:
        watch.figures.watch_calls(services.calls)
        store = WatchedStore(store, watch.figures)
    engine = Engine(
        definitions,
        store,
        services=services,
        clock=clock or clock_of(settings),
        watch=watch,
        profile_schema=profile_schema_of(settings),
    )
    equip(engine, event_secret)
    return engine


def equip(engine: Engine, event_secret: bytes | None = None) -> None:
    """Gives an engine what it has of rooms above its own: what speaks in conversations, who looks after them, and what
    takes events."""
    from wizard.channels.conversation.attention import Attention
    from wizard.channels.conversation.digressions import end_by_job
    from wizard.channels.conversation.narration import Narration

    engine.narrator = Narration()
    Attention.attach(engine)
    engine.errands[JobKind.LEAVE] = partial(end_by_job, engine)
    engine.emitter = Intake(engine, secret=event_secret).emit


def resources_of(
    store: Store, settings: Settings, clock: Callable[[], datetime], of_host: Given | None = None
) -> Resources:
    """What nodes are handed. Those of the application come first, then those of a file, then those that the store has.
    Raises SettingsError."""

    async def stored(name: str) -> Values | None:
        return await keeping_of(store, clock).find(name)

    of_application = () if of_host is None else (given(of_host),)
    return Resources((*of_application, *_of_file(settings), stored))


def _of_file(settings: Settings) -> tuple[Find, ...]:
    return () if settings.resources is None else (given(in_file(settings.resources)),)


def keeping_of(store: Store, clock: Callable[[], datetime]) -> Keeping:
    """What looks after the resources of a store."""
    return Keeping(store.resources, store.stages, clock)


def profile_schema_of(settings: Settings) -> ProfileSchema | None:
    """What profiles may hold, None where the settings name no schema. Raises SettingsError and DefinitionError."""
    path = settings.profile_schema
    return None if path is None else ProfileSchema.load(path, Registry.installed())


def services_of(settings: Settings, functions: Functions | None = None) -> Services:
    """What nodes are handed, with the resources of the settings' file alone. Raises SettingsError."""
    calls, resources = Calls(settings.function_threads, settings.hung_threads), Resources(_of_file(settings))
    return Services(functions=dict(functions or {}), settings=settings, calls=calls, resources=resources)


class _Listeners(All):
    """Who is told of an engine's turns: the log, the figures where the settings say so, spans where these are set up.
    Logging comes first: a span has the turn's name in it."""

    def __init__(self, settings: Settings) -> None:
        self.figures: Metrics | None = None
        if settings.metrics:
            from wizard.telemetry.metrics import Metrics

            self.figures = Metrics()
        super().__init__(*(watch for watch in (LogContext(), self.figures, tracing()) if watch is not None))


def figures_of(engine: Engine) -> Figures | None:
    """What an engine of `make_engine` counts: None unless its settings say `metrics`."""
    return engine.watch.figures if isinstance(engine.watch, _Listeners) else None


def load_catalog(definitions: Paths, registry: Registry | None = None, functions: Functions | None = None) -> Catalog:
    """The definitions of a file or folder, or of several; with `functions`, a call that these don't take is a mistake
    as well. Raises DefinitionError."""
    paths = [definitions] if isinstance(definitions, str | PathLike) else definitions
    return Catalog.load([Path(path) for path in paths], registry or Registry.installed(), functions)


def wizard_app(
    definitions: Paths | Catalog | DeployedDefinitions | Engine,
    *,
    store: str | Store = "memory:",
    settings: Settings | None = None,
    functions: Functions | None = None,
    templates: str | PathLike[str] | None = None,
    theme: str | PathLike[str] | None = None,
    identify: Identify | None = None,
    admin: Admin | None = None,
    resources: Given | None = None,
) -> web.Application:
    """The application to serve, or to mount in another with `add_subapp`: pages, and JSON below `/api/v1`.

    `templates` and `theme` stand for the settings of these names. `identify` says who sends a request: an
    Identity, or None for somebody who isn't signed in. `admin` says which of the host's people edits or deploys
    workflows: a Person with roles, or None. With it, or with an admin key in the settings, there is `/api/v1/admin`.
    `resources` are those of the application (see `make_engine`).

    The store is opened when the application starts and closed after it has stopped. DeployedDefinitions bring their
    own, which counts instead of `store`: what is deployed there is served within a second. An Engine brings its
    own store, which its owner opens and closes; then only `settings` and what is for pages count beside it.
    Meanwhile jobs are done in this process, unless the setting `jobs` is 0. From this call on aiohttp's server logs
    requests that it can't read without quoting them: there may be a run's token in them.
    Raises DefinitionError and SettingsError at once, not when it starts.
    """
    from aiohttp import web

    from wizard.channels.admin.calls import PREFIX as ADMIN_PREFIX
    from wizard.channels.api.calls import PREFIX, api, elsewhere
    from wizard.channels.http.bodies import ROOM, Room, go_on
    from wizard.channels.http.connections import LIMITS, Limits
    from wizard.channels.http.health import Stopping, add_health
    from wizard.channels.http.log_redaction import quote_no_requests
    from wizard.channels.http.plugged import ChannelHost
    from wizard.channels.http.streams import Followers
    from wizard.channels.web.routes import add_pages
    from wizard.plugins.channels import mount_channels

    quote_no_requests()
    given = {"templates": templates, "theme": theme}
    paths = {name: Path(path) for name, path in given.items() if path is not None}
    settings = (settings or Settings()).model_copy(update=paths)
    app = web.Application()
    app[LIMITS] = Limits.of(settings)
    app[ROOM] = Room(settings.bodies_limit)
    engine, directory = _served(app, definitions, store, settings, functions, resources)
    workers: list[Worker] = []
    app.cleanup_ctx.append(worked(engine, settings.jobs, workers))
    stopping = Stopping(asyncio.Event(), settings.grace)
    add_health(app, engine.store, stopping, figures_of(engine), engine.services.calls, workers)
    followers = Followers(engine)
    is_administered = admin is not None or settings.admin_key is not None
    catalogue = Catalogue(_registry_of(engine)) if is_administered else None
    add_pages(app, engine, settings, identify, followers, catalogue)
    if catalogue is not None:  # before what is mounted above it
        app.add_subapp(ADMIN_PREFIX, _administration(engine, directory, settings, admin, catalogue))
    app.add_subapp(PREFIX, api(engine, settings, identify, followers))
    mount_channels(app, ChannelHost(engine, settings, identify))
    app.router.add_route("*", "/api/{rest:.*}", elsewhere, expect_handler=go_on)
    return app


def _administration(
    engine: Engine, directory: Directory, settings: Settings, admin: Admin | None, catalogue: Catalogue
) -> web.Application:
    """What editors, deployers and operators work with."""
    from wizard.channels.admin.calls import admin_api
    from wizard.channels.conversation.attention import Attention
    from wizard.channels.conversation.conversations import Conversations
    from wizard.channels.outside.outbox import Outbox

    staging = _staging_of(engine)
    return admin_api(
        engine.store,
        staging,
        settings,
        admin,
        engine.services.calls,
        catalogue,
        profiles=engine.profiles,
        sessions=engine.sessions,
        migrate=engine.migrate,
        debugger=cache(lambda: _debugger_of(engine, staging)),  # a store may have nothing before it is opened
        transfer=_transfer_of(engine),
        keeping=lambda: keeping_of(engine.store, engine.clock),
        try_out=lambda resource: _try_out(resource, engine.services),
        remote=RemoteRegistry(engine.store, directory, engine.services, engine.clock),
        talks=Conversations(engine),
        attention=Attention(engine),
        resume=Outbox.of(engine).resume_run,
    )


async def _try_out(resource: Resource, services: Services) -> Tried:
    from wizard.nodes.out.trying import try_out  # it brings the nodes that call out, which most servers don't need

    return await try_out(resource, services)


def _served(
    app: web.Application,
    definitions: Paths | Catalog | DeployedDefinitions | Engine,
    store: str | Store,
    settings: Settings,
    functions: Functions | None,
    resources: Given | None,
) -> tuple[Engine, Directory]:
    """The engine that an application serves, which the application opens and closes where it isn't its owner's, and
    what it knows of services that offer node types."""
    match definitions:
        case Engine():
            engine = definitions
        case DeployedDefinitions():
            engine = make_engine(definitions, definitions.store, settings, functions, resources=resources)
            app.cleanup_ctx.append(opened(engine))
        case _:
            catalog = definitions if isinstance(definitions, Catalog) else load_catalog(definitions)
            named = open_store(store, settings) if isinstance(store, str) else store
            engine = make_engine(catalog, named, settings, functions, resources=resources)
            app.cleanup_ctx.append(opened(engine))
    directory = remote_nodes_of(engine)
    if isinstance(definitions, DeployedDefinitions):
        app.cleanup_ctx.append(deployed(definitions, directory, engine))
    else:
        app.cleanup_ctx.append(registered(directory))
    log_missing_prerequisites(engine.definitions.all_workflows(), engine.services.functions, settings)
    return engine, directory


def remote_nodes_of(engine: Engine) -> Directory:
    """The node types that services offer to an engine on an opened store. They are there after `await refresh()`, and
    follow what is registered within `async with wizard.remote.directory.following(…)`; an application of `wizard_app`
    sees to that itself."""
    return Directory(engine.store, _registry_of(engine))


async def registry_of_store(store: Store) -> Registry:
    """The installed node types and those that services offer to this opened store, for definitions that are loaded
    from files. Raises StoreError."""
    registry = Registry.installed()
    await Directory(store, registry).refresh()
    return registry


def _staging_of(engine: Engine) -> Callable[[], Staging]:
    registry = _registry_of(engine)
    return lambda: Staging(engine.store.stages, registry, engine.clock, engine.services.resources)


def _debugger_of(engine: Engine, staging: Callable[[], Staging]) -> Debugger:
    return Debugger(engine, staging, _registry_of(engine))


def _transfer_of(engine: Engine) -> Callable[[], Transfer]:
    registry, services = _registry_of(engine), engine.services
    return lambda: Transfer(engine.store.stages, registry, engine.clock, services.functions, services.resources)


def _registry_of(engine: Engine) -> Registry:
    """The node types of the definitions that are served."""
    served = engine.definitions
    return served.registry if isinstance(served, Catalog | DeployedDefinitions) else Registry.installed()
