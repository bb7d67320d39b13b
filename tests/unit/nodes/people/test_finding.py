"""`load_profile` and `merge_profiles`: what a run may see of the profiles of others, and two that become one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.test_events import Dying, Killed, _Opened
from tests.patience import LONG
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.errors import DefinitionError, DocumentNotFound, InvalidInput
from wizard.model import RunStatus, Value
from wizard.node import Registry
from wizard.nodes.people.finding import MergeProfilesNode
from wizard.profiles.merging import RULES, merged
from wizard.profiles.of_runs import RunProfiles
from wizard.profiles.schema import ProfileSchema
from wizard.testing import MovableClock, make_test_engine

SCHEMA = """
fields: {email: {type: email}, points: {type: integer, required: false}}
others: true
find_by: [email, points]
"""


def schema(text: str = SCHEMA) -> ProfileSchema:
    return ProfileSchema.read(text, "profile.yaml", Registry.installed())


def a_workflow(*nodes: Mapping[str, Any]) -> dict[str, Any]:
    ask = {"id": "ask", "type": "form", "fields": [{"name": "x", "required": False}]}
    return {"id": "main", "nodes": [ask, *nodes, {"id": "on", "type": "form", "fields": [{"name": "y"}]}]}


LOAD = {"id": "load", "type": "load_profile", "field": "email", "value": "{{ ask.x }}", "show": ["id", "name"]}
MERGE = {
    "id": "merge",
    "type": "merge_profiles",
    "other": "{{ ask.x }}",
    "fields": {"points": "sum", "tags": "append", "email": "newest", "note": "leave"},
}


async def an_engine(*nodes: Mapping[str, Any], store: Any = None) -> Engine:
    engine = await make_test_engine(a_workflow(*nodes), clock=MovableClock(), store=store)
    clock = engine.clock.source
    return Engine(engine.definitions, engine.store, services=engine.services, clock=clock, profile_schema=schema())


async def comes_by(engine: Engine, answer: str | None, **given: Any) -> RunView:
    return await engine.next(await engine.start("main", **given), {"x": answer})


async def people(engine: Engine, **profiles: Mapping[str, Value]) -> None:
    for name, fields in profiles.items():
        await engine.profiles.create(name, fields, by="import")
        clock = engine.clock.source
        assert isinstance(clock, MovableClock)
        clock.move(seconds=1)


ANN = {"email": "ann@example.org", "name": "Ann", "secret": "s", "points": 5, "tags": ["a", "b"], "note": "here"}
ANNE = {"email": "anne@example.org", "name": "Anne", "points": 7, "tags": ["b", "c"], "note": "there", "town": "Bern"}


@pytest.mark.parametrize(
    ("answer", "more", "port", "output"),
    [
        ("ann@example.org", {}, "found", {"profile": {"id": "ann", "name": "Ann"}, "count": 1}),
        ("nobody@example.org", {}, "not_found", {"profile": None, "count": 0}),
        (None, {}, "not_found", {"profile": None, "count": 0}),
        ("twice@example.org", {}, "several", {"profile": None, "count": 2}),
        ("twice@example.org", {"match": "newest"}, "found", {"profile": {"id": "t2", "name": "Ben"}, "count": 2}),
    ],
)
async def test_a_profile_is_found_and_shows_what_its_author_names(
    answer: str | None, more: dict[str, Any], port: str, output: Any
) -> None:
    """Who types an address that isn't theirs must not read a stranger's file."""
    engine = await an_engine({**LOAD, **more})
    twice = {"email": "twice@example.org"}
    await people(engine, ann=ANN, t1={**twice, "name": "Bo"}, t2={**twice, "name": "Ben"})
    run = await comes_by(engine, answer)
    step = run.run.by_path["load"]
    assert (step.port, step.output) == (port, output)
    assert "secret" not in str(run.run)


async def test_what_profiles_arent_found_by_is_told() -> None:
    """It is whoever runs the service who says what people can be looked for by."""
    engine = await an_engine({**LOAD, "field": "name"})
    run = await comes_by(engine, "Ann")
    assert run.fault is not None
    assert "Profiles aren't found by name. Add it to `find_by`" in run.fault.message
    assert "email, points" in run.fault.message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("fields: {a: {type: text}}\nfind_by: a", "`find_by` is a list"),
        ("fields: {a: {type: text}}\nfind_by: [b]", "none of the `fields`"),
    ],
)
def test_what_profiles_are_found_by_is_a_field(text: str, told: str) -> None:
    """A slip would have nobody found."""
    with pytest.raises(DefinitionError, match=told):
        schema(text)


async def test_two_profiles_become_one_and_nothing_is_lost() -> None:
    """Somebody had two accounts: what they bought and told with either is in one place, and the old id leads there."""
    engine = await an_engine(MERGE)
    await people(engine, ann=ANN, anne=ANNE)
    run = await comes_by(engine, "anne", profile_id="ann")
    assert run.run.by_path["merge"].port is None
    after = (await engine.profiles.get("ann")).fields
    assert run.run.by_path["merge"].output == {"value": {**after, "id": "ann"}}
    assert after == {
        **ANN,
        "email": "anne@example.org",
        "points": 12,
        "tags": ["a", "b", "c"],
        "town": "Bern",
        "merged_from": ["anne"],
    }
    assert (await engine.profiles.get("anne")).fields == {**ANNE, "merged_into": "ann"}
    newest = (await engine.profiles.history("ann")).records[0]
    assert (newest.origin.action, newest.origin.run) == ("merge", run.id)
    assert (await engine.start("main", profile_id="anne")).run.profile_id == "ann"
    profiles = RunProfiles(engine.store, engine.clock, schema())
    assert [found.id for found in await profiles.find("email", "anne@example.org", 5)] == ["ann"]


async def test_back_undoes_it_but_for_what_was_set_since() -> None:
    """A clerk picked the wrong one: two people must not stay one."""
    engine = await an_engine(MERGE)
    await people(engine, ann=ANN, anne=ANNE)
    run = await comes_by(engine, "anne", profile_id="ann")
    await engine.profiles.patch("ann", {"town": "Chur"}, by="olga")
    await engine.previous(run)
    await engine.next(run, {"x": "nobody"})
    assert run.run.by_path["merge"].port == "not_found"
    assert (await engine.profiles.get("ann")).fields == {**ANN, "town": "Chur"}
    assert (await engine.profiles.get("anne")).fields == ANNE


async def test_what_cant_be_merged_goes_another_way() -> None:
    """A run of the other one would save into a profile that nobody looks at any more."""
    engine = await an_engine(MERGE)
    await people(engine, ann=ANN, anne=ANNE, third=ANN)
    live = await engine.start("main", profile_id="anne")
    for other, port in (("anne", "under_way"), ("ann", "not_found"), ("none", "not_found"), (None, "not_found")):
        run = await comes_by(engine, other, profile_id="ann")
        assert run.run.by_path["merge"].port == port, other
        await engine.cancel(run)
    await engine.cancel(live)
    await comes_by(engine, "anne", profile_id="ann")
    run = await comes_by(engine, "anne", profile_id="third")
    assert run.run.by_path["merge"].port == "elsewhere"
    run = await comes_by(engine, "anne")
    assert run.status is RunStatus.FAILED, "a run of nobody"


async def test_who_is_deleted_is_deleted_whole() -> None:
    """A person has a right to be forgotten, and not only by their newest id."""
    engine = await an_engine(MERGE)
    await people(engine, ann=ANN, anne=ANNE)
    await comes_by(engine, "anne", profile_id="ann")
    exported = await engine.profiles.export("ann")
    assert [each["profile"] for each in exported["merged"]] == ["anne"]
    await engine.profiles.delete("ann", runs=True)
    with pytest.raises(DocumentNotFound):
        await engine.profiles.get("anne")


async def test_of_two_merges_that_meet_none_is_left_half_done() -> None:
    """Two profiles that are merged into each other at the same moment would each be marked as a part of the other, for
    good: neither would be found or merged again, and whose a new run is would be left to chance."""
    engine = await an_engine(MERGE)
    await people(engine, ann=ANN, anne=ANNE)

    class Met:
        """The store, where both have read before one of them marks, and have marked before one of them goes on."""

        def __init__(self) -> None:
            self.met, self.begun = asyncio.Barrier(2), 0
            self.documents, self.history = self, engine.store.documents.history

        def __getattr__(self, name: str) -> Any:
            return getattr(engine.store, name)

        async def save(self, *given: Any) -> Any:
            self.begun += 1
            if self.begun > 2:
                return await engine.store.documents.save(*given)
            await self.met.wait()
            saved = await engine.store.documents.save(*given)
            await self.met.wait()
            return saved

    profiles = RunProfiles(Met(), engine.clock, schema())  # type: ignore[arg-type]
    async with asyncio.timeout(LONG):
        await asyncio.gather(*(profiles.merge(*pair, {}, "keep", "run") for pair in (("ann", "anne"), ("anne", "ann"))))
    again = [await profiles.merge(*pair, {}, "keep", "run") for pair in (("ann", "anne"), ("anne", "ann"))]
    assert sorted(each.outcome for each in again) == ["elsewhere", "merged"]
    whole, part = ("ann", "anne") if again[0].outcome == "merged" else ("anne", "ann")
    assert (await engine.profiles.get(part)).fields["merged_into"] == whole
    assert (await engine.profiles.get(whole)).fields["merged_from"] == [part]
    assert (await engine.profiles.get(whole)).fields.get("merged_into") is None


async def test_a_merge_that_is_cut_off_anywhere_is_done_once() -> None:
    """Points that are added twice are somebody's money."""
    for at in range(20):
        engine = await an_engine()
        await people(engine, ann=ANN, anne=ANNE)
        dying = _Dies(engine.store, at)
        arguments = ("ann", "anne", {"points": "sum"}, "keep", "run-1")
        try:
            await RunProfiles(_Opened(dying), engine.clock, schema()).merge(*arguments)  # type: ignore[arg-type]
        except Killed:
            assert (await RunProfiles(engine.store, engine.clock, schema()).merge(*arguments)).outcome == "merged"
        assert (await engine.profiles.get("ann")).fields["points"] == 12, at
        assert (await engine.profiles.get("anne")).fields["merged_into"] == "ann"
        if at >= dying.reached:
            assert at == 4, "two saves, each with a before and an after"
            return
    raise AssertionError("it was always killed")


