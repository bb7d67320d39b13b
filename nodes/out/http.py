"""`http` nodes: call a service and read its answer.

The request is put together once, before the first try, out of what the run knows: an answer can fill a
place in the address, a header or the body, and never breaks out of it. Then it is sent, with the same
`Idempotency-Key` each time, until there is an answer that counts. Where it may go is decided by
wizard.node.outgoing. Messages for people name the service's host at most: addresses, headers and bodies
hold other people's data and secrets.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from urllib.parse import quote, unquote, urlencode

from jinja2 import Environment, TemplateSyntaxError
from pydantic import BeforeValidator, Field, WithJsonSchema
from yarl import URL

from wizard import __version__
from wizard.errors import Excuse, InvalidInput, NodeFailed
from wizard.expressions.expression import Names
from wizard.expressions.template import Dynamic, Template
from wizard.locale.sentences import Sentence
from wizard.model import Chain, Outcome, Proceed, Value
from wizard.model.nesting import MOST_VALUES, TooDeepError, TooManyError, load_json
from wizard.model.values import MAX_DEPTH, check_value, to_json, write_json
from wizard.node import Background, FormHint, NodeConfig, Visit
from wizard.node.outgoing import check_url, shared_session, was_refused
from wizard.node.retry import SLACK, persevere
from wizard.settings import Settings

if TYPE_CHECKING:
    import aiohttp

RETRIED = frozenset({429, 502, 503, 504})  # RFC 9110 and 6585: what passes by itself
KEPT_HEADERS = ("content-type", "etag", "last-modified", "link", "location", "retry-after", "x-request-id")
MAX_HEADER = 8000  # characters
OWN_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "idempotency-key", "te", "trailer", "upgrade"}
)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_LEXER = Environment(autoescape=True)  # it only tells text from expressions; nothing is run in it

Sleep = Callable[[float], Awaitable[None]]


def _split_url(source: object) -> object:
    """The address in parts: text, expression, text, … text, so that only expressions are quoted."""
    if not isinstance(source, str):
        raise ValueError("an address is text")
    parts = [""]
    try:
        for _, kind, text in _LEXER.lex(source):
            if kind in ("block_begin", "raw_begin"):
                raise ValueError("an address can hold {{ expressions }} only, no {% blocks %}")
            if kind == "variable_begin":
                parts.append("")
            if kind == "data" or len(parts) % 2 == 0:
                parts[-1] += text
            if kind == "variable_end":
                parts.append("")
    except TemplateSyntaxError as error:
        raise ValueError(f"an address is text and {{{{ expressions }}}} (Jinja says: {error})") from error
    for problem in _url_problems(parts):
        raise ValueError(problem)
    return parts


def _url_problems(parts: list[str]) -> Iterator[str]:
    text = "".join(parts[::2])
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
        yield "an address holds no spaces, backslashes or letters beyond ASCII; write them percent-encoded"
    if "#" in text:
        yield "a service never sees what follows a #; leave it out"
    if parts[0] and not re.match(r"https?://", parts[0]):
        yield "an address starts with http:// or https://"
    if len(parts) == 1 and not parts[0]:
        yield "the address is missing"


_SENDS = 'method not in ["GET", "HEAD"]'  # in the form
Status = Annotated[str, Field(pattern="^[2-5][0-9]{2}$")]  # as a key of a mapping
UrlParts = Annotated[
    tuple[Dynamic, ...],
    BeforeValidator(_split_url),
    WithJsonSchema({"type": "string", "description": "An address; {{ expressions }} in it are percent-encoded"}),
]


class HttpConfig(NodeConfig):
    """What is sent where, and what of the answer counts."""

    url: Annotated[UrlParts, FormHint(label="Address", group="Request")] = Field(
        description="The address. What {{ expressions }} put into it is percent-encoded."
    )
    method: Annotated[Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], FormHint(group="Request")] = Field(
        "GET", description="What is done there."
    )
    headers: Annotated[dict[str, Dynamic], FormHint(group="Request")] = Field(
        default_factory=dict, max_length=50, description="Headers by name."
    )
    query: Annotated[dict[str, Dynamic], FormHint(group="Request")] = Field(
        default_factory=dict,
        max_length=100,
        description="What is added behind `?`, by name. A list gives its name several times, null leaves it out.",
    )
    body: Annotated[Dynamic | None, FormHint(group="Request", show_if=_SENDS, rows=6)] = Field(
        None, description="Sent as JSON."
    )
    form: Annotated[dict[str, Dynamic] | None, FormHint(group="Request", show_if=_SENDS)] = Field(
        None, max_length=100, description="Sent as form fields instead, by name."
    )
    text: Annotated[Template | None, FormHint(group="Request", show_if=_SENDS, rows=6)] = Field(
        None, description="Sent as plain text instead."
    )
    expect: Annotated[tuple[Annotated[int, Field(ge=200, le=599)], ...], FormHint(group="Answer")] = Field(
        (), description="The statuses that count as success; 200 to 299 unless given."
    )
    max_response: Annotated[int | None, FormHint(label="Largest answer", group="Answer")] = Field(
        None, ge=1, description="The bytes that are read at most; as the settings say unless given."
    )
    messages: Annotated[dict[Status, Template], FormHint(group="Answer")] = Field(
        default_factory=dict,
        max_length=50,
        description="What people read about a status that isn't a success, by status.",
    )


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: URL
    headers: Mapping[str, str]
    body: bytes | None


class _TryAgainError(NodeFailed):
    """A failure that may pass; `wait` says how long to leave the service alone."""

    def __init__(self, message: str, wait: float = 0.0, people: str | Sentence = Excuse.SERVICE) -> None:
        super().__init__(message, people=people)
        self.wait = wait


def _pause_asked(error: Exception) -> float | None:
    return error.wait if isinstance(error, _TryAgainError) else None


class HttpNode(Background[HttpConfig]):
    """Calls a service over HTTP.

    Outputs: `status`, `body` (what the JSON says, or text; null where there is none) and `headers` (a few,
    in lower case), or `error` where it failed and `on_error` goes on.

    What an expression puts into `url` is percent-encoded, so that it fills one place of it; only where
    the address begins with an expression, that is taken as it is. The common keys `timeout` (for one try;
    10 seconds unless the settings say otherwise) and `retry` apply: no answer, and the statuses 429, 502,
    503 and 504 are tried again; a service that says how long it is to be left alone (`Retry-After`) is, unless that is
    longer than `max_backoff`. Redirects aren't followed.
    """

    type = "http"
    title = "Call a service"
    group = "out"
    icon = "globe"
    example: ClassVar[Mapping[str, Any]] = {
        "url": "https://calendar.example/appointments",
        "method": "POST",
        "headers": {"X-Reference": "{{ run.id }}"},
        "body": {"day": "{{ today() }}", "people": 2},
        "expect": [200, 201],
        "messages": {"409": "That time has been taken meanwhile. Choose another one."},
    }
    own_retries = True  # a service says itself how long it is to be left alone
    Config = HttpConfig

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self._sleep = sleep

    def outputs(self, config: HttpConfig) -> frozenset[str]:
        return frozenset({"status", "body", "headers", "error"})

    def example_output(self, config: HttpConfig) -> Mapping[str, Value]:
        return {"status": config.expect[0] if config.expect else 200, "body": None, "headers": {}}

    def check(self, config: HttpConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        for name in config.headers:
            if not _HEADER_NAME.fullmatch(name):
                yield ("headers", name), f"{name!r} can't be the name of a header"
            elif name.lower() in OWN_HEADERS:
                yield ("headers", name), f"{name} is set by the engine"
        given = [name for name in ("body", "form", "text") if getattr(config, name) is not None]
        for name in given[1:]:
            yield (name,), f"{name} can't be sent as well as {given[0]}"
        if given and config.method in ("GET", "HEAD"):
            yield (given[0],), f"{config.method} sends no {given[0]}. Say `method: POST`, or another one that does"

    def hosts(self, config: HttpConfig) -> frozenset[Chain]:
        return frozenset() if config.url[0].source else config.url[1].chains

    async def execute(self, visit: Visit[HttpConfig]) -> Outcome:
        request = _build(visit.config, visit.names, visit.key)
        seconds = _seconds_for(visit) + SLACK  # the request has its own limit, and says whose answer it waited for
        sent = persevere(
            lambda own: self._send(own, request), visit, sleep=self._sleep, asked=_pause_asked, seconds=seconds
        )
        try:
            return Proceed(await sent)
        except _TryAgainError as failure:
            raise NodeFailed(failure.message, people=failure.people) from failure.__cause__

    async def _send(self, visit: Visit[HttpConfig], request: _Request) -> dict[str, Value]:
        import aiohttp

        settings: Settings = visit.services.settings or Settings()
        host = request.url.host
        seconds = _seconds_for(visit)
        limit = min(visit.config.max_response or settings.http_max_response, settings.http_max_response)
        try:
            session = await shared_session(visit.services)
            async with session.request(
                request.method,
                request.url,
                headers=request.headers,
                data=request.body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=seconds),
            ) as response:
                _check_status(response, visit)
                return _output(response, await _read(response, limit))
        except TimeoutError as error:
            raise _TryAgainError(f"The service {host} didn't answer within {seconds:g} seconds.") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if was_refused(error):
                raise NodeFailed(
                    f"The service {host} has a private or reserved address, which isn't allowed to be called. "
                    "Whoever runs this service can allow it: WIZARD_ALLOW_PRIVATE_ADDRESSES=1.",
                    people=Excuse.BROKEN,
                ) from error
            if isinstance(error, aiohttp.ClientSSLError):
                raise NodeFailed(
                    f"There is no safe connection to {host}: it doesn't speak https, or its certificate isn't valid.",
                    people=Excuse.SERVICE,
                ) from error
            raise _TryAgainError(f"The service {host} can't be reached, or it broke off.") from error


def _seconds_for(visit: Visit[HttpConfig]) -> float:
    settings: Settings = visit.services.settings or Settings()
    return visit.node.timeout.total_seconds() if visit.node.timeout is not None else settings.http_timeout


# -- the request -------------------------------------------------------------------------------------


def _build(config: HttpConfig, names: Names, key: str) -> _Request:
    """Raises NodeFailed where what the run knows doesn't fit into a request."""
    headers = {"User-Agent": f"wizard/{__version__}"}
    body: bytes | None = None
    if config.body is not None:
        headers["Content-Type"] = "application/json"
        body = write_json(config.body.evaluate(names)).encode()
    elif config.form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = _encode(config.form, names).encode()
    elif config.text is not None:
        headers["Content-Type"] = "text/plain; charset=utf-8"
        body = config.text.render(names).encode()
    for name, dynamic in config.headers.items():
        value = _as_text(dynamic.evaluate(names), f"the header {name}").strip()
        if not value.isprintable() or len(value) > MAX_HEADER:
            raise NodeFailed(f"What is to be sent as the header {name} isn't one line of text.", people=Excuse.CHECK)
        headers = {header: text for header, text in headers.items() if header.lower() != name.lower()}
        headers[name] = value
    headers["Idempotency-Key"] = key
    return _Request(config.method, _url(config, names), headers, body)


