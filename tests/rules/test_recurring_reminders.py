"""A form that isn't answered is reminded of again and again, for as long as its definition says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.stores import Open, clocked
from wizard.engine.worker import Worker
from wizard.errors import DefinitionError
from wizard.machine.deadlines import next_reminder, reminder_due
from wizard.model import Reminder, RunStatus
from wizard.testing import MovableClock, Person, make_test_engine

__all__ = ["clocked"]  # a fixture

MESSAGE = {"send": "mail", "to": "{{ a.x }}", "subject": "Still open", "text": "Since {{ run.started }}"}


def form(node: str, **keys: Any) -> dict[str, Any]:
    return {"id": node, "type": "form", "fields": [{"name": "x", "type": "text"}], **keys}


class Mailbox:
    """Notes after how many hours which key came."""

    def __init__(self) -> None:
        self.clock = MovableClock()
        self.begun = self.clock.now
        self.sent: list[tuple[float, str]] = []
        self.fails = 0

    def mail(self, key: str, **message: str) -> None:
        if self.fails:
            self.fails -= 1
            raise ConnectionError("no line")
        self.sent.append(((self.clock.now - self.begun) / timedelta(hours=1), key))

    @property
    def hours(self) -> list[float]:
        return [at for at, _ in self.sent]

    async def begin(self, open_store: Open, remind_after: dict[str, Any], **keys: Any) -> Person:
        definition = {"id": "main", "nodes": [form("a"), form("b", remind_after=remind_after, **keys), form("c")]}
        made = await make_test_engine(
            definition, store=await open_store(), functions={"mail": self.mail}, clock=self.clock
        )
        person = await Person.starts(made, "main")
        await person.says("ann")
        return person


async def wait_hourly(person: Person, hours: int) -> None:
    for _ in range(hours):
        await person.waits(hours=1)


async def test_each_day_until_it_is_answered(clocked: Open) -> None:
    """`every: 1d`: a message a day, each with a key of its own, and none after the answer."""
    box = Mailbox()
    person = await box.begin(clocked, {"every": "1d", "message": MESSAGE})
    await wait_hourly(person, 24 * 3 + 5)
    assert box.hours == [24, 48, 72]
    assert len({key for _, key in box.sent}) == 3
    await person.says("an answer")
    await wait_hourly(person, 48)
    assert len(box.sent) == 3


async def test_after_a_time_then_every_so_often_so_many_times(clocked: Open) -> None:
    """Two days of quiet, then a message a day, three in all. The form goes on waiting."""
    box = Mailbox()
    person = await box.begin(clocked, {"after": "2d", "every": "1d", "times": 3, "message": MESSAGE})
    await wait_hourly(person, 24 * 10)
    assert box.hours == [48, 72, 96]
    assert (person.asked, person.run.status) == ("b", RunStatus.WAITING)
    assert (await person.engine.store.backlog(box.clock())).later == 0


async def test_nobody_is_reminded_for_ever(clocked: Open) -> None:
    """Without `times` there are ten: a forgotten form isn't a mail a day for years."""
    box = Mailbox()
    person = await box.begin(clocked, {"every": "1d", "message": MESSAGE})
    for _ in range(40):
        await person.waits(days=1)
    assert box.hours == [24 * day for day in range(1, 11)]


async def test_late_jobs_dont_move_what_follows(clocked: Open) -> None:
    """A busy worker comes to each an hour late: the tenth isn't ten hours late."""
    box = Mailbox()
    person = await box.begin(clocked, {"every": "1d", "message": MESSAGE})
    await person.waits(hours=25)
    await person.waits(hours=22)
    assert len(box.sent) == 1
    await person.waits(hours=3, minutes=30)
    await wait_hourly(person, 22)
    assert box.hours == [25, 50.5, 72.5]


