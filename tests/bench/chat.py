"""Messages a second over WebSocket, from one process, and how long each waits for its answer; and the same by JSON."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from aiohttp import ClientSession, ClientWebSocketResponse

from tests.bench.cases import forms
from tests.bench.served import listening
from wizard.app import make_engine, wizard_app
from wizard.settings import Settings
from wizard.stores.sqlite import SqliteStore

MESSAGES = 12  # of each conversation: four forms of three fields
ANSWERS = ("Ann Example", "1985-03-27", "ann@example.org")


@dataclass(frozen=True)
class Chatted:
    """At a number of conversations at once; times in milliseconds."""

    conversations: int
    a_second: float
    median: float
    late: float  # of 99 %


async def chatted(folder: Path, conversations: int, *, sockets: bool = True) -> Chatted:
    """All answer as fast as they are asked; over JSON where there are no `sockets`."""
    store = SqliteStore(folder / f"chat-{conversations}-{sockets}.sqlite")
    await store.open()
    settings = Settings(jobs=0, message_rate=0, api_start_rate=0, max_connections_of_one=1000)
    engine = make_engine(forms(20), store, settings)
    times: list[float] = []
    try:
        async with listening(wizard_app(engine, settings=settings)) as port, ClientSession() as session:
            base = f"http://127.0.0.1:{port}/api/v1/conversations"
            opened = [await _opened(session, base) for _ in range(conversations)]
            talk = _over_a_socket if sockets else _over_json
            began = perf_counter()
            await asyncio.gather(*(talk(session, f"{base}/{one}", token, times) for one, token, _ in opened))
            took = perf_counter() - began
    finally:
        await engine.close()
        await store.close()
    times.sort()
    return Chatted(conversations, len(times) / took, median(times) * 1e3, times[int(len(times) * 0.99)] * 1e3)


async def _opened(session: ClientSession, base: str) -> tuple[str, str, str]:
    async with session.post(base, json={"workflow": "forms"}) as answer:
        opened = await answer.json()
    return opened["id"], opened["token"], opened["messages"][-1]["id"]


async def _over_a_socket(session: ClientSession, path: str, token: str, times: list[float]) -> None:
    async with session.ws_connect(f"{path}/ws", headers={"Authorization": f"Bearer {token}"}) as socket:
        await _until_asked(socket, "")
        for at in range(MESSAGES):
            began = perf_counter()
            await socket.send_json({"id": f"m-{at}", "text": ANSWERS[at % 3]})
            await _until_asked(socket, f"m-{at}")
            times.append(perf_counter() - began)


async def _until_asked(socket: ClientWebSocketResponse, sent: str) -> None:
    """Reads on to the question after that message."""
    known = not sent
    while True:
        said = json.loads((await socket.receive(timeout=60)).data)
        known = known or said.get("id") == sent  # frames of other kinds have none
        if known and said.get("from") == "engine" and said["expects"] is not None:
            return


async def _over_json(session: ClientSession, path: str, token: str, times: list[float]) -> None:
    for at in range(MESSAGES):
        began = perf_counter()
        body = {"id": f"m-{at}", "text": ANSWERS[at % 3]}
        async with session.post(f"{path}/messages", json=body, headers={"Authorization": f"Bearer {token}"}) as answer:
            await answer.read()
        times.append(perf_counter() - began)
