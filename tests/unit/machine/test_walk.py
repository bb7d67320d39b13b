"""Where a run goes next: branches, workflows inside workflows, repeats of all kinds, loops (S3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conversations import Conversation, talk
from tests.workflows import Document, ask, branch, embed, flow, work
from wizard.model import RunStatus

PERSON = flow("person", ask("name"))


async def household(**repeat: Any) -> Conversation:
    return await talk(embed("hh", "person", repeat=repeat), work("t", "hh"), ask("z"), inside=(PERSON,))


# -- conditions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("x", "to"), [("1", "one"), ("2", "two"), ("3", "other"), (None, "other")])
async def test_the_first_case_that_holds_is_taken(x: str | None, to: str) -> None:
    """S3: the way follows the answers; a missing one is null and equals nothing."""
    cases = branch("c", ("a.x == '1'", "one"), ("a.x == '1' or a.x == '2'", "two"), "other")
    person = await talk(ask("a"), cases, ask("one"), ask("two"), ask("other"))
    await person.says(x)
    assert person.stack == f"a {to}"


async def test_a_case_can_lead_to_the_end() -> None:
    """S5: `end` is a target like any other."""
    person = await talk(ask("a"), branch("c", ("a.x == 'stop'", "end"), "b"), ask("b"))
    await person.says("stop")
    assert (person.stack, person.run.status) == ("a", RunStatus.COMPLETED)


async def test_a_page_without_a_way_on_completes_the_run() -> None:
    """Section 4: entering an `end` node completes the run, and Current stays its page."""
    person = await talk(ask("a"), {"id": "done", "type": "end", "title": "Thanks, {{ a.x }}"}, reopen=True)
    await person.says("Ada")
    assert (person.stack, person.run.status, person.run.current.title) == (
        "a done",
        RunStatus.COMPLETED,
        "Thanks, Ada",
    )
    assert person.run.current.ends
    await person.goes_back()
    assert person.stack == "a | done"
    await person.says("Bo")
    assert (person.run.current.title, person.run.status) == ("Thanks, Bo", RunStatus.COMPLETED)
    await person.changes("a", "Cy")
    assert (person.run.current.title, person.run.status) == ("Thanks, Cy", RunStatus.COMPLETED)


async def test_a_node_that_needs_nobody_is_passed() -> None:
    """S3: a foreground node may find that there is nothing to ask; it is a step all the same."""
    person = await talk(ask("a"), {"id": "p", "type": "pass", "unless": "a.x"}, work("t", "p.passed"), ask("b"))
    await person.says(y="nothing")
    assert (person.stack, person.output("p")) == ("a p t b", {"passed": True})
    await person.changes("a", "something")
    assert person.stack == "a p t b", "an answer that was kept is an answer"
    await person.goes_back(to="p")
    await person.says("said")
    assert person.output("t") == {"v": "[None]"}


# -- loops -----------------------------------------------------------------------------------------


LOOP = (ask("guess"), work("note", "guess.x"), branch("c", ("guess.x == 'right'", "end"), "guess"))


async def test_each_visit_in_a_loop_is_a_step_of_its_own() -> None:
    """Step paths: the second visit is `guess~2`, and Back goes from visit to visit."""
    person = await talk(*LOOP)
    for answer in ("1", "2", "3"):
        await person.says(answer)
    assert person.stack == "guess note guess~2 note~2 guess~3 note~3 guess~4"
    await person.goes_back(to="guess~2")
    assert person.shown == {"x": "2"}
    await person.says("right")
    assert (person.stack, person.run.status) == ("guess note guess~2 note~2", RunStatus.COMPLETED)


async def test_in_a_loop_the_latest_answer_is_what_others_read() -> None:
    """Names are of a node's latest visit; while it is being answered again, of the one before."""
    person = await talk(
        ask("a", text="Last time you said {{ a.x }}"),
        work("t", "a.x"),
        branch("c", ("a.x == 'stop'", "b"), "a"),
        ask("b"),
    )
    await person.says("1")
    assert person.run.current.text == "Last time you said 1"
    await person.says("2")
    assert person.run.current.text == "Last time you said 2"
    assert [person.output(step) for step in ("t", "t~2")] == [{"v": "['1']"}, {"v": "['2']"}]


async def test_a_background_node_in_a_loop_can_go_on_from_its_last_output() -> None:
    """A running total: each visit reads what the visit before gave, and is re-used as long as that stays."""
    person = await talk(ask("a"), work("sum", "sum.v", "a.x"), branch("c", ("a.x == 'stop'", "b"), "a"), ask("b"))
    for answer in ("1", "2", "stop"):
        await person.says(answer)
    assert person.output("sum~2") == {"v": """["[None, '1']", '2']"""}
    person.did()
    await person.changes("a~2", "2")
    assert person.did() == ["accept a~2"]
    await person.changes("a~2", "3")
    assert person.did() == ["accept a~2", "remove sum~2", "run sum~2", "remove sum~3", "run sum~3"]


