"""The calls of operators about conversations, as they are described."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wizard.channels.admin.call import BODY, Call
from wizard.channels.admin.people import Role
from wizard.channels.http.described import json_answer, json_body, parameter
from wizard.channels.http.problems import (
    INVALID_INPUT,
    INVALID_REQUEST,
    NOT_A_CONVERSATION,
    NOT_TAKEN_OVER,
    RUN_BUSY,
    RUN_CANCELLED,
    RUN_COMPLETED,
    RUN_EXPIRED,
    RUN_NOT_FOUND,
    WORKFLOW_UNAVAILABLE,
    ProblemType,
)
from wizard.channels.http.query import LINK
from wizard.channels.http.schemas import array, ref

_AT = "2026-11-29T09:30:00Z"
_SAID: dict[str, Any] = {
    "id": "w-7",
    "from": "engine",
    "text": "Date of birth",
    "choices": [],
    "expects": None,
    "at": _AT,
}
_MINE: dict[str, Any] = {"id": "op-1", "from": "operator", "text": "Hello!", "choices": [], "expects": None, "at": _AT}
_WAITING: Any = [
    {
        "id": "01JA",
        "workflow": "passport",
        "state": "wanted",
        "since": _AT,
        "by": "",
        "channel": "",
        "reason": "",
        "age": 90,
        "last": {"from": "person", "at": _AT},
    }
]
_READ: dict[str, Any] = {"id": "01JA", "messages": [_SAID, _MINE]}
_WRITE: dict[str, Any] = {"id": "op-1", "text": "Hello!"}

_MOVES = (*BODY, INVALID_INPUT, RUN_NOT_FOUND, RUN_BUSY, WORKFLOW_UNAVAILABLE)
_CONVERSATION = json_answer("What was said, in order", ref("ReadConversation"), LINK, _READ)
_PAGE = [parameter("afterMessage"), parameter("messages")]


_CANT_BE_TAKEN = (NOT_A_CONVERSATION, RUN_COMPLETED, RUN_CANCELLED, RUN_EXPIRED)


def _moving(name: str, path: str, summary: str, description: str, refusals: Sequence[ProblemType] = ()) -> Call:
    about = {
        "description": description,
        "parameters": _PAGE,
        "requestBody": json_body("Hand", {"note": "She called"}, required=False),
        "responses": {"200": _CONVERSATION},
    }
    return Call("POST", f"/conversations/{{run}}/{path}", name, Role.OPERATOR, summary, about, (*_MOVES, *refusals))


CALLS = (
    Call(
        "GET",
        "/conversations",
        "listConversations",
        Role.OPERATOR,
        "Lists the conversations that somebody has to look after",
        {
            "description": (
                "`wanted`: the person asked for somebody. `speaks`: an operator has taken over. `undelivered`: a "
                "channel takes no more messages."
            ),
            "parameters": [
                parameter("stateOfConversations"),
                parameter("afterConversation"),
                parameter("conversations"),
            ],
            "responses": {"200": json_answer("Those that wait", array(ref("WaitingLine")), LINK, _WAITING)},
        },
        (INVALID_REQUEST,),
    ),
    Call(
        "GET",
        "/conversations/{run}",
        "readConversation",
        Role.OPERATOR,
        "What was said in a conversation, in order",
        {"parameters": _PAGE, "responses": {"200": _CONVERSATION}},
        (INVALID_REQUEST, INVALID_INPUT, RUN_NOT_FOUND, WORKFLOW_UNAVAILABLE),
    ),
    _moving(
        "takeOver",
        "take-over",
        "Takes a conversation over: the engine asks nothing more, and messages pass both ways",
        "The person is told that somebody writes now, and not who. A run that has ended, or is no conversation, can't "
        "be taken over.",
        _CANT_BE_TAKEN,
    ),
    Call(
        "POST",
        "/conversations/{run}/messages",
        "write",
        Role.OPERATOR,
        "Says something to the person, on every channel of theirs",
        {
            "description": "The same message id again is said once. The conversation has to be taken over before.",
            "requestBody": json_body("Write", _WRITE, required=True),
            "responses": {"200": json_answer("It is said", ref("Message"), None, _MINE)},
        },
        (*BODY, INVALID_INPUT, NOT_TAKEN_OVER, RUN_NOT_FOUND, RUN_BUSY, WORKFLOW_UNAVAILABLE),
    ),
    _moving("release", "release", "Gives a conversation back: the engine asks again what it asked", ""),
    _moving(
        "deliver", "deliver", "Tries again to deliver what a channel had refused", "The pending question is asked anew."
    ),
)
