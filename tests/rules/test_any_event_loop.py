"""A store and the engine on it may be called from any event loop: `asyncio.run` for each request, threads with loops of
their own, the loop that opened the store gone or at work elsewhere."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any
from warnings import catch_warnings

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.patience import until
from tests.postgres import fresh_database
from wizard.app import make_engine, open_store
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.engine.worker import Worker
from wizard.errors import StaleInput
from wizard.model import RunStatus
from wizard.model.job import Job, JobKind
from wizard.node import Registry
from wizard.settings import Settings
from wizard.stores.contract import Store
from wizard.stores.memory import MemoryStore
from wizard.stores.wakening import Wakening

DOUBLED = {
    "id": "doubled",
    "nodes": [
        {"id": "ask", "type": "form", "fields": [{"name": "n", "type": "integer"}]},
        {"id": "quick", "type": "python", "function": "double", "arguments": {"n": "{{ ask.n }}"}},
        {"id": "slow", "type": "python", "function": "double", "arguments": {"n": "{{ quick.value }}"}, "slow": True},
        {"id": "told", "type": "message", "title": "{{ slow.value }}"},
    ],
}

# The connections that the loop of an `asyncio.run` leaves open are the caller's doing, and Python says so.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """What such a loop left open is collected here, and not in the next test."""
    yield
    with catch_warnings(action="ignore"):
        gc.collect()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh_database() if request.param == "postgres" else nullcontext("") as database:
        yield database or ("memory:" if request.param == "memory" else f"sqlite:///{tmp_path / 'runs.db'}")


def engine_on(store: Store) -> Engine:
    catalog = Catalog.from_documents([DOUBLED], Registry.installed())
    return make_engine(catalog, store, None, {"double": lambda n: 2 * n})


def in_threads(count: int, work: Callable[[], Any]) -> list[Any]:
    """What the work gives or raises in so many threads at once."""
    outcomes: list[Any] = []

    def perform() -> None:
        try:
            outcomes.append(work())
        except BaseException as error:
            outcomes.append(error)

    threads = [threading.Thread(target=perform) for _ in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    return outcomes


def test_each_call_has_a_loop_of_its_own(url: str) -> None:
    """A Django view that calls `asyncio.run(engine.next(…))` was told that the event loop is closed."""
    store = open_store(url)
    engine = engine_on(store)
    asyncio.run(store.open())
    run = asyncio.run(engine.start("doubled"))
    asyncio.run(engine.next(run, {"n": 3}))
    assert run.status is RunStatus.WORKING
    assert asyncio.run(Worker(engine).perform_due()) == 1
    asyncio.run(engine.load(run))
    assert run.current is not None
    assert run.current.title == "12"
    assert len(asyncio.run(engine.trace(run.id))) > 4
    asyncio.run(engine.close())
    asyncio.run(store.close())


async def test_threads_call_while_the_loop_that_opened_the_store_is_at_work(url: str) -> None:
    """A worker thread of a server, beside the server's own loop: each turn is taken once, and none is lost."""
    store = open_store(url)
    await store.open()
    engine = engine_on(store)

    async def several() -> list[str]:
        ids = []
        for number in range(5):
            run = await engine.start("doubled")
            await engine.next(run, {"n": number})
            ids.append(run.id)
        return ids

    here = asyncio.ensure_future(several())
    elsewhere = await asyncio.to_thread(in_threads, 3, lambda: asyncio.run(several()))
    ids = list(chain(await here, *elsewhere))
    assert len(set(ids)) == 20
    assert await Worker(engine).perform_due() == 20
    assert {(await engine.load(each)).step for each in ids} == {"told"}
    await engine.close()
    await store.close()


def test_of_two_threads_at_one_step_one_wins(url: str) -> None:
    """A double click that two threads of a server get: the second is told that the run has moved on."""
    store = open_store(url)
    asyncio.run(store.open())
    engine = engine_on(store)
    run = asyncio.run(engine.start("doubled"))
    answers = iter(range(4))
    outcomes = in_threads(4, lambda: asyncio.run(engine.next(run.id, {"n": next(answers)}, step="ask", revision=1)))
    assert len([each for each in outcomes if not isinstance(each, Exception)]) == 1
    assert all(isinstance(each, StaleInput) for each in outcomes if isinstance(each, Exception))
    asyncio.run(store.close())


