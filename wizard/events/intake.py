"""Taking an event: once for each id, whatever is delivered twice and whoever dies in the middle.

First it is stored what the event will do: the ids of the runs that it starts, and the runs that it reaches. Then it is
done, run by run: a run that is there already was started before, and a run knows again an event that it took in (S24).
Then what came of it is stored, and only after that it is acknowledged. Who finds an event that isn't done, because its
process died or another one is at it now, does the same things again, which changes nothing where they are done.
"""

from __future__ import annotations

import logging
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import blake2b

from wizard.engine import Engine
from wizard.engine.starting import new_id
from wizard.engine.view import RunView
from wizard.errors import (
    CallerError,
    HostError,
    InvalidInput,
    KeyReused,
    NotYours,
    RunBusy,
    RunNotFound,
    StaleRevision,
    StoreError,
    TooManyEvents,
    TooManyRuns,
    WizardError,
)
from wizard.events.matching import StartNames, candidates, has_condition, matching
from wizard.events.waiting import Waiting
from wizard.locale.sentences import sentence
from wizard.machine.arguments import check_ids_given, check_names
from wizard.machine.events import in_order
from wizard.model import Value
from wizard.model.copies import copied
from wizard.model.events import FIELDS, MAX_ID, Emitted, RunTold, RunToStart, TakenEvent
from wizard.model.instants import instant
from wizard.model.values import check_value, digest
from wizard.process.one_at_a_time import OneAtATime
from wizard.telemetry.logs import broke

MOST_STARTED = 100  # runs by one event
MOST_REACHED = 1000
MAX_TYPE = 64  # characters
LEAST_SECRET = 16  # bytes

_TYPE = re.compile(rf"[A-Za-z_][A-Za-z0-9_]{{0,{MAX_TYPE - 1}}}", re.ASCII)

log = logging.getLogger("wizard.events")


