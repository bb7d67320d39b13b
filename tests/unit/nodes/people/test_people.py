"""The node types of people, one by one: what they set in the profile, what they read, what they refuse."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.nodes.handing import NOW, visit_of
from wizard.errors import NodeFailed
from wizard.locale.sentences import Sentence
from wizard.model import Proceed
from wizard.node import NodeType
from wizard.nodes.people.consents import (
    AddConsentNode,
    CheckConsentNode,
    RequireConsentNode,
    WithdrawConsentNode,
)
from wizard.nodes.people.counters import CountDownNode, CountUpNode
from wizard.nodes.people.segment import SegmentNode
from wizard.nodes.people.tags import AddTagNode, HasTagNode, RemoveTagNode
from wizard.nodes.people.update_profile import UpdateProfileNode

EVERY = (
    *(AddConsentNode, CheckConsentNode, RequireConsentNode, WithdrawConsentNode, CountUpNode, CountDownNode),
    *(SegmentNode, AddTagNode, HasTagNode, RemoveTagNode, UpdateProfileNode),
)
Profile = Mapping[str, Any]


async def work(node: NodeType[Any], config: Mapping[str, Any], profile: Profile | None = None, **data: Any) -> Any:
    """What the node reports, and the fields of the profile that it set."""
    visit = visit_of(node, config, {"profile": profile or {}, **data})
    outcome = await node.execute(visit)
    assert isinstance(outcome, Proceed)
    assert {document for document, _ in visit.changes} <= {"profile"}
    return outcome, {field: value for (_, field), value in visit.changes.items()}


async def failure(node: NodeType[Any], config: Mapping[str, Any], profile: Profile | None = None, **data: Any) -> str:
    visit = visit_of(node, config, {"profile": profile or {}, **data})
    with pytest.raises(NodeFailed) as caught:
        await node.execute(visit)
    assert caught.value.lasting
    assert not visit.changes
    return str(caught.value)


@pytest.mark.parametrize("node_type", EVERY)
def test_they_need_no_record(node_type: type[NodeType[Any]]) -> None:
    """A commit for each tag would double what a turn costs; what belongs together is found in one group."""
    assert node_type.pure
    assert node_type.group == "people"


# -- update_profile --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "profile", "changed"),
    [
        ({"fields": {"age": "{{ ask.age }}"}}, {}, {"age": 41}),
        ({"fields": {"age": "{{ ask.age }}"}}, {"age": 41}, {}),
        ({"fields": {"age": True}}, {"age": 1}, {"age": True}),
        ({"fields": {"age": "{{ ask.none }}"}}, {"age": 41}, {}),
        ({"fields": {"age": "{{ ask.none }}"}, "empty": True}, {"age": 41}, {"age": None}),
        ({"fields": {"age": 5, "name": "Zoë"}, "keep_known": True}, {"age": 41}, {"name": "Zoë"}),
        ({"fields": {"a": "{{ profile.b }}", "b": "{{ profile.a }}"}}, {"a": 1, "b": 2}, {"a": 2, "b": 1}),
    ],
)
async def test_fields_are_set(config: Profile, profile: Profile, changed: Profile) -> None:
    """An answer that wasn't given would wipe what is known of somebody; a value that stays would be a change in the
    history."""
    outcome, fields = await work(UpdateProfileNode(), config, profile, ask={"age": 41})
    assert fields == changed
    assert outcome.output == {"changed": list(changed)}


@pytest.mark.parametrize("name", ["", "two words", "1st", "_own", "a" * 65, "a.b"])
def test_names_that_nobody_could_read_are_refused(name: str) -> None:
    """Expressions know no such name: the author would store what no definition can use."""
    with pytest.raises(ValidationError):
        UpdateProfileNode.Config.model_validate({"fields": {name: 1}})


def test_nobody_sets_an_id() -> None:
    """The profile would seem to be somebody else's, and be stored under the old id all the same."""
    config = UpdateProfileNode.Config.model_validate({"fields": {"id": 1, "name": 2}})
    assert [place for place, _ in UpdateProfileNode().check(config)] == [("fields", "id")]
    counting = CountUpNode.Config.model_validate({"counter": "id"})
    assert [place for place, _ in CountUpNode().check(counting)] == [("counter",)]


