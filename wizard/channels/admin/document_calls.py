"""The calls on profiles and sessions, as the OpenAPI document describes them: the same for both."""

from __future__ import annotations

from typing import Any

from wizard.channels.admin import document_examples as examples
from wizard.channels.admin.call import BODY, ETAG, Call
from wizard.channels.admin.people import Role
from wizard.channels.http.described import json_answer, json_body, parameter
from wizard.channels.http.problems import (
    DOCUMENT_NOT_FOUND,
    FIELDS_REFUSED,
    INVALID_INPUT,
    INVALID_REQUEST,
    NOT_FOUND,
    PRECONDITION_REQUIRED,
    SAVE_NOT_FOUND,
    STALE_DOCUMENT,
    TOO_MANY_CHANGES,
    UNDO_CONFLICT,
)
from wizard.channels.http.query import LINK
from wizard.channels.http.schemas import array, ref
from wizard.model.documents import KINDS

__all__ = ["CALLS", "KINDS"]

Json = dict[str, Any]

_MISSING = (INVALID_REQUEST, NOT_FOUND, DOCUMENT_NOT_FOUND)


def _looking(kind: str) -> tuple[Call, ...]:
    name, path = kind.capitalize(), f"/{kind}s/{{{kind}}}"
    lines = json_answer("What is stored, by id", array(ref("StoredLine")), LINK, examples.LIST)
    saves = json_answer("The saves, newest first", array(ref("Save")), LINK, examples.HISTORY)
    exported = json_answer("All that is stored of it", {"type": "object"}, None, examples.EXPORTED[kind])
    paging = [parameter("documents"), parameter("after")]
    of_history = [parameter("field"), parameter("saves"), parameter("beforeSave")]
    return (
        Call(
            "GET",
            f"/{kind}s",
            f"list{name}s",
            Role.OPERATOR,
            f"Lists stored {kind}s by id, without what is in them",
            {"parameters": paging, "responses": {"200": lines}},
            (INVALID_REQUEST,),
        ),
        Call(
            "GET",
            path,
            f"show{name}",
            Role.OPERATOR,
            f"What is stored in a {kind} now",
            {"responses": {"200": json_answer("It", ref("Stored"), ETAG, examples.STORED)}},
            (NOT_FOUND, DOCUMENT_NOT_FOUND),
        ),
        Call(
            "GET",
            f"{path}/history",
            f"{kind}History",
            Role.OPERATOR,
            "Who saved what in it: each field, what it was, and what it became",
            {
                "description": "Of a field that is rarely set a page may hold fewer, and lead on all the same.",
                "parameters": of_history,
                "responses": {"200": saves},
            },
            _MISSING,
        ),
        Call(
            "GET",
            f"{path}/export",
            f"export{name}",
            Role.OPERATOR,
            "All that is stored of it, for a person who asks for their data",
            {"responses": {"200": exported}},
            (NOT_FOUND, DOCUMENT_NOT_FOUND),
        ),
    )


def _changing(kind: str) -> tuple[Call, ...]:
    name, path = kind.capitalize(), f"/{kind}s/{{{kind}}}"
    deleting = [parameter("ifMatch"), *([parameter("runs")] if kind == "profile" else [])]
    return (
        Call(
            "PATCH",
            path,
            f"patch{name}",
            Role.OPERATOR,
            f"Sets fields of a {kind} and takes others out, or makes a new one",
            {
                "parameters": [parameter("ifMatch"), parameter("ifNoneMatch")],
                "requestBody": json_body("Patch", examples.PATCH, required=True),
                "responses": {"200": json_answer("It, as it is now", ref("Stored"), ETAG, examples.STORED)},
            },
            (*BODY, *_MISSING[1:], STALE_DOCUMENT, FIELDS_REFUSED, INVALID_INPUT, PRECONDITION_REQUIRED),
        ),
        Call(
            "POST",
            f"{path}/undo",
            f"undo{name}",
            Role.OPERATOR,
            "Undoes one save: its fields get the values that they had before it",
            {
                "description": "It is a save of its own, and can be undone as well.",
                "requestBody": json_body("UndoSave", examples.UNDO, required=True),
                "responses": {"200": json_answer("What was undone", ref("Undone"), ETAG, examples.UNDONE)},
            },
            (*BODY, *_MISSING[1:], SAVE_NOT_FOUND, UNDO_CONFLICT, STALE_DOCUMENT, FIELDS_REFUSED, INVALID_INPUT),
        ),
        Call(
            "DELETE",
            path,
            f"delete{name}",
            Role.OPERATOR,
            "Deletes a profile, its sessions, their history, and events about it"
            if kind == "profile"
            else "Deletes it and its history",
            {
                "description": "Nothing brings it back. Without If-Match it goes as it is.",
                "parameters": deleting,
                "responses": {"200": json_answer("What was deleted", ref("Gone"), None, examples.GONE[kind])},
            },
            (*_MISSING, STALE_DOCUMENT, TOO_MANY_CHANGES),
        ),
    )


CALLS = tuple(call for kind in KINDS for call in (*_looking(kind), *_changing(kind)))
