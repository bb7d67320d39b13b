"""What the calls on profiles and sessions take in the address and the query."""

from __future__ import annotations

from typing import Any

from wizard.channels.http.members import MAX_REVISION
from wizard.channels.http.query import Number
from wizard.model.documents import KINDS
from wizard.profiles.keeping import MOST_LISTED
from wizard.profiles.people import MAX_ID

Json = dict[str, Any]

MAX_FIELD = 200

DOCUMENTS = Number("limit", "How many at most.", 1, MOST_LISTED, MOST_LISTED)
SAVES = Number("limit", "How many saves at most.", 1, MOST_LISTED, MOST_LISTED)
_ALL = "Only saves before this revision: follow the `Link` of the page before. 0 stands for all."
SAVES_BELOW = Number("before", _ALL, 0, MAX_REVISION, 0)


def in_path(name: str, about: str, schema: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "description": about, "schema": schema}


def in_query(name: str, about: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "description": about, "schema": schema}


def text(least: int, most: int) -> Json:
    """The schema of a text of so many characters."""
    return {"type": "string", **({"minLength": least} if least else {}), "maxLength": most}


def document_parameters() -> Json:
    """The components, by the names that calls refer to them by."""
    about = "The id that runs were started with, percent-encoded."
    behind = "Only those behind this id: follow the `Link` of the page before."
    return {
        **{kind: in_path(kind, about, text(1, MAX_ID)) for kind in KINDS},
        "documents": DOCUMENTS.described,
        "saves": SAVES.described,
        "beforeSave": SAVES_BELOW.described,
        "after": in_query("after", behind, text(0, MAX_ID)),
        "field": in_query("field", "Only saves that set this field.", text(1, MAX_FIELD)),
        "runs": in_query(
            "runs", "Whether the person's runs are deleted as well.", {"type": "boolean", "default": False}
        ),
    }
