"""What is different between two definitions, by node and key, as somebody reads it who has to decide on it.

Nodes are matched by their `id`, fields and other named things by their `name` (choices by their `value`), and whatever
has neither by what is in it. Of two things that match, only the deepest place that differs is told. The order of keys
and how a text is written count for nothing, as for the version of a workflow (wizard.definitions.catalog).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Container, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from wizard.model.values import write_json

Kind: TypeAlias = Literal["added", "removed", "renamed", "moved", "changed"]
Path: TypeAlias = tuple[str | int, ...]
_Parts: TypeAlias = frozenset[tuple[str, str]]

MOST_COMPARED = 10_000  # pairs of items that are looked at for what they have in common
LONGEST = 100  # characters of a value in a line; a third of them before the first that differs


class Change(NamedTuple):
    """`node` is "" for what the workflow itself says, and the new id of a node that has another one now. `path` leads
    to the place inside the node or workflow: keys, names of what is matched by name, places in a list from 0 on.

    `before` and `after` are the values there, None where there is none. Of what was renamed they are the names, and
    of what was moved that of the one above it (None at the top), or its place where things have no names.
    """

    node: str
    path: Path
    kind: Kind
    before: Any
    after: Any


def diff(before: Any, after: Any) -> tuple[Change, ...]:
    """The changes that make `after` of `before`, both definitions as data, whatever is wrong with them. There is none
    only where they are the same."""
    return tuple(_changes("", (), before, after))


def lines(changes: Iterable[Change]) -> Iterator[str]:
    """The changes as text. A line begins with +, -, or ~ for what is there before and after; where values are long,
    they follow in lines of their own."""
    for change in changes:
        yield from _lines(change)


# -- comparing ---------------------------------------------------------------------------------------


def _changes(node: str, path: Path, before: Any, after: Any) -> Iterator[Change]:
    match before, after:
        case Mapping(), Mapping():
            for key in dict.fromkeys((*before, *after)):
                below = (*path, key)
                if key not in after:
                    yield Change(node, below, "removed", before[key], None)
                elif key not in before:
                    yield Change(node, below, "added", None, after[key])
                else:
                    yield from _changes(node, below, before[key], after[key])
        case list() | tuple(), list() | tuple():
            of_nodes = not node and path == ("nodes",)
            yield from _items(node, path, _List(before, of_nodes), _List(after, of_nodes))
        case _ if _content(before) != _content(after):
            yield Change(node, path, "changed", before, after)


def _items(node: str, path: Path, before: _List, after: _List) -> Iterator[Change]:
    """The changes of a list: what is gone, then what is there, in its order."""
    pairs = _pairs(before, after)
    moved = _moved(pairs)
    for position in sorted(set(range(len(before.items))) - set(pairs.values())):
        yield Change(*before.place(node, path, position), "removed", before.items[position], None)
    for position, item in enumerate(after.items):
        place, known = after.place(node, path, position), pairs.get(position)
        if known is None:
            yield Change(*place, "added", None, item)
            continue
        if before.name(known) == after.name(position):
            yield from _changes(*place, before.items[known], item)
        else:
            yield Change(*place, "renamed", before.name(known), after.name(position))
        if position in moved:
            yield Change(*place, "moved", before.where(known), after.where(position))


class _List:
    """A list whose items are matched: nodes, or anything else."""

    def __init__(self, items: Sequence[Any], of_nodes: bool) -> None:
        self.items = items
        self._of_nodes = of_nodes
        self._named_by = [_named_by(item, ("id",) if of_nodes else ("name", "value", "event")) for item in items]
        seen: Counter[str] = Counter()
        self.keys: list[tuple[str, int] | None] = []  # a name, and how often it stood before
        for position in range(len(items)):
            name = self.name(position)
            self.keys.append(None if name is None else (name, seen[name]))
            if name is not None:
                seen[name] += 1

    def name(self, position: int) -> str | None:
        key = self._named_by[position]
        return None if key is None else self.items[position][key]

    def place(self, node: str, path: Path, position: int) -> tuple[str, Path]:
        """The node and path of an item's changes."""
        name = self.name(position)
        if self._of_nodes and name is not None:
            return name, ()
        return node, (*path, position if name is None else name)

    def where(self, position: int) -> str | int | None:
        """Where an item stands, as Change says of one that was moved."""
        if self.name(position) is None:
            return position
        above = None if position == 0 else self.name(position - 1)
        return position - 1 if position and above is None else above

    def contents(self, positions: Container[int]) -> list[tuple[str | None, str] | None]:
        """What is in each of these, apart from its name; None for the others, and where there is nothing else."""
        return [self._content_of(position) if position in positions else None for position in range(len(self.items))]

    def _content_of(self, position: int) -> tuple[str | None, str] | None:
        item, key = self.items[position], self._named_by[position]
        if key is None:
            return None, _content(item)
        rest = {name: value for name, value in item.items() if name != key}
        return (key, _content(rest)) if rest else None


def _named_by(item: Any, keys: Sequence[str]) -> str | None:
    """Which of the keys names it: the first that it has, if that is a text."""
    there = next((key for key in keys if key in item), None) if isinstance(item, Mapping) else None
    return there if there is not None and isinstance(item[there], str) else None


