"""The definitions and answers that the bench goes through."""

from __future__ import annotations

from typing import Any

from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.node import Registry

ANSWERS = {"full_name": "Ann Example", "birth_date": "1985-03-27", "email": "ann@example.org"}
FIELDS: list[dict[str, Any]] = [
    {"name": "full_name", "type": "text", "label": "Full name", "max_length": 100},
    {"name": "birth_date", "type": "date", "label": "Date of birth", "hint": "For example 27 3 1985"},
    {"name": "email", "type": "email", "label": "Email address"},
]


def forms(count: int) -> Catalog:
    """A workflow of `count` three-field forms, one after another."""
    nodes = [{"id": f"form_{n}", "type": "form", "title": f"Form {n}", "fields": FIELDS} for n in range(1, count + 1)]
    return Catalog.from_documents([{"id": "forms", "title": "Forms", "nodes": nodes}], Registry.installed())


def loop() -> Catalog:
    """One three-field form that comes again and again."""
    node = {"id": "form", "type": "form", "title": "Form", "fields": FIELDS, "next": "form"}
    return Catalog.from_documents([{"id": "loop", "title": "Loop", "nodes": [node]}], Registry.installed())


def counting() -> Catalog:
    """The same, whose title reads a field of the session that a node sets each time."""
    form = {"id": "form", "type": "form", "title": "Form {{ session.forms }}", "fields": FIELDS}
    node = {"id": "count", "type": "set", "values": {"session.forms": "(session.forms or 0) + 1"}, "next": "form"}
    return Catalog.from_documents([{"id": "loop", "title": "Loop", "nodes": [form, node]}], Registry.installed())


async def standing(engine: Engine, at: int) -> RunView:
    """A run of the loop that stands at so many-th step."""
    run = await engine.start("loop")
    for _ in range(at - 1):
        await engine.next(run, ANSWERS)
    return run
