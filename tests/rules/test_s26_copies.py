"""S26: what crosses the border of a node, either way, is a copy."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import fields
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple

import pytest

from wizard.engine import Engine
from wizard.expressions.template import Dynamic
from wizard.forms.fields import BUILT_IN
from wizard.model import Choice, Item, Outcome, Proceed, Prompt, PromptField, Reveal, Wait
from wizard.node import Background, Foreground, NodeConfig, Visit
from wizard.stores.sqlite import SqliteStore
from wizard.testing import Person, make_test_engine

LISTED = """
id: listed
nodes:
  - {id: f, type: form, fields: [{name: name}]}
  - {id: l, type: python, function: listing, arguments: {name: "{{ f.name }}"}}
  - {id: m, type: message, title: "{{ l.names | join(', ') }}"}
"""


async def test_nobody_sees_another_persons_name_in_a_list_that_a_function_keeps() -> None:
    """A function that returns its own cache would show each person everybody who came after."""
    names: list[str] = []

    def listing(name: str) -> dict[str, Any]:
        names.append(name)
        return {"names": names}

    engine = await make_test_engine(LISTED, functions={"listing": listing})
    ann = await Person.starts(engine, "listed")
    await ann.says("Ann")
    bob = await Person.starts(engine, "listed")
    await bob.says("Bob")
    await engine.load(ann.run)
    ann.sees(title="Ann")
    await ann.goes_back()
    await ann.says("Ann")
    assert names == ["Ann", "Bob"]  # nothing that the function read has changed


class GreedyConfig(NodeConfig):
    tags: list[str]
    by_name: dict[str, list[int]]
    more: Dynamic | None = None


class Greedy(Background[GreedyConfig]):
    """Changes all that it is handed, and keeps what it gave."""

    type = "greedy"
    Config = GreedyConfig
    kept: ClassVar[list[Any]] = []

    async def execute(self, visit: Visit[GreedyConfig]) -> Outcome:
        seen = [list(visit.config.tags), list(visit.config.by_name["a"]), list(visit.read("f.tags"))]
        assert visit.config.more is not None
        computed: Any = visit.config.more.evaluate(visit.names)
        seen += [list(computed["fixed"]), list(computed["tags"]), list(visit.read("session.tags"))]
        visit.config.tags.append("x")
        visit.node.config.tags.append("x")
        visit.config.by_name["a"].append(7)
        for each in (visit.read("f.tags"), visit.read("session.tags"), computed["fixed"], computed["tags"]):
            each.append("x")
        mine, document, state = ["mine"], ["document"], ["state"]
        visit.set("session", "set", document)
        visit.state["own"] = state
        Greedy.kept += [mine, document, state]
        return Proceed({"seen": seen, "mine": mine})


GREEDY = """
id: greedy
nodes:
  - {id: f, type: form, fields: [{name: tags, type: choices, choices: [a, b]}]}
  - id: g
    type: greedy
    tags: [t]
    by_name: {a: [1]}
    more: {fixed: [c], tags: "{{ f.tags }}"}
  - {id: e, type: form, fields: [{name: y}]}
"""


async def test_a_node_cannot_change_what_it_was_handed_nor_what_it_gave() -> None:
    """Answers, documents, results and the definition itself would change behind everybody's back, until a restart."""
    engine = await make_test_engine(GREEDY, node_types=[Greedy])
    session = {"tags": ["s"]}
    for number in range(2):
        run = await engine.start("greedy", session=session)
        await engine.next(run, {"tags": ["a"]})
        step = run.run.by_path["g"]
        assert step.output is not None
        assert step.output["seen"] == [["t"], [1], ["a"], ["c"], ["a"], ["s"]], number
        for each in Greedy.kept:
            each.append("later")
        await engine.load(run)
        step = run.run.by_path["g"]
        assert (step.output or {})["mine"] == ["mine"]
        assert step.patch == {("session", "set"): ["document"]}
        assert step.state == {"own": ["state"]}
        assert run.answers["f"] == {"tags": ["a"]}
    assert session == {"tags": ["s"]}


class Sticky(Foreground[NodeConfig]):
    """Changes what it is handed, and shows one and the same prompt to everybody."""

    type = "sticky"
    Config = NodeConfig
    options: ClassVar[dict[str, Any]] = {"hints": ["h"]}
    value: ClassVar[list[str]] = ["v"]

    def prompt(self, visit: Visit[NodeConfig]) -> Prompt:
        for each in (visit.draft, visit.output, visit.state):
            if each:
                each["v"].append("looked")  # type: ignore[index]
        return Prompt(
            visit.step, self.type, "t", fields=(PromptField("v", "text", "v", value=self.value, options=self.options),)
        )

    async def submit(self, visit: Visit[NodeConfig]) -> Outcome:
        assert visit.input is not None
        given: Any = visit.input["v"]
        given.append("submitted")
        visit.state["v"] = ["state"]
        if visit.input.get("again"):
            visit.draft = {"v": given}
            return Wait(self.prompt(visit))
        return Proceed({"v": given})

    def summary(self, visit: Visit[NodeConfig]) -> tuple[Item, ...]:
        assert visit.output is not None
        visit.output["v"].append("summarised")
        return (Item("V", ", ".join(visit.output["v"])),)


