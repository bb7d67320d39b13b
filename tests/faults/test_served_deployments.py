"""Several servers on one PostgreSQL, deployments without pause, and people who are answered by another server at each
step: each run keeps to the version that it began on, whole, and begins on one that is deployed."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.acceptance.processes import process
from tests.drawing import TORTURE
from tests.forkserver import command
from tests.patience import until
from tests.postgres import fresh_database

KEY = "0123456789abcdef0123456789abcdef"
SERVERS = 4 if TORTURE else 2
PEOPLE = 50 if TORTURE else 8
DEPLOYMENTS = 100 if TORTURE else 12
LATE = 5.0  # seconds after which all servers have a deployment, beside what the slowest turn took: a busy machine's
PART = "id: part\nnodes:\n  - {{id: b, type: form, fields: [{{name: x, type: text, label: part {number}}}]}}\n"
MAIN = """\
id: main
nodes:
  - {{id: a, type: form, fields: [{{name: x, type: text, label: main {number}}}]}}
  - {{id: inner, type: workflow, workflow: part}}
  - {{id: c, type: form, fields: [{{name: x, type: text, label: main {number}}}]}}
  - {{id: done, type: end, title: main {number}}}
"""


@dataclass
class Period:
    """When a version of `main` was deployed. `labels` are what it asks, step by step."""

    version: str
    labels: tuple[str, ...]
    since: float
    until: float = float("inf")


class Deployer:
    """Deploys `part` and `main` in turn, and revokes now and then, each time through another server."""

    def __init__(self, session: aiohttp.ClientSession, addresses: list[str], chance: random.Random) -> None:
        self._session, self._addresses, self._chance = session, addresses, chance
        self._labels: dict[str, tuple[str, ...]] = {}
        self.history: list[Period] = []
        self.done = 0

    async def deploys(self, number: int) -> None:
        revision = f'"{number - 1}"'
        for workflow, text in (("part", PART), ("main", MAIN)):
            headers = {"If-Match": revision} if number > 1 else {"If-None-Match": "*"}
            await self._asks("PUT", workflow, "draft", {"text": text.format(number=number)}, headers)
            began = time.monotonic()
            told = await self._asks("POST", workflow, "deploy", {})
            if workflow == "main":
                self._labels[told["version"]] = (f"main {number}", f"part {number}", f"main {number}")
                self._follows(told["version"], began)

    async def revokes(self) -> None:
        began = time.monotonic()
        self._follows((await self._asks("POST", "main", "revoke", {}))["version"], began)

    def _follows(self, version: str, began: float) -> None:
        """From the moment on in which it was asked for, it may be served; those before it until it was answered."""
        if self.history:
            self.history[-1].until = time.monotonic()
        self.history.append(Period(version, self._labels[version], began))
        self.done += 1

    async def _asks(self, method: str, workflow: str, what: str, body: Any, headers: Any = None) -> Any:
        url = f"{self._chance.choice(self._addresses)}/api/v1/admin/workflows/{workflow}/{what}"
        sent = {"Authorization": f"Bearer {KEY}", **(headers or {})}
        async with self._session.request(method, url, json=body, headers=sent) as answer:
            told = await answer.json()
            assert answer.status in (200, 201), told
        return told


@dataclass
class Ride:
    """What somebody met in a run."""

    version: str
    asked: float
    answered: float
    labels: list[str]


class Person:
    """Starts runs and answers them, at each step by another server."""

    def __init__(self, session: aiohttp.ClientSession, addresses: list[str], chance: random.Random) -> None:
        self._session, self._addresses, self._chance = session, addresses, chance
        self.rides: list[Ride] = []

    async def goes(self) -> None:
        asked = time.monotonic()
        run = await self._post("/runs", {"workflow": "main"}, 201)
        ride = Ride(run["version"], asked, time.monotonic(), [])
        headers = {"Authorization": f"Bearer {run['token']}"}
        for _ in range(3):
            await asyncio.sleep(self._chance.random() * 0.2)
            [field] = run["current"]["fields"]
            ride.labels.append(field["label"])
            body = {"step": run["current"]["step"], "answers": {"x": field["label"]}}
            run = await self._post(f"/runs/{run['id']}/next", body, 200, headers)
            assert run["version"] == ride.version
        assert run["status"] == "completed", run
        assert [run["answers"]["a"]["x"], run["answers"]["inner"]["b"]["x"], run["answers"]["c"]["x"]] == ride.labels
        self.rides.append(ride)

    async def _post(self, path: str, body: Any, status: int, headers: Any = None) -> Any:
        url = f"{self._chance.choice(self._addresses)}/api/v1{path}"
        async with self._session.post(url, json=body, headers=headers) as answer:
            told = await answer.json()
            assert answer.status == status, told
        return told


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[str]]:
    with fresh_database() as url, ExitStack() as ended:
        addresses = []
        for number in range(SERVERS):
            folder = tmp_path / str(number)
            folder.mkdir()
            settings = {"WIZARD_ADMIN_KEY": KEY, "WIZARD_API_START_RATE": "1000000"}
            started = process(folder, "--store", url, by=command(), **settings)
            addresses.append(ended.enter_context(started).address)
        yield addresses


async def test_runs_keep_to_their_version_while_others_are_deployed(servers: list[str], fuzz_seed: int) -> None:
    """Whoever is asked half of one version and half of another gives answers that fit neither; whoever begins on what
    was taken back long ago meets the mistake that it was taken back for."""
    async with aiohttp.ClientSession() as session:
        chance = random.Random(fuzz_seed)
        deployer = Deployer(session, servers, chance)
        await deployer.deploys(1)
        await until(lambda: serve(session, servers))
        people = [Person(session, servers, random.Random(fuzz_seed + n)) for n in range(PEOPLE)]

        async def deploys() -> None:
            number = 1
            while deployer.done < DEPLOYMENTS:
                if number > 1 and chance.random() < 0.2 and deployer.history[-1].version != deployer.history[0].version:
                    await deployer.revokes()
                else:
                    number += 1
                    await deployer.deploys(number)
                if deployer.done % 3 == 0:  # slow people meet several versions too
                    newest = deployer.history[-1].version
                    while not any(person.rides and person.rides[-1].version == newest for person in people):
                        await asyncio.sleep(0.005)

        deploying = asyncio.ensure_future(deploys())

        async def rides(person: Person) -> None:
            while not deploying.done():
                await person.goes()

        await asyncio.gather(deploying, *map(rides, people))
        late = LATE + 2 * max(ride.answered - ride.asked for person in people for ride in person.rides)
        for person in people:
            assert person.rides
            for ride in person.rides:
                check(ride, deployer.history, late)
        assert len({ride.version for person in people for ride in person.rides}) > DEPLOYMENTS / 6


async def serve(session: aiohttp.ClientSession, addresses: list[str]) -> bool:
    """Whether all servers have what was deployed first."""
    for address in addresses:
        async with session.get(f"{address}/api/v1/workflows") as answer:
            if "main" not in {each["id"] for each in await answer.json()}:
                return False
    return True


def check(ride: Ride, history: list[Period], late: float) -> None:
    labels = {period.version: period.labels for period in history}
    assert tuple(ride.labels) == labels[ride.version], "half of another version"
    assert any(
        period.version == ride.version and period.since <= ride.answered and period.until + late >= ride.asked
        for period in history
    ), f"{ride} began on what wasn't deployed then"
