"""The calls about node types: the catalogue, one type in full, and the check of a configuration."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from wizard.actions.action import Action
from wizard.actions.catalogue import Catalogue
from wizard.actions.configuration_form import config_of
from wizard.actions.described import form_of, in_full, line
from wizard.actions.validation import by_name, validate
from wizard.channels.admin.admission import Admission
from wizard.channels.admin.people import Person
from wizard.channels.admin.requests import CHECK, check_together
from wizard.channels.http.json_answers import as_json
from wizard.channels.http.problems import CONFIGURATION_REFUSED, NOT_FOUND, Refused
from wizard.errors import ConfigurationRefused
from wizard.model.values import write_json
from wizard.remote.registering import RemoteRegistry


class NodeTypes:
    """The handlers. Numbers of a configuration are numbers, digit for digit."""

    def __init__(self, catalogue: Catalogue, admission: Admission, remote: RemoteRegistry) -> None:
        self._catalogue = catalogue
        self._admission = admission
        self._remote = remote

    async def list(self, request: web.Request, person: Person) -> web.Response:
        actions = await asyncio.to_thread(self._catalogue.actions, request.query.get("q", ""))  # which imports them all
        return _answer([line(action) for action in actions])

    async def show(self, request: web.Request, person: Person) -> web.Response:
        return _answer(await asyncio.to_thread(in_full, await self._action(request)))

    async def validate(self, request: web.Request, person: Person) -> web.Response:
        action = await self._action(request)
        body = await self._admission.body(request, person, CHECK)
        check_together(body)
        try:
            checked = await asyncio.to_thread(_checked, action, body)
            if problems := await self._remote.config_problems(action.type, checked["config"]):
                raise _wrong(problems)
            return _answer(checked)
        except ConfigurationRefused as error:
            raise _wrong(by_name(error.errors)) from None

    async def _action(self, request: web.Request) -> Action:
        """The action in the address. Raises Refused (404)."""
        action = await asyncio.to_thread(self._catalogue.get, request.match_info["type"])
        if action is None:
            raise Refused(NOT_FOUND, "There is no such node type. Take one that /node-types lists.")
        return action


def _wrong(errors: Mapping[str, str]) -> Refused:
    what = "The configuration is wrong. Correct what `errors` names, by its keys."
    return Refused(CONFIGURATION_REFUSED, what, more={"errors": errors})


def _answer(told: Any) -> web.Response:
    return as_json(200, write_json(told).encode())


def _checked(action: Action, body: Mapping[str, Any]) -> dict[str, Any]:
    """Raises ConfigurationRefused."""
    config = validate(action, config_of(action, body["values"]) if "values" in body else body["config"])
    return {"config": config, "form": form_of(action, config)}