STICKY = """
id: sticky
nodes:
  - {id: s, type: sticky}
  - {id: r, type: review}
"""


async def test_looking_at_a_step_changes_nothing_in_it() -> None:
    """Who reloads a page would find another answer each time."""
    engine = await make_test_engine(STICKY, node_types=[Sticky])
    run = await engine.start("sticky")
    given = {"v": ["q"], "again": True}
    await engine.next(run, given)
    assert given == {"v": ["q"], "again": True}
    for _ in range(3):
        run = await engine.load(run.id)
        assert run.current.type == "sticky"
        assert run.run.by_path["s"].draft == {"v": ["q", "submitted", "looked"]}  # by its own submit
    await engine.next(run, {"v": ["q"]})
    for _ in range(3):
        run = await engine.load(run.id)
        assert run.current.items[0].value == "q, submitted, summarised"
        run.prompt_at("s")
        step = run.run.by_path["s"]
        assert (step.output, step.state) == ({"v": ["q", "submitted"]}, {"v": ["state"]})


async def test_what_a_host_makes_of_a_view_stays_its_own() -> None:
    """A template that sorts or fills up what it shows would change the run, and the next person's page."""
    engine = await make_test_engine(STICKY, node_types=[Sticky])
    run = await engine.start("sticky")
    for view in (run, await engine.load(run.id)):
        (field,) = view.current.fields
        field.value.append("x")  # type: ignore[union-attr]
        field.options["hints"].append("x")  # type: ignore[union-attr, call-overload, index]
    assert (Sticky.value, Sticky.options) == (["v"], {"hints": ["h"]})
    await engine.next(run, {"v": ["q"]})
    run.answers["s"]["v"].append("x")  # type: ignore[index, call-overload]
    assert (await engine.load(run.id)).answers == {"s": {"v": ["q", "submitted"]}}


async def test_what_a_caller_hands_in_stays_the_callers_own() -> None:
    """A host that fills one dict again for each event would change the events of earlier runs."""
    nodes = [{"id": "f", "type": "form", "fields": [{"name": "x"}]}, {"id": "w", "type": "wait", "event": "came"}]
    engine = await make_test_engine({"id": "d", "nodes": nodes})
    handed: dict[str, Any] = {name: {"list": [1]} for name in ("event", "session", "amended", "data", "draft")}
    run = await engine.start("d", event=handed["event"], session=handed["session"])
    await engine.amend(run, profile=handed["amended"])
    await engine.event(run, "came", handed["data"])
    await engine.keep(run, "f", handed["draft"])
    for each in handed.values():
        each["list"].append(2)
    await engine.load(run)
    stored = run.run
    assert stored.event["list"] == stored.session["list"] == stored.profile["list"] == [1]
    assert stored.event["came"] == {"list": [1]}
    assert stored.steps[0].draft == {"list": [1]}


class Colour(StrEnum):
    RED = "red"


class Pair(NamedTuple):
    left: int
    right: int


@pytest.mark.parametrize(
    ("given", "there"),
    [(Colour.RED, "red"), (Pair(1, 2), [1, 2]), (OrderedDict(a=[1]), {"a": [1]}), ((1, [2]), (1, [2]))],
)
async def test_what_only_resembles_a_value_is_one_at_once(given: Any, there: Any, tmp_path: Any) -> None:
    """A later step would see an enumeration's member until the run is loaded anew, and its text from then on."""
    store = SqliteStore(tmp_path / "runs.db")
    await store.open()
    flow = LISTED.replace("{{ l.names | join(', ') }}", "{{ l.value }}")
    engine: Engine = await make_test_engine(flow, functions={"listing": lambda name: {"value": given}}, store=store)
    person = await Person.starts(engine, "listed")
    await person.says("Ann")
    output = person.run.run.by_path["l"].output
    assert output is not None
    assert output["value"] == there
    assert type(output["value"]) is type(there)
    title = person.prompt.title
    await person.reloads()
    assert person.prompt.title == title
    await store.close()


FULL = PromptField(
    "length",
    "decimal",
    "Length",
    "In metres",
    False,
    (Choice("1", "One", "The first"),),
    Decimal("1.234"),
    "Too long",
    True,
    {"places": 3},
    Reveal("kind", ("long",)),
    "1,234",
    BUILT_IN["decimal"],
)


class Full(Foreground[NodeConfig]):
    """Asks with a field of which every member says something."""

    type = "full"
    Config = NodeConfig

    def prompt(self, visit: Visit[NodeConfig]) -> Prompt:
        return Prompt(visit.step, "full", "Full", fields=(FULL,))

    async def submit(self, visit: Visit[NodeConfig]) -> Outcome:
        return Wait(self.prompt(visit))


async def test_a_copied_field_has_all_that_the_field_had() -> None:
    """A member that the copy forgets is missing on the page alone, and only there: a number stood in its input with a
    point that nobody types in that language."""
    usual = PromptField("length", "text", "")
    assert [each.name for each in fields(FULL) if getattr(FULL, each.name) == getattr(usual, each.name)] == ["name"]
    engine = await make_test_engine("id: f\nnodes: [{id: a, type: full}]", node_types=[Full])
    person = await Person.starts(engine, "f")
    assert person.run.current is not None
    (shown,) = person.run.current.fields
    assert shown == FULL
    assert shown.options is not FULL.options
