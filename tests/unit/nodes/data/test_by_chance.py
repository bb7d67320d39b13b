"""Values that are drawn, and references that people type."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nodes.handing import failure_of, outcome_of, output_of, visit_of
from wizard.nodes.data.by_chance import (
    ALPHABET,
    CheckReferenceNode,
    RandomNumberNode,
    ShortReferenceNode,
    UuidNode,
    recognised,
)
from wizard.testing import make_test_engine


async def test_numbers_lie_between_the_two() -> None:
    """A die that shows 0 or 7, or never a 6."""
    drawn = {(await output_of(RandomNumberNode(), {"least": 1, "most": 6}))["value"] for _ in range(300)}
    assert drawn == {1, 2, 3, 4, 5, 6}
    assert await output_of(RandomNumberNode(), {"least": -3, "most": -3}) == {"value": -3}
    config = RandomNumberNode.Config.model_validate({"least": 2, "most": 1})
    assert [place for place, _ in RandomNumberNode().check(config)] == [("most",)]  # type: ignore[arg-type]


async def test_an_identifier_is_one_and_is_kept() -> None:
    """Other systems refuse what is no UUID."""
    visit = visit_of(UuidNode(), {"into": "session.order"})
    outcome: Any = await UuidNode().execute(visit)
    made = outcome.output["value"]
    assert uuid.UUID(made).version == 4
    assert visit.changes == {("session", "order"): made}
    assert made != (await output_of(UuidNode(), {}))["value"]


async def test_a_reference_can_be_read_out() -> None:
    """O or 0? Nobody has to ask."""
    made = (await output_of(ShortReferenceNode(), {"prefix": "ORD"}))["value"]
    start, *groups = made.split("-")
    assert (start, [len(group) for group in groups]) == ("ORD", [4, 4])
    assert not set("".join(groups)) & set("01ILOQUSZBAE")
    assert len((await output_of(ShortReferenceNode(), {"length": 7}))["value"]) == 8
    assert len({(await output_of(ShortReferenceNode(), {}))["value"] for _ in range(200)}) == 200


async def test_a_prefix_is_one_short_line() -> None:
    """A name with a line break in it would make two lines of a letter's subject."""
    for wrong in ("x" * 21, "a\nb"):
        assert "`prefix`" in await failure_of(ShortReferenceNode(), {"prefix": "{{ a }}"}, {"a": wrong})


def slips(reference: str) -> Iterator[str]:
    """Each reference that differs in one character, as it is typed without dashes."""
    bare = reference.replace("-", "")
    for at in range(len(bare)):
        yield from (bare[:at] + other + bare[at + 1 :] for other in ALPHABET if other != bare[at])


async def test_each_slip_in_one_character_is_found() -> None:
    """Somebody else's order would be looked up otherwise."""
    made = (await output_of(ShortReferenceNode(), {}))["value"]
    assert recognised(made, "") == made
    assert [slip for slip in slips(made) if recognised(slip, "") is not None] == []


@pytest.mark.parametrize("written", ["{}", " {} ", "{} ".lower(), "ord {}"])
async def test_it_doesnt_matter_how_a_reference_is_typed(written: str) -> None:
    """People leave out dashes, and type small letters."""
    made = (await output_of(ShortReferenceNode(), {"prefix": "ORD"}))["value"]
    typed = written.format(made.removeprefix("ORD-") if "ord" in written else made).lower()
    for each in (typed, typed.replace("-", ""), typed.replace("-", " ")):
        config = {"reference": "{{ a }}", "prefix": "ORD"}
        outcome = await outcome_of(CheckReferenceNode(), config, {"a": each})
        assert (outcome.port, outcome.output) == ("possible", {"value": made})


@given(st.text(max_size=300))
def test_whatever_is_typed_is_no_error(typed: str) -> None:
    """What is typed comes from strangers."""
    known = recognised(typed, "")
    assert known is None or recognised(known, "") == known


async def test_nothing_is_no_reference() -> None:
    """An empty field isn't looked up."""
    for typed in ("", "ORD", "ORD-2222", "x" * 1_000):
        outcome = await outcome_of(CheckReferenceNode(), {"reference": "{{ a }}", "prefix": "ORD"}, {"a": typed})
        assert (outcome.port, outcome.output) == ("wrong", {"value": None})


@pytest.mark.parametrize(
    ("handler", "config"),
    [(RandomNumberNode(), {"least": 3}), (UuidNode(), {}), (ShortReferenceNode(), {"prefix": "A"})],
)
def test_a_debug_run_shows_the_same_each_time(handler: Any, config: Any) -> None:
    """Who tries a draft twice compares the two."""
    assert not handler.pure
    checked = handler.Config.model_validate(config)
    assert handler.example_output(checked) == handler.example_output(checked)
    assert set(handler.example_output(checked)) == handler.outputs(checked)


def test_the_reference_of_a_debug_run_is_one_that_could_be() -> None:
    """A node behind it that checks it must not go wrong in the trial alone."""
    config: Any = ShortReferenceNode.Config.model_validate({})
    shown = ShortReferenceNode().example_output(config)["value"]
    assert recognised(shown, "") == shown


async def test_a_reference_is_one_of_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two people who read out the same reference are told of each other's order."""
    node = {"id": "made", "type": "short_reference", "prefix": "A", "length": 6}
    engine = await make_test_engine({"id": "main", "nodes": [node]})
    few = iter("222222222233333")
    monkeypatch.setattr(secrets, "choice", lambda _: next(few))
    runs = [await engine.start("main") for _ in range(2)]
    drawn = [run.run.by_path["made"].output["value"] for run in runs if run.run.by_path["made"].output]
    assert len(set(drawn)) == 2
    assert [one.replace("-", "")[1:6] for one in drawn] == ["22222", "33333"]
    monkeypatch.setattr(secrets, "choice", lambda _: "2")
    run = await engine.start("main")
    assert run.fault is not None
    assert "are taken. Make them longer" in run.fault.message
