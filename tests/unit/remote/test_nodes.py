"""Remote nodes in runs: what a service is sent, and what becomes of a run where it does anything but what it should."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from tests.remote_service import SCORE, SLOT, Json, Service, serving
from wizard.app import make_engine
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.engine.worker import working
from wizard.errors import DefinitionError, WorkflowUnavailable
from wizard.model import RunStatus
from wizard.model.staging import Deed
from wizard.node import Registry
from wizard.remote.directory import Directory
from wizard.remote.registering import RemoteRegistry, Wanted
from wizard.settings import Settings
from wizard.stores.memory import MemoryStore

ORDER: Json = {
    "id": "order",
    "nodes": [
        {"id": "order", "type": "form", "fields": [{"name": "total", "type": "decimal"}, {"name": "note"}]},
        {
            "id": "score",
            "type": "shop.score",
            "total": "{{ order.total }}",
            "next": {"risky": "slot"},
            "retry": {"attempts": 2, "backoff": "0s"},
        },
        {"id": "safe", "type": "end", "title": "{{ score.score }}"},
        {"id": "slot", "type": "shop.slot", "day": "today", "reads": ["order.total"]},
        {"id": "check", "type": "review", "title": "Check"},
        {"id": "done", "type": "end", "title": "{{ slot.slot }}"},
    ],
}
OTHER: Json = {"id": "other", "nodes": [{"id": "done", "type": "end", "title": "Fine"}]}


def answers(name: str, sent: Json) -> Any:
    """A service for both types that does what it should."""
    if name != "next":
        return {}
    if sent["type"] == "shop.score":
        return {"output": {"score": 0.5}, **({"port": "risky"} if sent["config"]["total"] > 100 else {})}
    fields = [{"name": "slot", "type": "choice", "label": "Slot", "choices": ["9:00", "10:00"]}]
    if sent["input"] is None:
        return {"prompt": {"title": "When?", "fields": fields}, "state": {"asked": 1}}
    if sent["input"]["slot"] == "10:00":
        return {"prompt": {"fields": [{**fields[0], "error": "Taken"}]}, "state": {"asked": 2}}
    return {"output": {"slot": sent["input"]["slot"]}}


class Shop:
    """A service that is registered for both types, and runs that use it."""

    def __init__(self, service: Service, engine: Engine, remote: RemoteRegistry) -> None:
        self.service = service
        self.engine = engine
        self.remote = remote

    async def orders(self, total: str = "120.5") -> RunView:
        run = await self.engine.start("order")
        return await self.engine.next(run, {"total": total, "note": "private"})

    async def other_runs_go_on(self) -> None:
        assert (await self.engine.start("other")).status is RunStatus.COMPLETED


@asynccontextmanager
async def shopping(
    answer: Callable[[str, Json], Any] = answers, *, private: bool = True, **settings: Any
) -> AsyncIterator[Shop]:
    store, registry = MemoryStore(), Registry.installed()
    directory = Directory(store, registry)
    known = Settings(allow_private_addresses=private, **settings)
    async with serving(Service(SCORE, answer)) as service:
        engine = make_engine(Catalog.empty(registry), store, known)
        remote = RemoteRegistry(store, directory, engine.services, engine.clock)
        for name, description in (("shop.score", SCORE), ("shop.slot", SLOT)):
            await remote.add(Wanted(name, service.url, service.secret, description), by="ann")
        await engine.close()
        engine = make_engine(Catalog.from_documents([ORDER, OTHER], registry), store, known)
        remote = RemoteRegistry(store, directory, engine.services, engine.clock)
        yield Shop(service, engine, remote)
        await engine.close()


async def test_a_service_is_sent_what_its_configuration_names_and_nothing_else() -> None:
    """What a person told the form is nobody's business else."""
    async with shopping() as shop:
        run = await shop.orders()
        assert run.current.title == "When?"
        run = await shop.engine.next(run, {"slot": "9:00"})
        assert run.current.step == "check"
        run = await shop.engine.next(run, {})
        assert run.status is RunStatus.COMPLETED
        score, first, second = shop.service.told("next")
        assert (score["config"], score["reads"]) == ({"total": 120.5}, {})
        assert (first["config"], first["reads"]) == ({"day": "today"}, {"order.total": 120.5})
        assert (first["input"], second["input"], second["state"]) == (None, {"slot": "9:00"}, {"asked": 1})
        assert len({sent["key"] for sent in (score, first, second)}) == 3
        assert "private" not in str(shop.service.calls)
        assert [sent["type"] for sent in shop.service.told("close")] == ["shop.score"]
        assert run.answers["slot"] == {"slot": "9:00"}


