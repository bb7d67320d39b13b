"""What can be seen from a place of a run, and what is remembered of having been looked at (S10, S13)."""

from __future__ import annotations

import pytest

from tests.conversations import Conversation, talk
from tests.workflows import ask, branch, embed, engine, flow, work
from wizard.errors import ExpressionError
from wizard.machine.scope import Scope, last_visit
from wizard.model.path import Frame, locate

PERSON = flow("person", ask("name"), work("t", "name.x"))


def seen(person: Conversation, name: str, at: str | None = None) -> object:
    """The value of a dotted name, read at a step's place or in the root workflow."""
    view = person.run
    frame = Frame(view.workflow) if at is None else locate(view.workflow, at).frame
    return Scope(view.run, frame, view.now).read(tuple(name.split(".")))


async def family() -> Conversation:
    person = await talk(
        ask("a"),
        embed("one", "person", **{"with": {"heading": "For {{ a.x }}"}}),
        embed("hh", "person", repeat={}),
        branch("c", ("a.x == 'never'", "never"), "z"),
        embed("never", "person"),
        ask("z"),
        inside=(PERSON,),
        session={"k": {"deep": 1}},
    )
    for answer in ({"x": "Ada", "n": [1]}, {"x": "Bo"}, {"x": "Cy"}, {"add_another": True}, {"x": "Di"}, {}):
        await person.says(**answer)
    return person


async def test_outputs_are_read_by_node_id() -> None:
    """Section 4: names are node ids, outputs their attributes; what is missing is null all the way down."""
    person = await family()
    assert seen(person, "a") == {"x": "Ada", "n": [1]}
    assert seen(person, "a.x") == "Ada"
    for missing in ("a.y", "a.y.z", "z", "z.x", "nowhere", "nowhere.x", "c", "c.x", "never", "never.name.x", "one.x.y"):
        assert seen(person, missing) is None, missing


async def test_what_the_run_was_handed_is_its_input() -> None:
    """Section 4: what a caller hands in is there by its name from the first step on, and whole."""
    made = engine(flow("main", ask("a"), input={"who": {"type": "text"}, "many": {"type": "integer", "default": 2}}))
    person = Conversation(made, await made.start("main", input={"who": "Ada"}))
    assert seen(person, "input.who") == "Ada"
    assert seen(person, "input") == {"who": "Ada", "many": 2}
    assert seen(person, "input.nobody") is None


async def test_what_a_step_set_counts_while_it_is_done_and_on_the_path() -> None:
    """Section 6: leaving the path takes it back by itself, both at the step that is answered again and above it."""
    person = await talk(ask("a", sets="session.a"), ask("b", sets="session.b"), ask("c"))
    await person.says("1")
    await person.says("2")
    assert (seen(person, "session.a"), seen(person, "session.b")) == ("1", "2")
    await person.goes_back()
    assert (seen(person, "session.a"), seen(person, "session.b")) == ("1", None)
    await person.says("2")
    await person.goes_back(to="a")
    assert (seen(person, "session.a"), seen(person, "session.b")) == (None, None)


async def test_the_ids_of_profile_and_session_are_read_there() -> None:
    """A call of a service names the person by it. A field of that name, which somebody stored, isn't the id."""
    made = engine(flow("main", ask("a"), work("t", "profile.id")))
    person = Conversation(made, await made.start("main", profile_id="ann", session={"id": "mine"}))
    assert (seen(person, "profile.id"), seen(person, "session.id")) == ("ann", "mine")
    person = Conversation(made, await made.start("main", session_id="shop", session={"id": "mine"}))
    assert (seen(person, "profile.id"), seen(person, "session.id")) == (None, "shop")


async def test_a_field_of_what_has_none_is_an_error() -> None:
    """S17: a name that goes on below a text or a list is a mistake, and no null."""
    person = await family()
    for wrong in ("a.x.y", "a.n.first", "hh.name", "session.k.deep.er"):
        with pytest.raises(ExpressionError, match=r"can't be read: what is before \.\w+ has no fields"):
            seen(person, wrong)


async def test_workflows_inside_are_read_through_their_node() -> None:
    """Section 4: `one.name.x` from outside; a repeat is a list."""
    person = await family()
    assert seen(person, "one") == {"name": {"x": "Bo"}, "t": {"v": "['Bo']"}}
    assert seen(person, "one.name.x") == "Bo"
    assert [each["name"]["x"] for each in seen(person, "hh")] == ["Cy", "Di"]  # type: ignore[attr-defined]


async def test_from_inside_only_the_instance_is_seen() -> None:
    """Section 4: a sub-workflow sees its own nodes and its input only."""
    person = await family()
    assert seen(person, "name.x", "one/name") == "Bo"
    assert seen(person, "name.x", "hh/2/name") == "Di"
    assert seen(person, "a.x", "one/name") is None
    assert seen(person, "input.heading", "one/name") == "For Ada"
    assert seen(person, "input", "one/name") == {"heading": "For Ada", "item": None, "index": None}
    assert seen(person, "input.index", "hh/2/name") == 2
    assert seen(person, "input.item", "hh/2/name") is None
    assert seen(person, "input.other", "hh/2/name") is None
    assert seen(person, "input.anything") is None
    assert seen(person, "session.k.deep", "one/name") == 1