class Intake:
    """Takes events for an engine. `ids` gives ids that nobody can guess. With a `secret` of the host's own, 16 random
    bytes or more, the tokens of the runs that events start follow from it and from the run's id: the same event again
    gives them again, which were lost otherwise if the process dies before it can pass them on."""

    def __init__(
        self,
        engine: Engine,
        *,
        secret: bytes | None = None,
        ids: Callable[[], str] = new_id,
        most_started: int = MOST_STARTED,
        most_reached: int = MOST_REACHED,
    ) -> None:
        if secret is not None and not (isinstance(secret, bytes) and len(secret) >= LEAST_SECRET):
            raise HostError(f"The `secret` of an Intake is {LEAST_SECRET} random bytes or more.")
        self._engine = engine
        self._secret = secret
        self._ids = ids
        self._most_started = most_started
        self._most_reached = most_reached
        self._waiting = Waiting(engine)
        self._emitting = OneAtATime()  # of two that bring one event, the second finds what came of the first

    async def emit(
        self,
        type: str,  # noqa: A002 - the word of the format
        properties: Mapping[str, Value] | None = None,
        *,
        id: str | None = None,  # noqa: A002
        profile_id: str | None = None,
        session_id: str | None = None,
        at: datetime | None = None,
    ) -> Emitted:
        """Starts a run of each workflow whose `on` the event matches, and tells it to the runs of its profile or
        session that take events of its type. Returns after all of that is committed; with the `id` of an event that was
        taken before, nothing happens and the answer is the one of then.

        Raises InvalidInput for what can't be taken; KeyReused where another event was taken under this id; TooManyRuns
        where it would start or reach more runs than one event may, and then nothing has happened; TooManyEvents,
        RunBusy and WorkflowUnavailable where a run can't take it now: emit it again with the same id.
        """
        try:
            event = self._event(type, properties, id, profile_id, session_id, at)
            async with self._emitting.under(event.id):
                emitted = await self._take(event, id, profile_id, session_id)
        except WizardError:
            self._engine.watch.event("refused")
            raise
        self._engine.watch.event("again" if emitted.again else "matched" if emitted.runs else "unmatched")
        return emitted

    def _event(
        self,
        event_type: str,
        properties: Mapping[str, Value] | None,
        event_id: str | None,
        profile_id: str | None,
        session_id: str | None,
        at: datetime | None,
    ) -> TakenEvent:
        """What was sent, checked, before it is known what it does. Raises InvalidInput."""
        if not isinstance(event_type, str) or not _TYPE.fullmatch(event_type) or event_type in FIELDS:
            raise InvalidInput(
                sentence(
                    "An event needs a type of at most {most} letters, digits and underscores, like `purchase`, that is"
                    " none of {fields}.",
                    most=MAX_TYPE,
                    fields=", ".join(f"`{name}`" for name in FIELDS),
                )
            )
        check_ids_given(profile_id=profile_id, session_id=session_id)
        if event_id is not None and not _is_event_id(event_id):
            raise InvalidInput(
                sentence("The id of an event must be text of 1 to {most} characters that can be shown.", most=MAX_ID)
            )
        check_names("properties", properties or {})
        now = self._engine.clock()
        moment = now if at is None else _moment(at)
        own: Mapping[str, Value] = copied(dict(properties or {}))
        asked = digest(in_order([event_type, own, profile_id, session_id, None if at is None else moment]))
        event = TakenEvent(
            event_id or self._ids(),
            event_type,
            moment,
            own,
            profile_id or self._ids(),
            session_id or self._ids(),
            asked,
            now,
        )
        check_value(document_of(event), "The event")
        return event

    async def _take(
        self, event: TakenEvent, event_id: str | None, profile_id: str | None, session_id: str | None
    ) -> Emitted:
        events = self._engine.store.events
        stored = None if event_id is None else await events.get(event.id)
        if stored is None:
            planned = await self._planned(event, profile_id, session_id)
            if await events.add(planned):
                return await self._emitted(planned) if planned.is_done else await self._carry_out(planned)
            stored = await events.get(event.id) or planned
        if stored.asked != event.asked:
            raise KeyReused(sentence("Another event was taken under this id. Give each event an id of its own."))
        return await self._emitted(stored, again=True) if stored.is_done else await self._carry_out(stored)

    async def _planned(self, event: TakenEvent, profile_id: str | None, session_id: str | None) -> TakenEvent:
        """The event with all that it does. Ids that weren't given are new: nothing is stored of them. Raises
        TooManyRuns."""
        engine = self._engine
        workflows = candidates(engine.definitions.all_workflows(), event.type)
        profile: Mapping[str, Value] = {}
        session: Mapping[str, Value] = {}
        if any(has_condition(workflow, event.type) for workflow in workflows):
            profile = {} if profile_id is None else (await engine.store.document("profile", profile_id)).fields
            session = {} if session_id is None else (await engine.store.document("session", session_id)).fields
        names = StartNames(
            engine.clock.wall(),
            document_of(event),
            {**profile, "id": event.profile_id},
            {**session, "id": event.session_id},
        )
        matched = matching(workflows, event.type, names)
        for workflow, error in matched.failed:
            broke(log, error, "whether the event %s starts %s can't be said; it doesn't", event.id, workflow.id)
        if len(matched.starts) > self._most_started:
            raise TooManyRuns
        reaches = await self._waiting.runs(event.type, profile_id, session_id, self._most_reached)
        starts = tuple(RunToStart(workflow.id, self._ids()) for workflow in matched.starts)
        done = () if not (starts or reaches) else None
        return event._replace(starts=starts, reaches=reaches, runs=done)

    async def _carry_out(self, event: TakenEvent) -> Emitted:
        """Does what the event does, as far as it isn't done, and stores what came of it. What fails in one run doesn't
        keep it from the others; the first error that another try may not meet is raised then."""
        told: list[RunTold] = []
        failed: list[str] = []
        tokens: dict[str, str] = {}
        for start in event.starts:
            view = await self._start(event, start)
            if view is None:
                failed.append(start.workflow)
                continue
            told.append(_told(view))
            if view.token is not None:
                tokens[view.id] = view.token
        later: WizardError | None = None
        for run_id in event.reaches:
            try:
                if (reached := await self._reach(event, run_id)) is not None:
                    told.append(_told(reached))
            except StoreError:
                raise
            except WizardError as error:
                later = later or error
        if later is not None:
            raise later
        done = event._replace(runs=tuple(told), failed=tuple(failed))
        if await self._engine.store.events.finish(done):
            return await self._emitted(done, tokens=tokens)
        return await self._emitted(await self._engine.store.events.get(event.id) or done, again=True)

    async def _emitted(
        self, event: TakenEvent, *, again: bool = False, tokens: Mapping[str, str] | None = None
    ) -> Emitted:
        known = dict(tokens or {})
        for start in event.starts:
            token = self._token(start.run)
            if token is not None and start.run not in known and await self._opens(start.run, token):
                known[start.run] = token
        return Emitted(event.id, event.profile_id, event.session_id, event.runs or (), again, known)

    def _token(self, run_id: str) -> str | None:
        """The token that a run is started with; None where it is to be any."""
        if self._secret is None:
            return None
        key = blake2b(self._secret, digest_size=64).digest()
        made = blake2b(run_id.encode(), key=key, digest_size=24, person=b"wizard token").digest()
        return urlsafe_b64encode(made).decode()

    async def _opens(self, run_id: str, token: str) -> bool:
        """Whether it is the run's: the host may have had another secret then."""
        try:
            await self._engine.check_token(run_id, token)
        except (NotYours, RunNotFound):
            return False
        return True

    async def _start(self, event: TakenEvent, start: RunToStart) -> RunView | None:
        """The run that the event starts; None where it can't be started."""
        try:
            return await self._engine.start(
                start.workflow,
                event=document_of(event),
                profile_id=event.profile_id,
                session_id=event.session_id,
                run_id=start.run,
                token=self._token(start.run),
            )
        except StoreError:
            raise
        except StaleRevision:  # it was started before
            pass
        except WizardError as error:
            broke(log, error, "the event %s can't start %s", event.id, start.workflow)
        return await self._known(start.run)

    async def _known(self, run_id: str) -> RunView | None:
        try:
            return await self._engine.load(run_id)
        except RunNotFound:
            return None

    async def _reach(self, event: TakenEvent, run_id: str) -> RunView | None:
        """The run after it took the event in; None where it has ended, or waits for another one of this type. Raises
        what another try may not meet."""
        data = dict(event.properties) or None
        try:
            return await self._engine.event(run_id, event.type, data, key=_key_of(event.id))
        except (TooManyEvents, RunBusy):
            raise
        except CallerError:
            return None


def document_of(event: TakenEvent) -> dict[str, Value]:
    """The `event` of the runs that it starts."""
    return {"type": event.type, "id": event.id, "at": event.at, "properties": dict(event.properties)}


def _is_event_id(given: object) -> bool:
    """It stands in logs and lists, where a line break would begin a line of the sender's own."""
    return isinstance(given, str) and 0 < len(given) <= MAX_ID and given.isprintable()


def _moment(at: datetime) -> datetime:
    """Raises InvalidInput."""
    try:
        return instant(at)
    except (AttributeError, TypeError, ValueError) as error:
        raise InvalidInput("`at` must be a time with a time zone, from the year 1 to 9999.") from error


def _key_of(event_id: str) -> str:
    """By which a run knows the event again. It is no key that a sender of the run's own events would use."""
    return f"event {blake2b(event_id.encode(), digest_size=32).hexdigest()}"


def _told(view: RunView) -> RunTold:
    return RunTold(view.id, view.run.workflow, view.run.version, view.status.value)
