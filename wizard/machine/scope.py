"""What one place of a run can see, and what was looked at: the one way in which expressions,
templates, configurations and node code read a run's data.

Visible are the outputs of the decided steps of the same workflow instance (by node id, of a node's
latest visit), what its sub-workflows answered (below their node's id; a list where they repeat),
`input`, the internal state (`event`, `profile`, `session`) and `run`. A sub-workflow doesn't see
out of itself. Kept and parked answers can't be seen (S8, S13).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal

from wizard.errors import ExpressionError
from wizard.machine.items import Numbers, Record, number_in, numbers_by_position, numbers_entry, numbers_in
from wizard.model import Branches, Call, Chain, Node, Repeat, Step, Value
from wizard.model.copies import copied
from wizard.model.instants import shown
from wizard.model.path import Frame, call_of, count_items, is_cyclic
from wizard.model.run import Visible
from wizard.model.values import digest
from wizard.state.documents import DOCUMENTS, document, document_field


class Scope:
    """Reads names for one frame of a run. `now` is what people's clocks show, in their zone. With `record`, `reads`
    holds every name read, dotted, with its value. With `lending`, what is read is handed to code of others, and a
    copy (S26)."""

    __slots__ = ("_lending", "frame", "now", "reads", "run")

    def __init__(
        self, run: Visible, frame: Frame, now: datetime, *, record: bool = False, lending: bool = False
    ) -> None:
        self.run = run
        self.frame = frame
        self.now = now
        self._lending = lending
        self.reads: dict[str, Value] | None = {} if record else None

    @property
    def language(self) -> str:
        """The run's: that of the definition which it was started with, not of one that it embeds."""
        frame = self.frame
        while frame.parent is not None:
            frame = frame.parent
        return frame.workflow.language

    def read(self, chain: Chain) -> Value:
        """None where there is no such value. Raises ExpressionError for a field of what has none."""
        value = self._look_up(chain)
        if self.reads is not None:
            self.reads[".".join(chain)] = value
        return copied(value) if self._lending else value

    def digests(self) -> dict[str, bytes]:
        """What was read, as a step stores it (S10)."""
        return {name: digest(value) for name, value in (self.reads or {}).items()}

    def unchanged(self, reads: Mapping[str, bytes]) -> bool:
        """Whether everything that a step read still has the value it had then."""
        return all(_is_known(self._look_up(tuple(name.split("."))), known) for name, known in reads.items())

    def _look_up(self, chain: Chain) -> Value:
        head, rest = chain[0], chain[1:]
        node = self.frame.workflow.nodes.get(head)
        if node is not None:
            return _node_value(self.run, self.frame, node, rest, self.now.tzinfo)
        if head in DOCUMENTS:
            if not rest:
                return document(self.run, head)
            return _dig(document_field(self.run, head, rest[0]), rest[1:], chain)
        if head == "input":
            return self._input(rest, chain)
        if head == "run":
            started = shown(self.run.created_at, self.now.tzinfo).date()
            return _dig({"id": self.run.id, "started": started}, rest, chain)
        return None

    def _input(self, rest: Chain, chain: Chain) -> Value:
        """Computed where it is read: what a sub-workflow is handed follows from the path (S22 pins
        the definition), so it isn't stored."""
        frame = self.frame
        if frame.parent is None or frame.call is None:
            return _dig(self.run.input, rest, chain)
        outside = Scope(self.run, frame.parent, self.now)
        handed = call_of(frame.call).input
        names = list(rest[:1]) or [*handed, "item", "index"]
        values: dict[str, Value] = {}
        for name in names:
            if name in handed:
                values[name] = handed[name].evaluate(outside)
            elif name in ("item", "index") and frame.item is not None:
                values[name] = _item_input(outside, frame, name)
            else:
                values[name] = None
        return _dig(values, rest, chain)


def _is_known(value: Value, known: bytes) -> bool:
    """Whether a value has this digest. Earlier versions had floats where there are decimals now."""
    return digest(value) == known or digest(_with_floats(value)) == known


