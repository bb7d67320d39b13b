"""The call that moves live runs to another version of their workflow. What does that is handed in."""

from __future__ import annotations

from aiohttp import web

from wizard.channels.admin import responses
from wizard.channels.admin.admission import Admission, check_role, check_text, check_unconditional
from wizard.channels.admin.parameters import RUNS, RUNS_BEFORE, workflow_of
from wizard.channels.admin.people import Person, Role
from wizard.channels.admin.requests import MIGRATE
from wizard.channels.http.json_answers import as_json, encode
from wizard.channels.http.problems import DEFINITION_REFUSED, Refused, unreadable
from wizard.channels.http.query import next_page
from wizard.errors import InvalidInput, WorkflowUnavailable
from wizard.model.migrating import Migrate, Names, Order, Page, Result


class Migrations:
    """The handler."""

    def __init__(self, migrate: Migrate, admission: Admission) -> None:
        self._migrate = migrate
        self._admission = admission

    async def migrate(self, request: web.Request, person: Person) -> web.Response:
        workflow = workflow_of(request)
        check_unconditional(request)
        body = await self._admission.body(request, person, MIGRATE)
        if not body["dry_run"]:
            check_role(person, Role.DEPLOYER)
            await self._admission.check_shared(person, Role.DEPLOYER, workflow)
        back, to, note = body.get("back", False), body.get("to"), body.get("note", "")
        check_text("note", note)
        if back and (to is not None or "nodes" in body or "fields" in body):
            raise unreadable(
                "With `back` each run goes to the version that it had. Leave `to`, `nodes` and `fields` out."
            )
        before = request.query.get("before")
        if before is not None and RUNS_BEFORE.fullmatch(before) is None:
            raise unreadable("`before` must be what the `Link` of the page before names.")
        names = Names(body.get("nodes", {}), body.get("fields", {}))
        order = Order(workflow, to, body["dry_run"], back, names, before, RUNS.of(request), by=person.name, note=note)
        try:
            page = await self._migrate(order)
        except InvalidInput as error:
            raise unreadable(error.message) from None
        except WorkflowUnavailable as error:
            raise Refused(DEFINITION_REFUSED, error.message, more={"problems": []}) from None
        # The same body is sent to the next page.
        following = page.following and next_page(request, before=page.following, limit=order.limit)
        return as_json(200, encode(_told(page)), following or None)


def _told(page: Page) -> responses.Migration:
    return {
        "number": page.number,
        "version": page.version or None,
        "continue": page.count(Result.CONTINUE),
        "ask": page.count(Result.ASK),
        "stuck": page.count(Result.STUCK),
        "moved": page.count(Result.MOVED),
        "renamed": [
            {"kind": name.kind, "before": name.before, "after": name.after, "guessed": name.guessed}
            for name in page.renamed
        ],
        "runs": [
            {
                "id": verdict.run,
                "at": verdict.at,
                "then": verdict.then,
                "result": verdict.result.value,
                "why": verdict.why,
            }
            for verdict in page.verdicts
        ],
    }
