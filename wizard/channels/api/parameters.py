"""What calls take beside a body, as the OpenAPI document describes it: in the address, the query and headers."""

from __future__ import annotations

from typing import Any

from wizard.channels.api.preferences import HEADER as PREFER
from wizard.channels.api.preferences import MINIMAL
from wizard.channels.api.requests import REVISION_TAG
from wizard.channels.api.responses import SHOWN
from wizard.channels.http.query import Number
from wizard.engine.own_runs import MOST_LISTED

Json = dict[str, Any]

MOST_ENTRIES = 1000


AFTER = Number("after", "Only entries with a higher number.", 0, 2**53, 0)
ENTRIES = Number("limit", "How many entries at most.", 1, MOST_ENTRIES, MOST_ENTRIES)
MESSAGES = Number("limit", "How many messages at most.", 1, 200, 200)
WAITING = Number("wait", "How many seconds to wait for a message where there is none.", 0, 25, 0)
RICH = Number("rich", "1 adds the looks of a text to messages that have any.", 0, 1, 0)
RUNS = Number("limit", "How many runs at most.", 1, MOST_LISTED, MOST_LISTED)


def parameters() -> Json:
    """The components, by the names that calls refer to them by."""
    return {**_path(), **_query(), **_headers()}


def _path() -> Json:
    def part(name: str, about: str) -> Json:
        schema = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}
        return {"name": name, "in": "path", "required": True, "description": about, "schema": schema}

    return {
        "id": part("id", "The run's id."),
        "file": part("file", "The file's `id`, out of the answer that it was given in."),
    }


def _query() -> Json:
    def text(name: str, about: str, **more: Any) -> Json:
        schema = {"type": "string", "minLength": 1} | more
        return {"name": name, "in": "query", "description": about, "schema": schema}

    steps = f"The {SHOWN} steps {{}} this one, instead of those around the current one. Take `before` or `after`."
    page = 'Where the page before ended: follow its `Link` with `rel="next"`.'
    return {
        "beforeStep": text("before", steps.format("before")),
        "afterStep": text("after", steps.format("after")),
        "after": AFTER.described,
        "before": text("before", page, pattern=r"^-?[0-9]{1,18}\.[^\n]{1,200}$"),
        "most": RUNS.described,
        "limit": ENTRIES.described,
        "afterMessage": text("after", "Only messages after the one with this id.", minLength=0, maxLength=200),
        "mostMessages": MESSAGES.described,
        "wait": WAITING.described,
        "rich": RICH.described,
    }


def _headers() -> Json:
    def header(name: str, about: str, **schema: Any) -> Json:
        return {"name": name, "in": "header", "description": about, "schema": {"type": "string", **schema}}

    key = (
        "The same request with the same key is done once and answered the same; another request with it "
        "is refused. Take a random one, such as a UUID. A key is its sender's: another signed-in person's is "
        "another key. Where nobody is signed in, the key and the body of the request that started a run "
        "give its answer, and so its token, once more. Under a host that signs people in, one of fewer than "
        "22 characters is refused there."
    )
    return {
        "idempotencyKey": header("Idempotency-Key", key, minLength=1, maxLength=255, pattern="^[!-~]([ -~]*[!-~])?$"),
        "ifMatch": header(
            "If-Match",
            "The ETag of the run as you saw it: the same as `revision` in the body; `*` for any.",
            anyOf=[{"const": "*"}, {"pattern": f"^{REVISION_TAG}$"}],
        ),
        "ifNoneMatch": header("If-None-Match", "The ETag that you have; 304 if the run is still the same."),
        "prefer": header(
            PREFER,
            "`return=minimal` leaves out `path`, `kept` and `answers`, which grow with the run.",
            examples=[MINIMAL],
        ),
    }
