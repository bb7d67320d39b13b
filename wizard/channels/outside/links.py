"""Which run a conversation of a channel is about, and how much of it was delivered there: a cell for each.

It is sealed as the store is, and its key is a digest: it doesn't say who somebody is.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from wizard.channels.conversation.stored import read_as
from wizard.model.cells import Cell, Cells
from wizard.model.talk import LINKS

MOST_TAKEN, MOST_FORMER = 50, 10  # ids of messages that moved the conversation to a run; runs that it was about


@dataclass(frozen=True, slots=True)
class Link:
    """`to` is the conversation as the channel calls it, `run` what it is about, opened by `token`. `delivered` is the
    number of the last message that was sent; `taken` are the ids of messages that led to this run, and `former` the
    runs that the conversation was about before, in which a late message may be known.

    Of the message after that, `part` of its `parts` were sent. Whoever delivers is `holder` until `held`. After
    `failures` in a row, the first at `failing`, nothing is tried `before` that time, which the channel itself may have
    `asked` for; `parked` says why nothing is any more."""

    to: str
    run: str
    token: str = ""
    delivered: int = 0
    part: int = 0
    parts: int = 0
    taken: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    holder: str = ""
    held: datetime | None = None
    failures: int = 0
    failing: datetime | None = None
    before: datetime | None = None
    asked: bool = False
    parked: str = ""

    def leads_to(self, run: str, token: str, message: str) -> Link:
        """The same conversation, about another run from that message on."""
        former = (*self.former, self.run)[-MOST_FORMER:] if self.run else ()
        taken = (*self.taken, message)[-MOST_TAKEN:]
        return Link(self.to, run, token, taken=taken, former=former)


class Links:
    """Those of a store."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    async def get(self, key: str) -> tuple[Link | None, int]:
        """The link, and its version, 0 where there is none."""
        cell = await self._cells.get(LINKS + key)
        return (None, 0) if cell is None else (read_as(Link, cell.body), cell.version)

    async def put(self, key: str, link: Link, version: int) -> bool:
        """Stores it over that version; False where somebody else was faster."""
        return await self._cells.put(Cell(LINKS + key, version + 1, _written(link), link.run))

    async def change(self, key: str, **changes: Any) -> Link | None:
        """Changes members of it, whatever else of it changes at the same time; None where there is none."""
        while True:
            link, version = await self.get(key)
            if link is None:
                return None
            changed = replace(link, **changes)
            if await self.put(key, changed, version):
                return changed


def link_key(channel: str, conversation: str) -> str:
    """The key of a channel's conversation."""
    return f"{channel}/{sha256(conversation.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


def _written(link: Link) -> dict[str, Any]:
    written = {each.name: getattr(link, each.name) for each in fields(link)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in written.items()}
