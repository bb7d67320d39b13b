"""Errors as problem documents (RFC 9457). Programs go by `type`, which never changes; people read `detail`.

A problem never shows what the server keeps to itself: an error that nobody foresaw is logged under a
reference, and the caller gets the reference.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from wizard.channels.http.languages import language_of, learn
from wizard.errors import (
    BundleRefused,
    CallerError,
    CodeUnknown,
    ConfigurationRefused,
    DocumentNotFound,
    DraftNotFound,
    FieldsRefused,
    InvalidInput,
    KeyReused,
    NotAConversation,
    NotAStep,
    NothingBefore,
    NothingDeployed,
    NotTakenOver,
    NotYourProfile,
    NotYours,
    PointOfNoReturn,
    RemoteNodeNotFound,
    RemoteNodeRefused,
    ResourceNotFound,
    ResourceRefused,
    RunBusy,
    RunCancelled,
    RunCompleted,
    RunExpired,
    RunNotFound,
    SaveNotFound,
    StaleDeployment,
    StaleDocument,
    StaleDraft,
    StaleInput,
    StaleRemoteNode,
    StaleResource,
    StaleRevision,
    StaleSharing,
    StoreError,
    TooManyEvents,
    TooManyRuns,
    UndoConflict,
    VersionNotFound,
    WorkflowNotFound,
    WorkflowUnavailable,
)
from wizard.locale.catalogs import SOURCE
from wizard.locale.sentences import Sentence, sentence
from wizard.telemetry.logs import broke

log = logging.getLogger("wizard.api")

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:wizard:problem:"
SECURITY_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: the end of its `type`, the status it always has, and its `title`."""

    name: str
    status: int
    title: Sentence | str

    @property
    def uri(self) -> str:
        return TYPE_PREFIX + self.name


INVALID_REQUEST = ProblemType("invalid-request", 400, sentence("The request can't be read"))
UNAUTHORIZED = ProblemType("unauthorized", 401, sentence("The run's token is missing"))
WRONG_TOKEN = ProblemType("wrong-token", 403, sentence("The token isn't valid for this run"))
CODE_UNKNOWN = ProblemType("code-unknown", 403, sentence("The code isn't valid, or not any more"))
NOT_ALLOWED = ProblemType("not-allowed", 403, sentence("This isn't allowed here"))
NOT_FOUND = ProblemType("not-found", 404, sentence("There is nothing here"))
NOT_YOUR_PROFILE = ProblemType("not-your-profile", 403, sentence("The profile belongs to somebody else"))
RUN_NOT_FOUND = ProblemType("run-not-found", 404, sentence("There is no such run"))
WORKFLOW_NOT_FOUND = ProblemType("workflow-not-found", 404, sentence("There is no such workflow"))
METHOD_NOT_ALLOWED = ProblemType("method-not-allowed", 405, sentence("This can't be done here"))
STALE_INPUT = ProblemType("stale-input", 409, sentence("The run has moved on"))
STALE_REVISION = ProblemType("stale-revision", 409, sentence("The run was changed at the same time"))
POINT_OF_NO_RETURN = ProblemType("point-of-no-return", 409, sentence("What comes before is final"))
RUN_COMPLETED = ProblemType("run-completed", 409, sentence("The run is completed"))
RUN_CANCELLED = ProblemType("run-cancelled", 409, sentence("The run was cancelled"))
NOT_A_STEP = ProblemType("not-a-step", 409, sentence("There is no such step"))
REFUSED = ProblemType("refused", 409, sentence("The move can't be made"))
TOO_MANY_EVENTS = ProblemType("too-many-events", 409, sentence("The run can't hold more events"))
RUN_EXPIRED = ProblemType("run-expired", 410, sentence("The run has expired"))
TOO_SLOW = ProblemType("too-slow", 408, sentence("The body didn't arrive in time"))
TOO_LARGE = ProblemType("too-large", 413, sentence("The body is too large"))
UNSUPPORTED_MEDIA_TYPE = ProblemType("unsupported-media-type", 415, sentence("The body isn't declared to be JSON"))
REJECTED = ProblemType("answers-rejected", 422, sentence("Some answers can't be accepted"))
INVALID_INPUT = ProblemType("invalid-input", 422, sentence("The input can't be accepted"))
KEY_REUSED = ProblemType("key-reused", 422, sentence("The idempotency key belongs to another request"))
EVENT_KEY_WANTED = ProblemType("event-key-wanted", 401, sentence("The key for events is missing or wrong"))
UPGRADE_REQUIRED = ProblemType("upgrade-required", 426, sentence("The connection must be a WebSocket"))
TOO_MANY_FOR_ONE = ProblemType("too-many-for-one-event", 422, sentence("The event concerns too many runs"))
TOO_MANY_SENT = ProblemType("too-many-events-sent", 429, sentence("Too many events were sent"))
TOO_MANY_RUNS = ProblemType("too-many-runs", 429, sentence("Too many runs were started"))
TOO_MANY_MESSAGES = ProblemType("too-many-messages", 429, sentence("Too many messages were sent"))
RUN_BUSY = ProblemType("run-busy", 503, sentence("Too many requests are changing the run"))
TOO_MANY_FOLLOWERS = ProblemType("too-many-followers", 503, sentence("Too many clients are following runs"))
INTERNAL = ProblemType("internal", 500, sentence("Something went wrong"))
UNAVAILABLE = ProblemType("unavailable", 503, sentence("The data can't be read or written at the moment"))
WORKFLOW_UNAVAILABLE = ProblemType("workflow-unavailable", 503, sentence("The run can't continue at the moment"))

