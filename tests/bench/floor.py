"""The floor: the least hand-written handler that does what a durable turn must, with no engine.

It reads a 3 KB run, compares and swaps it, inserts a journal row, commits (synchronous=FULL,
waiting ones as a group) and renders a page of the size of the engine's.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from pathlib import Path

import jinja2
import msgpack
from aiohttp import web

SCHEMA = """
CREATE TABLE run (id TEXT PRIMARY KEY, revision INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE journal (run_id TEXT, revision INTEGER, body BLOB, PRIMARY KEY (run_id, revision)) WITHOUT ROWID;
"""
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title>
<link rel="stylesheet" href="/static/main.css"></head><body><header><a href="/">Service</a></header><main>
<form method="post"><h1>{{ title }}</h1>{% for field in fields %}<div class="group"><label for="{{ field.name }}">
{{ field.label }}</label><div class="hint">{{ field.hint }}</div><input id="{{ field.name }}" name="{{ field.name }}"
value="{{ field.value }}"></div>{% endfor %}<button name="action" value="next">Continue</button></form></main>
<footer>{% for n in range(20) %}<p>A line of the page that doesn't change, number {{ n }}, of common length.</p>
{% endfor %}</footer></body></html>"""
RUN = {
    "title": "About you",
    "fields": [
        {"name": name, "label": name.replace("_", " "), "hint": "For example something", "value": "x" * 40}
        for name in ("full_name", "birth_date", "email", "phone", "street", "town")
    ],
    "answers": {f"field_{n}": "an answer of some length " * 2 for n in range(30)},
}
BODY: bytes = msgpack.packb(RUN)


def connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def turn(connection: sqlite3.Connection, run_id: str) -> dict[str, object]:
    """The statements of one turn, inside whatever transaction is open."""
    revision, body = connection.execute("SELECT revision, body FROM run WHERE id=?", (run_id,)).fetchone()
    run: dict[str, object] = msgpack.unpackb(body)
    swap = "UPDATE run SET revision=revision+1, body=? WHERE id=? AND revision=?"
    changed = connection.execute(swap, (msgpack.packb(run), run_id, revision))
    assert changed.rowcount == 1
    connection.execute("INSERT INTO journal VALUES (?, ?, ?)", (run_id, revision + 1, b"accepted"))
    return run


class Writer:
    """One thread that runs waiting turns as one transaction."""

    def __init__(self, path: Path, runs: int) -> None:
        self._connection = connect(path)
        self._connection.executescript(SCHEMA)
        rows = [(f"run-{n}", 0, BODY) for n in range(runs)]
        self._connection.executemany("INSERT INTO run VALUES (?, ?, ?)", rows)
        self._waiting: queue.SimpleQueue[tuple[str, asyncio.Future[dict[str, object]]] | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while (first := self._waiting.get()) is not None:
            group = [first]
            while not self._waiting.empty():
                another = self._waiting.get()
                if another is None:
                    return
                group.append(another)
            self._connection.execute("BEGIN IMMEDIATE")
            done = [(future, turn(self._connection, run_id)) for run_id, future in group]
            self._connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(_resolve, done)

    async def turn(self, run_id: str) -> dict[str, object]:
        future: asyncio.Future[dict[str, object]] = self._loop.create_future()
        self._waiting.put((run_id, future))
        return await future

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join()
        self._connection.close()


def _resolve(done: list[tuple[asyncio.Future[dict[str, object]], dict[str, object]]]) -> None:
    for future, run in done:
        future.set_result(run)


def floor_app(path: Path, runs: int) -> web.Application:
    """POST /run/{id} makes a turn and answers with its page; GET /page only renders."""
    template = jinja2.Environment(autoescape=True).from_string(PAGE)

    async def post(request: web.Request) -> web.Response:
        await request.read()
        run = await request.app[WRITER].turn(request.match_info["id"])
        return web.Response(text=template.render(run), content_type="text/html")

    async def page(request: web.Request) -> web.Response:
        return web.Response(text=template.render(RUN), content_type="text/html")

    async def prepare(app: web.Application) -> None:
        app[WRITER] = Writer(path, runs)

    async def finish(app: web.Application) -> None:
        app[WRITER].close()

    app = web.Application()
    app.on_startup.append(prepare)
    app.on_cleanup.append(finish)
    app.router.add_post("/run/{id}", post)
    app.router.add_get("/page", page)
    return app


WRITER = web.AppKey("writer", Writer)