async def test_a_person_is_asked_again_and_comes_back() -> None:
    """What the service doesn't take is told beside its field; going back shows what was asked and answered last, and
    answering that once more goes on from there; a review lists it."""
    async with shopping() as shop:
        run = await shop.orders()
        run = await shop.engine.next(run, {"slot": "10:00"})
        assert [(field.value, field.error) for field in run.current.fields] == [("10:00", "Taken")]
        run = await shop.engine.next(run, {"slot": "11:00"})
        assert "must be one of the choices" in str(run.current.fields[0].error)
        assert len(shop.service.told("next")) == 3, "what our own checks refuse needs no service"
        run = await shop.engine.next(run, {"slot": "9:00"})
        items = [(item.label, item.value) for item in run.current.items]
        assert ("Slot", "9:00") in items
        run = await shop.engine.previous(run)
        assert [field.value for field in run.current.fields] == ["9:00"]
        assert len(shop.service.told("next")) == 4, "nothing runs because somebody goes back"
        run = await shop.engine.next(run, {"slot": "9:00"})
        assert run.current.step == "check"
        keys = [sent["key"] for sent in shop.service.told("next")]
        assert len(set(keys)) == len(keys), "an answer that comes again after another one counts, and is no repetition"


async def test_what_leaves_the_path_is_undone() -> None:
    """A slot that was booked for an order that isn't placed would be kept for nobody."""
    async with shopping() as shop:
        run = await shop.orders()
        run = await shop.engine.next(run, {"slot": "9:00"})
        run = await shop.engine.previous(await shop.engine.previous(run))
        run = await shop.engine.next(run, {"total": "20", "note": "private"})
        assert run.current.title == "0.5"
        score, slot = shop.service.told("remove")
        assert (slot["type"], slot["output"], slot["config"]) == ("shop.slot", {"slot": "9:00"}, {"day": "today"})
        assert (score["type"], score["output"], score["config"]) == ("shop.score", {"score": 0.5}, {"total": 120.5})
        assert "private" not in str(shop.service.calls)


