"""Processes with slow work, a wait and a deadline, and what stands in for the work."""

from __future__ import annotations

import asyncio
from typing import Any

from wizard.errors import NodeFailed
from wizard.node import Visit

POINTS: dict[str, Any] = {
    "id": "points",
    "title": "Your points",
    "nodes": [
        {"id": "ask", "type": "form", "title": "Who are you?", "fields": [{"name": "card", "label": "Card"}]},
        {
            "id": "count",
            "type": "python",
            "title": "Counting your points",
            "function": "count",
            "arguments": {"card": "{{ ask.card }}"},
            "slow": True,
        },
        {"id": "done", "type": "end", "title": "You have points", "text": "{{ count.value }} of them."},
    ],
}
ORDERED: dict[str, Any] = {
    "id": "ordered",
    "title": "Your order",
    "nodes": [
        {"id": "ask", "type": "form", "title": "What?", "fields": [{"name": "what", "label": "What"}]},
        {
            "id": "parcel",
            "type": "wait",
            "title": "Your parcel is on its way",
            "event": "delivered",
            "for": "3d",
            "text": "We wait until Friday for {{ ask.what }}.",
        },
        {"id": "rate", "type": "form", "title": "How was it?", "fields": [{"name": "stars", "label": "Stars"}]},
    ],
}


class Bench:
    """Does the work when a test says so. `visit` is that of the last piece of work."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.begun = asyncio.Event()
        self.calls = 0
        self.failing = False
        self.visit: Visit[Any] | None = None

    async def count(self, card: str, visit: Visit[Any]) -> int:
        self.calls += 1
        self.visit = visit
        self.begun.set()
        await self.gate.wait()
        if self.failing:
            raise NodeFailed("The register doesn't answer.")
        return len(card)

    def reports(self, percent: float | None, text: str = "") -> None:
        assert self.visit is not None
        self.visit.report(percent, text)
