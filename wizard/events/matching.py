"""Which workflows an event starts: those whose `on` names its type, with a condition that holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from wizard.errors import ExpressionError
from wizard.model import Chain, Value, Workflow


class StartNames(NamedTuple):
    """What such a condition sees: the event, and the stored profile and session that it is about. There is no run
    yet, and so no answer. `now` is what people's clocks show."""

    now: datetime
    event: Mapping[str, Value]
    profile: Mapping[str, Value]
    session: Mapping[str, Value]

    def read(self, chain: Chain) -> Value:
        """None where there is no such value. Raises ExpressionError for a field of what has none."""
        documents: dict[str, Value] = {"event": self.event, "profile": self.profile, "session": self.session}
        value: Value = documents.get(chain[0])
        for name in chain[1:]:
            if value is not None and not isinstance(value, Mapping):
                raise ExpressionError(f"{'.'.join(chain)} can't be read: what is before .{name} has no fields.")
            value = None if value is None else value.get(name)
        return value


class Matched(NamedTuple):
    """The workflows that an event starts, and those of whose conditions that can't be said, each with why."""

    starts: tuple[Workflow, ...]
    failed: tuple[tuple[Workflow, ExpressionError], ...]


def candidates(workflows: Iterable[Workflow], event_type: str) -> list[Workflow]:
    """Those that an event of this type may start, by their ids."""
    named = (workflow for workflow in workflows if any(start.event == event_type for start in workflow.starts_on))
    return sorted(named, key=lambda workflow: workflow.id)


def has_condition(workflow: Workflow, event_type: str) -> bool:
    """Whether something has to hold for the workflow to be started by such an event."""
    return all(start.when is not None for start in workflow.starts_on if start.event == event_type)


def matching(workflows: Iterable[Workflow], event_type: str, names: StartNames) -> Matched:
    """Of these workflows, those that the event starts: each once, however many of its conditions hold."""
    starts: list[Workflow] = []
    failed: list[tuple[Workflow, ExpressionError]] = []
    for workflow in workflows:
        try:
            if _starts(workflow, event_type, names):
                starts.append(workflow)
        except ExpressionError as error:
            failed.append((workflow, error))
    return Matched(tuple(starts), tuple(failed))


def _starts(workflow: Workflow, event_type: str, names: StartNames) -> bool:
    """Raises ExpressionError where no condition holds and one can't be computed."""
    wrong: ExpressionError | None = None
    for start in workflow.starts_on:
        if start.event != event_type:
            continue
        try:
            if start.when is None or start.when.holds(names):
                return True
        except ExpressionError as error:
            wrong = error
    if wrong is not None:
        raise wrong
    return False
