"""What a node that asks fields is configured with: the checker looks into it for the fields."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any

from pydantic import Field as Setting

from wizard.expressions.template import Template
from wizard.forms.fields import Check, Field
from wizard.forms.validation import Form
from wizard.model.prompt import MAX_FIELDS
from wizard.node import FormHint, NodeConfig


class AskingConfig(NodeConfig):
    """Fields to ask, and what has to hold of their answers together."""

    text: Annotated[Template | None, FormHint(rows=5)] = Setting(None, description="A text above the fields.")
    fields: Annotated[tuple[Field, ...], FormHint(rows=12)] = Setting(
        (), max_length=MAX_FIELDS, description="Fields below the list, such as a declaration to agree to."
    )
    checks: Annotated[tuple[Check, ...], FormHint(label="Checks", rows=5)] = Setting(
        (),
        alias="validate",
        max_length=MAX_FIELDS,
        description="Rules over several answers: `check`, `message`, `field`.",
    )
    submit: Annotated[Template | None, FormHint(label="Button")] = Setting(None, description="What the button says.")

    def model_post_init(self, context: Any, /) -> None:
        _ = self.form  # compiled at load, so that the first person doesn't wait for it

    @cached_property
    def form(self) -> Form:
        return Form(self.fields, self.checks)
