"""A workflow whose nodes are looked at: each call of a node, and each case of a condition, leaves its line.

The engine plays it as any other. A node type's instance is copied, with its calls led through here; a condition's
expressions are asked by the machine and note what they said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from datetime import timedelta
from functools import partial
from time import perf_counter
from typing import Any

from wizard.debugging.clock import DebugClock
from wizard.debugging.outcomes import Outcomes
from wizard.debugging.recording import BROKEN_OFF, Recorder, note, noting
from wizard.debugging.resolving import resolved
from wizard.errors import WizardError
from wizard.machine.scope import Scope
from wizard.model import Branches, Call, Case, Kind, Later, Node, Outcome, Proceed, Retry, Value, Wait, Workflow
from wizard.model.path import Frame
from wizard.model.run import Visible
from wizard.model.trial import Line
from wizard.node import NodeType, Visit
from wizard.node.retry import pause_asked, persevere
from wizard.state.documents import DOCUMENTS, document

OTHERWISE = "otherwise"


class Observer:
    """Makes workflows that are looked at. Pauses between tries aren't waited for: they pass on the `clock`."""

    def __init__(self, recorder: Recorder, outcomes: Outcomes, clock: DebugClock) -> None:
        self._recorder = recorder
        self._outcomes = outcomes
        self._clock = clock
        self._opened: set[str] = set()

    def workflow(self, workflow: Workflow) -> Workflow:
        """The same workflow, looked at."""
        return replace(workflow, nodes={name: self._node(node) for name, node in workflow.nodes.items()})

    def _node(self, node: Node) -> Node:
        match node.config:
            case Branches(cases):
                return replace(node, config=Branches(tuple(self._case(node, number) for number in range(len(cases)))))
            case Call():
                config: Any = replace(node.config, workflow=self.workflow(node.config.workflow))
                return replace(node, config=config, handler=self._handler(node))
        return replace(node, handler=self._handler(node), retry=Retry(node.retry.attempts, timedelta(0), timedelta(0)))

    # -- conditions --------------------------------------------------------------------------------

    def _case(self, node: Node, number: int) -> Case:
        case = node.config.cases[number]
        return Case(_ObservedCase(self, node, number), case.goto)

    def take_case(self, node: Node, number: int, scope: Scope) -> bool:
        """Whether the case holds; it is noted where it does, or where none is left."""
        case, path = node.config.cases[number], scope.frame.prefix + node.id
        is_last = number + 1 == len(node.config.cases)
        try:
            holds = case.when is None or bool(case.when.holds(scope))
        except WizardError as error:
            self._note_condition(node, path, scope, error=error.message)
            raise
        if holds:
            port = OTHERWISE if case.when is None else str(case.when.source)
            self._recorder.cases.append((path, port))
            self._note_condition(node, path, scope, port=port)
        elif is_last:
            self._note_condition(node, path, scope, error="No case holds.")
        return holds

    def _note_condition(
        self, node: Node, path: str, scope: Scope, *, port: str | None = None, error: str | None = None
    ) -> None:
        self._open(scope.run, scope.frame, scope)
        state = documents(scope.run)
        seen = Scope(scope.run, scope.frame, scope.now)
        self._recorder.add(
            Line(
                path,
                node.id,
                node.type,
                port=port,
                input=_read(node, seen),
                config=resolved(node, seen),
                state_before=state,
                state_after=state,
                error=error,
            )
        )

    # -- embedded workflows --------------------------------------------------------------------------

    def _open(self, run: Visible, frame: Frame, scope: Scope) -> None:
        """Notes the nodes that embed the workflow of this frame, the outermost first, when it is come to first."""
        if frame.parent is None or frame.call is None or frame.base in self._opened:
            return
        self._open(run, frame.parent, scope)
        self._opened.add(frame.base)
        outside, state = Scope(run, frame.parent, scope.now), documents(run)
        config = resolved(frame.call, outside)
        line = Line(frame.base, frame.call.id, frame.call.type, config=config, state_before=state, state_after=state)
        line.input = config["with"]
        self._recorder.add(line)

    # -- steps ---------------------------------------------------------------------------------------

    def _handler(self, node: Node) -> NodeType[Any]:
        original: NodeType[Any] = node.handler
        observed: Any = copy(original)

        async def execute(visit: Visit[Any]) -> Outcome:
            if original.own_retries and not self._outcomes.acts(original, visit.step):
                return await persevere(partial(self._execute, node, original), visit)  # as it would itself
            return await self._execute(node, original, visit)

        def later(visit: Visit[Any]) -> Later | None:
            return original.later(visit) if self._outcomes.acts(original, visit.step) else None

        async def remove(visit: Visit[Any]) -> None:
            await self._end(original, visit, "undone", original.remove)

        async def close(visit: Visit[Any]) -> None:
            await self._end(original, visit, "closed", original.close)

        observed.execute, observed.later, observed.remove, observed.close = execute, later, remove, close
        observed.slow = original.slow or self._outcomes.takes_time(node.id)
        handler: NodeType[Any] = observed
        return handler

    async def _end(self, original: NodeType[Any], visit: Visit[Any], what: str, call: Any) -> None:
        line = self._recorder.known(visit.key)
        if not self._outcomes.acts(original, visit.step):
            return
        if line is None:
            await call(visit)
            return
        with noting(line):
            await call(visit)
        if what == "undone" and original.undoes:
            note(line, "It was undone: the step left the path.")

    async def _execute(self, node: Node, original: NodeType[Any], visit: Visit[Any]) -> Outcome:
        line, begun = self._line(node, visit), perf_counter()
        if visit.input is not None:
            line.input, line.error = dict(visit.input), None
            self._recorder.secrets.learn(visit.input, node.secrets)
        try:
            with noting(line):
                outcome = await self._outcomes.of(original, visit, line)
        except asyncio.CancelledError:
            line.error = BROKEN_OFF
            raise
        except Exception as error:
            self._failed(node, visit, line, error)
            raise
        finally:
            line.ms = round((line.ms or 0.0) + (perf_counter() - begun) * 1000, 3)
            _note_state(line, visit)
        self._note_outcome(node, line, outcome)
        self.note_visit(node, visit, outcome)
        return outcome

    def note_visit(self, node: Node, visit: Visit[Any], outcome: Outcome) -> None:
        """What came of a call, for an observer that looks at more than lines have."""

    def _line(self, node: Node, visit: Visit[Any]) -> Line:
        known = self._recorder.known(visit.key)
        if known is not None:
            return known
        scope = visit.names
        assert isinstance(scope, Scope)
        self._open(scope.run, scope.frame, scope)
        seen = Scope(scope.run, scope.frame, scope.now)
        line = Line(visit.step, node.id, node.type, config=resolved(node, seen))
        if node.kind is Kind.BACKGROUND:
            line.input = _read(node, seen)
        line.state_before = _state(visit)
        return self._recorder.add(line, visit.key)

    def _failed(self, node: Node, visit: Visit[Any], line: Line, error: Exception) -> None:
        message = error.message if isinstance(error, WizardError) else f"{type(error).__name__}: {error}"
        tried = 1 + sum(text.startswith("Try ") for text in line.log)
        if node.kind is Kind.BACKGROUND and pause_asked(error) is not None and tried < node.retry.attempts:
            seconds = node.retry.wait(tried, 1.0)
            self._clock.pass_by(timedelta(seconds=seconds))
            note(line, f"Try {tried} failed ({message.rstrip('.')}); {seconds:g} s to the next one weren't waited for.")
        line.error = message

    def _note_outcome(self, node: Node, line: Line, outcome: object) -> None:
        match outcome:
            case Proceed(output) if isinstance(output, Mapping):
                self._recorder.secrets.learn(output, node.secrets)
                line.output, line.error = dict(output), None
            case Wait(prompt) if outcome.rejected:
                errors = {field.name: field.error for field in prompt.fields if field.error}
                said = [f"{name}: {error}" for name, error in errors.items()]
                line.error = "; ".join([*([prompt.error] if prompt.error and not said else []), *said])


