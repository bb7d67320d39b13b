"""Which edges a run has taken: read from its trace, beside the edges that its workflow has."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from wizard.definitions.graph import END, edges_of, label_of
from wizard.errors import NotAStep
from wizard.machine.events import awaited
from wizard.model import BY_TRIES, Branches, Call, Entry, Node, Run, Step, Workflow
from wizard.model.path import Frame, frame_and_node_at, locate
from wizard.model.trial import Way

Taken = set[tuple[str, str, str, str]]  # the workflow's place, the source, the target, the label


def ways(
    workflow: Workflow, run: Run | None, entries: Iterable[Entry], cases: Iterable[tuple[str, str]] = ()
) -> list[Way]:
    """Every edge of the workflow and of those that it embeds. `cases` are the cases that conditions took, by path and
    in order; without them, a case is known by where it leads."""
    walk = _Walk(workflow, run, cases)
    for entry in entries:
        walk.follow(entry)
    return list(_ways(workflow, "", walk.taken))


def _ways(workflow: Workflow, place: str, taken: Taken) -> Iterator[Way]:
    for edge in edges_of(workflow):
        target = "end" if edge.target == END else place + edge.target
        is_taken = (place, edge.source, edge.target, edge.label) in taken
        yield Way(place + edge.source, target, edge.label or None, is_taken)
    for node in workflow.nodes.values():
        if isinstance(node.config, Call):
            yield from _ways(node.config.workflow, f"{place}{node.id}/", taken)


def port_of(node: Node, step: Step) -> str | None:
    """The name of the way that leads on from a step that is done (wizard.machine.walk); None for the ordinary one."""
    if step.took is not None:
        event = awaited(node.events, step.took)
        return f"event {event.name}" if event is not None and event.leads else None
    if step.error is None or not step.is_done:
        return step.port
    if step.given == BY_TRIES:
        return "after tries"
    if step.is_foreground:
        return "no answer" if node.remind is not None else None
    return "on error" if node.on_error.action == "goto" else None


def place_at(workflow: Workflow, path: str) -> tuple[Frame, Node] | None:
    """The node at a path of a trace, a condition's and an embedding one's included; None where there is none."""
    try:
        place = locate(workflow, path)
    except NotAStep:
        with suppress(NotAStep):
            return frame_and_node_at(workflow, path)
        return None
    return place.frame, place.node


class _Walk:
    """Goes through a trace: in each instance of a workflow, from node to node."""

    def __init__(self, workflow: Workflow, run: Run | None, cases: Iterable[tuple[str, str]]) -> None:
        self.taken: Taken = set()
        self._workflow = workflow
        self._run = run
        self._at: dict[str, tuple[Frame, Node, str]] = {}  # by the frame's prefix: the node, and its path
        self._cases: dict[str, deque[str]] = defaultdict(deque)
        for path, case in cases:
            self._cases[path].append(case)

    def follow(self, entry: Entry) -> None:
        match entry.kind:
            case "entered" | "re-used" | "opened" | "branched" | "presented" | "ran" if entry.step:
                # the last two alone are of a step that was kept, and is come to again behind Previous or a change
                self._arrive(entry.step, entry.detail)
            case "moved" | "changing":
                self._move(entry.step)
            case "completed":
                for prefix in sorted(self._at, key=len, reverse=True):
                    self._leave(prefix)

    def _arrive(self, path: str, detail: Mapping[str, object]) -> None:
        placed = place_at(self._workflow, path)
        if placed is None:
            return
        frame, node = placed
        for prefix in sorted(self._at, key=len, reverse=True):
            if not path.startswith(prefix):
                self._leave(prefix)
        before = self._at.get(frame.prefix)
        if before is not None and before[2] != path and not path.startswith(f"{before[2]}/"):
            self._take(*before, target=node.id)
        self._at[frame.prefix] = (frame, node, path)
        if isinstance(node.config, Branches):
            self._branch(frame, node, path, detail.get("to"))

    def _branch(self, frame: Frame, node: Node, path: str, to: object) -> None:
        """A condition's own edge, by the case that was taken where that is known."""
        target = to if isinstance(to, str) else END
        known = self._cases[path].popleft() if self._cases[path] else None
        for edge in edges_of(frame.workflow):
            if edge.source == node.id and edge.target == target and known in (None, edge.label):
                self.taken.add((_place(frame), node.id, target, edge.label))
                return

    def _move(self, path: str) -> None:
        placed = place_at(self._workflow, path)
        if placed is not None:
            self._at = {prefix: at for prefix, at in self._at.items() if path.startswith(prefix)}
            self._at[placed[0].prefix] = (*placed, path)

    def _leave(self, prefix: str) -> None:
        frame, node, path = self._at.pop(prefix)
        if not node.handler.ends:
            self._take(frame, node, path, target=END)

    def _take(self, frame: Frame, node: Node, path: str, *, target: str) -> None:
        if isinstance(node.config, Branches):
            return
        step = None if self._run is None else self._run.by_path.get(path)
        port = None if step is None else port_of(node, step)
        is_own = step is None or port == step.port  # and no event's, no error's
        self.taken.add((_place(frame), node.id, target, label_of(node, port) if is_own else port or ""))


def _place(frame: Frame) -> str:
    """The path of the nodes that embed it, without visits and items."""
    names: list[str] = []
    inner: Frame | None = frame
    while inner is not None and inner.call is not None:
        names.insert(0, inner.call.id)
        inner = inner.parent
    return "".join(f"{name}/" for name in names)
