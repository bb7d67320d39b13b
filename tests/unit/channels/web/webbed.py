"""Web pages under test: a workflow with a page of every behaviour, and where a visitor's run stands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.visitor import Visitor, visiting
from wizard.app import Identify, wizard_app
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.errors import NodeFailed
from wizard.settings import Settings
from wizard.testing import MovableClock, make_test_engine

TRIP: dict[str, Any] = {
    "id": "trip",
    "title": "Plan a trip",
    "text": "It takes a minute.",
    "expires_after": "28d",
    "nodes": [
        {
            "id": "who",
            "type": "form",
            "title": "About you",
            "fields": [
                {"name": "full_name", "type": "text", "label": "Full name", "max_length": 40},
                {"name": "birth_date", "type": "date", "label": "Date of birth", "required": False},
                {"name": "how", "type": "choice", "label": "How?", "choices": ["train", "car", "foot"]},
                {"name": "car_seats", "type": "integer", "label": "Seats?", "show_if": 'how == "car"'},
                {
                    "name": "meals",
                    "type": "choices",
                    "label": "Meals",
                    "choices": ["lunch", "dinner"],
                    "required": False,
                },
                {"name": "letter", "type": "file", "label": "Letter", "required": False, "max_size": 1000},
            ],
        },
        {
            "id": "way",
            "type": "condition",
            "cases": [{"when": 'who.how == "foot"', "goto": "shoes"}, {"goto": "where"}],
        },
        {
            "id": "shoes",
            "type": "form",
            "title": "Shoes",
            "fields": [{"name": "size", "type": "integer", "label": "Which size?"}],
        },
        {
            "id": "where",
            "type": "form",
            "title": "Where to, {{ who.full_name }}?",
            "fields": [
                {"name": "town", "type": "text", "label": "Town"},
                {"name": "quiet", "type": "boolean", "label": "Quiet?", "required": False},
            ],
        },
        {
            "id": "friends",
            "type": "workflow",
            "workflow": "friend",
            "repeat": {"min": 1, "max": 3, "add_another": "Another friend?", "item": "Friend"},
        },
        {"id": "check", "type": "review", "title": "Check your answers"},
        {"id": "done", "type": "end", "title": "Have a good trip", "text": "See you, {{ who.full_name }}."},
    ],
}
FRIEND: dict[str, Any] = {
    "id": "friend",
    "title": "A friend",
    "nodes": [
        {
            "id": "named",
            "type": "form",
            "title": "A friend",
            "fields": [{"name": "name", "type": "text", "label": "Name"}],
        }
    ],
}
PAID: dict[str, Any] = {
    "id": "paid",
    "title": "Pay",
    "nodes": [
        {"id": "sum", "type": "form", "title": "How much?", "fields": [{"name": "francs", "type": "integer"}]},
        {
            "id": "pay",
            "type": "python",
            "title": "Your payment",
            "function": "pay",
            "arguments": {"francs": "{{ sum.francs }}"},
            "final": True,
        },
        {"id": "note", "type": "form", "title": "A note?", "fields": [{"name": "text", "required": False}]},
        {"id": "again", "type": "form", "title": "Another?", "fields": [{"name": "text", "required": False}]},
    ],
}
WHO = {"full_name": "Ann", "how": "train"}


class Till:
    """What `paid` calls: it can fail, and take its time."""

    def __init__(self) -> None:
        self.failing = False
        self.paid = 0
        self.wait: Callable[[], Any] | None = None

    async def pay(self, francs: int) -> dict[str, int]:
        if self.wait is not None:
            await self.wait()
        if self.failing:
            raise NodeFailed("The bank doesn't answer.")
        self.paid += 1
        return {"paid": francs}


class Stage:
    """A served application, its engine and its first visitor."""

    def __init__(self, engine: Engine, visitor: Visitor, clock: MovableClock, till: Till) -> None:
        self.engine = engine
        self.visitor = visitor
        self.clock = clock
        self.till = till

    async def starts(self, workflow: str = "trip", visitor: Visitor | None = None, **answers: Any) -> Visitor:
        """A visitor who has started a run, and stands at its first page or, with `answers`, after it."""
        visitor = visitor or self.visitor
        await visitor.opens(f"{self.root}w/{workflow}")
        await visitor.presses()
        assert visitor.statuses == [303, 200], visitor.page.text
        return await visitor.fills(**answers).presses() if answers else visitor

    root = "/"

    async def run(self, visitor: Visitor | None = None) -> RunView:
        """The run whose page the visitor sees, out of the store."""
        run_id = (visitor or self.visitor).page.path.removeprefix(self.root).split("/")[1]
        self.engine.forget(run_id)
        return await self.engine.load(run_id)


@asynccontextmanager
async def staged(
    *documents: Any,
    settings: Settings | None = None,
    identify: Identify | None = None,
    prefix: str = "/",
) -> AsyncIterator[Stage]:
    """The workflows of this module, or others, as pages below `prefix`."""
    clock, till = MovableClock(), Till()
    engine = await make_test_engine(
        *(documents or (TRIP, FRIEND, PAID)), clock=clock, functions={"pay": till.pay}, settings=settings
    )
    app = wizard_app(engine, settings=settings, identify=identify)
    if prefix != "/":
        host = web.Application()
        host.add_subapp(prefix, app)
        app = host
    async with visiting(app) as visitor:
        stage = Stage(engine, visitor, clock, till)
        stage.root = prefix
        yield stage
