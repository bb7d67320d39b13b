"""Which nodes of one version of a workflow are which of another, and whether they still ask and do the same.

A node keeps its id and a field its name, unless whoever migrates names another one. What is left over on both sides is
guessed: a node of the same type with the same configuration, a field of the same type and label, where there is only
one of them. All of it is told, so that nobody has to believe a guess.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from wizard.definitions.outlines import Bundle
from wizard.errors import InvalidInput
from wizard.model.migrating import NO_NAMES, Counterpart, Counterparts, Names, NodePath, Renamed
from wizard.model.values import write_json

# What says where a run goes, when, and under which heading: it changes nothing of what was answered or done there.
AROUND = frozenset(
    ("id", "type", "title", "next", "on_error", "retry", "timeout", "concurrency", "slow", "final", "depends_on")
).union(("remind_after", "expires_after"))
MOST_LEVELS = 100  # of definitions that embed each other

Data = Mapping[str, Any]


class _Level(NamedTuple):
    """Two definitions whose nodes are compared, and where they are embedded."""

    old: Data
    new: Data
    old_path: NodePath
    new_path: NodePath


def counterparts(old: Bundle, new: Bundle, names: Names = NO_NAMES) -> Counterparts:
    """The nodes of `old` that are in `new`, those of what they embed included. Raises InvalidInput for given names that
    the new version hasn't."""
    return _Matching(old, new, names).made()


class _Matching:
    def __init__(self, old: Bundle, new: Bundle, names: Names) -> None:
        self._old, self._new = old.definitions, new.definitions
        self._root = _Level(old.definitions[old.root], new.definitions[new.root], (), ())
        self._given: dict[str, list[tuple[str, str]]] = {}  # by what stands around a name, names and what they are now
        for path, after in names.nodes.items():
            around, _, name = path.rpartition("/")
            self._given.setdefault(f"{around}/", []).append((name, after))
        for path, after in names.fields.items():
            around, _, name = path.rpartition(".")
            self._given.setdefault(f"{around}.", []).append((name, after))
        self._used: set[str] = set()
        self._renamed: list[Renamed] = []
        self._nodes: dict[NodePath, Counterpart] = {}

    def made(self) -> Counterparts:
        self._match(self._root)
        given = {f"{around}{name}".removeprefix("/") for around, names in self._given.items() for name, _ in names}
        return Counterparts(self._nodes, tuple(self._renamed), frozenset(given - self._used))

    def _match(self, level: _Level) -> None:
        old, new = _nodes_of(level.old), _nodes_of(level.new)
        pairs = self._pairs(level, old, new)
        fields = {name: self._fields(level, old[name], new[other]) for name, other in pairs.items()}
        say = _renaming(pairs, {name: renamed for name, (renamed, _) in fields.items()})
        for name, other in pairs.items():
            renamed, gone = fields[name]
            same = not renamed and not gone and _content(old[name], say) == _content(new[other])
            path = (*level.old_path, name)
            self._nodes[path] = Counterpart((*level.new_path, other), same, renamed, gone)
            inside = self._inside(level, old[name], new[other])
            if inside is not None:
                self._match(inside)

    def _inside(self, level: _Level, old: Data, new: Data) -> _Level | None:
        embedded = self._old.get(str(old.get("workflow"))), self._new.get(str(new.get("workflow")))
        if old["type"] != "workflow" or len(level.old_path) >= MOST_LEVELS:
            return None
        before, after = embedded
        if before is None or after is None:
            return None
        return _Level(before, after, (*level.old_path, old["id"]), (*level.new_path, new["id"]))

    # -- nodes -------------------------------------------------------------------------------------

    def _pairs(self, level: _Level, old: Mapping[str, Data], new: Mapping[str, Data]) -> dict[str, str]:
        given = _each_once(self._given_nodes(level, old, new))
        pairs = {name: other for name, other in given.items() if _alike(old[name], new[other])}
        taken = set(given.values())
        for name, node in old.items():
            if name not in given and name in new and name not in taken and _alike(node, new[name]):
                pairs[name] = name
        left = [name for name in old if name not in pairs and name not in given]
        free = [name for name in new if name not in pairs.values() and name not in taken]
        for name, other in _unique(left, free, lambda it: _whole(old[it]), lambda it: _whole(new[it])):
            pairs[name] = other
            self._tell("node", (*level.old_path, name), (*level.new_path, other), guessed=True)
        return pairs

    def _given_nodes(
        self, level: _Level, old: Mapping[str, Data], new: Mapping[str, Data]
    ) -> Iterator[tuple[str, str]]:
        around = "/".join(level.old_path) + "/"
        for name, other in self._given.get(around, ()):
            if name not in old:
                continue
            before, _, after = other.rpartition("/")
            if after not in new or before not in ("", "/".join(level.new_path)):
                raise InvalidInput(f"There is no node `{other}` in the version that runs are to be moved to.")
            if _alike(old[name], new[after]):
                self._used.add(f"{around}{name}".removeprefix("/"))
                self._tell("node", (*level.old_path, name), (*level.new_path, after), guessed=False)
            yield name, after

    def _tell(self, kind: str, before: NodePath, after: NodePath, *, guessed: bool, fields: Sequence[str] = ()) -> None:
        ends = [f".{field}" for field in fields] or ["", ""]
        texts = "/".join(before) + ends[0], "/".join(after) + ends[1]
        if texts[0] != texts[1]:
            self._renamed.append(Renamed("field" if kind == "field" else "node", *texts, guessed))

    # -- fields ------------------------------------------------------------------------------------

    def _fields(self, level: _Level, old: Data, new: Data) -> tuple[Mapping[str, str], frozenset[str]]:
        """Those with other names, and those whose answers don't count any more."""
        before, after = _fields_of(old), _fields_of(new)
        given = _each_once(self._given_fields(level, old, new, before, after))
        pairs = dict(given)
        pairs |= {name: name for name in before if name in after and name not in given and name not in given.values()}
        left = [name for name in before if name not in pairs]
        free = [name for name in after if name not in pairs.values()]
        for name, other in _unique(left, free, lambda it: _looks(before[it]), lambda it: _looks(after[it])):
            pairs[name] = other
            paths = (*level.old_path, old["id"]), (*level.new_path, new["id"])
            self._tell("field", *paths, guessed=True, fields=(name, other))
        gone = frozenset(
            name for name in before if name not in pairs or _type_of(before[name]) != _type_of(after[pairs[name]])
        )
        return {name: other for name, other in pairs.items() if name != other}, gone

    def _given_fields(
        self, level: _Level, old: Data, new: Data, before: Mapping[str, Data], after: Mapping[str, Data]
    ) -> Iterator[tuple[str, str]]:
        around = "/".join((*level.old_path, old["id"])) + "."
        for name, other in self._given.get(around, ()):
            if name not in before:
                continue
            self._used.add(f"{around}{name}")
            around_field, _, field = other.rpartition(".")
            paths = (*level.old_path, old["id"]), (*level.new_path, new["id"])
            if field not in after or around_field not in ("", "/".join(paths[1])):
                there = "/".join(paths[1])
                raise InvalidInput(
                    f"`{around}{name}` can't be `{other}` now: its node is `{there}`, without that field."
                )
            self._tell("field", *paths, guessed=False, fields=(name, field))
            yield name, field


