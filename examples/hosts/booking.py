"""What the hosts beside this file share: a workflow, its functions, an engine, and a page made of a run.

Nothing of it knows a web framework. The seats are booked when the bank says that they are paid, and the tickets are
printed by a job, while nobody waits.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from html import escape

from wizard.app import make_engine, open_store
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.model import RunStatus
from wizard.node import Registry
from wizard.settings import Settings

BOOKING = {
    "id": "booking",
    "title": "Book seats",
    "nodes": [
        {
            "id": "trip",
            "type": "form",
            "title": "Where do you want to go?",
            "fields": [{"name": "town"}, {"name": "seats", "type": "integer", "min": 1, "max": 9}],
        },
        {"id": "price", "type": "python", "function": "price", "arguments": {"seats": "{{ trip.seats }}"}},
        {
            "id": "offer",
            "type": "message",
            "title": "{{ trip.seats }} seats to {{ trip.town }} cost {{ price.value }} francs",
            "submit": "Book them",
        },
        {
            "id": "payment",
            "type": "wait",
            "event": "paid",
            "title": "Waiting for your payment",
            "text": "Pay {{ price.value }} francs with the reference {{ run.id }}.",
        },
        {
            "id": "tickets",
            "type": "python",
            "function": "print_tickets",
            "arguments": {"town": "{{ trip.town }}", "seats": "{{ trip.seats }}"},
            "slow": True,
        },
        {"id": "done", "type": "end", "title": "Your tickets: {{ tickets.value }}"},
    ],
}


def price(seats: int) -> int:
    return 25 * seats


def print_tickets(town: str, seats: int) -> str:
    time.sleep(0.2)  # stands for a printer
    return ", ".join(f"{town} {number}" for number in range(1, seats + 1))


FUNCTIONS: dict[str, Callable[..., object]] = {"price": price, "print_tickets": print_tickets}


def booking_engine() -> Engine:
    """An engine on a store that isn't open yet; the environment says which (WIZARD_STORE)."""
    catalog = Catalog.from_documents([BOOKING], Registry.installed())
    store = open_store(os.environ.get("WIZARD_STORE", "sqlite:///bookings.db"))
    return make_engine(catalog, store, Settings(), FUNCTIONS)


async def next_or_back(engine: Engine, run_id: str, posted: dict[str, str]) -> RunView:
    """One turn, out of what a page's form sent."""
    answers = {name: text for name, text in posted.items() if name in ("town", "seats")}
    if posted.get("action") == "previous":
        return await engine.previous(run_id, draft=answers)
    return await engine.next(run_id, answers, step=posted.get("step"))


def page(run: RunView, hidden: str = "") -> str:
    """The page of a run, in plain HTML; `hidden` is what a framework adds to its forms."""
    asked = run.rejected or run.current
    lines = [f"<!doctype html><title>{escape(asked.title)}</title><h1>{escape(asked.title)}</h1>"]
    lines += [f"<p>{escape(asked.text)}</p>"]
    lines += [f"<p><strong>{escape(asked.error)}</strong></p>"] if asked.error else []
    if run.status is RunStatus.WORKING:
        return "\n".join([*lines, '<p><a href="/">Look again</a></p>'])
    if run.status is RunStatus.COMPLETED:
        return "\n".join([*lines, '<form method="post" action="/new">', hidden, "<button>Book more</button></form>"])
    lines += [f'<form method="post" action="/">{hidden}<input type="hidden" name="step" value="{escape(run.step)}">']
    for field in asked.fields:
        value = "" if field.value is None else escape(str(field.value))
        lines += [f'<p><label>{escape(field.label)} <input name="{field.name}" value="{value}"></label>']
        lines += [f"<strong>{escape(field.error)}</strong>" if field.error else ""]
    lines += [f'<p><button name="action" value="next">{escape(asked.submit or "Continue")}</button>']
    if run.has_previous:
        lines += ['<button name="action" value="previous">Back</button>']
    return "\n".join([*lines, "</form>"])
