"""Arithmetic on a workflow's edges: loops, what follows from what (S8), and how many pages are to come.

Everything is linear in the edges, apart from sets of nodes, which are integers with a bit a node:
a workflow of 1,000 nodes takes milliseconds and 125 bytes a node.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from heapq import heappop, heappush

from wizard.model import Remaining

Edges = Mapping[str, Sequence[str]]
Exits = Mapping[str, Sequence[str | None]]  # None: the end of the workflow


class NodeSet(Set[str]):
    """A frozen set of a workflow's node ids."""

    __slots__ = ("_bits", "_places")

    def __init__(self, bits: int, places: Mapping[str, int]) -> None:
        self._bits = bits
        self._places = places

    def __contains__(self, node: object) -> bool:
        place = self._places.get(node) if isinstance(node, str) else None
        return place is not None and self._bits >> place & 1 == 1

    def __iter__(self) -> Iterator[str]:
        return (node for node, place in self._places.items() if self._bits >> place & 1)

    def __len__(self) -> int:
        return self._bits.bit_count()

    @classmethod
    def _from_iterable(cls, nodes: object) -> frozenset[str]:  # type: ignore[override]
        return frozenset(nodes)  # type: ignore[call-overload, no-any-return]

    def __repr__(self) -> str:
        return f"NodeSet({sorted(self)})"


def components(edges: Edges) -> list[list[str]]:
    """The strongly connected components, each after all that it leads to (Tarjan, without recursion)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    open_: set[str] = set()
    closed: list[list[str]] = []

    def enter(node: str) -> tuple[str, Iterator[str]]:
        number[node] = low[node] = len(number)
        stack.append(node)
        open_.add(node)
        return node, iter(edges[node])

    for root in edges:
        if root in number:
            continue
        work = [enter(root)]
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in number:
                    work.append(enter(target))
                    break
                if target in open_:
                    low[node] = min(low[node], number[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    closed.append(_close(node, stack, open_))
    return closed


def _close(node: str, stack: list[str], open_: set[str]) -> list[str]:
    members: list[str] = []
    while not members or members[-1] != node:
        members.append(stack.pop())
    open_.difference_update(members)
    return members


def is_loop(component: Sequence[str], edges: Edges) -> bool:
    return len(component) > 1 or component[0] in edges[component[0]]


def closure(edges: Edges) -> dict[str, NodeSet]:
    """For each node, the nodes that follow from it over at least one edge."""
    places = {node: place for place, node in enumerate(edges)}
    bits: dict[str, int] = {}
    for component in components(edges):
        members = set(component)
        reached = 0
        for node in component:
            for target in edges[node]:
                reached |= 1 << places[target]
                if target not in members:
                    reached |= bits[target]
        if is_loop(component, edges):
            for node in component:
                reached |= 1 << places[node]
        bits.update(dict.fromkeys(component, reached))
    return {node: NodeSet(bits[node], places) for node in edges}


def leading_to(goals: Iterable[str], edges: Edges) -> Set[str]:
    """The goals and all that lead to them."""
    sources: dict[str, list[str]] = {}
    for node, targets in edges.items():
        for target in targets:
            sources.setdefault(target, []).append(node)
    reaching: set[str] = set()
    queue = list(goals)
    while queue:
        node = queue.pop()
        if node not in reaching:
            reaching.add(node)
            queue += sources.get(node, ())
    return reaching


def remaining(exits: Exits, pages: Mapping[str, Remaining]) -> dict[str, Remaining]:
    """For each node, how many foreground steps come from entering it to the end, itself included.

    `pages` is what one visit of each node takes. The longest way has no bound where it meets a
    loop. Where there is no way to the end at all, the node's own pages are the shortest way.
    """
    shortest = _shortest(exits, pages)
    longest: dict[str, int | None] = {}
    inner = {node: [target for target in targets if target is not None] for node, targets in exits.items()}
    for component in components(inner):
        node = component[0]
        following = [longest.get(target) for target in inner[node]]
        own = pages[node].max
        if is_loop(component, inner) or own is None or None in following:
            longest.update(dict.fromkeys(component))
        else:
            longest[node] = own + max((count for count in following if count is not None), default=0)
    return {node: Remaining(shortest[node], longest[node]) for node in exits}


def _shortest(exits: Exits, pages: Mapping[str, Remaining]) -> dict[str, int]:
    sources: dict[str | None, list[str]] = {}
    for node, targets in exits.items():
        for target in targets:
            sources.setdefault(target, []).append(node)
    distances: dict[str, int] = {}
    queue = [(pages[node].min, node) for node in sources.get(None, ())]
    queue.sort()
    while queue:
        count, node = heappop(queue)
        if node in distances:
            continue
        distances[node] = count
        for source in sources.get(node, ()):
            if source not in distances:
                heappush(queue, (count + pages[source].min, source))
    return {node: distances.get(node, pages[node].min) for node in exits}
