"""S24: a wait for the first of several events, and a form that an event closes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.test_s24_events import END, begin, came, flow, form, taken, untaken, wait
from tests.stores import Open, clocked
from wizard.definitions.catalog import Catalog
from wizard.definitions.graph import END as END_BOX
from wizard.definitions.graph import edges_of
from wizard.errors import DefinitionError, NotAStep, StaleInput
from wizard.model import RunStatus
from wizard.testing import Person, make_test_engine

__all__ = ["clocked"]  # a fixture


# -- the first of several ---------------------------------------------------------------------------

CHOICE = flow(
    form("a"),
    wait("w", ["paid", {"name": "refused", "goto": "sorry"}, {"name": "over", "when": "data == a.x", "goto": "end"}]),
    {"id": "thanks", "type": "message", "title": "Thanks {{ w.event }}", "next": "end"},
    {"id": "sorry", "type": "message", "title": "Sorry {{ w.data }}"},
)


@pytest.mark.parametrize(
    ("name", "data", "step"), [("paid", 1, "thanks"), ("refused", "no money", "sorry"), ("over", "1", None)]
)
async def test_the_first_of_several_events_decides(name: str, data: Any, step: str | None, clocked: Open) -> None:
    """The output says which came, and each may lead elsewhere."""
    person = await begin(CHOICE, store=await clocked())
    await person.says("1")
    await came(person, name, data)
    await person.reloads()
    assert person.run.run.by_path["w"].output == {"event": name, "data": data, "timed_out": False}
    assert person.asked == step


async def test_of_several_early_events_the_oldest_counts() -> None:
    """Whatever their names are."""
    person = await begin(CHOICE)
    await came(person, "refused", "no money")
    await came(person, "paid", 1)
    await person.says("1")
    assert (person.asked, untaken(person)) == ("sorry", [1])


# -- a form that an event closes ---------------------------------------------------------------------

OFFER = flow(
    form("a"),
    form("offer", title="Our offer", event={"name": "withdrawn", "goto": "gone", "text": "The offer was withdrawn."}),
    {"id": "thanks", "type": "message", "title": "Thanks", "next": "end"},
    {"id": "gone", "type": "message", "title": "{{ offer.event }}: {{ offer.data }}{{ offer.x }}"},
)


async def offered(definition: dict[str, Any] = OFFER, **made: Any) -> Person:
    person = await begin(definition, **made)
    return await person.says("1")


async def test_an_event_closes_a_form_and_a_late_answer_is_told_why(clocked: Open) -> None:
    """The page was open when the offer was withdrawn: the answer is a conflict that says so, on every way."""
    person = await offered(store=await clocked())
    seen = person.run.mark_of("offer")
    await came(person, "withdrawn", "sold")
    assert person.sees(title="withdrawn: sold").asked == "gone"
    await person.reloads()
    for late in (
        lambda: person.engine.next(person.run.id, {"x": "I take it"}, step="offer"),
        lambda: person.engine.next(person.run.id, {"x": "I take it"}, step="offer", revision=2),
        lambda: person.engine.next(person.run.id, {"x": "I take it"}, step="offer", revisit=True, seen=seen),
        lambda: person.engine.change(person.run.id, "offer", {"x": "I take it"}),
        lambda: person.engine.previous(person.run.id, to="offer"),
        lambda: person.engine.save(person.run.id, "offer", {"x": "I take it"}),
    ):
        with pytest.raises(StaleInput, match=r"The offer was withdrawn\. Look at where the run is now"):
            await late()
    assert person.answers == {"a": {"x": "1"}, "offer": {}}
    await came(person, "withdrawn", "again")
    assert person.asked == "gone"


async def test_back_goes_past_a_closed_form_and_forward_leaves_it_closed(clocked: Open) -> None:
    """Nobody comes to a question that isn't asked any more, and going through it again uses up no other event."""
    person = await offered(store=await clocked())
    await came(person, "withdrawn", "sold")
    await person.goes_back()
    assert person.asked == "a"
    await person.says("other")
    assert person.sees(title="withdrawn: sold").run.summary()[0].step == "a"
    await person.changes("a", "once more")
    assert person.asked == "gone"


async def test_one_step_back_at_a_closed_form_leaves_it_closed(clocked: Open) -> None:
    """S6: whoever looks step by step comes past it, and it isn't opened for an answer by that."""
    person = await offered(store=await clocked())
    await came(person, "withdrawn", "sold")
    closed = person.run.run.by_path["offer"]
    await person.engine.previous(person.run, skip_background=False)
    await person.reloads()
    assert person.path == ["a", "offer"]
    assert person.run.run.by_path["offer"] == closed
    with pytest.raises(StaleInput, match="The offer was withdrawn"):
        await person.engine.next(person.run.id, {"x": "I take it"}, step="offer")
    await person.engine.previous(person.run, skip_background=False)
    await person.reloads()
    assert person.asked == "a"


async def test_an_early_event_closes_a_form_before_it_is_shown() -> None:
    """The offer is withdrawn before anybody saw it."""
    person = await begin(OFFER)
    await came(person, "withdrawn", "sold")
    await person.says("1")
    assert person.asked == "gone"


