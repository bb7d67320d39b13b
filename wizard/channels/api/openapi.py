"""The OpenAPI 3.1 document of the JSON interface: its calls, what they take and what they answer.

Bodies and answers are described by their types (wizard.channels.http.schemas), problems by those that are answered
(wizard.channels.http.problems).
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from wizard import __version__
from wizard.channels.api import conversation_document as conversations
from wizard.channels.api import examples
from wizard.channels.api.parameters import parameters
from wizard.channels.api.preferences import APPLIED, MINIMAL
from wizard.channels.api.requests import BODIES
from wizard.channels.api.responses import RESPONSES
from wizard.channels.http.described import json_answer, json_body, parameter, problem_answers
from wizard.channels.http.problems import (
    EVENT_KEY_WANTED,
    INVALID_INPUT,
    INVALID_REQUEST,
    KEY_REUSED,
    NOT_A_STEP,
    NOT_ALLOWED,
    NOT_FOUND,
    NOT_YOUR_PROFILE,
    POINT_OF_NO_RETURN,
    REFUSED,
    REJECTED,
    RUN_BUSY,
    RUN_CANCELLED,
    RUN_COMPLETED,
    RUN_EXPIRED,
    RUN_NOT_FOUND,
    STALE_INPUT,
    STALE_REVISION,
    TOO_LARGE,
    TOO_MANY_EVENTS,
    TOO_MANY_FOLLOWERS,
    TOO_MANY_FOR_ONE,
    TOO_MANY_RUNS,
    TOO_MANY_SENT,
    TOO_SLOW,
    UNAUTHORIZED,
    UNSUPPORTED_MEDIA_TYPE,
    WORKFLOW_NOT_FOUND,
    WORKFLOW_UNAVAILABLE,
    WRONG_TOKEN,
    ProblemType,
)
from wizard.channels.http.query import LINK
from wizard.channels.http.schemas import array, ref, schemas
from wizard.channels.http.streams import MEDIA_TYPE as EVENTS

Json = dict[str, Any]

_BODY = (INVALID_REQUEST, TOO_SLOW, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE)
_TOKEN = (UNAUTHORIZED, WRONG_TOKEN, NOT_YOUR_PROFILE, RUN_NOT_FOUND)
_OVER = (STALE_REVISION, RUN_COMPLETED, RUN_CANCELLED, REFUSED, RUN_EXPIRED)
_CONFLICTS = (STALE_INPUT, POINT_OF_NO_RETURN, NOT_A_STEP, *_OVER)
_UNMOVED = (RUN_BUSY, WORKFLOW_UNAVAILABLE)
_MOVE = (*_BODY, *_TOKEN, *_CONFLICTS, INVALID_INPUT, KEY_REUSED, *_UNMOVED)
_FROM_OUTSIDE = (*_BODY, *_TOKEN, *_OVER, INVALID_INPUT, KEY_REUSED, TOO_MANY_EVENTS, *_UNMOVED)

_START = (NOT_YOUR_PROFILE, WORKFLOW_NOT_FOUND, INVALID_INPUT, KEY_REUSED, TOO_MANY_RUNS)

_NEW_EVENT = (
    *(EVENT_KEY_WANTED, INVALID_INPUT, KEY_REUSED, TOO_MANY_FOR_ONE, TOO_MANY_SENT),
    *(TOO_MANY_EVENTS, RUN_BUSY, WORKFLOW_UNAVAILABLE),
)

_ETAG = {"ETag": {"description": "The run's revision, in quotation marks.", "schema": {"type": "string"}}}
_REPLAY = {
    "Idempotent-Replay": {
        "description": "`true` where this is the answer that the same request with the same key got before.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}
_MOVED = {
    **_ETAG,
    **_REPLAY,
    APPLIED: {
        "description": "What was heeded of `Prefer`.",
        "schema": {"type": "string", "enum": [MINIMAL]},
    },
}


def document(server: str = "/api/v1", *, people: bool = True) -> Json:
    """The whole document, as Python values. `server` is where the interface is, which a host may have mounted
    elsewhere; `people` is whether the host signs people in, who can list their runs."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Wizard",
            "version": __version__,
            "summary": "Guided processes: answer step by step, go back, change an answer, come back later.",
            "description": (
                "Start a run, then answer the step in its `current` with `next` until `status` is `completed`. "
                "A run's token is its only key: it is handed out once, when the run is started.\n\n"
                "Errors are problem documents (RFC 9457); go by their `type`."
            ),
        },
        "servers": [{"url": server}],
        "paths": _paths(people),
        "components": {
            "schemas": schemas([*(body.adapter for body in BODIES), *map(TypeAdapter, RESPONSES)]),
            "parameters": parameters(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "The run's token."},
                "eventKey": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The key for events, or the admin key.",
                },
            },
        },
    }


