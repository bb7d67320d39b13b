"""The calls of conversations in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from wizard.channels.api import examples
from wizard.channels.http.described import json_answer, json_body, parameter, problem_answers
from wizard.channels.http.problems import (
    CODE_UNKNOWN,
    INVALID_INPUT,
    INVALID_REQUEST,
    NOT_ALLOWED,
    RUN_BUSY,
    TOO_MANY_FOLLOWERS,
    TOO_MANY_MESSAGES,
    UPGRADE_REQUIRED,
    WORKFLOW_UNAVAILABLE,
    ProblemType,
)
from wizard.channels.http.query import LINK
from wizard.channels.http.schemas import ref

Json = dict[str, Any]
Problems = tuple[ProblemType, ...]


def paths(body: Problems, token: Problems, start: Problems) -> Json:
    """By address; the problems are those of a body, a token, and of starting a run."""
    here = {"parameters": [parameter("id")]}
    return {
        "/conversations": {"post": _open(body, token, start)},
        "/conversations/{id}/messages": {**here, "post": _say(body, token), "get": _said(token)},
        "/conversations/{id}/codes": {**here, "post": _code(token)},
        "/conversations/{id}/ws": {**here, "get": _socket(token)},
    }


def _open(body: Problems, token: Problems, start: Problems) -> Json:
    location = {"Location": {"description": "The conversation's address.", "schema": {"type": "string"}}}
    opened = json_answer(
        "The conversation, with what is said first", ref("OpenedConversation"), location, examples.OPENED
    )
    answers = problem_answers(tuple(dict.fromkeys((*body, *token, *start, CODE_UNKNOWN, TOO_MANY_MESSAGES, RUN_BUSY))))
    return {
        "operationId": "converse",
        "summary": "Starts a run as a conversation, or makes one of a run",
        "description": (
            "With `workflow` a run is started. With `run` and its token in the header that run becomes a conversation, "
            "with a `code` the one that it was made for; "
            "of one that is one already it is asked again what it asks. The id and token are the run's: whatever can "
            "be done with a run can be done with it as well, and what is answered elsewhere is told in it."
        ),
        "security": [{}, {"token": []}],
        "parameters": [parameter("idempotencyKey"), parameter("rich")],
        "requestBody": json_body("Open", examples.OPEN, required=True),
        "responses": {"201": opened, **answers},
    }


def _say(body: Problems, token: Problems) -> Json:
    said = json_answer("What is said to it, in order", ref("Messages"), None, examples.MESSAGES)
    problems = (*body, *token, INVALID_INPUT, TOO_MANY_MESSAGES, RUN_BUSY, WORKFLOW_UNAVAILABLE)
    return {
        "operationId": "say",
        "summary": "Says something in a conversation",
        "description": (
            "The same message id again is answered the same, and isn't taken again. What can't be done or "
            "understood is no error: it is said. In the place of an id `Idempotency-Key` does as well."
        ),
        "security": [{"token": []}],
        "parameters": [parameter("idempotencyKey"), parameter("rich")],
        "requestBody": json_body("Say", examples.SAY, required=True),
        "responses": {"200": said, **problem_answers(problems)},
    }


def _code(token: Problems) -> Json:
    made = json_answer("The code", ref("MadeCode"), None, examples.CODE)
    return {
        "operationId": "code",
        "summary": "Makes a code that takes the conversation elsewhere",
        "description": (
            "Typed on another channel, as `continue CODE` in a messenger or as `code` of `POST /conversations`, it "
            "opens the conversation there, at the same step. It can be used once, within ten minutes."
        ),
        "security": [{"token": []}],
        "responses": {"201": made, **problem_answers((*token, TOO_MANY_MESSAGES))},
    }


def _said(token: Problems) -> Json:
    said = json_answer("The messages", ref("Messages"), LINK, examples.MESSAGES)
    return {
        "operationId": "said",
        "summary": "What was said in a conversation, in order",
        "security": [{"token": []}],
        "parameters": [parameter("afterMessage"), parameter("mostMessages"), parameter("wait"), parameter("rich")],
        "responses": {"200": said, **problem_answers((INVALID_REQUEST, INVALID_INPUT, *token))},
    }


def _socket(token: Problems) -> Json:
    return {
        "operationId": "socket",
        "summary": "The same messages over a WebSocket, both ways",
        "description": (
            "Each text frame is one message: `Say` from the client, `Message` from the server, or a `Problem` with the "
            "`id` of the message that it is about. A frame with `work` says how far work is that the run waits for; "
            "one with `taken` names a message of the client's that was dealt with. A "
            "browser brings the token as a subprotocol: `wizard.conversation, bearer.TOKEN`."
        ),
        "security": [{"token": []}],
        "parameters": [parameter("afterMessage"), parameter("rich")],
        "responses": {
            "101": {"description": "The connection is a WebSocket from here on"},
            **problem_answers(
                (INVALID_REQUEST, UPGRADE_REQUIRED, INVALID_INPUT, *token, NOT_ALLOWED, TOO_MANY_FOLLOWERS)
            ),
        },
    }
