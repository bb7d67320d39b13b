"""One call of a service: a body of JSON that is sent and one that comes back, both signed.

Where it may go is decided by wizard.node.outgoing, as for every node that calls out. Whatever the service does, answer
never, with anything or with somebody else's signature, ends in a NodeFailed that names the node type and says what to
do; the address isn't quoted beyond its host.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import uuid4

from wizard import __version__
from wizard.errors import Excuse, InvalidInput, NodeFailed
from wizard.locale.sentences import Sentence
from wizard.model import Value
from wizard.model.nesting import MOST_VALUES, load_json
from wizard.model.remote import RemoteNode
from wizard.model.values import MAX_DEPTH, check_value, write_json
from wizard.node import Services
from wizard.node.outgoing import check_url, shared_session, was_refused
from wizard.node.signing import NotSigned, check_signed, secret_of, signed_headers
from wizard.nodes.out.exchange import RETRIED, TryAgainError
from wizard.settings import Settings

if TYPE_CHECKING:
    import aiohttp

MAX_BODY = 1_000_000  # bytes that are sent
ANSWER = "re_"  # before the id of a call, in what signs its answer: so that a call can't be handed back as an answer

Answer = Mapping[str, Value]


class Failures:
    """What is said of one service's failures."""

    def __init__(self, node: RemoteNode) -> None:
        self._who = f"The service of the remote node type {node.type} ({check_url(node.url).host})"
        self._look = f"`wizard remote-nodes check {node.type}` says how it is."

    def passing(self, what: str, wait: float = 0.0) -> TryAgainError:
        """One that may be over soon."""
        return TryAgainError(f"{self._who} {what}. {self._look}", wait)

    def lasting(self, what: str, people: str | Sentence = Excuse.SERVICE, advice: str | None = None) -> NodeFailed:
        """One that comes again unless somebody does something."""
        told = f"{self._who} {what}. {self._look if advice is None else advice}"
        return NodeFailed(told, people=people, lasting=True)


async def call(
    services: Services, node: RemoteNode, name: str, content: Mapping[str, Value], *, seconds: float, signs: bool = True
) -> Answer:
    """What the service answers to the call of that name, an object. `signs` says that the answer has to be signed.
    Raises NodeFailed, TryAgainError where it may pass."""
    failures = Failures(node)
    body = write_json({"call": name, "type": node.type, **content}).encode()
    if len(body) > MAX_BODY:
        raise failures.lasting(f"would be sent more than {MAX_BODY:,} bytes", Excuse.CHECK, "Hand it less.")
    message_id = f"msg_{uuid4().hex}"
    answer, headers = await _sent(services, node, name, message_id, body, seconds)
    if signs:
        try:
            check_signed(secret_of(node.secret), ANSWER + message_id, headers, answer, time.time())
        except NotSigned as wrong:
            raise failures.lasting(f"gave an answer that can't be trusted: {wrong}") from wrong
    return _read(answer, failures)


async def _sent(
    services: Services, node: RemoteNode, name: str, message_id: str, body: bytes, seconds: float
) -> tuple[bytes, Mapping[str, str]]:
    import aiohttp

    failures, settings = Failures(node), services.settings or Settings()
    headers = {
        "User-Agent": f"wizard/{__version__}",
        "Content-Type": "application/json",
        **signed_headers([secret_of(node.secret)], message_id, int(time.time()), body),
    }
    url = check_url(f"{node.url.rstrip('/')}/{name}")
    try:
        session = await shared_session(services)
        async with session.post(
            url, headers=headers, data=body, allow_redirects=False, timeout=aiohttp.ClientTimeout(total=seconds)
        ) as response:
            _check_status(response, failures)
            limit = settings.http_max_response
            return await _limited(response, limit, failures), {
                key.lower(): value for key, value in response.headers.items()
            }
    except TimeoutError as error:
        raise failures.passing(f"didn't answer within {seconds:g} seconds") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        if was_refused(error):
            advice = "Whoever runs Wizard can allow it: WIZARD_ALLOW_PRIVATE_ADDRESSES=1."
            what = "has a private or reserved address, which isn't allowed to be called"
            raise failures.lasting(what, Excuse.BROKEN, advice) from error
        if isinstance(error, aiohttp.ClientSSLError):
            raise failures.lasting("doesn't speak https, or its certificate isn't valid") from error
        raise failures.passing("can't be reached, or it broke off") from error


def _check_status(response: aiohttp.ClientResponse, failures: Failures) -> None:
    status = response.status
    if status == 200:
        return
    if status in RETRIED:
        after = response.headers.get("Retry-After", "").strip()
        wait = float(after) if re.fullmatch(r"[0-9]{1,9}", after) else 0.0
        raise failures.passing(f"is busy, or what it needs isn't there (status {status})", wait)
    if status in (401, 403):
        advice = "Give both sides the same secret: `wizard remote-nodes add --replace --secret-file FILE`."
        raise failures.lasting(f"refuses the signature (status {status})", advice=advice)
    if 300 <= status <= 399:
        raise failures.lasting(f"has moved: it sends to another address (status {status}), which isn't followed")
    raise failures.lasting(f"answered with the status {status}, and 200 is what counts")


async def _limited(response: aiohttp.ClientResponse, limit: int, failures: Failures) -> bytes:
    """The body, read in pieces, so that one without an end doesn't fill the memory."""
    body = bytearray()
    async for piece in response.content.iter_chunked(65_536):
        body += piece
        if len(body) > limit:
            raise failures.lasting(f"answered with more than {limit:,} bytes")
    return bytes(body)


def _read(body: bytes, failures: Failures) -> Answer:
    try:
        answer: Any = load_json(body, MAX_DEPTH, values=MOST_VALUES, constant=_no_number)
        check_value(answer, "The answer")
    except (ValueError, RecursionError) as error:
        raise failures.lasting("answered with what isn't JSON, or is too large or nested too deep") from error
    except InvalidInput as error:
        raise failures.lasting("answered with what can't be stored") from error
    if not isinstance(answer, dict):
        raise failures.lasting("answered with JSON that is no object")
    return answer


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} isn't a number in JSON")