async def test_two_that_are_merged_into_each_other_at_once_arent_both_lost() -> None:
    """Two clerks, or two tabs: each marked as a part of the other, nobody would find either of them again."""
    engine = await an_engine()
    await people(engine, ann=ANN, anne=ANNE)
    profiles = RunProfiles(_Opened(_Together(engine.store)), engine.clock, schema())  # type: ignore[arg-type]
    merges = [profiles.merge(*pair, {}, "keep", "run-1") for pair in (("ann", "anne"), ("anne", "ann"))]
    outcomes = [done.outcome for done in await asyncio.gather(*merges)]
    assert "elsewhere" in outcomes
    into = {name: (await engine.profiles.get(name)).fields.get("merged_into") for name in ("ann", "anne")}
    assert None in into.values(), "somebody is left to be found"
    assert [name for name in into.values() if name] == ["ann", "anne"][: outcomes.index("elsewhere")]


class _Together(Dying):
    """Its first two saves of documents come at once."""

    def __init__(self, store: Any) -> None:
        super().__init__(store, 0)
        real, self.documents, both = store.documents, self, asyncio.Barrier(2)
        left = [2]

        async def save(*given: Any) -> Any:
            if left[0]:
                left[0] -= 1
                await asyncio.wait_for(both.wait(), LONG)
            saved = await real.save(*given)
            await asyncio.sleep(0)
            return saved

        self.save, self.history = save, real.history


