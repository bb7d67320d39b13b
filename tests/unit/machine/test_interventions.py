"""What happens to a run without anybody's answer: reminders, deadlines, events, the end of its data."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stores import Open, clocked
from tests.workflows import registers
from wizard.errors import InvalidInput, MessageNotSent, RunExpired, StaleInput
from wizard.machine.expiry import expire
from wizard.machine.interventions import remind
from wizard.machine.protocol import Execute
from wizard.machine.stack import Turn
from wizard.model import RunStatus
from wizard.model.job import MOST_TRIES, Claim, Job, JobKind
from wizard.testing import NOON, MovableClock, Person, make_test_engine

__all__ = ["clocked"]  # a fixture


def form(node: str, **keys: Any) -> dict[str, Any]:
    return {"id": node, "type": "form", "fields": [{"name": "x", "type": "text"}], **keys}


def flow(*nodes: dict[str, Any], **keys: Any) -> dict[str, Any]:
    return {"id": "main", "nodes": list(nodes), **keys}


REMINDED = flow(
    form("a"),
    form("b", remind_after={"after": "3d", "goto": "late"}),
    form("c", next="end"),
    form("late"),
)


async def begin(definition: dict[str, Any], open_store: Open, **functions: Any) -> Person:
    made = await make_test_engine(definition, store=await open_store(), functions=functions, clock=MovableClock())
    return await Person.starts(made, "main")


async def test_a_form_that_isnt_answered_in_time_is_left(clocked: Open) -> None:
    """After three days the run goes the other way, not a second before, and not twice."""
    person = await begin(REMINDED, clocked)
    await person.says("1")
    await person.waits(days=2, hours=23, minutes=59, seconds=59)
    assert person.asked == "b"
    await person.waits(seconds=1)
    assert person.asked == "late"
    await person.waits(days=30)
    assert (person.asked, person.path) == ("late", ["a", "b", "late"])


async def test_a_reminder_of_another_form_reminds_of_none(clocked: Open) -> None:
    """A reminder that comes late, out of a backup or a slow worker, belongs to the visit that it was ordered for, and
    not to whatever form is asked then."""
    soon = {"after": "3d", "goto": "late"}
    person = await begin(flow(form("a", remind_after=soon), form("b", remind_after=soon), form("late")), clocked)
    visit = person.run.run.steps[0].visit
    await person.says("1")
    turn = Turn(person.run.workflow, person.run.run, NOON)
    assert list(remind(turn, visit)) == []
    assert not turn.touched
    assert isinstance(next(remind(turn, person.run.run.steps[1].visit)), Execute)
    assert turn.current is not None
    assert turn.current.path == "late"


async def test_an_answer_in_time_stops_the_clock(clocked: Open) -> None:
    """Who answered isn't reminded."""
    person = await begin(REMINDED, clocked)
    await person.says("1")
    await person.says("2")
    await person.waits(days=4)
    assert person.asked == "c"


async def test_the_clock_begins_anew_with_each_visit(clocked: Open) -> None:
    """Who goes back and comes again has the whole time again; the first visit's reminder does nothing."""
    person = await begin(REMINDED, clocked)
    await person.says("1")
    await person.waits(days=2)
    await person.goes_back()
    await person.says("2")
    await person.waits(days=2)
    assert person.asked == "b"
    await person.waits(days=1)
    assert person.asked == "late"


async def test_a_reminder_while_the_person_is_elsewhere_does_nothing(clocked: Open) -> None:
    """They are at an earlier page when the time is over: they stay there."""
    person = await begin(REMINDED, clocked)
    await person.says("1")
    await person.goes_back()
    await person.waits(days=4)
    assert person.asked == "a"


async def test_a_form_that_was_left_can_be_answered_late(clocked: Open) -> None:
    """The page was open when the time was over: the answer isn't taken for another one, and going back takes it."""
    person = await begin(REMINDED, clocked)
    await person.says("1")
    await person.waits(days=3)
    with pytest.raises(StaleInput):
        await person.engine.next(person.run.id, {"x": "late answer"}, step="b")
    await person.goes_back(to="b")
    await person.says("late answer")
    assert (person.asked, person.answers["b"]) == ("c", {"x": "late answer"})


async def test_a_message_is_sent_and_the_form_waits_on(clocked: Open) -> None:
    """A reminder by mail: once, with the texts as they read then; the form stays."""
    sent: list[dict[str, str]] = []

    async def mail(**message: str) -> None:
        sent.append(message)

    message = {"send": "mail", "to": "{{ a.x }}@example.org", "subject": "Hello {{ a.x }}", "text": "Go on"}
    person = await begin(
        flow(form("a"), form("b", remind_after={"after": "1d", "message": message})), clocked, mail=mail
    )
    await person.says("ann")
    await person.waits(days=1)
    assert person.asked == "b"
    await person.waits(days=5)
    (only,) = sent
    assert (only["to"], only["subject"], only["text"]) == ("ann@example.org", "Hello ann", "Go on")
    assert len(only["key"]) == 32


