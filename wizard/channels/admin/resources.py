"""The calls on resources: looking, setting, trying out, removing. What is secret comes in here, and nothing of it goes
out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from aiohttp import web

from wizard.actions.resource_form import described
from wizard.channels.admin import resource_responses as responses
from wizard.channels.admin.admission import Admission, revision_of
from wizard.channels.admin.call import Handling
from wizard.channels.admin.people import Person
from wizard.channels.admin.resource_requests import SET, TRY
from wizard.channels.http.json_answers import as_json, encode
from wizard.channels.http.problems import NOT_FOUND, RESOURCE_NOT_FOUND, RESOURCE_REFUSED, STALE_RESOURCE, Refused
from wizard.errors import ResourceNotFound, ResourceRefused, StaleResource
from wizard.model.values import write_json
from wizard.resources.handing import Use
from wizard.resources.keeping import Keeping, Kept, shown
from wizard.resources.kinds import KINDS
from wizard.resources.naming import NAME
from wizard.resources.trying import TryOut


class Resources:
    """The handlers. `keeping` gives what the store keeps, once that is opened."""

    def __init__(self, keeping: Callable[[], Keeping], try_out: TryOut, admission: Admission) -> None:
        self._make_keeping = keeping
        self._try_out = try_out
        self._admission = admission

    @property
    def by_name(self) -> Mapping[str, Handling]:
        """By the names of the calls (wizard.channels.admin.resource_calls)."""
        return {
            "listResources": self.list,
            "showResource": self.show,
            "setResource": self.set,
            "removeResource": self.remove,
            "tryResource": self.try_out,
            "listResourceKinds": self.kinds,
        }

    async def list(self, request: web.Request, person: Person) -> web.Response:
        lines = [_line(kept) for kept in await self._make_keeping().list()]
        return as_json(200, encode(lines))

    async def show(self, request: web.Request, person: Person) -> web.Response:
        return _answer(await self._make_keeping().get(_name(request)))

    async def set(self, request: web.Request, person: Person) -> web.Response:
        name, revision = _name(request), revision_of(request, "resource")
        body = await self._admission.body(request, person, SET)
        values = {use: body[use.value] for use in Use if use.value in body}
        keeping = self._make_keeping()
        try:
            kept = await keeping.set(name, body["kind"], values, revision=revision, by=person.name)
        except StaleResource as error:
            raise await self._stale(error, name) from None
        except ResourceRefused as error:
            raise Refused(RESOURCE_REFUSED, str(error.people), more={"errors": dict(error.errors)}) from None
        return _answer(kept)

    async def remove(self, request: web.Request, person: Person) -> web.Response:
        name, revision = _name(request), revision_of(request, "resource", new=False)
        try:
            await self._make_keeping().remove(name, revision=revision, by=person.name)
        except StaleResource as error:
            raise await self._stale(error, name) from None
        return web.Response(status=204)

    async def try_out(self, request: web.Request, person: Person) -> web.Response:
        name = _name(request)
        body = await self._admission.body(request, person, TRY)
        use = Use(body.get("use", Use.PRODUCTION.value))
        resource = (await self._make_keeping().get(name)).values.of(use)
        if resource is None:
            raise Refused(RESOURCE_NOT_FOUND, f"The resource `{name}` has no {use.value} value.")
        tried = await self._try_out(resource)
        told: responses.Tried = {"works": tried.works, "told": tried.told}
        return as_json(200, encode(told))

    async def kinds(self, request: web.Request, person: Person) -> web.Response:
        return as_json(200, write_json([described(kind) for kind in KINDS.values()]).encode())

    async def _stale(self, error: StaleResource, name: str) -> Refused:
        """With what is stored now, so that the change can be made anew."""
        try:
            revision: int | None = (await self._make_keeping().get(name)).revision
        except ResourceNotFound:
            revision = None
        return Refused(STALE_RESOURCE, str(error.people), more={"revision": revision})


def _name(request: web.Request) -> str:
    """The name in the address. Raises Refused (404)."""
    name = request.match_info["name"]
    if not re.fullmatch(NAME, name):
        what = "A resource's name has at most 64 letters (a to z), digits, _ and -, and begins with a letter."
        raise Refused(NOT_FOUND, what)
    return name


def _line(kept: Kept) -> responses.ResourceLine:
    return {
        "name": kept.name,
        "kind": kept.kind,
        "revision": kept.revision,
        "saved_at": kept.saved_at,
        "saved_by": kept.saved_by,
        "uses": [use.value for use in Use if kept.values.of(use) is not None],
    }


def _answer(kept: Kept) -> web.Response:
    production, test = kept.values
    told: responses.Resource = {
        **_line(kept),
        "production": None if production is None else shown(production),
        "test": None if test is None else shown(test),
    }
    return as_json(200, encode(told), {"ETag": f'"{kept.revision}"'})
