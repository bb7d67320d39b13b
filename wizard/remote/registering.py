"""Registering services, looking at them and removing them: what operators do with the remote nodes of a store."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from yarl import URL

from wizard.actions.action import Action
from wizard.actions.described import in_full
from wizard.actions.validation import by_name, validate
from wizard.errors import (
    ConfigurationRefused,
    NodeContractError,
    NodeFailed,
    RemoteNodeNotFound,
    RemoteNodeRefused,
    WizardError,
)
from wizard.forms.fields import BUILT_IN
from wizard.model.remote import RemoteNode
from wizard.model.staging import Deed
from wizard.node import Registry, Services
from wizard.node.outgoing import check_url
from wizard.node.signing import new_secret, secret_of
from wizard.remote.description import READS, Description, as_data, check_type, described, refused
from wizard.remote.directory import Directory
from wizard.settings import Settings
from wizard.stores.contract import Store

MOST = 200  # remote nodes of a store
MAX_URL = 1000
MAX_MESSAGE = 500  # characters of what a service says of a configuration

Members = Mapping[str, Any]


class Wanted(NamedTuple):
    """What is to be registered. Without a secret one is made, without a description the service is asked for it."""

    type: str
    url: str
    secret: str | None = None
    description: Any = None


class Health(NamedTuple):
    """How a service is: `problem` says what is wrong, "" where nothing is."""

    type: str
    problem: str


class RemoteRegistry:
    """What is done with the services of a store. `services` are those of the engine: its settings say where calls may
    go."""

    def __init__(self, store: Store, directory: Directory, services: Services, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._directory = directory
        self._services = services
        self._clock = clock

    @property
    def registry(self) -> Registry:
        """The node types that definitions may use, those of services included."""
        return self._directory.registry

    async def all(self) -> list[RemoteNode]:
        """By type."""
        return list(await self._store.remote_nodes.all())

    async def get(self, node_type: str) -> RemoteNode:
        """Raises RemoteNodeNotFound."""
        for node in await self._store.remote_nodes.all():
            if node.type == node_type:
                return node
        raise RemoteNodeNotFound

    async def add(self, wanted: Wanted, *, by: str, replace: bool = False) -> RemoteNode:
        """Registers a service; with `replace`, in the place of the one that has the type, whose secret stays unless
        another is given. The answer has the secret, which nothing else ever tells.

        Raises RemoteNodeRefused with what is wrong, StaleRemoteNode where somebody was faster, SettingsError where the
        store isn't encrypted.
        """
        name, url = check_type(wanted.type), _url(wanted.url)
        if self._directory.registry.get(name) is not None and not self._directory.registry.is_remote(name):
            raise RemoteNodeRefused(f"There is a node type `{name}` here already. Give this one another name.")
        known = {node.type: node for node in await self.all()}
        before = known.get(name)
        if before is not None and not replace:
            raise RemoteNodeRefused(
                f"The remote node `{name}` is registered already. Say that it is to be replaced, or take another name."
            )
        if before is None and len(known) >= MOST:
            raise RemoteNodeRefused(f"A store has at most {MOST} remote nodes. Remove one first.")
        secret = _secret(wanted.secret, before)
        revision = 1 if before is None else before.revision + 1
        node = RemoteNode(name, revision, url, secret, {}, self._clock(), by)
        given = await self._describe(node) if wanted.description is None else wanted.description
        description = await asyncio.to_thread(_usable, name, given)  # it may take half a second
        node = RemoteNode(name, revision, url, secret, as_data(description), node.at, by)
        details = {"node_type": name, "host": str(URL(url).host), "revision": revision}
        await self._store.remote_nodes.save(node, Deed(0, node.at, by, "register", "", details, ""))
        await self._directory.refresh()
        return node

    async def remove(self, node_type: str, *, by: str) -> None:
        """Raises RemoteNodeNotFound. Runs that stand at a node of the type stay there until one is registered again."""
        deed = Deed(0, self._clock(), by, "unregister", "", {"node_type": node_type}, "")
        if not await self._store.remote_nodes.remove(node_type, deed):
            raise RemoteNodeNotFound
        await self._directory.refresh()

    async def health(self, node_type: str) -> Health:
        """Asks the service how it is. Raises RemoteNodeNotFound."""
        node = await self.get(node_type)
        try:
            await self._call(node, "health", {})
        except NodeFailed as error:
            return Health(node_type, error.message)
        return Health(node_type, "")

    async def config_problems(self, node_type: str, config: Members) -> Mapping[str, str]:
        """What the service says of a configuration, by its places; nothing where no service offers the type, or where
        it can't be asked: then its schema has to do."""
        registry = self._directory.registry
        node = registry.remote(node_type)
        if node is None or not registry.is_remote(node_type):
            return {}
        try:
            own = {key: value for key, value in config.items() if key != READS}
            answer = await self._call(node, "config", {"config": own, "reads": config.get(READS, [])})
        except NodeFailed:
            return {}
        errors = answer.get("errors")
        if not isinstance(errors, dict):
            return {}
        return {str(place)[:200]: str(message)[:MAX_MESSAGE] for place, message in list(errors.items())[:100]}

    async def _describe(self, node: RemoteNode) -> Members:
        try:
            return await self._call(node, "describe", {}, signs=False)
        except NodeFailed as error:
            what = f"{error.message} Give its description with the registration where it can't be asked for it yet."
            raise RemoteNodeRefused(what) from error

    async def _call(self, node: RemoteNode, name: str, content: Members, *, signs: bool = True) -> Members:
        settings: Settings = self._services.settings or Settings()
        from wizard.remote.calls import call

        return await call(self._services, node, name, content, seconds=settings.http_timeout, signs=signs)


def _url(text: str) -> str:
    """Raises RemoteNodeRefused."""
    try:
        url = check_url(text)
    except NodeFailed as error:
        raise RemoteNodeRefused(error.message) from None
    if len(text) > MAX_URL or url.raw_query_string or url.raw_fragment:
        raise RemoteNodeRefused(f"The address has no `?` and no `#`, and at most {MAX_URL:,} characters.")
    return text


def _secret(given: str | None, before: RemoteNode | None) -> str:
    if given is None:
        return new_secret() if before is None else before.secret
    try:
        secret_of(given)
    except ValueError as error:
        raise RemoteNodeRefused(f"The secret can't be used: {error}.") from None
    return given


def _usable(name: str, given: Any) -> Description:
    """The description, with which everything can be made that is made of a node type. Raises RemoteNodeRefused."""
    from wizard.remote.nodes import node_type_of  # it brings the nodes that call out, which most servers don't need

    description = described(given)
    try:
        action = Action(node_type_of(name, description, lambda node_type: None), BUILT_IN)
        if description.example is not None:
            validate(action, description.example)
        in_full(action)
    except ConfigurationRefused as error:
        raise refused("The `example` isn't a configuration that it takes", by_name(error.errors).items()) from None
    except NodeContractError as error:
        raise RemoteNodeRefused(f"There can't be such a node type: {error.message}") from None
    except WizardError as error:
        raise RemoteNodeRefused(f"Its form or its page can't be made: {error}") from None
    return description
