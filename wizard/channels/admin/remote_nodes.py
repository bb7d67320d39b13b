"""The calls about remote nodes: services that offer node types. Whoever registers one says whom this server calls and
hands values of runs to: that needs both the highest roles, `deployer` and `operator`."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from wizard.channels.admin import remote_node_calls as calls
from wizard.channels.admin.admission import Admission, check_role
from wizard.channels.admin.people import Person, Role
from wizard.channels.http.json_answers import as_json
from wizard.channels.http.problems import NOT_ENCRYPTED, REMOTE_NODE_REFUSED, Refused
from wizard.errors import RemoteNodeRefused, SettingsError
from wizard.model.remote import RemoteNode
from wizard.model.values import write_json
from wizard.remote.registering import RemoteRegistry, Wanted
from wizard.remote.shape import exact


class RemoteNodes:
    """The handlers."""

    def __init__(self, remote: RemoteRegistry, admission: Admission) -> None:
        self._remote = remote
        self._admission = admission

    async def list(self, request: web.Request, person: Person) -> web.Response:
        return as_json(200, _json([_line(node) for node in await self._remote.all()]))

    async def show(self, request: web.Request, person: Person) -> web.Response:
        return as_json(200, _json(_line(await self._remote.get(request.match_info["type"]))))

    async def add(self, request: web.Request, person: Person) -> web.Response:
        check_role(person, Role.DEPLOYER)
        body = await self._admission.body(request, person, calls.REGISTER)
        wanted = Wanted(body["type"], body["url"], body.get("secret"), body.get("description"))
        try:
            node = await self._remote.add(wanted, by=person.name, replace=body.get("replace", False))
        except RemoteNodeRefused as error:
            raise Refused(REMOTE_NODE_REFUSED, error.message, more={"errors": error.problems}) from None
        except SettingsError as error:
            raise Refused(NOT_ENCRYPTED, error.message) from None
        told: calls.RegisteredNode = {**_line(node), "secret": node.secret}
        return as_json(201, _json(told))

    async def remove(self, request: web.Request, person: Person) -> web.Response:
        check_role(person, Role.DEPLOYER)
        await self._remote.remove(request.match_info["type"], by=person.name)
        return web.Response(status=204)

    async def health(self, request: web.Request, person: Person) -> web.Response:
        health = await self._remote.health(request.match_info["type"])
        told: calls.RemoteHealth = {"type": health.type, "healthy": not health.problem, "problem": health.problem}
        return as_json(200, _json(told))


def _json(told: Any) -> bytes:
    """Numbers are numbers, digit for digit."""
    return write_json(exact(told)).encode()


def _line(node: RemoteNode) -> calls.RemoteNodeLine:
    return {
        "type": node.type,
        "url": node.url,
        "revision": node.revision,
        "at": node.at,
        "by": node.by,
        "description": dict(node.description),
    }
