"""Sending a request to a service, until there is an answer that counts. Where it may go is decided by
wizard.node.outgoing. Messages for people name the service's host at most: addresses, headers and bodies hold other
people's data and secrets.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Annotated, Any, Protocol, TypeVar

from pydantic import Field
from yarl import URL

from wizard.errors import Excuse, InvalidInput, NodeFailed
from wizard.expressions.template import Template
from wizard.locale.sentences import Sentence
from wizard.model import Value
from wizard.model.nesting import MOST_VALUES, TooDeepError, TooManyError, load_json
from wizard.model.values import MAX_DEPTH, check_value
from wizard.node import FormHint, Visit
from wizard.node.outgoing import shared_session, was_refused
from wizard.node.retry import SLACK, persevere
from wizard.settings import Settings

if TYPE_CHECKING:
    import aiohttp

RETRIED = frozenset({429, 502, 503, 504})  # RFC 9110 and 6585: what passes by itself
KEPT_HEADERS = ("content-type", "etag", "last-modified", "link", "location", "retry-after", "x-request-id")

Sleep = Callable[[float], Awaitable[None]]
T = TypeVar("T")

# -- what a configuration says of the answer -----------------------------------------------------------

Expect = Annotated[
    tuple[Annotated[int, Field(ge=200, le=599)], ...],
    FormHint(group="Answer"),
    Field(description="The statuses that count as success; 200 to 299 unless given."),
]
MaxResponse = Annotated[
    int | None,
    FormHint(label="Largest answer", group="Answer"),
    Field(ge=1, description="The bytes that are read at most; as the settings say unless given."),
]
Status = Annotated[str, Field(pattern="^[2-5][0-9]{2}$")]  # as a key of a mapping
Messages = Annotated[
    dict[Status, Template],
    FormHint(group="Answer"),
    Field(max_length=50, description="What people read about a status that isn't a success, by status."),
]


class Expecting(Protocol):
    """A configuration that says which answers count."""

    @property
    def expect(self) -> tuple[int, ...]: ...
    @property
    def max_response(self) -> int | None: ...
    @property
    def messages(self) -> Mapping[str, Template]: ...


# -- sending -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent."""

    method: str
    url: URL
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)


class Credentials(Protocol):
    """What says who we are at a service (wizard.nodes.out.signing_in)."""

    async def headers(self, visit: Visit[Any]) -> Mapping[str, str]: ...

    def renews(self, visit: Visit[Any], sent: Mapping[str, str]) -> bool: ...


class StatusFailed(NodeFailed):
    """A service answered with a `status` that isn't a success."""

    def __init__(self, message: str, status: int, people: str | Sentence) -> None:
        super().__init__(message, people=people)
        self.status = status


class TryAgainError(NodeFailed):
    """A failure that may pass; `wait` says how long to leave the service alone."""

    def __init__(self, message: str, wait: float = 0.0, people: str | Sentence = Excuse.SERVICE) -> None:
        super().__init__(message, people=people)
        self.wait = wait


def _pause_asked(error: Exception) -> float | None:
    return error.wait if isinstance(error, TryAgainError) else None


async def exchange(
    visit: Visit[Any], request: Request, credentials: Credentials | None = None, *, sleep: Sleep = asyncio.sleep
) -> dict[str, Value]:
    """Sends the request, as often as the visit's node says, and gives `status`, `body` and
    `headers` of the answer. The visit's configuration is an Expecting. Raises NodeFailed."""
    seconds = seconds_for(visit) + SLACK  # the request has its own limit, and says whose answer it waited for

    async def work(own: Visit[Any]) -> dict[str, Value]:
        if credentials is None:
            return await exchanged(own, request, own.config)
        return await _exchanged_with(own, request, credentials)

    return await until_it_counts(work, visit, seconds, sleep)


async def _exchanged_with(visit: Visit[Any], request: Request, credentials: Credentials) -> dict[str, Value]:
    """One try, signed in; anew and once more where the service says that we aren't (401)."""
    sent = await credentials.headers(visit)
    try:
        return await exchanged(visit, _with(request, sent), visit.config)
    except StatusFailed as error:
        if error.status != 401 or not credentials.renews(visit, sent):
            raise
    return await exchanged(visit, _with(request, await credentials.headers(visit)), visit.config)


