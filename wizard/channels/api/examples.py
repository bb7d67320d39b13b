"""Examples for the OpenAPI document: one conversation, as it is sent and answered."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

START: Json = {"workflow": "passport", "input": {"country": "CH"}}
NEXT: Json = {
    "step": "applicant",
    "answers": {"full_name": "Ada Lovelace", "birth_date": "1985-03-27", "reason": "new"},
    "revision": 1,
}
PREVIOUS: Json = {"draft": {"postcode": "80"}}
CHANGE: Json = {"step": "applicant", "answers": NEXT["answers"]}
REMOVE: Json = {"item": "household/2"}
EVENT: Json = {"name": "paid", "data": {"amount": "12.50"}, "key": "payment-4711"}
NEW_EVENT: Json = {
    "id": "order-4711",
    "type": "purchase",
    "properties": {"total": "120.00"},
    "profile_id": "customer-17",
    "at": "2026-03-27T10:00:00Z",
}
EMITTED: Json = {
    "event": "order-4711",
    "profile_id": "customer-17",
    "session_id": "cK3vQ9rTq0aWm1s7bN5xYg",
    "runs": [
        {
            "id": "kz1n6yLh3S0mJ7Yw2pQxVg",
            "workflow": "thanks",
            "version": "0f9c1f6f1ab04a0dd4e1a4d1c5a0b7e2",
            "status": "waiting",
        }
    ],
}
CANCEL: Json = {"undo": True}
PROGRESS: Json = {"event": "work", "data": '{"percent": 40.0, "text": "Reading page 4 of 10"}'}

RUN: Json = {
    "id": "kz1n6yLh3S0mJ7Yw2pQxVg",
    "workflow": "passport",
    "version": "0f9c1f6f1ab04a0dd4e1a4d1c5a0b7e2",
    "revision": 2,
    "status": "waiting",
    "current": {
        "step": "address",
        "type": "form",
        "title": "Where do you live, Ada Lovelace?",
        "text": "",
        "fields": [
            {
                "name": "postcode",
                "type": "text",
                "label": "Postcode",
                "hint": "",
                "required": True,
                "choices": [],
                "value": None,
                "error": None,
                "options": {"max_length": 500},
            }
        ],
        "error": None,
    },
    "path": [
        {"step": "applicant", "type": "form", "title": "About you"},
        {"step": "address", "type": "form", "title": "Where do you live, Ada Lovelace?"},
    ],
    "kept": [],
    "has_next": True,
    "has_previous": True,
    "answers": {"applicant": {"full_name": "Ada Lovelace", "birth_date": "1985-03-27", "reason": "new"}},
    "progress": {"done": 1, "min": 2, "max": 2},
}
STARTED: Json = {**RUN, "token": "8mV3qkUq2mJt0bYwQ0zS1d7fX9eL4cRn"}

OPEN: Json = {"workflow": "passport", "language": "en"}
SAY: Json = {"id": "3f0c8a56-1f6e-4f0e-9d53-0c7f3a1c2b11", "text": "Ada Lovelace"}
MESSAGES: Json = {
    "messages": [
        {
            "id": "w-4",
            "from": "engine",
            "text": "Why do you need it?",
            "choices": [{"choice": "61ae2ce2d9.1", "label": "new"}, {"choice": "61ae2ce2d9.2", "label": "lost"}],
            "expects": {"type": "choice", "name": "reason", "step": "applicant"},
            "at": "2026-03-27T10:00:00Z",
        }
    ]
}
CODE: Json = {"code": "7KQX-2MPA", "until": "2026-11-29T09:40:00Z"}
OPENED: Json = {"id": RUN["id"], **MESSAGES, "token": STARTED["token"]}
