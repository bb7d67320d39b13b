"""S24: events are a queue by name; each wait takes the oldest that it may take, and one with a key is taken once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.stores import Open, clocked, stores
from wizard.engine import Engine
from wizard.engine.exporting import exported_run
from wizard.errors import InvalidInput, KeyReused, NodeFailed, RunCompleted, TooManyEvents
from wizard.machine.events import MAX_ARRIVALS, MAX_DELIVERIES
from wizard.model import Outcome, Proceed, RunStatus
from wizard.node import Visit
from wizard.nodes.flow.wait import WaitNode
from wizard.testing import MovableClock, Person, make_test_engine

__all__ = ["clocked", "stores"]  # fixtures


def form(node: str, **keys: Any) -> dict[str, Any]:
    return {"id": node, "type": "form", "fields": [{"name": "x", "type": "text"}], **keys}


def wait(node: str, event: Any, **keys: Any) -> dict[str, Any]:
    return {"id": node, "type": "wait", "event": event, **keys}


def flow(*nodes: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"id": "main", "nodes": list(nodes), **keys}


END = {"id": "done", "type": "message", "title": "Done"}


async def begin(definition: dict[str, Any], *others: dict[str, Any], **made: Any) -> Person:
    engine = await make_test_engine(definition, *others, clock=MovableClock(), **made)
    return await Person.starts(engine, "main")


async def came(person: Person, name: str, data: Any = None, key: str | None = None) -> Person:
    await person.engine.event(person.run, name, data, key=key)
    return person


def taken(person: Person, step: str) -> Any:
    output = person.run.run.by_path[step].output
    assert output is not None
    return output["data"]


def untaken(person: Person) -> list[Any]:
    return [each.data for each in person.run.run.arrivals]


TWO = flow(form("details"), wait("a", "signed"), wait("b", "signed"), END)


async def test_two_early_events_serve_two_waits_in_their_order(stores: Open) -> None:
    """Two people sign while the form is still open: nobody waits for a third signature."""
    person = await begin(TWO, store=await stores())
    await came(person, "signed", "ann")
    await came(person, "signed", "bob")
    await person.reloads()
    await person.says("1")
    assert (person.asked, taken(person, "a"), taken(person, "b")) == ("done", "ann", "bob")
    assert (untaken(person), person.run.run.event) == ([], {"signed": "bob"})


async def test_what_a_wait_took_is_there_again_once_it_leaves_the_path(clocked: Open) -> None:
    """Who goes another way and comes back finds the signatures in their old order, not used up."""
    person = await begin(
        flow(
            form("details"),
            {
                "id": "c",
                "type": "condition",
                "cases": [{"when": "details.x == 'one'", "goto": "done"}, {"goto": "a"}],
            },
            wait("a", "signed"),
            form("between"),
            wait("b", "signed"),
            END,
        ),
        store=await clocked(),
    )
    for name in ("ann", "bob", "cat"):
        await came(person, "signed", name)
    await person.says("together")
    await person.says("1")
    assert (taken(person, "a"), taken(person, "b"), untaken(person)) == ("ann", "bob", ["cat"])
    await person.changes("details", "one")
    assert (person.asked, untaken(person)) == ("done", ["ann", "bob", "cat"])
    await person.reloads()
    await person.changes("details", "together")
    assert (person.asked, taken(person, "a")) == ("between", "ann")


async def test_a_wait_that_is_used_again_takes_no_other(clocked: Open) -> None:
    """S10: going back and on again with the same answers uses up nothing, whatever came meanwhile."""
    person = await begin(TWO, store=await clocked())
    await came(person, "signed", "ann")
    await came(person, "signed", "bob")
    await person.says("1")
    await person.goes_back()
    await came(person, "signed", "cat")
    await person.says("1")
    assert (taken(person, "a"), taken(person, "b"), untaken(person)) == ("ann", "bob", ["cat"])


async def test_a_wait_with_other_inputs_takes_anew_in_the_old_order() -> None:
    """S10: the wait is another visit then, and its event is the oldest again."""
    person = await begin(flow(form("a"), wait("w", "paid", **{"for": "{{ a.x }}d"}), END))
    await came(person, "paid", 1)
    await came(person, "paid", 2)
    await person.says("3")
    await person.goes_back()
    await person.says("4")
    assert (taken(person, "w"), untaken(person)) == (1, [2])


@pytest.mark.parametrize("name", ["vote_count", "vote_taken"])
async def test_no_name_is_the_engines_own(name: str) -> None:
    """An event, or a field that a run is started with, neither opens nor swallows the wait for another one."""
    definition = flow(wait("w", "vote"), END)
    person = await begin(definition)
    await came(person, name, 10)
    assert person.run.step == "w"
    await came(person, "vote", "yes")
    assert (person.asked, taken(person, "w")) == ("done", "yes")
    started = await person.engine.start("main", event={name: 3, "vote": "before"})
    assert started.step == "w", "what a run is started with has not arrived"
    await person.engine.event(started, "vote", "after")
    assert (started.step, started.run.event["vote"]) == ("done", "after")


# -- keys -----------------------------------------------------------------------------------------

GATES = flow(wait("boss", "approved"), wait("money", "approved"), END)


async def test_an_event_with_a_key_opens_one_gate_however_often_it_is_delivered(stores: Open) -> None:
    """A webhook is sent again since its answer was lost: the second gate stays shut; the next event opens it."""
    person = await begin(GATES, store=await stores())
    for _ in range(3):
        await came(person, "approved", {"by": "ann", "at": 1}, key="k1")
        await person.reloads()
    assert person.run.step == "money"
    await came(person, "approved", {"at": 1, "by": "ann"}, key="k1")
    assert person.run.step == "money", "the order of its fields tells nothing"
    await came(person, "approved", {"by": "ann", "at": 1}, key="k2")
    assert person.asked == "done"
    await person.says()
    revision = person.run.revision
    await came(person, "approved", {"by": "ann", "at": 1}, key="k1")
    assert (person.completed, person.run.revision) == (True, revision), "also when the run is over"
    with pytest.raises(RunCompleted):
        await came(person, "approved", {}, key="k3")


async def test_a_key_belongs_to_one_event() -> None:
    """The same key with other data or another name is a mistake of the sender's, which is told and changes nothing."""
    person = await begin(flow(wait("w", ["approved", "refused"]), wait("v", "approved"), END))
    await came(person, "approved", 1, key="k")
    for name, data in (("approved", 2), ("refused", 1)):
        with pytest.raises(KeyReused):
            await came(person, name, data, key="k")
    assert person.run.step == "v"


