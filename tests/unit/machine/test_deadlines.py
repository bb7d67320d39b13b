"""Deadlines of forms as jobs: ordered when a form begins to wait, gone when it is answered or the run ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from wizard.model import RunStatus
from wizard.testing import NOON, MovableClock, Person, make_test_engine


def flow(**head: Any) -> dict[str, Any]:
    field = {"name": "x", "type": "text"}
    asked: dict[str, Any] = {"id": "a", "type": "form", "fields": [field], "expires_after": "2d"}
    asked["remind_after"] = {"after": "1d", "goto": "end"}
    return {"id": "main", "nodes": [asked, {"id": "b", "type": "form", "fields": [field]}], **head}


async def waiting(engine: Any) -> list[tuple[str, timedelta]]:
    """The kinds of the jobs that wait, and how long after NOON they are due. It takes them out of the queue."""
    claims = await engine.store.queue.claim(NOON + timedelta(days=1000), 100, timedelta(seconds=1), 0.0)
    for claim in claims:
        await engine.store.queue.done(claim)
    return sorted((claim.job.kind.value, claim.job.due - NOON) for claim in claims)


@pytest.mark.parametrize("answered", [False, True])
async def test_an_answer_takes_the_forms_deadlines_away(answered: bool) -> None:
    """Left behind, they would wake workers for each form that anybody ever filled in."""
    engine = await make_test_engine(flow(expires_after="9d"), clock=MovableClock())
    person = await Person.starts(engine, "main")
    if answered:
        await person.says("1")
    of_the_form = [("expire", timedelta(days=2)), ("remind", timedelta(days=1))]
    of_the_run = [("expire", timedelta(days=9))]
    assert await waiting(engine) == sorted(of_the_run + ([] if answered else of_the_form))


async def test_an_answered_form_does_not_end_the_run() -> None:
    """Somebody answers in time and takes a week for the next page: their run is still there."""
    engine = await make_test_engine(flow(), clock=MovableClock())
    person = await Person.starts(engine, "main")
    await person.says("1")
    await person.waits(days=7)
    assert (person.asked, person.run.status) == ("b", RunStatus.WAITING)


async def test_the_end_leaves_only_the_deletion() -> None:
    """A run that is complete doesn't expire, and its data goes when its workflow says."""
    engine = await make_test_engine(flow(expires_after="9d", delete_after="30d"), clock=MovableClock())
    person = await Person.starts(engine, "main")
    await person.says("1")
    await person.says("2")
    assert person.completed
    assert await waiting(engine) == [("delete", timedelta(days=30))]
