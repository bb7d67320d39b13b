"""Which node of one version is which of another: what is known, what is told, and what is guessed."""

from __future__ import annotations

from typing import Any

import pytest

from wizard.definitions.counterparts import counterparts
from wizard.definitions.outlines import Bundle
from wizard.errors import InvalidInput
from wizard.model.migrating import NO_NAMES, Counterpart, Counterparts, Names, Renamed

Json = dict[str, Any]


def form(name: str, *fields: Json, **more: Any) -> Json:
    return {"id": name, "type": "form", "fields": list(fields), **more}


def field(name: str, **more: Any) -> Json:
    return {"name": name, **more}


def matched(
    old: list[Json], new: list[Json], names: Names = NO_NAMES, **parts: tuple[list[Json], list[Json]]
) -> Counterparts:
    """Of two definitions with these nodes, and what they embed by name."""

    def bundle(which: int, nodes: list[Json]) -> Bundle:
        embedded = {name: {"id": name, "nodes": pair[which]} for name, pair in parts.items()}
        return Bundle("trip", {"trip": {"id": "trip", "nodes": nodes}, **embedded})

    return counterparts(bundle(0, old), bundle(1, new), names)


def test_a_node_is_known_by_its_id() -> None:
    """Words around it, and where it leads, change nothing of what was answered there."""
    old = [form("who", field("name"), title="You", next="end")]
    new = [form("who", field("name"), title="About you", remind_after={"after": "2d", "goto": "end"})]
    assert matched(old, new) == Counterparts({("who",): Counterpart(("who",), True)})


@pytest.mark.parametrize(
    "change", [{"fields": [field("name", label="x")]}, {"validate": []}, {"type": "message"}, {"text": "Read this"}]
)
def test_a_node_that_asks_something_else_is_another_one(change: Json) -> None:
    """Its answers are judged again; a node of another type never had them."""
    old = form("who", field("name"))
    found = matched([old], [{**old, **change}]).nodes
    if "type" in change:
        assert found == {}
    else:
        assert not found["who",].same


def test_what_reads_a_node_is_the_same_under_its_new_name() -> None:
    """A call of a service would seem to be another one, and hold every run back."""
    call = {
        "id": "call",
        "type": "http",
        "url": "https://x/{{ who.name }}/{{ who.mail }}/{{ whoever.name }}/a.who.name",
    }
    old = [form("who", field("name"), field("mail")), call]
    new = [
        form("person", field("called"), field("mail")),
        {**call, "url": "https://x/{{ person.called }}/{{ person.mail }}/{{ whoever.name }}/a.who.name"},
    ]
    found = matched(old, new, Names({"who": "person"}, {"who.name": "person.called"}))
    assert found.nodes["call",].same
    assert (
        not matched(old, [new[0], {**new[1], "url": "https://x/{{ person.mail }}"}], Names({"who": "person"}))
        .nodes["call",]
        .same
    )


def test_a_node_with_another_id_is_guessed_by_all_else() -> None:
    """Where two look alike nobody can tell which is which, so that neither gets the other's answers."""
    name, town = field("name", label="Name"), field("town", label="Town")
    found = matched([form("who", name), form("where", town)], [form("person", name), form("where", town)])
    assert found.renamed == (Renamed("node", "who", "person", True),)
    assert found.nodes["who",] == Counterpart(("person",), True)
    assert matched([form("a", name), form("b", name)], [form("c", name), form("d", name)]).nodes == {}


def test_a_field_is_guessed_by_its_type_and_label() -> None:
    """Not by its type alone: a town is no name."""
    found = matched([form("who", field("name", label="Name"))], [form("who", field("full_name", label="Name"))])
    assert found.nodes["who",].fields == {"name": "full_name"}
    assert found.renamed == (Renamed("field", "who.name", "who.full_name", True),)
    other = matched([form("who", field("name"))], [form("who", field("town"))])
    assert (other.nodes["who",].fields, other.nodes["who",].gone) == ({}, {"name"})


def test_a_field_of_another_type_is_gone() -> None:
    """Also where it was told to be the same one: its answer is of the wrong kind."""
    old, new = [form("who", field("age", label="Age"))], [form("who", field("years", type="integer", label="Age"))]
    found = matched(old, new, Names({}, {"who.age": "who.years"}))
    assert found.nodes["who",].gone == {"age"}


def test_nodes_of_an_embedded_workflow_have_the_nodes_around_them_in_their_names() -> None:
    """One part may be embedded twice, and be another one there."""
    old = [
        {"id": "home", "type": "workflow", "workflow": "person"},
        {"id": "work", "type": "workflow", "workflow": "person"},
    ]
    new = [{**old[0], "id": "house"}, old[1]]
    parts = ([form("who", field("name"))], [form("one", field("name"), field("mail"))])
    found = matched(old, new, Names({"home": "house", "home/who": "house/one"}), person=parts)
    assert found.nodes["home", "who"].path == ("house", "one")
    assert ("work", "who") not in found.nodes
    assert [name.after for name in found.renamed] == ["house", "house/one"]


@pytest.mark.parametrize("repeat", [{"times": "2"}, {"for_each": "list"}, None])
def test_a_part_that_is_repeated_in_another_way_is_another_one(repeat: Json | None) -> None:
    """Its steps have numbers of another meaning."""
    old = {"id": "home", "type": "workflow", "workflow": "person", "repeat": {"min": 1}}
    new = {**old, "repeat": repeat} if repeat else {name: old[name] for name in old if name != "repeat"}
    parts = [form("who", field("name"))]
    assert matched([old], [new], person=(parts, parts)).nodes == {}


def test_names_that_are_given_are_looked_for() -> None:
    """A slip is told, and not taken for a node that nobody has been to."""
    old, new = [form("who", field("name"))], [form("person", field("name"), field("mail"))]
    assert matched(old, new, Names({"whom": "person"}, {"who.nam": "person.name"})).unknown == {"whom", "who.nam"}
    refused = (
        Names({"who": "nobody"}),
        Names({"who": "person"}, {"who.name": "person.nothing"}),
        Names({"who": "person"}, {"who.name": "other.name"}),
        Names({"who": "home/person"}),
    )
    for names in refused:
        with pytest.raises(InvalidInput):
            matched(old, new, names)


def test_a_node_never_becomes_one_of_another_type() -> None:
    """Whoever maps it would be told that its answers go along, and they don't."""
    old, new = [form("who", field("name"))], [{"id": "done", "type": "end"}]
    found = matched(old, new, Names({"who": "done"}))
    assert (found.nodes, found.renamed, found.unknown) == ({}, (), {"who"})


@pytest.mark.parametrize("nodes", [None, "x", [1, {"id": 3}, {"type": "form"}], [{"id": "who", "fields": "x"}]])
def test_a_definition_of_any_shape_is_compared(nodes: Any) -> None:
    """What an earlier version of the program stored is no reason to fail."""
    assert isinstance(matched(nodes, [form("who")]), Counterparts)
    assert isinstance(matched([form("who")], nodes), Counterparts)


def test_two_names_never_become_one() -> None:
    """The answers of one would be taken for the other's."""
    old, new = [form("a", field("x"), field("y")), form("b", field("x"))], [form("c", field("z"))]
    for names in (Names({"a": "c", "b": "c"}), Names({"a": "c"}, {"a.x": "c.z", "a.y": "c.z"})):
        with pytest.raises(InvalidInput):
            matched(old, new, names)
    taken = matched([form("a", field("x")), form("b", field("x"))], [form("b", field("x"))], Names({"a": "b"}))
    assert taken.nodes.keys() == {("a",)}
