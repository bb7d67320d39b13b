"""Conversations that somebody has to look after: a person is wanted or speaks there, or a channel takes no messages.

That a person is wanted is of the run (Dialogue.agent). Here it is listed, by a job that was stored with the turn; and
where nobody comes in time, or an operator falls silent, the person who waits is told.
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
from wizard.engine.view import RunView
from wizard.errors import RunNotFound, StaleInput, StaleRevision, WizardError
from wizard.locale.sentences import Sentence, sentence
from wizard.model import ENDED, Value
from wizard.model.cells import Cell
from wizard.model.job import Claim, JobKind
from wizard.model.talk import Speaker, Utterance

STATES = ("wanted", "speaks", "undelivered")  # in which somebody has to look after a conversation
PLACE = "waits/"
AGENT, CHANNEL = "waits/agent/", "waits/channel/"

NOBODY_CAME = sentence("Nobody is available at the moment. Let’s carry on; you can ask again whenever you like.")
GONE = sentence("The person you were chatting with has left. Let’s carry on; you can ask again whenever you like.")
PASSED_ON = sentence("The person you were chatting with has left. I’m asking somebody else.")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A conversation on the list. `state` is wanted, speaks or undelivered; `by` the operator who speaks, `reason` why
    a `channel` takes nothing. `age` is for how many seconds it has been so, `last` what was said last. `place` is what
    the next page of the list begins after."""

    run: str
    workflow: str
    state: str
    since: datetime
    by: str = ""
    channel: str = ""
    reason: str = ""
    place: str = ""
    age: int = 0
    last: Utterance | None = None


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

    async def listed(self, limit: int, after: str = "", state: str = "") -> list[Waiting]:
        """Those on the list, or of these the ones in that state, in no particular order."""
        found: list[Cell] = []
        while page := await self._cells.list(PLACE, limit, after):
            found += [cell for cell in page if state in ("", cell.body.get("state"))]
            if len(found) >= limit or len(page) < limit:
                break
            after = page[-1].key
        return [await self._looked_at(_waiting(cell)) for cell in found[:limit]]

    async def _looked_at(self, waiting: Waiting) -> Waiting:
        last: list[Utterance] = []
        with suppress(WizardError):  # one that can't be read is listed all the same
            view = await self._engine.load(waiting.run)
            last = await self._engine.said(waiting.run, Dialogue.of(view.run.conversation).last - 1)
        age = max(0, int((self._engine.clock() - waiting.since).total_seconds()))
        return replace(waiting, age=age, last=last[-1] if last else None)

    async def undelivered(self, run: str, to: str, reason: str) -> None:
        """A channel takes no more messages of the run; `to` is the key of its link, as a run may go to several."""
        with suppress(RunNotFound):
            view, channel = await self._engine.load(run), to.partition("/")[0]
            key = f"{CHANNEL}{run}/{to}"
            await self._note(key, run, view.workflow.id, "undelivered", channel=channel, reason=reason[:500])

    async def delivered(self, run: str, to: str) -> None:
        """It is tried again."""
        await self._forget(f"{CHANNEL}{run}/{to}")

    async def attend(self, claim: Claim) -> datetime | None:
        """Does a job: puts the run on the list, or takes it off; when nobody comes for too long, or who came falls
        silent, says so. When there is to be another look. Raises RunNotFound."""
        run = claim.job.run
        view = await self._engine.load(run)
        dialogue = Dialogue.of(view.run.conversation)
        if not dialogue.agent or view.status in ENDED:
            await self._forget(AGENT + run)
            return None
        cell = await self._note(AGENT + run, run, view.workflow.id, dialogue.agent, by=dialogue.operator)
        if dialogue.agent == "wanted":
            return await self._wait(view, dialogue, cell.body["since"])
        return await self._listen(view, dialogue)

    async def _wait(self, view: RunView, dialogue: Dialogue, since: datetime) -> datetime | None:
        """For somebody who comes."""
        seconds = self._engine.settings.agent_timeout
        if not seconds:
            return None
        if self._engine.clock() < (until := since + timedelta(seconds=seconds)):
            return until
        return await self._gives_up(view, NOBODY_CAME, replace(dialogue, agent=""), {"did": "nobody came"})

    async def _listen(self, view: RunView, dialogue: Dialogue) -> datetime | None:
        """To an operator, who says something now and then. Where one doesn't, who has written meanwhile is passed on
        to another one, and with everybody else the form goes on."""
        seconds, spoke = self._engine.settings.operator_timeout, dialogue.spoke
        said = await self._engine.said(view.id, spoke - 1) if seconds and spoke else []
        if not said:
            return None
        if self._engine.clock() < (until := said[0].at + timedelta(seconds=seconds)):
            return until
        waits = any(one.speaker is Speaker.PERSON for one in said[1:])
        told, agent = (PASSED_ON, "wanted") if waits else (GONE, "")
        note = {"did": "fell silent", "by": dialogue.operator}
        return await self._gives_up(view, told, replace(dialogue, agent=agent, operator=""), note)

    async def _gives_up(
        self, view: RunView, told: Sentence, now: Dialogue, note: Mapping[str, Value]
    ) -> datetime | None:
        """Says what comes of waiting in vain, once."""
        heard = Heard(Aside((words_of(view, now).say(told),), now))
        try:
            await self._engine.say(view.id, Said(heard), revision=view.revision, note=note)
        except (StaleInput, StaleRevision):
            return self._engine.clock() + timedelta(seconds=1)
        if not now.agent:
            await self._forget(AGENT + view.id)
        return None

    async def _note(self, key: str, run: str, workflow: str, state: str, **more: str) -> Cell:
        """On the list since it is in that state."""
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
