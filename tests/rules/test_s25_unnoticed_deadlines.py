"""S24, S25: what came first counts, an event or the end of the time, however late anybody notices the latter."""

from __future__ import annotations

import pytest

from tests.stores import Open, clocked
from wizard.model import RunStatus
from wizard.testing import MovableClock, Person, make_test_engine

__all__ = ["clocked"]  # a fixture

ORDER = """
id: order
nodes:
  - {id: f, type: form, fields: [{name: x}]}
  - {id: payment, type: wait, event: paid, for: 10d}
  - {id: over, type: condition, cases: [{when: payment.timed_out, goto: late}, {goto: thanks}]}
  - {id: thanks, type: end, title: "Thanks for {{ payment.data }}"}
  - {id: late, type: form, title: Too late, fields: [{name: y, required: false}]}
  - {id: second, type: wait, event: paid}
  - {id: after, type: end, title: "It came later: {{ second.data }}"}
"""


@pytest.mark.parametrize("seconds", [-1, 0, 1])
async def test_an_event_after_the_deadline_comes_too_late_though_no_worker_was_there(seconds: int) -> None:
    """The bank's message of the eleventh day would be in time or not by whether a worker was being restarted."""
    clock = MovableClock()
    engine = await make_test_engine(ORDER, clock=clock)
    person = await Person.starts(engine, "order")
    await person.says("1")
    clock.move(days=10, seconds=seconds)
    await engine.event(person.run, "paid", 25)
    person.sees(title="Thanks for 25" if seconds < 0 else "Too late")


async def test_it_is_not_lost_for_a_step_that_waits_for_it_later(clocked: Open) -> None:
    """A process may ask what to do with a payment that came too late: it is in the queue as any other."""
    clock = MovableClock()
    engine = await make_test_engine(ORDER, store=await clocked(), clock=clock)
    person = await Person.starts(engine, "order")
    await person.says("1")
    clock.move(days=11)
    await engine.event(person.run, "paid", 25)
    await person.reloads()
    await person.says()
    assert person.completed
    person.sees(title="It came later: 25")
    await person.waits()
    assert person.completed


async def test_an_event_that_was_there_before_the_wait_needs_no_time() -> None:
    """One that comes before the run does isn't lost, whatever the wait's time is."""
    clock = MovableClock()
    engine = await make_test_engine(ORDER.replace("for: 10d", "for: 0s"), clock=clock)
    person = await Person.starts(engine, "order")
    await engine.event(person.run, "paid", 25)
    clock.move(days=1)
    await person.says("1")
    person.sees(title="Thanks for 25")


async def test_a_run_that_is_over_takes_no_event_though_nobody_ended_it() -> None:
    """The same of `expires_after`: the clock says that it is over, and whoever sends the event is told."""
    clock = MovableClock()
    engine = await make_test_engine(ORDER.replace("nodes:", "expires_after: 5d\nnodes:", 1), clock=clock)
    person = await Person.starts(engine, "order")
    await person.says("1")
    clock.move(days=5)
    with pytest.raises(Exception, match="expired"):
        await engine.event(person.run, "paid", 25)
    await person.waits()
    assert person.run.status is RunStatus.EXPIRED


@pytest.mark.parametrize("deadline", ["remind_after: {after: 1d, goto: second}", "expires_after: 1d"])
async def test_a_form_that_nobody_closed_yet_takes_an_answer_and_an_event(deadline: str) -> None:
    """A late clock touches nothing that was answered meanwhile; for a form an event is as good as an answer."""
    form = "{id: f, type: form, fields: [{name: x}]}"
    other = ORDER.replace(form, f"{form[:-1]}, event: {{name: stopped, goto: after}}, {deadline}}}")
    clock = MovableClock()
    engine = await make_test_engine(other.replace("{{ second.data }}", ""), clock=clock)
    answers, hears = [await Person.starts(engine, "order") for _ in range(2)]
    clock.move(days=2)
    await answers.says("1")
    assert answers.run.step == "payment"
    await engine.event(hears.run, "stopped")
    assert hears.completed