async def test_an_event_with_an_id_is_known_again_without_a_key() -> None:
    """Webhooks say in their data which delivery they are; the same id with other data is another event."""
    person = await begin(GATES)
    await came(person, "approved", {"id": "delivery-1"})
    await came(person, "approved", {"id": "delivery-1"})
    assert person.run.step == "money"
    await came(person, "approved", {"id": "delivery-1", "more": True})
    assert person.asked == "done"


async def test_of_two_processes_one_takes_a_key(stores: Open) -> None:
    """The sender's two servers deliver at once: one of them is answered that it is taken, the other the same."""
    person = await begin(GATES, store=await stores())
    other = Engine(person.engine.definitions, await stores(), clock=person.engine.clock)
    await asyncio.gather(
        *(each.event(person.run.id, "approved", 1, key="k") for each in (person.engine, other, person.engine, other))
    )
    await person.reloads()
    assert person.run.step == "money"


async def test_the_last_keys_are_remembered_and_no_more() -> None:
    """What a run remembers is bounded; a key that is older than the last 256 is taken for a new one."""
    definition = flow({**form("a"), "title": "{{ event.tick }}"}, END)
    person = await begin(definition)
    for number in range(MAX_DELIVERIES + 1):
        await came(person, "tick", number, key=f"k{number}")
    revision = person.run.revision
    await came(person, "tick", 1, key="k1")
    assert person.run.revision == revision
    await came(person, "tick", 0, key="k0")
    assert person.run.revision > revision
    assert len(person.run.run.deliveries) == MAX_DELIVERIES


@pytest.mark.parametrize("key", ["", "x" * 201, 7])
async def test_a_key_is_a_short_text(key: Any) -> None:
    """Anything else would be remembered as it is."""
    with pytest.raises(InvalidInput, match="key"):
        await came(await begin(GATES), "approved", key=key)


# -- names ----------------------------------------------------------------------------------------


