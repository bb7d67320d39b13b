"""What a run's path must be, found out in the simplest way: by walking its definition from the start,
with the answers that were given, computing everything anew.

This knows nothing of stacks, cursors, kept steps or re-use, and shares no code with the engine; which number an
element of a list has is for the run to say. It reads the definitions that tests/generated.py makes: plain
data, whose expressions are either a dotted name or `name == "value"`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.workflows import Document, told


@dataclass(eq=False)
class Instance:
    """A workflow that is gone through: the root one, an embedded one, or an item of a repeat."""

    document: Document
    prefix: str = ""
    parent: Instance | None = None
    call: Document | None = None
    number: int | None = None
    values: dict[str, Any] = field(default_factory=dict)  # node id -> the latest output
    visits: dict[str, int] = field(default_factory=dict)  # node id -> visits that left steps
    inside: dict[str, Passage] = field(default_factory=dict)  # node id -> the latest visit that left steps


@dataclass(eq=False)
class Passage:
    """One visit of a node that embeds a workflow; `last` is the number of the item last heard of."""

    instance: Instance
    node: Document
    items: list[Instance] = field(default_factory=list)
    number: int = 0
    last: int = -1


@dataclass(frozen=True)
class Mark:
    """A step that the walk came to. `output` is None where the walk stopped: there is no answer, or
    the step failed. `depends` are the values of the node's `depends_on`, and `fits` says whether the
    node would accept the answer, both as they were when the walk came there."""

    path: str
    node: Document
    instance: Instance
    output: Mapping[str, Any] | None
    depends: tuple[Any, ...] = ()
    fits: bool = True


class Item(str):
    """A repeat's item as an element of a list: its path."""


NumberOf = Callable[[str, list[Any]], list[int]]  # of the elements of the list of the repeat at a path


class Stuck(Exception):
    """No case of a condition matches."""


class _Stop(Exception):
    """Here somebody has to answer, or something failed."""


