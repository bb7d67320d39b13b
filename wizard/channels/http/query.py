"""The query of an address: numbers in it, read and described in the OpenAPI document, and where the next page of a list
begins. Every list leads on by a `Link` with rel="next" (RFC 8288)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from wizard.channels.http.problems import INVALID_REQUEST, Refused
from wizard.locale.sentences import sentence

Json = dict[str, Any]

LINK: Json = {"Link": {"description": 'The address of the next page, as rel="next".', "schema": {"type": "string"}}}


def next_page(request: web.Request, **query: str | int) -> dict[str, str]:
    """The header that leads to the same list with this in the query."""
    return {"Link": f'<{request.rel_url.update_query(query)}>; rel="next"'}


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number in the query."""

    name: str
    about: str
    least: int
    most: int
    default: int

    def of(self, request: web.Request) -> int:
        """What is asked, the default where nothing is. Raises Refused (400)."""
        text = request.query.get(self.name)
        if text is None:
            return self.default
        if not re.fullmatch(r"\d{1,16}", text, re.ASCII) or not self.least <= int(text) <= self.most:
            what = sentence(
                "`{name}` must be a whole number between {least} and {most}.",
                name=self.name,
                least=self.least,
                most=self.most,
            )
            raise Refused(INVALID_REQUEST, what)
        return int(text)

    @property
    def described(self) -> Json:
        schema = {"type": "integer", "minimum": self.least, "maximum": self.most, "default": self.default}
        return {"name": self.name, "in": "query", "description": self.about, "schema": schema}