async def test_a_misspelt_name_is_refused_and_the_nearest_is_named() -> None:
    """Taken silently, it would have the run wait for ever."""
    inner = {"id": "inner", "nodes": [wait("v", "refunded"), {**form("f"), "title": "{{ event.seen }}"}]}
    person = await begin(
        flow(wait("w", "paid"), {"id": "s", "type": "workflow", "workflow": "inner"}, form("x", event="withdrawn")),
        inner,
    )
    revision = person.run.revision
    with pytest.raises(InvalidInput, match=r"no event `payed`\. Did you mean `paid`\?") as refused:
        await came(person, "payed")
    assert "`paid`, `refunded`, `seen`, `withdrawn`" in refused.value.message
    assert person.run.revision == revision
    for name in ("seen", "refunded", "withdrawn", "paid"):
        await came(person, name)


@pytest.mark.parametrize(
    "node",
    [
        {"id": "s", "type": "set", "values": {"all": "{{ event }}"}},
        {"id": "s", "type": "set", "values": {"one": "{{ event[a.x] }}"}},
    ],
)
async def test_who_reads_the_whole_document_can_be_told_anything(node: dict[str, Any]) -> None:
    """Then nobody can know what is misspelt."""
    person = await begin(flow(form("a"), node, wait("w", "paid"), END))
    await came(person, "whatever", 1)
    assert (person.run.run.event, untaken(person)) == ({"whatever": 1}, []), "what no node takes isn't queued"


async def test_what_other_names_have_for_properties_is_no_event() -> None:
    """`a.x` is an answer. A sender that names an event `x` by mistake is told, and not thanked for what nobody
    hears."""
    reads = {"id": "s", "type": "set", "values": {"session.seen": "{{ a.x + event.refunded }}"}}
    person = await begin(flow(form("a"), reads, wait("w", "paid"), END))
    for name in ("x", "a", "seen"):
        with pytest.raises(InvalidInput, match=r"It accepts `paid`, `refunded`\. "):
            await came(person, name)
    await came(person, "refunded", "1")


async def test_code_may_read_any_event_where_none_is_named() -> None:
    """A function that looks for an event by itself goes on working; where some are named, it names its own as well."""
    work = {"id": "p", "type": "python", "function": "work"}
    await came(await begin(flow(form("a"), work), functions={"work": lambda visit: None}), "progress", 1)
    with pytest.raises(InvalidInput, match="It accepts no events"):
        await came(await begin(flow(form("a"))), "progress", 1)
    with pytest.raises(InvalidInput, match="It accepts `paid`"):
        await came(await begin(flow(form("a"), work, wait("w", "paid"))), "progress", 1)


# -- shape ----------------------------------------------------------------------------------------

FITTING = flow(form("a"), wait("w", {"name": "paid", "when": "data.amount >= 10"}), END)


async def test_a_wait_says_what_it_takes_and_the_sender_is_told(clocked: Open) -> None:
    """While the step waits, what doesn't fit is refused and nothing changes: the sender can mend it."""
    person = await begin(FITTING, store=await clocked())
    await person.says("1")
    revision = person.run.revision
    for wrong in ("text", {"amount": 9}, {"amount": "much"}, {}, None, [1]):
        with pytest.raises(InvalidInput, match="doesn't fit"):
            await came(person, "paid", wrong, key="k")
    assert person.run.revision == revision
    await came(person, "paid", {"amount": 10}, key="k")
    assert person.asked == "done"


async def test_an_early_event_that_doesnt_fit_stays_for_whom_it_fits() -> None:
    """Nobody waits yet, so nobody can say: it is queued, and passed over."""
    person = await begin(
        flow(form("a"), wait("w", {"name": "paid", "when": "data.amount >= 10"}), wait("v", "paid"), END)
    )
    await came(person, "paid", {"amount": 1})
    await came(person, "paid", {"amount": 20})
    await person.says("1")
    assert (taken(person, "w"), taken(person, "v")) == ({"amount": 20}, {"amount": 1})


UNGUARDED = flow(
    form("f"),
    wait("w", "paid"),
    {"id": "c", "type": "condition", "cases": [{"when": "w.data.amount >= 10", "goto": "ok"}, {"goto": "less"}]},
    {"id": "ok", "type": "message", "title": "ok {{ w.data.amount }}", "next": "end"},
    {"id": "less", "type": "message", "title": "less {{ w.data.amount }}"},
)