def _paths(people: bool) -> Json:
    return {
        "/openapi.json": {"get": _openapi()},
        "/workflows": {"get": _workflows()},
        "/runs": {**({"get": _own()} if people else {}), "post": _start()},
        "/events": {"post": _new_event()},
        "/runs/{id}": {"parameters": [parameter("id")], "get": _show(), "delete": _delete()},
        "/runs/{id}/next": _move("next", "Answers the current step and goes on", "Next", examples.NEXT, REJECTED),
        "/runs/{id}/previous": _move("previous", "Goes back; no answer is lost", "Previous", examples.PREVIOUS),
        "/runs/{id}/change": _move(
            "change",
            "Answers an earlier step anew and returns to where the run was",
            "Change",
            examples.CHANGE,
            REJECTED,
        ),
        "/runs/{id}/remove": _move("remove", "Takes an item out of a repeat", "Remove", examples.REMOVE),
        "/runs/{id}/events": _from_outside(
            "events", "Tells the run that something happened; a step that waits for it goes on", "Event", examples.EVENT
        ),
        "/runs/{id}/cancel": _from_outside("cancel", "Ends the run for good", "Cancel", examples.CANCEL),
        "/runs/{id}/progress": {"parameters": [parameter("id")], "get": _progress()},
        "/runs/{id}/trace": {"parameters": [parameter("id")], "get": _trace()},
        **conversations.paths(_BODY, _TOKEN, _START),
        "/runs/{id}/files/{file}": {"parameters": [parameter("id"), parameter("file")], "get": _file()},
    }


# -- calls -----------------------------------------------------------------------------------------


def _openapi() -> Json:
    answer = json_answer("This document", {"type": "object"})
    return {"operationId": "openapi", "summary": "This document", "responses": {"200": answer}}


def _workflows() -> Json:
    answer = json_answer("The workflows that runs can be started of", array(ref("Workflow")))
    responses = {"200": answer, **problem_answers(())}
    return {"operationId": "workflows", "summary": "Lists the workflows", "responses": responses}


def _own() -> Json:
    return {
        "operationId": "own",
        "summary": "Lists the runs of the person who is signed in, newest first",
        "description": "It needs no token: the application that this is a part of says who is signed in.",
        "parameters": [parameter("before"), parameter("most")],
        "responses": {
            "200": json_answer("The runs", array(ref("RunLine")), LINK),
            **problem_answers((INVALID_REQUEST, NOT_ALLOWED)),
        },
    }


def _start() -> Json:
    location = {"Location": {"description": "The run's address.", "schema": {"type": "string"}}}
    started = json_answer(
        "The new run, with its token", ref("StartedRunAsPreferred"), {**location, **_MOVED}, examples.STARTED
    )
    return {
        "operationId": "start",
        "summary": "Creates a run and enters its first step",
        "parameters": [parameter("idempotencyKey"), parameter("prefer")],
        "requestBody": json_body("Start", examples.START, required=True),
        "responses": {"201": started, **problem_answers((*_BODY, *_START))},
    }


