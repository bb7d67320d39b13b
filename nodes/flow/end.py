"""The `end` node: the last page, without a way on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from wizard.expressions.template import Template
from wizard.model import Outcome, Prompt, Wait
from wizard.node import Foreground, FormHint, NodeConfig, Visit


class EndConfig(NodeConfig):
    """What the person reads last, and whether that is good news."""

    text: Annotated[Template | None, FormHint(rows=5)] = Field(None, description="What the person reads last.")
    kind: Literal["success", "information", "refusal"] = Field(
        "success", description="What the page looks like, and what the terminal and JSON say of it."
    )


class EndNode(Foreground[EndConfig]):
    """Shows a last page; entering it completes the run."""

    type: ClassVar[str] = "end"
    title: ClassVar[str] = "End"
    group: ClassVar[str] = "flow"
    icon: ClassVar[str] = "flag"
    example: ClassVar[Mapping[str, Any]] = {"text": "Thank you. Your reference is {{ run.id }}."}
    only_computes: ClassVar[bool] = True
    pure: ClassVar[bool] = True
    ends: ClassVar[bool] = True
    Config = EndConfig

    def outputs(self, config: EndConfig) -> frozenset[str] | None:
        return frozenset()

    async def submit(self, visit: Visit[EndConfig]) -> Outcome:
        return Wait(self.prompt(visit))

    def prompt(self, visit: Visit[EndConfig]) -> Prompt:
        text = visit.config.text
        return Prompt(
            visit.step,
            visit.node.type,
            visit.title,
            text.prose(visit.names) if text is not None else "",
            ends=True,
            kind=visit.config.kind,
        )
