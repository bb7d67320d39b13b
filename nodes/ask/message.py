"""The `message` node: something to read, and a way on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from wizard.expressions.template import Template
from wizard.forms.validation import Form, Rejected, validate
from wizard.model import Outcome, Proceed, Prompt, Wait
from wizard.node import Foreground, FormHint, NodeConfig, Visit

_NO_FIELDS = Form(())


class MessageConfig(NodeConfig):
    """What the person reads."""

    text: Annotated[Template | None, FormHint(rows=5)] = Field(None, description="What the person reads.")
    submit: Annotated[Template | None, FormHint(label="Button")] = Field(None, description="What the button says.")


class MessageNode(Foreground[MessageConfig]):
    """Shows a text and waits until the person goes on."""

    type: ClassVar[str] = "message"
    title: ClassVar[str] = "Show a text"
    group: ClassVar[str] = "ask"
    icon: ClassVar[str] = "message"
    example: ClassVar[Mapping[str, Any]] = {"text": "Your reference is {{ run.id }}.", "submit": "Go on"}
    only_computes: ClassVar[bool] = True
    pure: ClassVar[bool] = True
    Config = MessageConfig

    def outputs(self, config: MessageConfig) -> frozenset[str] | None:
        return frozenset()

    async def submit(self, visit: Visit[MessageConfig]) -> Outcome:
        result = validate(_NO_FIELDS, visit.input or {}, visit.names)
        if isinstance(result, Rejected):
            error = "\n".join([*result.errors.values(), *([result.error] if result.error else [])])
            return Wait(self._prompt(visit, error), rejected=True)
        return Proceed({})

    def prompt(self, visit: Visit[MessageConfig]) -> Prompt:
        return self._prompt(visit, None)

    def _prompt(self, visit: Visit[MessageConfig], error: str | None) -> Prompt:
        config, names = visit.config, visit.names
        return Prompt(
            visit.step,
            visit.node.type,
            visit.title,
            config.text.prose(names) if config.text is not None else "",
            error=error,
            submit=config.submit.render(names) if config.submit is not None else "",
        )
