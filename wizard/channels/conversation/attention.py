"""Conversations that somebody has to look after: a person is wanted or speaks there, or a channel takes no messages.

That a person is wanted is of the run (Dialogue.agent). Here it is listed, by a job that was stored with the turn; and
where nobody comes in time, the person who waits is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from wizard.channels.conversation.dialogue import Dialogue
from wizard.channels.conversation.meanings import Aside, Heard
from wizard.channels.conversation.wording import words_of
from wizard.engine import Engine
from wizard.engine.narration import Said
from wizard.errors import RunNotFound, StaleInput, StaleRevision
from wizard.locale.sentences import sentence
from wizard.model import ENDED
from wizard.model.cells import Cell
from wizard.model.job import Claim, JobKind

PLACE = "waits/"
AGENT, CHANNEL = "waits/agent/", "waits/channel/"

NOBODY_CAME = sentence("Nobody is free to write to you at the moment. Let us go on; ask again whenever you like.")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation on the list. `state` is wanted, speaks or undelivered; `by` the operator who speaks, `reason` why
    a `channel` takes nothing. `place` is what the next page of the list begins after."""

    run: str
    workflow: str
    state: str
    since: datetime
    by: str = ""
    channel: str = ""
    reason: str = ""
    place: str = ""


class Attention:
    """Those of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._cells = engine.store.cells

    @classmethod
    def attach(cls, engine: Engine) -> Attention:
        """Has the engine's jobs of this kind done by one."""
        attention = cls(engine)
        engine.errands[JobKind.ATTEND] = attention.attend
        return attention

    async def listed(self, limit: int, after: str = "") -> list[Waiting]:
        """Those on the list, in no particular order."""
        return [_waiting(cell) for cell in await self._cells.list(PLACE, limit, after)]

    async def undelivered(self, run: str, channel: str, reason: str) -> None:
        """A channel takes no more messages of the conversation."""
        with suppress(RunNotFound):
            view = await self._engine.load(run)
            await self._note(CHANNEL, run, view.workflow.id, "undelivered", channel=channel, reason=reason[:500])

    async def delivered(self, run: str) -> None:
        """It is tried again."""
        await self._forget(CHANNEL + run)

    async def attend(self, claim: Claim) -> datetime | None:
        """Does a job: puts the run on the list, or takes it off; when nobody has come for too long, says so. When
        there is to be another look. Raises RunNotFound."""
        run = claim.job.run
        view = await self._engine.load(run)
        dialogue = Dialogue.of(view.run.conversation)
        if not dialogue.agent or view.status in ENDED:
            await self._forget(AGENT + run)
            return None
        cell = await self._note(AGENT, run, view.workflow.id, dialogue.agent, by=dialogue.operator)
        seconds = self._engine.settings.agent_timeout
        if dialogue.agent != "wanted" or not seconds:
            return None
        until: datetime = cell.body["since"] + timedelta(seconds=seconds)
        if self._engine.clock() < until:
            return until
        told = words_of(view, dialogue).say(NOBODY_CAME)
        heard = Heard(Aside((told,), replace(dialogue, agent="")))
        try:
            note = {"did": "nobody came"}
            await self._engine.say(run, Said(heard), revision=view.revision, note=note)
        except (StaleInput, StaleRevision):
            return self._engine.clock() + timedelta(seconds=1)
        await self._forget(AGENT + run)
        return None

    async def _note(self, place: str, run: str, workflow: str, state: str, **more: str) -> Cell:
        """On the list since it is in that state."""
        key = place + run
        while True:
            cell = await self._cells.get(key)
            if cell is not None and cell.body.get("state") == state and cell.body.get("by", "") == more.get("by", ""):
                return cell
            body = {"workflow": workflow, "state": state, "since": self._engine.clock(), **more}
            new = Cell(key, 1 if cell is None else cell.version + 1, body, run)
            if await self._cells.put(new):
                return new

    async def _forget(self, key: str) -> None:
        while (cell := await self._cells.get(key)) is not None:
            if await self._cells.drop(cell):
                return


def _waiting(cell: Cell) -> Waiting:
    body: Mapping[str, Any] = cell.body
    workflow, state, by, channel, reason = (
        str(body.get(name, "")) for name in ("workflow", "state", "by", "channel", "reason")
    )
    return Waiting(cell.run, workflow, state, body["since"], by, channel, reason, cell.key)
