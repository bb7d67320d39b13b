"""Conversations about runs, for every channel that people write in: what comes in is taken once, in the order in which
it comes, and what is said to it is stored with the turn before anybody is told.

A channel hands in what somebody said, with the id that it has there, and delivers what `said` gives beyond the number
that it has delivered last. Ids are a set: a message may come twice, late and out of order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from wizard.channels.conversation.bells import Bells
from wizard.channels.conversation.codes import Codes
from wizard.channels.conversation.dialogue import Dialogue
from wizard.channels.conversation.digressions import Digressions
from wizard.channels.conversation.meanings import (
    MAX_ID,
    MOST_TEXT,
    Answer,
    Aside,
    Back,
    Begin,
    Cancel,
    Change,
    Digress,
    Elsewhere,
    GoOn,
    Heard,
    Incoming,
    Remove,
    Restart,
)
from wizard.channels.conversation.narration import Narration
from wizard.channels.conversation.order import silent_answers
from wizard.channels.conversation.replies import WITH_A_PERSON
from wizard.channels.conversation.understanding import is_secret, understand
from wizard.channels.conversation.wording import words_of
from wizard.engine import Engine
from wizard.engine.engine import RespondWith
from wizard.engine.narration import Said
from wizard.engine.view import RunView
from wizard.errors import (
    CallerError,
    InvalidInput,
    KeyReused,
    NotAConversation,
    NotTakenOver,
    RunBusy,
    RunCancelled,
    RunCompleted,
    RunExpired,
    RunNotFound,
    StaleInput,
    StaleRevision,
)
from wizard.locale.sentences import Sentence, sentence
from wizard.model import ENDED, RunStatus
from wizard.model.staging import Deed
from wizard.model.talk import OWN_ID, Speaker, Utterance
from wizard.process.one_at_a_time import OneAtATime

MOST_TRIES = 10  # of one message, where the run is moved all the time
PAGE = 200  # messages at once
LOOK = 1.0  # seconds between two looks at what another process may have said

OVERTAKEN = (StaleInput, StaleRevision, KeyReused)  # somebody was faster: a message may mean another thing now

_OVER = {RunStatus.COMPLETED: RunCompleted, RunStatus.CANCELLED: RunCancelled, RunStatus.EXPIRED: RunExpired}


class Conversations:
    """Those of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._one_at_a_time = OneAtATime()
        self._codes = Codes(engine)
        self._digressions = Digressions(engine, self.begin, self.hear, self.tell)
        self._bells = Bells(engine)
        self._is_stopping = False
        if engine.narrator is None:
            engine.narrator = Narration()

    async def begin(
        self,
        workflow: str,
        given: Mapping[str, object] | None = None,
        *,
        language: str = "",
        profile_id: str | None = None,
        session_id: str | None = None,
        run_id: str | None = None,
        token: str | None = None,
        channel: str = "",
        within: bool = False,
        respond: RespondWith | None = None,
    ) -> RunView:
        """A new run that is a conversation, `within` another one where it helps there; `said` of the view is what is
        said first, and delivered to the `channel` where one is named. Raises what Engine.start does."""
        return await self._engine.start(
            workflow,
            given,
            profile_id=profile_id,
            session_id=session_id,
            run_id=run_id,
            token=token,
            respond=respond,
            said=Said(Heard(Begin(language, channel, within))),
        )

    async def join(
        self, run_id: str, language: str = "", channel: str = "", note: Mapping[str, Any] | None = None
    ) -> list[Utterance]:
        """A run becomes a conversation, or one is come back to: says what is asked now, in the `channel` as well where
        one is named. A `note` of an operator's goes into the trace. Raises RunNotFound."""
        for _ in range(MOST_TRIES):
            view = await self._engine.load(run_id)
            before = Dialogue.of(view.run.conversation)
            with suppress(*OVERTAKEN):
                await self._say(view, Heard(Begin(language, channel)), note)
                await self._digressions.end_left(run_id, before)
                return await self._engine.said(run_id, before.last)
        raise RunBusy(run=run_id)

    async def hear(self, run_id: str, incoming: Incoming, token: str | None = None) -> list[Utterance]:
        """Takes a message and gives what is said to it; the same id again gives the same. With the run's `token` the
        person gets a code that takes the run elsewhere, where they ask for one. Raises RunNotFound, InvalidInput for an
        id that can't be one or is an operator's, RunBusy."""
        _check_id(incoming.id)
        async with self._one_at_a_time.under(run_id):
            for _ in range(MOST_TRIES):
                known = await self._known(run_id, incoming.id, Speaker.PERSON)
                if known is not None:
                    return await self._said_to(run_id, known)
                with suppress(*OVERTAKEN):
                    await self._take(run_id, incoming, token)
            raise RunBusy(run=run_id)

    async def tell(self, run_id: str, incoming: Incoming, told: Sentence | str) -> None:
        """Takes a message that isn't understood as one about the run, and says that to it. Raises what `hear`
        raises."""
        _check_id(incoming.id)
        async with self._one_at_a_time.under(run_id):
            for _ in range(MOST_TRIES):
                if await self._engine.utterance(run_id, incoming.id) is not None:
                    return
                view = await self._engine.load(run_id)
                dialogue = Dialogue.of(view.run.conversation)
                with suppress(*OVERTAKEN):
                    text = told if isinstance(told, str) else words_of(view, dialogue).say(told)
                    aside = Aside((text,), dialogue, silent=dialogue.agent == "speaks")
                    await self._say(view, Heard(aside, incoming, secret=is_secret(view, dialogue, incoming)))
                    return
            raise RunBusy(run=run_id)

    async def check_there(self, run_id: str) -> None:
        """Raises RunNotFound."""
        await self._engine.load(run_id)

    async def said(self, run_id: str, after: str = "", limit: int = PAGE) -> list[Utterance]:
        """What was said after the message with that id, in order. Raises InvalidInput where there is none."""
        return await self.said_beyond(run_id, await self.number_of(run_id, after), limit)

    async def number_of(self, run_id: str, message_id: str) -> int:
        """The number of the message with that id, 0 for "". Raises InvalidInput where there is none."""
        if not message_id:
            return 0
        message = await self._engine.utterance(run_id, message_id)
        if message is None:
            raise InvalidInput(sentence("`after` must be the id of a message of this conversation."))
        return message.number

    async def said_beyond(self, run_id: str, number: int, limit: int = PAGE) -> list[Utterance]:
        """What was said after the message with that number, in order."""
        return await self._engine.said(run_id, number, limit)

    async def said_within(self, run_id: str, after: str, seconds: float, limit: int = PAGE) -> list[Utterance]:
        """What was said after the message with that id, waited for until `stop`. What another process says is noticed
        within a second. Raises InvalidInput where there is none, and RunNotFound where the run is deleted: as soon as
        that is done in this process, else at the end."""
        number = await self.number_of(run_id, after)
        until = asyncio.get_running_loop().time() + seconds
        while not self._is_stopping and (left := until - asyncio.get_running_loop().time()) > 0:
            if not await self.wait(run_id, min(left, LOOK), number):
                continue
            if said := await self.said_beyond(run_id, number, limit):
                return said
            await self.check_there(run_id)  # it may be deleted meanwhile
        await self.check_there(run_id)
        return await self.said_beyond(run_id, number, limit)

    def stop(self) -> None:
        """Whoever waits for what is said has an answer now: the process is stopped."""
        self._is_stopping = True
        self._bells.ring_all()

    async def wait(self, run_id: str, seconds: float, number: int) -> bool:
        """Until something may have been said in this process, or the run was deleted there, at most so long; not at
        all where something was said after the message with that number meanwhile. Whether it was one of these."""
        with self._bells.hung_up(run_id) as bell:
            if await self.said_beyond(run_id, number, 1):
                return True
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await bell.wait()
            return bell.is_set()

    # -- operators ---------------------------------------------------------------------------------------

    async def take_over(self, run_id: str, by: str = "", note: str = "") -> None:
        """An operator speaks from now on: what the person says is passed on, and nothing of it is understood. Who that
        is stands in the trace and the audit, and isn't told. Raises RunNotFound, NotAConversation, RunBusy; for a run
        that has ended, whose conversation nobody looks after, RunCompleted, RunCancelled and RunExpired."""
        noted = {"did": "took over", "by": by, "note": note}
        await self._have_agent(run_id, "speaks", by, WITH_A_PERSON, "take over", noted)

    async def release(self, run_id: str, by: str = "", note: str = "") -> None:
        """The engine speaks again, and asks what it asked; nothing where it does. Raises RunNotFound, RunBusy."""
        noted = {"did": "released", "by": by, "note": note}
        await self._have_agent(run_id, "", "", sentence("Let’s carry on."), "release", noted)

    async def pass_on(self, run_id: str, incoming: Incoming, by: str = "") -> Utterance:
        """What an operator says, who has taken over. The same id again is said once. Raises what `hear` raises, and
        NotTakenOver."""
        _check_id(incoming.id)
        if not incoming.text.strip() or len(incoming.text) > MOST_TEXT:
            raise InvalidInput(sentence("The `text` of a message has 1 to {most} characters.", most=MOST_TEXT))
        async with self._one_at_a_time.under(run_id):
            for tried in range(MOST_TRIES):
                if (known := await self._known(run_id, incoming.id, Speaker.OPERATOR)) is not None:
                    return known
                view = await self._engine.load(run_id)
                dialogue = Dialogue.of(view.run.conversation)
                if dialogue.agent != "speaks":
                    raise NotTakenOver(run=run_id)
                if not tried:
                    await self.audit(view, "write", by, message=incoming.id)
                with suppress(*OVERTAKEN):
                    heard = Heard(Aside((), dialogue, silent=True), incoming, by_operator=True)
                    await self._say(view, heard, {"did": "said", "by": by, "message": incoming.id})
            raise RunBusy(run=run_id)

    async def _have_agent(
        self, run_id: str, agent: str, by: str, told: Sentence, action: str, note: Mapping[str, Any]
    ) -> None:
        for tried in range(MOST_TRIES):
            view = await self._engine.load(run_id)
            if agent:
                _check_can_be_taken_over(view)
            before = Dialogue.of(view.run.conversation)
            if (before.agent, before.operator) == (agent, by):
                return
            if not tried:
                await self.audit(view, action, note["by"])
            dialogue = replace(before.returned(), agent=agent, operator=by)
            with suppress(*OVERTAKEN):
                await self._say(view, Heard(Aside((words_of(view, dialogue).say(told),), dialogue)), note)
                await self._digressions.end_left(run_id, before)
                return
        raise RunBusy(run=run_id)

    async def audit(self, view: RunView, action: str, by: str, **more: str) -> None:
        """Keeps who does it before it is done: what is done isn't missing there, whatever happens then. What they note
        of a person is in the run's trace: audits are in the clear in a sealed store, and stay when a run is deleted."""
        if by:
            deed = Deed(0, self._engine.clock(), by, action, view.workflow.id, {"run": view.id, **more}, "")
            await self._engine.store.stages.note(deed)

    # -- turns -------------------------------------------------------------------------------------------

    async def _take(self, run_id: str, incoming: Incoming, token: str | None) -> None:
        view = await self._engine.load(run_id)
        if not view.run.conversation:  # nothing was asked here yet
            await self._say(view, Heard(Begin()))
            view = await self._engine.load(run_id)
        dialogue = Dialogue.of(view.run.conversation)
        if (aside := await self._digressions.take(view, dialogue, incoming)) is not None:
            await self._say(view, aside)
        else:
            await self._understand(view, dialogue, incoming, token)
        await self._digressions.end_left(run_id, dialogue)

    async def _understand(self, view: RunView, dialogue: Dialogue, incoming: Incoming, token: str | None) -> None:
        run_id = view.id
        named = (incoming.edits or incoming.replies)[:MAX_ID]
        earlier = await self._engine.utterance(run_id, named) if named else None
        meaning = understand(view, dialogue, incoming, earlier)
        if meaning == Elsewhere():
            told = words_of(view, dialogue).say(await self._codes.told(run_id, token))
            meaning = Aside((told,), dialogue.without_doubt())
        heard = Heard(meaning, incoming, secret=is_secret(view, dialogue, incoming, earlier))
        try:
            await self._move(view, dialogue, heard)
        except (StaleInput, StaleRevision, KeyReused, RunBusy, RunNotFound):
            raise
        except CallerError as error:  # what can't be done is said
            words = words_of(view, dialogue)
            told = error.people if isinstance(error.people, str) else words.say(error.people)
            now = await self._engine.load(run_id)
            refused = Aside((told,), Dialogue.of(now.run.conversation).without_doubt())
            await self._say(now, replace(heard, meaning=refused))

    async def _move(self, view: RunView, dialogue: Dialogue, heard: Heard) -> None:
        engine, said, revision = self._engine, Said(heard), view.revision
        match heard.meaning:
            case Answer():
                await self._answer(view, dialogue, heard, heard.meaning)
            case GoOn():
                step = view.step if view.status is RunStatus.WAITING else None
                await engine.next(view.id, {}, step=step, revision=revision, said=said)
            case Restart():
                await engine.restart(view.id, revision=revision, said=said)
            case Back():
                await engine.previous(view.id, revision=revision, said=said)
            case Change():
                await self._change(view, heard, heard.meaning)
            case Remove(item):
                await engine.remove_item(view.id, item, revision=revision, said=said)
            case Cancel():
                await engine.cancel(view.id, said=said)
            case Digress():
                incoming = heard.incoming or Incoming("")
                aside = await self._digressions.start(view, dialogue, heard.meaning, incoming)
                await self._say(view, replace(heard, meaning=aside))
            case Aside() | Begin():
                await self._say(view, heard)

    async def _answer(self, view: RunView, dialogue: Dialogue, heard: Heard, answer: Answer) -> None:
        """A form takes one field at a time; another step all its answers, when the last one was given."""
        prompt = view.current
        given: dict[str, Any] = {answer.name: answer.value}
        if not prompt.in_parts:
            given = {**silent_answers(prompt), **dialogue.given, **given}
            missing = [field for field in dialogue.filling.fields(prompt) if field.name not in given]
            if missing:
                now = replace(dialogue, given=given, asked=(*dialogue.asked, answer.name), name=missing[0].name)
                await self._say(view, replace(heard, meaning=Aside((), now.without_doubt())))
                return
        await self._engine.next(
            view.id, given, step=view.step, revision=view.revision, partial=prompt.in_parts, said=Said(heard)
        )

    async def _change(self, view: RunView, heard: Heard, change: Change) -> None:
        """An answer that isn't taken changes nothing, and is told; where others are missing then, these are asked."""
        answers = {change.name: change.value} if change.gives else None
        after = await self._engine.change(
            view.id, change.step, answers, keep=change.gives, revision=view.revision, said=Said(heard)
        )
        if after.rejected is None:
            return
        errors = {field.name: field.error for field in after.rejected.fields if field.error}
        if errors and change.name not in errors and after.rejected.in_parts:
            opening = replace(heard, meaning=replace(change, opens=True))
            await self._engine.change(view.id, change.step, revision=view.revision, said=Said(opening))
            return
        told = next(iter(errors.values()), None) or after.rejected.error or ""
        aside = Aside((told,), Dialogue.of(view.run.conversation).without_doubt())
        await self._say(view, replace(heard, meaning=aside))

    async def _say(self, view: RunView, heard: Heard, note: Mapping[str, Any] | None = None) -> None:
        over = view.status in ENDED
        revision = None if over else view.revision
        await self._engine.say(view.id, Said(heard), revision=revision, over=over, note=note)

    async def _known(self, run_id: str, message_id: str, by: Speaker) -> Utterance | None:
        """What they said already under that id. Raises InvalidInput where somebody else did: what came second would be
        lost as if it had come twice."""
        known = await self._engine.utterance(run_id, message_id)
        if known is not None and known.speaker is not by:
            raise InvalidInput(
                sentence(
                    "The `id` of this message is that of another one in this conversation. Give it one of its own."
                )
            )
        return known

    async def _said_to(self, run_id: str, message: Utterance) -> list[Utterance]:
        """What was said to a message of the person's, in order."""
        answers: list[Utterance] = []
        after = message.number
        while page := await self._engine.said(run_id, after, PAGE):
            answers += [said for said in page if said.about == message.number]
            after = page[-1].number
            if len(page) < PAGE or any(said.about > message.number for said in page):
                break
        return answers


def _check_can_be_taken_over(view: RunView) -> None:
    """Raises NotAConversation, RunCompleted, RunCancelled and RunExpired."""
    if not view.run.conversation:
        raise NotAConversation(run=view.id)
    if (over := _OVER.get(view.status)) is not None:
        raise over(run=view.id)


def _check_id(message_id: str) -> None:
    """Raises InvalidInput."""
    if not (0 < len(message_id) <= MAX_ID and message_id.isprintable()):
        raise InvalidInput(sentence("The `id` of a message is a text of 1 to {most} characters.", most=MAX_ID))
    if message_id.startswith(OWN_ID):
        what = sentence("The `id` of a message can't begin with “{own}”: these are the answers'.", own=OWN_ID)
        raise InvalidInput(what)
