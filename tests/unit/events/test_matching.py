"""Which workflows an event starts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.events.shop import catalog
from wizard.errors import ExpressionError
from wizard.events.matching import StartNames, candidates, has_condition, matching
from wizard.model import Workflow

NOW = datetime(2026, 3, 27, 10, tzinfo=UTC)
ON = "id: {0}\non: [{1}]\nnodes: [{{id: done, type: end}}]\n"


def workflows(*starts: str) -> list[Workflow]:
    texts = (ON.format(f"w{number}", each) for number, each in enumerate(starts))
    return list(catalog("---\n".join(texts)).all_workflows())


def names(properties: Any = None, profile: Any = None) -> StartNames:
    return StartNames(NOW, {"type": "paid", "properties": properties or {}}, profile or {}, {"id": "s"})


def started(*starts: str, **of: Any) -> list[str]:
    found = candidates(workflows(*starts), "paid")
    return [workflow.id for workflow in matching(found, "paid", names(**of)).starts]


def test_the_type_and_the_condition_decide() -> None:
    """A workflow that isn't meant begins otherwise, or one that is doesn't."""
    all_of_them = ("{event: paid}", "{event: sent}", "{event: paid, when: event.properties.n > 1}")
    assert started(*all_of_them, properties={"n": 2}) == ["w0", "w2"]
    assert started(*all_of_them, properties={"n": 1}) == ["w0"]
    assert started("{event: paid, when: profile.vip}", profile={"vip": True}) == ["w0"]
    assert started("{event: paid, when: session.id == 's' and now() > event.at}") == []


def test_one_run_is_started_however_many_conditions_hold() -> None:
    """A person would be thanked twice for one purchase."""
    assert started("{event: paid}, {event: paid}, {event: paid, when: true}") == ["w0"]


def test_a_condition_that_can_t_be_computed_keeps_nothing_else_from_starting() -> None:
    """One author's mistake would take every purchase away from all others."""
    found = candidates(workflows("{event: paid, when: event.properties.n > 1}", "{event: paid}"), "paid")
    matched = matching(found, "paid", names({"n": "many"}))
    assert [workflow.id for workflow in matched.starts] == ["w1"]
    assert [workflow.id for workflow, _ in matched.failed] == ["w0"]
    assert started("{event: paid, when: event.properties.n > 1}, {event: paid}", properties={"n": "many"}) == ["w0"]


def test_a_field_of_what_has_none_is_an_error_and_no_crash() -> None:
    """The sender's data decides what is there; it mustn't be able to stop the server."""
    with pytest.raises(ExpressionError, match=r"event\.properties\.n\.m"):
        names({"n": 1}).read(("event", "properties", "n", "m"))
    assert names().read(("event", "properties", "n", "m")) is None


def test_only_what_has_to_be_computed_needs_the_profile() -> None:
    """Without it each event costs two reads that nobody needs."""
    plain, either, conditional = workflows(
        "{event: paid}", "{event: paid, when: true}, {event: paid}", "{event: paid, when: profile.vip}"
    )
    assert [has_condition(each, "paid") for each in (plain, either, conditional)] == [False, False, True]


@given(st.lists(st.sampled_from(["paid", "sent", "lost"]), max_size=6), st.sampled_from(["paid", "sent", "other"]))
def test_every_workflow_that_names_the_type_is_a_candidate_and_no_other(types: list[str], of: str) -> None:
    """What isn't looked at never starts, whatever it says."""
    made = [
        Workflow(f"w{at}", "", "", "", {}, "", {}, {}, starts_on=workflows(f"{{event: {each}}}")[0].starts_on)
        for at, each in enumerate(types)
    ]
    assert [each.id for each in candidates(made, of)] == [f"w{at}" for at, each in enumerate(types) if each == of]