async def test_a_loop_around_another_workflow_numbers_its_instances() -> None:
    """Step paths: `one~2/name`; what is read is the latest instance."""
    person = await talk(
        embed("one", "person"),
        work("t", "one.name.x"),
        ask("more"),
        branch("c", ("more.x == 'y'", "one"), "end"),
        inside=(PERSON,),
    )
    for answer in ("Ada", "y", "Bo", "y"):
        await person.says(answer)
    assert person.stack == "one/name t more one~2/name t~2 more~2 one~3/name"
    assert person.output("t~2") == {"v": "['Bo']"}
    assert person.run.answers["one~2"] == {"name": {"x": "Bo"}}


# -- workflows inside workflows ----------------------------------------------------------------------


async def test_what_is_inside_is_seen_from_outside_and_not_the_other_way() -> None:
    """Section 4: a sub-workflow sees its own nodes and its input only."""
    inner = flow("inner", ask("q"), work("t", "q.x", "input.heading", "input.missing", "session.k"))
    outer = flow("outer", embed("deep", "inner", **{"with": {"heading": "{{ input.name }}!"}}), work("u", "deep.t.v"))
    person = await talk(
        ask("a"),
        embed("s", "outer", **{"with": {"name": "{{ a.x }}"}}),
        work("v", "s.deep.q.x", "s.u.v", "s.nothing"),
        ask("z"),
        inside=(outer, inner),
        session={"k": "kept"},
    )
    await person.says("Ada")
    assert person.stack == "a s/deep/q"
    await person.says("hello")
    assert person.output("s/deep/t") == {"v": "['hello', 'Ada!', None, 'kept']"}
    assert (person.output("v") or {})["v"].startswith("['hello', ")
    person.did()
    await person.changes("a", "Bo")
    assert person.at == "z"
    assert person.did()[:3] == ["accept a", "remove s/deep/t", "run s/deep/t"]


async def test_a_workflow_without_a_single_step_is_walked_through() -> None:
    """S3: sub-workflows may have nothing to do this time."""
    inner = flow("inner", branch("c", ("session.k == 1", "q"), "end"), ask("q"))
    person = await talk(embed("s", "inner"), work("t", "s", "s.q.x"), ask("a"), inside=(inner,))
    assert (person.stack, person.output("t")) == ("t a", {"v": "[None, None]"})


# -- repeats ---------------------------------------------------------------------------------------


async def test_a_repeat_asks_after_each_item() -> None:
    """Repeats: after the first item, whether there is another; the answers are a list."""
    person = await household()
    assert person.stack == "hh/1/name"
    await person.says("Ada")
    assert person.stack == "hh/1/name hh/after-1"
    await person.says(add_another=True)
    await person.says("Bo")
    await person.says(add_another=False)
    assert person.stack == "hh/1/name hh/after-1 hh/2/name hh/after-2 t z"
    assert person.output("t") == {"v": "[[{'name': {'x': 'Ada'}}, {'name': {'x': 'Bo'}}]]"}
    assert person.run.answers["hh"]["2"] == {"name": {"x": "Bo"}}


async def test_a_repeat_may_begin_with_the_question() -> None:
    """Repeats with `min: 0`: nobody is made to enter what there is none of."""
    person = await household(min=0)
    assert person.stack == "hh/after-0"
    await person.says(add_another=False)
    assert person.stack == "hh/after-0 t z"
    await person.changes("hh/after-0", add_another=True)
    assert person.stack == "hh/after-0 hh/1/name | t z"


async def test_a_repeat_asks_only_within_its_bounds() -> None:
    """Repeats: items up to `min` come without asking; at `max` there is nothing to ask any more."""
    person = await household(min=2, max=3)
    for name in ("1", "2"):
        await person.says(name)
    assert person.stack == "hh/1/name hh/2/name hh/after-2"
    await person.says(add_another=True)
    await person.says("3")
    assert (person.at, person.run.current.fields) == ("hh/after-3", ())
    await person.says(add_another=True)
    assert (person.at, person.run.rejected is not None) == ("hh/after-3", True)
    await person.says()
    assert person.at == "z"


async def test_saying_no_more_on_an_earlier_page_drops_the_items_after_it() -> None:
    """S8 and S13: the items that follow are no longer reachable, and come back if they are wanted again."""
    person = await household()
    for answer in ({"x": "Ada"}, {"add_another": True}, {"x": "Bo"}, {"add_another": False}):
        await person.says(**answer)
    await person.changes("hh/after-1", add_another=False)
    assert (person.stack, person.output("t")) == ("hh/1/name hh/after-1 t z", {"v": "[[{'name': {'x': 'Ada'}}]]"})
    await person.changes("hh/after-1", add_another=True)
    assert (person.at, person.shown) == ("hh/2/name", {"x": "Bo"})


async def test_a_repeat_as_often_as_an_answer_says() -> None:
    """Repeats with `times`: a smaller number drops the last ones, a larger one asks for more."""
    person = await talk(ask("n"), embed("hh", "person", repeat={"times": "n.x"}), work("t", "hh"), ask("z"), inside=(PERSON,))  # fmt: skip  # noqa: E501
    await person.engine.next(person.run, {"x": 2})
    for name in ("Ada", "Bo"):
        await person.says(name)
    assert person.stack == "n hh/1/name hh/2/name t z"
    await person.engine.change(person.run, "n", {"x": 1})
    assert person.stack == "n hh/1/name t z"
    await person.engine.change(person.run, "n", {"x": 3})
    assert (person.stack, person.shown) == ("n hh/1/name hh/2/name | t z", {"x": "Bo"})
    await person.engine.change(person.run, "n", {"x": 0})
    assert (person.stack, person.output("t")) == ("n t z", {"v": "[[]]"})


