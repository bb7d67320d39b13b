"""A server that is killed while a node works in the background, and its person writes at that moment: each message is
taken and answered once, by whichever server, and what the dead server's work comes to is nobody's answer.
`TORTURE=1` only: what may be written, on both databases, time and again."""

from __future__ import annotations

import asyncio
import random
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.drawing import TORTURE
from tests.faults.clients import Client, Heard
from tests.faults.counterpart import Counterpart, counterpart
from tests.faults.served import Nursery
from tests.patience import LONG
from tests.ports import free_port
from tests.postgres import fresh_database

pytestmark = pytest.mark.skipif(not TORTURE, reason="servers that die take a while: see `make torture`")
TIMES = 5 * TORTURE
WRITTEN = {
    "restart": ("restart", "yes"),
    "back": ("back",),
    "cancel": ("cancel", "yes"),
    "words": ("hello", "and now?"),
}
WORKS = "s"  # the step that works in the background


class Person(Client):
    """Somebody who chats, with whichever server is there: a message is sent again until it is answered."""

    def __init__(self, port: int, session: aiohttp.ClientSession, chance: random.Random) -> None:
        super().__init__("ann", [port], session, chance)
        self.sent: list[str] = []
        self.heard: dict[str, list[str]] = {}  # the ids of what was answered, by message

    async def begins(self) -> None:
        opened = (await self.call("/conversations", {"workflow": "main"})).body
        self.run, self.token = opened["id"], opened["token"]

    async def says(self, text: str) -> None:
        self.sent.append(text)
        said = f"m-{len(self.sent)}"
        answer = await self._sends(said, text)
        self.heard[said] = [one["id"] for one in answer.body["messages"]]

    async def _sends(self, said: str, text: str) -> Heard:
        answer = await self.call(f"/conversations/{self.run}/messages", {"id": said, "text": text}, self.token)
        assert answer.status == 200, answer
        return answer

    async def messages(self) -> list[dict[str, Any]]:
        found = await self.call(f"/conversations/{self.run}/messages?limit=200", token=self.token)
        messages: list[dict[str, Any]] = found.body["messages"]
        return messages

    async def state(self) -> dict[str, Any]:
        return (await self.call(f"/runs/{self.run}", token=self.token)).body

    async def answers_all(self) -> dict[str, Any]:
        """Whatever is asked, to the end of the run."""
        async with asyncio.timeout(LONG):
            while (state := await self.state())["status"] not in ("completed", "cancelled"):
                last = (await self.messages())[-1]
                if state["status"] != "waiting" or last["expects"] is None:
                    await asyncio.sleep(0.05)
                    continue
                await self.says("short" if last["expects"]["name"] == "way" else f"word {len(self.sent)}")
        return state

    async def check(self) -> None:
        """Nothing is missing, nothing came twice, and whatever is sent again is answered as it was."""
        messages = await self.messages()
        ids = [one["id"] for one in messages]
        assert len(set(ids)) == len(ids)
        mine = [(one["id"], one["text"]) for one in messages if one["from"] == "person"]
        assert mine == [(f"m-{at}", text) for at, text in enumerate(self.sent, 1)]
        for at, text in enumerate(self.sent, 1):
            again = [one["id"] for one in (await self._sends(f"m-{at}", text)).body["messages"]]
            assert again, f"{text!r} was never answered"
            assert again[: len(self.heard[f"m-{at}"])] == self.heard[f"m-{at}"]
        assert [one["id"] for one in await self.messages()] == ids
        questions = [one["text"] for one in messages if one["from"] == "engine"]
        for first, second in pairwise(messages):
            both = (first["from"], second["from"]) == ("engine", "engine")
            assert not (both and first["text"] == second["text"] and first["expects"]), (questions, first)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.parametrize("written", WRITTEN)
async def test_who_writes_while_the_server_dies_at_work_is_answered_once(
    home: Nursery, tmp_path: Path, fuzz_seed: int, written: str, kind: str
) -> None:
    """Somebody who loses patience would find their way back undone by work that was begun before, or lose what they
    wrote, or be answered twice."""
    chance = random.Random(f"{fuzz_seed} {written} {kind}")
    with ExitStack() as ended:
        url = ended.enter_context(fresh_database()) if kind == "postgres" else f"sqlite:///{tmp_path}/runs.db"
        async with counterpart(failing=0) as other, aiohttp.ClientSession() as session:
            port = free_port()
            order = {"store": url, "port": port, "counterpart": other.url, "jobs": 4}
            for _ in range(TIMES):
                pid = home.start(**order)
                person = Person(port, session, chance)
                await works(person, other)

                async def dies(pid: int = pid) -> None:
                    await asyncio.sleep(chance.random() * 0.06)
                    home.kill(pid)
                    home.start(**order)

                dying = asyncio.create_task(dies())
                for text in WRITTEN[written]:
                    await person.says(text)
                await dying
                at = (await person.state())["current"]["step"] if written in ("restart", "back") else WORKS
                assert at == {"restart": "a", "back": "b"}.get(written, WORKS)
                other.held.pop(WORKS).set()
                await asyncio.sleep(0.2)  # what comes late comes now
                if written in ("restart", "back"):
                    assert (await person.state())["current"]["step"] == at
                state = await person.answers_all()
                assert state["status"] == ("cancelled" if written == "cancel" else "completed")
                await person.check()
                home.kill_all()


async def works(person: Person, other: Counterpart) -> None:
    """Until the node works for that person."""
    other.held[WORKS], other.came = asyncio.Event(), asyncio.Event()
    await person.begins()
    for text in ("x", "short", "y", "way"):
        await person.says(text)
    async with asyncio.timeout(LONG):
        await other.came.wait()
