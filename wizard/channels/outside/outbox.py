"""Delivers what was said to the channels, at least once and in order, by jobs that were stored with the turns.

Whoever does a job holds the conversation's link, so that two don't send at the same time: for longer than one message
can take, and anew with each that was sent, which is written down. Who dies in between sends one again, under the same
id. What a channel doesn't take is tried later, when it says so or less and less often; what it refuses for good is
parked, and told to operators.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from wizard.channels.conversation.attention import Attention
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.dialogue import Dialogue
from wizard.channels.outside.contract import Channel, Outbound
from wizard.channels.outside.holding import MARGIN, Hold
from wizard.channels.outside.links import Links
from wizard.channels.outside.rendering import rendered
from wizard.engine import Engine
from wizard.engine.jobs import elsewhere
from wizard.errors import ChannelBusy, ChannelRefused
from wizard.model.backoff import pause_after
from wizard.model.job import Claim, JobKind
from wizard.model.talk import Speaker, Utterance
from wizard.process.calls import LINGER
from wizard.process.isolation import Whose
from wizard.telemetry.logs import kind_and_place

SOON = timedelta(seconds=1)  # until a conversation is looked at again that somebody delivers
LONGEST = 86_400.0  # seconds that a channel may ask to be left alone
MOST_FAILURES, GIVES_UP = 20, timedelta(hours=8)  # in a row, and for so long
PAGE = 50
WELL: Mapping[str, Any] = {"failures": 0, "failing": None, "before": None, "asked": False}  # of a link

log = logging.getLogger("wizard.channels")


class Outbox:
    """That of one engine; `channels` are those of this process, by name."""

    def __init__(self, engine: Engine) -> None:
        self.channels: dict[str, Channel] = {}
        self._engine = engine
        self._links = Links(engine.store.cells)
        self._attention = Attention(engine)

    @classmethod
    def of(cls, engine: Engine) -> Outbox:
        """The engine's, which is made where it has none."""
        outbox = getattr(engine.errands.get(JobKind.DELIVER), "__self__", None)
        if not isinstance(outbox, cls):
            outbox = cls(engine)
            engine.errands[JobKind.DELIVER] = outbox.deliver
        return outbox

    async def deliver(self, claim: Claim) -> datetime | None:
        """Does a job: delivers what the conversation of its payload hasn't got yet. When there is to be another look;
        None where there is nothing left to do."""
        run, key = claim.job.run, str(claim.job.payload.get("to", ""))
        channel, now = self.channels.get(key.partition("/")[0]), self._engine.clock()
        if channel is None:
            return elsewhere(claim, now)
        link, version = await self._links.get(key)
        if link is None or link.run != run or link.parked:
            return None
        longest = timedelta(seconds=self._engine.settings.step_timeout + LINGER)
        if link.before is not None and now < link.before <= now + timedelta(seconds=LONGEST):
            return link.before
        if link.held is not None and now < link.held <= now + longest + 2 * MARGIN:  # beyond: the clock was set back
            return min(link.held, now + SOON)
        hold = Hold(self._links, key, link, self._engine.clock, longest)
        return await self._deliver(channel, hold) if await hold.take(version) else now + SOON

    async def _deliver(self, channel: Channel, hold: Hold) -> datetime | None:
        """Sends all that there is, and lets go."""
        try:
            while said := await self._engine.said(hold.link.run, hold.link.delivered, PAGE):
                for one in said:
                    if (again := await self._send(channel, hold, one)) is not None:
                        return again
            return None if await hold.let_go() else self._soon()
        except asyncio.CancelledError:  # the process is stopped: others needn't wait
            await hold.let_go()
            raise

    async def _send(self, channel: Channel, hold: Hold, said: Utterance) -> datetime | None:
        """Sends one message, part by part, and writes each down. When it is to be tried again, None where it was
        sent."""
        own = said.speaker is Speaker.PERSON and (not channel.echoes or said.id.startswith(f"{channel.name} "))
        if own or not (parts := rendered(said, hold.link.to, channel.limits)):
            hold.note(delivered=said.number)
            return None
        sent = hold.link.part if hold.link.parts == len(parts) else 0  # it may be divided otherwise than it was
        for at, part in enumerate(parts[sent:], sent + 1):
            if not await hold.has_time():
                return self._soon()
            try:
                await self._send_part(channel, hold.link.run, part)
            except Exception as error:
                return await self._failed(hold, error)
            if at < len(parts) and not await hold.keep(part=at, parts=len(parts)):
                return self._soon()
        told = await hold.keep(delivered=said.number, part=0, parts=0, **WELL)
        return None if told else self._soon()  # it leads elsewhere, or somebody thought that this one was dead

    async def _send_part(self, channel: Channel, run: str, part: Outbound) -> None:
        sending = Whose(f"the channel {channel.name}", run, "channel")
        seconds = self._engine.settings.step_timeout
        await self._engine.services.calls.within(seconds, partial(channel.send, part), sending)

    def _soon(self) -> datetime:
        return self._engine.clock() + SOON

    async def _failed(self, hold: Hold, error: Exception) -> datetime:
        """When there is to be another look, which finds nothing to do where it was parked."""
        now, run, failures = self._engine.clock(), hold.link.run, hold.link.failures + 1
        failing, name = hold.link.failing or now, hold.key.partition("/")[0]
        if isinstance(error, ChannelRefused) or (failures >= MOST_FAILURES and now - failing >= GIVES_UP):
            reason = error.message if isinstance(error, ChannelRefused) else kind_and_place(error)
            if not await hold.let_go(failures=failures, parked=reason or "refused"):
                return now + SOON
            log.error("the channel %s takes no more messages of run %s: %s", name, run, reason)
            await self._attention.undelivered(run, hold.key, reason)
            return now + SOON
        pause, asked = pause_after(failures, random.random()), False  # noqa: S311
        if isinstance(error, ChannelBusy) and error.seconds > 0:
            pause, asked = timedelta(seconds=min(error.seconds, LONGEST)), True
        log.warning("the channel %s didn't take a message of run %s: %s", name, run, kind_and_place(error))
        before = now + pause
        waits = await hold.let_go(failures=failures, failing=failing, before=before, asked=asked)
        return before if waits else now + SOON

    async def resume(self, key: str, *, at_once: bool = False) -> None:
        """Takes up a conversation again whose channel had refused, or failed: somebody wrote there, or an operator says
        so. What is missing goes along with what is said next; where the channel asked for a pause, after that, unless
        it is to be `at_once`."""
        link, _ = await self._links.get(key)
        if link is not None and (link.parked or (link.before is not None and (at_once or not link.asked))):
            await self._links.change(key, parked="", **WELL)
            await self._attention.delivered(link.run, key)

    async def resume_run(self, run: str, by: str = "", note: str = "") -> None:
        """The same for all conversations of a run, which ask again what they asked. Raises RunNotFound."""
        talks, view = Conversations(self._engine), await self._engine.load(run)
        await talks.audit(view, "deliver", by)
        for key in Dialogue.of(view.run.conversation).channels:
            await self.resume(key, at_once=True)
        await talks.join(run, note={"did": "had it delivered", "by": by, "note": note} if by else None)