async def test_the_right_event_that_follows_mends_a_run_that_failed_behind_a_wait(clocked: Open) -> None:
    """The sender corrects itself: nobody has to look at the run."""
    person = await begin(UNGUARDED, store=await clocked())
    await person.says("1")
    await came(person, "paid", "text")
    assert (person.run.status, person.run.step) == (RunStatus.FAILED, "w")
    await came(person, "paid", ["worse"])
    assert (person.run.status, person.run.step) == (RunStatus.FAILED, "w")
    await person.reloads()
    await came(person, "paid", {"amount": 25})
    assert person.sees(title="ok 25").run.fault is None
    assert "gave up" in [each.entry.kind for each in await person.engine.trace(person.run.id)]


async def test_an_early_event_of_the_wrong_shape_is_passed_over_where_another_is_there() -> None:
    """Both came before the run did: it goes on with the one that it can go on with."""
    person = await begin(UNGUARDED)
    await came(person, "paid", "text")
    await came(person, "paid", {"amount": 5})
    await person.says("1")
    person.sees(title="less 5")


async def test_next_goes_on_with_the_right_event_after_a_wrong_early_one() -> None:
    """The wrong one came early, so the person stands at the form with an error; the right one waits for their Next."""
    person = await begin(UNGUARDED)
    await came(person, "paid", "text")
    await person.says("1")
    assert person.sees(fault="w.data.amount can't be read").asked == "f"
    await came(person, "paid", {"amount": 25})
    assert person.asked == "f", "nobody's page moves under their hands"
    await person.says("1")
    person.sees(title="ok 25")


async def test_repair_and_back_work_after_a_wrong_event() -> None:
    """What an operator and the person can do before the right one comes leads to it."""
    person = await begin(UNGUARDED)
    await person.says("1")
    await came(person, "paid", "text")
    await person.engine.repair(person.run)
    assert (person.run.status, person.run.step) == (RunStatus.FAILED, "w")
    await person.goes_back()
    await came(person, "paid", {"amount": 50})
    await person.says("2")
    person.sees(title="ok 50")


@pytest.mark.parametrize(
    "behind",
    [
        [{"id": "t", "type": "set", "values": {"double": "{{ w.data.amount * 2 }}"}}],
        [
            {"id": "s", "type": "set", "values": {"copy": "{{ w.data }}"}},
            {"id": "t", "type": "set", "values": {"double": "{{ s.copy.amount * 2 }}"}},
        ],
        [{"id": "t", "type": "message", "title": "{{ w.data.amount }}", "text": "{{ event.paid.amount }}"}],
        [{"id": "t", "type": "workflow", "workflow": "inner", "with": {"paid": "{{ w.data.amount }}"}}],
        [{"id": "t", "type": "python", "function": "check", "arguments": {"data": "{{ w.data }}"}}],
    ],
    ids=["a set", "by way of another step", "a page", "a sub-workflow", "a function that says it is lasting"],
)
async def test_whatever_fails_over_an_event_is_mended_by_the_next(behind: list[dict[str, Any]]) -> None:
    """Conditions, pages, computed values, sub-workflows and functions: all of them read what came."""

    def check(data: Any) -> None:
        if not isinstance(data, dict):
            raise NodeFailed("This is no payment.", lasting=True)

    inner = {"id": "inner", "nodes": [{"id": "i", "type": "set", "values": {"v": "{{ input.paid + 1 }}"}}]}
    person = await begin(flow(form("f"), wait("w", "paid"), *behind, END), inner, functions={"check": check})
    await person.says("1")
    await came(person, "paid", "text")
    assert person.run.status is RunStatus.FAILED
    await came(person, "paid", {"amount": 25})
    if person.run.status is RunStatus.FAILED:  # a function isn't called again before somebody says so
        await person.says()
    assert (person.run.status, taken(person, "w")) == (RunStatus.WAITING, {"amount": 25})


