"""What earlier runs of a person have left behind."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.nodes.handing import NOW, failure_of, visit_of
from wizard.model import Proceed
from wizard.node import NodeType
from wizard.nodes.flow.remembering import ChangedNode, LimitNode, OnceNode


class Home:
    """A person who comes by again and again: what a visit sets in the profile is there at the next."""

    def __init__(self, handler: NodeType[Any], **config: Any) -> None:
        self.handler = handler
        self.config = {"name": "x", **config}
        self.documents: dict[str, dict[str, Any]] = {"profile": {}, "session": {}}
        self.now = NOW

    async def comes(self, *, after: timedelta = timedelta(0), **data: Any) -> Proceed:
        self.now += after
        visit = visit_of(self.handler, self.config, {**data, **self.documents}, now=self.now)
        outcome = await self.handler.execute(visit)
        assert isinstance(outcome, Proceed)
        for (document, name), value in visit.changes.items():
            self.documents[document][name] = value
        return outcome


async def test_a_value_has_changed_if_it_is_another_than_the_last_time() -> None:
    """Who has moved is asked for the new landlord, and nobody else is."""
    home = Home(ChangedNode(), value="a")
    ports = [(await home.comes(a=value)).port for value in ("x", "x", "y", "x", None, None)]
    assert ports == ["changed", "same", "changed", "changed", "changed", "same"]
    assert home.documents["profile"] == {"changed_x": None}


@pytest.mark.parametrize(
    ("before", "after", "port"),
    [
        (1, Decimal("1.0"), "same"),
        (1, "1", "changed"),
        ([1, 2], [2, 1], "changed"),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "same"),
        (0, None, "changed"),
        (None, None, "same"),
    ],
)
async def test_equal_is_what_the_expressions_call_so(before: Any, after: Any, port: str) -> None:
    """And the value before is an output, for a mail that names both."""
    home = Home(ChangedNode(), value="a")
    await home.comes(a=before)
    outcome = await home.comes(a=after)
    assert (outcome.port, outcome.output) == (port, {"changed": port == "changed", "before": before})


async def test_what_is_compared_is_small() -> None:
    """It is kept in the profile, with each run's history."""
    config = {"name": "x", "value": "a"}
    assert "10,000 bytes" in await failure_of(ChangedNode(), config, {"a": "x" * 10_001})


async def test_once_is_once() -> None:
    """A welcome twice is none."""
    home = Home(OnceNode())
    assert [(await home.comes(after=timedelta(days=1000))).port for _ in range(3)] == ["first", "again", "again"]
    assert home.documents == {"profile": {"once_x": NOW + timedelta(days=1000)}, "session": {}}


async def test_once_in_a_period() -> None:
    """Who comes daily is reminded each month all the same: what is between doesn't put it off."""
    home = Home(OnceNode(), period="2d", of="session")
    ports = [(await home.comes(after=timedelta(days=1))).port for _ in range(5)]
    assert ports == ["first", "again", "first", "again", "first"]
    assert home.documents["profile"] == {}


async def test_a_limit_counts_in_its_period() -> None:
    """Three reminders a week, and no fourth."""
    home = Home(LimitNode(), most=2, period="7d")
    outcomes = [await home.comes(after=timedelta(days=2)) for _ in range(5)]
    assert [each.port for each in outcomes] == ["within", "within", "over", "over", "within"]
    assert [each.output["left"] for each in outcomes] == [1, 0, 0, 0, 1]  # type: ignore[index]
    assert outcomes[2].output == {"count": 2, "left": 0, "until": NOW + timedelta(days=9)}


@pytest.mark.parametrize("kept", ["soon", 5, {"since": "x", "count": "y"}, {"count": 3}, [1], True])
async def test_what_somebody_else_has_put_there_counts_for_nothing(kept: Any) -> None:
    """Profiles are changed by hand; a run must not break on that."""
    for handler, field, config in (
        (OnceNode(), "once_x", {}),
        (LimitNode(), "limit_x", {"most": 1, "period": "1d"}),
    ):
        home = Home(handler, **config)
        home.documents["profile"][field] = kept
        assert (await home.comes()).port in ("first", "within")


async def test_moments_may_be_texts() -> None:
    """A profile that went through JSON, exported and imported, has them so."""
    home = Home(OnceNode())
    home.documents["profile"]["once_x"] = NOW.isoformat()
    assert (await home.comes()).port == "again"
    home = Home(LimitNode(), most=1, period="36525d")
    home.documents["profile"]["limit_x"] = {"since": "9990-01-01T00:00:00+00:00", "count": 1}
    assert (await home.comes()).port == "over"
