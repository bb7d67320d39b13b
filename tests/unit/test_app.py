"""Putting it together: stores by URL, engines, and an application that others mount."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from wizard.app import Identity, clock_of, load_catalog, make_engine, open_store, sqlite_path, wizard_app
from wizard.errors import DefinitionError, SettingsError, StoreError
from wizard.settings import Settings
from wizard.stores.memory import MemoryStore
from wizard.stores.postgres import PostgresStore
from wizard.stores.sqlite import SqliteStore
from wizard.testing import Person, make_test_engine

ONE = "id: one\ntitle: One\nnodes: [{id: ask, type: form, fields: [{name: colour, type: text}]}]\n"
CALLING = "id: calling\nnodes: [{id: call, type: python, function: ring}, {id: end_page, type: end}]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "definitions").mkdir()
    (tmp_path / "definitions" / "one.yaml").write_text(ONE)
    return tmp_path


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///runs.db", "runs.db"),
        ("sqlite:///a/runs.db", "a/runs.db"),
        ("sqlite:////var/lib/runs.db", "/var/lib/runs.db"),
        ("sqlite:runs.db", "runs.db"),
        ("sqlite:/var/lib/runs.db", "/var/lib/runs.db"),
    ],
)
def test_a_sqlite_url_names_a_file(url: str, path: str) -> None:
    """Four slashes are a path from the root, as in every other tool; one off would be another file."""
    assert sqlite_path(url) == Path(path)
    assert isinstance(open_store(url), SqliteStore)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:",
        "sqlite:///",
        "sqlite://host/x",
        "sqlite://runs.db",
        "sqlite:///:memory:",
        "sqlite:a\0b",
        "redis://u:secret@x",
        "",
        "runs.db",
    ],
)  # fmt: skip
def test_a_url_that_names_no_store_is_refused_without_its_secrets(url: str) -> None:
    """A typing error must not become a file of that name; and the message goes to logs."""
    with pytest.raises(SettingsError) as caught:
        open_store(url)
    assert "secret" not in caught.value.message
    assert "sqlite:" in caught.value.message


def test_memory_is_a_store() -> None:
    """For trials."""
    assert isinstance(open_store("memory:"), MemoryStore)
    assert sqlite_path("memory:") is None


def test_the_clock_is_in_the_settings_time_zone() -> None:
    """`today()` in Zurich isn't the day it still is in London."""
    assert clock_of(Settings(timezone="Asia/Kolkata"))().utcoffset() == timedelta(hours=5, minutes=30)


async def test_an_engine_calls_the_hosts_functions(tmp_path: Path) -> None:
    """`python` nodes find them by name."""
    (tmp_path / "calling.yaml").write_text(CALLING)
    store = MemoryStore()
    await store.open()
    rung: list[int] = []
    engine = make_engine(load_catalog(tmp_path / "calling.yaml"), store, functions={"ring": lambda: rung.append(1)})
    assert (await Person.starts(engine, "calling")).completed
    assert rung == [1]
    await engine.close()


async def test_another_application_mounts_it_in_five_lines(folder: Path) -> None:
    """The five lines of the documentation, and a run over them."""
    app = web.Application()
    app.add_subapp("/forms/", wizard_app(folder / "definitions", store=f"sqlite:///{folder}/runs.db"))
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/forms/")
        assert answer.content_type == "text/html"
        assert 'href="/forms/w/one"' in await answer.text()
        assert (await client.get("/forms/api/v1/openapi.json")).status == 200
        created = await client.post("/forms/api/v1/runs", json={"workflow": "one"})
        assert created.status == 201
        run = await created.json()
        moved = await client.post(
            f"/forms/api/v1/runs/{run['id']}/next",
            json={"step": "ask", "answers": {"colour": "blue"}},
            headers={"Authorization": f"Bearer {run['token']}"},
        )
        assert (await moved.json())["status"] == "completed"
    assert (folder / "runs.db").exists()


async def test_the_store_is_open_while_it_runs_and_closed_after(folder: Path) -> None:
    """A store that stays open keeps its file locked; one that is closed too early loses requests."""
    store = SqliteStore(folder / "runs.db")
    app = wizard_app([folder / "definitions" / "one.yaml"], store=store, settings=Settings())
    with pytest.raises(StoreError):
        await store.revision("x")
    async with TestClient(TestServer(app)):
        assert await store.revision("x") is None
    with pytest.raises(StoreError):
        await store.revision("x")


async def test_a_hosts_own_engine_is_served_and_left_open(folder: Path) -> None:
    """The host uses it itself, and closes its store when it is done with it."""
    engine = await make_test_engine(ONE)
    async with TestClient(TestServer(wizard_app(engine))) as client:
        created = await client.post("/api/v1/runs", json={"workflow": "one"})
        run_id = (await created.json())["id"]
    assert (await engine.load(run_id)).step == "ask"


async def test_a_catalog_is_served_as_it_is(folder: Path) -> None:
    """Loaded and looked at before, for instance to see its warnings."""
    app = wizard_app(load_catalog(str(folder / "definitions")))
    async with TestClient(TestServer(app)) as client:
        assert 'href="/w/one"' in await (await client.get("/")).text()


async def test_a_host_hands_over_its_people_templates_and_theme(folder: Path) -> None:
    """What the pages are to look like, and who is who, in the call that mounts them."""
    (folder / "list.html").write_text("<!DOCTYPE html><title>Mine</title>")
    (folder / "own.css").write_text("main { color: red }")
    app = wizard_app(
        folder / "definitions",
        templates=str(folder),
        theme=folder / "own.css",
        identify=lambda request: Identity("profile-ann"),
    )
    async with TestClient(TestServer(app)) as client:
        assert "Mine" in await (await client.get("/")).text()
        created = await client.post("/api/v1/runs", json={"workflow": "one", "profile_id": "profile-bob"})
        assert created.status == 403


def test_a_wrong_definition_is_said_at_once(folder: Path) -> None:
    """Not at the first request, at night."""
    (folder / "definitions" / "bad.yaml").write_text("id: bad\nnodes: []\n")
    with pytest.raises(DefinitionError):
        wizard_app(folder / "definitions")
    with pytest.raises(SettingsError):
        wizard_app(folder / "definitions" / "one.yaml", store="redis:x")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_a_database_url_names_a_postgres_store(scheme: str) -> None:
    """Both names of the scheme are common; nothing is connected before the store is opened."""
    assert isinstance(open_store(f"{scheme}://nobody@db.invalid/forms"), PostgresStore)
