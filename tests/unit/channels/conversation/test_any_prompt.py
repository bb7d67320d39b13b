"""Any prompt is asked and answered in a conversation, and the run is the one that JSON makes of the same answers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chatting import Chat
from tests.drawing import examples
from wizard.app import load_catalog, make_engine
from wizard.engine import Engine
from wizard.model import RunStatus
from wizard.stores.memory import MemoryStore
from wizard.testing import FixedClock, make_test_engine

EXAMPLES = Path(__file__).parents[4] / "examples"
MOST = 120  # messages of one conversation

# A field of every type that people type, and what they might type in it.
TYPED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "text": ({"required": False}, ["Ann", "back pain", "42", "<b>bold</b>", "مرحبا 👋", "skip"]),
    "textarea": ({}, ["Two\nlines", "one"]),
    "password": ({}, ["a secret thing"]),
    "integer": ({"min": 2}, ["3", "1000", "two"]),
    "decimal": ({}, ["12.50", "1,234.5"]),
    "boolean": ({}, ["yes", "n", "No"]),
    "date": ({}, ["27 3 1985", "27 March 1985", "1985-03-27"]),
    "time": ({}, ["14:30", "2:30 pm"]),
    "choice": ({"choices": ["red", "green", "blue"]}, ["red", "2", "Blue", "gren"]),
    "choices": ({"choices": ["red", "green", "blue"]}, ["red", "1, 3", "gren,blue"]),
    "email": ({}, ["ann@example.org", "no address", "keep"]),
    "phone": ({"region": "GB"}, ["020 7946 0958"]),
    "url": ({"required": False}, ["https://example.org", "skip"]),
    "country": ({}, ["Switzerland", "CH"]),
    "iban": ({}, ["GB33BUKB20201555555555"]),
}


def form(kinds: list[str]) -> dict[str, Any]:
    fields = [{"name": f"f{at}", "type": kind, **TYPED[kind][0]} for at, kind in enumerate(kinds)]
    fields[-1] = {**fields[-1], "show_if": "f0 != 'hidden'"} if len(fields) > 1 else fields[-1]
    return {"id": "main", "nodes": [{"id": "one", "type": "form", "fields": fields}, {"id": "check", "type": "review"}]}


async def completed(chat: Chat, draw: Any, typed: Any) -> list[str]:
    """Talks until the run is completed; what was said. The first that may be `typed` is taken by each question."""
    said: list[str] = []
    for _ in range(MOST):
        view = await chat.view()
        if view.status is RunStatus.COMPLETED:
            return said
        name = (chat.heard[-1].expects.name if chat.heard[-1].expects else "") if chat.heard else ""
        field = next((field for field in view.current.fields if field.name == name), None)
        text = "continue" if field is None else draw(st.sampled_from(typed(field)))
        if field is not None and said[-3:] == [text] * 3:  # who is refused again and again gives in
            text = typed(field)[0]
        said.append(text)
        await chat.says(text)
        assert chat.heard, (said, text)
    raise AssertionError(f"the conversation comes to no end: {said}")


async def the_same_by_json(chat: Chat, engine: Engine, start: str) -> None:
    """What each step of the conversation's run accepted is sent as JSON does, and gives the same path and answers."""
    view = await chat.view()
    other = await engine.start(start)
    while other.status is not RunStatus.COMPLETED:
        step = view.run.by_path[other.step]
        await engine.next(other, dict(step.output or {}), step=other.step)
        assert other.rejected is None, (other.step, other.rejected)
    assert [line.step for line in other.path] == [line.step for line in view.path]
    assert other.answers == view.answers


@settings(max_examples=examples(40), deadline=None)
@given(st.data(), st.lists(st.sampled_from(sorted(TYPED)), min_size=1, max_size=5))
def test_any_form_is_asked_and_answered(data: st.DataObject, kinds: list[str]) -> None:
    """A field type that no answer gets through to, or one that a chat stores otherwise than a page."""

    async def talk() -> None:
        document = form(kinds)
        chat = await Chat.of(document)
        await completed(chat, data.draw, lambda field: TYPED[field.type][1])
        await the_same_by_json(chat, await make_test_engine(document), "main")

    asyncio.run(talk())


CATALOGS = {name: load_catalog(EXAMPLES / name) for name in ("feedback.yaml", "housing")}


def typed_in_examples(field: Any) -> list[str]:
    if field.type == "country":
        return ["Switzerland"]  # whose postcodes are as those below
    if field.choices:
        return [str(at) for at in range(1, min(len(field.choices), 4) + 1)]
    usual = {"integer": "3", "date": "27 3 1985", "boolean": "yes", "email": "ann@example.org", "postcode": "3011"}
    usual |= {"phone": "+41 44 668 18 00", "decimal": "3", "time": "14:30"}
    return ["yes", "no"] if field.type == "boolean" else [usual.get(field.type, "Ann Example")]


@settings(max_examples=examples(10), deadline=None)
@given(st.data(), st.sampled_from(["feedback.yaml", "housing"]))
def test_the_examples_are_talked_through(data: st.DataObject, name: str) -> None:
    """Branches, repeats, embedded workflows and reviews, of definitions that weren't written for chats."""

    async def talk() -> None:
        catalog = CATALOGS[name]
        start = "feedback" if name == "feedback.yaml" else "housing"
        store = MemoryStore()
        chat = await Chat.begins(make_engine(catalog, store, clock=FixedClock()), start)
        await completed(chat, data.draw, typed_in_examples)
        other = make_engine(catalog, MemoryStore(), clock=FixedClock())
        view = await chat.view()
        if not any(line.step.endswith("submit") for line in view.path):
            await the_same_by_json(chat, other, start)

    asyncio.run(talk())
