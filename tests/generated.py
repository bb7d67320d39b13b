"""Workflows and answers as hypothesis draws them: small, strange, and valid.

Loops only go back to nodes that ask, so that no workflow turns in circles by itself. Expressions are
a dotted name or `name == "value"`, which tests/retrace.py understands as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.workflows import Document, flow

LETTERS = ("a", "b", "c")
letters = st.sampled_from(LETTERS)
answers = st.fixed_dictionaries({"x": letters, "n": st.integers(0, 2), "l": st.lists(letters, max_size=2)})


def _seldom(percent: int) -> st.SearchStrategy[bool]:
    return st.integers(0, 99).map(lambda drawn: drawn >= 100 - percent)


class _Writer:
    """Draws one definition."""

    def __init__(self, draw: st.DrawFn, letter: str, embeddable: list[Document], size: int) -> None:
        self.draw = draw
        self.embeddable = embeddable
        self.letter = letter
        plain = ["ask"] * 5 + ["work"] * 3 + ["pure", "pass"]
        kinds = [*plain, *["condition"] * 4, *["workflow"] * (4 * bool(embeddable))]
        self.kinds = ["ask" if letter == "m" else draw(st.sampled_from(plain))]
        self.kinds += draw(st.lists(st.sampled_from(kinds), min_size=3 if letter == "m" else 0, max_size=size))
        self.ids = [f"{letter}{kind[0]}{number}" for number, kind in enumerate(self.kinds)]
        self.nodes: list[Document] = []

    def chance(self, percent: int) -> bool:
        return self.draw(_seldom(percent))

    def pick(self, options: list[str]) -> str:
        return self.draw(st.sampled_from(options))

    def document(self, name: str, **keys: Any) -> Document:
        for place, kind in enumerate(self.kinds):
            node = {"id": self.ids[place], "type": kind}
            getattr(self, f"_{kind}")(node, place)
            self.nodes.append(node)
        if self.letter == "m" and self.chance(15):
            self.nodes.append({"id": "done", "type": "end"})
        return flow(name, *self.nodes, **keys)

    def names(self) -> list[str]:
        """What can be read here: of what comes before, and of the internal state."""
        found = ["session.k"]
        if self.letter != "m":
            found += ["input.p", "input.item", "input.index"]
        for node in self.nodes:
            match node["type"]:
                case "ask":
                    found += [f"{node['id']}.x"] * 3
                case "pass":
                    found += [f"{node['id']}.x", f"{node['id']}.passed"]
                case "work" | "pure":
                    found += [f"{node['id']}.v"]
                case "workflow":
                    found += [node["id"], *self._inner_names(node)]
        return found

    def answers(self) -> list[str]:
        """Those that a person gave, and what stands for them inside."""
        given = [name for name in self.names() if name.endswith(".x")]
        return given or ["session.k" if self.letter == "m" else "input.p"]

    def _inner_names(self, node: Document) -> list[str]:
        if "repeat" in node:
            return []
        inner = next(each for each in self.embeddable if each["id"] == node["workflow"])
        return [f"{node['id']}.{each['id']}.x" for each in inner["nodes"] if each["type"] == "ask"]

    def onward(self, place: int) -> list[str]:
        return [*self.ids[place + 1 :], "end"]

    # -- one kind of node each -----------------------------------------------------------------------

    def _ask(self, node: Document, place: int) -> None:
        if self.chance(10):
            node["refuses"] = ["c"]
        if self.chance(30):
            node["unless"] = self.pick([*self.answers() * 2, "session.k"])
        if self.chance(20):
            node["sets"] = "session.k"
        if self.chance(35):
            node["depends_on"] = [self.pick(self.answers() * 3 + self.names())]
        if self.chance(4):
            node["final"] = True
        if self.chance(10):
            node["next"] = self.pick(self.onward(place))

    def _pass(self, node: Document, place: int) -> None:
        if self.chance(60):
            node["unless"] = self.pick(self.names())

    def _pure(self, node: Document, place: int) -> None:
        self._work(node, place)

    def _work(self, node: Document, place: int) -> None:
        node["reads"] = self.draw(st.lists(st.sampled_from(self.names()), max_size=2))
        if self.chance(20):
            node["fails_on"] = ["c"]
            node["on_error"] = self.draw(
                st.sampled_from(["stop", "back", "continue"]) | st.sampled_from(self.onward(place)).map(_goto)
            )
        elif self.chance(20):
            node["counts"] = "session.count"
        elif self.chance(20):
            node["sets"] = "session.k"
        if self.chance(4):
            node["final"] = True
        if self.chance(10):
            node["next"] = self.pick(self.onward(place))

    def _condition(self, node: Document, place: int) -> None:
        back = [each["id"] for each in self.nodes if each["type"] == "ask"]
        targets = self.onward(place) * 2 + back
        node["cases"] = [
            {"when": f'{self.pick(self.names())} == "{self.draw(letters)}"', "goto": self.pick(targets)}
            for _ in range(self.draw(st.integers(1, 2)))
        ]
        if self.chance(90):
            node["cases"].append({"goto": self.pick(self.onward(place))})

    def _workflow(self, node: Document, place: int) -> None:
        node["workflow"] = self.pick([each["id"] for each in self.embeddable])
        if self.chance(50):
            node["with"] = {"p": "{{ " + self.pick(self.names()) + " }}"}
        asks = [each["id"] for each in self.nodes if each["type"] == "ask"]
        repeats = [each["id"] for each in self.nodes if "repeat" in each]
        if self.chance(70):
            ways: list[Callable[[], dict[str, Any]]] = [self._asking_repeat] * 4
            ways += [lambda: {"times": self.pick([f"{each}.n" for each in asks])}] * bool(asks)
            ways += [lambda: {"for_each": self.pick([f"{each}.l" for each in asks])}] * bool(asks)
            ways += [lambda: {"for_each": self.pick(repeats)}] * (3 * bool(repeats))
            node["repeat"] = self.draw(st.sampled_from(ways))()

    def _asking_repeat(self) -> dict[str, Any]:
        repeat = {"min": self.draw(st.integers(0, 2))}
        if self.chance(50):
            repeat["max"] = max(1, repeat["min"] + self.draw(st.integers(0, 1)))
        return repeat


def _goto(target: str) -> dict[str, str]:
    return {"goto": target}


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Document]:
    """A workflow "main" and those that it may embed, by id."""
    inner = _Writer(draw, "i", [], 2).document("inner")
    outer = _Writer(draw, "o", [inner], 3).document("outer")
    main = _Writer(draw, "m", [inner, outer], 7).document("main", reopen=draw(_seldom(70)))
    return {each["id"]: each for each in (main, outer, inner)}
