"""Runs of an application with functions of its own, in a file that commands look into: they book something, and undo
it if they can."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from wizard.app import make_engine
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.engine.worker import Worker
from wizard.model import Value
from wizard.node import Registry
from wizard.settings import Settings
from wizard.stores.sqlite import SqliteStore
from wizard.testing import MovableClock

T = TypeVar("T")

BOOKING: dict[str, Any] = {
    "id": "booking",
    "nodes": [
        {"id": "who", "type": "form", "fields": [{"name": "full_name"}]},
        {"id": "booked", "type": "python", "function": "book", "undo": "unbook"},
        {"id": "paid", "type": "python", "function": "pay", "undo": "refund"},
        {"id": "check", "type": "form", "fields": [{"name": "fine"}]},
        {"id": "done", "type": "end", "title": "Thank you"},
    ],
}


class Bookings:
    """`calls` are those of the application's functions, in order; `failing` says how often each still fails."""

    def __init__(self, folder: Path, *, slow: bool = False) -> None:
        self._slow = slow
        self.path = folder / "wizard.db"
        self.calls: list[str] = []
        self.failing: dict[str, int] = {}

    def _called(self, name: str) -> Callable[..., dict[str, Value]]:
        def call(**given: Value) -> dict[str, Value]:
            self.calls.append(name)
            if self.failing.get(name, 0) > 0:
                self.failing[name] -= 1
                raise RuntimeError("not now")
            return {"number": 7}

        return call

    def do(self, work: Callable[[Engine], Awaitable[T]], **settings: Any) -> T:
        """On the application's engine, which is opened for it."""

        async def opened() -> T:
            store = SqliteStore(self.path)
            await store.open()
            functions = {name: self._called(name) for name in ("book", "unbook", "pay", "refund")}
            nodes = [
                each | {"slow": True} if each["id"] == "booked" and self._slow else each for each in BOOKING["nodes"]
            ]
            catalog = Catalog.from_documents([BOOKING | {"nodes": nodes}], Registry.installed())
            self.clock = MovableClock(datetime.now(UTC))
            engine = make_engine(catalog, store, Settings(**settings), functions, clock=self.clock)
            try:
                return await work(engine)
            finally:
                await engine.close()
                await store.close()

        return asyncio.run(opened())

    def booked(self) -> str:
        """A run that has booked and paid, and waits; its id."""

        async def work(engine: Engine) -> str:
            run = await engine.start("booking")
            await engine.next(run, {"full_name": "Ann"})
            return run.id

        return self.do(work)

    def failed(self) -> str:
        """A run whose booking failed; its id."""
        self.failing["book"] = 1
        return self.booked()

    def cancelled(self, *, failing: int) -> str:
        """A run that was cancelled with its steps undone, and whose booking couldn't be undone so often; its id."""
        run = self.booked()
        self.failing["unbook"] = failing

        async def work(engine: Engine) -> str:
            await engine.cancel(run, undo=True)
            worker = Worker(engine)
            for _ in range(12):
                self.clock.move(hours=2)
                await worker.perform_due()
            return run

        return self.do(work)

    def with_profile(self, profile_id: str, fields: dict[str, Value]) -> None:
        """Stores a person's profile."""

        async def work(engine: Engine) -> None:
            run = await engine.start("booking", profile_id=profile_id)
            await engine.amend(run, profile=fields)

        self.do(work)

    def works(self) -> None:
        """The application's worker does what is due."""

        async def work(engine: Engine) -> None:
            self.clock.move(minutes=1)
            await Worker(engine, at_once=1).perform_due()

        self.do(work)

    async def anything(self, *arguments: Any, **given: Any) -> dict[str, Value]:
        """Stands for every function, where a command has none."""
        return {"number": 7}

    def jobs(self) -> list[str]:
        """The keys of those that are in the queue."""
        with closing(sqlite3.connect(self.path)) as connection:
            return [key for (key,) in connection.execute("SELECT key FROM jobs")]
