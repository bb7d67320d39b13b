"""What the calls take beside a body, as the OpenAPI document describes it: in the address, the query and headers."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from wizard.channels.admin.admission import REVISION_TAG
from wizard.channels.admin.document_parameters import document_parameters
from wizard.channels.http.members import MAX_REVISION
from wizard.channels.http.problems import NOT_FOUND, Refused
from wizard.channels.http.query import Number
from wizard.deployments.texts import ID_PATTERN, is_workflow_id
from wizard.model.migrating import MOST_RUNS

Json = dict[str, Any]

MOST = 100  # of a page

_ALL = "Only those with a lower number: follow the `Link` of the page before. 0 stands for all."
VERSIONS = Number("limit", "How many versions at most.", 1, MOST, MOST)
VERSIONS_BELOW = Number("before", _ALL, 0, MAX_REVISION, 0)
DEEDS = Number("limit", "How many entries at most.", 1, MOST, MOST)
RUNS = Number("limit", "How many live runs are looked at, at most.", 1, MOST_RUNS, MOST_RUNS)
RUNS_BEFORE = re.compile(r"-?[0-9]{1,18}\..{1,200}")
STAGE = re.compile("(draft|deployed|[1-9][0-9]{0,8})")
DEEDS_BELOW = Number("before", _ALL, 0, MAX_REVISION, 0)
EVENTS = Number("limit", "How many events at most.", 1, MOST, MOST)
EVENTS_BELOW = Number("before", _ALL, 0, MAX_REVISION, 0)


def workflow_of(request: web.Request) -> str:
    """The workflow in the address. Raises Refused (404)."""
    workflow = request.match_info["id"]
    if not is_workflow_id(workflow):
        what = "A workflow's id is a name of at most 64 letters (a to z), digits, _ and - that begins with a letter."
        raise Refused(NOT_FOUND, what)
    return workflow


def parameters() -> Json:
    """The components, by the names that calls refer to them by."""
    workflow = {"type": "string", "pattern": ID_PATTERN}
    number = {"type": "integer", "minimum": 1, "maximum": 10**15 - 1}
    stage = {"type": "string", "pattern": f"^{STAGE.pattern}$"}
    return {
        "id": {"name": "id", "in": "path", "required": True, "description": "The workflow's id.", "schema": workflow},
        "number": {
            "name": "number",
            "in": "path",
            "required": True,
            "description": "The version's number.",
            "schema": number,
        },
        "run": {
            "name": "run",
            "in": "path",
            "required": True,
            "description": "The run's id.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
        },
        "type": {
            "name": "type",
            "in": "path",
            "required": True,
            "description": "The node type's name.",
            "schema": {"type": "string", "maxLength": 64},
        },
        "words": {
            "name": "q",
            "in": "query",
            "description": "Only those in whose name, title, group or documentation each of these words is.",
            "schema": {"type": "string"},
        },
        "workflow": {"name": "workflow", "in": "query", "description": "Only of this workflow.", "schema": workflow},
        "from": {
            "name": "from",
            "in": "query",
            "description": "`draft`, `deployed` or a version's number; `deployed` unless given.",
            "schema": stage,
        },
        "to": {
            "name": "to",
            "in": "query",
            "description": "`draft`, `deployed` or a version's number; `draft` unless given.",
            "schema": stage,
        },
        "stage": {
            "name": "stage",
            "in": "query",
            "description": "`draft`, `deployed` or a version's number; `draft` unless given.",
            "schema": stage,
        },
        "versions": VERSIONS.described,
        "before": VERSIONS_BELOW.described,
        "entries": DEEDS.described,
        "events": EVENTS.described,
        "ofProfile": {
            "name": "profile",
            "in": "query",
            "description": "Only those about this profile.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 500},
        },
        "unmatched": {
            "name": "unmatched",
            "in": "query",
            "description": "`true`: only events that started no run and that no run took.",
            "schema": {"type": "string", "enum": ["true", "false"]},
        },
        **document_parameters(),
        "liveRuns": RUNS.described,
        "runsBefore": {
            "name": "before",
            "in": "query",
            "description": "Where the page begins: follow the `Link` of the page before.",
            "schema": {"type": "string", "pattern": f"^{RUNS_BEFORE.pattern}$"},
        },
        "ifMatch": {
            "name": "If-Match",
            "in": "header",
            "description": "The ETag of what you change, as you saw it. To save, you need this or If-None-Match (428).",
            "schema": {"type": "string", "pattern": f"^{REVISION_TAG}$"},
        },
        "ifNoneMatch": {
            "name": "If-None-Match",
            "in": "header",
            "description": "`*`: it is a new one.",
            "schema": {"type": "string", "const": "*"},
        },
    }