async def hangs(request: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return web.Response()


def headers_of(request: web.Request) -> str:
    return f"re_{request.headers['webhook-id']}"


WRONG: dict[str, tuple[Callable[[Service], Callable[[web.Request], Any]], str]] = {
    "hangs": (lambda service: hangs, "didn't answer within 2 seconds"),
    "fails": (lambda service: lambda request: web.Response(status=500), "answered with the status 500"),
    "busy": (lambda service: lambda request: web.Response(status=503), "is busy"),
    "moved": (
        lambda service: lambda request: web.Response(status=307, headers={"Location": "http://169.254.169.254/"}),
        "sends to another address",
    ),
    "refuses": (lambda service: lambda request: web.Response(status=401), "refuses the signature"),
    "talks": (lambda service: lambda request: web.Response(body=b"x" * 10_000_000), "more than 1,000,000 bytes"),
    "unsigned": (lambda service: lambda request: web.json_response({"output": {}}), "it isn't signed"),
    "html": (lambda service: lambda request: signed(service, request, raw=b"<html>"), "isn't JSON"),
    "list": (lambda service: lambda request: signed(service, request, [1]), "is no object"),
    "deep": (lambda service: lambda request: signed(service, request, raw=b"[" * 5000), "isn't JSON"),
    "echo": (lambda service: echoes, "signed for another message"),
    "other secret": (
        lambda service: lambda request: service.signed({"output": {}}, headers_of(request), secret=OTHER_SECRET),
        "its signature is wrong",
    ),
    "slow clock": (
        lambda service: lambda request: service.signed({"output": {}}, headers_of(request), at=1_700_000_000),
        "one of the two clocks is wrong",
    ),
    "nothing": (lambda service: lambda request: signed(service, request, {}), "without an `output`"),
    "no object": (lambda service: lambda request: signed(service, request, {"output": 7}), "without an `output`"),
    "other output": (
        lambda service: lambda request: signed(service, request, {"output": {"nope": 1}}),
        "the output `nope`",
    ),
    "other port": (
        lambda service: lambda request: signed(service, request, {"output": {}, "port": "x"}),
        "a port that its description doesn't name",
    ),
    "error": (lambda service: lambda request: signed(service, request, {"error": 7}), "said wrongly that it failed"),
    "says so": (lambda service: lambda request: signed(service, request, {"error": SAID}), "says: no score today"),
    "says so again": (
        lambda service: lambda request: signed(service, request, {"error": {**SAID, "retry": True}}),
        "says: no score today",
    ),
}
SAID: Json = {"message": "no score today"}
OTHER_SECRET = "whsec_" + "b3RoZXIg" * 4


def signed(service: Service, request: web.Request, answer: Any = None, *, raw: bytes | None = None) -> web.Response:
    return service.signed(answer, headers_of(request), raw=raw)


async def echoes(request: web.Request) -> web.Response:
    """As whoever stands between could: the call is its own answer, with its own signature."""
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return web.Response(body=await request.read(), headers={name: request.headers[name] for name in names})


@pytest.mark.parametrize("fault", WRONG)
async def test_whatever_a_service_does_only_its_step_fails(fault: str, caplog: pytest.LogCaptureFixture) -> None:
    """The step says which node type it is and what to do, other runs go on, and when the service is right again the
    run goes on as well. What a service says may quote what it was sent, and stays out of the log."""
    made, said = WRONG[fault]
    async with shopping(http_timeout=2 if fault == "hangs" else 10) as shop:
        shop.service.wrong = made(shop.service)
        run = await shop.orders()
        assert run.status is RunStatus.FAILED
        assert run.fault is not None
        assert said in run.fault.message, run.fault.message
        assert "shop.score" in run.fault.message
        assert "private" not in run.fault.message
        assert "no score today" not in caplog.text
        await shop.other_runs_go_on()
        shop.service.wrong = None
        run = await shop.engine.next(run, {})
        assert run.current.step == "slot"


async def test_a_service_that_says_it_may_pass_is_asked_again() -> None:
    """`retry` counts for a remote node as for an `http` one, with the same key each time."""
    failures = iter([{"error": {"message": "later", "retry": True}}])
    async with shopping(lambda name, sent: next(failures, None) or answers(name, sent)) as shop:
        run = await shop.orders("20")
        assert run.status is RunStatus.COMPLETED
        first, second = shop.service.told("next")
        assert first["key"] == second["key"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"prompt": {"fields": [{"name": "a", "type": "password"}]}}, "a prompt that can't be shown"),
        ({"prompt": {}, "output": {}}, "what doesn't go with it"),
        ({"prompt": {}, "state": "x" * 200_000}, "a `state` of more than"),
        ({"error": {"message": "closed", "people": "We are closed."}}, "closed"),
    ],
)
async def test_a_wrong_prompt_stops_nobody_else(answer: Json, said: str) -> None:
    """A foreground node that can't be shown leaves the person at the step before, with what to do."""
    bad = [True]

    def told(name: str, sent: Json) -> Any:
        return answer if bad[0] and name == "next" and sent["type"] == "shop.slot" else answers(name, sent)

    async with shopping(told) as shop:
        run = await shop.orders()
        assert run.fault is not None
        assert said in run.fault.message
        await shop.other_runs_go_on()
        bad[0] = False
        again = await shop.engine.load(run.id)
        run = await shop.engine.next(
            again, {"total": "130", "note": "private"} if again.current.step == "order" else {}
        )
        assert run.current.title == "When?"


async def test_private_addresses_are_refused_at_each_call() -> None:
    """Whoever may register a service must not be able to look around in this network."""
    async with shopping(private=False) as shop:
        run = await shop.orders()
        assert run.fault is not None
        assert "private or reserved address" in run.fault.message
        assert shop.service.calls == []


async def test_a_service_that_isnt_there() -> None:
    """A port that nobody listens at is told as such."""
    async with shopping() as shop:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        wanted = Wanted("shop.score", url, None, SCORE)
        await shop.remote.add(wanted, by="ann", replace=True)
        run = await shop.orders()
        assert run.fault is not None
        assert "can't be reached" in run.fault.message
        await shop.remote.add(Wanted("shop.score", shop.service.url, None, SCORE), by="ann", replace=True)
        run = await shop.engine.next(run, {})
        assert run.current.step == "slot", "a service that moves takes its runs along, and keeps its secret"


