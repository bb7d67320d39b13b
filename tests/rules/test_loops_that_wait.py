"""A loop that asks nobody anything goes round at a bearable pace, whatever its waits come to (S17)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.stores import Open, clocked
from wizard.errors import DefinitionError
from wizard.model import Later, Outcome, Proceed, RunStatus
from wizard.node import Background, NodeConfig, Visit
from wizard.testing import MovableClock, Person, make_test_engine

__all__ = ["clocked"]  # a fixture

ASK = {"id": "ask", "type": "form", "fields": [{"name": "x"}]}
LOOK = {"id": "look", "type": "python", "function": "look", "arguments": {"data": "{{ pause.data }}"}, "next": "pause"}


class EagerConfig(NodeConfig):
    soon: bool = False


class Eager(Background[EagerConfig]):
    """A type of a third party that says that it pauses, and never does, or for a millisecond."""

    type = "eager"
    pure = True
    pauses = True
    Config = EagerConfig

    def later(self, visit: Visit[EagerConfig]) -> Later | None:
        if not visit.config.soon or visit.state:
            return None
        visit.state["asked"] = True
        return Later(visit.now + timedelta(milliseconds=1))

    async def execute(self, visit: Visit[EagerConfig]) -> Outcome:
        return Proceed({"data": None})


def loop(pause: dict[str, Any], *more: dict[str, Any]) -> dict[str, Any]:
    return {"id": "main", "nodes": [ASK, {"id": "pause", **pause}, *more, LOOK]}


class Watch:
    """Counts the rounds of a loop. `functions` are the host's."""

    def __init__(self) -> None:
        self.clock = MovableClock()
        self.at: list[float] = []
        self.data: list[Any] = []
        self.functions: dict[str, Callable[..., Any]] = {"look": self.look}

    def look(self, data: Any) -> int:
        self.at.append((self.clock.now - self.begun).total_seconds())
        self.data.append(data)
        return len(self.at)

    async def begin(self, definition: dict[str, Any], open_store: Open) -> Person:
        made = await make_test_engine(
            definition,
            store=await open_store(),
            functions=self.functions,
            clock=self.clock,
            node_types=[Eager],
        )
        self.begun = self.clock.now
        return await Person.starts(made, "main")

    async def passes(self, person: Person, seconds: int) -> None:
        for _ in range(seconds):
            await person.waits(seconds=1)


OVER = [
    {"type": "wait", "for": "{{ '0s' }}"},
    {"type": "wait", "until": "2020-01-01"},
    {"type": "wait", "until": "{{ now() }}"},
    {"type": "wait", "until": "{{ run.started }}"},
    {"type": "wait", "event": "go", "until": "2020-01-01"},
    {"type": "wait", "event": "go", "for": "{{ '0s' }}"},
    {"type": "eager"},
    {"type": "eager", "soon": True},
]


@pytest.mark.parametrize("pause", OVER, ids=str)
async def test_a_wait_that_doesnt_wait_is_no_way_to_call_a_service_500_times(
    clocked: Open, pause: dict[str, Any]
) -> None:
    """The service was called as fast as the machine could, in the turn of a person who saw an error at its end. One
    turn makes a call, the next rounds come after 1, 2, 4 … seconds, and then once in a minute."""
    watch = Watch()
    person = await watch.begin(loop(pause), clocked)
    await person.says("1")
    assert person.run.status is RunStatus.WORKING
    assert len(watch.at) <= 1
    await watch.passes(person, 600)
    assert 10 <= len(watch.at) <= 20
    later = [after - before for before, after in zip(watch.at, watch.at[1:], strict=False)]
    assert later == sorted(later)
    assert later[-1] in (60, 61)


async def test_a_loop_with_slow_work_goes_no_faster(clocked: Open) -> None:
    """Each call is a job of its own, and so no turn comes to the wait twice: the pause is kept all the same."""
    watch = Watch()
    definition = {"id": "main", "nodes": [ASK, {"id": "pause", **OVER[0]}, {**LOOK, "slow": True}]}
    person = await watch.begin(definition, clocked)
    await person.says("1")
    await watch.passes(person, 600)
    assert 10 <= len(watch.at) <= 20


async def test_a_loop_inside_of_a_loop_goes_no_faster(clocked: Open) -> None:
    """The wait is in a sub-workflow, which is opened anew with each round."""
    watch = Watch()
    inner = {"id": "inner", "nodes": [{"id": "pause", **OVER[0]}, {**LOOK, "next": "end"}]}
    outer = {"id": "main", "nodes": [ASK, {"id": "again", "type": "workflow", "workflow": "inner", "next": "again"}]}
    made = await make_test_engine(outer, inner, store=await clocked(), functions=watch.functions, clock=watch.clock)
    watch.begun = watch.clock.now
    person = await Person.starts(made, "main")
    await person.says("1")
    assert len(watch.at) == 1
    await watch.passes(person, 600)
    assert 10 <= len(watch.at) <= 20


