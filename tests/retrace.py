"""What a run's path must be, found out in the simplest way: by walking its definition from the start,
with the answers that were given, computing everything anew.

This knows nothing of stacks, cursors, kept steps or re-use, and shares no code with the engine. It
reads the definitions that tests/generated.py makes: plain data, whose expressions are either a
dotted name or `name == "value"`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
    inside: dict[str, list[Instance]] = field(default_factory=dict)  # call id -> its latest visit's instances


@dataclass(frozen=True)
class Mark:
    """A step that the walk came to. `output` is None where the walk stopped: there is no answer, or
    the step failed."""

    path: str
    node: Document
    instance: Instance
    output: Mapping[str, Any] | None


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
    ) -> None:
        self.marks: list[Mark] = []
        self.ended = self.stuck = False
        self._documents, self._answers, self._removed = documents, answers, removed
        self._session = dict(session)
        try:
            self._workflow(Instance(documents["main"]))
            self.ended = True
        except Stuck:
            self.stuck = True
        except _Stop:
            pass

    # -- walking -----------------------------------------------------------------------------------

    def _workflow(self, instance: Instance) -> None:
        nodes = {node["id"]: node for node in instance.document["nodes"]}
        following = dict(zip(nodes, [*list(nodes)[1:], "end"], strict=True))
        target = next(iter(nodes))
        while target != "end":
            node = nodes[target]
            onward = node.get("next", following[target])
            target = getattr(self, f"_{node['type']}")(instance, node) or onward

    def _condition(self, instance: Instance, node: Document) -> str:
        for case in node["cases"]:
            if "when" not in case or self._holds(instance, case["when"]):
                goto: str = case["goto"]
                return goto
        raise Stuck

    def _ask(self, instance: Instance, node: Document) -> None:
        path = self._path(instance, node)
        answer = self._answers.get(path)
        self._mark(path, instance, node, answer)
        if answer is None:
            raise _Stop
        if "sets" in node:
            self._session[node["sets"].removeprefix("session.")] = answer.get("x")

    def _pass(self, instance: Instance, node: Document) -> None:
        self._ask(instance, node)

    def _end(self, instance: Instance, node: Document) -> None:
        self._mark(self._path(instance, node), instance, node, {})
        self.ended = True
        raise _Stop

    def _work(self, instance: Instance, node: Document) -> str | None:
        path = self._path(instance, node)
        values = [self.read(instance, name) for name in node.get("reads", ())]
        if any(value in node.get("fails_on", ()) for value in values):
            return self._failed(instance, node, path)
        if "counts" in node:
            name = node["counts"].removeprefix("session.")
            self._session[name] = (self._session.get(name) or 0) + 1
        if "sets" in node:
            self._session[node["sets"].removeprefix("session.")] = values[0] if values else path
        self._mark(path, instance, node, {"v": told(values)})
        return None

    def _pure(self, instance: Instance, node: Document) -> str | None:
        return self._work(instance, node)

    def _failed(self, instance: Instance, node: Document, path: str) -> str | None:
        match node.get("on_error", "stop"):
            case "continue":
                self._mark(path, instance, node, {"error": "What it read makes this fail"})
                return None
            case {"goto": str(target)}:
                self._mark(path, instance, node, {"error": "What it read makes this fail"})
                return target
        self._mark(path, instance, node, None)
        raise _Stop

    def _workflow_node(self, instance: Instance, node: Document) -> None:
        base = self._base(instance, node)
        before = len(self.marks)
        instance.inside[node["id"]] = []
        try:
            if "repeat" in node:
                for number in self._numbers(instance, node, base):
                    self._item(instance, node, f"{base}/{number}/", number)
            else:
                self._item(instance, node, f"{base}/", None)
        finally:
            if len(self.marks) > before:
                instance.visits[node["id"]] = instance.visits.get(node["id"], 0) + 1

    def _item(self, instance: Instance, node: Document, prefix: str, number: int | None) -> None:
        inner = Instance(self._documents[node["workflow"]], prefix, instance, node, number)
        instance.inside[node["id"]].append(inner)
        self._workflow(inner)

    def _numbers(self, instance: Instance, node: Document, base: str) -> Iterator[int]:
        """The items of a repeat, asking on its list pages where it is to be asked."""
        repeat = node["repeat"]
        if "times" in repeat:
            done = 0
            while done < (self.read(instance, repeat["times"]) or 0):
                yield (done := done + 1)
            return
        if "for_each" in repeat:
            done = 0
            while number := next((n for n, _ in self.elements(instance, repeat["for_each"]) if n > done), None):
                yield (done := number)
            return
        number = items = 0
        while True:
            if items >= repeat.get("min", 1) and not self._wants_more(instance, node, f"{base}/after-{number}"):
                return
            number += 1
            while f"{base}/{number}" in self._removed:
                number += 1
            items += 1
            yield number

    def _wants_more(self, instance: Instance, node: Document, path: str) -> bool:
        answer = self._answers.get(path)
        self.marks.append(Mark(path, node, instance, answer))
        if answer is None:
            raise _Stop
        return bool(answer["add_another"])

    def _mark(self, path: str, instance: Instance, node: Document, output: Mapping[str, Any] | None) -> None:
        self.marks.append(Mark(path, node, instance, output))
        instance.visits[node["id"]] = instance.visits.get(node["id"], 0) + 1
        if output is not None:
            instance.values[node["id"]] = output

    @staticmethod
    def _path(instance: Instance, node: Document) -> str:
        visit = instance.visits.get(node["id"], 0) + 1
        return instance.prefix + node["id"] + (f"~{visit}" if visit > 1 else "")

    _base = _path

    # -- reading -----------------------------------------------------------------------------------

    def _holds(self, instance: Instance, expression: str) -> bool:
        name, _, text = expression.partition(" == ")
        return bool(self.read(instance, name) == text.strip('"'))

    def elements(self, instance: Instance, expression: str) -> list[tuple[int, Any]]:
        """What a `for_each` goes through, each with its number: over a repeat, that of its item."""
        nodes = {node["id"]: node for node in instance.document["nodes"]}
        if "repeat" in nodes.get(expression, ()):
            return [(each.number or 0, self._value(each)) for each in self._items(instance, nodes[expression])]
        return list(enumerate(self.read(instance, expression) or (), start=1))

    def _items(self, instance: Instance, node: Document) -> list[Instance]:
        """A repeat's items, without those whose element was taken out of what it goes through."""
        items = instance.inside.get(node["id"], [])
        if "for_each" not in node["repeat"]:
            return items
        known = {number for number, _ in self.elements(instance, node["repeat"]["for_each"])}
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
            elements = self.elements(instance.parent, repeat["for_each"])
            places = [place for place, (number, _) in enumerate(elements) if number == instance.number]
            return None if not places else (places[0] + 1 if name == "index" else elements[places[0]][1])
        items = instance.parent.inside[instance.call["id"]]
        return items.index(instance) + 1 if name == "index" else None

    def _node_value(self, instance: Instance, node: Document) -> Any:
        if node["type"] != "workflow":
            return instance.values.get(node["id"])
        if "repeat" in node:
            return [self._value(each) for each in self._items(instance, node)]
        inside = instance.inside.get(node["id"])
        return self._value(inside[-1]) if inside else None

    def _value(self, instance: Instance) -> dict[str, Any]:
        values = {node["id"]: self._node_value(instance, node) for node in instance.document["nodes"]}
        return {name: value for name, value in values.items() if value is not None}


# The node type is called `workflow`, as is the walk through one.
setattr(Retrace, "_workflow", Retrace._workflow)
