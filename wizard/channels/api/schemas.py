"""JSON Schemas of what the JSON interface answers, as components of its OpenAPI document.

They are exact: a member that isn't listed isn't sent, and one that is required always is.
"""

from __future__ import annotations

from typing import Any

from wizard.channels.api.run_json import SHOWN
from wizard.channels.http.problems import PROBLEM_TYPES
from wizard.model import RunStatus

Json = dict[str, Any]


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def either(*names: str) -> Json:
    return {"anyOf": [ref(name) for name in names]}


def array(items: Json) -> Json:
    return {"type": "array", "items": items}


def _text(about: str = "") -> Json:
    return {"type": "string", "description": about} if about else {"type": "string"}


def _text_or_null(about: str) -> Json:
    return {"type": ["string", "null"], "description": about}


def _number(about: str, least: int = 0) -> Json:
    return {"type": "integer", "minimum": least, "description": about}


def _closed(about: str, properties: Json, optional: tuple[str, ...] = ()) -> Json:
    return {
        "type": "object",
        "description": about,
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


_RUN: Json = {
    "id": _text("The run's id."),
    "workflow": _text("The id of its workflow."),
    "version": _text("The version of the workflow that the run was started with, and stays with."),
    "revision": _number("Grows with every change of the run."),
    "status": {"type": "string", "enum": [each.value for each in RunStatus]},
    "current": ref("Current"),
    "path": {
        **array(ref("StepLine")),
        "description": f"The steps up to the current one, oldest first: the last {SHOWN} of them.",
    },
    "kept": {
        **array(ref("StepLine")),
        "description": f"Steps gone back from: remembered, but not decided; the first {SHOWN} of them.",
    },
    "has_next": {"type": "boolean"},
    "has_previous": {"type": "boolean"},
    "answers": {
        "type": "object",
        "description": (
            "What the steps in `path` accepted, nested by step path: the answers of `household/2/name` are at "
            "`household`, `2`, `name`. Passwords are left out."
        ),
    },
    "progress": ref("Progress"),
    "work": ref("Work"),
    "steps": ref("Steps"),
}

_SOMETIMES = ("work", "steps")
_LEFT_OUT = ("path", "kept", "answers", "steps")  # of a minimal state
_MINIMAL: Json = {name: schema for name, schema in _RUN.items() if name not in _LEFT_OUT}
_TOKEN: Json = {"token": _text("The key to the run, handed out here only.")}

_FIELD: Json = {
    "name": _text("The name to send the answer under."),
    "type": _text("text, date, choice … ; the type of the field in the definition."),
    "label": _text(),
    "hint": _text(),
    "required": {"type": "boolean"},
    "choices": array(ref("Choice")),
    "value": {
        "description": (
            "What is known of the answer: what was sent if it was refused, the accepted answer, or a suggestion. "
            "Dates and times are ISO 8601, decimal numbers are text. Null for passwords."
        )
    },
    "error": _text_or_null("Why the answer wasn't taken."),
    "options": {
        "type": "object",
        "description": "What the type adds: `max_length`, `min`, `max`, `accept`, `max_size` (bytes) …; "
        "`there` of a password that was given before",
    },
}

SCHEMAS: Json = {
    "Run": _closed("A run as it is.", _RUN, optional=_SOMETIMES),
    "MinimalRun": _closed("A run as it is, for who sent `Prefer: return=minimal`.", _MINIMAL, optional=("work",)),
    "RunAsPreferred": either("Run", "MinimalRun"),
    "RunLine": _closed(
        "A run in a list, without its answers.",
        {
            "id": _RUN["id"],
            "workflow": _RUN["workflow"],
            "title": _text("The title of its workflow."),
            "status": _RUN["status"],
            "created_at": {"type": "string", "format": "date-time"},
            "updated_at": {"type": "string", "format": "date-time"},
        },
    ),
    "StartedRun": _closed("A new run.", {**_RUN, **_TOKEN}, optional=_SOMETIMES),
    "MinimalStartedRun": _closed(
        "A new run, for who sent `Prefer: return=minimal`.", {**_MINIMAL, **_TOKEN}, optional=("work",)
    ),
    "StartedRunAsPreferred": either("StartedRun", "MinimalStartedRun"),
    "Steps": _closed(
        "How many steps there are; there only where `path` or `kept` don't have them all.",
        {
            "path": _number("Steps up to the current one."),
            "kept": _number("Steps gone back from."),
            "before": _text_or_null("Ask for the run with `?before=` this for the steps before; null: there are none."),
            "after": _text_or_null("Ask for the run with `?after=` this for the steps after; null: there are none."),
        },
    ),
    "Current": _closed(
        "What the current step asks.",
        {
            "step": _text("The step's path, to be named as `step` when it is answered."),
            "type": _text("The type of its node: form, review, message …"),
            "title": _text(),
            "text": _text(),
            "fields": array(ref("Field")),
            "error": _text_or_null("What is wrong with the step as a whole, or what stopped the run here."),
            "items": array(ref("Item")),
            "again": _text("Why the step is asked again, or because of a change; there only where it is."),
            "kind": {
                "type": "string",
                "enum": ["success", "information", "refusal"],
                "description": "How the run ended; there only on a last page.",
            },
        },
        optional=("items", "kind", "again"),
    ),
    "Field": _closed("One thing that a step asks.", _FIELD, optional=("options",)),
    "Choice": _closed("A value to pick.", {"value": _text(), "label": _text(), "hint": _text()}, optional=("hint",)),
    "Item": _closed(
        "A line that a step shows: an answer to check, or an item of a repeat.",
        {
            "label": _text(),
            "value": _text(),
            "step": _text_or_null("The step to change it at."),
            "remove": _text_or_null("The item to name in `remove`, where it can be taken out."),
            "group": _text("What the part of the form is called that it belongs to; empty where it has no name."),
            "page": _text("The title of the page that it was answered on; empty where it has none."),
        },
    ),
    "StepLine": _closed("A step of the run.", {"step": _text("Its path."), "type": _text(), "title": _text()}),
    "Progress": _closed(
        "How far the run is.",
        {
            "done": _number("Steps answered."),
            "min": _number("Steps still to come on the shortest way."),
            "max": {
                "type": ["integer", "null"],
                "minimum": 0,
                "description": "The same on the longest way; null where it has no bound.",
            },
        },
    ),
    "Work": _closed(
        "What the run is working on; there only while its status is `working`.",
        {
            "percent": {
                "type": ["number", "null"],
                "minimum": 0,
                "maximum": 100,
                "description": "How much of it is done; null where that isn't known.",
            },
            "text": _text("What is being done, for people; empty where nothing was said."),
        },
    ),
    "TraceEntry": _closed(
        "One thing that happened.",
        {
            "number": _number("Its place in the trace.", 1),
            "revision": _number("The run's revision after it."),
            "at": {"type": "string", "format": "date-time"},
            "kind": _text("A verb: entered, presented, accepted, ran, failed, removed, moved, completed …"),
            "step": _text("The step's path; empty where it is about the run."),
            "detail": {"type": "object"},
        },
    ),
    "Workflow": _closed(
        "A workflow that runs can be started of.",
        {
            "id": _text(),
            "title": _text(),
            "version": _text(),
            "text": _text(),
            "input": array(
                _closed(
                    "A value that it can be handed.",
                    {
                        "name": _text(),
                        "type": _text(),
                        "label": _text(),
                        "required": {"type": "boolean"},
                        "default": {"description": "What holds where it isn't handed in."},
                    },
                )
            ),
        },
    ),
    "Problem": _closed(
        "A problem document (RFC 9457).",
        {
            "type": {
                "type": "string",
                "enum": [each.uri for each in PROBLEM_TYPES],
                "description": "What kind of problem it is; it never changes.",
            },
            "title": _text("The kind of problem, for people."),
            "status": _number("The status of the response.", 400),
            "detail": _text("What happened and what to do, for people."),
            "errors": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "description": "Why answers weren't taken, by field.",
            },
            "error": _text_or_null("What is wrong with the answers as a whole."),
            "run": ref("RunAsPreferred"),
        },
        optional=("errors", "error", "run"),
    ),
}
