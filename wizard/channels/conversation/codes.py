"""Short codes that take a run elsewhere: typed on another channel, one opens the run there, for minutes, and for
whoever uses it first.

A code has 39 random bits; that is enough for ten minutes at the few tries a minute that channels allow. It is stored
under a digest that is keyed with a secret of the store's. What it opens and the secret are sealed as the store is: who
reads a sealed store can't find out a code by trying all of them.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from wizard.channels.conversation.manners import ways
from wizard.engine import Engine
from wizard.errors import CodeUnknown
from wizard.locale.sentences import Sentence, sentence, sentence_for
from wizard.model.cells import Cell

PLACE, SECRET = "code/", "secret/codes"
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing in it looks like something else
LENGTH = 8
LASTS = timedelta(minutes=10)
TRIES = 10  # a minute, for each sender
LONGEST = 40  # characters that may be a code, with what is between its own

# Translators: what people may type before a code in a chat to go on with its run there, with bars between.
BY_CODE = sentence_for("said in a chat", "continue | go on with | code | start")
CODE = sentence("Type this code where you want to go on, within {minutes} minutes: {code}")
WRONG_CODE = sentence("This code isn't valid, or not any more. Get a new one where you come from.")
NO_CODE = sentence("This can’t be taken elsewhere from here.")


class Code(NamedTuple):
    """`text` is what is typed elsewhere."""

    text: str
    until: datetime

    @property
    def told(self) -> Sentence:
        """What is said of it."""
        return CODE.with_arguments(code=self.text, minutes=LASTS.seconds // 60)


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
        secret = await self._secret()
        while True:
            text = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
            digest = _digest(secret, text)
            if await self._cells.put(Cell(_key(digest), 1, {"digest": digest, "token": token}, run, until)):
                return Code(f"{text[:4]}-{text[4:]}", until)

    async def told(self, run: str, token: str | None) -> Sentence:
        """A new code as it is said in a chat; for a run whose token isn't known there (None) that there is none."""
        return NO_CODE if token is None else (await self.make(run, token)).told

    async def use(self, typed: str, by: str = "") -> Opened:
        """What the code opens. From then on it opens that only for whoever used it, as `by` tells them from others: so
        an answer that didn't arrive, or a process that died, costs them nothing. Nameless, for nobody. Raises
        CodeUnknown."""
        text = plain(typed)
        for secret in (await self._secret(), b""):  # without one: what an earlier version made is good for minutes
            digest = _digest(secret, text)
            while (cell := await self._cells.get(_key(digest))) is not None:
                if not hmac.compare_digest(str(cell.body.get("digest", "")), digest):
                    break
                if (opened := await self._used(cell, by)) is not None:
                    return opened
        raise CodeUnknown

    async def _used(self, cell: Cell, by: str) -> Opened | None:
        """None where somebody else was faster: it is looked at again. Raises CodeUnknown."""
        user, used = _digest(b"", by) if by else "", str(cell.body.get("user", ""))
        if cell.until is None or cell.until < self._engine.clock() or (used and used != user):
            raise CodeUnknown
        taken = replace(cell, version=cell.version + 1, body={**cell.body, "user": user})
        if used or await (self._cells.put(taken) if user else self._cells.drop(cell)):
            return Opened(cell.run, str(cell.body.get("token", "")))
        return None

    async def _secret(self) -> bytes:
        while (cell := await self._cells.get(SECRET)) is None:
            await self._cells.put(Cell(SECRET, 1, {"secret": secrets.token_bytes(32)}))
        return bytes(cell.body["secret"])


def plain(typed: str) -> str:
    """A code as it was made, however it is typed."""
    return "".join(letter for letter in typed[:LONGEST].upper() if letter.isalnum())


def may_be_code(typed: str) -> bool:
    """Whether a text looks like a code."""
    text = plain(typed)
    return len(typed) <= LONGEST and len(text) == LENGTH and all(letter in ALPHABET for letter in text)


def ways_to_continue(languages: Iterable[str]) -> list[str]:
    """What may be typed before a code, in these languages."""
    return list(dict.fromkeys(way for language in languages for way in ways(BY_CODE, language)))


def code_in(text: str, languages: Iterable[str]) -> str | None:
    """The code of a message that says to go on with one; None where it doesn't."""
    said = text.strip().removeprefix("/")
    for way in ways_to_continue(languages):
        match = re.fullmatch(rf"{re.escape(way)}[\s:]+(\S.{{0,40}})", said, re.IGNORECASE)
        if match is not None and may_be_code(match[1]):
            return match[1]
    return None


def _digest(secret: bytes, text: str) -> str:
    said = text.encode("utf-8", "surrogatepass")
    return (hmac.new(secret, said, sha256) if secret else sha256(said)).hexdigest()


def _key(digest: str) -> str:
    return PLACE + digest[:32]
