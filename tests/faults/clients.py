"""Clients that send everything twice, try again when nobody answers, and remember what was acknowledged. While a run
works they send it events, and have the host set documents and keep drafts: what doesn't move it."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.faults.counterpart import EVENT_KEY
from tests.faults.histories import Sent

PATIENCE = 180.0  # seconds that a client tries, or waits for work, before the test fails
IMPATIENCE = 5.0  # seconds after which a person leaves a page that says that work goes on
MOVES = 10  # in one conversation


@dataclass
class Told:
    """One conversation: a run, its token, and what was sent."""

    run: str
    token: str
    sent: list[Sent] = field(default_factory=list)
    events: int = 0  # sent
    taken: int = 0  # and acknowledged


@dataclass
class Heard:
    """An answer, and how many requests before it were never answered."""

    status: int
    body: dict[str, Any]
    unheard: int


class Client:
    """Talks with any of the servers at `ports`, a request here and a request there."""

    def __init__(self, name: str, ports: Sequence[int], session: aiohttp.ClientSession, chance: random.Random) -> None:
        self._name, self._ports, self._session, self._chance = name, ports, session, chance
        self._count = 0
        self.told: list[Told] = []
        self.replays = 0
        self.arrivals = 0
        self.answered = 0

    async def call(self, path: str, body: Any = None, token: str = "", key: str = "", below: str = "/api/v1") -> Heard:
        """GET, or POST where there is a body; again until somebody answers."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Idempotency-Key": key} if key else {}
        unheard = 0
        async with asyncio.timeout(PATIENCE):
            while True:
                url = f"http://127.0.0.1:{self._chance.choice(self._ports)}{below}{path}"
                try:
                    async with self._session.request(
                        "GET" if body is None else "POST", url, json=body, headers=headers
                    ) as answer:
                        found = await answer.json(content_type=None)
                        assert answer.status != 500, found
                        if answer.status != 503:
                            self.answered += 1
                            return Heard(answer.status, found, unheard)
                except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError, ValueError):
                    pass  # nobody is there, or was cut off in the middle; PATIENCE ends as a cancellation here
                unheard += 1
                await asyncio.sleep(0.03)

    async def twice(self, path: str, body: Any, token: str = "") -> Heard:
        """A request and the same again: what was done once is answered the same, whoever has moved the run since."""
        key = secrets.token_hex(8)
        first = await self.call(path, body, token, key)
        again = await self.call(path, body, token, key)
        if first.status in (200, 201):
            assert again.status == first.status, (first, again)
            assert again.body == first.body, ("the same request got another answer", first, again)
            self.replays += 1
        return again if first.status == 409 else first  # a refusal isn't kept: meanwhile it may be taken

    async def converse(self) -> None:
        """A run, moved about until it is completed or there were moves enough."""
        born = await self.twice("/runs", {"workflow": "main"})
        told = Told(born.body["id"], born.body["token"])
        self.told.append(told)
        for _ in range(MOVES):
            try:
                state = await self.at_rest(told, IMPATIENCE)
            except TimeoutError:
                return
            if state["status"] == "completed":
                return
            await self.move(told, state)

    async def at_rest(self, told: Told, patience: float = PATIENCE) -> dict[str, Any]:
        """The run's state, once nothing is being done. Raises TimeoutError."""
        async with asyncio.timeout(patience):
            while True:
                state = (await self.call(f"/runs/{told.run}", token=told.token)).body
                if state["status"] != "working":
                    return state
                await self.disturb(told)
                await asyncio.sleep(0.1)

    async def disturb(self, told: Told) -> None:
        """Something arrives while the run works, which moves nothing (S23)."""
        lot = self._chance.random()
        if lot < 0.4:
            told.events += 1
            event = {"name": "seen", "data": {"n": told.events}, "key": secrets.token_hex(8)}
            heard = await self.twice(f"/runs/{told.run}/events", event, EVENT_KEY)
            told.taken += heard.status == 200
        elif lot < 0.6:
            await self.call(f"/{told.run}/amend", {"seen": told.events}, below="/host")
        elif lot < 0.8:
            await self.call(f"/{told.run}/keep", {"x": "typed"}, below="/host")
        self.arrivals += lot < 0.8

    async def move(self, told: Told, state: dict[str, Any]) -> None:
        """Onward mostly; sometimes back, or an early answer is changed."""
        step, path = state["current"]["step"], f"/runs/{told.run}"
        lot = self._chance.random()
        if state["status"] == "failed":
            await self.twice(f"{path}/next", {}, told.token)
        elif lot < 0.15 and state["has_previous"]:
            await self.twice(f"{path}/previous", {"revision": state["revision"]}, told.token)
        elif lot < 0.35 and step in ("b", "d"):
            await self._answer(told, "change", "a")
        else:
            await self._answer(told, "next", step)

    async def _answer(self, told: Told, how: str, step: str) -> None:
        self._count += 1
        answers = {"x": f"{self._name}-{self._count}", "way": self._chance.choice(("short", "long", "long"))}
        heard = await self.twice(f"/runs/{told.run}/{how}", {"step": step, "answers": answers}, told.token)
        taken = heard.status == 200
        told.sent.append(
            Sent(
                step,
                answers,
                heard.body["revision"] if taken else None,
                refused=not taken and not heard.unheard,
            )
        )
        assert taken or heard.status == 409, heard