def _with(request: Request, headers: Mapping[str, str]) -> Request:
    """With these headers in the place of those of the same name."""
    own = {name.lower() for name in headers}
    others = {name: value for name, value in request.headers.items() if name.lower() not in own}
    return replace(request, headers={**others, **headers})


async def until_it_counts(
    work: Callable[[Visit[Any]], Awaitable[T]], visit: Visit[Any], seconds: float, sleep: Sleep
) -> T:
    """What `work` gives, tried again as the visit's node says where it raises TryAgainError. Raises NodeFailed."""
    sent = persevere(work, visit, sleep=sleep, asked=_pause_asked, seconds=seconds)
    try:
        return await sent
    except TryAgainError as failure:
        raise NodeFailed(failure.message, people=failure.people) from failure.__cause__


async def exchanged(visit: Visit[Any], request: Request, expecting: Expecting) -> dict[str, Value]:
    """One try: what came back. Raises NodeFailed, TryAgainError where it may pass."""
    import aiohttp

    settings: Settings = visit.services.settings or Settings()
    seconds = seconds_for(visit)
    limit = min(expecting.max_response or settings.http_max_response, settings.http_max_response)
    session = await shared_session(visit.services)
    with failures_told(str(request.url.host), seconds):
        async with session.request(
            request.method,
            request.url,
            headers=request.headers,
            data=request.body,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=seconds),
        ) as response:
            _check_status(response, visit, expecting)
            return _output(response, await read_body(response, limit))


@contextmanager
def failures_told(host: str, seconds: float) -> Iterator[None]:
    """What goes wrong with a request, as NodeFailed, or as TryAgainError where it may pass."""
    import aiohttp

    try:
        yield
    except TimeoutError as error:
        raise TryAgainError(f"The service {host} didn't answer within {seconds:g} seconds.") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        if was_refused(error):
            raise address_refused(f"The service {host}") from error
        if isinstance(error, aiohttp.ClientSSLError):
            raise NodeFailed(
                f"There is no safe connection to {host}: it doesn't speak https, or its certificate isn't valid.",
                people=Excuse.SERVICE,
            ) from error
        raise TryAgainError(f"The service {host} can't be reached, or it broke off.") from error


def address_refused(what: str, *, lasting: bool = False) -> NodeFailed:
    """That something has an address that isn't one for everybody. `what` begins the sentence."""
    return NodeFailed(
        f"{what} has a private or reserved address, which isn't allowed to be called. "
        "Whoever runs this service can allow it: WIZARD_ALLOW_PRIVATE_ADDRESSES=1.",
        people=Excuse.BROKEN,
        lasting=lasting,
    )


def seconds_for(visit: Visit[Any]) -> float:
    """How long one try may take: what the node says, else the setting `http_timeout`."""
    settings: Settings = visit.services.settings or Settings()
    return visit.node.timeout.total_seconds() if visit.node.timeout is not None else settings.http_timeout


# -- the answer --------------------------------------------------------------------------------------


def _check_status(response: aiohttp.ClientResponse, visit: Visit[Any], config: Expecting) -> None:
    status = response.status
    if status in config.expect or (not config.expect and 200 <= status <= 299):
        return
    message = f"The service {response.url.host} answered with the status {status}, which isn't a success."
    people: str | Sentence = Excuse.SERVICE
    if str(status) in config.messages:
        people = config.messages[str(status)].words(visit.names).strip() or Excuse.SERVICE
    if 300 <= status <= 399:
        message = f"The service {response.url.host} has moved: it sends to another address (status {status})."
    if status in RETRIED:
        raise TryAgainError(message, retry_after(response.headers.get("Retry-After", ""), visit.now), people)
    raise StatusFailed(message, status, people)


def retry_after(text: str, now: datetime) -> float:
    """Seconds (RFC 9110, 10.2.3: a number of them, or a date); 0 where it says nothing useful."""
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())


async def read_body(response: aiohttp.ClientResponse, limit: int) -> bytes:
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
