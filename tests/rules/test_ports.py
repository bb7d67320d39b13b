"""Ports: a node's ways out besides the ordinary one. Which of them was taken is a part of what a step did: it comes
back with the step, and another result leads elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from tests.contract.kinds import KINDS
from tests.conversations import Conversation, talk
from tests.workflows import Document, ask, catalog, embed, flow, work
from wizard.definitions.graph import edges_of, mermaid
from wizard.errors import DefinitionError
from wizard.model import Outcome, Proceed, Prompt, PromptField
from wizard.node import Background, Foreground, NodeConfig, NodeType, Visit
from wizard.stores.contract import Store

PEOPLE = {"Ann": "Bern"}


class LookUp(Background[NodeConfig]):
    """Looks up where somebody lives: known, unknown, or, for nobody, straight on."""

    type = "look_up"
    ports = ("found", "not_found")
    Config = NodeConfig

    async def execute(self, visit: Visit[NodeConfig]) -> Outcome:
        name: Any = visit.read("a.x")
        if name == "broken":
            raise RuntimeError
        if name == "odd":
            return Proceed({}, port="elsewhere")
        if name == "nobody":
            return Proceed({})
        return Proceed({"town": PEOPLE[name]}, port="found") if name in PEOPLE else Proceed({}, port="not_found")


class Sorts(LookUp):
    """Always takes one of its ports."""

    type = "sorts"
    always_ports = True


class ByTown(LookUp):
    """Its ways out are the towns that its configuration names."""

    class Config(NodeConfig):
        towns: tuple[str, ...]

    type = "by_town"
    always_ports = True

    def ports_of(self, config: Any) -> tuple[str, ...]:
        return (*config.towns, "elsewhere")

    async def execute(self, visit: Visit[Any]) -> Outcome:
        town = PEOPLE.get(str(visit.read("a.x")))
        return Proceed({}, port=town if town in visit.config.towns else "elsewhere")


class Vote(Foreground[NodeConfig]):
    """Somebody says yes or no, and each has a way of its own."""

    type = "vote"
    ports = ("yes", "no")
    Config = NodeConfig

    def prompt(self, visit: Visit[NodeConfig]) -> Prompt:
        return Prompt(visit.step, self.type, fields=(PromptField("x", "text", "x"),))

    async def submit(self, visit: Visit[NodeConfig]) -> Outcome:
        said = str((visit.input or {}).get("x"))
        return Proceed({"vote": said}, port=said)


TYPES = (LookUp, Sorts, ByTown, Vote)
FOUND = {"id": "l", "type": "look_up", "next": {"found": "greet", "not_found": "who"}}
NODES = (ask("a"), FOUND, ask("straight", next="done"), ask("greet", next="done"), ask("who"), ask("done"))


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Any) -> Any:
    async with KINDS[request.param](tmp_path) as made:
        yield made


async def rides(*nodes: Document, **more: Any) -> Conversation:
    return await talk(*nodes, types=TYPES, **more)


@pytest.mark.parametrize(("name", "at"), [("Ann", "greet"), ("Zoë", "who"), ("nobody", "straight")])
async def test_each_port_leads_to_its_node(name: str, at: str) -> None:
    """Who is known is greeted, who isn't is asked; without a port it goes on below."""
    person = await rides(*NODES)
    await person.says(name)
    assert (person.stack, person.at) == (f"a l {at}", at)
    await person.says("x")
    assert person.at == "done"


async def test_a_port_that_isnt_named_leads_below() -> None:
    """An author who cares for one way only doesn't have to write the other."""
    person = await rides(ask("a"), {**FOUND, "next": {"found": "greet"}}, ask("below"), ask("greet"))
    await person.says("Zoë")
    assert person.at == "below"


async def test_all_ports_lead_to_one_node() -> None:
    """`next: NODE` is for a type with ports what it is for others."""
    for name in ("Ann", "Zoë", "nobody"):
        person = await rides(ask("a"), {**FOUND, "next": "greet"}, ask("below"), ask("greet"))
        await person.says(name)
        assert person.at == "greet"


