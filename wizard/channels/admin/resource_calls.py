"""The calls on resources, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any

from wizard.channels.admin.call import BODY, ETAG, Call
from wizard.channels.admin.people import Role
from wizard.channels.http.described import json_answer, json_body, parameter
from wizard.channels.http.problems import (
    INVALID_REQUEST,
    NOT_FOUND,
    PRECONDITION_REQUIRED,
    RESOURCE_NOT_FOUND,
    RESOURCE_REFUSED,
    STALE_RESOURCE,
    TOO_MANY_CHANGES,
)
from wizard.channels.http.schemas import array, ref

Json = dict[str, Any]

_CLIENT = {"token_url": "https://login.example/token", "client_id": "forms"}
_LINE: Json = {
    "name": "crm",
    "kind": "http",
    "revision": 3,
    "saved_at": "2026-11-29T09:30:00Z",
    "saved_by": "ann",
    "uses": ["production"],
}
_SHOWN: Json = {
    **_LINE,
    "production": {
        "base_url": "https://crm.example/api",
        "oauth2": {**_CLIENT, "client_secret": {"is_set": True}, "scope": "", "audience": ""},
    },
    "test": None,
}
_SET: Json = {"kind": "http", "production": {"base_url": "https://crm.example/api", "oauth2": _CLIENT}}
_KIND: Json = {
    "kind": "token",
    "title": "Token",
    "summary": "A token by itself, such as that of a bot.",
    "schema": {"type": "object", "properties": {"token": {"type": "string", "writeOnly": True}}, "required": ["token"]},
    "form": {"fields": [{"name": "token", "type": "password", "label": "Token", "required": True}]},
    "example": {"token": "correct-horse-battery-staple"},
}
_TRIED: Json = {"works": True, "told": "An access token was given out. The service crm.example answers (status 200)."}

CALLS = (
    Call(
        "GET",
        "/resources",
        "listResources",
        Role.OPERATOR,
        "Lists the resources, without what is in them",
        {"responses": {"200": json_answer("By name", array(ref("ResourceLine")), None, [_LINE])}},
        (),
    ),
    Call(
        "GET",
        "/resources/{name}",
        "showResource",
        Role.OPERATOR,
        "A resource, without its secrets",
        {"responses": {"200": json_answer("The resource", ref("Resource"), ETAG, _SHOWN)}},
        (NOT_FOUND, RESOURCE_NOT_FOUND),
    ),
    Call(
        "PUT",
        "/resources/{name}",
        "setResource",
        Role.ADMIN,
        "Sets what a resource is in production, in debug runs, or both",
        {
            "description": "A secret that is left out stays as it is, unless an address leads to another service now.",
            "parameters": [parameter("ifMatch"), parameter("ifNoneMatch")],
            "requestBody": json_body("SetResource", _SET, required=True),
            "responses": {"200": json_answer("It is saved", ref("Resource"), ETAG, _SHOWN)},
        },
        (*BODY, NOT_FOUND, STALE_RESOURCE, RESOURCE_REFUSED, PRECONDITION_REQUIRED),
    ),
    Call(
        "DELETE",
        "/resources/{name}",
        "removeResource",
        Role.ADMIN,
        "Removes a resource; nodes that name it fail from then on",
        {"parameters": [parameter("ifMatch")], "responses": {"204": {"description": "It is removed"}}},
        (INVALID_REQUEST, NOT_FOUND, RESOURCE_NOT_FOUND, STALE_RESOURCE, PRECONDITION_REQUIRED, TOO_MANY_CHANGES),
    ),
    Call(
        "POST",
        "/resources/{name}/try",
        "tryResource",
        Role.ADMIN,
        "Connects to it and signs in, and changes nothing there",
        {
            "requestBody": json_body("TryResource", {"use": "production"}, required=False),
            "responses": {"200": json_answer("What came of it", ref("Tried"), None, _TRIED)},
        },
        (*BODY, NOT_FOUND, RESOURCE_NOT_FOUND),
    ),
    Call(
        "GET",
        "/resource-kinds",
        "listResourceKinds",
        Role.OPERATOR,
        "Lists the kinds of resources, each with its schema and form",
        {"responses": {"200": json_answer("The kinds", array(ref("ResourceKind")), None, [_KIND])}},
        (),
    ),
)