NOT_SIGNED_IN = ProblemType("not-signed-in", 401, "Nobody is signed in who works here")
ROLE_MISSING = ProblemType("role-missing", 403, "A role is missing")
DRAFT_NOT_FOUND = ProblemType("draft-not-found", 404, "The workflow has no draft")
VERSION_NOT_FOUND = ProblemType("version-not-found", 404, "There is no such version")
STALE_DEPLOYMENT = ProblemType("stale-deployment", 409, "Something else was deployed at the same time")
NOTHING_DEPLOYED = ProblemType("nothing-deployed", 409, "Nothing is deployed")
NOT_TAKEN_OVER = ProblemType("not-taken-over", 409, "The conversation isn't taken over")
NOT_A_CONVERSATION = ProblemType("not-a-conversation", 409, "The run is no conversation")
NOTHING_BEFORE = ProblemType("nothing-before", 409, "Nothing was deployed before")
BUNDLE_REFUSED = ProblemType("bundle-refused", 409, "The bundle can't be imported")
STALE_DRAFT = ProblemType("stale-draft", 412, "Somebody else has saved the draft")
STALE_SHARING = ProblemType("stale-sharing", 412, "Somebody else has changed who works on the workflow")
DEFINITION_REFUSED = ProblemType("definition-refused", 422, "There are errors in the definition")
DOCUMENT_NOT_FOUND = ProblemType("document-not-found", 404, "Nothing is stored under this id")
SAVE_NOT_FOUND = ProblemType("save-not-found", 404, "The history has no such save")
UNDO_CONFLICT = ProblemType("undo-conflict", 409, "Fields were changed since that save")
STALE_DOCUMENT = ProblemType("stale-document", 412, "Somebody else has saved it")
RESOURCE_NOT_FOUND = ProblemType("resource-not-found", 404, "There is no resource of this name")
STALE_RESOURCE = ProblemType("stale-resource", 412, "Somebody else has changed it")
RESOURCE_REFUSED = ProblemType("resource-refused", 422, "The resource can't be stored as it is")
FIELDS_REFUSED = ProblemType("fields-refused", 422, "The schema of profiles doesn't take this")
CONFIGURATION_REFUSED = ProblemType("configuration-refused", 422, "The node's configuration is wrong")
REMOTE_NODE_NOT_FOUND = ProblemType("remote-node-not-found", 404, "No service offers this node type")
STALE_REMOTE_NODE = ProblemType("stale-remote-node", 409, "Somebody else has registered or removed it")
REMOTE_NODE_REFUSED = ProblemType("remote-node-refused", 422, "The service can't be registered")
NOT_ENCRYPTED = ProblemType("not-encrypted", 409, "The store isn't encrypted")
PRECONDITION_REQUIRED = ProblemType("precondition-required", 428, "The request doesn't say what it changes")
TOO_MANY_CHANGES = ProblemType("too-many-changes", 429, "Too much was changed")

# Of the calls of editors and deployers alone; what these read is in English, as definitions are.
STAGING_TYPES = (
    NOT_SIGNED_IN,
    ROLE_MISSING,
    DRAFT_NOT_FOUND,
    VERSION_NOT_FOUND,
    STALE_DEPLOYMENT,
    NOTHING_DEPLOYED,
    NOTHING_BEFORE,
    NOT_TAKEN_OVER,
    NOT_A_CONVERSATION,
    BUNDLE_REFUSED,
    STALE_DRAFT,
    STALE_SHARING,
    DEFINITION_REFUSED,
    DOCUMENT_NOT_FOUND,
    SAVE_NOT_FOUND,
    UNDO_CONFLICT,
    STALE_DOCUMENT,
    RESOURCE_NOT_FOUND,
    STALE_RESOURCE,
    RESOURCE_REFUSED,
    FIELDS_REFUSED,
    CONFIGURATION_REFUSED,
    REMOTE_NODE_NOT_FOUND,
    STALE_REMOTE_NODE,
    REMOTE_NODE_REFUSED,
    NOT_ENCRYPTED,
    PRECONDITION_REQUIRED,
    TOO_MANY_CHANGES,
)

