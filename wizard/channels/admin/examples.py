"""What bodies and answers look like, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

_TEXT = "id: hello\ntitle: Say hello\nnodes:\n  - {id: done, type: end, title: Hello}\n"
_DATA = {"id": "hello", "title": "Say hello", "nodes": [{"id": "done", "type": "end", "title": "Hello"}]}
_HASH = "9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab"
_AT = "2026-11-29T09:30:00Z"
_LINE = {"number": 2, "version": _HASH, "at": _AT, "by": "ann", "note": "A warmer welcome", "deployed": True}

SAVE: dict[str, Any] = {"text": _TEXT}
SAVED: dict[str, Any] = {"revision": 3, "problems": []}
DRAFT: dict[str, Any] = {
    "text": _TEXT,
    "problems": [],
    "revision": 3,
    "saved_at": _AT,
    "saved_by": "ann",
    "definition": _DATA,
}
LIST: Any = [
    {
        "id": "hello",
        "title": "Say hello",
        "owner": "ann",
        "draft": {"revision": 3, "problems": [], "saved_at": _AT, "saved_by": "ann"},
        "deployed": {"number": 2, "version": _HASH, "at": _AT},
        "runs": {"waiting": 4, "completed": 120},
    }
]
DEPLOY: dict[str, Any] = {"revision": 3, "note": "A warmer welcome"}
REVOKE: dict[str, Any] = {"note": "It was too warm"}
DEPLOYED: dict[str, Any] = {"number": 2, "version": _HASH, "embeds": {}, "embedded_in": [], "lacking": []}
VERSIONS: Any = [_LINE]
VERSION: dict[str, Any] = {**_LINE, "text": _TEXT}
AUDIT: Any = [
    {
        "number": 7,
        "at": _AT,
        "by": "ann",
        "action": "deploy",
        "workflow": "hello",
        "details": {"number": 2, "embeds": {}},
        "note": "A warmer welcome",
    }
]
SHARE: dict[str, Any] = {"shared": {"bob": "editor"}}
SHARING: dict[str, Any] = {"revision": 2, "owner": "ann", "shared": {"bob": "editor"}}
DEBUG: dict[str, Any] = {
    "stage": "draft",
    "event": {"type": "purchase", "properties": {"total": 120}},
    "answers": {"who": {"name": "Ann"}},
    "results": {"lookup": {"status": 200, "body": {"town": "Bern"}}},
}
_STATE: dict[str, Any] = {"event": {}, "profile": {}, "session": {}}
DEBUGGED: dict[str, Any] = {
    "status": "completed",
    "current": {"step": "done", "type": "end", "title": "Hello Ann", "text": "", "fields": [], "error": None},
    "trace": [
        {
            "step": "who",
            "node": "who",
            "type": "form",
            "port": None,
            "input": {"name": "Ann"},
            "config": {"fields": [{"name": "name", "label": "Name", "required": True, "type": "text"}]},
            "output": {"name": "Ann"},
            "state_before": _STATE,
            "state_after": _STATE,
            "ms": 0.4,
            "error": None,
            "log": [],
        }
    ],
    "edges": [{"from": "who", "to": "done", "port": None, "taken": True}],
}
LOOKED: dict[str, Any] = {
    **DEBUGGED,
    "trace": [
        {
            **DEBUGGED["trace"][0],
            "input": None,
            "config": None,
            "ms": None,
            "log": [f"{_AT} entered", f"{_AT} accepted"],
        }
    ],
    "unrecorded": ["input", "config", "ms"],
}
DELETE: dict[str, Any] = {"note": "Begun anew"}
BUNDLE: dict[str, Any] = {
    "format": 1,
    "workflow": "hello",
    "needs": {"node_types": {"end": ""}, "field_types": {}, "functions": []},
    "texts": {"hello": {"stage": "draft 3", "lines": _TEXT.split("\n")}},
}
IMPORT: dict[str, Any] = {"bundle": BUNDLE, "dry_run": True}
IMPORTED: dict[str, Any] = {
    "imported": False,
    "drafts": [{"workflow": "hello", "result": "new", "revision": 1}],
    "hindrances": [],
    "problems": [],
    "functions": [],
    "resources": [],
}
DIFF: Any = [
    {
        "node": "done",
        "path": ["title"],
        "kind": "changed",
        "before": "Hello",
        "after": "Welcome",
        "text": "~ done.title: Hello -> Welcome",
    }
]
EVENTS: Any = [
    {
        "number": 12,
        "id": "order-4711",
        "type": "purchase",
        "at": "2026-11-29T09:29:58Z",
        "taken_at": _AT,
        "profile_id": "customer-17",
        "session_id": "cK3vQ9rTq0aWm1s7bN5xYg",
        "unmatched": False,
        "runs": [{"id": "kz1n6yLh3S0mJ7Yw2pQxVg", "workflow": "thanks", "version": _HASH, "status": "waiting"}],
        "failed": [],
    }
]

MIGRATE: dict[str, Any] = {
    "dry_run": True,
    "nodes": {"person": "applicant"},
    "fields": {"person.mail": "applicant.email"},
}
MIGRATION: dict[str, Any] = {
    "number": 2,
    "version": _HASH,
    "continue": 1,
    "ask": 0,
    "stuck": 0,
    "moved": 0,
    "renamed": [{"kind": "node", "before": "person", "after": "applicant", "guessed": False}],
    "runs": [{"id": "k3XQ", "at": "address", "then": "address", "result": "continue", "why": ""}],
}
_LINE_OF_TYPE = {
    "type": "set",
    "title": "Compute values",
    "summary": "Computes values from what is known.",
    "group": "data",
    "icon": "braces",
    "kind": "background",
    "ports": [],
    "ports_vary": False,
}
_FIELD = {
    "name": "values",
    "type": "textarea",
    "label": "Values",
    "hint": "In YAML: one a line, as name: value.",
    "required": True,
    "choices": [],
    "value": None,
    "error": None,
    "options": {"max_length": 100000, "rows": 4},
    "path": ["values"],
    "group": "",
}
_CONFIG = {"values": {"year": "{{ today().year }}"}}
NODE_TYPES: Any = [_LINE_OF_TYPE]
NODE_TYPE: dict[str, Any] = {
    **_LINE_OF_TYPE,
    "schema": {"type": "object", "properties": {"values": {"type": "object"}}, "required": ["values"]},
    "form": {"fields": [_FIELD]},
    "outputs": ["year"],
    "documentation": "# Compute values\n\nComputes values from what is known.",
    "example": _CONFIG,
}
CHECK_CONFIG: dict[str, Any] = {"config": _CONFIG}
CHECKED_CONFIG: dict[str, Any] = {
    "config": _CONFIG,
    "form": {"fields": [{**_FIELD, "value": "year: '{{ today().year }}'"}]},
}
