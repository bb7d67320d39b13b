"""Delivers what was said to the channels, at least once and in order, by jobs that were stored with the turns.

Whoever does a job holds the conversation's link for a while, so that two don't send at the same time, and writes down
each message that was sent. Who dies in between sends one again, under the same id. What a channel doesn't take is tried
later, when it says so or less and less often; what it refuses for good is parked, and told to operators.
"""

from __future__ import annotations

import logging
import random
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from wizard.channels.conversation.attention import Attention
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.dialogue import Dialogue
from wizard.channels.outside.contract import Channel
from wizard.channels.outside.links import Link, Links
from wizard.channels.outside.rendering import rendered
from wizard.engine import Engine
from wizard.engine.jobs import ELSEWHERE
from wizard.errors import ChannelBusy, ChannelRefused
from wizard.model.backoff import pause_after
from wizard.model.job import Claim, JobKind
from wizard.model.talk import Speaker, Utterance
from wizard.process.isolation import Whose
from wizard.telemetry.logs import kind_and_place

HELD = timedelta(seconds=60)  # longer than one message may take to be sent
SOON = timedelta(seconds=1)  # until a conversation is looked at again that somebody delivers
LONGEST = 86_400.0  # seconds that a channel may ask to be left alone
MOST_FAILURES = 20  # in a row, over some eight hours
PAGE = 50

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
            return now + ELSEWHERE
        link, version = await self._links.get(key)
        if link is None or link.run != run or link.parked:
            return None
        if link.before is not None and link.before > now:
            return link.before
        if link.held is not None and link.held > now:
            return min(link.held, now + SOON)
        holder = uuid4().hex
        if not await self._links.put(key, replace(link, holder=holder, held=now + HELD), version):
            return now + SOON
        return await self._send_all(channel, key, run, holder)

    async def _send_all(self, channel: Channel, key: str, run: str, holder: str) -> datetime | None:
        while True:
            link, version = await self._links.get(key)
            if link is None or link.run != run or link.holder != holder:
                return self._engine.clock() + SOON
            said = await self._engine.said(run, link.delivered, PAGE)
            if not said:
                released = replace(link, holder="", held=None)
                return None if await self._links.put(key, released, version) else self._engine.clock() + SOON
            for one in said:
                try:
                    await self._send(channel, link, one)
                except Exception as error:
                    return await self._failed(key, link, version, error)
                held = self._engine.clock() + HELD
                link = replace(link, delivered=one.number, held=held, failures=0, before=None)
                if not await self._links.put(key, link, version):
                    return self._engine.clock() + SOON  # it leads elsewhere, or somebody thought that this one was dead
                version += 1

    async def _send(self, channel: Channel, link: Link, said: Utterance) -> None:
        if said.speaker is Speaker.PERSON and (not channel.echoes or said.id.startswith(f"{channel.name} ")):
            return
        seconds = self._engine.settings.step_timeout
        for message in rendered(said, link.to, channel.limits):
            sending = Whose(f"the channel {channel.name}", link.run, "channel")
            await self._engine.services.calls.within(seconds, partial(channel.send, message), sending)

    async def _failed(self, key: str, link: Link, version: int, error: Exception) -> datetime | None:
        now, failures = self._engine.clock(), link.failures + 1
        name = key.partition("/")[0]
        if isinstance(error, ChannelRefused) or failures >= MOST_FAILURES:
            reason = error.message if isinstance(error, ChannelRefused) else kind_and_place(error)
            parked = replace(link, holder="", held=None, failures=failures, parked=reason or "refused")
            if not await self._links.put(key, parked, version):
                return now + SOON
            log.error("the channel %s takes no more messages of run %s: %s", name, link.run, reason)
            await self._attention.undelivered(link.run, name, reason)
            return None
        pause = pause_after(failures, random.random())  # noqa: S311
        if isinstance(error, ChannelBusy) and error.seconds > 0:
            pause = timedelta(seconds=min(error.seconds, LONGEST))
        before = now + pause
        log.warning("the channel %s didn't take a message of run %s: %s", name, link.run, kind_and_place(error))
        waits = replace(link, holder="", held=None, failures=failures, before=before)
        return before if await self._links.put(key, waits, version) else now + SOON

    async def resume(self, key: str) -> None:
        """Takes up a conversation again whose channel had refused: somebody wrote there, or an operator says so. What
        is missing goes along with what is said next."""
        link, _ = await self._links.get(key)
        if link is not None and (link.parked or link.before is not None):
            await self._links.change(key, parked="", failures=0, before=None)
            await self._attention.delivered(link.run)

    async def resume_run(self, run: str) -> None:
        """The same for all conversations of a run, which ask again what they asked. Raises RunNotFound."""
        talks, view = Conversations(self._engine), await self._engine.load(run)
        for key in Dialogue.of(view.run.conversation).channels:
            await self.resume(key)
        await talks.join(run)
