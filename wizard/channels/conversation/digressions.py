"""A workflow that helps aside in a conversation (`help`), and returns to its question.

It is a run of its own, with a conversation of its own. What somebody says goes to that first, and what is said there is
told in the conversation around it by a second turn. Each of both takes a message once, by its id, and the run's id
follows from the message that began it: whatever comes between the two turns, the message comes to the same when it is
delivered again.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from hashlib import blake2b
from typing import Any

from wizard.channels.conversation.commands import command_in
from wizard.channels.conversation.dialogue import Dialogue
from wizard.channels.conversation.meanings import Aside, Digress, Heard, Incoming
from wizard.channels.conversation.topics import topic_in
from wizard.channels.conversation.understanding import is_recognised, is_secret
from wizard.channels.conversation.wording import help_text, is_of_question, words_of
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.errors import InvalidInput, RunCompleted, RunExpired, RunNotFound, StaleRevision, WorkflowNotFound
from wizard.model import ENDED, Topic
from wizard.model.job import Claim
from wizard.model.talk import Speaker, Utterance
from wizard.stores.asides import note_aside

LEAVING = ("back", "cancel")  # what is said to return to the question
OUTSIDE = ("restart", "agent", "elsewhere")  # what is said of the conversation around it, and not of the help


class Digressions:
    """Those in the conversations of one engine, by what begins a conversation, hears in it and tells there."""

    def __init__(
        self,
        engine: Engine,
        begin: Callable[..., Awaitable[RunView]],
        hear: Callable[[str, Incoming], Awaitable[list[Utterance]]],
        tell: Callable[[str, Incoming, str], Awaitable[None]],
    ) -> None:
        self._engine, self._begin, self._hear, self._tell = engine, begin, hear, tell

    async def start(self, view: RunView, dialogue: Dialogue, digress: Digress, incoming: Incoming) -> Aside:
        """Starts the run that helps, and gives what it says. Where it can't be started, what can be said is told."""
        run_id = _run_id(view.id, incoming.id)
        owners: dict[str, Any] = {"profile_id": view.run.profile_id, "session_id": view.run.session_id}
        await note_aside(self._engine.store, view.id, run_id)
        try:
            await self._begin(digress.workflow, language=dialogue.language, run_id=run_id, within=True, **owners)
        except StaleRevision:
            """It was, by the same message, which wasn't answered then."""
        except (WorkflowNotFound, InvalidInput):
            return Aside((help_text(view, words_of(view, dialogue)),), dialogue.without_doubt())
        return await self._told(replace(dialogue.without_doubt(), digression=run_id, relayed=0))

    async def take(self, view: RunView, dialogue: Dialogue, incoming: Incoming) -> Heard | None:
        """What a message comes to while a run helps aside; None where it is for the conversation itself."""
        run_id, command = dialogue.digression, self._command(view, dialogue, incoming)
        if not run_id or dialogue.agent == "speaks" or command in OUTSIDE:
            return None
        if command in LEAVING:
            await _end(self._engine, run_id)
            return Heard(Aside((), dialogue.returned()), incoming)
        helping = await self._helping(view, dialogue, incoming)
        if helping is None:
            return None
        within = replace(incoming, replies="")  # that would be the id of a message outside
        topic = await self._topic(view, helping, within)
        if topic is not None and topic.workflow:
            secret = is_secret(helping, Dialogue.of(helping.run.conversation), within)
            return Heard(await self.start(view, dialogue, Digress(topic.workflow), incoming), incoming, secret=secret)
        await (self._hear(run_id, within) if topic is None else self._tell(run_id, within, topic.answer))
        taken = await self._engine.utterance(run_id, incoming.id)
        text = "" if taken is None else taken.text  # without passwords
        return Heard(await self._told(dialogue), replace(incoming, text=text))

    async def _topic(self, view: RunView, helping: RunView, incoming: Incoming) -> Topic | None:
        """The topic of the workflow around it that is asked for, where the help that is open takes a text for nothing
        but an answer in words: topics win over that, there as everywhere."""
        topic = topic_in(incoming.text, view.workflow.help)
        if topic is None or incoming.choice or incoming.edits or incoming.files:
            return None
        if await self._engine.utterance(helping.id, incoming.id) is not None:  # it was an answer when it came first
            return None
        return None if is_recognised(helping, Dialogue.of(helping.run.conversation), incoming) else topic

    async def _helping(self, view: RunView, dialogue: Dialogue, incoming: Incoming) -> RunView | None:
        """The run that helps, where a message is for that: not where it has ended, unless by the same message; nor
        what belongs to the question outside."""
        with suppress(RunNotFound):
            helping = await self._engine.load(dialogue.digression)
            is_over = helping.status in ENDED and await self._engine.utterance(helping.id, incoming.id) is None
            if not is_over and await self._is_for_it(view, dialogue, incoming):
                return helping
        return None

    async def _is_for_it(self, view: RunView, dialogue: Dialogue, incoming: Incoming) -> bool:
        if is_of_question(incoming.choice.partition(".")[0], view, dialogue):
            return False
        if incoming.replies and (question := await self._engine.utterance(view.id, incoming.replies)) is not None:
            of = question.expects
            if of is not None and (of.step, of.name) == (view.step, dialogue.name):
                return False
        return not incoming.edits or await self._engine.utterance(dialogue.digression, incoming.edits) is not None

    def _command(self, view: RunView, dialogue: Dialogue, incoming: Incoming) -> str:
        if incoming.choice or incoming.edits or incoming.files:
            return ""
        command = command_in(incoming.text, words_of(view, dialogue).language)
        return "" if command is None else command.name

    async def _told(self, dialogue: Dialogue) -> Aside:
        """What was said there and not yet here; where it is over, the conversation returns."""
        run_id = dialogue.digression
        over = (await self._engine.load(run_id)).status in ENDED
        said = await self._engine.said(run_id, dialogue.relayed)
        now = dialogue.returned() if over else replace(dialogue, relayed=said[-1].number if said else dialogue.relayed)
        return Aside((), now, relayed=tuple(one for one in said if one.speaker is Speaker.ENGINE))

    async def end_left(self, run_id: str, before: Dialogue) -> None:
        """Ends the run that helped aside where the conversation has moved on without it: nobody comes back to it."""
        if not before.digression:
            return
        try:
            now = Dialogue.of((await self._engine.load(run_id)).run.conversation)
        except RunNotFound:
            return
        if now.digression != before.digression:
            await _end(self._engine, before.digression)


async def end_by_job(engine: Engine, claim: Claim) -> None:
    """Ends the run that helped aside where something else than a message moved the conversation on: a page, work that
    came to its end, a program."""
    await _end(engine, str(claim.job.payload["run"]))


async def _end(engine: Engine, run_id: str) -> None:
    with suppress(RunNotFound, RunCompleted, RunExpired):
        await engine.cancel(run_id)


def _run_id(around: str, message_id: str) -> str:
    """As long as any run's, and as hard to guess for whoever doesn't know the run around it."""
    key = f"{around}\n{message_id}".encode()
    return urlsafe_b64encode(blake2b(key, digest_size=16, person=b"digression").digest())[:22].decode()
