"""How the tests of foreground nodes configure one and visit it, as the engine does."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from tests.unit.forms.asking import NOW, Around
from wizard.expressions.template import parse
from wizard.model import Kind, Node, Wait
from wizard.node import NodeType, Services, Visit


class Visited:
    """A node with one visit of it. `draft`, `output` and `state` last from call to call."""

    def __init__(self, node_type: NodeType[Any], *, title: str | None = None, **written: Any) -> None:
        config = node_type.Config.model_validate(written)
        heading = parse(title) if title is not None else None
        self.type = node_type
        self.node = Node("ask", node_type.type, Kind.FOREGROUND, config, node_type, None, (), heading)
        self.names = Around()
        self.review: Any = tuple
        self.output: Mapping[str, Any] | None = None
        self.draft: Mapping[str, Any] | None = None
        self.state: dict[str, Any] = {}
        self.files: list[Any] = []

    def visit(self, given: Mapping[str, Any] | None = None, *, partial: bool = False) -> Visit[Any]:
        return Visit(
            config=self.node.config,
            node=self.node,
            step="home/ask",
            run="r1",
            names=self.names,
            services=Services(),
            now=NOW,
            key="k1",
            input=given,
            partial=partial,
            output=self.output,
            draft=self.draft,
            state=self.state,
            review=self.review,
        )

    async def execute(self, given: Mapping[str, Any] | None = None, *, partial: bool = False) -> Any:
        visit = self.visit(given, partial=partial)
        outcome = await self.type.execute(visit)
        self.draft, self.files = visit.draft, [*self.files, *visit.files]
        return outcome

    async def rejected(self, given: Mapping[str, Any], *, partial: bool = False) -> dict[str, str]:
        """The errors by field of input that must be refused."""
        outcome = await self.execute(given, partial=partial)
        assert isinstance(outcome, Wait)
        assert outcome.rejected
        assert outcome.prompt.has_errors
        return {field.name: field.error for field in outcome.prompt.fields if field.error is not None}


def numbered() -> Any:
    numbers = count(1)
    return lambda: f"id-{next(numbers)}"