def _each_once(given: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Raises InvalidInput where two things would be one: nobody could tell their answers apart."""
    pairs: dict[str, str] = {}
    for name, other in given:
        if other in pairs.values():
            raise InvalidInput(f"Only one name can become `{other}`. Leave the others out.")
        pairs[name] = other
    return pairs


def _unique(
    left: Sequence[str], free: Sequence[str], of_left: Callable[[str], str], of_free: Callable[[str], str]
) -> Iterator[tuple[str, str]]:
    """Pairs of what looks the same, where only one on each side does; what looks like nothing is left."""
    looks: dict[str, tuple[list[str], list[str]]] = {}
    for side, names, look in ((0, left, of_left), (1, free, of_free)):
        for name in names:
            looks.setdefault(look(name), ([], []))[side].append(name)
    for shared, (olds, news) in looks.items():
        if shared and len(olds) == len(news) == 1:
            yield olds[0], news[0]


# -- what is in a definition -------------------------------------------------------------------------


def _nodes_of(definition: Data) -> dict[str, Data]:
    nodes = definition.get("nodes") if isinstance(definition, Mapping) else None
    named = [node for node in nodes or () if isinstance(node, Mapping) and isinstance(node.get("id"), str)]
    return {node["id"]: {"type": "", **node} for node in named}


def _fields_of(node: Data) -> dict[str, Data]:
    fields = node.get("fields")
    listed = fields if isinstance(fields, list) else ()
    return {field["name"]: field for field in listed if isinstance(field, Mapping) and "name" in field}


def _type_of(field: Data) -> str:
    return str(field.get("type", "text"))


def _looks(field: Data) -> str:
    """A field is guessed by its type and the label that its author gave it; "" where there is none."""
    return write_json([_type_of(field), field["label"]]) if field.get("label") else ""


def _whole(node: Data) -> str:
    """A node is guessed by all that it says, apart from its name and what follows."""
    return write_json({key: value for key, value in node.items() if key not in ("id", "next")}, sort_keys=True)


def _alike(old: Data, new: Data) -> bool:
    """Whether steps of the one could be steps of the other: paths of repeats are numbered in ways of their own."""
    return old["type"] == new["type"] and _way_of_repeating(old) == _way_of_repeating(new)


def _way_of_repeating(node: Data) -> str:
    repeat = node.get("repeat")
    if node["type"] != "workflow" or not isinstance(repeat, Mapping):
        return ""
    return next((key for key in ("for_each", "times") if key in repeat), "asks")


def _content(node: Data, say: Callable[[str], str] = str) -> str:
    """What a node asks or does, with the names that others have there."""
    return write_json({key: _said(value, say) for key, value in node.items() if key not in AROUND}, sort_keys=True)


def _said(value: Any, say: Callable[[str], str]) -> Any:
    match value:
        case str():
            return say(value)
        case Mapping():
            return {key: _said(member, say) for key, member in value.items()}
        case list():
            return [_said(member, say) for member in value]
    return value


def _renaming(pairs: Mapping[str, str], fields: Mapping[str, Mapping[str, str]]) -> Callable[[str], str]:
    """Has a text speak of nodes and fields by their new names, where expressions and templates name them."""
    changed = [name for name, other in pairs.items() if name != other or fields.get(name)]
    if not changed:
        return str
    pattern = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, changed))})((?:\.\w+)?)(?!\w)")

    def renamed(match: re.Match[str]) -> str:
        field = match[2][1:]
        name = pairs[match[1]]
        return f"{name}.{fields.get(match[1], {}).get(field, field)}" if field else name

    return lambda text: pattern.sub(renamed, text)
