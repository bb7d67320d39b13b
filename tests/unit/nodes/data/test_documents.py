"""Fields of the internal state: several at once, copied and emptied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.nodes.handing import failure_of, visit_of
from wizard.nodes.data.documents import CopyNode, DeleteNode

FORM = {"email": "a@b.example", "phone": None, "id": "other", "tags": [1]}


async def changes(handler: Any, config: Mapping[str, Any], data: Mapping[str, Any]) -> tuple[dict[Any, Any], Any]:
    visit = visit_of(handler, config, data)
    outcome = await handler.execute(visit)
    return visit.changes, outcome.output


@pytest.mark.parametrize(
    ("more", "copied"),
    [
        ({}, {"email": "a@b.example", "tags": [1]}),
        ({"fields": ["phone", "email"]}, {"email": "a@b.example"}),
        (
            {"fields": ["phone", "email", "never"], "empty": True},
            {"phone": None, "email": "a@b.example", "never": None},
        ),
        ({"fields": ["id"]}, {}),
    ],
)
async def test_values_are_copied(more: Mapping[str, Any], copied: Mapping[str, Any]) -> None:
    """What is known of somebody isn't overwritten by a question that wasn't answered, nor is who they are."""
    changed, output = await changes(CopyNode(), {"from": "form", "to": "session", **more}, {"form": FORM})
    assert changed == {("session", name): value for name, value in copied.items()}
    assert output == {"value": dict(copied), "count": len(copied)}


async def test_there_is_nothing_to_copy_out_of_nothing() -> None:
    """The form was skipped; the run goes on."""
    assert await changes(CopyNode(), {"from": "form"}, {}) == ({}, {"value": {}, "count": 0})
    for wrong in ("text", [FORM], 5):
        assert "`from` gives must be a group" in await failure_of(CopyNode(), {"from": "form"}, {"form": wrong})


async def test_fields_are_emptied() -> None:
    """Only those that hold something are changed, so that the history has no entries about nothing."""
    config = {"fields": ["profile.draft", "session.basket", "profile.draft"]}
    data = {"profile": {"draft": 0}, "session": {}}
    assert await changes(DeleteNode(), config, data) == ({("profile", "draft"): None}, {"deleted": ["profile.draft"]})


@pytest.mark.parametrize("field", ["profile", "profile.id", "session.id", "form.x", "input.x", "profile.a.b", ""])
def test_only_fields_can_be_emptied(field: str) -> None:
    """An author learns it when the definition is loaded."""
    with pytest.raises(ValidationError):
        DeleteNode.Config.model_validate({"fields": [field]})
