"""Short codes that take a run elsewhere: typed on another channel, one opens the run there, once and for minutes.

A code has 39 random bits; that is enough for ten minutes at the few tries a minute that channels allow. It is stored
under its digest, and what it opens is sealed as the store is.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from wizard.engine import Engine
from wizard.errors import CodeUnknown
from wizard.model.cells import Cell

PLACE = "code/"
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing in it looks like something else
LENGTH = 8
LASTS = timedelta(minutes=10)
TRIES = 10  # a minute, for each sender
LONGEST = 40  # characters that may be a code, with what is between its own


class Code(NamedTuple):
    """`text` is what is typed elsewhere."""

    text: str
    until: datetime


class Opened(NamedTuple):
    """The run that a code opens; `token` is "" where it is its owner's alone."""

    run: str
    token: str


class Codes:
    """Those of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._cells = engine.store.cells

    async def make(self, run: str, token: str) -> Code:
        """A new code for a run, by somebody to whom it is open."""
        until = self._engine.clock() + LASTS
        while True:
            text = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
            digest = _digest(text)
            if await self._cells.put(Cell(_key(digest), 1, {"digest": digest, "token": token}, run, until)):
                return Code(f"{text[:4]}-{text[4:]}", until)

    async def use(self, typed: str) -> Opened:
        """What the code opens; from then on it opens nothing. Raises CodeUnknown."""
        digest = _digest(plain(typed))
        cell = await self._cells.get(_key(digest))
        if cell is None or not hmac.compare_digest(str(cell.body.get("digest", "")), digest):
            raise CodeUnknown
        if not await self._cells.drop(cell) or cell.until is None or cell.until < self._engine.clock():
            raise CodeUnknown
        return Opened(cell.run, str(cell.body.get("token", "")))


def plain(typed: str) -> str:
    """A code as it was made, however it is typed."""
    return "".join(letter for letter in typed[:LONGEST].upper() if letter.isalnum())


def may_be_code(typed: str) -> bool:
    """Whether a text looks like a code."""
    text = plain(typed)
    return len(typed) <= LONGEST and len(text) == LENGTH and all(letter in ALPHABET for letter in text)


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _key(digest: str) -> str:
    return PLACE + digest[:32]
