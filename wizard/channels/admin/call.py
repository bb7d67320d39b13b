"""A call of the interface below `/api/v1/admin`, as it is described and routed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from aiohttp import web

from wizard.channels.admin.people import Person, Role
from wizard.channels.http.problems import (
    INVALID_REQUEST,
    TOO_LARGE,
    TOO_MANY_CHANGES,
    TOO_SLOW,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemType,
)

Json = dict[str, Any]
Handling = Callable[[web.Request, Person], Awaitable[web.Response]]  # of a call, by somebody who may make it

SENT = (INVALID_REQUEST, TOO_SLOW, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE)  # what may be wrong with a body
BODY = (*SENT, TOO_MANY_CHANGES)  # and with one that changes something
ETAG: Json = {"ETag": {"description": "The revision, in quotation marks.", "schema": {"type": "string"}}}


class Call(NamedTuple):
    """A call: `name` is its operationId, `role` what it needs, `about` the rest of what the document says of it. One
    that isn't about a workflow needs the role for every workflow, unless it `filters` what it tells by itself."""

    method: str
    path: str
    name: str
    role: Role
    summary: str
    about: Json
    problems: tuple[ProblemType, ...]
    filters: bool = False
    changes_nothing: bool = False  # although it isn't a GET

    @property
    def is_of_a_workflow(self) -> bool:
        return self.path.startswith("/workflows/{id}")

    @property
    def changes(self) -> bool:
        return self.method != "GET" and not self.changes_nothing

    @property
    def route(self) -> str:
        """The path, as aiohttp has it."""
        return self.path.replace("{number}", "{number:[1-9][0-9]{0,14}}")