class Retrace:
    """`marks` is the path. `ended` says that the end was reached."""

    def __init__(
        self,
        documents: Mapping[str, Document],
        answers: Mapping[str, Mapping[str, Any]],
        session: Mapping[str, Any],
        removed: frozenset[str] = frozenset(),
        number_of: NumberOf = lambda base, elements: [],
    ) -> None:
        self.marks: list[Mark] = []
        self.ended = self.stuck = False
        self._documents, self._answers, self._removed = documents, answers, removed
        self._number_of = number_of
        self._session = dict(session)
        self._open: list[Passage] = []
        try:
            self._walk(Instance(documents["main"]))
            self.ended = True
        except Stuck:
            self.stuck = True
        except _Stop:
            pass

    # -- walking -----------------------------------------------------------------------------------

    def _walk(self, instance: Instance) -> None:
        nodes = {node["id"]: node for node in instance.document["nodes"]}
        following = dict(zip(nodes, [*list(nodes)[1:], "end"], strict=True))
        target = next(iter(nodes))
        while target != "end":
            node = nodes[target]
            onward = node.get("next", following[target])
            target = self._visit(instance, node) or onward

    def _visit(self, instance: Instance, node: Document) -> str | None:
        """Where the node leads, if not onward."""
        match node["type"]:
            case "condition":
                return self._condition(instance, node)
            case "workflow":
                return self._embedded(instance, node)
            case "work" | "pure":
                return self._work(instance, node)
            case "end":
                self._mark(instance, node, {})
                self.ended = True
                raise _Stop
        return self._ask(instance, node)

    def _condition(self, instance: Instance, node: Document) -> str:
        for case in node["cases"]:
            if "when" not in case or self._holds(instance, case["when"]):
                goto: str = case["goto"]
                return goto
        raise Stuck

    def _ask(self, instance: Instance, node: Document) -> str | None:
        answer = self._answers.get(self._path(instance, node))
        depends = tuple(self.read(instance, name) for name in node.get("depends_on", ()))
        self._mark(instance, node, answer, depends, self._fits(instance, node, answer))
        if answer is None:
            raise _Stop
        if "sets" in node:
            self._session[node["sets"].removeprefix("session.")] = answer.get("x")
        return None

    def _work(self, instance: Instance, node: Document) -> str | None:
        values = [self.read(instance, name) for name in node.get("reads", ())]
        if any(value in node.get("fails_on", ()) for value in values):
            return self._failed(instance, node)
        if "counts" in node:
            name = node["counts"].removeprefix("session.")
            self._session[name] = (self._session.get(name) or 0) + 1
        if "sets" in node:
            name = node["sets"].removeprefix("session.")
            self._session[name] = values[0] if values else self._path(instance, node)
        self._mark(instance, node, {"v": told(values)})
        return None

    def _failed(self, instance: Instance, node: Document) -> str | None:
        target: str | None = None
        match node.get("on_error", "stop"):
            case "continue":
                pass
            case {"goto": str(target)}:
                pass
            case _:
                self._mark(instance, node, None)
                raise _Stop
        self._mark(instance, node, {"error": "What it read makes this fail"})
        return target

    def _embedded(self, instance: Instance, node: Document) -> str | None:
        base = self._path(instance, node)
        passage = Passage(instance, node)
        self._open.append(passage)
        if "repeat" not in node:
            self._item(passage, f"{base}/")
        else:
            for number in self._numbers(passage, base):
                self._item(passage, f"{base}/{number}/", number)
        self._open.pop()
        return None

    def _item(self, passage: Passage, prefix: str, number: int | None = None) -> None:
        document = self._documents[passage.node["workflow"]]
        inner = Instance(document, prefix, passage.instance, passage.node, number)
        passage.items.append(inner)
        passage.number = number or 0
        self._walk(inner)

    def _numbers(self, passage: Passage, base: str) -> Iterator[int]:
        """The items of a repeat, asking on its list pages where it is to be asked."""
        instance, repeat = passage.instance, passage.node["repeat"]
        number = items = 0
        if "times" in repeat:
            while number < (self.read(instance, repeat["times"]) or 0):
                yield (number := number + 1)
        elif "for_each" in repeat:
            yield from [number for number, _ in self.elements(instance, passage.node["id"], base)]
        else:
            while items < repeat.get("min", 1) or self._wants_more(passage, f"{base}/after-{number}"):
                items, number = items + 1, number + 1
                while f"{base}/{number}" in self._removed:
                    number += 1
                yield number

    def _wants_more(self, passage: Passage, path: str) -> bool:
        answer = self._answers.get(path)
        self._leave(Mark(path, passage.node, passage.instance, answer))
        if answer is None:
            raise _Stop
        return bool(answer["add_another"])

    def _fits(self, instance: Instance, node: Document, answer: Mapping[str, Any] | None) -> bool:
        x = (answer or {}).get("x")
        refused = x in node.get("refuses", ())
        return x is None or not (refused or ("unless" in node and self.read(instance, node["unless"]) == x))

    def _mark(
        self,
        instance: Instance,
        node: Document,
        output: Mapping[str, Any] | None,
        depends: tuple[Any, ...] = (),
        fits: bool = True,
    ) -> None:
        self._leave(Mark(self._path(instance, node), node, instance, output, depends, fits))
        instance.visits[node["id"]] = instance.visits.get(node["id"], 0) + 1
        if output is not None:
            instance.values[node["id"]] = output

    def _leave(self, mark: Mark) -> None:
        """A step: the visits that it is inside of count from now on. Those that leave none never do."""
        self.marks.append(mark)
        for passage in self._open:
            instance, node = passage.instance, passage.node["id"]
            if passage.last < 0:
                instance.visits[node] = instance.visits.get(node, 0) + 1
                instance.inside[node] = passage
            passage.last = passage.number

    def _path(self, instance: Instance, node: Document) -> str:
        visit = instance.visits.get(node["id"], 0) + 1
        return f"{instance.prefix}{node['id']}" + (f"~{visit}" if visit > 1 else "")

    # -- reading -----------------------------------------------------------------------------------

    def _holds(self, instance: Instance, expression: str) -> bool:
        name, _, text = expression.partition(" == ")
        return bool(self.read(instance, name) == text.strip('"'))

    def elements(self, instance: Instance, call: str, base: str) -> list[tuple[int, Any]]:
        """What the `for_each` of a node goes through, each with the number of its item."""
        nodes = {node["id"]: node for node in instance.document["nodes"]}
        expression = nodes[call]["repeat"]["for_each"]
        values, known = self.read(instance, expression) or [], list[Any]()
        if "repeat" in nodes.get(expression, ()):
            known = [Item(each.prefix[:-1]) for each in self._items(instance, nodes[expression])]
        return list(zip(self._number_of(base, known or values), values, strict=True))

    def _items(self, instance: Instance, node: Document) -> list[Instance]:
        """A repeat's items, without those whose element was taken out of what it goes through."""
        passage = instance.inside.get(node["id"])
        if passage is None:
            return []
        places = [place for place, each in enumerate(passage.items) if (each.number or 0) == passage.last]
        items = passage.items[: places[-1] + 1] if places else []
        if "for_each" not in node["repeat"]:
            return items if places else [each for each in passage.items if (each.number or 0) <= passage.last]
        base = passage.items[0].prefix[:-1].rpartition("/")[0]
        known = {number for number, _ in self.elements(instance, node["id"], base)}
        return [each for each in items if each.number in known]

    def read(self, instance: Instance, name: str) -> Any:
        head, *rest = name.split(".")
        value: Any
        if head == "session":
            value = self._session
        elif head == "input":
            return self._input(instance, rest[0])
        else:
            value = self._node_value(instance, next(n for n in instance.document["nodes"] if n["id"] == head))
        for part in rest:
            value = None if value is None else value.get(part)
        return value

    def _input(self, instance: Instance, name: str) -> Any:
        if instance.parent is None or instance.call is None:
            return None
        handed = instance.call.get("with", {})
        if name in handed:
            return self.read(instance.parent, handed[name].strip("{} "))
        if instance.number is None or name not in ("item", "index"):
            return None
        repeat = instance.call["repeat"]
        if "for_each" in repeat:
            elements = self.elements(instance.parent, instance.call["id"], self._base(instance))
            places = [place for place, (number, _) in enumerate(elements) if number == instance.number]
            return None if not places else (places[0] + 1 if name == "index" else elements[places[0]][1])
        earlier = sum(1 for n in range(1, instance.number) if f"{self._base(instance)}/{n}" not in self._removed)
        return earlier + 1 if name == "index" else None

    @staticmethod
    def _base(item: Instance) -> str:
        return item.prefix[:-1].rpartition("/")[0]

    def _node_value(self, instance: Instance, node: Document) -> Any:
        if node["type"] != "workflow":
            return instance.values.get(node["id"])
        if "repeat" in node:
            return [self._value(each) for each in self._items(instance, node)]
        passage = instance.inside.get(node["id"])
        return (self._value(passage.items[-1]) or None) if passage else None

    def _value(self, instance: Instance) -> dict[str, Any]:
        values = {node["id"]: self._node_value(instance, node) for node in instance.document["nodes"]}
        return {name: value for name, value in values.items() if value is not None}
