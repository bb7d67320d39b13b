"""A function that moves the run that it works for: it is told so, once, and nothing goes round in circles."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from wizard.engine import Engine
from wizard.model import Outcome, Proceed, Prompt, PromptField, RunStatus
from wizard.node import Background, Foreground, NodeConfig, Visit
from wizard.testing import Person, make_test_engine

JOB = """
id: job
nodes:
  - {id: f, type: form, fields: [{name: x}]}
  - {id: p, type: python, function: fn, arguments: {x: "{{ f.x }}"}}
  - {id: w, type: wait, event: paid}
  - {id: m, type: message, title: "Over: {{ f.x }}"}
"""
CALL = '{id: p, type: python, function: fn, arguments: {x: "{{ f.x }}"}}'

MOVES: dict[str, Callable[[Engine, str], Awaitable[Any]]] = {
    "next": lambda engine, run: engine.next(run, {"x": "2"}),
    "previous": lambda engine, run: engine.previous(run),
    "save": lambda engine, run: engine.save(run, "f", {"x": "2"}),
    "change": lambda engine, run: engine.change(run, "f", {"x": "2"}),
    "repair": lambda engine, run: engine.repair(run),
}


@pytest.mark.parametrize("move", MOVES)
async def test_a_function_that_moves_its_own_run_is_refused(move: str) -> None:
    """`change` would call it again, from within itself, until the process runs out of stack; others would wait for
    what they are a part of."""
    calls: list[str] = []

    async def fn(x: str, visit: Visit[Any]) -> None:
        calls.append(x)
        assert len(calls) < 9, "it goes round in circles"
        await MOVES[move](engine, visit.run)

    engine = await make_test_engine(JOB, functions={"fn": fn})
    person = await Person.starts(engine, "job")
    await person.says("1")
    assert (person.run.status, calls) == (RunStatus.FAILED, ["1"])
    assert person.run.run.fault is not None
    assert person.run.run.fault.kind == "NodeContractError"
    person.sees(fault=f"The node p asks for `{move}` on its own run {person.run.id}")


async def test_a_function_in_a_thread_and_a_run_between_are_no_way_around() -> None:
    """The circle would be longer, and no less endless."""
    calls: list[str] = []
    other = JOB.replace("id: job", "id: other").replace("fn", "back")

    def fn(visit: Visit[Any], x: str) -> None:
        calls.append(x)

        async def asks() -> None:
            calls.append(visit.run)
            await engine.next(between.id, {"x": "1"})

        asyncio.run_coroutine_threadsafe(asks(), loop).result(5)

    async def back(x: str) -> None:
        await engine.change(calls[1], "f", {"x": "2"})

    loop = asyncio.get_running_loop()
    engine = await make_test_engine(JOB, other, functions={"fn": fn, "back": back})
    between = await engine.start("other")
    person = await Person.starts(engine, "job")
    await person.says("1")
    assert len(calls) == 2
    assert person.run.status is RunStatus.WORKING  # waits for its event
    stuck = await engine.load(between)
    assert stuck.run.fault is not None
    assert f"The node p asks for `change` on its own run {person.run.id}" in stuck.run.fault.message


async def test_a_function_may_send_its_run_an_event_and_set_its_documents() -> None:
    """S23: what doesn't move a run doesn't disturb its work, whoever sends it."""

    async def fn(x: str, visit: Visit[Any]) -> None:
        await engine.event(visit.run, "paid", {"amount": x})
        await engine.amend(visit.run, session={"seen": True})

    engine = await make_test_engine(JOB, functions={"fn": fn})
    person = await Person.starts(engine, "job")
    await person.says("1")
    person.sees(title="Over: 1")
    assert person.run.run.session == {"seen": True}


async def test_what_a_function_began_may_move_the_run_when_the_call_is_over() -> None:
    """A bot answers in a task of its own, some time after the function that began it came back."""
    later: list[asyncio.Task[Any]] = []
    over = asyncio.Event()

    async def moves(run: str) -> None:
        await over.wait()
        await engine.change(run, "f", {"x": "2"})

    async def fn(x: str, visit: Visit[Any]) -> None:
        if not later:
            later.append(asyncio.create_task(moves(visit.run)))

    engine = await make_test_engine(JOB, functions={"fn": fn})
    person = await Person.starts(engine, "job")
    await person.says("1")
    over.set()
    await later[0]
    await engine.event(person.run, "paid")
    person.sees(title="Over: 2")


async def test_a_function_may_end_its_run() -> None:
    """It finds out that there is nothing to go on with; what it gives after that comes too late."""

    async def fn(x: str, visit: Visit[Any]) -> None:
        await engine.cancel(visit.run)

    engine = await make_test_engine(JOB, functions={"fn": fn})
    person = await Person.starts(engine, "job")
    await person.says("1")
    assert person.run.status is RunStatus.CANCELLED


class Telling(Background[NodeConfig]):
    """Says that it has no effect, and sends its run an event."""

    type = "telling"
    Config = NodeConfig
    pure = True
    calls = 0

    async def execute(self, visit: Visit[NodeConfig]) -> Outcome:
        type(self).calls += 1
        await visit.services.functions["tell"](visit.run)
        return Proceed({})


async def test_a_pure_node_sends_no_events() -> None:
    """Nothing is stored before it runs, so that it would run again for each event of its own."""
    Telling.calls = 0

    async def tell(run: str) -> None:
        await engine.event(run, "paid")

    told = JOB.replace(CALL, "{id: p, type: telling}")
    engine = await make_test_engine(told, functions={"tell": tell}, node_types=[Telling])
    person = await Person.starts(engine, "job")
    await person.says("1")
    assert Telling.calls == 1
    person.sees(fault="is `pure`")


class Asking(Foreground[NodeConfig]):
    """Goes back while it takes an answer."""

    type = "asking"
    Config = NodeConfig

    def prompt(self, visit: Visit[NodeConfig]) -> Prompt:
        return Prompt(visit.step, self.type, fields=(PromptField("y", "text", "Why?"),))

    async def submit(self, visit: Visit[NodeConfig]) -> Outcome:
        await visit.services.functions["back"](visit.run)
        return Proceed({})


async def test_a_foreground_node_doesnt_move_its_run_either() -> None:
    """The person would be asked again and again, each time with the answer given up."""

    async def back(run: str) -> None:
        await engine.previous(run)

    asks = JOB.replace(CALL, "{id: p, type: asking}")
    engine = await make_test_engine(asks, functions={"back": back}, node_types=[Asking])
    person = await Person.starts(engine, "job")
    await person.says("1")
    await person.says("2")
    assert person.asked == "p"
    person.sees(fault="The node p asks for `previous` on its own run")