async def test_a_loop_that_waits_is_left_alone(clocked: Open) -> None:
    """Who looks each five seconds looks each five seconds, also after a round that didn't wait."""
    watch = Watch()
    watch.functions["how_long"] = lambda: "0s" if len(watch.at) in (2, 3, 4) else "5s"
    pause = {"type": "wait", "for": "{{ how_long.value }}"}
    definition = {
        "id": "main",
        "nodes": [
            ASK,
            {"id": "how_long", "type": "python", "function": "how_long"},
            {"id": "pause", **pause},
            {**LOOK, "next": "how_long"},
        ],
    }
    person = await watch.begin(definition, clocked)
    await person.says("1")
    await watch.passes(person, 40)
    assert watch.at == [5, 10, 11, 13, 17, 22, 27, 32, 37]


async def test_what_came_in_bulk_is_taken_at_once_a_few_in_a_turn(clocked: Open) -> None:
    """Twenty payments came before the run did: all are taken now, without a pause, and no turn takes more than a
    handful."""
    watch = Watch()
    person = await watch.begin(loop({"type": "wait", "event": "paid"}), clocked)
    for number in range(20):
        await person.engine.event(person.run, "paid", number)
    await person.says("1")
    assert watch.data == list(range(5))
    await person.waits()
    assert (watch.data, set(watch.at), person.run.step) == (list(range(20)), {0.0}, "pause~21")


async def test_an_event_needs_no_pause_after_the_one_before(clocked: Open) -> None:
    """Each payment is answered when it comes, however quickly they follow one another."""
    watch = Watch()
    person = await watch.begin(loop({"type": "wait", "event": "paid"}), clocked)
    await person.says("1")
    for number in range(8):
        await person.engine.event(person.run, "paid", number)
    await person.waits()
    assert (watch.data, set(watch.at)) == (list(range(8)), {0.0})


async def test_the_items_of_a_list_are_no_rounds(clocked: Open) -> None:
    """A list ends: its items may each have a pause of nothing, and nobody waits for the next one."""
    watch = Watch()
    inner = {"id": "inner", "nodes": [{"id": "pause", **OVER[0]}, {**LOOK, "next": "end"}]}
    outer = {
        "id": "main",
        "nodes": [ASK, {"id": "each", "type": "workflow", "workflow": "inner", "repeat": {"times": 30}}],
    }
    made = await make_test_engine(outer, inner, store=await clocked(), functions=watch.functions, clock=watch.clock)
    watch.begun = watch.clock.now
    person = await Person.starts(made, "main")
    await person.says("1")
    assert person.completed
    assert len(watch.at) == 30


async def test_a_list_that_is_too_long_is_stopped(clocked: Open) -> None:
    """S17: a turn executes 1,000 nodes, whatever they are; the person reads why, and nothing that was done is lost."""
    watch = Watch()
    inner = {"id": "inner", "nodes": [{**LOOK, "arguments": {"data": 1}, "next": "end"}]}
    outer = {
        "id": "main",
        "nodes": [
            ASK,
            {"id": "many", "type": "python", "function": "many"},
            {"id": "each", "type": "workflow", "workflow": "inner", "repeat": {"for_each": "many.value"}},
        ],
    }
    watch.functions["many"] = lambda: list(range(5000))
    made = await make_test_engine(outer, inner, store=await clocked(), functions=watch.functions, clock=watch.clock)
    watch.begun = watch.clock.now
    person = await Person.starts(made, "main")
    await person.says("1")
    person.sees(fault="1,000 nodes")
    assert len(watch.at) < 1000


@pytest.mark.parametrize(
    "pause", [{"for": "0s"}, {"for": "0m 0s"}, {"for": "PT0S"}, {"for": "0s", "event": "go"}], ids=str
)
async def test_the_checker_refuses_what_it_can_know(pause: dict[str, Any]) -> None:
    """An author hears of it before a service does."""
    with pytest.raises(DefinitionError, match="it waits for no time at all"):
        await make_test_engine(loop({"type": "wait", **pause}))


async def test_a_pause_of_nothing_is_no_mistake_outside_of_a_loop(clocked: Open) -> None:
    """Nor in one that asks somebody."""
    watch = Watch()
    person = await watch.begin(
        {"id": "main", "nodes": [ASK, {"id": "pause", "type": "wait", "for": "0s", "next": "ask"}]}, clocked
    )
    await person.says("1")
    await person.says("2")
    assert person.asked == "ask~3"
