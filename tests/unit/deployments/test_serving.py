"""A process serves what is deployed in its store, from the moment on in which it is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest
from aiohttp.test_utils import TestClient, TestServer

import wizard.stores.following
from tests.patience import until
from tests.unit.deployments.test_staging import Office
from tests.unit.deployments.texts import ORDER, PASSPORT
from wizard.app import wizard_app
from wizard.deployments.serving import DeployedDefinitions, following
from wizard.errors import DataUnreadable, StoreError, WorkflowNotFound
from wizard.settings import Settings

CALLING = "id: calling\nnodes: [{id: call, type: python, function: ring}, {id: end_page, type: end}]\n"


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    """Whose processes look at what is deployed again and again, with hardly a pause."""
    monkeypatch.setattr(wizard.stores.following, "INTERVAL", 0.001)
    return Office()


async def puts(office: Office, workflow: str, text: str) -> None:
    """A workflow that wasn't there is deployed."""
    await office.saves(text, workflow=workflow)
    await office.deploys(workflow)


def fails(error: Exception) -> Callable[..., Awaitable[None]]:
    async def failing(*_: object) -> None:
        raise error

    return failing


def numbers(served: DeployedDefinitions) -> dict[str, str]:
    return {workflow.id: workflow.version for workflow in served.all_workflows()}


def test_servers_look_each_second() -> None:
    """Whoever deploys tries it at once: they would take the old version for the new one."""
    assert wizard.stores.following.INTERVAL <= 1.0


async def test_what_is_deployed_is_served_without_anybody_asking_for_it(office: Office) -> None:
    """A deployment, the next one, and back: servers that run since yesterday follow."""
    await office.saves(PASSPORT)
    await office.deploys()
    async with following(office.served):
        first = numbers(office.served)["passport"]
        await office.saves(PASSPORT.replace("Name", "Your name"), 1)
        await office.deploys()
        await until(lambda: numbers(office.served)["passport"] != first)
        await office.revokes()
        await until(lambda: numbers(office.served)["passport"] == first)


async def test_a_store_that_is_away_is_told_once_and_outlived(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A database is restarted at noon: people go on, the log has two lines, and the deployment at one is followed."""
    caplog.set_level(logging.INFO, "wizard.deployments")
    await office.saves(PASSPORT)
    await office.deploys()
    async with following(office.served):
        before = numbers(office.served)
        looked: list[int] = []

        async def away() -> int:
            looked.append(1)
            raise StoreError

        with monkeypatch.context() as broken:
            broken.setattr(office.store.stages, "stamp", away)
            await until(lambda: len(looked) > 5)
            assert numbers(office.served) == before
        await office.saves(PASSPORT.replace("Name", "Your name"), 1)
        await office.deploys()
        await until(lambda: numbers(office.served) != before)
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(said) == 2
    assert "what was before is served" in said[0]
    assert "again" in said[1]


async def test_a_store_that_is_away_at_the_start_is_an_error(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that starts and serves nothing would be given people."""
    monkeypatch.setattr(office.store.stages, "stamp", fails(StoreError()))
    with pytest.raises(StoreError):
        async with following(office.served):
            pass


async def test_a_definition_that_cant_be_read_yet_is_looked_for_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks between two statements: the workflow must not be gone until the next deployment."""
    await office.saves(PASSPORT)
    await office.deploys()
    with monkeypatch.context() as broken:
        broken.setattr(office.store, "definition", fails(StoreError()))
        with pytest.raises(StoreError):
            await office.served.refresh()
        assert numbers(office.served) == {}
    assert await office.served.refresh()
    assert "passport" in numbers(office.served)


async def test_what_cant_be_used_is_left_out_and_named(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One damaged row, or one that somebody put in another's place, stops only what is in it."""
    await office.saves(PASSPORT)
    await office.deploys()
    await puts(office, "taxi", "id: taxi\nnodes: [{id: done, type: end}]\n")
    bodies = {
        version.workflow: await office.store.definition(version.version)
        for version in await office.store.stages.deployed()
    }
    passport, taxi = (each.version for each in await office.store.stages.deployed())

    async def damaged(version: str) -> bytes | None:
        if version == passport:
            raise DataUnreadable
        return bodies["taxi"]

    async def exchanged(version: str) -> bytes | None:
        return bodies["taxi"]

    for definition in (damaged, exchanged):
        caplog.clear()
        served = DeployedDefinitions(office.store, office.registry)
        monkeypatch.setattr(office.store, "definition", definition)
        await served.refresh()
        assert numbers(served) == {"taxi": taxi}
        assert "version 1 of workflow passport can't be served" in caplog.text
        with pytest.raises(WorkflowNotFound):
            served.get("passport")


async def test_an_application_serves_what_is_deployed(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """A run keeps the version that it began with; the next one begins with what is deployed then. What a new version
    needs of the application is in the log before anybody meets it."""
    await office.saves(PASSPORT)
    await office.deploys()
    app = wizard_app(office.served, settings=Settings(jobs=0))
    async with TestClient(TestServer(app)) as client:

        async def starts() -> dict[str, str]:
            answer = await client.post("/api/v1/runs", json={"workflow": "passport"})
            assert answer.status == 201
            run: dict[str, str] = await answer.json()
            return run

        first = await starts()
        await office.saves(PASSPORT.replace("label: Name", "label: Your name"), 1)
        await office.deploys()
        await puts(office, "calling", CALLING)
        await until(lambda: "calling" in numbers(office.served))
        second = await starts()
        assert second["version"] != first["version"]
        moved = await client.post(
            f"/api/v1/runs/{first['id']}/next",
            json={"step": "who", "answers": {"name": "Ann"}},
            headers={"Authorization": f"Bearer {first['token']}"},
        )
        assert {key: (await moved.json())[key] for key in ("status", "version")} == {
            "status": "completed",
            "version": first["version"],
        }
        assert "calls the function ring" in caplog.text
        assert "calling" in await (await client.get("/")).text()


async def test_one_look_takes_all_or_nothing(office: Office) -> None:
    """A part and what embeds it: whoever reads the list in the middle gets both of before or both of after."""
    await office.saves(PASSPORT)
    await office.deploys()
    await puts(office, "order", ORDER)
    async with following(office.served):
        seen = {tuple(sorted(numbers(office.served).items()))}
        await office.saves(PASSPORT.replace("Name", "Your name"), 1)
        await office.deploys()
        await office.deploys("order")
        last = {each.workflow: each.version for each in await office.store.stages.deployed()}
        while numbers(office.served) != last:
            await asyncio.sleep(0)
            seen.add(tuple(sorted(numbers(office.served).items())))
    assert all({name for name, _ in each} == {"order", "passport"} for each in seen)
