"""Where a run goes next: from a place through conditions and in and out of sub-workflows and
repeats, to the next step or to the end (S3). Internal nodes leave trace entries and no steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from wizard.errors import ExpressionError, NoCaseMatched, RunError
from wizard.machine.events import awaited
from wizard.machine.items import list_digest, numbered, numbers_used
from wizard.machine.scope import Scope, items_come_to, known_numbers, last_visit, listed, visit_path
from wizard.machine.stack import Turn
from wizard.model import BY_TRIES, Branches, Call, Node, Repeat, Step
from wizard.model.path import AFTER, Frame, Level, call_of, count_items


@dataclass(frozen=True, slots=True)
class Destination:
    """The step that comes next: its path, and what is there. `after` is set for a list page."""

    path: str
    frame: Frame
    node: Node


def walk_from(turn: Turn, step: Step | None) -> Destination | None:
    """The next step after `step` (None: from the start), or None at the end.

    Raises NoCaseMatched, ExpressionError or TurnTooLong (S17), naming the node.
    """
    if step is None:
        return _walk(turn, Frame(turn.workflow), turn.workflow.start)
    place = turn.place(step)
    if place.after is not None:
        base = f"{step.path.rpartition('/')[0]}"
        inner = _next_item(turn, place.frame, place.node, base, place.after) if adds_another(step) else None
        return _walk(turn, inner, inner.workflow.start) if inner else _walk(turn, place.frame, place.node.next)
    return _walk(turn, place.frame, _following(place.node, step))


def adds_another(page: Step) -> bool:
    """Whether the answer to a list page leads to another item."""
    return bool((page.output or {}).get("add_another"))


def _following(node: Node, step: Step) -> str | None:
    if step.took is not None:
        event = awaited(node.events, step.took)
        return event.goto if event is not None and event.leads else node.next
    if step.error is None:
        return node.next if step.port is None else node.ports.get(step.port, node.next)
    if step.given == BY_TRIES and node.after_tries is not None:
        return node.after_tries.goto
    if step.is_foreground and node.remind is not None:
        return node.remind.goto
    return node.on_error.goto if node.on_error.action == "goto" else node.next


def _walk(turn: Turn, frame: Frame, target: str | None) -> Destination | None:
    while True:
        turn.count_node()
        if target is None:
            if frame.parent is None or frame.call is None:
                return None
            came_to = _leave(turn, frame, frame.parent, frame.call)
        else:
            came_to = _enter(turn, frame, frame.workflow.nodes[target])
        if isinstance(came_to, Destination):
            return came_to
        frame, target = came_to


def _enter(turn: Turn, frame: Frame, node: Node) -> Destination | tuple[Frame, str | None]:
    match node.config:
        case Branches():
            return frame, _choose(turn, frame, node)
        case Call(repeat=None):
            inner = frame.inside(node, visit_path(frame, node, _new_visit(turn, frame, node)))
            turn.log("opened", inner.base)
            return inner, inner.workflow.start
        case Call():
            base = visit_path(frame, node, _new_visit(turn, frame, node))
            turn.log("opened", base)
            return _go_on_repeating(turn, frame, node, base, 0)
        case _:
            path = visit_path(frame, node, last_visit(turn, frame, node) + 1)
            return Destination(path, frame, node)


def _new_visit(turn: Turn, frame: Frame, node: Node) -> int:
    cyclic = node.id in frame.workflow.reach[node.id]
    return last_visit(turn, frame, node) + 1 if cyclic else 1


def _leave(turn: Turn, frame: Frame, parent: Frame, call: Node) -> Destination | tuple[Frame, str | None]:
    if frame.item is None:
        turn.log("left", frame.base)
        return parent, call.next
    return _go_on_repeating(turn, parent, call, frame.base, frame.item)


def _choose(turn: Turn, frame: Frame, node: Node) -> str | None:
    assert isinstance(node.config, Branches)
    scope = Scope(turn, frame, turn.local_now)
    for case in node.config.cases:
        try:
            holds = case.when is None or case.when.holds(scope)
        except ExpressionError as error:
            raise _placed(error, turn, frame, node) from error
        if holds:
            turn.log("branched", frame.prefix + node.id, to=case.goto)
            return case.goto
    raise _placed(NoCaseMatched(), turn, frame, node)


def _placed(error: RunError, turn: Turn, frame: Frame, node: Node) -> RunError:
    placed = type(error)(error.message, workflow=frame.workflow.id, node=frame.prefix + node.id, run=turn.id)
    placed.private = error.private  # where it quotes an answer, it does so here as well
    return placed


# -- repeats -------------------------------------------------------------------------------------


def _go_on_repeating(
    turn: Turn, frame: Frame, node: Node, base: str, after: int
) -> Destination | tuple[Frame, str | None]:
    """What follows item `after` of a repeat (0: its beginning): an item, its list page, or the way out."""
    repeat = call_of(node).repeat
    assert repeat is not None
    if repeat.asks and count_items(turn.removed, base, after) >= repeat.min:
        return Destination(f"{base}/{AFTER}{after}", frame, node)
    inner = _next_item(turn, frame, node, base, after)
    if inner is None:
        turn.log("left", base)
        return frame, node.next
    return inner, inner.workflow.start


def _next_item(turn: Turn, frame: Frame, node: Node, base: str, after: int) -> Frame | None:
    repeat = call_of(node).repeat
    assert repeat is not None
    number = _number_after(turn, frame, node, repeat, base=base, after=after)
    return None if number is None else frame.inside(node, base, number)


def _number_after(turn: Turn, frame: Frame, node: Node, repeat: Repeat, *, base: str, after: int) -> int | None:
    if repeat.asks:
        number = after + 1
        while f"{base}/{number}" in turn.removed:
            number += 1
        return number
    scope = Scope(turn, frame, turn.local_now)
    try:
        if repeat.for_each is not None:
            return _listed_after(turn, scope, repeat, base, after)
        times = repeat.times.evaluate(scope) or 0
        if isinstance(times, bool) or not isinstance(times, int | Decimal) or times != int(times):
            raise ExpressionError("times must give a whole number; this gave something else.")
        return after + 1 if after < times else None
    except ExpressionError as error:
        raise _placed(error, turn, frame, node) from error


def _listed_after(turn: Turn, scope: Scope, repeat: Repeat, base: str, after: int) -> int | None:
    """The number of the item of a list that comes after the one with this number (S13). Where the list became another
    one meanwhile, what is new in it comes first, and what the path has been to isn't gone to again."""
    elements = repeat.for_each.evaluate(scope) or ()
    if not isinstance(elements, list | tuple):
        raise ExpressionError("for_each must give a list; this gave something else.")
    known = known_numbers(turn, base)
    moved = known is not None and bool(known["moved"]) and after != 0
    new: set[int] = set()
    if known is None or moved != known["moved"] or known["of"] != list_digest(elements, repeat.key):
        before = () if known is None else known["keys"].values()
        moved = moved or after != 0
        used = numbers_used(turn.paths, base)
        known = numbered(known, elements, repeat.key, scope.now, used=used, moved=moved)
        turn.parking.put_numbers(base, known)
        new = set(known["order"]).difference(before) if after else new
    order = known["order"]
    place = order.index(after) + 1 if after in order else 0
    come_to = items_come_to(turn, base) | {after} if moved else ()
    ahead = [*(number for number in order[:place] if number in new), *order[place:]]
    return next((number for number in ahead if number not in come_to), None)


def order_now(turn: Turn) -> Callable[[Level], tuple[int, int] | None]:
    """Where the items of repeats stand at present: those of a `for_each` as its list has them, None for one that isn't
    in it any more."""
    lists: dict[str, dict[int, int]] = {}

    def order(level: Level) -> tuple[int, int] | None:
        if not level.repeats_a_list or level.call is None:
            return level.order
        if level.base not in lists:
            lists[level.base] = _positions(turn, level.frame, level.call, level.base)
        position = lists[level.base].get(level.order[0])
        return None if position is None else (position, 0)

    return order


def _positions(turn: Turn, frame: Frame, call: Node, base: str) -> dict[int, int]:
    repeat = call_of(call).repeat
    assert repeat is not None
    try:
        _, numbers = listed(Scope(turn, frame, turn.local_now), repeat, base)
    except ExpressionError:  # there is no such list any more
        return {}
    return {number: position for position, number in enumerate(numbers)}
