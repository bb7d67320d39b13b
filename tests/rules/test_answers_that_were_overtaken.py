"""A form is closed by something else than an answer, its deadline or an event: what a person gave there before isn't
lost (S9, S13), and nothing of it counts (S24, S25)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stores import Open, clocked
from wizard.model import Step
from wizard.testing import MovableClock, Person, make_test_engine

__all__ = ["clocked"]  # a fixture


def form(node: str, *fields: dict[str, Any], **keys: Any) -> dict[str, Any]:
    given = [{"name": "x", "type": "text", "required": False}, {"name": "y", "type": "text", "required": False}]
    return {"id": node, "type": "form", "fields": [*(fields or given)], **keys}


TIMER = {"remind_after": {"after": "1h", "goto": "n"}}
EVENT = {"event": {"name": "stop", "goto": "n"}}


async def begin(open_store: Open, *nodes: dict[str, Any]) -> Person:
    engine = await make_test_engine({"id": "main", "nodes": [*nodes]}, store=await open_store(), clock=MovableClock())
    return await Person.starts(engine, "main")


async def is_closed(person: Person, by: dict[str, Any]) -> None:
    """By a deadline or an event, and read from the store again."""
    if by is TIMER:
        await person.waits(hours=1)
    else:
        await person.engine.event(person.run, "stop")
    await person.reloads()
    assert person.asked == "n"


def draft_of(person: Person, step: str) -> Any:
    found: Step = person.run.run.by_path[step]
    return found.draft


@pytest.mark.parametrize("by", [TIMER, EVENT], ids=["timer", "event"])
@pytest.mark.parametrize(
    ("typed", "left"),
    [({}, {"x": "long", "y": "answer"}), ({"y": "typed"}, {"x": "long", "y": "typed"})],
    ids=["answered before", "and typed over"],
)
async def test_what_was_answered_before_is_kept(
    clocked: Open, by: dict[str, Any], typed: dict[str, str], left: dict[str, str]
) -> None:
    """Somebody goes back to a long page to look at it, perhaps types a word, and is away for too long: the page has
    what they answered, with what they typed on top of it, and those who read the answers have none."""
    person = await begin(clocked, form("a"), form("b", **by), form("c"), form("n"))
    await person.says(x="1")
    await person.says(x="long", y="answer")
    await person.goes_back()
    if typed:
        await person.engine.save(person.run, "b", typed)
    await is_closed(person, by)
    assert person.answers["b"] == {}
    assert draft_of(person, "b") == left
    if by is TIMER:  # nobody comes back to what an event closed
        await person.goes_back()
        person.sees(values=left)


@pytest.mark.parametrize("by", [TIMER, EVENT], ids=["timer", "event"])
async def test_what_was_only_typed_is_kept(clocked: Open, by: dict[str, Any]) -> None:
    """It was never handed in, and it is there still."""
    person = await begin(clocked, form("a"), form("b", **by), form("n"))
    await person.says(x="1")
    await person.engine.save(person.run, "b", {"x": "half"})
    await is_closed(person, by)
    assert draft_of(person, "b") == {"x": "half"}


async def test_a_change_that_waits_for_an_answer_keeps_it(clocked: Open) -> None:
    """A change asks for an answer again, since it depends on what was changed; the time for it passes."""
    person = await begin(clocked, form("a"), form("b", depends_on=["a.x"], **TIMER), form("c"), form("n"))
    for answer in ("1", "two", "three"):
        await person.says(x=answer)
    await person.changes("a", x="4")
    assert person.asked == "b"
    await is_closed(person, TIMER)
    await person.goes_back(to="b")
    person.sees(values={"x": "two"})


async def test_what_was_closed_and_left_the_path_is_there_when_it_is_asked_again(clocked: Open) -> None:
    """The time of a page passed, another answer left it out, and a third one asks it again: it isn't typed again."""
    condition = {"id": "w", "type": "condition", "cases": [{"when": "a.x == 'no'", "goto": "n"}, {"goto": "b"}]}
    person = await begin(clocked, form("a"), condition, form("b", **TIMER), form("c"), form("n"), form("o"))
    for answer in ("yes", "long"):
        await person.says(x=answer)
    await person.goes_back()
    await is_closed(person, TIMER)
    await person.goes_back(to="a")
    await person.says(x="no")
    await person.says(x="n")
    await person.goes_back(to="a")
    await person.says(x="yes")
    assert person.asked == "b"
    person.sees(values={"x": "long"})


async def test_what_is_answered_late_counts(clocked: Open) -> None:
    """Who comes back to a page whose time passed, and hands in what they find there, has answered it."""
    person = await begin(clocked, form("a"), form("b", **TIMER), form("c"), form("n"))
    for answer in ("1", "long"):
        await person.says(x=answer)
    await person.goes_back()
    await is_closed(person, TIMER)
    await person.goes_back()
    await person.says(x="long")
    assert (person.asked, person.answers["b"]) == ("c", {"x": "long", "y": None})
    await person.goes_back()
    person.sees(values={"x": "long"})


async def test_a_password_is_not_kept_as_if_it_had_been_typed(clocked: Open) -> None:
    """What a person types is kept without passwords; so is what they had answered."""
    secret = {"name": "secret", "type": "password"}
    person = await begin(clocked, form("a"), form("b", {"name": "x"}, secret, **TIMER), form("c"), form("n"))
    await person.says(x="1")
    await person.says(x="long", secret="hunter2hunter2")
    await person.goes_back()
    await is_closed(person, TIMER)
    assert draft_of(person, "b") == {"x": "long"}


async def test_a_file_is_kept(clocked: Open) -> None:
    """Nobody uploads one twice because they were away for too long."""
    scan = {"name": "scan", "type": "file"}
    person = await begin(clocked, form("a"), form("b", scan, {"name": "x"}, **TIMER), form("c"), form("n"))
    await person.says(x="1")
    await person.says(x="long", scan={"name": "me.png", "type": "image/png", "content": b"pixels"})
    uploaded = person.answers["b"]["scan"]
    await person.goes_back()
    await is_closed(person, TIMER)
    await person.goes_back()
    person.sees(values={"scan": uploaded})
    await person.says(x="long")
    assert person.answers["b"] == {"scan": uploaded, "x": "long"}


@pytest.mark.parametrize("by", [TIMER, EVENT], ids=["timer", "event"])
async def test_its_clock_stops(clocked: Open, by: dict[str, Any]) -> None:
    """No deadline of a form that is closed is left behind: a run that went on doesn't wake a worker for it."""
    person = await begin(clocked, form("a"), form("b", expires_after="2h", **by), form("n"))
    await person.says(x="1")
    await is_closed(person, by)
    backlog = await person.engine.store.backlog(person.engine.clock())
    assert (backlog.due, backlog.later) == (0, 0)


@pytest.mark.parametrize("how", ["cancelled", "expired"])
async def test_the_clock_of_a_run_that_ends_stops(clocked: Open, how: str) -> None:
    """Whoever ended it: nobody is woken to remind of a run that is over."""
    nodes = [form("a", expires_after="2h", remind_after={"after": "3h", "goto": "end"})]
    engine = await make_test_engine({"id": "main", "nodes": nodes}, store=await clocked(), clock=MovableClock())
    person = await Person.starts(engine, "main")
    if how == "cancelled":
        await engine.cancel(person.run)
    else:
        await person.waits(hours=2)
    assert person.run.status.value == how
    backlog = await engine.store.backlog(engine.clock())
    assert (backlog.due, backlog.later) == (0, 0)
