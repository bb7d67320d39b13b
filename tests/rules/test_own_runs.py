"""Who is signed in finds the runs that they have begun, and nobody else does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from typer.testing import CliRunner
from yarl import URL

from tests.visitor import visiting
from wizard.app import open_store, wizard_app
from wizard.channels.http.identities import Identity
from wizard.channels.web.own_runs import AT_ONCE
from wizard.cli.main import app as command
from wizard.engine import Engine
from wizard.settings import Settings
from wizard.stores.contract import RunPlace
from wizard.testing import MovableClock, make_test_engine

VISA = {
    "id": "visa",
    "title": "Apply for a visa",
    "expires_after": "2d",
    "nodes": [{"id": "name", "type": "form", "fields": [{"name": "name"}]}],
}
PET = {"id": "pet", "title": "Register a pet", "nodes": [{"id": "kind", "type": "form", "fields": [{"name": "kind"}]}]}
PEOPLE = {"ann": Identity("ann", name="Ann"), "bob": Identity("bob"), "a visit": Identity(session_id="s")}


def identify(request: web.Request) -> Identity | None:
    return PEOPLE.get(request.headers.get("X-Person", ""))


@asynccontextmanager
async def hosting(engine: Engine, **more: Any) -> AsyncIterator[TestClient[Any, Any]]:
    app = wizard_app(engine, settings=Settings(jobs=0), **({"identify": identify} | more))
    async with TestClient(TestServer(app), cookie_jar=DummyCookieJar()) as client:
        yield client


async def listed(client: TestClient[Any, Any], who: str, path: str = "/api/v1/runs") -> tuple[int, Any, str]:
    """The status, the runs or the problem, and the address of those that follow."""
    async with client.get(path, headers={"X-Person": who}) as response:
        following = response.links.get("next")
        rest = URL(str(following["url"])).relative() if following else ""
        return response.status, await response.json(content_type=None), str(rest)


async def begun() -> tuple[Engine, list[str]]:
    """Three runs of Ann's, one of Bob's, one of nobody's; the ids of Ann's, newest first."""
    clock = MovableClock()
    engine = await make_test_engine(VISA, PET, clock=clock)
    ids = []
    for workflow, owner in (("visa", "ann"), ("pet", "bob"), ("pet", "ann"), ("visa", None), ("visa", "ann")):
        run = await engine.start(workflow, profile_id=owner)
        clock.move(minutes=1)
        ids += [run.id] if owner == "ann" else []
    await engine.next(ids[1], {"kind": "A cat of Ann's"}, step="kind")
    return engine, ids[::-1]


async def test_a_person_has_a_list_of_what_they_began() -> None:
    """Ann comes back on another device: without the address of a run she would have to begin anew."""
    engine, ids = await begun()
    async with hosting(engine) as client:
        status, lines, following = await listed(client, "ann")
        assert (status, [line["id"] for line in lines], following) == (200, ids, "")
        assert lines[1] == {
            "id": ids[1],
            "workflow": "pet",
            "title": "Register a pet",
            "status": "completed",
            "created_at": "2026-01-15T12:02:00+00:00",
            "updated_at": "2026-01-15T12:05:00+00:00",
        }
        assert [line["status"] for line in lines] == ["waiting", "completed", "waiting"]
        assert [line["workflow"] for line in (await listed(client, "bob"))[1]] == ["pet"]


async def test_the_list_is_read_in_pages() -> None:
    """Somebody with thousands of runs gets them bit by bit; another's id leads nowhere."""
    engine, ids = await begun()
    others = (await engine.runs_of("bob")).lines
    async with hosting(engine) as client:
        _, lines, following = await listed(client, "ann", "/api/v1/runs?limit=2")
        assert [line["id"] for line in lines] == ids[:2]
        _, lines, following = await listed(client, "ann", following)
        assert ([line["id"] for line in lines], following) == (ids[2:], "")
        of_bob = URL("/api/v1/runs").with_query(before=str(RunPlace(others[0].created_at, others[0].id)))
        assert {line["id"] for line in (await listed(client, "ann", str(of_bob)))[1]} <= set(ids)
        for wrong in (
            "limit=0",
            "limit=101",
            "limit=x",
            "before=",
            "before=%00",
            "before=nobody",
            f"before={'9' * 18}.x",
            "before=-1.%0A",
        ):
            assert (await listed(client, "ann", f"/api/v1/runs?{wrong}"))[0] == 400


