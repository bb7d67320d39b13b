"""Services that offer node types, over HTTP: registered, found in the catalogue, used, looked at and removed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tests.remote_service import SCORE, Json, Service, serving
from tests.unit.channels.admin.office import KEY, Office, working
from wizard.settings import Settings
from wizard.stores.blobs.vault import KeyRing, new_key
from wizard.stores.sqlite import SqliteStore

SETTINGS = Settings(admin_key=SecretStr(KEY), jobs=0, allow_private_addresses=True)
PATH = "/remote-nodes"
DRAFT = 'id: order\nnodes:\n  - {id: score, type: shop.score, total: 20, country: "{{ input.country }}"}\n'


def wanted(service: Service, **more: Any) -> Json:
    return {"type": "shop.score", "url": service.url, "secret": service.secret, **more}


@asynccontextmanager
async def shop(**said: Any) -> AsyncIterator[tuple[Office, Service]]:
    """An office, and a service that describes itself."""
    async with serving(Service({**SCORE, **said})) as service, working(settings=SETTINGS) as office:
        yield office, service


async def test_from_registering_a_service_to_its_page_form_and_checks() -> None:
    """A service is found, read and configured as every node type is, without a restart; and its secret is told once."""
    async with shop() as (office, service):
        told = await office.key.asks("POST", PATH, 201, wanted(service))
        assert told["secret"] == service.secret
        assert (await office.key.asks("GET", f"{PATH}/shop.score/health"))["healthy"]
        for path in (PATH, f"{PATH}/shop.score", "/node-types/shop.score", "/audit"):
            await office.key.asks("GET", path)
            assert service.secret not in await office.key.answer.text()
        (line,) = await office.vic.asks("GET", "/node-types?q=shop.score")
        assert (line["type"], line["title"], line["ports"]) == ("shop.score", "Score an order", ["risky"])
        full = await office.vic.asks("GET", "/node-types/shop.score")
        assert [(field["name"], field["label"]) for field in full["form"]["fields"]] == [
            ("total", "Total"),
            ("country", "Country"),
            ("reads", "Further values"),
        ]
        assert "It asks nobody." in full["documentation"]
        assert full["outputs"] == ["score"]
        problem = await office.ann.is_refused(
            422, "configuration-refused", "POST", "/node-types/shop.score/validate", {"config": {"country": "ch"}}
        )
        assert problem["errors"].keys() == {"total"}
        (problem_of_draft,) = await office.ann.draws(
            {"id": "order", "nodes": [{"id": "score", "type": "shop.score", "total": 1, "country": "ch"}]}, "order"
        )
        assert "`country` must match" in problem_of_draft
        (unknown,) = await office.ann.saves(DRAFT.replace("input.country", "nobody.country"), "order")
        assert "nobody" in unknown
        page = await office.client.get("/docs/nodes/shop.score", headers={"X-User": "vic"})
        assert (page.status, "Says how likely an order" in await page.text()) == (200, True)


async def test_a_secret_is_made_where_none_is_given_and_stays() -> None:
    """Without one in hand, whoever registers gets one; who moves the service needs no new one."""
    async with shop() as (office, service):
        body = {"type": "shop.score", "url": service.url, "description": SCORE}
        made = (await office.key.asks("POST", PATH, 201, body))["secret"]
        assert made.startswith("whsec_")
        health = await office.key.asks("GET", f"{PATH}/shop.score/health")
        assert not health["healthy"]
        assert "refuses the signature" in health["problem"]
        again = await office.key.asks("POST", PATH, 201, {**body, "replace": True})
        assert (again["secret"], again["revision"]) == (made, 2)


async def test_whoever_registers_has_the_highest_roles() -> None:
    """A service is handed values of runs, and called by this server: that isn't everybody's to decide."""
    async with shop() as (office, service):
        for colleague in (office.vic, office.ann, office.dora, office.olga):
            await colleague.is_refused(403, "role-missing", "POST", PATH, wanted(service))
            await colleague.is_refused(403, "role-missing", "DELETE", f"{PATH}/shop.score")
        for colleague in (office.vic, office.ann, office.dora):
            await colleague.is_refused(403, "role-missing", "GET", PATH)
        assert await office.olga.asks("GET", PATH) == []
        await office.key.asks("POST", PATH, 201, wanted(service))
        (deed,) = await office.olga.asks("GET", "/audit")
        assert (deed["by"], deed["action"], deed["details"]["node_type"]) == ("admin key", "register", "shop.score")


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"title": ""}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"kind": "internal"}, "kind"),
        ({"ports": ["a b"]}, "ports.0"),
        ({"ports": ["a", "a"]}, "ports"),
        ({"outputs": ["not a name"]}, "outputs.0"),
        ({"schema": {"type": "object", "properties": {"next": {}}}}, "schema"),
        ({"schema": {"type": "object", "properties": {"a": {"type": "text"}}}}, "schema"),
        ({"schema": {"$ref": "https://example.org"}}, "schema"),
        ({"example": {"country": "CH"}}, "total"),
        ({"example": {"total": 1, "country": "ch"}}, "country"),
        ({"documentation": "x" * 30_000}, "documentation"),
        ({"extra": 1}, "extra"),
        ({"kind": "foreground", "slow": True}, "slow"),
    ],
)
async def test_what_a_service_says_wrongly_is_told_by_its_place(said: Json, place: str) -> None:
    """Later it would fail where somebody configures a node, or in a run."""
    async with shop(**said) as (office, service):
        problem = await office.key.is_refused(422, "remote-node-refused", "POST", PATH, wanted(service))
        assert list(problem["errors"]) == [place]
        assert await office.key.asks("GET", PATH) == []


async def test_what_cant_be_registered() -> None:
    """Names that are taken, addresses that lead nowhere, secrets with a slip."""
    async with shop() as (office, service):
        for more in (
            {"type": "form"},
            {"type": "no name"},
            {"url": "ftp://example.org"},
            {"url": "https://user@example.org/"},
            {"url": "https://example.org/?a=1"},
            {"secret": "whsec_short"},
            {"url": "http://127.0.0.1:1/"},
        ):
            problem = await office.key.is_refused(422, "remote-node-refused", "POST", PATH, wanted(service, **more))
            assert service.secret not in str(problem)
        await office.key.asks("POST", PATH, 201, wanted(service))
        await office.key.is_refused(422, "remote-node-refused", "POST", PATH, wanted(service))
        await office.key.is_refused(404, "remote-node-not-found", "DELETE", f"{PATH}/nope")
        await office.key.is_refused(404, "remote-node-not-found", "GET", f"{PATH}/nope")
        await office.key.is_refused(404, "remote-node-not-found", "GET", f"{PATH}/nope/health")


async def test_a_store_that_isnt_encrypted_takes_no_secret(tmp_path: Path) -> None:
    """The secret would lie in every backup. Whoever registers hears what to do."""
    store = SqliteStore(tmp_path / "runs.db")
    async with serving(Service(SCORE)) as service, working(settings=SETTINGS, store=store) as office:
        problem = await office.key.is_refused(409, "not-encrypted", "POST", PATH, wanted(service))
        assert "wizard keys new" in problem["detail"]


async def test_the_service_is_asked_about_a_configuration() -> None:
    """What no schema can say, the service does; one that is away holds up no editor."""
    async with shop() as (office, service):
        await office.key.asks("POST", PATH, 201, wanted(service))
        service.answer = lambda name, sent: {"errors": {"country": "is closed"}}
        body = {"config": {"total": 1, "country": "CH"}}
        path = "/node-types/shop.score/validate"
        problem = await office.ann.is_refused(422, "configuration-refused", "POST", path, body)
        assert problem["errors"] == {"country": "is closed"}
        assert service.told("config")[0]["config"] == body["config"]
        for answer in ({"errors": 7}, {"errors": {}}, {}):
            service.answer = lambda name, sent, answer=answer: answer
            await office.ann.asks("POST", path, 200, body)


async def test_a_debug_run_calls_the_service_only_where_effects_are_allowed() -> None:
    """To try a draft must neither book nor pay anything."""
    async with shop() as (office, service):
        await office.key.asks("POST", PATH, 201, wanted(service))
        service.answer = lambda name, sent: {"output": {"score": 0.25}}
        await office.ann.draws({"id": "order", "nodes": [{"id": "score", "type": "shop.score", "total": 1}]}, "order")
        told = await office.dora.asks("POST", "/workflows/order/debug", 200, {})
        assert (told["trace"][0]["output"], service.told("next")) == ({"score": "0.5"}, [])
        told = await office.dora.asks("POST", "/workflows/order/debug", 200, {"effects": True})
        assert told["trace"][0]["output"] == {"score": "0.25"}
        assert len(service.told("next")) == 1


async def test_a_bundle_names_the_services_that_it_needs() -> None:
    """Where it is imported, somebody has to register them first, and is told which."""
    async with shop() as (office, service), working(settings=SETTINGS) as elsewhere:
        await office.key.asks("POST", PATH, 201, wanted(service))
        await office.ann.saves(DRAFT.replace('"{{ input.country }}"', "CH"), "order")
        bundle = await office.ann.asks("GET", "/workflows/order/export")
        assert bundle["needs"]["node_types"] == {"shop.score": "remote service 127.0.0.1"}
        problem = await elsewhere.ann.is_refused(409, "bundle-refused", "POST", "/workflows/import", {"bundle": bundle})
        assert "`wizard remote-nodes add`" in problem["hindrances"][0]


async def becomes(asked: Callable[[], Awaitable[bool]], wanted: bool) -> None:
    """Within a second, as the documentation has it; on a busy machine in some."""
    for _ in range(200):
        if await asked() is wanted:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("nothing changed")


async def test_every_process_that_shares_the_store_hears_of_it(tmp_path: Path) -> None:
    """Whoever is behind the same address has another process each time."""
    ring = KeyRing.parse(new_key("a"))
    stores = [SqliteStore(tmp_path / "runs.db", ring) for _ in range(2)]
    async with (
        serving(Service(SCORE)) as service,
        working(settings=SETTINGS, store=stores[0]) as here,
        working(settings=SETTINGS, store=stores[1]) as there,
    ):
        await here.key.asks("POST", PATH, 201, wanted(service))

        async def known() -> bool:
            return bool(await there.vic.asks("GET", "/node-types?q=shop.score"))

        await becomes(known, True)
        path = f"/api/v1/admin{PATH}/shop.score"
        async with here.client.delete(path, headers=here.key.headers) as response:
            assert (response.status, await response.read()) == (204, b"")
        await becomes(known, False)