PROBLEM_TYPES = (
    INVALID_REQUEST,
    UNAUTHORIZED,
    WRONG_TOKEN,
    CODE_UNKNOWN,
    NOT_YOUR_PROFILE,
    NOT_ALLOWED,
    NOT_FOUND,
    RUN_NOT_FOUND,
    WORKFLOW_NOT_FOUND,
    METHOD_NOT_ALLOWED,
    TOO_SLOW,
    STALE_INPUT,
    STALE_REVISION,
    POINT_OF_NO_RETURN,
    RUN_COMPLETED,
    RUN_CANCELLED,
    NOT_A_STEP,
    REFUSED,
    TOO_MANY_EVENTS,
    RUN_EXPIRED,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    REJECTED,
    INVALID_INPUT,
    KEY_REUSED,
    EVENT_KEY_WANTED,
    TOO_MANY_FOR_ONE,
    TOO_MANY_SENT,
    TOO_MANY_RUNS,
    TOO_MANY_MESSAGES,
    RUN_BUSY,
    TOO_MANY_FOLLOWERS,
    UPGRADE_REQUIRED,
    INTERNAL,
    UNAVAILABLE,
    WORKFLOW_UNAVAILABLE,
)

LATER = {"Retry-After": "300"}  # of a 503 that somebody has to mend
SOON = {"Retry-After": "1"}  # of a 503 that others make, who will be done
WAIT = {"Retry-After": "5"}  # of a 503: a database that starts again takes some seconds

# The first that an error is an instance of counts: a subclass stands above its base.
_BY_ERROR: tuple[tuple[type[CallerError], ProblemType], ...] = (
    (StaleRevision, STALE_REVISION),
    (StaleInput, STALE_INPUT),
    (RunBusy, RUN_BUSY),
    (PointOfNoReturn, POINT_OF_NO_RETURN),
    (RunCompleted, RUN_COMPLETED),
    (RunCancelled, RUN_CANCELLED),
    (NotAStep, NOT_A_STEP),
    (RunExpired, RUN_EXPIRED),
    (RunNotFound, RUN_NOT_FOUND),
    (NotYourProfile, NOT_YOUR_PROFILE),
    (CodeUnknown, CODE_UNKNOWN),
    (NotYours, WRONG_TOKEN),
    (WorkflowNotFound, WORKFLOW_NOT_FOUND),
    (FieldsRefused, FIELDS_REFUSED),
    (InvalidInput, INVALID_INPUT),
    (KeyReused, KEY_REUSED),
    (TooManyEvents, TOO_MANY_EVENTS),
    (TooManyRuns, TOO_MANY_FOR_ONE),
    (BundleRefused, BUNDLE_REFUSED),
    (DraftNotFound, DRAFT_NOT_FOUND),
    (StaleDraft, STALE_DRAFT),
    (StaleSharing, STALE_SHARING),
    (ConfigurationRefused, CONFIGURATION_REFUSED),
    (StaleDeployment, STALE_DEPLOYMENT),
    (VersionNotFound, VERSION_NOT_FOUND),
    (NothingDeployed, NOTHING_DEPLOYED),
    (NothingBefore, NOTHING_BEFORE),
    (NotTakenOver, NOT_TAKEN_OVER),
    (NotAConversation, NOT_A_CONVERSATION),
    (DocumentNotFound, DOCUMENT_NOT_FOUND),
    (StaleDocument, STALE_DOCUMENT),
    (ResourceNotFound, RESOURCE_NOT_FOUND),
    (StaleResource, STALE_RESOURCE),
    (ResourceRefused, RESOURCE_REFUSED),
    (SaveNotFound, SAVE_NOT_FOUND),
    (UndoConflict, UNDO_CONFLICT),
    (RemoteNodeNotFound, REMOTE_NODE_NOT_FOUND),
    (RemoteNodeRefused, REMOTE_NODE_REFUSED),
    (StaleRemoteNode, STALE_REMOTE_NODE),
    (CallerError, REFUSED),
)

_BY_STATUS = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED, 413: TOO_LARGE}