async def test_a_repeat_for_each_element_of_a_list() -> None:
    """Repeats with `for_each`: each item is handed its element and its place."""
    inner = flow("each", ask("about"), work("t", "input.item", "input.index", "input.extra"))
    person = await talk(
        ask("a"),
        embed("s", "each", repeat={"for_each": "a.names"}, **{"with": {"extra": "{{ a.x }}"}}),
        ask("z"),
        inside=(inner,),
    )
    await person.says("x", names=["Ada", "Bo"])
    for answer in ("about Ada", "about Bo"):
        await person.says(answer)
    assert person.output("s/2/t") == {"v": "['Bo', 2, 'x']"}
    await person.changes("a", "x", names=["Ada"])
    assert person.stack == "a s/1/about s/1/t z"
    await person.changes("a", "x", names=[])
    assert person.stack == "a z"
    await person.says("x")
    assert person.run.status is RunStatus.COMPLETED


async def test_a_repeat_over_the_items_of_another_follows_them() -> None:
    """Repeats over a repeat keep each item's own steps when an earlier item goes."""
    inner = flow("each", ask("about"), work("t", "input.item.name.x", "input.index"))
    person = await talk(
        embed("hh", "person"  , repeat={}), embed("s", "each", repeat={"for_each": "hh"}), work("u", "s"), ask("z"),
        inside=(PERSON, inner),
    )  # fmt: skip
    for answer in ({"x": "Ada"}, {"add_another": True}, {"x": "Bo"}, {"add_another": False}):
        await person.says(**answer)
    for about in ("Ada's", "Bo's"):
        await person.says(about)
    assert person.output("s/2/t") == {"v": "['Bo', 2]"}
    await person.takes_out("hh/1")
    assert person.stack == "hh/2/name hh/after-2 s/2/about s/2/t u z"
    assert person.output("s/2/t") == {"v": "['Bo', 1]"}
    assert person.run.answers["s"] == {"2": {"about": {"x": "Bo's"}}}
    assert "Ada" not in str(person.output("u"))


@pytest.mark.parametrize(
    ("repeat", "value", "says"),
    [
        ({"times": "n.x"}, "many", "times must give a whole number"),
        ({"times": "n.x"}, True, "times must give a whole number"),
        ({"times": "n.x"}, 1.5, "times must give a whole number"),
        ({"for_each": "n.x"}, "letters", "for_each must give a list"),
        ({"for_each": "n.x"}, 5, "for_each must give a list"),
        ({"for_each": "n.x + 1"}, "x", ""),
    ],
)
async def test_s17_a_repeat_over_nonsense_stops_where_the_answer_is(repeat: Document, value: object, says: str) -> None:
    """S17: the error names the repeat, and the person can correct the answer."""
    person = await talk(ask("n"), embed("hh", "person", repeat=repeat), ask("z"), inside=(PERSON,))
    await person.engine.next(person.run, {"x": value})
    fault = person.run.fault
    assert fault is not None
    assert (person.stack, fault.kind, fault.node) == ("n", "ExpressionError", "hh")
    assert says in fault.message


@pytest.mark.parametrize("repeat", [{"times": "n.x"}, {"for_each": "n.x"}])
async def test_a_repeat_over_nothing_is_left_at_once(repeat: Document) -> None:
    """A missing value is null, and null times is never."""
    person = await talk(ask("n"), embed("hh", "person", repeat=repeat), ask("z"), inside=(PERSON,))
    await person.says()
    assert person.stack == "n z"


async def test_repeats_inside_repeats() -> None:
    """Each level has its own numbers and its own list."""
    family = flow("family", ask("street"), embed("people", "person", repeat={}))
    person = await talk(embed("houses", "family", repeat={}), work("t", "houses"), ask("z"), inside=(family, PERSON))
    more, done = {"add_another": True}, {"add_another": False}
    for answer in ({"x": "Elm"}, {"x": "Ada"}, more, {"x": "Bo"}, done, more, {"x": "Oak"}, {"x": "Cy"}, done, done):
        await person.says(**answer)
    assert person.stack == (
        "houses/1/street houses/1/people/1/name houses/1/people/after-1 houses/1/people/2/name"
        " houses/1/people/after-2 houses/after-1 houses/2/street houses/2/people/1/name"
        " houses/2/people/after-1 houses/after-2 t z"
    )
    houses = person.run.answers["houses"]
    assert houses["1"]["people"]["2"] == {"name": {"x": "Bo"}}
    await person.takes_out("houses/1/people/1")
    assert person.at == "z"
    await person.takes_out("houses/2")
    assert person.stack == "houses/1/street houses/1/people/2/name houses/1/people/after-2 houses/after-1 t z"