async def test_kept_answers_are_not_seen() -> None:
    """S8: what is above the cursor counts for nothing until it is reached again."""
    person = await family()
    await person.goes_back(to="one/name")
    assert seen(person, "a.x") == "Ada"
    assert seen(person, "one") is None
    assert seen(person, "hh") == []


async def test_the_run_and_the_documents_are_seen() -> None:
    """Sections 4 and 6."""
    person = await family()
    assert seen(person, "run.id") == "run-1"
    assert str(seen(person, "run.started")) == "2030-01-01"
    assert seen(person, "run.secret") is None
    assert seen(person, "session") == {"k": {"deep": 1}}
    assert seen(person, "event") == {}


async def test_the_input_that_a_workflow_declares_has_its_defaults_inside_others() -> None:
    """Section 4: what the embedding node doesn't hand over has the declared default."""
    inner = flow("inner", ask("q"), input={"country": {"type": "text", "default": "CH"}})
    person = await talk(embed("s", "inner"), inside=(inner,))
    assert seen(person, "input.country", "s/q") == "CH"


async def test_reads_are_remembered_by_name() -> None:
    """S10: exactly what was looked at decides whether a step is run again."""
    person = await family()
    view = person.run
    scope = Scope(view.run, Frame(view.workflow), view.now, record=True)
    assert scope.digests() == {}
    scope.read(("a", "x"))
    scope.read(("nowhere",))
    digests = scope.digests()
    assert sorted(digests) == ["a.x", "nowhere"]
    assert scope.unchanged(digests)
    assert not scope.unchanged({**digests, "a.x": b"other"})
    unrecorded = Scope(view.run, Frame(view.workflow), view.now)
    unrecorded.read(("a", "x"))
    assert (unrecorded.reads, unrecorded.digests()) == (None, {})


async def test_outside_of_loops_a_node_is_visited_once_or_not_at_all() -> None:
    """What counts visits (paths, and what is read of the visit before) begins at one, with the step that waits."""
    person = await talk(ask("a"), ask("b"), ask("c"))
    await person.says("1")
    view = person.run
    nodes = view.workflow.nodes.values()
    assert [last_visit(view.run, Frame(view.workflow), node) for node in nodes] == [1, 1, 0]


async def test_a_thousand_visits_of_a_loop_are_found() -> None:
    """A long chat goes round and round in one node; the latest visit is the one that is read."""
    person = await talk(ask("a"), branch("c", ("a.x == 'stop'", "end"), "a"))
    for number in range(40):
        await person.says(str(number))
        assert seen(person, "a.x") == str(number)
    await person.goes_back(to="a~17")
    assert seen(person, "a.x") == "15"
    await person.goes_back(to="a")
    assert seen(person, "a.x") is None


async def test_instances_in_a_loop_are_told_from_names_that_begin_alike() -> None:
    """A node called `one` and one called `one_more` have nothing to do with each other."""
    person = await talk(
        embed("one", "person"),
        embed("one_more", "person"),
        ask("more"),
        branch("c", ("more.x == 'y'", "one"), "end"),
        inside=(PERSON,),
    )
    for answer in ("1", "2", "y", "3"):
        await person.says(answer)
    assert person.stack.endswith("one~2/name one~2/t one_more~2/name")
    assert (seen(person, "one.name.x"), seen(person, "one_more.name.x")) == ("3", None)
    for answer in ("4", "y"):
        await person.says(answer)
    assert person.at == "one~3/name"


async def test_an_element_that_is_gone_is_null_for_the_item_that_is_left() -> None:
    """While a person stands inside an item whose element went, nothing breaks."""
    inner = flow("each", ask("about"))
    person = await talk(ask("a"), embed("s", "each", repeat={"for_each": "session.l"}), inside=(inner,), session={"l": [1, 2]})  # fmt: skip  # noqa: E501
    for answer in ("a", "one"):
        await person.says(answer)
    assert (seen(person, "input.item", "s/2/about"), seen(person, "input.index", "s/2/about")) == (2, 2)
    await person.engine.amend(person.run, session={"l": [1]})
    assert (seen(person, "input.item", "s/2/about"), seen(person, "input.index", "s/2/about")) == (None, None)
    await person.engine.amend(person.run, session={"l": None})
    assert seen(person, "s") == []
    await person.says("two")
    assert person.run.status == "completed"


async def test_what_an_embedded_workflow_is_handed_may_have_no_item() -> None:
    """`item` and `index` are there inside repeats only."""
    person = await talk(embed("s", "person"), inside=(PERSON,))
    assert (seen(person, "input.item", "s/name"), seen(person, "input.index", "s/name")) == (None, None)