class _ObservedCase:
    """Stands for a case's expression."""

    def __init__(self, observer: Observer, node: Node, number: int) -> None:
        self._observer = observer
        self._node = node
        self._number = number

    def holds(self, scope: Scope) -> bool:
        return self._observer.take_case(self._node, self._number, scope)


def documents(run: Visible) -> dict[str, Value]:
    """The internal state, as it is at the cursor."""
    return {name: dict(document(run, name)) for name in DOCUMENTS}


def _state(visit: Visit[Any]) -> dict[str, Value]:
    """The internal state as the node finds it, and the node's own where it has one."""
    scope = visit.names
    assert isinstance(scope, Scope)
    own = {"node": dict(visit.state)} if visit.state else {}
    return {**documents(scope.run), **own}


def _note_state(line: Line, visit: Visit[Any]) -> None:
    after: dict[str, Any] = _state(visit)
    for (name, member), value in visit.changes.items():
        after[name] = {**after[name], member: value}
    line.state_after = after


def _read(node: Node, scope: Scope) -> dict[str, Value]:
    """What the node's configuration reads, by dotted name."""
    read: dict[str, Value] = {}
    for chain in sorted(_chains(node)):
        try:
            read[".".join(chain)] = scope.read(chain)
        except WizardError as error:
            read[".".join(chain)] = f"({error.message})"
    return read


def _chains(node: Node) -> frozenset[tuple[str, ...]]:
    if isinstance(node.config, Branches):
        return frozenset().union(*(case.when.chains for case in node.config.cases if case.when is not None))
    return node.names
