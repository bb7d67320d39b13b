"""Takes what comes by a channel: finds the run that its conversation is about, begins one where there is none, and has
each message taken once. An id is known for good: it is stored with the turn, or with the link where it moved that.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from wizard.channels.conversation.codes import TRIES, WRONG_CODE, Codes, code_in
from wizard.channels.conversation.commands import COMMANDS
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.dialogue import Dialogue
from wizard.channels.conversation.manners import spoken
from wizard.channels.conversation.meanings import Incoming
from wizard.channels.http.quotas import quota_of_messages
from wizard.channels.http.rate_limit import Rate
from wizard.channels.outside.contract import Channel, Inbound
from wizard.channels.outside.links import Link, Links, link_key
from wizard.channels.outside.outbox import Outbox
from wizard.engine import Engine
from wizard.engine.run_token import new_token
from wizard.engine.starting import new_id
from wizard.errors import CodeUnknown, RunNotFound, StaleRevision
from wizard.forms.characters import alike, encodable
from wizard.model import ENDED
from wizard.process.one_at_a_time import OneAtATime


class Inbox:
    """That of one channel. `workflow` is what somebody begins who writes for the first time."""

    def __init__(
        self, engine: Engine, channel: Channel, talks: Conversations, workflow: str, language: str = ""
    ) -> None:
        self._engine, self._channel, self._talks = engine, channel, talks
        self._workflow, self._language = workflow, language
        self._links, self._codes, self._outbox = Links(engine.store.cells), Codes(engine), Outbox.of(engine)
        self._one_at_a_time = OneAtATime()
        self._quota = quota_of_messages(engine.settings.message_rate)
        self._code_rate = Rate(TRIES)

    async def take(self, came: Inbound) -> None:
        """Takes one message; a known one is taken no second time, and isn't counted: a request with many of which some
        were refused gets on whenever it comes again. Raises Refused (429) for too many from one sender, and what
        Conversations.hear raises."""
        key = link_key(self._channel.name, came.conversation)
        async with self._one_at_a_time.under(key):
            link, _ = await self._links.get(key)
            if link is not None and await self._is_known(link, came):
                return
            if link is None or came.message not in link.taken:
                self._quota.check(key)
            while not await self._taken(key, came):
                """The conversation was moved at the same time: look again."""

    async def _taken(self, key: str, came: Inbound) -> bool:
        link, version = await self._links.get(key)
        if link is not None and came.message in link.taken:
            await self._arrive(key, link, came)
            return True
        if link is not None and (link.parked or link.before is not None):
            await self._outbox.resume(key)  # who writes can be written to
            link, version = await self._links.get(key)
        if (code := code_in(came.text, self._languages)) is not None:
            return await self._continue(key, link, version, came, code)
        if link is None or came.anew or await self._is_over(link, came):
            return await self._begin(key, link, version, came)
        try:
            await self._talks.hear(link.run, self._incoming(came), link.token)
        except RunNotFound:  # it was deleted: there is a new beginning
            return await self._begin(key, link, version, came)
        return True

    async def _is_known(self, link: Link, came: Inbound) -> bool:
        """Whether it was taken, for its run or when the conversation was about another one."""
        said = self._said_id(came, came.message)
        for run in (link.run, *link.former):
            if await self._engine.utterance(run, said) is not None:
                return True
        return False

    async def _is_over(self, link: Link, came: Inbound) -> bool:
        """Whether the run has ended, and somebody wants another one."""
        if alike(came.text).removeprefix("/") not in spoken(COMMANDS["restart"], self._language):
            return False
        try:
            return (await self._engine.load(link.run)).status in ENDED
        except RunNotFound:
            return True

    # -- moving the conversation -------------------------------------------------------------------------

    async def _begin(self, key: str, link: Link | None, version: int, came: Inbound) -> bool:
        new = (link or Link(came.conversation, "")).leads_to(new_id(), new_token(), came.message)
        if not await self._links.put(key, new, version):
            return False
        await self._arrive(key, new, came)
        return True

    async def _continue(self, key: str, link: Link | None, version: int, came: Inbound, code: str) -> bool:
        try:
            if self._code_rate.wait(key):
                raise CodeUnknown
            opened = await self._codes.use(code, key)
            view = await self._engine.load(opened.run)
        except (CodeUnknown, RunNotFound):
            if link is None and not await self._begin(key, link, version, came):
                return False
            link, _ = await self._links.get(key)
            if link is not None:
                await self._talks.tell(link.run, self._incoming(came), WRONG_CODE)
            return True
        last = Dialogue.of(view.run.conversation).last
        while True:
            link, version = await self._links.get(key)
            new = (link or Link(came.conversation, "")).leads_to(opened.run, opened.token, came.message)
            if await self._links.put(key, replace(new, delivered=last), version):
                await self._arrive(key, new, came)
                return True

    async def _arrive(self, key: str, link: Link, came: Inbound) -> None:
        """Makes sure that the run is there, and speaks here: also where a process died in the middle of that."""
        try:
            view = await self._engine.load(link.run)
        except RunNotFound:
            workflow, language = came.workflow or self._workflow, came.language or self._language
            try:
                await self._talks.begin(workflow, language=language, run_id=link.run, token=link.token, channel=key)
            except StaleRevision:  # another process has begun it
                return
        else:
            if key not in Dialogue.of(view.run.conversation).channels:
                await self._talks.join(link.run, channel=key)

    # -- what was said -------------------------------------------------------------------------------------

    def _said_id(self, came: Inbound, message: str) -> str:
        """The id of a message among those of its run, which may come by several channels: a digest, as databases have
        ids in the clear, and those of messengers may hold a telephone number."""
        named = f"{came.conversation}\n{message}".encode("utf-8", "surrogatepass")
        return f"{self._channel.name} {sha256(named).hexdigest()[:32]}"

    def _incoming(self, came: Inbound) -> Incoming:
        edits = self._said_id(came, came.edits) if came.edits else ""
        text, choice, replies = map(encodable, (came.text, came.choice, came.replies))  # half of an emoji may come
        return Incoming(self._said_id(came, came.message), text, choice, came.files, edits, _question(replies))

    @property
    def _languages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self._language or "en", "en")))


def _question(sent: str) -> str:
    """The id of the message that was sent under this one, in one part or in several ("w-4.1")."""
    return sent.partition(".")[0]