async def test_after_a_long_silence_one_message_is_sent_and_not_all(clocked: Open) -> None:
    """No process ran for a week: those seven are missed, and counted. The next one comes at its own time."""
    box = Mailbox()
    person = await box.begin(clocked, {"every": "1d", "times": 9, "message": MESSAGE})
    await person.waits(days=7, hours=6)
    assert box.hours == [24 * 7 + 6]
    await wait_hourly(person, 24 * 5)
    assert box.hours == [24 * 7 + 6, 24 * 8, 24 * 9]


async def test_a_message_that_fails_is_sent_with_its_own_key(clocked: Open) -> None:
    """The mail server is down for two days and three reminders: none takes the place of another one."""
    box = Mailbox()
    person = await box.begin(clocked, {"every": "1d", "times": 2, "message": MESSAGE})
    await person.waits(hours=23, minutes=59)
    box.fails = 6
    await person.waits(minutes=1)
    await wait_hourly(person, 24)
    assert len({key for _, key in box.sent}) == 2


@pytest.mark.parametrize("leaves", ["back", "cancelled", "expired"])
async def test_who_is_elsewhere_isnt_reminded(clocked: Open, leaves: str) -> None:
    """The person went back, or the run is over. Who comes to the form again has the whole time again."""
    box = Mailbox()
    person = await box.begin(clocked, {"every": "1d", "message": MESSAGE}, expires_after="60h")
    await person.waits(hours=24)
    if leaves == "back":
        await person.goes_back()
    elif leaves == "cancelled":
        await person.engine.cancel(person.run)
    await wait_hourly(person, 24 * 5)
    assert box.hours == ([24, 48] if leaves == "expired" else [24])
    if leaves == "back":
        before = len(box.sent)
        await person.says("bob")
        await wait_hourly(person, 50)
        assert [at - 24 * 6 for at in box.hours[before:]] == [24, 48]


async def test_a_reminder_whose_worker_died_is_sent_once(clocked: Open) -> None:
    """The job was done, and its end wasn't noted: whoever does it again sends nothing, and keeps the next time."""
    box = Mailbox()
    person = await box.begin(clocked, {"every": "1d", "message": MESSAGE})
    box.clock.move(days=1)
    engine = person.engine
    (claim,) = await engine.store.queue.claim(box.clock(), 1, timedelta(seconds=30), 0)
    assert await engine.perform(claim) == box.begun + timedelta(days=2)
    box.clock.move(seconds=31)
    await Worker(engine).perform_due()
    assert len(box.sent) == 1
    await wait_hourly(person, 24)
    assert len(box.sent) == 2


def test_reminders_are_counted_from_the_first() -> None:
    """Also over the day in spring that has 23 hours: a day is 24 of them (S25)."""
    first = datetime(2026, 3, 28, 12, tzinfo=UTC)
    daily = Reminder(timedelta(days=2), message=None, every=timedelta(days=1), times=3)
    assert [reminder_due(daily, first, first + timedelta(hours=hours)) for hours in (-1, 0, 23, 24, 49, 999)] == [
        1, 1, 1, 2, 3, 3,
    ]  # fmt: skip
    assert next_reminder(daily, first, 1) == datetime(2026, 3, 29, 12, tzinfo=UTC)
    assert next_reminder(daily, first, 3) is None
    assert next_reminder(Reminder(timedelta(days=2)), first, 0) is None


@pytest.mark.parametrize(
    ("reminder", "says"),
    [
        ({"message": MESSAGE}, "say `after` or `every`"),
        ({"every": "1d", "goto": "c"}, "`every` is for a `message`"),
        ({"after": "1d", "times": 2, "message": MESSAGE}, "`times` needs `every`"),
        ({"every": "0s", "message": MESSAGE}, "longer than nothing"),
        ({"every": "1d", "times": 0, "message": MESSAGE}, "at least 1"),
        ({"every": "1d", "times": 1001, "message": MESSAGE}, "at most 1,?000"),
    ],
)
async def test_what_makes_no_sense_is_refused(reminder: dict[str, Any], says: str) -> None:
    """An author hears of it, and not a thousand people in their mail."""
    with pytest.raises(DefinitionError, match=says):
        await make_test_engine({"id": "main", "nodes": [form("a"), form("b", remind_after=reminder), form("c")]})
