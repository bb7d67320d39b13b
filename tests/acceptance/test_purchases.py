"""The purchases example, end to end: events arrive twice and out of order for two customers, a second server is asked,
and a form waits for its person, who is signed in. The server is killed again and again meanwhile."""

from __future__ import annotations

import asyncio
import os
import random
import runpy
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientConnectionError, ClientSession, ClientTimeout, CookieJar
from aiohttp.test_utils import TestServer

from tests.acceptance.processes import PATIENCE, environment
from tests.drawing import TORTURE
from tests.forkserver import script
from tests.ports import free_port
from tests.postgres import fresh_database
from tests.smtp import MailServer, mail_server
from tests.visitor import Visitor
from wizard.app import open_store
from wizard.model import RunStatus
from wizard.stores.contract import Store

EXAMPLE = Path(__file__).parents[2] / "examples" / "purchases"
KEY = "the-key-for-events-that-nobody-guesses"
KILLED = 0.8 if TORTURE else 0.2  # of the deliveries, beside the first one
CUSTOMERS = ("ann", "bob")


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with ExitStack() as stack:
        yield stack.enter_context(fresh_database()) if request.param == "postgres" else f"sqlite:///{tmp_path}/shop.db"


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


@pytest.fixture
async def shop(url: str, tmp_path: Path, fuzz_seed: int, mail: MailServer) -> AsyncIterator[Shop]:
    catalogue = TestServer(runpy.run_path(str(EXAMPLE / "server.py"))["catalogue_app"](), host="127.0.0.1")
    async with catalogue, ClientSession(timeout=ClientTimeout(total=PATIENCE)) as session:
        text = (EXAMPLE / "purchases.yaml").read_text().replace("127.0.0.1:8098", f"127.0.0.1:{catalogue.port}")
        (tmp_path / "purchases.yaml").write_text(text)
        shop = Shop(url, tmp_path, session, random.Random(f"{fuzz_seed} purchases"), mail.url)
        await shop.starts()
        yield shop
        shop.is_killed()


class Shop:
    """The example's application as a process of its own, which can be killed."""

    def __init__(self, url: str, folder: Path, session: ClientSession, chance: random.Random, mail: str) -> None:
        self.address = f"http://127.0.0.1:{free_port()}"
        self.kills = 0
        self._url, self._folder, self._session, self._chance, self._mail = url, folder, session, chance, mail
        self._process: subprocess.Popen[bytes] | None = None

    async def starts(self) -> None:
        settings = {
            "PURCHASES": str(self._folder / "purchases.yaml"),
            "WIZARD_EVENT_KEY": KEY,
            "WIZARD_LEASE": "1",
            "WIZARD_ALLOW_PRIVATE_ADDRESSES": "1",
            "WIZARD_SMTP_URL": self._mail,
            "WIZARD_MAIL_FROM": "shop@example.org",
        }
        command = [*script(), str(EXAMPLE / "shop.py"), self.address.rpartition(":")[2], self._url]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, env={**environment(), **settings}, stdout=log, stderr=log)
        async with asyncio.timeout(PATIENCE):
            while not await self._is_up():
                assert self._process.poll() is None, (self._folder / "log").read_text()
                await asyncio.sleep(0.02)

    async def _is_up(self) -> bool:
        try:
            async with self._session.get(f"{self.address}/healthz") as response:
                return response.status == 200
        except ClientConnectionError:
            return False

    def is_killed(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait(PATIENCE)
        while self._listens():  # what was forked dies a moment later
            time.sleep(0.001)

    def _listens(self) -> bool:
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", int(self.address.rpartition(":")[2]))) == 0

    async def _dies_soon(self) -> None:
        await asyncio.sleep(self._chance.random() * 0.06)
        self.is_killed()
        self.kills += 1
        await self.starts()

    async def sends(self, event: dict[str, Any]) -> tuple[int, Any]:
        async with self._session.post(
            f"{self.address}/api/v1/events", json=event, headers={"Authorization": f"Bearer {KEY}"}
        ) as response:
            return response.status, await response.json()

    async def delivers(self, event: dict[str, Any]) -> Any:
        """As senders do: again until it is acknowledged, and once more because the queue delivers it twice."""
        while True:
            dying = asyncio.create_task(self._dies_soon()) if not self.kills or self._chance.random() < KILLED else None
            try:
                status, told = await self.sends(event)
            except ClientConnectionError:
                status, told = 0, None
            if dying is not None:
                await dying
            if status in (200, 202):
                break
            assert status in (0, 503), told
        again = await self.sends(event)
        assert again == (200, told), "what was acknowledged stays so"
        return told


def purchase(customer: str, number: int, article: str, total: int, hour: int, **more: str) -> dict[str, Any]:
    return {
        "id": f"{customer}-{number}",
        "type": "purchase",
        "profile_id": customer,
        "properties": {"article": article, "total": total, **more},
        "at": f"2026-03-27T{hour}:00:00Z",
    }


async def comes_to_rest(store: Store, forms: int) -> None:
    """Until only so many forms are left, which wait for their people."""
    async with asyncio.timeout(PATIENCE):
        while [run.status for run in await store.list_runs(live=True)] != [RunStatus.WAITING] * forms:
            await asyncio.sleep(0.05)


async def answers(shop: Shop, customer: str, run: str, stars: str) -> None:
    """The customer, who is signed in, finds the form; the server is killed while they read it."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True), cookies={"customer": customer}) as browser:
        visitor = Visitor(browser, shop.address, ClientSession)
        await visitor.opens(f"/r/{run}")
        assert visitor.page.heading == "How do you like your teapot?"
        shop.is_killed()
        await shop.starts()
        await visitor.fills(stars=stars).presses("next")
        assert visitor.page.heading == "Thank you"


async def test_each_purchase_counts_once_whatever_is_killed(shop: Shop, url: str) -> None:
    """Nobody is asked twice what they think of one teapot, and nobody's purchase is forgotten."""
    store = open_store(url)
    await store.open()
    told = {}
    for number, (article, total, hour) in enumerate([("pot-7", 120, 12), ("tea-1", 20, 11)]):
        for customer in CUSTOMERS:
            event = purchase(customer, number, article, total, hour)
            told[event["id"]] = await shop.delivers(event)
        await comes_to_rest(store, forms=2)
    for event, answer in told.items():
        expected = ["opinion", "purchase"] if event.endswith("0") else ["purchase"]
        assert [run["workflow"] for run in answer["runs"]] == expected
    assert {workflow: sum(counts.values()) for workflow, counts in (await store.count_runs()).items()} == {
        "purchase": 4,
        "opinion": 2,
    }
    for customer, stars in zip(CUSTOMERS, "53", strict=True):
        run = told[f"{customer}-0"]["runs"][0]["id"]
        await answers(shop, customer, run, stars)
        fields = (await store.document("profile", customer)).fields
        assert (fields["opinion"], fields["bought"]) == (stars, "teapot"), "the older purchase came late"
    anns = f"{shop.address}/r/{told['ann-0']['runs'][0]['id']}/ask"
    async with ClientSession(cookies={"customer": "bob"}) as other, other.get(anns) as response:
        assert response.status in (403, 404), "it is Ann's"
    assert len(await store.events.newest()) == 4
    await store.close()


def run_of(told: Any, workflow: str) -> str:
    return next(run["id"] for run in told["runs"] if run["workflow"] == workflow)


async def agrees(shop: Shop, customer: str, run: str, answers: dict[str, bool], ends: str) -> None:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True), cookies={"customer": customer}) as browser:
        visitor = Visitor(browser, shop.address, ClientSession)
        await visitor.opens(f"/r/{run}")
        assert visitor.page.heading == "May we write to you?"
        await visitor.fills(**answers).presses("next")
        async with asyncio.timeout(PATIENCE):
            while visitor.page.heading == "One moment":  # the mail takes longer on a busy machine
                await asyncio.sleep(0.05)
                await visitor.opens(f"/r/{run}")
        assert visitor.page.heading == ends


