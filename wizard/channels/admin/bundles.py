"""Workflows come in and go out as bundles."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from wizard.channels.admin import responses
from wizard.channels.admin.admission import Admission, check_unconditional
from wizard.channels.admin.parameters import workflow_of
from wizard.channels.admin.people import Person, Role
from wizard.channels.admin.requests import IMPORT
from wizard.channels.admin.workflows import problem_lines, refused, stage_of
from wizard.channels.http.json_answers import as_json, encode
from wizard.channels.http.problems import BUNDLE_REFUSED, Refused
from wizard.deployments.bundles import Bundle, as_data, from_data
from wizard.deployments.transfer import Plan, Transfer
from wizard.errors import BundleRefused, DefinitionError


class Bundles:
    """The handlers."""

    def __init__(self, transfer: Callable[[], Transfer], admission: Admission) -> None:
        self._transfer = transfer
        self._admission = admission

    async def export(self, request: web.Request, person: Person) -> web.Response:
        workflow, stage = workflow_of(request), stage_of(request, "stage", "draft")

        async def check(embedded: str) -> None:  # to embed what is somebody else's is no way to read it
            await self._admission.check_shared(person, Role.VIEWER, embedded)

        try:
            bundle = await self._transfer().export(workflow, stage, check)
        except DefinitionError as error:
            raise refused(error, "What can't be read isn't exported. Correct what `problems` names.") from None
        return as_json(200, encode(as_data(bundle)))

    async def bring_in(self, request: web.Request, person: Person) -> web.Response:
        check_unconditional(request)
        body = await self._admission.body(request, person, IMPORT)
        replace, dry_run = body.get("replace", False), body.get("dry_run", False)
        try:
            bundle = await asyncio.to_thread(from_data, body["bundle"])
            plan = await self._import(bundle, person, replace=replace, dry_run=dry_run)
        except DefinitionError as error:
            raise refused(error, "This is no bundle that can be imported. `problems` says why.") from None
        except BundleRefused as error:
            raise Refused(BUNDLE_REFUSED, error.message, more={"hindrances": error.hindrances}) from None
        told: responses.Imported = {
            "imported": not dry_run,
            "drafts": [
                {"workflow": part.workflow, "result": part.result, "revision": part.revision} for part in plan.parts
            ],
            "hindrances": plan.hindrances,
            "problems": problem_lines(plan.problems),
            "functions": plan.functions or (),
            "resources": plan.lacking,
        }
        return as_json(200, encode(told))

    async def _import(self, bundle: Bundle, person: Person, *, replace: bool, dry_run: bool) -> Plan:
        transfer = self._transfer()
        if dry_run:
            return await transfer.plan(bundle, replace=replace)
        return await transfer.bring_in(bundle, by=person.name, replace=replace)
