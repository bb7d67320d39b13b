"""Runs whose profile is saved as they go (`save: step`) are migrated, and brought back: what is stored stays theirs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.contract.kinds import KINDS
from tests.migrations import House, only, stands
from tests.unit.engine.test_migrating import house
from wizard.model.migrating import Result
from wizard.node import Registry
from wizard.profiles.schema import ProfileSchema
from wizard.stores.memory import MemoryStore

__all__ = ["house"]  # a fixture

AT_END = """
id: trip
nodes:
  - {id: who, type: form, fields: [{name: name, type: text, label: Name}]}
  - {id: note, type: set, values: {profile.name: "{{ who.name }}"}}
  - {id: place, type: form, fields: [{name: town, type: text, label: Town}]}
  - {id: done, type: end}
"""
AS_IT_GOES = AT_END.replace("nodes:", "save: step\nnodes:", 1)
CASES = {
    "the step is gone": (AS_IT_GOES, AS_IT_GOES.replace("  - {id: note", "  # {id: note"), {}),
    "it sets something else": (AS_IT_GOES, AS_IT_GOES.replace("who.name }}", "who.name }}!"), {"name": "Ann!"}),
    "it has another name": (AS_IT_GOES, AS_IT_GOES.replace("id: note", "id: remark"), {"name": "Ann"}),
    "it sets more": (AS_IT_GOES, AS_IT_GOES.replace("{profile.", "{profile.n: 1, profile."), {"name": "Ann", "n": 1}),
    "it saves as it goes now": (AT_END, AS_IT_GOES, {"name": "Ann"}),
    "it saves at its end now": (AS_IT_GOES, AT_END, {}),
}


async def profile(house: House) -> Mapping[str, Any]:
    return (await house.store.document("profile", "p")).fields


@pytest.mark.parametrize(("old", "new", "wanted"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_saved_follows_a_run_to_its_version_and_back(
    kind: str, old: str, new: str, wanted: dict[str, Any], tmp_path: Path
) -> None:
    """Otherwise a profile keeps what no step sets any more, or never gets what one has set: nothing in the run tells
    that it isn't stored."""
    async with KINDS[kind](tmp_path) as store:
        house = House(store)
        await house.deploys(old)
        run = await house.begins({"name": "Ann"}, profile_id="p")
        before = await profile(house)
        await house.deploys(new)
        assert (await only(house)).result is Result.CONTINUE
        assert await profile(house) == wanted
        await only(house, back=True)
        assert await profile(house) == before
        await only(house)
        await house.engine.next(await house.engine.load(run.id), {"town": "Bern"})
        assert await profile(house) == (wanted or ({"name": "Ann"} if new == AT_END else {}))
        await house.engine.close()


@pytest.mark.parametrize("case", ["the step is gone", "it sets something else"])
async def test_what_somebody_else_has_set_since_stays(case: str, house: House) -> None:
    """A clerk has corrected a name; a migration knows it no better."""
    old, new, _ = CASES[case]
    await house.deploys(old)
    await house.begins({"name": "Ann"}, profile_id="p")
    await house.engine.profiles.patch("p", {"name": "Anna"}, by="clerk")
    await house.deploys(new)
    await house.migrates()
    assert await profile(house) == {"name": "Anna"}
    await house.migrates(back=True)
    assert await profile(house) == {"name": "Anna"}


async def test_a_migration_sets_nothing_that_the_schema_of_profiles_refuses() -> None:
    """A step that sets such a value fails when it is come to; so a migration leaves the run where it is."""
    house = House(MemoryStore())
    schema = ProfileSchema.read("fields: {name: {type: text, max_length: 3}}", "profile.yaml", Registry.installed())
    house.engine.profile_schema = schema
    await house.deploys(AS_IT_GOES)
    run = await house.begins({"name": "Ann"}, profile_id="p")
    await house.deploys(AS_IT_GOES.replace("who.name }}", "who.name }}!"))
    verdict = await only(house)
    assert (verdict.result, verdict.why) == (
        Result.STUCK,
        "What `note` computes can't be computed in the new version.",
    )
    assert await profile(house) == {"name": "Ann"}
    assert await stands(house, run) == ("place", "waiting")
    await house.engine.close()


async def test_a_profile_that_would_be_too_large_holds_its_run_back_alone(house: House) -> None:
    """One profile that is full mustn't keep everybody else on the old version."""
    await house.deploys(AT_END)
    full, other = [await house.begins({"name": "Ann"}, profile_id=name) for name in ("p", "q")]
    await house.engine.profiles.create("p", {"much": "x" * 999_985}, by="clerk")
    await house.deploys(AS_IT_GOES)
    verdicts = {verdict.run: verdict for verdict in (await house.migrates()).verdicts}
    assert (verdicts[full.id].result, verdicts[full.id].then) == (Result.STUCK, None)
    assert "larger than" in verdicts[full.id].why
    assert verdicts[other.id].result is Result.CONTINUE


async def test_a_run_that_is_damaged_keeps_no_other_back(tmp_path: Path) -> None:
    """Somebody with a thousand runs and one bad sector would never get past it."""
    async with KINDS["sqlite"](tmp_path) as store:
        house = House(store)
        await house.deploys(AT_END)
        damaged, other = [await house.begins({"name": "Ann"}) for _ in range(2)]
        statement = "UPDATE steps SET body=x'00' WHERE run_id=?"
        await store._writer.run(lambda connection: connection.execute(statement, (damaged.id,)))  # type: ignore[attr-defined]
        house.engine.forget(damaged.id)
        await house.deploys(AT_END.replace("label: Town", "label: Where"))
        verdicts = {verdict.run: verdict for verdict in (await house.migrates()).verdicts}
        assert verdicts[damaged.id].result is Result.STUCK
        assert "can't be read" in verdicts[damaged.id].why
        assert verdicts[other.id].result is Result.CONTINUE
        await house.engine.close()
