"""The calls, and the OpenAPI 3.1 document of them: what they take, what they answer, and which role they need."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from wizard import __version__
from wizard.channels.admin import conversation_calls, document_calls, examples, remote_node_calls, resource_calls
from wizard.channels.admin.call import BODY, ETAG, SENT, Call
from wizard.channels.admin.parameters import parameters
from wizard.channels.admin.people import Role
from wizard.channels.admin.requests import BODIES
from wizard.channels.admin.responses import RESPONSES
from wizard.channels.http.described import json_answer, json_body, parameter, problem_answers
from wizard.channels.http.problems import (
    BUNDLE_REFUSED,
    CONFIGURATION_REFUSED,
    DEFINITION_REFUSED,
    DRAFT_NOT_FOUND,
    INVALID_INPUT,
    INVALID_REQUEST,
    NOT_A_STEP,
    NOT_FOUND,
    NOT_SIGNED_IN,
    NOTHING_BEFORE,
    NOTHING_DEPLOYED,
    PRECONDITION_REQUIRED,
    ROLE_MISSING,
    RUN_NOT_FOUND,
    STALE_DEPLOYMENT,
    STALE_DRAFT,
    STALE_SHARING,
    VERSION_NOT_FOUND,
    WORKFLOW_UNAVAILABLE,
)
from wizard.channels.http.query import LINK
from wizard.channels.http.schemas import array, ref, schemas

Json = dict[str, Any]

_WHO = (NOT_SIGNED_IN, ROLE_MISSING)


_IN_PATHS = ("id", "number", "run", "type", "name")

CALLS = (
    Call(
        "GET",
        "/workflows",
        "list",
        Role.VIEWER,
        "Lists the workflows that have a draft or are deployed",
        {"responses": {"200": json_answer("The workflows, by id", array(ref("WorkflowLine")), None, examples.LIST)}},
        (),
        filters=True,
    ),
    Call(
        "GET",
        "/workflows/{id}/draft",
        "showDraft",
        Role.VIEWER,
        "The draft, as its author wrote it and as data",
        {"responses": {"200": json_answer("The draft", ref("Draft"), ETAG, examples.DRAFT)}},
        (NOT_FOUND, DRAFT_NOT_FOUND),
    ),
    Call(
        "PUT",
        "/workflows/{id}/draft",
        "saveDraft",
        Role.EDITOR,
        "Saves the draft, whatever is wrong with it",
        {
            "parameters": [parameter("ifMatch"), parameter("ifNoneMatch")],
            "requestBody": json_body("SaveDraft", examples.SAVE, required=True),
            "responses": {"200": json_answer("It is saved", ref("SavedDraft"), ETAG, examples.SAVED)},
        },
        (*BODY, NOT_FOUND, STALE_DRAFT, DEFINITION_REFUSED, PRECONDITION_REQUIRED),
    ),
    Call(
        "POST",
        "/workflows/{id}/deploy",
        "deploy",
        Role.DEPLOYER,
        "Makes a version of the draft, from which runs are started from now on",
        {
            "description": "A draft that is deployed as it stands makes no new version: the answer is the same.",
            "requestBody": json_body("Deploy", examples.DEPLOY, required=False),
            "responses": {"201": json_answer("What is deployed now", ref("Deployed"), None, examples.DEPLOYED)},
        },
        (*BODY, NOT_FOUND, DRAFT_NOT_FOUND, STALE_DRAFT, DEFINITION_REFUSED, STALE_DEPLOYMENT),
    ),
    Call(
        "POST",
        "/workflows/{id}/revoke",
        "revoke",
        Role.DEPLOYER,
        "Deploys the version that was deployed before",
        {
            "requestBody": json_body("Revoke", examples.REVOKE, required=False),
            "responses": {"200": json_answer("What is deployed now", ref("Deployed"), None, examples.DEPLOYED)},
        },
        (*BODY, NOT_FOUND, NOTHING_DEPLOYED, NOTHING_BEFORE, STALE_DEPLOYMENT),
    ),
    Call(
        "POST",
        "/workflows/{id}/migrate",
        "migrate",
        Role.VIEWER,
        "Moves live runs to a version, or says what would become of them",
        {
            "description": "All but a dry run needs the role `deployer`. Runs go on meanwhile: who moves one wins.",
            "parameters": [parameter("runsBefore"), parameter("liveRuns")],
            "requestBody": json_body("Migrate", examples.MIGRATE, required=True),
            "responses": {"200": json_answer("A page of runs", ref("Migration"), LINK, examples.MIGRATION)},
        },
        (*BODY, NOT_FOUND, NOTHING_DEPLOYED, VERSION_NOT_FOUND, DEFINITION_REFUSED),
    ),
    Call(
        "POST",
        "/workflows/{id}/debug",
        "debug",
        Role.EDITOR,
        "Tries a draft or a version, and tells what happened at every node",
        {
            "description": "Nothing of it is stored. Without `effects`, no node acts outside of the run.",
            "requestBody": json_body("DebugRun", examples.DEBUG, required=False),
            "responses": {"200": json_answer("What came of it", ref("Debugged"), None, examples.DEBUGGED)},
        },
        (
            *BODY,
            NOT_FOUND,
            DRAFT_NOT_FOUND,
            VERSION_NOT_FOUND,
            RUN_NOT_FOUND,
            NOTHING_DEPLOYED,
            NOT_A_STEP,
            DEFINITION_REFUSED,
            INVALID_INPUT,
            WORKFLOW_UNAVAILABLE,
        ),
    ),
    Call(
        "DELETE",
        "/workflows/{id}/draft",
        "deleteDraft",
        Role.EDITOR,
        "Deletes the draft; versions stay, and what is deployed stays deployed",
        {
            "parameters": [parameter("ifMatch")],
            "requestBody": json_body("DeleteDraft", examples.DELETE, required=False),
            "responses": {"204": {"description": "It is deleted"}},
        },
        (*BODY, NOT_FOUND, DRAFT_NOT_FOUND, STALE_DRAFT, PRECONDITION_REQUIRED),
    ),
    Call(
        "GET",
        "/workflows/{id}/export",
        "export",
        Role.VIEWER,
        "The workflow with all that it embeds, as one bundle",
        {
            "parameters": [parameter("stage")],
            "responses": {"200": json_answer("The bundle", ref("Bundle"), None, examples.BUNDLE)},
        },
        (INVALID_REQUEST, NOT_FOUND, DRAFT_NOT_FOUND, VERSION_NOT_FOUND, NOTHING_DEPLOYED, DEFINITION_REFUSED),
    ),
    Call(
        "POST",
        "/workflows/import",
        "import",
        Role.EDITOR,
        "Saves the texts of a bundle as drafts: all of them, or none",
        {
            "requestBody": json_body("ImportBundle", examples.IMPORT, required=True),
            "responses": {"200": json_answer("What was done, or would be", ref("Imported"), None, examples.IMPORTED)},
        },
        (*BODY, BUNDLE_REFUSED, STALE_DRAFT, DEFINITION_REFUSED),
    ),
    Call(
        "GET",
        "/runs/{run}/debug",
        "look",
        Role.OPERATOR,
        "What is recorded of a live run, in the form of a debug run",
        {
            "description": "`unrecorded` names the members of which a live run keeps nothing.",
            "responses": {"200": json_answer("The run", ref("Debugged"), None, examples.LOOKED)},
        },
        (RUN_NOT_FOUND, WORKFLOW_UNAVAILABLE),
    ),
    Call(
        "GET",
        "/workflows/{id}/versions",
        "versions",
        Role.VIEWER,
        "Lists the versions, newest first",
        {
            "parameters": [parameter("before"), parameter("versions")],
            "responses": {"200": json_answer("The versions", array(ref("VersionLine")), LINK, examples.VERSIONS)},
        },
        (INVALID_REQUEST, NOT_FOUND),
    ),
    Call(
        "GET",
        "/workflows/{id}/versions/{number}",
        "version",
        Role.VIEWER,
        "A version, with its text",
        {"responses": {"200": json_answer("The version", ref("Version"), None, examples.VERSION)}},
        (NOT_FOUND, VERSION_NOT_FOUND),
    ),
    Call(
        "GET",
        "/workflows/{id}/diff",
        "diff",
        Role.VIEWER,
        "What is different between two stages, by node and key",
        {
            "parameters": [parameter("from"), parameter("to")],
            "responses": {"200": json_answer("The changes", array(ref("Difference")), None, examples.DIFF)},
        },
        (INVALID_REQUEST, NOT_FOUND, DRAFT_NOT_FOUND, NOTHING_DEPLOYED, VERSION_NOT_FOUND, DEFINITION_REFUSED),
    ),
    Call(
        "GET",
        "/audit",
        "audit",
        Role.OPERATOR,
        "Who did what, newest first",
        {
            "parameters": [parameter("workflow"), parameter("before"), parameter("entries")],
            "responses": {"200": json_answer("What was done", array(ref("Deed")), LINK, examples.AUDIT)},
        },
        (INVALID_REQUEST,),
        filters=True,
    ),
    Call(
        "GET",
        "/workflows/{id}/sharing",
        "showSharing",
        Role.VIEWER,
        "Whose the workflow is, and who else works on it",
        {"responses": {"200": json_answer("The sharing", ref("Sharing"), ETAG, examples.SHARING)}},
        (NOT_FOUND, DRAFT_NOT_FOUND),
    ),
    Call(
        "PATCH",
        "/workflows/{id}/sharing",
        "changeSharing",
        Role.VIEWER,
        "Says whose the workflow is, and who else works on it",
        {
            "description": "Its owner may, and an operator of every workflow. What is left out stays.",
            "parameters": [parameter("ifMatch")],
            "requestBody": json_body("Share", examples.SHARE, required=True),
            "responses": {"200": json_answer("It is saved", ref("Sharing"), ETAG, examples.SHARING)},
        },
        (*BODY, NOT_FOUND, DRAFT_NOT_FOUND, STALE_SHARING, PRECONDITION_REQUIRED),
    ),
    Call(
        "GET",
        "/events",
        "events",
        Role.VIEWER,
        "The events that were taken, newest first",
        {
            "parameters": [parameter("ofProfile"), parameter("unmatched"), parameter("before"), parameter("events")],
            "responses": {"200": json_answer("The events", array(ref("EventLine")), LINK, examples.EVENTS)},
        },
        (INVALID_REQUEST,),
    ),
    *document_calls.CALLS,
    *conversation_calls.CALLS,
    *resource_calls.CALLS,
    *remote_node_calls.CALLS,
    Call(
        "GET",
        "/node-types",
        "listNodeTypes",
        Role.VIEWER,
        "Lists the node types that definitions can use",
        {
            "parameters": [parameter("words")],
            "responses": {"200": json_answer("By group", array(ref("NodeTypeLine")), None, examples.NODE_TYPES)},
        },
        (),
        filters=True,
    ),
    Call(
        "GET",
        "/node-types/{type}",
        "showNodeType",
        Role.VIEWER,
        "A node type: its schema, form, documentation and example",
        {"responses": {"200": json_answer("The node type", ref("NodeTypeInFull"), None, examples.NODE_TYPE)}},
        (NOT_FOUND,),
        filters=True,
    ),
    Call(
        "POST",
        "/node-types/{type}/validate",
        "validateConfig",
        Role.VIEWER,
        "Checks a configuration, given as it is or as the values of its form, and gives both",
        {
            "requestBody": json_body("CheckConfig", examples.CHECK_CONFIG, required=True),
            "responses": {"200": json_answer("It is right", ref("CheckedConfig"), None, examples.CHECKED_CONFIG)},
        },
        (*SENT, NOT_FOUND, CONFIGURATION_REFUSED),
        filters=True,
        changes_nothing=True,
    ),
)


def document(server: str = "/api/v1/admin") -> Json:
    """The whole document, as Python values. `server` is where the interface is."""
    paths: Json = {"/openapi.json": {"get": _openapi()}}
    for call in CALLS:
        names = [name for name in (*_IN_PATHS, *document_calls.KINDS) if f"{{{name}}}" in call.path]
        path = paths.setdefault(call.path, {"parameters": [parameter(name) for name in names]} if names else {})
        path[call.method.lower()] = _described(call)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Wizard: drafts, deployments, node types and what is stored of people",
            "version": __version__,
            "summary": "Edit workflows, deploy them, go back to the version before; look after profiles and sessions.",
            "description": (
                "A workflow has one draft, which is edited, and numbered versions, which never change; one of them, or "
                "none, is deployed: runs are started from that.\n\n"
                "Each call needs a role: viewer, editor or deployer, of which each includes those before; operator; or "
                "admin, which includes all. "
                "The admin key has them all.\n\n"
                "Errors are problem documents (RFC 9457); go by their `type`."
            ),
        },
        "servers": [{"url": server}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas([*(body.adapter for body in BODIES), *map(TypeAdapter, RESPONSES)]),
            "parameters": parameters(),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The admin key. A host may know its own people in another way.",
                },
            },
        },
    }


def _described(call: Call) -> Json:
    about = {**call.about}
    said = [about.pop("description", ""), f"It needs the role `{call.role}`."]
    types = (*_WHO, *call.problems)
    return {
        "operationId": call.name,
        "summary": call.summary,
        "description": "\n\n".join(filter(None, said)),
        **about,
        "responses": {**about["responses"], **problem_answers(types)},
    }


def _openapi() -> Json:
    answer = json_answer("This document", {"type": "object"})
    return {"operationId": "openapi", "summary": "This document", "security": [], "responses": {"200": answer}}
