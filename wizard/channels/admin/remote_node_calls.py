"""The calls about remote nodes: what they take, what they answer and how they are described."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Required

from pydantic import Field, with_config
from typing_extensions import TypedDict

from wizard.channels.admin.call import BODY, Call
from wizard.channels.admin.people import Role
from wizard.channels.http.described import json_answer, json_body
from wizard.channels.http.members import EXACT, Body, about
from wizard.channels.http.problems import NOT_ENCRYPTED, REMOTE_NODE_NOT_FOUND, REMOTE_NODE_REFUSED, STALE_REMOTE_NODE
from wizard.channels.http.schemas import array, ref
from wizard.remote.registering import MAX_URL

_TYPE = "What definitions call it: at most 64 letters, digits, `_`, `.` and `-`."
_URL = "Where the service is. The calls are below it: `URL/next`, `URL/describe` …"
_SIGNED_WITH = "What both sides sign with, as whsec_BASE64 with 24 to 64 bytes. One is made unless it is given."
_DESCRIPTION = "What the service says of its node type. It is asked for that, at `URL/describe`, unless it is given."


@with_config(EXACT)
class RegisterRemoteNode(TypedDict, total=False):
    type: Required[Annotated[str, Field(min_length=1, max_length=64), about(_TYPE)]]
    url: Required[Annotated[str, Field(min_length=1, max_length=MAX_URL), about(_URL)]]
    secret: Annotated[str, Field(min_length=1, max_length=100), about(_SIGNED_WITH)]
    description: Annotated[dict[str, Any], about(_DESCRIPTION)]
    replace: Annotated[bool, about("Whether it takes the place of the service that has the type; its secret stays.")]


REGISTER = Body(RegisterRemoteNode)


class RemoteNodeLine(TypedDict):
    """A service that offers a node type. Its secret is never told."""

    type: str
    url: str
    revision: Annotated[int, about("Counts how often the registration was changed.")]
    at: Annotated[datetime, about("When it was changed last.")]
    by: Annotated[str, about("Who did that: a person's name, or `admin key`.")]
    description: Annotated[Mapping[str, Any], about("What the service says of its node type.")]


class RegisteredNode(RemoteNodeLine):
    """A service that was registered just now."""

    secret: Annotated[str, about("What both sides sign with. It is told this once.")]


class RemoteHealth(TypedDict):
    """How a service is."""

    type: str
    healthy: bool
    problem: Annotated[str, about('What is wrong, and what to do; "" where nothing is.')]


RESPONSES: tuple[Any, ...] = (RemoteNodeLine, RegisteredNode, RemoteHealth)

_DESCRIBED: dict[str, Any] = {
    "title": "Score an order",
    "summary": "Says how likely an order is to be paid.",
    "kind": "background",
    "group": "remote",
    "icon": "plug",
    "ports": ["risky"],
    "outputs": ["score"],
    "schema": {
        "type": "object",
        "properties": {"total": {"type": ["number", "string"], "title": "Total"}},
        "required": ["total"],
        "additionalProperties": False,
    },
    "documentation": "",
    "example": {"total": 120},
    "example_output": {"score": 0.9},
    "undoes": False,
    "closes": False,
    "slow": False,
}
_WANTED: dict[str, Any] = {"type": "shop.score", "url": "https://score.example/wizard"}
_NODE: dict[str, Any] = {
    **_WANTED,
    "revision": 1,
    "at": "2026-11-29T09:30:00Z",
    "by": "ann",
    "description": _DESCRIBED,
}
_REGISTERED: dict[str, Any] = {**_NODE, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw4bSJ5rYDbD0="}
_HEALTH: dict[str, Any] = {"type": "shop.score", "healthy": True, "problem": ""}
_BOTH = "It needs the role `deployer` as well."

CALLS = (
    Call(
        "GET",
        "/remote-nodes",
        "listRemoteNodes",
        Role.OPERATOR,
        "Lists the services that offer node types",
        {"responses": {"200": json_answer("By type", array(ref("RemoteNodeLine")), None, [_NODE])}},
        (),
    ),
    Call(
        "POST",
        "/remote-nodes",
        "registerRemoteNode",
        Role.OPERATOR,
        "Registers a service that offers a node type",
        {
            "description": f"{_BOTH} The answer has the secret, which nothing tells again.",
            "requestBody": json_body("RegisterRemoteNode", _WANTED, required=True),
            "responses": {"201": json_answer("It is registered", ref("RegisteredNode"), None, _REGISTERED)},
        },
        (*BODY, REMOTE_NODE_REFUSED, STALE_REMOTE_NODE, NOT_ENCRYPTED),
    ),
    Call(
        "GET",
        "/remote-nodes/{type}",
        "showRemoteNode",
        Role.OPERATOR,
        "A service that offers a node type",
        {"responses": {"200": json_answer("The service", ref("RemoteNodeLine"), None, _NODE)}},
        (REMOTE_NODE_NOT_FOUND,),
    ),
    Call(
        "DELETE",
        "/remote-nodes/{type}",
        "removeRemoteNode",
        Role.OPERATOR,
        "Removes a service; runs that stand at a node of it stay there until one is registered again",
        {"description": _BOTH, "responses": {"204": {"description": "It is removed"}}},
        (REMOTE_NODE_NOT_FOUND,),
    ),
    Call(
        "GET",
        "/remote-nodes/{type}/health",
        "checkRemoteNode",
        Role.OPERATOR,
        "Asks the service how it is",
        {"responses": {"200": json_answer("How it is", ref("RemoteHealth"), None, _HEALTH)}},
        (REMOTE_NODE_NOT_FOUND,),
    ),
)
