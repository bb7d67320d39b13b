"""The `end` node: the last page, without a way on."""

from __future__ import annotations

from typing import ClassVar, Literal

from wizard.expressions.template import Template
from wizard.model import Outcome, Prompt, Wait
from wizard.node import Foreground, NodeConfig, Visit


class EndConfig(NodeConfig):
    """What the person reads last, and whether that is good news."""

    text: Template | None = None
    kind: Literal["success", "information", "refusal"] = "success"


class EndNode(Foreground[EndConfig]):
    """Shows a last page; entering it completes the run."""

    type: ClassVar[str] = "end"
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