def subjects(mail: MailServer) -> list[tuple[str, str]]:
    """What a mailbox shows: of mails with the same id, which a server that was killed may have sent twice, one."""
    shown = {taken.message["Message-ID"]: taken for taken in mail.taken}
    return sorted((taken.recipients[0], taken.message["Subject"]) for taken in shown.values())


async def test_a_regular_customer_gets_one_mail_for_each_purchase(shop: Shop, url: str, mail: MailServer) -> None:
    """Whoever hasn't agreed gets no mail; whoever has gets one, however often the shop tells of the purchase and
    whatever is killed; and nobody who agreed once is asked again."""
    store = open_store(url)
    await store.open()
    first = {
        customer: await shop.delivers(purchase(customer, 1, "pot-7", 120, 12, email=f"{customer}@example.org"))
        for customer in CUSTOMERS
    }
    await comes_to_rest(store, forms=4)  # two ask what they think of the teapot, too
    assert not mail.taken, "nobody has agreed yet"
    await agrees(shop, "ann", run_of(first["ann"], "thanks"), {"mails": True}, "Thank you. We have sent you a mail.")
    await agrees(shop, "bob", run_of(first["bob"], "thanks"), {"mails": False}, "Thank you. We send no mail.")
    assert [taken.message["Subject"] for taken in mail.taken] == ["Thank you for pot-7"], "sent once, and shown as sent"

    for customer in CUSTOMERS:  # a small purchase: they are regulars by now
        await shop.delivers(purchase(customer, 2, "tea-1", 20, 13, email=f"{customer}@example.org"))
    await comes_to_rest(store, forms=3)  # Bob is asked again
    assert subjects(mail) == [("ann@example.org", "Thank you for pot-7"), ("ann@example.org", "Thank you for tea-1")]
    ann, bob = [(await store.document("profile", customer)).fields for customer in CUSTOMERS]
    assert ann["segments"] == bob["segments"] == ["regulars"]
    assert ann["consent_news"]["given"] is True
    assert "consent_news" not in bob
    await store.close()
