"""Step paths: where a step stands in the nesting of workflows, and what can follow it.

A path is made of segments. A node's is its id, with `~N` from its Nth visit in a loop on. A
sub-workflow's node is followed by the segments inside it; if it repeats, the item's number comes
first (`household/2/name`). The list page of a repeat, shown after an item, is `household/after-2`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from wizard.errors import NotAStep
from wizard.locale.sentences import sentence
from wizard.model.workflow import Branches, Call, Node, Workflow

AFTER = "after-"


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One instance of a workflow in a run. `prefix` opens the paths of its steps ("" for the root).

    `call` is the node of the `parent` that embeds it, `base` that node's own path, `item` the number
    of the item where it repeats.
    """

    workflow: Workflow
    prefix: str = ""
    parent: Frame | None = None
    call: Node | None = None
    base: str = ""
    item: int | None = None

    def inside(self, node: Node, base: str, item: int | None = None) -> Frame:
        """The frame of the sub-workflow that `node` embeds."""
        prefix = f"{base}/" if item is None else f"{base}/{item}/"
        return Frame(call_of(node).workflow, prefix, self, node, base, item)


@dataclass(frozen=True, slots=True)
class Level:
    """One level of a path: a node of a frame (`node` is set), or an item of a repeat, whose `order`
    is (number, 0) for the item itself and (number, 1) for the list page after it. `call` is the node that repeats,
    `base` its path."""

    segment: str
    frame: Frame
    node: str = ""
    order: tuple[int, int] = (0, 0)
    call: Node | None = None
    base: str = ""

    @property
    def repeats_a_list(self) -> bool:
        """Whether it is an item of a `for_each`."""
        if self.call is None:
            return False
        repeat = call_of(self.call).repeat
        return repeat is not None and repeat.for_each is not None


Order = Callable[[Level], tuple[int, int] | None]  # where an item of a repeat stands now, None where nowhere


@dataclass(frozen=True, slots=True)
class Place:
    """A step's path, understood: the node, the frame it is in, and whether it is the list page that
    a repeat shows after item `after`."""

    frame: Frame
    node: Node
    levels: tuple[Level, ...]
    after: int | None = None


def call_of(node: Node) -> Call:
    assert isinstance(node.config, Call)
    return node.config


def is_cyclic(workflow: Workflow, node_id: str) -> bool:
    """Whether a run can come to the node again without leaving the workflow."""
    return node_id in workflow.reach[node_id]


MOST_PLACES = 8192  # that a workflow remembers: a repeat, or a loop, has as many as somebody likes


def locate(workflow: Workflow, path: str) -> Place:
    """Understands a step path. Raises NotAStep where the workflow has no such place."""
    place: Place | None = workflow.places.get(path)
    if place is None:
        place = _located(workflow, path)
        if len(workflow.places) >= MOST_PLACES:
            workflow.places.clear()
        workflow.places[path] = place
    return place


def _located(workflow: Workflow, path: str) -> Place:
    frame, levels = Frame(workflow), list[Level]()
    segments = iter(path.split("/"))
    for segment in segments:
        node = _node_at(frame, segment, path)
        levels.append(Level(segment, frame, node.id))
        if not isinstance(node.config, Call):
            return _at_the_end(segments, Place(frame, node, tuple(levels)), path)
        base = frame.prefix + segment
        if node.config.repeat is None:
            frame = frame.inside(node, base)
            continue
        item = next(segments, "")
        number, after = _item_number(item, path)
        levels.append(Level(item, frame, order=(number, int(after)), call=node, base=base))
        if after:
            return _at_the_end(segments, Place(frame, node, tuple(levels), number), path)
        frame = frame.inside(node, base, number)
    raise _no_step(path)


def count_items(removed: Collection[str], base: str, last: int) -> int:
    """How many items up to number `last` the repeat at `base` has: all but those that were taken out, of which there
    are few."""
    start = f"{base}/"
    numbers = (path[len(start) :] for path in removed if path.startswith(start))
    return last - sum(1 for number in numbers if _is_number(number) and int(number) <= last)


def frame_and_node_at(workflow: Workflow, path: str) -> tuple[Frame, Node]:
    """The node at a path, which may be one that has no step: a condition, or a node that embeds a workflow. Raises
    NotAStep."""
    frame, (*outer, last) = Frame(workflow), path.split("/")
    segments = iter(outer)
    for segment in segments:
        node = _node_at(frame, segment, path)
        if not isinstance(node.config, Call):
            raise _no_step(path)
        base = frame.prefix + segment
        item = None if node.config.repeat is None else next(segments, None)
        if item is None and node.config.repeat is not None:
            return frame, node
        frame = frame.inside(node, base, None if item is None else _item_number(item, path)[0])
    named = frame.workflow.nodes.get(last.partition("~")[0])
    if named is None:
        raise _no_step(path)
    return frame, named


def _no_step(path: str) -> NotAStep:
    return NotAStep(
        sentence("There is no step “{step}” in this workflow. Use one that the run's path lists.", step=path)
    )


def _at_the_end(segments: Iterator[str], place: Place, path: str) -> Place:
    if next(segments, None) is not None:
        raise _no_step(path)
    return place


def _item_number(segment: str, path: str) -> tuple[int, bool]:
    """The number, and whether the segment is the list page after that item: items count from 1, the page that opens
    a list stands after none."""
    digits = segment.removeprefix(AFTER)
    if not _is_number(digits) or digits == segment == "0":
        raise _no_step(path)
    return int(digits), digits != segment


def _is_number(digits: str) -> bool:
    """A number as paths write it, in one way only: without leading zeros."""
    return digits.isascii() and digits.isdigit() and len(digits) <= 9 and digits == str(int(digits))


def _node_at(frame: Frame, segment: str, path: str) -> Node:
    node_id, tilde, visit = segment.partition("~")
    node = frame.workflow.nodes.get(node_id)
    well_formed = not tilde or (_is_number(visit) and int(visit) >= 2)
    if node is None or isinstance(node.config, Branches) or not well_formed:
        raise _no_step(path)
    return node


def by_number(level: Level) -> tuple[int, int]:
    """The order of items that nobody takes from a list."""
    return level.order


def can_follow(workflow: Workflow, path: str, later: str, order: Order = by_number) -> bool:
    """Whether the step at `later` can be reached from the one at `path` (S8): at some level of the
    nesting both are in the same instance and the later node follows over at least one edge. The
    items of a repeat follow each other in `order`."""
    for here, there in zip(locate(workflow, path).levels, locate(workflow, later).levels, strict=False):
        if here.node:
            if there.node in here.frame.workflow.reach[here.node]:
                return True
        elif here.segment != there.segment and _comes_later(order(here), order(there)):
            return True
        if here.segment != there.segment:
            return False
    return False


def _comes_later(here: tuple[int, int] | None, there: tuple[int, int] | None) -> bool:
    return here is not None and there is not None and there > here


def waits_its_turn(workflow: Workflow, path: str, other: str, order: Order) -> bool:
    """Whether `other` is in another item of a `for_each` that `path` is in, and one that comes after that one now."""
    for here, there in zip(locate(workflow, path).levels, locate(workflow, other).levels, strict=False):
        if here.segment != there.segment:
            return here.repeats_a_list and _comes_later(order(here), order(there))
    return False


def items_around(workflow: Workflow, path: str) -> tuple[str, ...]:
    """What the paths of all steps begin with that are in the same items of `for_each`, the outermost item first."""
    return tuple(f"{level.base}/{level.segment}/" for level in locate(workflow, path).levels if level.repeats_a_list)