class Refused(Exception):
    """A request that this channel refuses by itself, whatever the engine would say. `closes` says that
    the rest of it can't or needn't be read, so that the connection is of no more use; `more` are further members of
    the problem."""

    def __init__(
        self,
        type_: ProblemType,
        detail: Sentence | str,
        headers: Mapping[str, str] | None = None,
        *,
        closes: bool = False,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        self.more = more or {}
        self.type = type_
        self.detail = detail
        self.headers = headers or {}
        self.closes = closes
        super().__init__(str(detail))


def unreadable(detail: str) -> Refused:
    """Whoever writes the program reads that: it is the one that speaks no JSON."""
    return Refused(INVALID_REQUEST, detail)


def type_of(error: CallerError) -> ProblemType:
    """The problem type of an error of the caller's."""
    return next(problem for kind, problem in _BY_ERROR if isinstance(error, kind))


def problem_body(type_: ProblemType, detail: Sentence | str, language: str, **more: Any) -> dict[str, Any]:
    """The document, in that language; `more` are its further members (errors, run ...)."""
    title, said = (words if isinstance(words, str) else words.in_language(language) for words in (type_.title, detail))
    return {"type": type_.uri, "title": title, "status": type_.status, "detail": said, **more}


def language_for(detail: Sentence | str, language: str) -> str:
    """What is no sentence of the catalogues is for whoever writes the program: the title is in its language."""
    return SOURCE if isinstance(detail, str) else language


def problem(
    request: web.BaseRequest,
    type_: ProblemType,
    detail: Sentence | str,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> web.Response:
    """A problem about no run in particular, with further members."""
    return web.Response(
        status=type_.status,
        body=json.dumps(problem_body(type_, detail, language_for(detail, language_of(request)), **more)).encode(),
        content_type=MEDIA_TYPE,
        headers={**SECURITY_HEADERS, **(headers or {})},
    )


DESCRIPTION = "openapi"  # the name of its route

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def protect(request: web.Request, response: web.StreamResponse) -> None:
    """For an application's `on_response_prepare`: what aiohttp answers by itself, outside of all handlers and
    middlewares, has the security headers as well."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Makes a problem document of everything that a handler raises, and of routes that don't exist."""
    try:
        return await handler(request)
    except Refused as refused:
        await learn(request)
        response = problem(request, refused.type, refused.detail, refused.headers, **refused.more)
        if refused.closes:
            response.force_close()
        return response
    except CallerError as error:
        await learn(request)
        type_ = type_of(error)
        return problem(request, type_, error.people, SOON if type_ is RUN_BUSY else None)
    except web.HTTPException as error:
        return _from_http(request, error)
    except Exception as error:
        await learn(request)
        return internal(request, error)


def _from_http(request: web.Request, error: web.HTTPException) -> web.Response:
    if error.status < 400:
        raise error
    found = _BY_STATUS.get(error.status) or ProblemType("refused", error.status, error.reason)
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    document = request.app.router.get(DESCRIPTION)
    detail = found.title
    if document is not None:
        what = sentence("{what}. GET {address} describes what there is.", what=detail, address=document.canonical)
        return problem(request, found, what, headers)
    return problem(request, found, detail, headers)


def log_failure(request: web.BaseRequest, error: BaseException) -> str:
    """Logs where it went wrong, under a reference that the caller gets. Neither the address's query nor what the
    error says is logged, at any level: tokens and answers stand there."""
    reference = secrets.token_hex(6)
    known = getattr(request, "match_info", {})  # what couldn't be read as a request has none
    run = known.get("id", "")
    broke(log, error, "%s %s failed, reference %s", request.method, request.path, reference, run=run, outspoken=False)
    return reference


def internal(request: web.Request, error: Exception) -> web.Response:
    """What a caller gets for an error that isn't theirs: 503 where the store can't be used, for this run or for all,
    or the run's workflow can't; 500 where nobody foresaw it."""
    reference = log_failure(request, error)
    if isinstance(error, WorkflowUnavailable):
        detail = sentence(
            "Something that this run needs is missing here. Nothing is lost, and the run can still be read. "
            "Send this again later; if this keeps happening, report it with reference {reference}.",
            reference=reference,
        )
        return problem(request, WORKFLOW_UNAVAILABLE, detail, LATER)
    if isinstance(error, StoreError):
        detail = sentence(
            "No earlier answers are lost. Send this again, with the same Idempotency-Key if it had one; if "
            "this keeps happening, report it with reference {reference}.",
            reference=reference,
        )
        return problem(request, UNAVAILABLE, detail, WAIT)
    detail = sentence(
        "Something went wrong. Try again; if this keeps happening, report it with reference {reference}.",
        reference=reference,
    )
    return problem(request, INTERNAL, detail)
