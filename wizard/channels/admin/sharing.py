"""The calls about whose a workflow is, and who else works on it."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from wizard.channels.admin import responses
from wizard.channels.admin.admission import Admission, check_text, not_shared, revision_of
from wizard.channels.admin.parameters import workflow_of
from wizard.channels.admin.people import Person, Role
from wizard.channels.admin.requests import SHARE
from wizard.channels.http.json_answers import as_json, encode
from wizard.channels.http.problems import STALE_SHARING, Refused
from wizard.deployments.staging import Staging
from wizard.errors import StaleSharing
from wizard.model.staging import Sharing


class Sharings:
    """The handlers."""

    def __init__(self, staging: Callable[[], Staging], admission: Admission) -> None:
        self._make_staging = staging
        self._admission = admission

    async def show(self, request: web.Request, person: Person) -> web.Response:
        return _answer(await self._make_staging().sharing(workflow_of(request)))

    async def change(self, request: web.Request, person: Person) -> web.Response:
        workflow, revision = workflow_of(request), revision_of(request, "sharing", new=False)
        body = await self._admission.body(request, person, SHARE)
        for name in (*body.get("shared", ()), body.get("owner", "")):
            check_text("shared and owner", name)
        staging = self._make_staging()
        stored = await staging.sharing(workflow)
        if not person.may_share(stored):
            raise not_shared(Role.OPERATOR, workflow, stored)
        changed = stored._replace(
            revision=revision, owner=body.get("owner", stored.owner), shared=body.get("shared", stored.shared)
        )
        try:
            return _answer(await staging.share(changed, by=person.name))
        except StaleSharing as error:
            theirs = await staging.sharing(workflow)
            raise Refused(STALE_SHARING, str(error.people), more=_told(theirs)) from None


def _answer(sharing: Sharing) -> web.Response:
    return as_json(200, encode(_told(sharing)), {"ETag": f'"{sharing.revision}"'})


def _told(sharing: Sharing) -> responses.Sharing:
    return {"revision": sharing.revision, "owner": sharing.owner, "shared": sharing.shared}
