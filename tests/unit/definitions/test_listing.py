"""Which workflows people are shown to choose from."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.json_caller import serving
from wizard.definitions.catalog import Catalog
from wizard.definitions.listing import listed
from wizard.node import Registry
from wizard.stores.memory import MemoryStore


def catalog(**said: Any) -> Catalog:
    """`whole` embeds `part`, which embeds `detail`; `other` stands alone. `said` are their values of `listed`."""
    inner = {"whole": "part", "part": "detail"}
    documents = []
    for name in ("whole", "part", "detail", "other"):
        nodes: list[dict[str, Any]] = [{"id": "a", "type": "message", "title": "A"}]
        if name in inner:
            nodes.append({"id": "b", "type": "workflow", "workflow": inner[name]})
        documents.append({"id": name, "nodes": nodes} | ({"listed": said[name]} if name in said else {}))
    return Catalog.from_documents(documents, Registry.installed())


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({}, ["whole", "other"]),
        ({"other": False}, ["whole"]),
        ({"part": True}, ["whole", "part", "other"]),
        ({"whole": False}, ["other"]),
        ({"whole": False, "other": False}, []),
        ({"other": True, "whole": True}, ["whole", "other"]),
    ],
)
def test_a_part_of_another_is_no_choice_unless_it_says_so(said: dict[str, bool], shown: list[str]) -> None:
    """Visitors would start a household member without a household, or an office's internal form."""
    assert [each.id for each in listed(catalog(**said).workflows.values())] == shown


async def test_what_is_not_listed_can_be_started() -> None:
    """A form that people get by a link in a letter is a form; programs, too, see only what is listed."""
    async with serving(MemoryStore()) as caller:
        shown = await (await caller.send("GET", "/workflows")).json()
        assert [each["id"] for each in shown] == ["passport", "order"]
        assert (await caller.start("contact")).step == "who"
