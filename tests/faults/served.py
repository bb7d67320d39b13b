"""Servers that can be killed: this file as a script is a process that has read everything in and waits; at each line of
its input it forks a server, which is there in a moment.

The servers have one workflow, whose effects are calls of a counterpart (tests/faults/counterpart.py).
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
from aiohttp import web
from pydantic import SecretStr

from tests.counterpart import example
from tests.faults.counterpart import EVENT_KEY
from tests.forkserver import script
from wizard.app import make_engine, open_store, wizard_app
from wizard.channels.http.plugged import ChannelHost, channel_app
from wizard.channels.outside import holding
from wizard.channels.outside.serving import serve as serve_channel
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.errors import CallerError, StoreError
from wizard.model import Outcome, Proceed
from wizard.node import Background, NodeConfig, Registry, Visit
from wizard.server import serve
from wizard.settings import Settings
from wizard.stores.contract import Store

PR_SET_PDEATHSIG = 1
PATIENCE = 300.0  # seconds that a process may take to start
ROOT = Path(__file__).parents[2]


class BookingConfig(NodeConfig):
    """`reads` is the name of what is sent to the counterpart at `url`."""

    url: str
    reads: str


class BookingNode(Background[BookingConfig]):
    """Books something at the counterpart, and cancels it there."""

    type: ClassVar[str] = "booking"
    Config = BookingConfig

    async def execute(self, visit: Visit[BookingConfig]) -> Outcome:
        return Proceed({"booked": await _call("do", visit, visit.read(visit.config.reads))})

    async def remove(self, visit: Visit[BookingConfig]) -> None:
        await _call("undo", visit, None)


async def _call(what: str, visit: Visit[BookingConfig], x: Any) -> Any:
    body = {"x": x, "step": visit.step, "run": visit.run, "server": os.getpid()}
    headers = {"Idempotency-Key": visit.key}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{visit.config.url}/{what}", json=body, headers=headers) as answer,
    ):
        answer.raise_for_status()
        return (await answer.json())["x"]


def catalog(counterpart: str) -> Catalog:
    """The workflow "main": answers, two effects on a branch, of which the second calls back, and one that is done as a
    job."""
    registry = Registry.installed()
    registry.add(BookingNode)
    fields = [{"name": "x", "type": "text", "label": "X"}, {"name": "way", "type": "text", "label": "Way"}]
    hardy = {"retry": {"attempts": 5, "backoff": "1s"}}
    body = {"x": "{{ a.x }}", "step": "h", "run": "{{ run.id }}"}
    call = {"type": "http", "method": "POST", "url": f"{counterpart}/do", "body": body}
    nodes = [
        {"id": "a", "type": "form", "fields": fields},
        {"id": "c", "type": "condition", "cases": [{"when": "a.way == 'short'", "goto": "b"}, {"goto": "t"}]},
        {"id": "t", "type": "booking", "url": counterpart, "reads": "a.x", **hardy},
        {"id": "h", **call, **hardy},
        {"id": "w", "type": "wait", "event": "booked"},
        {"id": "b", "type": "form", "fields": fields},
        {"id": "s", "type": "booking", "url": counterpart, "reads": "b.x", "slow": True, **hardy},
        {"id": "d", "type": "form", "fields": fields},
        {"id": "z", "type": "end", "title": "Done", "text": "{{ event.seen }}"},
    ]
    return Catalog.from_documents([{"id": "main", "nodes": nodes}], registry)


def store_of(url: str) -> Store:
    return open_store(url)


def run_server(order: Mapping[str, Any]) -> None:
    """Serves until it is killed. `order` has the store, the port, the counterpart and the number of jobs at once."""
    settings = Settings(
        jobs=order["jobs"],
        lease=order.get("lease", 1.0),
        slow_after=0.5,
        api_start_rate=0,
        allow_private_addresses=True,
        event_key=SecretStr(EVENT_KEY),
        log_level="error",
    )
    definitions, store = catalog(order["counterpart"]), store_of(order["store"])
    app = wizard_app(definitions, store=store, settings=settings)
    add_host(app, make_engine(definitions, store, settings))
    serve(app, "127.0.0.1", order["port"], ["main"])


def run_hook_server(order: Mapping[str, Any]) -> None:
    """The same with the example's channel, whose service is at `order["hook"]` and is waited for a second at most."""
    settings = Settings(
        jobs=4, lease=1.0, step_timeout=1.0, allow_private_addresses=True, message_rate=0, log_level="error"
    )
    holding.MARGIN = timedelta(seconds=0.5)
    store = store_of(order["store"])
    engine = make_engine(Catalog.from_documents([order["workflow"]], Registry.installed()), store, settings)
    app = wizard_app(engine, settings=settings)

    async def stored(app: web.Application) -> AsyncIterator[None]:
        await store.open()
        yield

    def make(host: ChannelHost) -> web.Application:
        return serve_channel(
            example().HookChannel(host, order["hook"], order["secret"]), host, workflow=order["workflow"]["id"]
        )

    app.cleanup_ctx.insert(0, stored)
    app.add_subapp("/channels/hook/", channel_app(make, ChannelHost(engine, settings), "channel hook"))
    serve(app, "127.0.0.1", order["port"], [order["workflow"]["id"]])


def add_host(app: web.Application, engine: Engine) -> None:
    """What the host does of itself, without the JSON interface: it sets documents, and keeps what was typed."""

    async def amend(request: web.Request) -> web.Response:
        return await answer(engine.amend(request.match_info["run"], session=await request.json()))

    async def keep(request: web.Request) -> web.Response:
        return await answer(engine.keep(request.match_info["run"], "a", await request.json()))

    async def answer(move: Awaitable[object]) -> web.Response:
        try:
            await move
        except (CallerError, StoreError) as error:
            return web.json_response({}, status=409 if isinstance(error, CallerError) else 503)
        return web.json_response({})

    app.add_routes([web.post("/host/{run}/amend", amend), web.post("/host/{run}/keep", keep)])


def main() -> None:
    catalog("http://127.0.0.1:1")  # everything that it needs is read in
    for url in ("sqlite:///runs.db", "postgresql:///runs"):
        store_of(url)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    print("ready", flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _die_with_parent()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            os.dup2(0, 1)
            try:
                order = json.loads(line)
                run_hook_server(order) if "hook" in order else run_server(order)
            finally:
                os._exit(1)
        print(pid, flush=True)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


# -- on the tests' side ----------------------------------------------------------------------------------


class Nursery:
    """The process that servers are forked from."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._living: set[int] = set()

    def start(self, **order: Any) -> int:
        """The process id of a new server."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        pid = int(self._line())
        self._living.add(pid)
        return pid

    def kill(self, pid: int) -> None:
        """As the machine's power ends: nothing is written any more."""
        self._living.discard(pid)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def kill_all(self) -> None:
        for pid in list(self._living):
            self.kill(pid)

    def _line(self) -> str:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE)
        assert ready, "the process that servers are forked from hangs"
        return self._process.stdout.readline().decode()


@contextmanager
def nursery() -> Iterator[Nursery]:
    process = subprocess.Popen(
        [*script(), __file__],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if not name.startswith("WIZARD_")}
        | {"PYTHONPATH": str(ROOT)},
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - one call of the system, before anything is run
    )
    found = Nursery(process)
    try:
        assert found._line() == "ready\n"
        yield found
    finally:
        found.kill_all()
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


if __name__ == "__main__":
    main()