def _url(config: HttpConfig, names: Names) -> URL:
    texts = [_as_text(part.evaluate(names), "a part of the service's address") for part in config.url]
    first_quoted = 1 if texts[0] else 3
    for index in range(first_quoted, len(texts), 2):
        texts[index] = quote(texts[index], safe="")
    address = "".join(texts).strip().partition("#")[0]
    if query := _encode(config.query, names):
        address += ("&" if "?" in address else "?") + query
    url = check_url(address)
    # Servers and proxies resolve these also where they are encoded, and end up at another resource.
    if {".", ".."} & set(unquote(url.raw_path).replace("\\", "/").split("/")):
        what = "What is to be put into the address of the service would change where it leads."
        raise NodeFailed(what, people=Excuse.CHECK)
    return url


def _encode(fields: Mapping[str, Dynamic], names: Names) -> str:
    """Fields as in a query: lists give their name several times, null leaves it out."""
    pairs: list[tuple[str, str]] = []
    for name, dynamic in fields.items():
        value = dynamic.evaluate(names)
        several = value if isinstance(value, list | tuple) else [value]
        pairs += ((name, _as_text(value, name)) for value in several if value is not None)
    return urlencode(pairs, quote_via=quote, safe="")


def _as_text(value: Value, what: str) -> str:
    """A single value as programs write it: dates in ISO 8601, true and false."""
    if value is None or isinstance(value, Mapping | list | tuple):
        is_what = "missing" if value is None else "not a single value"
        raise NodeFailed(f"What is to be sent as {what} is {is_what}.", people=Excuse.CHECK)
    return str(value).lower() if isinstance(value, bool) else str(to_json(value))