async def test_a_change_leads_through_another_port_and_back() -> None:
    """Ann's answers on the way for strangers are kept aside, not lost, when she corrects her name; back on the first
    way she isn't asked again."""
    person = await rides(*NODES)
    await person.says("Zoë")
    await person.says("from Basel")
    await person.changes("a", "Ann")
    assert (person.stack, person.at) == ("a l greet | done", "greet")
    await person.changes("a", "Zoë")
    assert person.at == "who"
    assert person.shown == {"x": "from Basel"}


async def test_back_and_next_again_takes_the_same_way(store: Store) -> None:
    """S8: the step isn't done again, so the way out that it took has to come back with it, from any store."""
    person = await rides(*NODES, store=store)
    await person.says("Ann")
    await person.says("hello")
    await person.goes_back(to="a")
    run = await person.engine.load(person.run.id)
    loaded = Conversation(person.engine, run)
    await loaded.says("Ann")
    assert loaded.stack.startswith("a l greet")


async def test_a_way_to_the_end_and_out_of_a_sub_workflow() -> None:
    """`end` is the end of the workflow that the node is in."""
    inner = flow("inner", {**FOUND, "next": {"found": "end"}}, ask("who"))
    inside = ({**inner, "nodes": [ask("a"), *inner["nodes"]]},)
    person = await rides(embed("i", "inner"), ask("after"), inside=inside)
    await person.says("Ann")
    assert person.at == "after"


async def test_a_person_takes_a_port_too() -> None:
    """A type that asks can have its own ways out."""
    vote = {"id": "v", "type": "vote", "next": {"no": "why"}}
    for said, at in (("yes", "thanks"), ("no", "why")):
        person = await rides(vote, ask("thanks", next="end"), ask("why"))
        await person.says(said)
        assert person.at == at


async def test_a_failure_goes_by_on_error() -> None:
    """As before: a node that fails takes none of its ports, not even one of an earlier try."""
    node = {**FOUND, "on_error": {"goto": "who"}}
    person = await rides(ask("a"), node, ask("straight"), ask("greet"), ask("who"))
    await person.says("broken")
    assert person.at == "who"
    person = await rides(ask("a"), {**FOUND, "on_error": "continue"}, ask("straight"), ask("greet"), ask("who"))
    await person.says("Ann")
    await person.changes("a", "broken")
    assert person.at == "straight"


@pytest.mark.parametrize(
    ("node_type", "name", "said"),
    [
        ("look_up", "odd", "proceeds by the port 'elsewhere'. Take one of its `ports` (found, not_found)"),
        ("sorts", "nobody", "proceeds without a port. Take one of its `ports` (found, not_found)"),
    ],
)
async def test_a_type_that_takes_a_way_it_doesnt_name_is_told(node_type: str, name: str, said: str) -> None:
    """Whoever wrote it learns which names there are; the run stays where it was."""
    person = await rides(ask("a"), {"id": "l", "type": node_type}, ask("greet"))
    await person.says(name)
    assert said in person.fault


async def test_the_trace_says_which_way_was_taken() -> None:
    """An operator who asks why somebody was asked that."""
    person = await rides(*NODES)
    await person.says("Ann")
    entries = await person.engine.store.trace(person.run.id)
    [ran] = [each.entry for each in entries if each.entry.kind == "ran"]
    assert ran.detail["port"] == "found"


# -- definitions -----------------------------------------------------------------------------------


def wrong(*nodes: Document) -> list[str]:
    try:
        return [problem.message for problem in catalog(flow("w", *nodes), types=TYPES).warnings]
    except DefinitionError as error:
        return [problem.message for problem in error.problems]


@pytest.mark.parametrize(
    ("following", "said"),
    [
        ({"fond": "greet"}, "has no way out called `fond`; did you mean `found`?"),
        ({"xyz": "greet"}, "has no way out called `xyz`; it has `found`, `not_found`"),
        ({"found": "gret"}, "there is no node `gret` to go to; did you mean `greet`?"),
        ({"found": 3}, "must map names of ways out to ids of nodes"),
        ({}, "must be the id of a node, or `end`, or a mapping of the type's ways out"),
        (["greet"], "must be the id of a node, or `end`, or a mapping of the type's ways out"),
        ("gret", "there is no node `gret` to go to; did you mean `greet`?"),
    ],
)
def test_a_mistake_in_next_is_found_at_load(following: Any, said: str) -> None:
    """A port that is misspelt would lead below, and nobody would know why."""
    problems = wrong(ask("a"), {"id": "l", "type": "look_up", "next": following}, ask("greet"))
    assert any(said in problem for problem in problems), problems


