"""Servers are killed in the middle of whatever they do, and so is the database: nothing that was acknowledged is lost,
nothing counts twice, and what was done outside is what the runs say (S19-S21)."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.faults.clients import PATIENCE, Client, Told
from tests.faults.counterpart import CALLS_BACK, Cause, Counterpart, counterpart
from tests.faults.histories import check_answers, check_events, check_trace, lines
from tests.faults.served import Nursery, store_of
from tests.faults.simulated import check_effects
from tests.ports import free_port
from tests.postgres import Server, fresh_database
from wizard.engine import utc_now
from wizard.model import Run
from wizard.stores.contract import Store

TORTURE = int(os.environ.get("TORTURE", "0"))
KILLS = 20 * TORTURE or 5
CLIENTS = 4
LEASE = 2.0  # seconds


class Siege:
    """Servers on one store, those who talk with them, and who kills them."""

    def __init__(self, home: Nursery, other: Counterpart, url: str, seed: int, servers: int = 1) -> None:
        self.chance = random.Random(seed)
        self.ports = [free_port() for _ in range(servers)]
        self.kills = 0
        self.causes: list[Cause] = []
        self.clients: list[Client] = []
        self._home, self._other, self._url = home, other, url
        other.ports = self.ports
        self._pids = [self._start(port) for port in self.ports]

    def _start(self, port: int) -> int:
        return self._home.start(store=self._url, port=port, counterpart=self._other.url, jobs=4, lease=LEASE)

    async def check_end(self, clients: list[Client]) -> None:
        """All comes to rest, the servers are killed for good, and what is stored is what the clients were told."""
        store = store_of(self._url)
        await store.open()
        await calm(store)
        self._home.kill_all()
        await check_all(store, clients, self._other)
        check_begun_once(self._other, self.causes)
        await store.close()

    def kill_one(self) -> None:
        place = self.chance.randrange(len(self.ports))
        self._home.kill(self._pids[place])
        self.causes.append(Cause(time.monotonic(), self._pids[place]))
        self._pids[place] = self._start(self.ports[place])
        self.kills += 1

    async def kill(self, kills: int, database: Callable[[], Awaitable[None]] | None = None) -> None:
        """So many times, at any moment; each tenth time the database goes as well, the first time the fourth."""
        for number in range(kills):
            answered = sum(client.answered for client in self.clients)
            while sum(client.answered for client in self.clients) < answered + CLIENTS:
                await asyncio.sleep(0.02)  # a server that nobody heard of yet would be killed for nothing
            await asyncio.sleep(self.chance.random() * 0.5)
            if database is not None and number % 10 == 3:
                self.causes.append(Cause(time.monotonic()))
                await database()
                self.causes.append(Cause(time.monotonic()))
            self.kill_one()

    async def besiege(self, kills: int, database: Callable[[], Awaitable[None]] | None = None) -> list[Client]:
        """What clients know after all that."""
        timeout = aiohttp.ClientTimeout(total=20)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            self.clients = clients = [Client(f"c{n}", self.ports, session, self.chance) for n in range(CLIENTS)]
            watching = asyncio.ensure_future(stalls(self.causes))
            killing = asyncio.ensure_future(self.kill(kills, database))

            async def talk(client: Client) -> None:
                while not killing.done():
                    await client.converse()

            await asyncio.gather(*map(talk, clients), killing)
            for client in clients:
                for told in client.told:
                    await client.at_rest(told)
            while self._other.delivering:
                await asyncio.wait(self._other.delivering)
            watching.cancel()
        return clients

    def figures(self, clients: list[Client]) -> str:
        told = [each for client in clients for each in client.told]
        answers, deeds = sum(len(each.sent) for each in told), len(self._other.deeds)
        arrivals = self._other.delivered + sum(client.arrivals for client in clients)
        again, _ = self._other.begun_again(self.causes)
        return (
            f"{self.kills} kills, {len(told)} runs, {answers} answers, {arrivals} arrivals, {deeds} calls of the "
            f"counterpart, {again} of them begun again after a lost lease"
        )


async def stalls(causes: list[Cause]) -> None:
    """Notes when this machine stands still for so long that leases are lost."""
    while True:
        since = time.monotonic()
        await asyncio.sleep(0.05)
        if time.monotonic() - since > LEASE / 4:
            causes.append(Cause(time.monotonic()))


def check_begun_once(other: Counterpart, causes: list[Cause]) -> None:
    """S23: no effect was begun twice but by a lost lease."""
    _, unexplained = other.begun_again(causes)
    assert not unexplained, unexplained


async def calm(store: Store) -> None:
    """Until no job is left."""
    until = time.monotonic() + PATIENCE
    while True:
        backlog = await store.backlog(utc_now())
        if not backlog.due + backlog.later + backlog.failed_undos:
            return
        assert time.monotonic() < until, backlog
        await asyncio.sleep(0.2)


async def check_all(store: Store, clients: list[Client], other: Counterpart) -> None:
    for client in clients:
        assert client.told
        assert client.replays
        for told in client.told:
            await _check(store, told, other)


async def _check(store: Store, told: Told, other: Counterpart) -> None:
    run = await store.load(told.run)
    assert run is not None, "an acknowledged run is lost"
    assert run.undos == ()
    trace = lines(await store.trace(told.run, 0, 100_000))
    check_trace(trace, run.revision)
    check_answers(trace, answers_of(run), told.sent)
    check_events(trace, "seen", told.taken, told.events)
    called_back = len({each.key for each in other.calls if each.run == run.id and each.step == CALLS_BACK})
    check_events(trace, "booked", called_back, called_back)
    check_deeds(run, other)


def answers_of(run: Run) -> dict[str, Any]:
    """What the forms of the path accepted."""
    return {step.path: step.output for step in run.path if step.type == "form" and step.is_done}


def check_deeds(run: Run, other: Counterpart) -> None:
    """What the counterpart saw of a run: all that stands was done, the rest was undone; a call has one input."""
    mine = [each for each in other.deeds if each.run == run.id]
    check_effects(run, [each for each in mine if each.step != "h"])
    by_key: dict[str, set[str]] = {}
    for each in mine:
        if each.what == "do":
            by_key.setdefault(each.key, set()).add(each.inputs)
    assert all(len(inputs) == 1 for inputs in by_key.values()), "one key, other inputs"
    for step in run.path:
        if step.is_done and not step.is_foreground and step.type != "wait":
            read = run.by_path["b" if step.path == "s" else "a"].output or {}
            assert any(d.step == step.path and d.inputs == repr(read["x"]) for d in mine), step.path


async def test_s20_a_server_on_sqlite_is_killed_at_any_moment(home: Nursery, tmp_path: Path, fuzz_seed: int) -> None:
    """S19-S21: the power goes, again and again, while people fill in forms: their answers are there, once, and what was
    booked for them is what their runs say."""
    url = f"sqlite:///{tmp_path / 'runs.db'}"
    async with counterpart(seed=fuzz_seed) as other:
        siege = Siege(home, other, url, fuzz_seed)
        clients = await siege.besiege(KILLS)
        await siege.check_end(clients)
    assert siege.kills >= KILLS
    print(siege.figures(clients))


async def test_s20_servers_on_postgresql_and_the_database_are_killed(
    home: Nursery, tmp_path: Path, fuzz_seed: int
) -> None:
    """The same with two servers on one PostgreSQL, which is killed as well (`kill -9` of all its processes)."""
    server = Server(durable=True)
    try:
        await asyncio.to_thread(server.start)
        url = await asyncio.to_thread(server.fresh)

        async def kill_database() -> None:
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)

        async with counterpart(seed=fuzz_seed) as other:
            siege = Siege(home, other, url, fuzz_seed, servers=2)
            clients = await siege.besiege(KILLS, kill_database)
            await siege.check_end(clients)
        print(siege.figures(clients))
    finally:
        await asyncio.to_thread(server.remove)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_s21_a_worker_that_never_returns_is_replaced(home: Nursery, kind: str, tmp_path: Path) -> None:
    """S21: the machine that did the work burns down: another takes the job over when its lease is over, with the same
    key, and the run goes on."""
    with ExitStack() as exits:
        url = exits.enter_context(fresh_database()) if kind == "postgres" else f"sqlite:///{tmp_path / 'runs.db'}"
        async with counterpart(failing=0) as other:
            await _replace_worker(home, other, url)


async def _replace_worker(home: Nursery, other: Counterpart, url: str) -> None:
    port, nobodys = free_port(), free_port()
    home.start(store=url, port=port, counterpart=other.url, jobs=0)
    async with aiohttp.ClientSession() as session:
        client = Client("c", [port], session, random.Random(1))
        born = (await client.twice("/runs", {"workflow": "main"})).body
        told = Told(born["id"], born["token"])
        worker = home.start(store=url, port=nobodys, counterpart=other.url, jobs=4, lease=2)
        other.held["s"] = asyncio.Event()
        for step in ("a", "b"):
            body = {"step": step, "answers": {"x": "1", "way": "short"}}
            await client.twice(f"/runs/{told.run}/next", body, told.token)
        async with asyncio.timeout(PATIENCE):
            await other.came.wait()
        home.kill(worker)
        held = other.held.pop("s")
        home.start(store=url, port=nobodys, counterpart=other.url, jobs=4, lease=2)
        state = await client.at_rest(told)
        held.set()
        assert (state["status"], state["current"]["step"]) == ("waiting", "d")
    keys = [each.key for each in other.deeds if each.step == "s"]
    assert len(keys) == 2
    assert len(set(keys)) == 1