async def test_a_message_that_cant_be_sent_is_tried_again_with_the_same_key(clocked: Open) -> None:
    """The mail server is down for an hour: the reminder comes, once."""
    keys: list[str] = []

    def mail(key: str, **message: str) -> None:
        keys.append(key)
        if len(keys) < 3:
            raise ConnectionError("no line")

    message = {"send": "mail", "to": "x", "subject": "x", "text": "x"}
    person = await begin(flow(form("a", remind_after={"after": "1d", "message": message})), clocked, mail=mail)
    await person.waits(days=1)
    for _ in range(5):
        await person.waits(hours=1)
    assert len(keys) == 3
    assert len(set(keys)) == 1


async def test_a_message_whose_function_is_missing_waits_for_it(clocked: Open) -> None:
    """The host forgot the function: the log says so, nobody is held up, and when it is there the message is sent."""
    message = {"send": "nothing", "to": "x", "subject": "x", "text": "x"}
    person = await begin(flow(form("a", remind_after={"after": "1d", "message": message})), clocked)
    await person.waits(days=1)
    for _ in range(20):
        await person.waits(hours=2)
    assert (await person.engine.store.backlog(person.engine.clock())).later == 1
    await person.says("1")
    assert person.completed
    sent: list[str] = []
    registers(person.engine, {"nothing": lambda **given: sent.append(given["key"])})
    await person.waits(hours=2)
    assert len(sent) == 1


async def test_a_message_that_always_fails_is_put_aside(clocked: Open) -> None:
    """The function that sends is there and fails each time: the job doesn't come for ever, the run's trace says that
    nobody was told, and an operator who mended the function has the message sent, with the same key."""
    message = {"send": "fails", "to": "x", "subject": "x", "text": "x"}
    person = await begin(flow(form("a", remind_after={"after": "1d", "message": message})), clocked)
    tried: list[str] = []

    def fails(**given: str) -> None:
        tried.append(given["key"])
        raise OSError("no route")

    registers(person.engine, {"fails": fails})
    await person.waits(days=1)
    for _ in range(25):
        await person.waits(hours=2)
    assert (len(tried), len(set(tried))) == (MOST_TRIES, 1)
    backlog = await person.engine.store.backlog(person.engine.clock())
    assert (backlog.later, backlog.aside) == (0, 1)
    (aside,) = await person.engine.store.queue.aside(person.run.id)
    assert (aside.kind, aside.tries) == ("message", MOST_TRIES)
    assert "The function 'fails' failed with OSError" in aside.reason
    assert "no route" not in aside.reason, "what a function says may quote answers"
    last = (await person.engine.trace(person.run.id))[-1].entry
    assert (last.kind, last.detail) == ("not sent", {"send": "fails", "error": "OSError"})

    sent: list[str] = []
    registers(person.engine, {"fails": lambda **given: sent.append(given["key"])})
    assert await person.engine.store.queue.put_back(person.run.id, person.engine.clock()) == 1
    await person.waits()
    assert sent == tried[:1]
    assert await person.engine.store.queue.aside() == []


async def test_a_run_that_was_deleted_is_told_of_no_message_that_failed() -> None:
    """The last try fails when the run is gone: there is nobody to tell, and nothing to put aside."""
    message = {"send": "fails", "to": "x", "subject": "x", "text": "x"}
    engine = await make_test_engine(flow(form("a")), functions={"fails": _fails}, clock=MovableClock())
    job = Job("gone", JobKind.MESSAGE, 3, NOON, message)
    assert await engine.perform(Claim(job, MOST_TRIES)) is None
    with pytest.raises(MessageNotSent, match="wizard runs repair gone"):
        await engine.perform(Claim(job, 1))


def _fails(**given: str) -> None:
    raise OSError("no route")


async def test_a_form_expires_the_run(clocked: Open) -> None:
    """An offer that holds for a day: after that nothing can be done with the run."""
    person = await begin(flow(form("a"), form("b", expires_after="1d")), clocked)
    await person.says("1")
    await person.waits(hours=23)
    assert person.asked == "b"
    await person.waits(hours=1)
    assert person.run.status is RunStatus.EXPIRED
    with pytest.raises(RunExpired):
        await person.says("2")
    assert person.run.run.status is RunStatus.EXPIRED, "it is stored, so that lists and retention know it"


async def test_the_time_of_a_form_that_was_answered_ends_nothing(clocked: Open) -> None:
    """It comes late, out of a backup or a slow worker: the run is at another form by then, or over."""
    soon = {"expires_after": "1d"}
    person = await begin(flow(form("a", **soon), form("b", **soon)), clocked)
    first = person.run.run.steps[0].visit
    await person.says("1")
    at_another, second = person.run.run, person.run.run.steps[1].visit
    await person.says("2")
    for run, visit in ((at_another, first), (person.run.run, first), (person.run.run, second), (person.run.run, 0)):
        turn = Turn(person.run.workflow, run, NOON)
        assert list(expire(turn, visit)) == []
        assert not turn.touched
    turn = Turn(person.run.workflow, at_another, NOON)
    assert list(expire(turn, second)) != []
    assert turn.status is RunStatus.EXPIRED


