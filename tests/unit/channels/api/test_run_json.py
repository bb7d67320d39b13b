"""The run state as JSON: every kind of value, and what is left out."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal

from wizard.channels.api.run_json import field_errors, run_state
from wizard.channels.http.json_answers import encode
from wizard.channels.http.prompt_json import prompt_json
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.model import Choice, Item, Prompt, PromptField
from wizard.node import Registry
from wizard.stores.memory import MemoryStore


def test_values_are_written_as_the_format_says() -> None:
    """A date or an amount that a program can't read back is an answer lost."""
    values = {
        "day": date(2026, 11, 22),
        "at": time(9, 30),
        "when": datetime(2026, 11, 22, tzinfo=UTC),
        "amount": Decimal("12.50"),
        "raw": b"\x00\xff",
        "count": 2**80,
        "list": [date(2026, 1, 1), {"a": None}],
    }
    assert json.loads(encode(values)) == {
        "day": "2026-11-22",
        "at": "09:30:00",
        "when": "2026-11-22T00:00:00+00:00",
        "amount": "12.50",
        "raw": "AP8=",
        "count": 2**80,
        "list": ["2026-01-01", {"a": None}],
    }


def test_half_a_character_never_breaks_an_answer() -> None:
    """A function of the host may have put one into a title: the rest must still be readable."""
    assert encode({"title": "a\ud800ü"}) == '{"title":"a?ü"}'.encode()


def test_members_that_are_there_only_sometimes() -> None:
    """Programs rely on `items` and `options` meaning something where they are."""
    field = PromptField("n", "text", "N")
    bare = prompt_json(Prompt("s", "form", fields=(field,)))
    assert list(bare) == ["step", "type", "title", "text", "fields", "error"]
    assert list(bare["fields"][0]) == ["name", "type", "label", "hint", "required", "choices", "value", "error"]

    full = PromptField("n", "choice", "N", choices=(Choice("a", "A", "h"), Choice("b", "B")), options={"max": 3})
    made = prompt_json(Prompt("s", "form", fields=(full,), items=(Item("L", "V", remove="r/1"),)))
    (item,) = made["items"]
    assert item == {"label": "L", "value": "V", "step": None, "remove": "r/1", "group": "", "page": ""}
    assert prompt_json(Prompt("s", "end", ends=True))["kind"] == "success"
    assert prompt_json(Prompt("s", "end", ends=True, kind="refusal"))["kind"] == "refusal"
    assert made["fields"][0]["options"] == {"max": 3}
    assert made["fields"][0]["choices"] == [{"value": "a", "label": "A", "hint": "h"}, {"value": "b", "label": "B"}]


def test_a_password_is_not_shown_whatever_the_node_says() -> None:
    """A node type that forgets to leave it out must not give it away."""
    field = PromptField("p", "password", "P", value="open sesame")
    assert prompt_json(Prompt("s", "form", fields=(field,)))["fields"][0]["value"] is None


def test_errors_are_told_by_field() -> None:
    """Only fields with an error are named."""
    fields = (PromptField("a", "text", "A", error="Enter A"), PromptField("b", "text", "B"))
    assert field_errors(Prompt("s", "form", fields=fields)) == {"a": "Enter A"}


async def test_passwords_are_left_out_however_deep_they_are() -> None:
    """A sub-workflow's answers are nested in the same state, and its passwords are as secret."""
    registry = Registry.installed()
    fields = [{"name": "user", "label": "User"}, {"name": "pin", "type": "password", "label": "PIN"}]
    login = {"id": "login", "title": "L", "nodes": [{"id": "ask", "type": "form", "title": "A", "fields": fields}]}
    nodes = [
        {"id": "first", "type": "workflow", "workflow": "login", "repeat": {"times": "1"}},
        {"id": "last", "type": "form", "title": "B", "fields": fields[:1]},
    ]
    catalog = Catalog.from_documents([login, {"id": "outer", "title": "O", "nodes": nodes}], registry)
    engine = Engine(catalog, MemoryStore())
    view = await engine.next(await engine.start("outer"), {"user": "ada", "pin": "sesame"})
    assert run_state(view)["answers"] == {"first": {"1": {"ask": {"user": "ada"}}}}
    assert view.run.by_path["first/1/ask"].output == {"user": "ada", "pin": "sesame"}
