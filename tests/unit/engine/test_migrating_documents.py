"""What becomes of stored profiles and sessions when a run that saves as it goes is migrated, and brought back."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.migrations import House, only
from tests.unit.engine.test_migrating import house
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.model import Value
from wizard.model.migrating import Names, Result
from wizard.model.values import MAX_VALUE_BYTES
from wizard.profiles.schema import ProfileSchema

__all__ = ["house"]  # a fixture

NOTES = """
id: trip
save: step
nodes:
  - {id: who, type: form, fields: [{name: name, label: Name}]}
  - {id: note, type: set, values: {profile.name: '{{ who.name }}'}}
  - {id: again, type: set, values: {profile.name: '{{ who.name }}!'}}
  - {id: when, type: form, fields: [{name: day, type: integer, label: Day}]}
"""
AGAIN = "  - {id: again, type: set, values: {profile.name: '{{ who.name }}!'}}\n"
ONCE = NOTES.replace(AGAIN, "")


async def profile(house: House) -> Mapping[str, Value]:
    return (await house.store.document("profile", "p-1")).fields


async def begun(house: House) -> RunView:
    return await house.begins({"name": "Ann"}, profile_id="p-1")


async def ended(house: House, run: RunView) -> None:
    await house.engine.next(await house.engine.load(run.id), {"day": 3})


async def test_a_run_that_is_brought_back_has_its_profile_back(house: House) -> None:
    """Or a migration that is taken back would have emptied people's profiles for good."""
    await house.deploys(ONCE)
    run = await begun(house)
    await house.deploys(ONCE.replace("profile.name", "profile.called"))
    assert (await only(house)).result is Result.CONTINUE
    assert await profile(house) == {"called": "Ann"}
    await only(house, back=True)
    assert await profile(house) == {"name": "Ann"}
    await ended(house, run)
    assert await profile(house) == {"name": "Ann"}


async def test_what_a_step_saved_goes_with_the_step(house: House) -> None:
    """Or a field that no version sets any more would stay in everybody's profile."""
    await house.deploys(NOTES)
    await begun(house)
    assert await profile(house) == {"name": "Ann!"}
    await house.deploys(ONCE)
    await only(house)
    assert await profile(house) == {"name": "Ann"}
    await house.deploys(ONCE.replace("  - {id: note, type: set, values: {profile.name: '{{ who.name }}'}}\n", ""))
    await only(house)
    assert await profile(house) == {}
    await only(house, back=True)
    assert await profile(house) == {"name": "Ann"}


@pytest.mark.parametrize("names", [Names({"note": "mark"}), Names({"note": "mark", "who": "person"})])
async def test_what_a_clerk_has_corrected_stays_as_nodes_are_renamed(names: Names, house: House) -> None:
    """A better name of a node is no reason to save anything again."""
    await house.deploys(ONCE)
    run = await begun(house)
    await house.engine.profiles.patch("p-1", {"name": "Anne"}, revision=1, by="olga")
    text = ONCE.replace("id: note", "id: mark")
    await house.deploys(text.replace("who", "person") if "who" in names.nodes else text)
    assert (await only(house, names=names)).result is Result.CONTINUE
    assert await profile(house) == {"name": "Anne"}
    await only(house, back=True)
    assert await profile(house) == {"name": "Anne"}
    await ended(house, run)
    assert await profile(house) == {"name": "Anne"}


async def test_a_clerks_value_outlives_the_step_that_is_gone(house: House) -> None:
    """A run takes back what is its own, and nothing of somebody else's."""
    await house.deploys(NOTES)
    await begun(house)
    await house.engine.profiles.patch("p-1", {"name": "Anne"}, revision=1, by="olga")
    await house.deploys(ONCE)
    await only(house)
    assert await profile(house) == {"name": "Anne"}


async def test_a_version_that_saves_as_it_goes_saves_what_was_set_before(house: House) -> None:
    """Such a run saves nothing at its end: what it had set by then would be lost."""
    await house.deploys(ONCE.replace("save: step\n", ""))
    run = await begun(house)
    assert await profile(house) == {}
    await house.deploys(ONCE)
    await only(house)
    assert await profile(house) == {"name": "Ann"}
    await only(house, back=True)
    await ended(house, run)
    assert await profile(house) == {"name": "Ann"}


async def test_a_version_that_saves_at_the_end_saves_nothing_before(house: House) -> None:
    """What isn't done yet isn't to be seen: what the step has saved is taken back until the run ends."""
    await house.deploys(NOTES)
    run = await begun(house)
    later = NOTES.replace("save: step\n", "").replace("{{ who.name }}!", "{{ who.name }}?")
    await house.deploys(later)
    await only(house)
    assert await profile(house) == {}
    await ended(house, run)
    assert await profile(house) == {"name": "Ann?"}


async def test_a_run_that_comes_back_to_saving_saves_only_what_is_new(house: House) -> None:
    """What a clerk has corrected meanwhile is newer than what the run had saved before."""
    await house.deploys(ONCE)
    await begun(house)
    await house.deploys(ONCE.replace("save: step\n", ""))
    await only(house)
    await house.engine.profiles.patch("p-1", {"name": "Anne"}, by="olga")
    await only(house, back=True)
    assert await profile(house) == {"name": "Anne"}


async def test_a_profile_that_has_no_room_holds_its_own_run_back(house: House) -> None:
    """Or the runs of everybody else on the page would be neither migrated nor told of."""
    await house.deploys(ONCE)
    full, other = await begun(house), await house.begins({"name": "Bob"}, profile_id="p-2")
    await house.engine.profiles.patch("p-1", {"x": "x" * (MAX_VALUE_BYTES - 50)}, revision=1, by="olga")
    await house.deploys(ONCE.replace("'{{ who.name }}'", "'{{ who.name }} and a name that is much longer than hers'"))
    page = await house.migrates()
    assert {verdict.run: verdict.result for verdict in page.verdicts} == {
        full.id: Result.STUCK,
        other.id: Result.CONTINUE,
    }
    assert "larger" in next(verdict.why for verdict in page.verdicts if verdict.run == full.id)


async def test_the_schema_of_profiles_holds_in_a_migration(house: House) -> None:
    """Or a version with a mistake would write into profiles what no other way lets in."""
    registry = house.registry
    schema = ProfileSchema.read("fields: {name: {type: text, max_length: 5}}", "profile.yaml", registry)
    house.engine = Engine(house.served, house.store, clock=house.clock, profile_schema=schema)
    await house.deploys(ONCE)
    await begun(house)
    await house.deploys(ONCE.replace("'{{ who.name }}'", "'{{ who.name }} and all of hers'"))
    verdict = await only(house)
    assert (verdict.result, verdict.why) == (Result.STUCK, "What `note` computes can't be computed in the new version.")
    assert await profile(house) == {"name": "Ann"}
    await house.deploys(ONCE.replace("profile.name", "profile.nom"))
    assert (await only(house)).result is Result.STUCK
    await house.deploys(ONCE.replace("'{{ who.name }}'", "'{{ who.name }}!'"))
    assert (await only(house)).result is Result.CONTINUE
    assert await profile(house) == {"name": "Ann!"}
