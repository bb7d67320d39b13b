"""Node types of the group flow together in one run: an order that is limited, split and stopped, with Back and
change."""

from __future__ import annotations

from typing import Any

from wizard.engine import Engine
from wizard.model import RunStatus
from wizard.testing import MovableClock, Person, make_test_engine

ORDER: dict[str, Any] = {
    "id": "order",
    "nodes": [
        {"id": "welcome", "type": "once", "name": "welcome", "next": {"first": "hello", "again": "ask"}},
        {"id": "hello", "type": "message", "title": "Welcome"},
        {
            "id": "ask",
            "type": "form",
            "fields": [{"name": "country", "required": False}, {"name": "count", "type": "integer"}],
        },
        {"id": "known", "type": "exists", "value": "ask.country", "next": {"there": "where", "missing": "which"}},
        {"id": "which", "type": "form", "fields": [{"name": "country"}], "next": "large"},
        {
            "id": "where",
            "type": "switch",
            "value": "ask.country",
            "cases": {"near": ["CH", "AT"], "never": "XX"},
            "next": {"near": "large", "never": "sorry", "otherwise": "customs"},
        },
        {"id": "customs", "type": "message", "title": "You pay customs", "next": "large"},
        {"id": "sorry", "type": "fail", "message": "We don't deliver to {{ ask.country }}.", "on_error": "back"},
        {"id": "large", "type": "if", "when": "ask.count > 100", "next": {"yes": "call", "no": "often"}},
        {"id": "call", "type": "message", "title": "We call you"},
        {
            "id": "often",
            "type": "limit",
            "name": "orders",
            "most": 2,
            "period": "1d",
            "next": {"within": "split", "over": "enough"},
        },
        {"id": "enough", "type": "end", "title": "That's enough for today"},
        {
            "id": "split",
            "type": "random_split",
            "name": "thanks",
            "ways": {"one": 1, "none": 0},
            "next": {"one": "moved", "none": "enough"},
        },
        {
            "id": "moved",
            "type": "changed",
            "name": "country",
            "value": "ask.country",
            "next": {"changed": "noted", "same": "done"},
        },
        {"id": "noted", "type": "log", "message": "Another country"},
        {"id": "done", "type": "end", "title": "Thank you. {{ often.left }} left, moved: {{ moved.changed }}"},
    ],
}


async def begins(engine: Engine) -> Person:
    return Person(engine, await engine.start("order", profile_id="ann"))


async def test_back_and_change_lead_by_other_ways() -> None:
    """What is decided belongs to its step: it is decided anew where what it looked at has changed, and not where it
    hasn't."""
    engine = await make_test_engine(ORDER, clock=MovableClock())
    person = await begins(engine)
    assert person.prompt.title == "Welcome"
    await person.says()
    await person.says(country="US", count=200)
    assert person.prompt.title == "You pay customs"
    await person.says()
    assert person.prompt.title == "We call you"
    await person.goes_back(to="hello")
    await person.says()
    assert person.asked == "ask", "who has been welcomed in this run isn't greeted as somebody else when going back"
    await person.says(country="XX", count=200)
    person.sees(error="We don't deliver to XX.")
    await person.says(country=None, count=200)
    assert person.asked == "which"
    await person.says(country="CH")
    assert person.prompt.title == "We call you"
    await person.changes("ask", country="CH", count=2)
    person.sees(title="Thank you. 1 left, moved: true")
    assert person.completed


async def test_later_runs_go_by_what_earlier_ones_left() -> None:
    """The second time there is no welcome, the third order of a day is too many, and tomorrow there is another."""
    clock = MovableClock()
    engine = await make_test_engine(ORDER, clock=clock)
    seen = []
    for _ in range(4):
        person = await begins(engine)
        if person.asked == "hello":
            seen.append("Welcome")
            await person.says()
        await person.says(country="CH", count=2)
        assert person.run.status is RunStatus.COMPLETED
        seen.append(person.prompt.title)
        clock.move(hours=10)
    assert seen == [
        "Welcome",
        "Thank you. 1 left, moved: true",
        "Thank you. 0 left, moved: false",
        "That's enough for today",
        "Thank you. 1 left, moved: false",
    ]