# -- counters --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("node", "config", "held", "value"),
    [
        (CountUpNode(), {}, None, 1),
        (CountUpNode(), {"by": 3}, 4, 7),
        (CountUpNode(), {"by": 0.1}, Decimal("0.2"), Decimal("0.3")),
        (CountUpNode(), {"by": "ask.count * 2"}, 1, 5),
        (CountUpNode(), {"by": 5, "limit": 10}, 8, 10),
        (CountUpNode(), {"by": 5, "limit": 10}, 12, 12),
        (CountUpNode(), {"by": -20, "limit": 10}, 12, -8),
        (CountDownNode(), {}, None, -1),
        (CountDownNode(), {"limit": 0}, 0, 0),
        (CountDownNode(), {"limit": 0}, -3, -3),
        (CountDownNode(), {"by": 2, "limit": "ask.count"}, 3, 2),
    ],
)
async def test_counting(node: NodeType[Any], config: Profile, held: Any, value: Any) -> None:
    """Points that are off by one, or by a binary fraction, are somebody's money."""
    outcome, fields = await work(node, {"counter": "points", **config}, {"points": held}, ask={"count": 2})
    assert fields == {"points": value}
    assert outcome.output == {"value": value, "before": held or 0}


@pytest.mark.parametrize(
    ("config", "held", "why"),
    [
        ({}, "7", "`profile.points` gives must be a number; it is a text. Correct the definition, or what it reads."),
        ({}, True, "`profile.points` gives must be a number; it is true or false"),
        ({"by": "ask.none"}, 1, "`by` gives must be a number; it is nothing (null)."),
        ({"limit": "'x'"}, 1, "`limit` gives must be a number; it is a text"),
    ],
)
async def test_what_is_no_number_is_told(config: Profile, held: Any, why: str) -> None:
    """To count on from 0 would lose what somebody has saved up."""
    assert why in await failure(CountUpNode(), {"counter": "points", **config}, {"points": held}, ask={})


# -- tags and segments -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "held", "added"),
    [
        ("vip", None, ["vip"]),
        (["a", " a ", "b"], ["b"], ["a"]),
        ("{{ ask.picked }}", [], ["swim", "réd"]),
        ("{{ ask.none }}", ["a"], []),
        ("VIP", ["vip"], ["VIP"]),
        ([], ["a"], []),
    ],
)
async def test_tags_are_added_once(given: Any, held: Any, added: list[str]) -> None:
    """A tag that is there twice stays after it was removed; a question left empty must not add one."""
    ask = {"picked": ["swim", "réd"]}
    outcome, fields = await work(AddTagNode(), {"tags": given}, {"tags": held}, ask=ask)
    assert outcome.output == {"added": added}
    assert fields == ({"tags": [*(held or []), *added]} if added else {})


async def test_tags_are_removed() -> None:
    """The others have to stay, in their order."""
    outcome, fields = await work(RemoveTagNode(), {"tags": ["b", "x"]}, {"tags": ["c", "b", "a"]})
    assert (outcome.output, fields) == ({"removed": ["b"]}, {"tags": ["c", "a"]})
    outcome, fields = await work(RemoveTagNode(), {"tags": "b"})
    assert (outcome.output, fields) == ({"removed": []}, {})


