"""Runs are migrated while people answer, and brought back; on every store."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.contract.kinds import KINDS
from tests.migrations import House, only, results, stands
from tests.unit.engine.test_migrating import TRIP, house
from wizard.engine.view import RunView
from wizard.errors import NothingDeployed, StaleInput, VersionNotFound
from wizard.model import Change, Run
from wizard.model.migrating import Result

__all__ = ["house"]  # a fixture


async def test_who_answers_meanwhile_wins(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that was acknowledged is never lost, whatever an operator does."""
    await house.deploys(TRIP)
    run = await house.begins({"name": "Ann"})
    await house.deploys(TRIP.replace("label: Day", "label: When?"))
    commit = house.store.commit

    async def slowly(change: Change) -> None:
        if change.migrating is not None and not (await house.stored(run)).steps[1].is_done:
            await house.engine.next(run, {"town": "Bern"})
        await commit(change)

    monkeypatch.setattr(house.store, "commit", slowly)
    (verdict,) = (await house.migrates()).verdicts
    assert (verdict.result, verdict.then) == (Result.MOVED, None)
    assert await stands(house, run) == ("when", "waiting")
    assert results(await house.migrates()) == {run.id: Result.CONTINUE}


async def test_a_page_that_was_open_meanwhile_is_not_taken_for_another(house: House) -> None:
    """Whoever sends the page of before is told that the run stands elsewhere, and what they typed isn't stored."""
    await house.deploys(TRIP)
    run = await house.begins({"name": "Ann"}, {"town": "Bern"})
    await house.deploys(TRIP.replace("label: Name}]", "label: Name}, {name: age, type: integer}]"))
    other = House(house.store)
    await other.migrates()
    with pytest.raises(StaleInput):
        await house.engine.next(run.id, {"day": 3}, step="when")


async def test_back_returns_what_has_not_moved_since(house: House) -> None:
    """A migration that was a mistake is taken back, without taking anybody's answer with it."""
    await house.deploys(TRIP)
    first, second = [await house.begins({"name": "Ann"}, {"town": "Bern"}) for _ in range(2)]
    before: Run = await house.stored(first)
    await house.deploys(TRIP.replace("label: Name}]", "label: Name}, {name: age, type: integer}]"))
    await house.migrates(note="More questions")
    moved = await house.engine.load(second.id)
    await house.engine.next(moved, {"name": "Ann", "age": 4})

    assert results(await house.migrates(back=True, dry_run=True)) == results(await house.migrates(back=True))

    after = await house.stored(first)
    assert (after.version, after.steps, after.cursor, after.status) == (
        before.version,
        before.steps,
        before.cursor,
        before.status,
    )
    assert (await house.stored(second)).version != before.version
    assert results(await house.migrates(back=True)) == {second.id: Result.MOVED}
    entries = [stored.entry for stored in await house.store.trace(first.id)]
    assert [dict(entry.detail) for entry in entries if entry.kind == "migrated"] == [
        {"from": before.version, "to": moved.run.version, "result": "ask"},
        {"from": moved.run.version, "to": before.version},
    ]
    deeds = await house.store.stages.deeds("trip")
    assert [(deed.action, deed.by, deed.details.get("number"), deed.note) for deed in deeds[:2]] == [
        ("migrate", "ann", None, ""),
        ("migrate", "ann", 2, "More questions"),
    ]


async def test_runs_go_to_the_version_that_is_named(house: House) -> None:
    """Two versions back is where most of them were happy."""
    with pytest.raises(NothingDeployed):
        await house.migrates()
    await house.deploys(TRIP)
    await house.deploys(TRIP.replace("label: Day", "label: When?"))
    run = await house.begins({"name": "Ann"})
    page = await house.migrates(to=1)
    assert (page.number, results(page)) == (1, {run.id: Result.CONTINUE})
    with pytest.raises(VersionNotFound):
        await house.migrates(to=9)