@pytest.mark.parametrize("who", ["", "a visit"])
async def test_who_is_not_signed_in_has_no_list(who: str) -> None:
    """There is nobody whose runs these could be; nor where the host doesn't say who is who."""
    engine, _ = await begun()
    async with hosting(engine) as client:
        status, told, _ = await listed(client, who, "/api/v1/runs?profile=ann&profile_id=ann")
        assert (status, told["type"]) == (403, "urn:wizard:problem:not-allowed")
        async with client.get("/runs?profile_id=ann", headers={"X-Person": who}) as response:
            text = await response.text()
        assert (response.status, "Sign in to see your forms" in text, "visa" in text) == (403, True, False)
    async with hosting(engine, identify=None) as client:
        assert (await listed(client, "ann"))[0] == 405
        async with client.get("/runs", headers={"X-Person": "ann"}) as response:
            assert response.status == 404


async def test_the_page_leads_to_each_run() -> None:
    """From the first page to the list to the page where she left."""
    engine, _ = await begun()
    app = wizard_app(engine, settings=Settings(jobs=0), identify=lambda request: PEOPLE["ann"])
    async with visiting(app) as visitor:
        await visitor.opens("/")
        await visitor.follows("Your forms")
        page = visitor.page
        assert (page.heading, page.status) == ("Your forms", 200)
        assert "Not finished yet Started on 15 January 2026, 12:04 Register" in page.text
        assert "Complete Started on 15 January 2026, 12:02 Last changed on 15 January 2026, 12:05" in page.text
        assert "A cat of Ann's" not in page.html
        await visitor.follows("Apply for a visa, started on 15 January 2026, 12:04")
        assert (visitor.page.path.rpartition("/")[2], visitor.page.status) == ("name", 200)


async def test_the_page_has_pages() -> None:
    """The newest are on the first, and each has a way to the others."""
    clock = MovableClock()
    engine = await make_test_engine(PET, clock=clock)
    for _ in range(AT_ONCE + 1):
        clock.move(minutes=1)
        await engine.start("pet", profile_id="ann")
    app = wizard_app(engine, settings=Settings(jobs=0), identify=lambda request: PEOPLE["ann"])
    async with visiting(app) as visitor:
        await visitor.opens("/runs")
        assert visitor.page.html.count('class="wz-card"') == AT_ONCE
        await visitor.follows("Earlier ones")
        assert visitor.page.html.count('class="wz-card"') == 1
        assert "12:01" in visitor.page.text
        await visitor.follows("The newest ones")
        assert "Earlier ones" in visitor.page.links
        for nonsense in ("nobody", "", "%00", "x" * 300):
            await visitor.opens(f"/runs?before={nonsense}")
            assert (visitor.page.status, visitor.page.heading) == (400, "This part of the list can't be shown")
        await visitor.follows("See your forms")
        assert visitor.page.status == 200


async def test_a_list_goes_on_behind_a_run_that_is_gone() -> None:
    """She looks at her list on the telephone while the last run of the page expires and is deleted: the others are
    still hers. A list that has no more says so, also where it ends with a full page."""
    engine, ids = await begun()
    async with hosting(engine) as client:
        _, _, following = await listed(client, "ann", "/api/v1/runs?limit=2")
        await engine.delete(ids[1])
        _, lines, end = await listed(client, "ann", following)
        assert ([line["id"] for line in lines], end) == (ids[2:], "")
        _, lines, end = await listed(client, "ann", "/api/v1/runs?limit=2")
        assert ([line["id"] for line in lines], end) == ([ids[0], ids[2]], "")


async def test_a_workflow_that_is_gone_has_its_id_for_a_title() -> None:
    """What was begun is still there when the form isn't offered any more."""
    engine, ids = await begun()
    fewer = Engine((await make_test_engine(PET)).definitions, engine.store)
    lines = (await fewer.runs_of("ann", limit=1000)).lines
    assert (lines[0].id, lines[0].title) == (ids[0], "visa")


async def stored_at(url: str) -> str:
    """A run of Ann's, whose id this gives, and one of Bob's."""
    store = open_store(url)
    await store.open()
    engine = await make_test_engine(PET, store=store)
    mine = await engine.start("pet", profile_id="ann")
    await engine.start("pet", profile_id="bob")
    await engine.close()
    await store.close()
    return mine.id


def test_an_operator_lists_a_persons_runs(tmp_path: Path) -> None:
    """Ann calls, and asks for everything that is stored of her."""
    url = f"sqlite:///{tmp_path / 'runs.db'}"
    mine = asyncio.run(stored_at(url))
    told = CliRunner().invoke(command, ["runs", "list", "--profile", "ann", "--json", "--store", url])
    assert [each["id"] for each in json.loads(told.output)] == [mine]
