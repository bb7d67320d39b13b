"""How far a run still has to go: arithmetic on what its definition says, for whoever shows progress."""

from __future__ import annotations

from wizard.model import Branches, Call, Node, Remaining, Run, Workflow
from wizard.model.derived import derived
from wizard.model.path import call_of, count_items, locate


def remaining(workflow: Workflow, run: Run) -> Remaining:
    """From the current step to the end, through all levels of the nesting, the current step included."""
    step = run.current
    if step is None:
        return workflow.remaining[workflow.start]
    place = locate(workflow, step.path)
    frame = place.frame
    if place.after is not None:
        base = step.path.rpartition("/")[0]
        ahead = _plus(
            _later_items(place.node, count_items(run.removed, base, place.after)), _after(frame.workflow, place.node)
        )
    else:
        ahead = frame.workflow.remaining[place.node.id]
    while frame.parent is not None and frame.call is not None:
        if frame.item is not None:
            ahead = _plus(ahead, _later_items(frame.call, count_items(run.removed, frame.base, frame.item)))
        ahead = _plus(ahead, _after(frame.parent.workflow, frame.call))
        frame = frame.parent
    return ahead


def _later_items(call: Node, items: int) -> Remaining:
    """What a repeat takes after its first so many items, its list pages included."""
    inner_workflow, repeat = call_of(call).workflow, call_of(call).repeat
    inner = inner_workflow.remaining[inner_workflow.start]
    if repeat is None or not repeat.asks:
        return Remaining(0, 0 if inner.max == 0 else None)
    least = max(0, repeat.min - items) * inner.min + 1
    if repeat.max is None or inner.max is None:
        return Remaining(least, None)
    pages = repeat.max - max(items, repeat.min) + 1
    return Remaining(least, (repeat.max - items) * inner.max + pages)


def _plus(one: Remaining, other: Remaining) -> Remaining:
    most = None if one.max is None or other.max is None else one.max + other.max
    return Remaining(one.min + other.min, most)


def _after(workflow: Workflow, node: Node) -> Remaining:
    return Remaining(0, 0) if node.next is None else workflow.remaining[node.next]


@derived
def last_pages(workflow: Workflow) -> tuple[int, int]:
    """Whether ways through the workflow end with an `end` page: some (counted on the shortest way, which may be
    one of them), or all (counted on the longest as well)."""
    ends, open_ends = _ends(workflow)
    return int(ends), int(ends and not open_ends)


def _ends(workflow: Workflow) -> tuple[bool, bool]:
    """Whether some way ends with an `end` page, and whether some doesn't."""
    ends = open_ends = False
    for node in workflow.nodes.values():
        if node.handler.ends:
            ends = True
        elif isinstance(node.config, Branches):
            open_ends = open_ends or any(case.goto is None for case in node.config.cases)
        elif _leads_out(node):
            open_ends = True
        if isinstance(node.config, Call):
            ends = ends or _ends(node.config.workflow)[0]
        open_ends = open_ends or (node.on_error.action == "goto" and node.on_error.goto is None)
    return ends, open_ends


def _leads_out(node: Node) -> bool:
    """Whether the workflow ends behind the node, by the ordinary way or by one of its ports."""
    ordinary = not node.handler.always_ports or node.ports.keys() < {*node.port_names}
    return (ordinary and node.next is None) or None in node.ports.values()
