"""Events are a queue by name (S24): which of those that arrived a step may take, and what a run takes in at all.

A run holds the events that no step has taken, in the order in which they came. What a step took is the step's: it
goes back into the queue when the step leaves the path. What nobody takes lives until the run ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches

from wizard.errors import ExpressionError, InvalidInput, KeyReused, TooManyEvents
from wizard.expressions.expression import Names
from wizard.locale.sentences import Sentence, sentence
from wizard.machine.stack import Turn
from wizard.model import Arrival, Awaited, Chain, Delivery, Run, Step, Value, Workflow
from wizard.model.path import Frame, Place, frame_and_node_at
from wizard.model.values import MAX_VALUE_BYTES, digest, pack

MAX_ARRIVALS = 100  # that no step has taken
MAX_BYTES = 2 * MAX_VALUE_BYTES  # of those and the event document together
MAX_DELIVERIES = 256  # keys that are remembered


class DataNames:
    """What the condition of an event sees: its `data`, in front of what its node sees."""

    __slots__ = ("_data", "_outer")

    def __init__(self, data: Value, outer: Names) -> None:
        self._data = data
        self._outer = outer

    @property
    def now(self) -> datetime:
        return self._outer.now

    def read(self, chain: Chain) -> Value:
        if chain[0] != "data":
            return self._outer.read(chain)
        value = self._data
        for name in chain[1:]:
            if value is not None and not isinstance(value, Mapping):
                raise ExpressionError(f"{'.'.join(chain)} can't be read: what is before .{name} has no fields.")
            value = None if value is None else value.get(name)
        return value


def awaited(events: Sequence[Awaited], arrival: Arrival) -> Awaited | None:
    """The one of these events that an arrival is, by its name; None where it is none of them."""
    return next((event for event in events if event.name == arrival.name), None)


def oldest(arrivals: Iterable[Arrival], events: Sequence[Awaited], names: Names) -> Arrival | None:
    """The oldest arrival that a step which waits for these events may take."""
    for arrival in arrivals:
        event = awaited(events, arrival)
        if event is not None and _misfit(event, arrival, names) is None:
            return arrival
    return None


def check_fits(turn: Turn, place: Place, arrival: Arrival) -> None:
    """Raises InvalidInput where the step waits for such an event, and not for this one."""
    event = awaited(place.node.events, arrival)
    misfit = None if event is None else _misfit(event, arrival, turn.scope(place))
    if misfit is not None:
        raise InvalidInput(
            sentence(
                "The event `{name}` doesn't fit: {why} Send it again with other data.", name=arrival.name, why=misfit
            ),
            workflow=turn.workflow.id,
            node=place.node.id,
            run=turn.id,
        )


def _misfit(event: Awaited, arrival: Arrival, names: Names) -> Sentence | str | None:
    """Why what arrived isn't what is waited for: a sentence. None where it is."""
    if event.when is None:
        return None
    try:
        holds = event.when.holds(DataNames(arrival.data, names))
        return None if holds else sentence("`{condition}` doesn't hold.", condition=event.when.source)
    except ExpressionError as error:
        return error.message


# -- what a run takes in ---------------------------------------------------------------------------


def check_known(workflow: Workflow, name: str) -> None:
    """Raises InvalidInput for a name that the workflow doesn't use: nothing would ever come of it."""
    known = workflow.events
    if known is None or name in known or _is_past(known, name):
        return
    raise InvalidInput(_unknown_event(workflow.id, name, sorted(known)), workflow=workflow.id)


def _unknown_event(workflow: str, name: str, known: Sequence[str]) -> Sentence:
    if not known:
        return sentence(
            "The workflow `{workflow}` has no event `{name}`. It accepts no events.", workflow=workflow, name=name
        )
    listed = ", ".join(f"`{event}`" for event in known)
    if close := get_close_matches(name, known, n=1):
        return sentence(
            "The workflow `{workflow}` has no event `{name}`. Did you mean `{close}`? It accepts {known}.",
            workflow=workflow,
            name=name,
            close=close[0],
            known=listed,
        )
    return sentence(
        "The workflow `{workflow}` has no event `{name}`. It accepts {known}.",
        workflow=workflow,
        name=name,
        known=listed,
    )


def _is_past(known: frozenset[str], name: str) -> bool:
    """`paid_count` and `paid_taken` were fields beside `event.paid` once. They are ordinary names now, and no
    misspelling: who used them isn't refused."""
    event, _, field = name.rpartition("_")
    return field in ("count", "taken") and event in known


def is_delivered(run: Run, name: str, data: Value, key: str) -> bool:
    """Whether the run took in an event with this key before. Raises KeyReused where that was another one."""
    if not run.deliveries or not _is_known_again(data, key):
        return False
    delivery = _delivery(name, data, key)
    for known in run.deliveries:
        if known.key == delivery.key:
            if known.content == delivery.content:
                return True
            raise KeyReused(
                sentence(
                    "An event with this key was sent before, with a different name or data. Give each event "
                    "its own key."
                ),
                run=run.id,
            )
    return False