def _content(value: Any) -> str:
    return write_json(value, sort_keys=True)


# -- matching ----------------------------------------------------------------------------------------


def _pairs(before: _List, after: _List) -> dict[int, int]:
    """Which item of `before` each one of `after` is: by name; then by all that is in it, whatever its name is; then of
    those without names the ones that have the most in common."""
    pairs = _same(before.keys, after.keys)
    old, new = _left(before, after, pairs)
    pairs |= _same(before.contents(old), after.contents(new))
    old, new = _left(before, after, pairs)
    nameless = [
        {position: _parts(each.items[position]) for position in left if each.name(position) is None}
        for each, left in ((before, old), (after, new))
    ]
    return pairs | dict(_alike(*nameless))


def _left(before: _List, after: _List, pairs: Mapping[int, int]) -> tuple[set[int], set[int]]:
    return set(range(len(before.items))).difference(pairs.values()), set(range(len(after.items))).difference(pairs)


def _same(old: Sequence[Hashable], new: Sequence[Hashable]) -> dict[int, int]:
    """Pairs of what is the same, the first with the first and so on; None is nothing's."""
    places: defaultdict[Hashable, deque[int]] = defaultdict(deque)
    for position, what in enumerate(old):
        places[what].append(position)
    return {position: places[what].popleft() for position, what in enumerate(new) if what is not None and places[what]}


def _alike(old: Mapping[int, _Parts], new: Mapping[int, _Parts]) -> Iterator[tuple[int, int]]:
    """Pairs of what has a part in common, those with the most first."""
    if len(old) * len(new) > MOST_COMPARED:
        return
    scored = sorted(
        (-len(common), abs(position - known), position, known)
        for position, parts in new.items()
        for known, others in old.items()
        if (common := parts & others)
    )
    taken: tuple[set[int], set[int]] = (set(), set())
    for _, _, position, known in scored:
        if position not in taken[0] and known not in taken[1]:
            taken[0].add(position)
            taken[1].add(known)
            yield position, known


def _parts(item: Any) -> _Parts:
    """What two items have in common if they are likely to be one: keys, and more so their values; that they are
    lists."""
    match item:
        case Mapping():
            return frozenset(part for key, value in item.items() for part in ((key, ""), (key, _content(value))))
        case list() | tuple():
            return frozenset({("", "")})
        case _:
            return frozenset()


def _moved(pairs: Mapping[int, int]) -> set[int]:
    """As few as possible: those that are no part of a longest row which stands in the same order before and after."""
    ends: list[int] = []  # the least that a row of each length ends with, and where in `after` that is
    places: list[int] = []
    previous: dict[int, int | None] = {}
    for position in sorted(pairs):
        length = bisect_left(ends, pairs[position])
        previous[position] = places[length - 1] if length else None
        ends[length : length + 1] = [pairs[position]]
        places[length : length + 1] = [position]
    staying: set[int] = set()
    last = places[-1] if places else None
    while last is not None:
        staying.add(last)
        last = previous[last]
    return set(pairs) - staying


# -- as text -----------------------------------------------------------------------------------------


def _lines(change: Change) -> Iterator[str]:
    where, before, after = _where(change), change.before, change.after
    match change.kind:
        case "added":
            yield f"+ {where}: {_short(write_json(after))}"
        case "removed":
            yield f"- {where}: {_short(write_json(before))}"
        case "renamed":
            yield f"~ {where}: called {before} before (a guess: all else in it is the same)"
        case "moved":
            yield f"~ {where}: moved, {_moved_to(change)}"
        case "changed":
            old, new = write_json(before), write_json(after)
            if max(len(old), len(new)) <= LONGEST // 2:
                yield f"~ {where}: {old} -> {new}"
            else:
                skipped = max(0, _in_both(old, new) - LONGEST // 3)
                yield f"~ {where}:"
                yield f"    - {_short(old, skipped)}"
                yield f"    + {_short(new, skipped)}"


def _where(change: Change) -> str:
    path = ""
    for part in change.path:
        if isinstance(part, int):
            path += f"{' ' if path else ''}#{part + 1}"
        else:
            path += f"{'.' if path else ''}{part}"
    node = f"node {change.node}" if change.node else ""
    return ", ".join(part for part in (node, path) if part) or "workflow"


def _moved_to(change: Change) -> str:
    match change.after:
        case None:
            return "now at the top"
        case int() if isinstance(change.before, int) and change.path[-1:] == (change.after,):
            return f"#{change.before + 1} before"
        case int():
            return f"now below #{change.after + 1}"
        case _:
            return f"now below {change.after}"


def _in_both(before: str, after: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(before, after, strict=False))
    return next((position for position, (old, new) in pairs if old != new), min(len(before), len(after)))


def _short(text: str, skipped: int = 0) -> str:
    """A piece of a text."""
    piece = text[skipped : skipped + LONGEST]
    return f"{'…' if skipped else ''}{piece}{'…' if len(text) > skipped + LONGEST else ''}"