class _Dies(Dying):
    """Is killed before or after a save of a document."""

    def __init__(self, store: Any, at: int) -> None:
        super().__init__(store, at)
        self.reached = 0
        real, self.documents = store.documents, self

        async def save(*given: Any) -> Any:
            self.reached += 1
            self.reaches()
            saved = await real.save(*given)
            self.reached += 1
            self.reaches()
            return saved

        self.save, self.history = save, real.history


VALUES = st.none() | st.integers(-9, 9) | st.text("ab", max_size=2) | st.lists(st.integers(0, 3), max_size=3)


@given(st.dictionaries(st.sampled_from("abc"), VALUES), st.dictionaries(st.sampled_from("abc"), VALUES), st.booleans())
def test_a_merge_forgets_nothing_that_nobody_told_it_to(
    own: dict[str, Value], other: dict[str, Value], newer: bool
) -> None:
    """Whatever the rule, a field that only one of them had keeps what it held."""
    for rule in ("keep", "take", "newest"):
        whole = {**own, **merged(own, other, {}, rule, lambda _: newer)}
        for name in own.keys() | other.keys():
            held = [each[name] for each in (own, other) if each.get(name) is not None]
            assert whole.get(name) in held or not held
    joined = {**own, **merged(own, other, {}, "append", lambda _: newer)}
    for name, value in other.items():
        for item in value if isinstance(value, list) else [] if value is None else [value]:
            assert item in joined[name]


def test_numbers_and_order() -> None:
    """The most points, the first day, and no sum of what is no number."""
    first, later = datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    rules = {"since": "least", "points": "most", "left": "leave"}
    own, other = {"since": later, "points": 3}, {"since": first, "points": 2, "left": 1}
    assert merged(own, other, rules, "keep", lambda _: False) == {"since": first}
    with pytest.raises(InvalidInput, match="The field a can't be merged by `sum`"):
        merged({"a": 1}, {"a": "x"}, {}, "sum", lambda _: False)


def test_each_rule_can_be_written() -> None:
    """One that is missing in the configuration could never be used."""
    config = MergeProfilesNode.Config.model_json_schema()
    assert set(config["properties"]["otherwise"]["enum"]) == set(RULES)
