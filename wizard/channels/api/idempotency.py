"""Idempotency-Key: the same request again gets the same answer, and is not done again (S19).

The answer is stored in the transaction that its request caused (S20), so there is never a request
done without its answer kept, or the other way round. What changed nothing isn't stored: doing it again
gives the same.

A key is its sender's: the same key of another person is another key, so that nobody is answered what somebody
else was. Who moves a run has shown its token, and whose it is, before keys are looked at. Who starts one has shown no
more than who is signed in. Where nobody is, the key alone tells its sender apart, as a password would. A host that
signs people in has other keys among its callers' (an order's number), so there it has to be long enough to be random.

The answer to the request that creates a run holds the run's token, which must not stand in the
database: whoever reads a backup would open every run. It is stored sealed with the idempotency key and its sender,
and of the key only a hash is stored; who sends the key again opens the seal. The seal is an exclusive or
with a keyed hash, which is safe because each key of each sender seals one token: they are unique in their scope. It
is as strong as the key is hard to guess, so callers should send random ones (a UUID).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from aiohttp import web

from wizard.channels.http.problems import INVALID_REQUEST, Refused
from wizard.engine.view import RunView
from wizard.errors import KeyReused
from wizard.locale.sentences import sentence
from wizard.model import Reply
from wizard.process.one_at_a_time import OneAtATime
from wizard.stores.contract import Store

HEADER = "Idempotency-Key"
CREATION = ""  # the scope of the requests that create runs

LEAST_RANDOM = 22  # characters of a key that tells its sender apart: 128 random bits in base64; a UUID has more

_KEY = re.compile(r"[\x20-\x7e]{1,255}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request is answered: about the run `run_id`, as it is or was at `revision`. `token` is the
    new run's, where the request created one; the body is without it."""

    status: int
    body: bytes
    run_id: str
    revision: int
    token: str | None = None
    replayed: bool = False
    minimal: bool = False  # the run state in it is the minimal one


@dataclass(frozen=True, slots=True)
class Identity:
    """Which request this is: `key` as it is stored, unique in `scope`, and a digest of what is asked.
    `secret` is the key as it was sent, with who sent it."""

    scope: str
    key: str
    digest: bytes
    secret: bytes

    def reply(self, answer: Answer) -> Reply:
        body = answer.body if answer.token is None else self._seal(answer.token) + answer.body
        return Reply(self.scope, self.key, self.digest, answer.status, body)

    def answer(self, reply: Reply) -> Answer:
        """What was answered then. Raises KeyReused where something else was asked."""
        if reply.digest != self.digest:
            raise KeyReused
        body, token = reply.body, None
        if self.scope == CREATION:
            length = body[0] + 1
            token = self._pad(body[1:length]).decode("ascii")
            body = body[length:]
        told = json.loads(body)
        run = told.get("run", told)  # a problem has the run state in it
        minimal = "current" in run and "path" not in run
        return Answer(reply.status, body, run["id"], run.get("revision", 0), token, replayed=True, minimal=minimal)

    def _seal(self, token: str) -> bytes:
        sealed = self._pad(token.encode("ascii"))
        return bytes([len(sealed)]) + sealed

    def _pad(self, text: bytes) -> bytes:
        """Seals, and opens what is sealed. A token of over 64 characters can't be sealed."""
        key = blake2b(self.secret, digest_size=64).digest()
        pad = blake2b(key=key, digest_size=len(text), person=b"wizard seal").digest()
        return bytes(a ^ b for a, b in zip(text, pad, strict=True))


def idempotency_key(request: web.Request) -> str | None:
    """The key as it was sent, None where there is none. Raises Refused (400) where it can't be one."""
    keys = request.headers.getall(HEADER, ())
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise Refused(
            INVALID_REQUEST,
            sentence("{header} must be a single value of 1 to 255 printable ASCII characters.", header=HEADER),
        )
    return keys[0]


def identify(
    request: web.Request, scope: str, body: Mapping[str, Any], sender: str = "", *, needs_random: bool = False
) -> Identity | None:
    """None where the request has no key. `sender` is who sends it, "" where nothing but the scope tells: of a new
    run, where nobody is signed in; of another, whoever it opens to. With `needs_random` a key that could be guessed
    is refused. Raises Refused (400) where the key can't be used."""
    key = idempotency_key(request)
    if key is None:
        return None
    if needs_random and len(key) < LEAST_RANDOM:
        raise Refused(
            INVALID_REQUEST,
            sentence(
                "{header} must be random and have {least} characters or more, as a UUID does: anybody who "
                "guessed it would get the run. Only people who are signed in can use a shorter one.",
                header=HEADER,
                least=LEAST_RANDOM,
            ),
        )
    asked = [request.method, request.path, request.headers.get("If-Match"), body]
    digest = blake2b(json.dumps(asked, sort_keys=True, default=_number).encode(), digest_size=32).digest()
    secret = f"{len(sender)}:{sender}{key}".encode("utf-8", "surrogatepass")
    if scope == CREATION or sender:
        key = blake2b(secret, digest_size=32, person=b"wizard key 2").hexdigest()
    return Identity(scope, key, digest, secret)


def _number(value: Any) -> dict[str, str]:
    """A number with a point, digit for digit; no body has this object in its place."""
    return {"": str(value)}


class Recorder:
    """Makes the answer to a request out of the run's new state: within the turn, so that it is stored with it."""

    def __init__(self, identity: Identity, render: Callable[[RunView], Answer]) -> None:
        self._identity = identity
        self._render = render
        self._answer: Answer | None = None
        self._view: RunView | None = None

    def respond(self, view: RunView) -> Reply:
        self._view, self._answer = view, self._render(view)
        return self._identity.reply(self._answer)

    def stored(self, view: RunView) -> Answer | None:
        """The answer that was stored with this view. The engine may have tried more than once, and
        hands out the view of the try that was committed."""
        return self._answer if view is self._view else None


class Replies:
    """The answers given so far, and the requests with a key that are under way in this process: of two
    that come at once, the second waits for the first, so that no effect is begun twice."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._answering = OneAtATime()

    async def find(self, identity: Identity) -> Answer | None:
        """Raises KeyReused where the key came with another request."""
        reply = await self._store.reply(identity.scope, identity.key)
        return None if reply is None else identity.answer(reply)

    async def keep(self, identity: Identity, run_id: str, answer: Answer, at: datetime) -> Answer:
        """Stores the answer to a request that changed nothing of a run, and gives the one that is stored: another
        process may have made this very request meanwhile."""
        await self._store.keep_reply(run_id, identity.reply(answer), at)
        return await self.find(identity) or answer

    def one_at_a_time(self, identity: Identity) -> AbstractAsyncContextManager[None]:
        return self._answering.under((identity.scope, identity.key))