def _with_floats(value: Value) -> Value:
    match value:
        case Decimal():
            return float(value)
        case list() | tuple():
            return [_with_floats(element) for element in value]
        case Mapping():
            return {name: _with_floats(member) for name, member in value.items()}
    return value


def _item_input(outside: Scope, frame: Frame, name: str) -> Value:
    """`input.index` counts a repeat's items from 1; `input.item` is the element of a `for_each`."""
    assert frame.call is not None
    assert frame.item is not None
    repeat = call_of(frame.call).repeat
    assert repeat is not None
    if repeat.for_each is None:
        position = count_items(outside.run.removed, frame.base, frame.item - 1)
        return position + 1 if name == "index" else None
    elements, numbers = listed(outside, repeat, frame.base)
    if frame.item not in numbers:
        return None
    position = numbers.index(frame.item)
    return position + 1 if name == "index" else elements[position]


def item_position(run: Visible, frame: Frame, now: datetime) -> int:
    """Which item of its repeat the frame is, counted from 1; 0 where its list doesn't have it any more."""
    assert frame.call is not None
    assert frame.parent is not None
    assert frame.item is not None
    repeat = call_of(frame.call).repeat
    if repeat is None or repeat.for_each is None:
        return count_items(run.removed, frame.base, frame.item)
    _, numbers = listed(Scope(run, frame.parent, now), repeat, frame.base)
    return numbers.index(frame.item) + 1 if frame.item in numbers else 0


def element_of(run: Visible, frame: Frame, now: datetime) -> Value:
    """The element of its list that the frame is for; None where the list doesn't have it any more."""
    assert frame.parent is not None
    return _item_input(Scope(run, frame.parent, now), frame, "item")


def known_numbers(run: Visible, base: str) -> Numbers | None:
    """What the run remembers of the list of the `for_each` at `base`."""
    return run.parked.get(numbers_entry(base))


def listed(outside: Scope, repeat: Repeat, base: str) -> tuple[Sequence[Value], list[int]]:
    """The elements of a `for_each` now, and the numbers of their items, 0 for those that the run hasn't come to.
    Raises ExpressionError."""
    elements = repeat.for_each.evaluate(outside)
    if not isinstance(elements, list | tuple):
        return (), []
    known = known_numbers(outside.run, base)
    if known is None and outside.run.positional:
        return elements, numbers_by_position(elements, repeat.for_each)
    return elements, numbers_in(known, elements, repeat.key, outside.now)


def _dig(value: Value, rest: Chain, chain: Chain) -> Value:
    for name in rest:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise ExpressionError(f"{'.'.join(chain)} can't be read: what is before .{name} has no fields.")
        value = value.get(name)
    return value


def decided(run: Visible, path: str) -> Step | None:
    """The step at `path` if its answer counts: done, and not above the cursor."""
    step = run.by_path.get(path)
    if step is None or not step.is_done or step.seq > run.steps[run.cursor].seq:
        return None
    return step


def on_path(run: Visible, path: str) -> bool:
    step = run.by_path.get(path)
    return step is not None and run.cursor >= 0 and step.seq <= run.steps[run.cursor].seq


def last_visit(run: Visible, frame: Frame, node: Node) -> int:
    """The number of the node's latest visit on the path, 0 if there is none.

    Visits are numbered without gaps, so steps are found by doubling and halving: a loop's thousandth
    turn costs ten look-ups. The instances of a sub-workflow leave no step of their own; they are
    looked for from the cursor down.
    """
    base = frame.prefix + node.id
    if isinstance(node.config, Call):
        if is_cyclic(frame.workflow, node.id):
            return _last_instance(run, base)
        return 1
    if not on_path(run, base):
        return 0
    if not is_cyclic(frame.workflow, node.id):
        return 1
    low, high = 1, 2
    while on_path(run, f"{base}~{high}"):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if on_path(run, f"{base}~{middle}") else (low, middle)
    return low


