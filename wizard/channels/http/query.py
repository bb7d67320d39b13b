"""Numbers in the query of an address: read, and described in the OpenAPI document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from wizard.channels.http.problems import INVALID_REQUEST, Refused
from wizard.locale.sentences import sentence

Json = dict[str, Any]


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