@pytest.mark.parametrize(
    ("config", "port", "found"),
    [
        ({"tags": "a"}, "yes", ["a"]),
        ({"tags": "c"}, "no", []),
        ({"tags": ["a", "c"]}, "no", ["a"]),
        ({"tags": ["c", "a"], "match": "any"}, "yes", ["a"]),
        ({"tags": []}, "yes", []),
        ({"tags": [], "match": "any"}, "no", []),
    ],
)
async def test_tags_decide_the_way(config: Profile, port: str, found: list[str]) -> None:
    """Whoever is taken for a customer sees what only customers may see."""
    outcome, fields = await work(HasTagNode(), config, {"tags": ["a", "b"]})
    assert (outcome.port, outcome.output, fields) == (port, {"found": found}, {})


@pytest.mark.parametrize(
    ("given", "held", "why"),
    [
        (3, [], "`tags` gives must be a text; it is a number."),
        ({"a": 1}, [], "`tags` gives must be a text; it is a group of values"),
        ([None], [], "`tags.1` gives must be a text; it is nothing"),
        (["a\nb"], [], "`tags.1` gives must be one line of text, of 1 to 200 characters."),
        ("x" * 201, [], "`tags` gives must be one line"),
        ("  ", [], "`tags` gives must be one line"),
        ([f"t{n}" for n in range(201)], [], "`tags` gives has 201 items; up to 200 are read."),
        (
            "one more",
            [f"t{n}" for n in range(200)],
            "would be more than 200 names. Remove some",
        ),
        ("a", "vip", "`profile.tags` gives must be a list; it is a text."),
        ("a", [1], "`profile.tags.1` gives must be a text"),
    ],
)
async def test_what_is_no_tag_is_told(given: Any, held: Any, why: str) -> None:
    """A field that somebody uses otherwise must not be written over, and no list grows for ever."""
    assert why in await failure(AddTagNode(), {"tags": given}, {"tags": held})


@pytest.mark.parametrize(
    ("orders", "held", "port", "output", "changed"),
    [
        (12, None, "in", {"member": True, "changed": True}, {"segments": ["regulars"]}),
        (12, ["a", "regulars"], "in", {"member": True, "changed": False}, {}),
        (3, ["regulars", "a"], "out", {"member": False, "changed": True}, {"segments": ["a"]}),
        (None, [], "out", {"member": False, "changed": False}, {}),
    ],
)
async def test_segments(orders: Any, held: Any, port: str, output: Profile, changed: Profile) -> None:
    """Who stays in a segment that they left long ago gets the wrong letters."""
    config = {"name": "regulars", "when": "profile.orders >= 10"}
    outcome, fields = await work(SegmentNode(), config, {"orders": orders, "segments": held})
    assert (outcome.port, outcome.output, fields) == (port, output, changed)


# -- consents --------------------------------------------------------------------------------------

GIVEN = {"given": True, "at": NOW - timedelta(days=10), "source": "Form", "version": "2"}
NEWS = {"purpose": "news"}


async def test_a_consent_is_kept_with_all_that_shows_it() -> None:
    """Whoever has to show it later needs the day, the place and the text."""
    config = {**NEWS, "source": "Form {{ ask.x }}", "version": "{{ ask.v }}"}
    outcome, fields = await work(AddConsentNode(), config, {}, ask={"x": "A", "v": "v2"})
    assert outcome.output == {"given": True, "at": NOW}
    assert fields == {"consent_news": {"given": True, "at": NOW, "source": "Form A", "version": "v2"}}


async def test_a_box_that_was_not_ticked_is_no_consent() -> None:
    """And no withdrawal either: what was agreed to elsewhere holds."""
    config = {**NEWS, "source": "Form", "when": "ask.agree"}
    for agree in (False, None):
        outcome, fields = await work(AddConsentNode(), config, {"consent_news": GIVEN}, ask={"agree": agree})
        assert (outcome.output, fields) == ({"given": False, "at": None}, {})
    _, fields = await work(AddConsentNode(), config, {}, ask={"agree": True})
    assert fields["consent_news"]["version"] is None