async def test_a_run_expires_and_its_data_goes(clocked: Open) -> None:
    """What nobody finished is expired after its time, and deleted some time after that."""
    person = await begin(flow(form("a"), expires_after="10d", delete_after="30d"), clocked)
    await person.waits(days=10)
    assert person.run.run.status is RunStatus.EXPIRED
    await person.waits(days=29, hours=23)
    assert await person.engine.store.load(person.run.id) is not None
    person.engine.clock.source.move(hours=1)  # type: ignore[attr-defined]
    from wizard.engine.worker import Worker

    await Worker(person.engine).perform_due()
    assert await person.engine.store.load(person.run.id) is None
    assert list(await person.engine.store.trace(person.run.id)) == []


async def test_a_run_that_was_gone_back_into_isnt_deleted(clocked: Open) -> None:
    """It was completed, opened again, and is being changed when the old deadline comes: nothing is lost."""
    person = await begin(flow(form("a"), form("b"), reopen=True, expires_after="365d", delete_after="30d"), clocked)
    await person.says("1")
    await person.says("2")
    await person.waits(days=29)
    await person.goes_back()
    await person.waits(days=2)
    assert person.asked == "a"
    await person.says("3")
    await person.says("4")
    await person.waits(days=29)
    assert person.completed


WAITING = flow(form("a"), {"id": "w", "type": "wait", "event": "paid", "for": "2d"}, form("b"))


async def test_an_event_moves_a_waiting_run_on(clocked: Open) -> None:
    """The payment service says that it was paid: the person's next page is there, with what the event brought."""
    person = await begin(WAITING, clocked)
    await person.says("1")
    assert (person.run.status, person.run.step) == (RunStatus.WORKING, "w")
    with pytest.raises(InvalidInput, match="has no event"):
        await person.engine.event(person.run, "other")
    assert person.run.step == "w"
    await person.engine.event(person.run, "paid", {"amount": 12})
    assert person.asked == "b"
    assert person.run.run.by_path["w"].output == {"event": "paid", "data": {"amount": 12}, "timed_out": False}
    await person.waits(days=3)
    assert person.asked == "b", "the timer came too late"


async def test_an_event_that_doesnt_come_is_waited_for_no_longer_than_said(clocked: Open) -> None:
    """After two days the run goes on without it, and its expressions can tell."""
    person = await begin(WAITING, clocked)
    await person.says("1")
    await person.waits(days=1, hours=23)
    assert person.run.step == "w"
    await person.waits(hours=1)
    assert person.asked == "b"
    assert person.run.run.by_path["w"].output == {"event": None, "data": None, "timed_out": True}


async def test_an_event_that_came_first_counts(clocked: Open) -> None:
    """The payment service is faster than the person: nobody waits for what is there already."""
    person = await begin(WAITING, clocked)
    await person.engine.event(person.run, "paid", {"amount": 12})
    await person.says("1")
    assert person.asked == "b"


async def test_each_wait_takes_an_event_of_its_own(clocked: Open) -> None:
    """Two instalments: the first payment doesn't count for both."""
    person = await begin(
        flow(
            form("a"),
            {"id": "one", "type": "wait", "event": "paid"},
            {"id": "two", "type": "wait", "event": "paid"},
            form("b"),
        ),
        clocked,
    )
    await person.says("1")
    await person.engine.event(person.run, "paid")
    assert person.run.step == "two"
    await person.engine.event(person.run, "paid")
    assert person.asked == "b"


async def test_who_goes_back_from_a_wait_and_returns_waits_anew(clocked: Open) -> None:
    """Back wins over the timer, and what was waited for once isn't waited for again."""
    person = await begin(flow(form("a"), {"id": "w", "type": "wait", "for": "1h"}, form("b")), clocked)
    await person.says("1")
    await person.goes_back()
    await person.waits(hours=2)
    assert person.asked == "a"
    await person.says("2")
    assert person.run.step == "w"
    await person.waits(hours=1)
    assert person.asked == "b"
    await person.goes_back()
    await person.says("2")
    assert person.asked == "b"


@pytest.mark.parametrize("name", ["", "two words", "x" * 65, 7])
async def test_an_event_needs_a_name(clocked: Open, name: Any) -> None:
    """What can't be read in an expression is refused."""
    person = await begin(WAITING, clocked)
    with pytest.raises(InvalidInput, match="name"):
        await person.engine.event(person.run, name)


async def test_a_polling_loop_needs_no_person(clocked: Open) -> None:
    """Wait, look, and wait again until it is done: such a loop is no endless one."""
    answers = iter(["no", "no", "yes"])
    person = await begin(
        flow(
            form("a"),
            {"id": "pause", "type": "wait", "for": "5m"},
            {"id": "look", "type": "python", "function": "look"},
            {
                "id": "done",
                "type": "condition",
                "cases": [{"when": "look.value == 'yes'", "goto": "b"}, {"goto": "pause"}],
            },
            form("b"),
        ),
        clocked,
        look=lambda: next(answers),
    )
    await person.says("1")
    for expected in ("pause~2", "pause~3", "b"):
        await person.waits(minutes=5)
        assert person.run.step == expected