async def test_an_event_after_the_answer_takes_nothing_back() -> None:
    """Who answered in time keeps that, also when they look at it again; while they do, the next event closes it."""
    person = await offered()
    await person.says("I take it")
    await came(person, "withdrawn", "late")
    await person.goes_back()
    assert person.sees(values={"x": "I take it"}).asked == "offer"
    await person.says("I take it")
    assert person.asked == "thanks"
    await person.goes_back()
    await came(person, "withdrawn", "now")
    assert person.sees(title="withdrawn: late").asked == "gone"


async def test_what_was_typed_is_there_if_the_form_is_asked_again(clocked: Open) -> None:
    """The closed form leaves the path, the event is there again; by the other way the form closes again."""
    person = await begin(
        flow(
            form("a"),
            {"id": "c", "type": "condition", "cases": [{"when": "a.x == 'skip'", "goto": "gone"}, {"goto": "offer"}]},
            *OFFER["nodes"][1:],
        ),
        store=await clocked(),
    )
    await person.says("1")
    await person.goes_back(x="half an answer")
    await person.says("1")
    await came(person, "withdrawn", "sold")
    await person.changes("a", "skip")
    assert (person.asked, untaken(person)) == ("gone", ["sold"])
    assert person.run.run.parked["offer"] == {"x": "half an answer"}
    await person.changes("a", "1")
    assert (person.asked, untaken(person)) == ("gone", [])


async def test_without_a_way_of_its_own_the_run_goes_on_past_the_form() -> None:
    """`event: NAME` says all that is needed."""
    person = await offered(flow(form("a"), form("offer", event="withdrawn"), END))
    await came(person, "withdrawn")
    assert person.asked == "done"
    with pytest.raises(StaleInput, match="closed before it was answered"):
        await person.engine.next(person.run.id, {"x": "late"}, step="offer")


async def test_a_closed_form_that_cant_be_gone_on_from_takes_the_next_event() -> None:
    """The wrong shape, then the right one."""
    person = await offered(
        flow(
            form("a"),
            form("offer", event="withdrawn"),
            {"id": "c", "type": "condition", "cases": [{"when": "offer.data.by == 'us'", "goto": "done"}]},
            END,
        )
    )
    await came(person, "withdrawn", "text")
    assert (person.run.status, person.run.step) == (RunStatus.FAILED, "offer")
    await came(person, "withdrawn", {"by": "us"})
    assert person.asked == "done"


async def test_the_forms_clock_stops_with_it() -> None:
    """Nobody is reminded of a form that was closed, and the run doesn't expire over it."""
    person = await offered(flow(form("a"), form("offer", event="withdrawn", expires_after="1d"), END))
    await came(person, "withdrawn")
    await person.waits(days=2)
    assert (person.run.status, person.asked) == (RunStatus.WAITING, "done")


async def test_a_step_that_is_no_form_of_the_path_stays_what_it_was() -> None:
    """A wait can't be gone back to, closed or not."""
    person = await begin(flow(form("a"), wait("w", "paid"), END))
    await person.says("1")
    await came(person, "paid", 1)
    with pytest.raises(NotAStep):
        await person.engine.previous(person.run.id, to="w")
    assert taken(person, "w") == 1


# -- what is checked --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("node", "problem"),
    [
        (wait("w", [{"name": "paid", "goto": "gnoe"}]), "there is no node `gnoe` to go to"),
        (wait("w", ["paid", "paid"]), "`paid` is here twice"),
        (wait("w", []), "between 1 and 20"),
        (wait("w", "no name!"), "must be a name"),
        (wait("w", {"name": "paid", "text": "x"}), "there is no key `text` here"),
        (wait("w", {"name": "paid", "when": "dta.amount > 1"}), "there is nothing called `dta` here"),
        (wait("w", {"name": "paid", "when": "data.amount >"}), "when"),
        (form("w", event={"name": "over", "text": "{{ dta }}"}), "there is nothing called `dta` here"),
        (form("w", event={"name": "over", "goto": "gnoe"}), "there is no node `gnoe` to go to"),
        ({**form("w", event="over"), "fields": [{"name": "data"}]}, "has the value `data` itself"),
        ({"id": "w", "type": "end", "event": "over"}, "`event` is for nodes that wait for a person's answer"),
        ({"id": "w", "type": "set", "values": {"x": 1}, "event": "over"}, "`event` is for nodes that wait"),
        ({"id": "w", "type": "message", "title": "{{ f.evnt }}"}, "has no value `evnt`"),
    ],
)
async def test_mistakes_are_found_before_a_run_starts(node: dict[str, Any], problem: str) -> None:
    """Unknown targets, names and outputs; each with its place."""
    with pytest.raises(DefinitionError) as refused:
        await make_test_engine(flow(form("f", event="stopped"), node, {"id": "gone", "type": "end"}))
    assert problem in str(refused.value)


async def test_the_ways_of_events_are_ways() -> None:
    """A node that only an event leads to can be reached, and the graph shows by which."""
    engine = await make_test_engine(CHOICE, {**OFFER, "id": "offer"})
    catalog = engine.definitions
    assert isinstance(catalog, Catalog)
    assert catalog.warnings == []
    drawn = {(each.source, each.target, each.label) for each in edges_of(engine.definitions.get("main"))}
    assert {("w", "sorry", "event refused"), ("w", END_BOX, "event over")} <= drawn
    assert ("offer", "gone", "event withdrawn") in {
        (each.source, each.target, each.label) for each in edges_of(engine.definitions.get("offer"))
    }
