"""Addresses of services, with places in them that expressions fill: what fills one is percent-encoded, and never leaves
its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated
from urllib.parse import quote, unquote, urlencode

from pydantic import BeforeValidator, WithJsonSchema
from yarl import URL

from wizard.errors import Excuse, NodeFailed
from wizard.expressions.expression import Names
from wizard.expressions.template import Dynamic
from wizard.node.outgoing import check_url
from wizard.nodes.out.places import as_text, split


def _split_url(source: object) -> object:
    """The address in parts: text, expression, text, … text, so that only expressions are quoted."""
    parts = split(source, "an address")
    for problem in _url_problems(parts):
        raise ValueError(problem)
    return parts


def _url_problems(parts: list[str]) -> Iterator[str]:
    text = "".join(parts[::2])
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        yield "an address holds no spaces, backslashes or letters beyond ASCII; write them percent-encoded"
    if "#" in text:
        yield "a service never sees what follows a #; leave it out"
    if parts[0] and not re.match(r"https?://|/", parts[0]):
        yield "an address starts with http:// or https://, or with / where a `resource` says what comes before"
    if len(parts) == 1 and not parts[0]:
        yield "the address is missing"


UrlParts = Annotated[
    tuple[Dynamic, ...],
    BeforeValidator(_split_url),
    WithJsonSchema({"type": "string", "description": "An address; {{ expressions }} in it are percent-encoded"}),
]


def base_problems(url: Sequence[Dynamic], resource: str | None) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What is wrong with an address beside a resource, or without one."""
    begins = str(url[0].source)
    if resource is None and begins.startswith("/"):
        yield ("url",), "an address starts with http:// or https:// where there is no `resource`"
    if resource is not None and not begins.startswith("/"):
        what = "begins with / where there is a `resource`, whose address comes before it: credentials go nowhere else"
        yield ("url",), f"the address {what}"


def url_of(parts: Sequence[Dynamic], query: Mapping[str, Dynamic], names: Names, base: str = "") -> URL:
    """The address, filled in; `base` is what it begins with, where a resource says that: then `/` alone is that itself.
    Raises NodeFailed where what the run knows doesn't fit into one."""
    texts = [as_text(part.evaluate(names), "a part of the service's address") for part in parts]
    first_quoted = 1 if texts[0] else 3
    for index in range(first_quoted, len(texts), 2):
        texts[index] = quote(texts[index], safe="")
    if base:
        path = "".join(texts)
        texts = [base if path == "/" else base.rstrip("/") + path]
    address = "".join(texts).strip().partition("#")[0]
    if asked := encoded(query, names):
        address += ("&" if "?" in address else "?") + asked
    url = check_url(address)
    # Servers and proxies resolve these also where they are encoded, and end up at another resource.
    if {".", ".."} & set(unquote(url.raw_path).replace("\\", "/").split("/")):
        what = "What is to be put into the address of the service would change where it leads."
        raise NodeFailed(what, people=Excuse.CHECK)
    return url


def encoded(fields: Mapping[str, Dynamic], names: Names) -> str:
    """Fields as in a query: lists give their name several times, null leaves it out."""
    pairs: list[tuple[str, str]] = []
    for name, dynamic in fields.items():
        value = dynamic.evaluate(names)
        several = value if isinstance(value, list | tuple) else [value]
        pairs += ((name, as_text(value, name)) for value in several if value is not None)
    return urlencode(pairs, quote_via=quote, safe="")