async def test_a_removed_registration_with_live_runs() -> None:
    """The run stays where it is and says what is missing; it goes on when the service is registered again."""
    async with shopping() as shop:
        run = await shop.orders()
        await shop.remote.remove("shop.slot", by="ann")
        stopped = await shop.engine.next(run, {"slot": "9:00"})
        assert stopped.fault is not None
        assert "shop.slot isn't registered any more" in stopped.fault.message
        assert "wizard remote-nodes add shop.slot" in stopped.fault.message
        other = make_engine(Catalog.empty(shop.remote.registry), shop.engine.store)
        with pytest.raises(WorkflowUnavailable, match="no service offers it any more"):
            await other.next(await other.load(run.id), {"slot": "9:00"})
        await other.close()
        await shop.remote.add(Wanted("shop.slot", shop.service.url, shop.service.secret, SLOT), by="ann")
        run = await shop.engine.next(await shop.engine.load(run.id), {"slot": "9:00"})
        assert run.current.step == "check"


async def test_values_that_dont_fit_are_never_sent() -> None:
    """An expression may give anything; the service relies on its schema."""
    total = {"type": "string", "pattern": "^1"}
    wanted: Json = {**SCORE, "schema": {"type": "object", "properties": {"total": total}}}
    async with shopping() as shop:
        await shop.remote.add(
            Wanted("shop.score", shop.service.url, None, {**wanted, "example": None}), by="a", replace=True
        )
        catalog = Catalog.from_documents([ORDER], shop.remote.registry)
        engine = make_engine(catalog, MemoryStore(), shop.engine.settings)
        run = await engine.next(await engine.start("order"), {"total": "2", "note": "x"})
        assert run.fault is not None
        assert "`total` must match ^1" in run.fault.message
        assert shop.service.calls == []
        run = await engine.next(await engine.previous(run), {"total": "1.50", "note": "x"})
        assert shop.service.told("next")[0]["config"] == {"total": "1.50"}
        await engine.close()


async def test_a_slow_service_is_called_by_a_worker() -> None:
    """Nobody is kept waiting for a service that takes minutes: the run says that it works, and a job does it."""
    slow = {**SCORE, "slow": True}
    async with shopping() as shop:
        await shop.remote.add(Wanted("shop.score", shop.service.url, None, slow), by="ann", replace=True)
        catalog = Catalog.from_documents([ORDER], shop.remote.registry)
        engine = make_engine(catalog, shop.engine.store, shop.engine.settings)
        run = await engine.next(await engine.start("order"), {"total": "20", "note": "private"})
        assert (run.status, shop.service.told("next")) == (RunStatus.WORKING, [])
        async with working(engine, 1):
            while run.status is RunStatus.WORKING:
                await asyncio.sleep(0.01)
                run = await engine.load(run.id)
        assert run.status is RunStatus.COMPLETED
        await engine.close()


async def test_a_service_that_describes_itself_anew_is_another_type_for_what_is_compiled_then() -> None:
    """A key that it takes from now on can be written from now on, without a restart."""
    async with shopping() as shop:
        more = {**SCORE, "schema": {**SCORE["schema"], "properties": {**SCORE["schema"]["properties"], "vip": {}}}}
        order = {
            **ORDER,
            "nodes": [{**node, "vip": True} if node["id"] == "score" else node for node in ORDER["nodes"]],
        }
        with pytest.raises(DefinitionError, match="vip"):
            Catalog.from_documents([order], shop.remote.registry)
        before = shop.remote.registry.get("shop.slot")
        await shop.remote.add(Wanted("shop.score", shop.service.url, None, more), by="ann", replace=True)
        Catalog.from_documents([order], shop.remote.registry)
        assert shop.remote.registry.get("shop.slot") is before


async def test_of_two_looks_at_once_the_later_one_counts() -> None:
    """A service that was removed isn't offered again by a look that began before that and ends after it."""
    async with shopping() as shop:
        store, late = shop.engine.store, asyncio.Event()
        await shop.remote.remove("shop.slot", by="ann")
        score = await shop.remote.get("shop.score")
        slot = replace(score, type="shop.slot", revision=1, description=SLOT)
        await store.remote_nodes.save(slot, Deed(0, slot.at, "ann", "register", "", {}, ""))
        directory, read = Directory(store, shop.remote.registry), store.remote_nodes.all

        async def reads_late() -> Any:
            nodes = await read()
            await late.wait()
            return nodes

        with pytest.MonkeyPatch.context() as slow:
            slow.setattr(store.remote_nodes, "all", reads_late)
            first = asyncio.ensure_future(directory.refresh())
            await asyncio.sleep(0)
        await store.remote_nodes.remove("shop.slot", Deed(0, slot.at, "ann", "unregister", "", {}, ""))
        second = asyncio.ensure_future(directory.refresh())
        await asyncio.wait({second}, timeout=0.05)
        late.set()
        await asyncio.gather(first, second)
        assert not shop.remote.registry.is_remote("shop.slot")
