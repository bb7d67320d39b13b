"""The `review` node: all answers on the path, each with a way to change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from wizard.model import Item
from wizard.node import Visit
from wizard.node.asking import AskingConfig
from wizard.nodes.ask.form import Asking


class ReviewNode(Asking[AskingConfig]):
    """Shows all answers to check before going on.

    It can ask fields of its own below them, such as a declaration to agree to.
    """

    type: ClassVar[str] = "review"
    title: ClassVar[str] = "Review answers"
    group: ClassVar[str] = "ask"
    icon: ClassVar[str] = "checklist"
    example: ClassVar[Mapping[str, Any]] = {
        "text": "Check your answers before you send them.",
        "fields": [
            {"name": "declared", "type": "boolean", "checkbox": True, "label": "Everything I have told you is true"}
        ],
        "submit": "Send",
    }
    only_computes: ClassVar[bool] = True
    pure: ClassVar[bool] = True
    Config = AskingConfig

    def items(self, visit: Visit[AskingConfig]) -> tuple[Item, ...]:
        return visit.review()
