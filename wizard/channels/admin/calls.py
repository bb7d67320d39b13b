"""The interface below `/api/v1/admin`: which call has which handler, and which role it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from aiohttp import web

from wizard.actions.catalogue import Catalogue
from wizard.channels.admin import openapi
from wizard.channels.admin.admission import Admission, check_everywhere
from wizard.channels.admin.bundles import Bundles
from wizard.channels.admin.call import Call, Handling
from wizard.channels.admin.conversations import Office, Resume
from wizard.channels.admin.debugging import Debugger, Debugging
from wizard.channels.admin.documents import StoredHandlers
from wizard.channels.admin.events import Events
from wizard.channels.admin.migrations import Migrations
from wizard.channels.admin.node_types import NodeTypes
from wizard.channels.admin.people import Admin
from wizard.channels.admin.remote_nodes import RemoteNodes
from wizard.channels.admin.resources import Resources
from wizard.channels.admin.sharing import Sharings
from wizard.channels.admin.workflows import Workflows
from wizard.channels.conversation.attention import Attention
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.http.json_answers import as_json, encode
from wizard.channels.http.problems import DESCRIPTION, Handler, problems, protect
from wizard.deployments.staging import Staging
from wizard.deployments.transfer import Transfer
from wizard.model.migrating import Migrate
from wizard.process.calls import Calls
from wizard.profiles.keeping import StoredDocuments
from wizard.remote.registering import RemoteRegistry
from wizard.resources.keeping import Keeping
from wizard.resources.trying import TryOut
from wizard.settings import Settings
from wizard.stores.contract import Store

__all__ = ["PREFIX", "admin_api"]

PREFIX = "/api/v1/admin"


def admin_api(
    store: Store,
    staging: Callable[[], Staging],
    settings: Settings,
    admin: Admin | None = None,
    calls: Calls | None = None,
    catalogue: Catalogue | None = None,
    *,
    profiles: StoredDocuments,
    sessions: StoredDocuments,
    migrate: Migrate,
    debugger: Callable[[], Debugger],
    transfer: Callable[[], Transfer],
    talks: Conversations,
    attention: Attention,
    resume: Resume,
    keeping: Callable[[], Keeping],
    try_out: TryOut,
    remote: RemoteRegistry,
) -> web.Application:
    """The application to mount at `/api/v1/admin`, before the one at `/api/v1`. Once the store is opened, `staging`
    gives what saves and deploys there, `transfer` what takes bundles in and out, `keeping` what keeps resources, which
    `try_out` tries, and `debugger` what tries workflows;
    `profiles` and `sessions` are those that the store keeps, and `migrate` moves its runs. `admin` says who of the
    host's people sends a request, and `calls` has a bound around that. `catalogue` has the node types that definitions
    can use, all installed ones unless given; `remote` registers services that offer further ones. `talks` are the
    conversations, `attention` those that wait for somebody, and `resume` has delivered again what a channel had
    refused. Without `admin`, and without an admin key in the settings, nobody gets in.
    """
    admission = Admission(store, settings, admin, calls or Calls())
    sharings, bundles, debugging = (
        Sharings(staging, admission),
        Bundles(transfer, admission),
        Debugging(debugger, admission),
    )
    node_types = NodeTypes(catalogue or Catalogue.installed(), admission, remote)
    remote_nodes = RemoteNodes(remote, admission)
    handlers: dict[str, Handling] = {
        **Workflows(store, staging, admission).by_name,
        **StoredHandlers("profile", profiles, admission).by_name,
        **StoredHandlers("session", sessions, admission).by_name,
        **Office(talks, attention, resume, admission).by_name,
        **Resources(keeping, try_out, admission).by_name,
        "migrate": Migrations(migrate, admission).migrate,
        "showSharing": sharings.show,
        "changeSharing": sharings.change,
        "events": Events(store).list,
        "export": bundles.export,
        "import": bundles.bring_in,
        "debug": debugging.debug,
        "look": debugging.look,
        "listNodeTypes": node_types.list,
        "showNodeType": node_types.show,
        "validateConfig": node_types.validate,
        "listRemoteNodes": remote_nodes.list,
        "registerRemoteNode": remote_nodes.add,
        "showRemoteNode": remote_nodes.show,
        "removeRemoteNode": remote_nodes.remove,
        "checkRemoteNode": remote_nodes.health,
    }
    return _application(admission, handlers)


def _application(admission: Admission, handlers: Mapping[str, Handling]) -> web.Application:
    """`handlers` are those of the calls, by name; who may make a call is checked before."""

    def admitted(call: Call) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            if call.changes:
                admission.check_rate(request)
            person = await admission.person(request, call.role)
            if call.is_of_a_workflow:
                await admission.check_shared(person, call.role, request.match_info["id"])
            elif not call.filters:
                check_everywhere(person, call.role)
            return await handlers[call.name](request, person)

        return handle

    app = web.Application(middlewares=[problems])
    app.on_response_prepare.append(protect)
    app.router.add_get("/openapi.json", _description, name=DESCRIPTION)
    for call in openapi.CALLS:
        if call.method != "GET":
            app.router.add_route(call.method, call.route, admitted(call))
        else:
            app.router.add_get(call.route, admitted(call))
    app.router.add_get("/workflows/", admitted(openapi.CALLS[0]))
    return app


async def _description(request: web.Request) -> web.Response:
    return as_json(200, _document(request.rel_url.raw_path.removesuffix("/openapi.json")))


@cache
def _document(server: str) -> bytes:
    return encode(openapi.document(server))