async def test_what_has_ended_stays_as_it_is(house: House) -> None:
    """A run that is over was asked by its own version, and its record says so."""
    await house.deploys(TRIP)
    run = await house.begins({"name": "Ann"}, {"town": "Bern"}, {"day": 1})
    cancelled = await house.begins()
    await house.engine.cancel(cancelled)
    await house.deploys(TRIP.replace("label: Day", "label: When?"))
    assert results(await house.migrates()) == {}
    assert (await house.stored(run)).status.value == "completed"


# -- every store, and everybody at once -----------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
async def test_every_store_migrates_and_brings_back(kind: str, tmp_path: Path) -> None:
    """Sealed ones too: what is kept of before is sealed with the run's own key, and opens again."""
    async with KINDS[kind](tmp_path) as store:
        house = House(store)
        await house.deploys(TRIP)
        run = await house.begins({"name": "Ann"}, {"town": "Bern"}, profile_id="p")
        other = await house.begins({"name": "Bob"}, {"town": "Chur"})
        before = await house.stored(run)
        await house.deploys(TRIP.replace("id: who", "id: person").replace("[Bern, Chur]", "[Bern]"))
        assert results(await house.migrates()) == {run.id: Result.CONTINUE, other.id: Result.ASK}
        again = House(store)  # another process, later
        assert await stands(again, run) == ("when", "waiting")
        assert (await again.stored(run)).by_path["person"].output == {"name": "Ann"}
        assert await stands(again, other) == ("place", "waiting")
        assert len((await again.migrates(back=True)).verdicts) == 2
        after = await House(store).stored(run)
        assert after == before._replace(revision=after.revision, updated_at=after.updated_at)


async def test_nobodys_answer_is_lost_while_runs_are_migrated(tmp_path: Path) -> None:
    """Two servers, thirty people who answer, and an operator who migrates and takes it back, all at once."""
    async with KINDS["sqlite"](tmp_path) as store:
        house, other = House(store), House(store)
        await house.deploys(TRIP)
        runs = [await house.begins() for _ in range(30)]
        await house.deploys(TRIP.replace("label: Town", "label: Where to?"))
        done, moved = asyncio.Event(), asyncio.Event()

        async def answers(number: int, run: RunView) -> None:
            server = house if number % 2 else other
            for given in ({"name": f"Ann {number}"}, {"town": "Bern"}, {"day": number}):
                await server.engine.next(run.id, given)
                await asyncio.sleep(number / 1000)
                if number == 0:  # one of them is slow enough to be moved
                    await moved.wait()

        async def migrates() -> int:
            count = 0
            while not done.is_set():
                for back in (False, True):
                    page = await other.migrates(back=back)
                    count += page.count(Result.CONTINUE)
                    if count:
                        moved.set()
                    assert page.count(Result.STUCK) == page.count(Result.ASK) == 0
            return count

        migrating = asyncio.ensure_future(migrates())
        async with asyncio.timeout(60):
            await asyncio.gather(*(answers(number, run) for number, run in enumerate(runs)))
        done.set()
        assert await migrating > 0
        for number, run in enumerate(runs):
            view = await House(store).engine.load(run.id)
            assert view.status.value == "completed"
            assert view.answers == {
                "who": {"name": f"Ann {number}"},
                "place": {"town": "Bern"},
                "when": {"day": number},
                "done": {},
            }


@pytest.mark.parametrize(
    "node",
    [
        "{id: sum, type: set, values: {n: '{{ int(who.name) }}'}}",
        "{id: sum, type: condition, cases: [{when: int(who.name) > 3, goto: when}, {goto: done}]}",
    ],
)
async def test_what_people_answered_is_in_no_reason(node: str, house: House) -> None:
    """Whoever migrates may read where runs stand, and nobody's answers."""
    await house.deploys(TRIP)
    await house.begins({"name": "Geheim"}, {"town": "Bern"})
    await house.deploys(TRIP.replace("  - id: when\n", f"  - {node}\n  - id: when\n"))
    verdict = await only(house)
    assert verdict.result is Result.STUCK
    assert "`sum`" in verdict.why
    assert "Geheim" not in verdict.why
