"""Visits: a node is handed its configuration, the data it can see and its own state, and nothing else.

Everything here is without side effects but for `Driver`, which calls nodes for the machine.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import Any, assert_never

from wizard.codec import check_value
from wizard.errors import InvalidInput, NodeContractError, NodeFailed, WizardError
from wizard.model import Item, Kind, Outcome, Proceed, Prompt, Run, Step, Value, Wait, Workflow
from wizard.node import NodeType, Services, Visit
from wizard.places import AFTER, Place, call_of, locate
from wizard.requests import Check, Close, Execute, Look, Remove, Request, Result
from wizard.retrying import persevere
from wizard.scope import Scope, Visible
from wizard.turn import Turn

log = logging.getLogger("wizard.nodes")

NOBODY = Services()
BROKEN = "Something went wrong here. Try again; if it stays, tell whoever runs this service."


def idempotency_key(run_id: str, step: Step) -> str:
    """S21: the same for every try of one visit, which has the same inputs throughout; another for
    every other visit. 32 hexadecimal digits."""
    return blake2b(f"{run_id}/{step.visit}".encode(), digest_size=16).hexdigest()


def make_visit(
    workflow: Workflow, run: Visible, step: Step, now: datetime, services: Services = NOBODY, *, record: bool = False
) -> Visit[Any]:
    """What the node of `step` is handed; with `record`, its scope notes what is read."""
    place = locate(workflow, step.path)
    scope = Scope(run, place.frame, now, record=record)
    return Visit(
        config=place.node.config,
        node=place.node,
        step=step.path,
        run=run.id,
        names=scope,
        services=services,
        now=now,
        key=idempotency_key(run.id, step),
        output=step.output,
        draft=step.draft,
        state=dict(step.state) if step.state else {},
        review=lambda: summarise(workflow, run, now, before=step),
        items=lambda: _items(workflow, run, place, step, now),
    )


def look(workflow: Workflow, run: Run, step: Step, now: datetime) -> Prompt:
    """What a foreground step asks, as it is kept. Raises WizardError where it can't be computed."""
    return _prompt(make_visit(workflow, run, step, now))


def _prompt(visit: Visit[Any]) -> Prompt:
    handler: NodeType[Any] = visit.node.handler
    try:
        return handler.prompt(visit)
    except WizardError:
        raise
    except Exception as error:
        log.exception("step %s of run %s can't be shown", visit.step, visit.run)
        raise NodeFailed(BROKEN, node=visit.step, run=visit.run) from error


def summarise(workflow: Workflow, run: Visible, now: datetime, before: Step | None = None) -> tuple[Item, ...]:
    """The lines a review shows: what each decided foreground step below `before` answered."""
    lines: list[Item] = []
    for step in run.steps[: run.cursor + 1]:
        if before is not None and step.seq >= before.seq:
            break
        if step.is_foreground and step.is_done and (items := _summary(workflow, run, step, now)):
            group = _group(run, locate(workflow, step.path), now) if "/" in step.path else ""
            lines += (replace(item, group=item.group or group) for item in items) if group else items
    return tuple(lines)


def _group(run: Visible, place: Place, now: datetime) -> str:
    """What the item of a repeat is called that the step belongs to ("Person 2"), so that equal questions can be told
    apart; "" outside of repeats."""
    frame = place.frame
    while frame.item is None:
        if frame.parent is None:
            return ""
        frame = frame.parent
    assert frame.call is not None
    assert frame.parent is not None
    position = sum(1 for number in range(1, frame.item + 1) if f"{frame.base}/{number}" not in run.removed)
    repeat = call_of(frame.call).repeat
    name = repeat.item if repeat is not None and repeat.item else frame.call.title
    called = name.render(Scope(run, frame.parent, now)) if name is not None else ""
    return f"{called} {position}".strip()


def _items(workflow: Workflow, run: Visible, place: Place, step: Step, now: datetime) -> tuple[Item, ...]:
    """The items of the repeat whose list page `step` is: each with its first answers, the step to
    change it at, and its path to take it out."""
    if place.after is None:
        return ()
    base = step.path.rpartition("/")[0]
    numbers = (number for number in range(1, place.after + 1) if f"{base}/{number}" not in run.removed)
    by_number: dict[int, list[Step]] = {number: [] for number in numbers}
    for other in run.steps[: run.cursor + 1]:
        answered = other.is_foreground and other.is_done
        if answered and other.path.startswith(base + "/") and other.seq < step.seq:
            segment = other.path[len(base) + 1 :].partition("/")[0]
            if not segment.startswith(AFTER):
                by_number[int(segment)].append(other)
    repeat = call_of(place.node).repeat
    called = repeat.item.render(Scope(run, place.frame, now)) if repeat is not None and repeat.item else ""
    items: list[Item] = []
    for position, (number, steps) in enumerate(by_number.items(), start=1):
        lines = [line.value for each in steps for line in _summary(workflow, run, each, now) if line.value]
        label = f"{called} {position}".strip()
        first = steps[0].path if steps else None
        items.append(Item(label, ", ".join(lines[:2]), step=first, remove=f"{base}/{number}"))
    return tuple(items)