def test_a_type_without_ports_has_one_way() -> None:
    """Who writes a mapping for it thinks of another type."""
    [problem] = wrong(work("a", next={"found": "b"}), ask("b"))
    assert "has one way out; write the node that follows as `next: NODE`" in problem


def test_nodes_behind_ports_can_be_reached() -> None:
    """They aren't warned of as unreachable; and what nothing leads to any more is, where all ports are named."""
    assert wrong(ask("a"), FOUND, ask("straight"), ask("greet"), ask("who")) == []
    sorted_out = {"id": "l", "type": "sorts", "next": {"found": "greet", "not_found": "who"}}
    [problem] = wrong(ask("a"), sorted_out, ask("straight"), ask("greet"), ask("who"))
    assert "straight" in problem


@pytest.mark.parametrize(
    ("following", "least", "most"),
    [({"found": "end", "not_found": "who"}, 1, 3), ({"found": "who", "not_found": "end"}, 1, 3), ("who", 2, 2)],
)
async def test_progress_counts_the_ways(following: Any, least: int, most: int) -> None:
    """The bar would run backwards where a short way through a port wasn't counted."""
    person = await rides(ask("a"), {"id": "l", "type": "sorts", "next": following}, ask("who"), ask("b"))
    progress = person.run.progress
    assert progress is not None
    assert (progress.min, progress.max) == ((least, most) if following != "who" else (3, 3))


def labels(nodes: Iterable[Document]) -> list[tuple[str, str, str]]:
    workflow = catalog(flow("w", *nodes), types=TYPES).get("w")
    return [(each.source, each.target.strip("\0"), each.label) for each in edges_of(workflow) if each.source == "l"]


def test_the_drawing_shows_each_way() -> None:
    """An author checks a flow by its picture."""
    assert labels(NODES) == [("l", "straight", ""), ("l", "greet", "found"), ("l", "who", "not_found")]
    one = {"id": "l", "type": "sorts", "next": {"found": "greet"}}
    assert labels([ask("a"), one, ask("below"), ask("greet")]) == [
        ("l", "below", "not_found"),
        ("l", "greet", "found"),
    ]
    both = {**one, "next": {"found": "greet", "not_found": "end"}}
    assert labels([ask("a"), both, ask("greet")]) == [("l", "greet", "found"), ("l", "end", "not_found")]
    assert "found" in mermaid(catalog(flow("w", *NODES), types=TYPES).get("w"))


# -- types -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ports", "always", "said"),
    [
        (["found"], False, "are no tuple of names"),
        (("not found",), False, "are no tuple of names"),
        ("found", False, "are no tuple of names"),
        ((3,), False, "are no tuple of names"),
        (("found", "found"), False, "twice"),
        ((), True, "`always_ports` and no `ports`"),
        (("found",), "yes", "neither True nor False"),
    ],
)
def test_a_class_that_names_its_ports_wrongly_is_refused(ports: Any, always: Any, said: str) -> None:
    """At its first use, with the class and what to write; not when a run comes by."""
    wrong_type: type[NodeType[Any]] = type(
        "Wrong", (LookUp,), {"type": "wrong", "ports": ports, "always_ports": always}
    )
    with pytest.raises(DefinitionError) as raised:
        catalog(flow("w", ask("a")), types=[wrong_type])
    assert said in str(raised.value.problems)


# -- ways out that a configuration makes ---------------------------------------------------------------


async def test_a_configuration_makes_ways_out() -> None:
    """A switch has as many ways as its author writes, each drawn, checked and taken."""
    node = {"id": "l", "type": "by_town", "towns": ["Bern"], "next": {"Bern": "bear", "elsewhere": "where"}}
    nodes = (ask("a"), node, ask("bear", next="end"), ask("where"))
    for name, at in (("Ann", "bear"), ("Zoë", "where")):
        person = await rides(*nodes)
        await person.says(name)
        assert person.at == at
    assert labels(nodes) == [("l", "bear", "Bern"), ("l", "where", "elsewhere")]
    [problem] = wrong(ask("a"), {**node, "next": {"Bern": "bear", "Basel": "where"}}, ask("where"), ask("bear"))
    assert "has no way out called `Basel`" in problem