def _last_instance(run: Visible, base: str) -> int:
    for position in range(run.cursor, -1, -1):
        segment, _, inside = run.steps[position].path[len(base) :].partition("/")
        if inside and run.steps[position].path.startswith(base) and (not segment or segment[0] == "~"):
            return int(segment[1:]) if segment else 1
    return 0


def visit_path(frame: Frame, node: Node, visit: int) -> str:
    """The path of a node's Nth visit, from 1."""
    return f"{frame.prefix}{node.id}" if visit <= 1 else f"{frame.prefix}{node.id}~{visit}"


def last_item(run: Visible, base: str) -> int:
    """The number of the item of the repeat at `base` that the path came to last, 0 where it came to none."""
    opening = base + "/"
    for position in range(run.cursor, -1, -1):
        if (path := run.steps[position].path).startswith(opening):
            return number_in(path, base)
    return 0


def items_come_to(run: Visible, base: str) -> set[int]:
    """The numbers of all items of the repeat at `base` that the path has steps of."""
    opening, numbers = base + "/", set[int]()
    for position in range(run.cursor, -1, -1):
        if (path := run.steps[position].path).startswith(opening):
            numbers.add(number_in(path, base))
        elif numbers:
            break
    return numbers


def _node_value(run: Visible, frame: Frame, node: Node, rest: Chain, zone: tzinfo | None) -> Value:
    match node.config:
        case Branches():
            return None
        case Call(repeat=None):
            visit = last_visit(run, frame, node)
            inner = frame.inside(node, visit_path(frame, node, visit))
            if rest:
                child = inner.workflow.nodes.get(rest[0])
                return None if child is None else _node_value(run, inner, child, rest[1:], zone)
            return _instance_value(run, inner, zone) or None
        case Call():
            base = visit_path(frame, node, last_visit(run, frame, node))
            numbers = _numbers_on_path(run, frame, node, base, zone)
            items = [
                Record(_instance_value(run, frame.inside(node, base, number), zone), f"{base}/{number}")
                for number in numbers
            ]
            return _dig(items, rest, (node.id, *rest))
        case _:
            step = _latest(run, frame, node)
            return None if step is None else _dig(_values_of(step), rest, (node.id, *rest))


def _values_of(step: Step) -> Mapping[str, Value] | None:
    """What a step answered or computed; for a form that an event closed, what came instead."""
    if step.took is None or not step.is_foreground:
        return step.output
    return {**(step.output or {}), "event": step.took.name, "data": step.took.data}


def _latest(run: Visible, frame: Frame, node: Node) -> Step | None:
    """The node's latest visit that is decided: in a loop, while it is visited again, the one before."""
    visit = last_visit(run, frame, node)
    step = decided(run, visit_path(frame, node, visit)) if visit else None
    return decided(run, visit_path(frame, node, visit - 1)) if step is None and visit > 1 else step


def _numbers_on_path(run: Visible, frame: Frame, node: Node, base: str, zone: tzinfo | None) -> list[int]:
    """The items that the path has come to, in order: of a list all of them up to the last of those."""
    last, repeat = last_item(run, base), call_of(node).repeat
    if not last or repeat is None or repeat.for_each is None:
        return [number for number in range(1, last + 1) if f"{base}/{number}" not in run.removed]
    _, numbers = listed(Scope(run, frame, shown(run.created_at, zone)), repeat, base)
    known = known_numbers(run, base)
    if known is None:
        return [number for number in numbers if 0 < number <= last]
    come_to = items_come_to(run, base) if known["moved"] or last not in numbers else {last}
    furthest = max((position for position, number in enumerate(numbers, start=1) if number in come_to), default=0)
    return [number for number in numbers[:furthest] if number]


def _instance_value(run: Visible, frame: Frame, zone: tzinfo | None) -> dict[str, Value]:
    """Everything that a sub-workflow's instance answered and computed, by node id."""
    values = {node.id: _node_value(run, frame, node, (), zone) for node in frame.workflow.nodes.values()}
    return {name: value for name, value in values.items() if value is not None}