def _is_known_again(data: Value, key: str) -> bool:
    """Whether an event can be told from another one: by its key, or because its data has an `id` as those of webhooks
    have."""
    return bool(key) or (isinstance(data, Mapping) and isinstance(data.get("id"), str) and bool(data["id"]))


def _delivery(name: str, data: Value, key: str) -> Delivery:
    """How such an event is known again: by its key, or by all that it brings."""
    content = digest([name, in_order(data)])
    return Delivery(digest(key) if key else content, content)


def in_order(data: Value) -> Value:
    """Who sends an event again may send its fields in another order."""
    if isinstance(data, Mapping):
        return [[name, in_order(data[name])] for name in sorted(data)]
    return [in_order(item) for item in data] if isinstance(data, list) else data


def coming(turn: Turn, name: str, data: Value, key: str) -> Arrival:
    """The run's next event."""
    return Arrival(turn.arrived + 1, name, data, key, turn.now, pack(data))


def take_in(turn: Turn, arrival: Arrival) -> None:
    """Puts an event into the run's document and, where a node may take it, into its queue."""
    turn.arrived = arrival.number
    turn.amend("event", {arrival.name: arrival.data})
    if arrival.name in turn.workflow.awaited:
        turn.arrivals = (*turn.arrivals, arrival)
    if _is_known_again(arrival.data, arrival.key):
        delivery = _delivery(arrival.name, arrival.data, arrival.key)
        turn.deliveries = (*turn.deliveries, delivery)[-MAX_DELIVERIES:]
    turn.log("arrived", arrival.name, number=arrival.number)


def check_room(turn: Turn, arrival: Arrival | None = None, *, taken: bool = False) -> None:
    """Raises TooManyEvents where the run would hold more events than it may: with one that comes, which may be `taken`
    at once. What waits isn't packed again for it."""
    document, queue = turn.event, turn.arrivals
    if arrival is not None:
        document = {**document, arrival.name: arrival.data}
        queue = (*queue, arrival) if arrival.name in turn.workflow.awaited else queue
    if len(queue) - taken > MAX_ARRIVALS:
        raise TooManyEvents(
            sentence(
                "{most} events already wait for the run, which is the limit. Send this one later.", most=MAX_ARRIVALS
            ),
            workflow=turn.workflow.id,
            run=turn.id,
        )
    known = {id(queued.data): len(queued.packed) for queued in (queue if arrival is None else (*queue, arrival))}
    held = sum(len(queued.packed) for queued in queue)
    if held + sum(known.get(id(value)) or len(pack(value)) for value in document.values()) > MAX_BYTES:
        raise TooManyEvents(
            sentence(
                "The run's events together would be larger than {most} bytes. Send less data with them.", most=MAX_BYTES
            ),
            workflow=turn.workflow.id,
            run=turn.id,
        )


# -- what can't be gone on with --------------------------------------------------------------------


def superseded(turn: Turn, failing: str, above: int) -> Step | None:
    """The latest step above the position `above` that took an event which the step or condition at the path `failing`
    reads, where another event is there for it: the one to take that instead."""
    if not turn.arrivals:
        return None
    reads = _Reads(turn, failing)
    for position in range(turn.cursor, above, -1):
        step = turn.steps[position]
        if step.took is not None and reads.is_read(step) and next_for(turn, step) is not None:
            return step
        reads.follow(step)
    return None


def next_for(turn: Turn, step: Step) -> Arrival | None:
    """The oldest event that the step may take."""
    place = turn.place(step)
    return oldest(turn.arrivals, place.node.events, turn.scope(place)) if place.node.events else None


class _Reads:
    """Which nodes and events of which workflow instances a node reads, by itself or by way of what it reads."""

    def __init__(self, turn: Turn, path: str) -> None:
        self._turn = turn
        self._nodes: set[tuple[str, str]] = set()
        self._events: set[str] = set()
        frame, node = frame_and_node_at(turn.workflow, path)
        self._add(frame, node.names)

    def _add(self, frame: Frame, names: Iterable[Chain]) -> None:
        for chain in names:
            if chain[0] == "event":
                self._events.add(chain[1] if len(chain) > 1 else "")
            elif chain[0] == "input" and frame.parent is not None and frame.call is not None:
                self._add(frame.parent, frame.call.names)
            else:
                self._nodes.add((frame.prefix, chain[0]))

    def is_read(self, step: Step) -> bool:
        assert step.took is not None
        frame = self._turn.place(step).frame
        return bool({"", step.took.name} & self._events) or self._is_node_read(frame, step.node)

    def _is_node_read(self, frame: Frame, node: str) -> bool:
        """By its own name, or, from outside of its sub-workflow, by that one's."""
        while (frame.prefix, node) not in self._nodes:
            if frame.parent is None or frame.call is None:
                return False
            node, frame = frame.call.id, frame.parent
        return True

    def follow(self, step: Step) -> None:
        """What a step reads that is read."""
        place = self._turn.place(step)
        if self._is_node_read(place.frame, step.node):
            self._add(place.frame, place.node.names)