def _new_event() -> Json:
    emitted = ref("Emitted")
    return {
        "operationId": "newEvent",
        "summary": "Takes an event: it starts runs, and reaches those that wait for it",
        "description": (
            "It starts a run of each workflow whose `on` it matches, and reaches the runs of its profile or session "
            "that take events of its type. An id is taken once: sent again, nothing happens, and the answer is the "
            "same. Where the answer got lost, or was another than 200 and 202, send it again with the same id. In the "
            "place of an id `Idempotency-Key` does as well."
        ),
        "security": [{"eventKey": []}],
        "parameters": [parameter("idempotencyKey")],
        "requestBody": json_body("NewEvent", examples.NEW_EVENT, required=True),
        "responses": {
            "200": json_answer("It was taken before; the answer is the one of then", emitted, None, examples.EMITTED),
            "202": json_answer("It is taken", emitted, None, examples.EMITTED),
            **problem_answers((*_BODY, *_NEW_EVENT)),
        },
    }


def _show() -> Json:
    unchanged = {"description": "The run is still as the ETag in If-None-Match says", "headers": _ETAG}
    run = json_answer("The run", ref("Run"), _ETAG, examples.RUN)
    return {
        "operationId": "show",
        "summary": "The run as it is now; nothing is executed",
        "security": [{"token": []}],
        "parameters": [parameter("ifNoneMatch"), parameter("beforeStep"), parameter("afterStep")],
        "responses": {"200": run, "304": unchanged, **problem_answers((INVALID_REQUEST, *_TOKEN))},
    }


def _delete() -> Json:
    return {
        "operationId": "delete",
        "summary": "Deletes all that is stored of the run; nothing is undone",
        "security": [{"token": []}],
        "responses": {"204": {"description": "It is gone"}, **problem_answers((INVALID_REQUEST, *_TOKEN, NOT_ALLOWED))},
    }


def _from_outside(name: str, summary: str, schema: str, example: Json) -> Json:
    told = "RunAfterEvent" if schema == "Event" else "RunAsPreferred"
    run = json_answer("The run after it", ref(told), _MOVED, examples.RUN)
    return {
        "parameters": [parameter("id")],
        "post": {
            "operationId": name,
            "summary": summary,
            "security": [{"token": []}],
            "parameters": [parameter("idempotencyKey"), parameter("prefer")],
            "requestBody": json_body(schema, example, required=schema == "Event"),
            "responses": {"200": run, **problem_answers(_FROM_OUTSIDE)},
        },
    }


def _progress() -> Json:
    stream = {
        "description": (
            "Server-sent events: `work` (its data as `work` of the run state) for each change of what is reported, "
            "and a last one, `moved` (`status`, `step`, `revision`), when the run doesn't work at that step any more. "
            "A stream that ends without it is to be opened again."
        ),
        "content": {EVENTS: {"schema": ref("ProgressEvent"), "example": examples.PROGRESS}},
    }
    return {
        "operationId": "progress",
        "summary": "How far the work is that the run stands at, as it goes on",
        "security": [{"token": []}],
        "responses": {"200": stream, **problem_answers((*_TOKEN, TOO_MANY_FOLLOWERS))},
    }


def _move(name: str, summary: str, schema: str, example: Json, *more: ProblemType) -> Json:
    run = json_answer("The run after it", ref("RunAsPreferred"), _MOVED, examples.RUN)
    return {
        "parameters": [parameter("id")],
        "post": {
            "operationId": name,
            "summary": summary,
            "security": [{"token": []}],
            "parameters": [parameter("idempotencyKey"), parameter("ifMatch"), parameter("prefer")],
            "requestBody": json_body(schema, example, required=schema in ("Change", "Remove")),
            "responses": {"200": run, **problem_answers((*_MOVE, *more))},
        },
    }


def _trace() -> Json:
    return {
        "operationId": "trace",
        "summary": "What happened in the run, in order",
        "security": [{"token": []}],
        "parameters": [parameter("after"), parameter("limit")],
        "responses": {
            "200": json_answer("The entries", array(ref("TraceEntry")), LINK),
            **problem_answers((INVALID_REQUEST, *_TOKEN)),
        },
    }


def _file() -> Json:
    content = {"description": "The file, to be saved", "content": {"*/*": {"schema": {}}}}
    return {
        "operationId": "file",
        "summary": "A file that was uploaded in the run",
        "security": [{"token": []}],
        "responses": {"200": content, **problem_answers((*_TOKEN, NOT_FOUND))},
    }