async def test_what_a_wait_in_a_sub_workflow_took_is_mended_from_outside_of_it_too() -> None:
    """The payment is a workflow of its own, and what is behind it reads it through its name."""
    inner = {"id": "inner", "nodes": [wait("w", "paid")]}
    double = {"id": "t", "type": "set", "values": {"double": "{{ pay.w.data.amount * 2 }}"}}
    person = await begin(flow(form("f"), {"id": "pay", "type": "workflow", "workflow": "inner"}, double, END), inner)
    await person.says("1")
    await came(person, "paid", "text")
    assert person.run.status is RunStatus.FAILED
    await came(person, "paid", {"amount": 25})
    assert (person.run.status, taken(person, "pay/w")) == (RunStatus.WAITING, {"amount": 25})


async def test_an_event_that_the_failure_doesnt_read_is_not_given_up() -> None:
    """The second gate's event comes while something else stands still: each gate gets its own."""
    person = await begin(
        flow(
            form("f"),
            wait("boss", "approved"),
            {"id": "c", "type": "condition", "cases": [{"when": "session.ready", "goto": "money"}]},
            wait("money", "approved"),
            END,
        )
    )
    await person.says("1")
    await came(person, "approved", 1)
    assert person.run.status is RunStatus.FAILED
    await came(person, "approved", 2)
    await person.engine.amend(person.run, session={"ready": True})
    await person.says()
    assert (person.asked, taken(person, "boss"), taken(person, "money")) == ("done", 1, 2)


async def test_a_person_who_was_further_on_comes_back_to_where_they_were() -> None:
    """The wrong event is noticed only behind a later form: that is shown again, with its answer."""
    person = await begin(flow(form("f"), wait("w", "paid"), form("g"), *UNGUARDED["nodes"][2:]))
    await person.says("1")
    await came(person, "paid", "text")
    await person.says("later")
    assert person.sees(fault="can't be read").asked == "g"
    await came(person, "paid", {"amount": 25})
    await person.says("later")
    assert person.sees(values={"x": "later"}).errors == {}
    await person.says("later")
    person.sees(title="ok 25")


# -- bounds and ends --------------------------------------------------------------------------------


async def test_events_that_nobody_takes_are_bounded_in_number_and_size() -> None:
    """Whoever holds a run's token can't have it grow without end; what is refused changes nothing."""
    person = await begin(flow(form("a"), wait("w", "paid"), END))
    for number in range(MAX_ARRIVALS):
        await came(person, "paid", number)
    revision = person.run.revision
    with pytest.raises(TooManyEvents, match="100 events already wait"):
        await came(person, "paid", "one more")
    assert person.run.revision == revision
    await person.says("1")
    await came(person, "paid", "now there is room")
    large = await begin(flow(form("a"), *(wait(f"w{n}", f"e{n}") for n in range(4))))
    await came(large, "e0", "y" * 900_000)
    with pytest.raises(TooManyEvents, match="2,000,000 bytes"):
        await came(large, "e1", "y" * 900_000)
    with pytest.raises(TooManyEvents):
        await large.engine.amend(large.run, event={"x": "y" * 900_000})


async def test_a_waiting_step_takes_its_event_from_a_full_queue() -> None:
    """A hundred events of another name don't shut out the one that is waited for."""
    person = await begin(flow(wait("w", "paid"), form("a"), wait("v", "other"), END))
    for number in range(MAX_ARRIVALS):
        await came(person, "other", number)
    await came(person, "paid")
    assert person.asked == "a"


async def test_documents_that_are_set_from_outside_are_bounded_as_well() -> None:
    """Field by field they would grow in the same way."""
    person = await begin(flow(form("a"), END))
    await person.engine.amend(person.run, session={"a": "y" * 600_000})
    with pytest.raises(InvalidInput, match="session"):
        await person.engine.amend(person.run, session={"b": "y" * 600_000})


async def test_untaken_events_are_exported_and_go_with_the_end(clocked: Open) -> None:
    """A person's data holds them; a run that is over needs them no more."""
    person = await begin(flow(form("a"), wait("w", "paid"), END), store=await clocked())
    await came(person, "paid", {"amount": 1}, key="k")
    await came(person, "paid", {"amount": 2})
    exported = await exported_run(person.engine, person.run.id)
    assert [(each["event"], each["data"], each["key"]) for each in exported["arrivals"]] == [
        ("paid", {"amount": 1}, "k"),
        ("paid", {"amount": 2}, None),
    ]
    await person.says("1")
    assert [each["data"] for each in (await exported_run(person.engine, person.run.id))["arrivals"]] == [{"amount": 2}]
    await person.says()
    assert (person.completed, untaken(person)) == (True, [])