# -- the answer --------------------------------------------------------------------------------------


def _check_status(response: aiohttp.ClientResponse, visit: Visit[HttpConfig]) -> None:
    status, config = response.status, visit.config
    if status in config.expect or (not config.expect and 200 <= status <= 299):
        return
    message = f"The service {response.url.host} answered with the status {status}, which isn't a success."
    people: str | Sentence = Excuse.SERVICE
    if str(status) in config.messages:
        people = config.messages[str(status)].words(visit.names).strip() or Excuse.SERVICE
    if 300 <= status <= 399:
        message = f"The service {response.url.host} has moved: it sends to another address (status {status})."
    if status in RETRIED:
        raise _TryAgainError(message, _retry_after(response.headers.get("Retry-After", ""), visit.now), people)
    raise NodeFailed(message, people=people)


def _retry_after(text: str, now: datetime) -> float:
    """Seconds (RFC 9110, 10.2.3: a number of them, or a date); 0 where it says nothing useful."""
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())


async def _read(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body, read in pieces, so that one without an end doesn't fill the memory."""
    body = bytearray()
    async for piece in response.content.iter_chunked(65_536):
        body += piece
        if len(body) > limit:
            what = f"The service {response.url.host} answered with more than {limit:,} bytes."
            raise NodeFailed(what, people=Excuse.SERVICE)
    return bytes(body)


def _output(response: aiohttp.ClientResponse, body: bytes) -> dict[str, Value]:
    host = response.url.host
    headers = {
        name: response.headers[name].encode(errors="replace").decode()[:2000]
        for name in KEPT_HEADERS
        if name in response.headers
    }
    output = {"status": response.status, "body": _parse(response, body), "headers": headers}
    try:
        check_value(output, f"The answer of the service {host}")
    except InvalidInput as error:
        raise NodeFailed(error.message, people=Excuse.SERVICE) from error
    return output


def _parse(response: aiohttp.ClientResponse, body: bytes) -> Value:
    if not body:
        return None
    kind = response.content_type
    if kind == "application/json" or kind.endswith("+json"):
        try:
            return load_json(body, MAX_DEPTH, values=MOST_VALUES, constant=_no_number)
        except TooDeepError as error:
            what = f"The answer of the service {response.url.host} is nested more than {MAX_DEPTH} deep."
            raise NodeFailed(what, people=Excuse.SERVICE) from error
        except TooManyError as error:
            what = f"The answer of the service {response.url.host} holds more than {MOST_VALUES:,} values."
            raise NodeFailed(what, people=Excuse.SERVICE) from error
        except ValueError as error:
            what = f"The service {response.url.host} answered with invalid JSON."
            raise NodeFailed(what, people=Excuse.SERVICE) from error
    try:
        return body.decode(response.charset or "utf-8", errors="replace")
    except (LookupError, ValueError):  # a charset that isn't one, or that can't replace
        return body.decode(errors="replace")


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} isn't a number in JSON")