@pytest.mark.parametrize("source", ["", " ", "{{ ask.none }}", "a\r\nb", "x" * 201])
async def test_a_consent_needs_a_source(source: str) -> None:
    """A consent that nobody can trace is none."""
    assert "`source` gives must be one line of text" in await failure(
        AddConsentNode(), {**NEWS, "source": source}, ask={}
    )


async def test_a_withdrawal_keeps_what_was() -> None:
    """What was sent while the consent was there was right; the record has to show both days."""
    withdrawn = {"given": False, "withdrawn_at": NOW, "withdrawn_source": "Mail"}
    for held, had, expected in (
        (GIVEN, True, {**GIVEN, **withdrawn}),
        (None, False, withdrawn),
        ("yes", False, withdrawn),
    ):
        outcome, fields = await work(WithdrawConsentNode(), {**NEWS, "source": "Mail"}, {"consent_news": held})
        assert (outcome.output, fields) == ({"had": had}, {"consent_news": expected})
    earlier = {**withdrawn, "withdrawn_at": NOW - timedelta(days=1)}
    outcome, fields = await work(WithdrawConsentNode(), {**NEWS, "source": "Mail"}, {"consent_news": earlier})
    assert (outcome.output, fields) == ({"had": False}, {})


@pytest.mark.parametrize(
    ("config", "held", "given"),
    [
        ({}, GIVEN, True),
        ({}, None, False),
        ({}, True, False),
        ({}, {**GIVEN, "given": 1}, False),
        ({}, {**GIVEN, "given": False, "withdrawn_at": NOW}, False),
        ({"version": "2"}, GIVEN, True),
        ({"version": "3"}, GIVEN, False),
        ({"version": "2"}, {**GIVEN, "version": None}, False),
        ({"max_age": "10d"}, GIVEN, True),
        ({"max_age": "9d"}, GIVEN, False),
        ({"max_age": "9d"}, {"given": True}, False),
        ({"max_age": "9d"}, {**GIVEN, "at": "yesterday"}, False),
        ({"max_age": "9d"}, {**GIVEN, "at": datetime(2026, 3, 26)}, False),
        ({"max_age": "1d"}, {**GIVEN, "at": datetime(9999, 12, 30, tzinfo=UTC)}, True),
    ],
)
async def test_what_counts_as_a_consent(config: Profile, held: Any, given: bool) -> None:
    """Whatever is doubtful is no consent; and both nodes agree on it."""
    profile = {"consent_news": held}
    outcome, fields = await work(CheckConsentNode(), {**NEWS, **config}, profile)
    known = {name: held.get(name) if isinstance(held, dict) else None for name in ("at", "source", "version")}
    assert (outcome.port, outcome.output, fields) == ("given" if given else "missing", {"given": given, **known}, {})
    required, _ = await work(RequireConsentNode(), {**NEWS, **config, "missing": "port"}, profile)
    assert (required.port, required.output) == (None if given else "missing", outcome.output)


async def test_without_a_consent_nobody_goes_on() -> None:
    """People read what they can do; whoever runs the service reads which consent it was."""
    visit = visit_of(RequireConsentNode(), {**NEWS, "message": "Tick {{ x }}."}, {"x": "*the* box"})
    with pytest.raises(NodeFailed, match="The consent to news is missing") as caught:
        await RequireConsentNode().execute(visit)
    assert caught.value.people == "Tick *the* box."
    with pytest.raises(NodeFailed) as caught:
        await RequireConsentNode().execute(visit_of(RequireConsentNode(), NEWS))
    assert isinstance(caught.value.people, Sentence)


def test_its_way_out_is_there_where_it_is_taken() -> None:
    """A way that is never taken would be drawn, and counted for progress."""
    failing, going = (RequireConsentNode.Config.model_validate({**NEWS, "missing": m}) for m in ("fail", "port"))
    assert (RequireConsentNode().ports_of(failing), RequireConsentNode().ports_of(going)) == ((), ("missing",))
