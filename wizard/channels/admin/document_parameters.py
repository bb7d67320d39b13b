"""What the calls on profiles and sessions take in the address and the query."""

from __future__ import annotations

from typing import Any

from wizard.channels.http.members import MAX_REVISION
from wizard.channels.http.query import Number
from wizard.profiles.keeping import MOST_LISTED
from wizard.profiles.people import MAX_ID

Json = dict[str, Any]

MAX_FIELD = 200

DOCUMENTS = Number("limit", "How many at most.", 1, MOST_LISTED, MOST_LISTED)
SAVES = Number("limit", "How many saves at most.", 1, MOST_LISTED, MOST_LISTED)
_ALL = "Only saves before this revision: follow the `Link` of the page before. 0 stands for all."
SAVES_BELOW = Number("before", _ALL, 0, MAX_REVISION, 0)


def document_parameters() -> Json:
    """The components, by the names that calls refer to them by."""
    id_schema = {"type": "string", "minLength": 1, "maxLength": MAX_ID}
    about = "The id that runs were started with, percent-encoded."
    of_kind = {
        kind: {"name": kind, "in": "path", "required": True, "description": about, "schema": id_schema}
        for kind in ("profile", "session")
    }
    return {
        **of_kind,
        "documents": DOCUMENTS.described,
        "saves": SAVES.described,
        "beforeSave": SAVES_BELOW.described,
        "after": {
            "name": "after",
            "in": "query",
            "description": "Only those behind this id: follow the `Link` of the page before.",
            "schema": {"type": "string", "maxLength": MAX_ID},
        },
        "field": {
            "name": "field",
            "in": "query",
            "description": "Only saves that set this field.",
            "schema": {"type": "string", "minLength": 1, "maxLength": MAX_FIELD},
        },
        "runs": {
            "name": "runs",
            "in": "query",
            "description": "Whether the person's runs are deleted as well.",
            "schema": {"type": "boolean", "default": False},
        },
    }
