"""What every store promises of places: so many work at once under a name, in all processes, first come, first served.

All times are real and short, because a store may go by a clock of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.contract.kinds import KINDS
from tests.patience import until
from wizard.model.job import JobKind, job_key
from wizard.stores.contract import Store

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ONE, TWO = {"bank": 1}, {"bank": 2}


def key(visit: int, run: str = "run") -> str:
    return job_key(run, JobKind.WORK, visit)


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with KINDS[request.param](tmp_path) as made:
        yield made


async def asks(store: Store, visit: int, limits: Mapping[str, int], *, lease: float = 30.0, since: float = 0.0) -> int:
    begun = BEGIN + timedelta(seconds=since or visit)
    return await store.occupy(key(visit), limits, datetime.now(UTC), timedelta(seconds=lease), begun)


async def leaves(store: Store, visit: int) -> None:
    await store.vacate(key(visit))


async def test_so_many_have_a_place_and_no_more(store: Store) -> None:
    """A service that bears two calls at once gets two. The others know how many they have to wait for."""
    assert [await asks(store, visit, TWO) for visit in range(1, 6)] == [0, 0, 1, 2, 3]
    await leaves(store, 1)
    assert [await asks(store, visit, TWO) for visit in (3, 4, 5)] == [0, 1, 2]


async def test_who_has_a_place_keeps_it(store: Store) -> None:
    """Renewing takes no second place, and is refused nobody, not even where the limit was lowered meanwhile."""
    for _ in range(3):
        assert [await asks(store, visit, TWO) for visit in (1, 2)] == [0, 0]
    assert await asks(store, 2, ONE) == 0
    assert await asks(store, 3, TWO) == 1


async def test_who_came_first_is_first(store: Store) -> None:
    """A steady stream of newcomers starves nobody: a free place is that of who waits for longest."""
    assert [await asks(store, visit, ONE) for visit in (1, 2, 3)] == [0, 1, 2]
    await leaves(store, 1)
    assert await asks(store, 9, ONE) == 2
    assert await asks(store, 3, ONE) == 1
    assert await asks(store, 2, ONE) == 0
    assert await asks(store, 9, ONE, since=0.5) == 1, "it says that it has waited for longer than 3"


async def test_who_leaves_the_line_keeps_nobody(store: Store) -> None:
    """A person went back: the next one needn't wait for who doesn't come any more."""
    assert [await asks(store, visit, ONE) for visit in (1, 2, 3)] == [0, 1, 2]
    await leaves(store, 2)
    await leaves(store, 1)
    assert await asks(store, 3, ONE) == 0


async def test_a_place_that_isnt_renewed_ends(store: Store) -> None:
    """A process died with its places, and another one while it was in line: both end without anybody's help."""
    assert await asks(store, 1, ONE, lease=2) == 0
    assert await asks(store, 2, ONE, lease=2) == 1
    assert await asks(store, 3, ONE) == 2

    async def is_next() -> bool:
        return await asks(store, 3, ONE) == 0

    await until(is_next)


async def test_all_names_or_none(store: Store) -> None:
    """A visit that needs two places takes none while it waits for the other: it would keep who could work now."""
    assert await asks(store, 1, {"bank": 1}) == 0
    assert await asks(store, 2, {"bank": 1, "http": 1}) == 1
    assert await asks(store, 3, {"http": 1}) == 0
    await leaves(store, 1)
    assert await asks(store, 2, {"bank": 1, "http": 1}) == 1
    await leaves(store, 3)
    assert await asks(store, 2, {"bank": 1, "http": 1}) == 0
    assert [await asks(store, 4, {name: 1}) for name in ("bank", "http")] == [1, 1]


async def test_names_are_apart(store: Store) -> None:
    """Also those that are no plain words."""
    for number, name in enumerate(("a/b", "a/b ", "A/B", "ä", "'; --", "a\x00b"), 1):
        assert await asks(store, number, {name: 1}) == 0
    await leaves(store, 99)


async def test_two_at_once_never_get_the_same_place(store: Store) -> None:
    """Twenty ask in the same moment: three get places."""
    asked = await asyncio.gather(*(asks(store, visit, {"bank": 3}, since=1.0) for visit in range(1, 21)))
    assert sum(not before for before in asked) == 3
