"""What the calls take beside a body, as the OpenAPI document describes it: in the address, the query and headers."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from wizard.channels.admin.admission import REVISION_TAG
from wizard.channels.admin.document_parameters import document_parameters, in_path, in_query, text
from wizard.channels.conversation.attention import STATES
from wizard.channels.http.members import MAX_REVISION
from wizard.channels.http.problems import NOT_FOUND, Refused
from wizard.channels.http.query import Number
from wizard.deployments.texts import ID_PATTERN, is_workflow_id
from wizard.model.migrating import MOST_RUNS
from wizard.profiles.people import MAX_ID
from wizard.resources.naming import NAME

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
CONVERSATIONS = Number("limit", "How many conversations at most.", 1, MOST, MOST)
MESSAGES = Number("limit", "How many messages at most.", 1, 200, 200)
AFTER_MESSAGE = 200  # characters of an id
AFTER_CONVERSATION = 400  # of a place on the list of conversations: a run's id, and that of where it is delivered to

_WORKFLOW: Json = {"type": "string", "pattern": ID_PATTERN}
_STAGE: Json = {"type": "string", "pattern": f"^{STAGE.pattern}$"}
_ANY_STAGE = "`draft`, `deployed` or a version's number; `{}` unless given."


def workflow_of(request: web.Request) -> str:
    """The workflow in the address. Raises Refused (404)."""
    workflow = request.match_info["id"]
    if not is_workflow_id(workflow):
        what = "A workflow's id is a name of at most 64 letters (a to z), digits, _ and - that begins with a letter."
        raise Refused(NOT_FOUND, what)
    return workflow


def parameters() -> Json:
    """The components, by the names that calls refer to them by."""
    return {
        **_in_paths(),
        "words": in_query(
            "q",
            "Only those in whose name, title, group or documentation each of these words is.",
            {"type": "string"},
        ),
        "workflow": in_query("workflow", "Only of this workflow.", _WORKFLOW),
        "from": in_query("from", _ANY_STAGE.format("deployed"), _STAGE),
        "to": in_query("to", _ANY_STAGE.format("draft"), _STAGE),
        "stage": in_query("stage", _ANY_STAGE.format("draft"), _STAGE),
        "versions": VERSIONS.described,
        "before": VERSIONS_BELOW.described,
        "entries": DEEDS.described,
        "events": EVENTS.described,
        "conversations": CONVERSATIONS.described,
        "afterConversation": in_query(
            "after", "Where the page begins: follow the `Link` of the page before.", text(0, AFTER_CONVERSATION)
        ),
        "messages": MESSAGES.described,
        "stateOfConversations": in_query(
            "state", "Only those in this state.", {"type": "string", "enum": list(STATES)}
        ),
        "afterMessage": in_query("after", "Only messages after the one with this id.", text(0, AFTER_MESSAGE)),
        "ofProfile": in_query("profile", "Only those about this profile.", text(1, MAX_ID)),
        "unmatched": in_query(
            "unmatched",
            "`true`: only events that started no run and that no run took.",
            {"type": "string", "enum": ["true", "false"]},
        ),
        **document_parameters(),
        "liveRuns": RUNS.described,
        "runsBefore": in_query(
            "before",
            "Where the page begins: follow the `Link` of the page before.",
            {"type": "string", "pattern": f"^{RUNS_BEFORE.pattern}$"},
        ),
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


def _in_paths() -> Json:
    number = {"type": "integer", "minimum": 1, "maximum": 10**15 - 1}
    return {
        "id": in_path("id", "The workflow's id.", _WORKFLOW),
        "number": in_path("number", "The version's number.", number),
        "run": in_path("run", "The run's id.", {**text(1, 200), "pattern": "^[!-~]+$"}),
        "name": in_path("name", "The resource's name.", {"type": "string", "pattern": f"^{NAME}$"}),
        "type": in_path("type", "The node type's name.", {"type": "string", "maxLength": 64}),
    }
