"""`parse_url` and `build_url` nodes: web addresses in their parts (RFC 3986, and query fields as forms write them)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from pydantic import Field

from wizard.expressions.template import Dynamic
from wizard.model import Proceed, Value
from wizard.node import NodeConfig, Visit
from wizard.nodes.computing import Computes, value
from wizard.nodes.given import Given, given, given_by

MAX_URL = 2_000  # characters
MAX_QUERY = 100  # fields
MAX_SEGMENTS = 50

_NOT_IN_URLS = re.compile(r"[\x00-\x20\x7f-\x9f\\<>\"^`{|}]")


class ParseUrlConfig(NodeConfig):
    """The address."""

    url: Dynamic = Field(description="The address, with what it begins with: https://…")


class ParseUrlNode(Computes[ParseUrlConfig]):
    """Takes a web address apart.

    Outputs: `scheme` (`https`), `host` in small letters, `port` (null where it isn't written), `path`, `query` and
    `fragment`, with `%20` and the like read as the characters that they stand for. `query` has the fields behind `?` by
    name; one that is there several times is a list. Nothing (null) gives null for each.

    What isn't an address with a scheme and a host fails the step, as does one with more than 2,000 characters or 100
    fields. A user name and a password in it are left out. Nothing is called.
    """

    type = "parse_url"
    title = "Take an address apart"
    group = "text"
    icon = "link"
    gives = ("scheme", "host", "port", "path", "query", "fragment")
    subject = "url"
    example: ClassVar[Mapping[str, Any]] = {"url": "https://shop.example/orders?number=12&lang=de#items"}
    Config = ParseUrlConfig

    def compute(self, visit: Visit[ParseUrlConfig], subject: Given) -> Proceed:
        text = subject.text(MAX_URL).strip()
        try:
            parts = urlsplit(text)
            port = parts.port
            fields = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=MAX_QUERY)
        except ValueError as error:
            raise subject.wrong("isn't a web address, or has too many fields") from error
        if not parts.scheme or not parts.hostname or _NOT_IN_URLS.search(text):
            raise subject.wrong("isn't a web address; write it whole, like https://shop.example/orders")
        query: dict[str, Value] = {}
        for name, field in fields:
            before = query.get(name)
            query[name] = field if name not in query else [*(before if isinstance(before, list) else [before]), field]
        return Proceed(
            {
                "scheme": parts.scheme,
                "host": parts.hostname,
                "port": port,
                "path": unquote(parts.path),
                "query": query,
                "fragment": unquote(parts.fragment),
            }
        )


class BuildUrlConfig(NodeConfig):
    """What the address is made of."""

    base: Dynamic = Field(description="What it begins with: https://shop.example, or with a path behind it.")
    path: Dynamic | None = Field(None, description="A list of what stands behind, each between two slashes.")
    query: dict[str, Dynamic] = Field(
        default_factory=dict,
        max_length=MAX_QUERY,
        description="What stands behind `?`, by name. A list gives its name several times, null leaves it out.",
    )
    fragment: Dynamic | None = Field(None, description="What stands behind `#`.")


class BuildUrlNode(Computes[BuildUrlConfig]):
    """Puts a web address together.

    Output: `value`, or null where `base` is nothing. Each value is written so that it fills one place: a slash, a `?`
    or a `&` in it can't lead elsewhere. An item of `path` that is empty, `.` or `..` fails the step, as does a `base`
    that doesn't begin with http:// or https:// and a host, or that has a user, a query or a fragment of its own. The
    address may have 2,000 characters.
    """

    type = "build_url"
    title = "Put an address together"
    group = "text"
    icon = "link"
    subject = "base"
    example: ClassVar[Mapping[str, Any]] = {
        "base": "https://shop.example",
        "path": ["orders", "12"],
        "query": {"lang": "de"},
    }
    Config = BuildUrlConfig

    def compute(self, visit: Visit[BuildUrlConfig], subject: Given) -> Proceed:
        made, path = _base(subject), given(visit, "path")
        for item in () if path.value is None else path.each(MAX_SEGMENTS):
            if item.single() in ("", ".", ".."):
                raise item.wrong("would change where the address leads: it is empty, or made of dots")
            made += "/" + quote(item.single(), safe="")
        pairs: list[tuple[str, str]] = []
        for name, dynamic in visit.config.query.items():
            field = given_by(visit, f"query.{name}", dynamic)
            pairs += [(name, each.single()) for each in field.several(MAX_QUERY) if each.value is not None]
        if pairs:
            made += "?" + urlencode(pairs, quote_via=quote, safe="")
        fragment = given(visit, "fragment")
        if fragment.value is not None:
            made += "#" + quote(fragment.single(), safe="")
        if len(made) > MAX_URL:
            raise subject.wrong(f"and what is put behind it would have more than {MAX_URL:,} characters")
        return value(made)


def _base(base: Given) -> str:
    text = base.text(MAX_URL).strip()
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        good = False
    if not good or _NOT_IN_URLS.search(text) or "?" in text or "#" in text:
        raise base.wrong("isn't an address to put something behind; write it like https://shop.example/orders")
    return text.rstrip("/")
