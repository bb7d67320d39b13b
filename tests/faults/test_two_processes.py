"""Two servers on one PostgreSQL, and people with two tabs each: whatever they do at the same time, each run's history
is one that a single server could have made (S19)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import aiohttp

from tests.faults.clients import Client, Told
from tests.faults.counterpart import Cause, Counterpart, counterpart
from tests.faults.histories import (
    Line,
    Sent,
    check_answers,
    check_nobody_was_pushed,
    check_trace,
    json_lines,
)
from tests.faults.served import Nursery, store_of
from tests.faults.test_kills import TORTURE, answers_of, calm, check_begun_once, check_deeds, stalls
from tests.ports import free_port
from tests.postgres import fresh_database
from wizard.stores.contract import Store

RUNS = 10 * TORTURE or 4


class Tab(Client):
    """One of the tabs of a person: it doesn't know what the other one does."""

    def follow(self, told: Told) -> Told:
        """The same run, with what this tab sends."""
        mine = Told(told.run, told.token)
        self.told.append(mine)
        return mine

    async def wander(self, told: Told, moves: int) -> None:
        for _ in range(moves):
            state = (await self.call(f"/runs/{told.run}", token=told.token)).body
            if state["status"] == "completed":
                return
            await asyncio.sleep(self._chance.random() * 0.05)
            if state["status"] == "working" and self._chance.random() < 0.6:
                await self.disturb(told)
                await asyncio.sleep(0.2)
            elif state["current"]["step"] in ("t", "h", "w", "s"):
                await self.twice(f"/runs/{told.run}/previous", {}, told.token)
            else:
                await self.move(told, state)


async def test_s19_histories_of_two_servers_on_one_database(home: Nursery, fuzz_seed: int) -> None:
    """S19: a balancer sends each request to another machine; two tabs answer the same questions at the same time. No
    answer may be taken twice or overwrite a later one, and no line of a history may be missing."""
    with fresh_database() as url:
        async with counterpart(seed=fuzz_seed) as other, aiohttp.ClientSession() as session:
            other.ports = ports = [free_port(), free_port()]
            causes: list[Cause] = []
            watching = asyncio.ensure_future(stalls(causes))
            for port in ports:
                home.start(store=url, port=port, counterpart=other.url, jobs=4, lease=5)
            tabs = [Tab(f"t{n}", ports, session, random.Random(fuzz_seed + n)) for n in range(4)]
            await asyncio.gather(_many(tabs[:2], RUNS // 2), _many(tabs[2:], RUNS // 2))
            told = await _traces(tabs[0], [each for tab in tabs[::2] for each in tab.told])
            store = store_of(url)
            await store.open()
            await calm(store)
            home.kill_all()
            watching.cancel()
            check_begun_once(other, causes)
            for run_id, (lines, revision) in told.items():
                sent = [each for tab in tabs for one in tab.told if one.run == run_id for each in one.sent]
                await _check(store, run_id, lines, revision, sent, other)
            await store.close()


async def _many(tabs: Sequence[Tab], runs: int) -> None:
    """Run after run, both tabs at each."""
    for _ in range(runs):
        born = await tabs[0].twice("/runs", {"workflow": "main"})
        told = Told(born.body["id"], born.body["token"])
        await asyncio.gather(*(tab.wander(tab.follow(told), 8) for tab in tabs))


async def _traces(tab: Tab, told: Sequence[Told]) -> dict[str, tuple[list[Line], int]]:
    """What the servers tell of each run, once it is at rest."""
    found = {}
    for each in told:
        state = await tab.at_rest(each)
        trace: Any = (await tab.call(f"/runs/{each.run}/trace", token=each.token)).body
        found[each.run] = (json_lines(trace), state["revision"])
    return found


async def _check(
    store: Store, run_id: str, told: list[Line], revision: int, sent: list[Sent], other: Counterpart
) -> None:
    run = await store.load(run_id)
    assert run is not None
    assert run.revision >= revision
    check_trace(told, revision)
    check_nobody_was_pushed(told)
    check_answers(told, answers_of(run), sent)
    check_deeds(run, other)
