"""What bodies and answers about profiles and sessions look like, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

_AT = "2026-11-29T09:30:00Z"
_RUN = "LOtbZpX1uJ7nQ2cPfVw8aA"

LIST: Any = [{"id": "ann", "revision": 2, "saved_at": _AT}]
STORED: dict[str, Any] = {"id": "ann", "revision": 2, "fields": {"email": "ann@example.org", "points": 120}}
HISTORY: Any = [
    {
        "revision": 2,
        "at": _AT,
        "action": "end",
        "by": None,
        "note": "",
        "run": _RUN,
        "workflow": "purchase",
        "changes": [{"field": "points", "before": 20, "after": 120, "step": "add_points", "node": "add_points"}],
    },
    {
        "revision": 1,
        "at": _AT,
        "action": "create",
        "by": "olga",
        "note": "From the old system",
        "run": None,
        "workflow": None,
        "changes": [
            {"field": "email", "after": "ann@example.org", "step": None, "node": None},
            {"field": "points", "after": 20, "step": None, "node": None},
        ],
    },
]
PATCH: dict[str, Any] = {"fields": {"email": "ann@example.org"}, "remove": ["old_email"], "note": "She rang"}
UNDO: dict[str, Any] = {"revision": 2, "on_conflict": "skip", "note": "Points of another person"}
UNDONE: dict[str, Any] = {"revision": 3, "undone": ["points"], "left": []}
GONE: dict[str, dict[str, Any]] = {
    "profile": {"profile": True, "sessions": ["s-81"], "runs": 0, "events": 3, "runs_left": 2, "under_way": 1},
    "session": {"profile": False, "sessions": ["s-81"], "runs": 0, "events": 0, "runs_left": 0, "under_way": 0},
}
_STORED = {"revision": 2, "fields": {"email": "ann@example.org", "points": 120}, "history": HISTORY}
_LINE = {
    "run": _RUN,
    "workflow": "purchase",
    "version": "9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab",
    "status": "completed",
    "created_at": _AT,
    "updated_at": _AT,
}
_SESSION: dict[str, Any] = {"session": "s-81", "revision": 1, "fields": {"seen": True}, "history": []}
_EVENT: dict[str, Any] = {
    "event": "order-4711",
    "type": "purchase",
    "at": _AT,
    "taken_at": _AT,
    "session_id": "s-81",
    "properties": {"total": 120},
}
_EXPORTED = {"format": 2, "exported_at": _AT}
EXPORTED: dict[str, dict[str, Any]] = {
    "profile": {**_EXPORTED, "profile": "ann", **_STORED, "sessions": [_SESSION], "events": [_EVENT], "runs": [_LINE]},
    "session": {**_EXPORTED, **_SESSION},
}