async def test_events_reach_runs_that_are_created_and_at_work(clocked: Open) -> None:
    """The run isn't there yet, or busy: it finds the event when it comes to the wait."""
    store = await clocked()
    made = await make_test_engine(
        flow({"id": "p", "type": "python", "function": "work", "slow": True}, wait("w", "paid"), END),
        store=store,
        functions={"work": lambda: {}},
        clock=MovableClock(),
    )
    run = await made.create("main")
    await made.event(run, "paid", 1)
    person = Person(made, run)
    await person.says()
    await came(person, "paid", 2)
    assert person.run.status is RunStatus.WORKING
    await person.waits()
    assert (person.asked, taken(person, "w"), untaken(person)) == ("done", 1, [2])


async def test_the_event_wins_over_a_time_that_is_over_as_well() -> None:
    """It came before anybody looked at the clock; and a late one goes to the next wait."""
    person = await begin(flow(form("a"), wait("w", "paid", until="2020-01-01"), wait("v", "paid"), END))
    await came(person, "paid", 1)
    await person.says("1")
    assert (person.run.step, taken(person, "w")) == ("v", 1)
    other = await begin(flow(wait("w", "paid", **{"for": "1d"}), wait("v", "paid"), END))
    await other.waits(days=1)
    await came(other, "paid", "late")
    assert other.run.run.by_path["w"].output == {"event": None, "data": None, "timed_out": True}
    assert taken(other, "v") == "late"


async def test_the_items_of_a_repeat_take_in_their_order() -> None:
    """Three people are asked one after another: each answer is taken by one item."""
    inner = {"id": "inner", "nodes": [wait("w", "signed")]}
    person = await begin(
        flow(form("a"), {"id": "s", "type": "workflow", "workflow": "inner", "repeat": {"times": "3"}}, END), inner
    )
    for name in ("ann", "bob"):
        await came(person, "signed", name)
    await person.says("1")
    assert person.run.step == "s/3/w"
    await came(person, "signed", "cat")
    assert [taken(person, f"s/{n}/w") for n in (1, 2, 3)] == ["ann", "bob", "cat"]


async def test_a_loop_takes_one_event_each_time_round() -> None:
    """The second round waits for an event of its own."""
    person = await begin(flow(wait("w", "tick"), form("a", next="w")))
    await came(person, "tick", 1)
    await person.says("again")
    assert person.run.step == "w~2"
    await came(person, "tick", 2)
    assert (person.asked, taken(person, "w~2")) == ("a~2", 2)


async def test_what_a_caller_changes_afterwards_changes_nothing() -> None:
    """The data is copied when it arrives."""
    person = await begin(flow(form("a"), wait("w", "paid"), END))
    data = {"amount": 1}
    await came(person, "paid", data)
    data["amount"] = 2
    await person.says("1")
    assert (taken(person, "w"), person.run.run.event["paid"]) == ({"amount": 1}, {"amount": 1})


async def test_taking_costs_nothing_later(clocked: Open) -> None:
    """What was taken is the steps': a run that took hundreds of events carries none of them along."""
    person = await begin(flow(wait("w", "tick"), form("a", next="w")), store=await clocked())
    for number in range(120):
        await came(person, "tick", number)
        await person.says("again")
    assert (person.run.run.arrivals, person.run.run.event) == ((), {"tick": 119})


async def test_what_a_node_makes_of_the_data_stays_its_own() -> None:
    """S26: a node type that changes the event it is handed changes neither the document nor what can be taken again."""

    class Greedy(WaitNode):
        type = "greedy"

        async def execute(self, visit: Visit[Any]) -> Outcome:
            assert visit.arrival is not None
            visit.arrival.data["amount"] = 0
            return Proceed({"got": visit.arrival.number})

    person = await begin(flow(form("a"), {"id": "w", "type": "greedy", "event": "paid"}, END), node_types=[Greedy])
    await came(person, "paid", {"amount": 7})
    await person.says("1")
    took = person.run.run.by_path["w"].took
    assert took is not None
    assert (took.data, person.run.run.event["paid"]) == ({"amount": 7}, {"amount": 7})