def _summary(workflow: Workflow, run: Visible, step: Step, now: datetime) -> tuple[Item, ...]:
    visit = make_visit(workflow, run, step, now)
    handler: NodeType[Any] = visit.node.handler
    return handler.summary(visit)


class Driver:
    """Answers the machine's requests by calling nodes. `prompt` is what the last one showed."""

    def __init__(self, turn: Turn, services: Services, save: Callable[[Step], Awaitable[None]]) -> None:
        self.prompt: Prompt | None = None
        self._turn = turn
        self._services = services
        self._save = save  # stores what the turn has decided so far, before an effect or its undoing (S21)

    async def answer(self, request: Request) -> Result:
        match request:
            case Execute(step, given, partial):
                return await self._execute(step, given, partial)
            case Look(step):
                self._look(step)
            case Check(step):
                return Result(holds=self._accepts(step))
            case Remove(step):
                await self._tell(step, "remove")
            case Close(step):
                await self._tell(step, "close")
            case _:
                assert_never(request)
        return NOTHING

    def _look(self, step: Step) -> None:
        """Where the prompt can't be computed, the run is moved all the same; its view says what is wrong."""
        with suppress(WizardError):
            self.prompt = _prompt(self._visit(step))

    def _accepts(self, step: Step) -> bool:
        """An answer that can't be judged is asked for again."""
        visit = self._visit(step)
        try:
            return bool(visit.node.handler.accepts(visit))
        except Exception:
            log.exception("the answer to step %s of run %s can't be judged", step.path, self._turn.id)
            return False

    def _visit(self, step: Step, *, record: bool = False) -> Visit[Any]:
        return make_visit(self._turn.workflow, self._turn, step, self._turn.now, self._services, record=record)

    async def _execute(self, step: Step, given: Mapping[str, Value] | None, partial: bool) -> Result:
        background = step.kind is Kind.BACKGROUND
        visit = self._visit(step, record=background)
        visit.input, visit.partial = given, partial
        handler: NodeType[Any] = visit.node.handler
        if background and not handler.pure:
            await self._save(step)
        outcome: Outcome | None = None
        failure: WizardError | None = None
        try:
            if background and not handler.own_retries:
                outcome = _checked(await persevere(lambda: handler.execute(visit), visit), visit)
            else:
                outcome = _checked(await handler.execute(visit), visit)
            if isinstance(outcome, Wait):
                self.prompt = outcome.prompt
        except WizardError as error:
            failure = error
        except Exception as error:
            log.exception("node %s of run %s failed", step.path, self._turn.id)
            failure = NodeFailed(BROKEN)
            failure.__cause__ = error
        if failure is not None:
            failure.node = failure.node or step.path
            outcome = None
        after = _with_traces(step, visit, proceeds=isinstance(outcome, Proceed))
        return Result(outcome, failure, after, files=tuple(visit.files))

    async def _tell(self, step: Step, what: str) -> None:
        """`remove` and `close`. A node that fails in them can't stop the person (their answers are
        what counts); the log says so."""
        handler: NodeType[Any] = locate(self._turn.workflow, step.path).node.handler
        method = getattr(handler, what)
        if method.__func__ is getattr(NodeType, what):
            return
        if what == "remove":
            await self._save(step)
        try:
            await method(self._visit(step))
        except Exception:
            log.exception("%s of node %s of run %s failed", what, step.path, self._turn.id)


def _checked(outcome: object, visit: Visit[Any]) -> Outcome:
    """What a node reported, if it can be taken, and what it left can be stored. Raises NodeContractError
    or NodeFailed."""
    name = visit.node.type
    if not isinstance(outcome, Proceed | Wait):
        raise NodeContractError(f"node type {name} reported {type(outcome).__name__}. Return Proceed or Wait.")
    try:
        if isinstance(outcome, Proceed):
            if not isinstance(outcome.output, Mapping):
                what = type(outcome.output).__name__
                raise NodeContractError(f"node type {name} proceeds with {what}. Its output must map names to values.")
            check_value(outcome.output, f"The output of node {visit.step}")
        if visit.changes:
            check_value(list(visit.changes.values()), f"What node {visit.step} sets")
        if visit.state:
            check_value(visit.state, f"The state of node {visit.step}")
    except InvalidInput as error:
        raise NodeFailed(error.message) from error
    return outcome


NOTHING = Result()


def _with_traces(step: Step, visit: Visit[Any], *, proceeds: bool) -> Step:
    """The step with what the call left: the node's state, the draft, what was read, and, if it is done, set."""
    scope = visit.names
    reads = scope.digests() if isinstance(scope, Scope) and scope.reads else step.reads
    if (
        not visit.state
        and not step.state
        and visit.draft is step.draft
        and reads is step.reads
        and not (proceeds and (visit.changes or step.patch))
    ):
        return step
    patch = visit.changes if proceeds else step.patch
    return step._replace(state=visit.state or None, draft=visit.draft, reads=reads, patch=patch)