async def test_who_waits_for_jobs_hears_of_those_that_another_loop_orders(url: str) -> None:
    """A worker sleeps in the server's loop, and a thread orders a job: the worker does it now, and not in a second."""
    store = open_store(url)
    await store.open()
    engine = engine_on(store)
    run = await engine.start("doubled")
    waiting = asyncio.ensure_future(Worker(engine, idle=3600.0).run())
    await asyncio.sleep(0.1)
    await asyncio.to_thread(lambda: asyncio.run(engine.next(run.id, {"n": 1})))

    async def is_done() -> bool:
        return (await engine.load(run)).status is not RunStatus.WORKING

    await until(is_done)
    assert run.step == "told"
    waiting.cancel()
    await asyncio.wait({waiting})
    await store.close()


CALLS = {
    "id": "calls",
    "nodes": [
        {"id": "asked", "type": "http", "url": "{{ input.address }}"},
        {"id": "told", "type": "message", "title": "{{ asked.status }}"},
    ],
    "input": {"address": {"type": "text"}},
}


async def test_calls_of_other_services_are_made_on_every_loop() -> None:
    """The connections of an `http` node belong to the loop of the first call, which may have ended long ago."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text="{}", content_type="application/json")

    app = web.Application()
    app.router.add_get("/", answer)
    server = TestServer(app)
    await server.start_server()
    settings = Settings(allow_private_addresses=True)
    engine = make_engine(Catalog.from_documents([CALLS], Registry.installed()), MemoryStore(), settings)
    given = {"address": str(server.make_url("/"))}

    def once() -> str:
        return asyncio.run(engine.start("calls", given)).current.title

    assert [await asyncio.to_thread(once) for _ in range(3)] == ["200"] * 3
    assert await asyncio.to_thread(in_threads, 3, once) == ["200"] * 3
    assert (await engine.start("calls", given)).current.title == "200"
    await engine.close()
    await server.close()


async def test_who_waits_is_woken_on_every_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits on a loop of its own isn't woken by a loop's own means, and would sleep until the next look."""
    monkeypatch.setattr("wizard.stores.wakening.POLL_SECONDS", 60.0)
    wakening, looked = Wakening(), threading.Event()
    claimed = threading.Event()

    async def attempt(now: datetime) -> tuple[list[Any], None]:
        looked.set()
        return (["job"] if claimed.is_set() else []), None

    async def put_off(*claim: object) -> bool:
        raise AssertionError("nobody is cancelled")

    def wait() -> tuple[Any, float]:
        async def attended() -> tuple[Any, float]:
            began = asyncio.get_running_loop().time()
            found = await wakening.claims(attempt, datetime.now(UTC), 30.0, put_off)
            return found, asyncio.get_running_loop().time() - began

        return asyncio.run(attended())

    waiting = asyncio.ensure_future(asyncio.to_thread(wait))
    await asyncio.to_thread(looked.wait)
    claimed.set()
    wakening.wake()
    found, seconds = await waiting
    assert found == ["job"]
    assert seconds < 25


@pytest.fixture
def _restless() -> Iterator[None]:
    """Threads are switched as often as can be."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("_restless")
def test_the_threads_of_a_memory_store_take_each_job_once() -> None:
    """Memory stores need no event loop, and so no two threads may be inside of one at the same time."""
    store = MemoryStore()
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(4000):
        store.queue.change([Job(f"run{number}", JobKind.WORK, 1, now)], [])  # type: ignore[attr-defined]

    def claims() -> list[str]:
        async def all_there_are() -> list[str]:
            found: list[str] = []
            while claimed := await store.queue.claim(now, 1, timedelta(hours=1), 0.0):
                found += [each.job.run for each in claimed]
                for each in claimed:
                    await store.queue.done(each)
            return found

        return asyncio.run(all_there_are())

    taken = list(chain(*in_threads(4, claims)))
    assert len(taken) == len(set(taken)) == 4000
