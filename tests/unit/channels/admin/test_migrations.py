"""Live runs are moved to another version over HTTP: who may, and what is told."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.unit.channels.admin.office import Office, host, working
from tests.unit.deployments.texts import PASSPORT
from wizard.deployments.texts import read_text

MIGRATE = "/workflows/passport/migrate"


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    """Its server has what is deployed first from a file as well."""
    async with working(host, None, read_text(PASSPORT).data) as opened:
        yield opened


async def begins(office: Office) -> str:
    async with office.client.post("/api/v1/runs", json={"workflow": "passport"}) as response:
        run: str = (await response.json())["id"]
        return run


async def with_runs(office: Office, count: int = 1) -> list[str]:
    """So many people are at the first page; then the version is another one, with another word on it."""
    await office.ann.saves(PASSPORT)
    await office.dora.deploys()
    runs = [await begins(office) for _ in range(count)]
    await office.ann.saves(PASSPORT.replace("Name", "Your name"))
    await office.dora.deploys()
    return runs


async def test_a_dry_run_says_what_would_become_of_each_run(office: Office) -> None:
    """Whoever decides sees it before it is done, and whoever may only look may look at that too."""
    (run,) = await with_runs(office)
    for _ in range(2):
        page = await office.vic.asks("POST", MIGRATE, body={"dry_run": True})
        assert (page["number"], page["continue"], page["ask"], page["stuck"], page["moved"]) == (2, 1, 0, 0, 0)
        (line,) = page["runs"]
        assert (line["id"], line["result"], line["why"]) == (run, "continue", "")
        assert line["at"] == line["then"]


async def test_a_deployer_migrates_and_takes_it_back(office: Office) -> None:
    """The audit says who did it and why."""
    (run,) = await with_runs(office)
    page = await office.dora.asks("POST", MIGRATE, body={"dry_run": False, "note": "Mended"})
    assert [line["id"] for line in page["runs"]] == [run]
    assert (await office.dora.asks("POST", MIGRATE, body={"dry_run": False}))["runs"] == []
    back = await office.dora.asks("POST", MIGRATE, body={"dry_run": False, "back": True})
    assert (back["number"], back["continue"]) == (None, 1)
    first, second, *_ = await office.olga.asks("GET", "/audit")
    assert (second["action"], second["by"], second["note"]) == ("migrate", "dora", "Mended")
    assert (second["details"]["number"], second["details"]["continue"]) == (2, 1)
    assert first["details"]["back"] is True


async def test_whoever_may_not_deploy_may_not_migrate(office: Office) -> None:
    """It changes what people are asked, as a deployment does."""
    await with_runs(office)
    for person in (office.vic, office.ann, office.olga):
        problem = await person.is_refused(403, "role-missing", "POST", MIGRATE, {"dry_run": False})
        assert problem["role"] == "deployer"
        await person.asks("POST", MIGRATE, body={"dry_run": True})


async def test_runs_come_in_pages(office: Office) -> None:
    """Ten thousand runs don't fit into one answer; each page leads to the next one."""
    runs = await with_runs(office, 5)
    seen: list[str] = []
    path = MIGRATE + "?limit=2"
    while path:
        page = await office.dora.asks("POST", path, body={"dry_run": False})
        seen += [line["id"] for line in page["runs"]]
        link = office.dora.answer.headers.get("Link", "")
        found = re.search(r"<.*?(/workflows/[^>]+)>", link)
        path = found[1] if found else ""
    assert sorted(seen) == sorted(runs)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"dry_run": "yes"},
        {"dry_run": True, "to": 0},
        {"dry_run": True, "nodes": {"a": 1}},
        {"dry_run": True, "nodes": {"who": "nobody"}},
        {"dry_run": True, "back": True, "to": 1},
        {"dry_run": True, "nodes": {f"n{number}": "x" for number in range(1001)}},
        {"dry_run": True, "more": 1},
    ],
)
async def test_what_cannot_be_meant_is_refused(body: dict[str, Any], office: Office) -> None:
    """A slip moves nobody's run."""
    await with_runs(office)
    problem = await office.dora.is_refused(400, "invalid-request", "POST", MIGRATE, body)
    assert problem["detail"]


async def test_a_page_that_there_is_not_and_a_version_that_there_is_not(office: Office) -> None:
    """Each is told apart, so that a program knows what to do."""
    await office.dora.is_refused(409, "nothing-deployed", "POST", MIGRATE, {"dry_run": True})
    await with_runs(office)
    await office.dora.is_refused(404, "version-not-found", "POST", MIGRATE, {"dry_run": True, "to": 7})
    await office.dora.is_refused(400, "invalid-request", "POST", MIGRATE + "?before=x", {"dry_run": True})
    await office.dora.is_refused(400, "invalid-request", "POST", MIGRATE + "?limit=1001", {"dry_run": True})
