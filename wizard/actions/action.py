"""A node type as the catalogue shows it: what people find it by, and what is told of it beside its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from inspect import cleandoc
from typing import Any

from wizard.actions.inputs import Input, inputs_of
from wizard.actions.schema import config_schema
from wizard.forms.fields import FieldTypes
from wizard.forms.form import default_label
from wizard.model.copies import copied
from wizard.node import NodeType
from wizard.process.isolation import contained

ICONS: Mapping[str, str] = {
    "ask": "form",
    "flow": "branch",
    "data": "braces",
    "text": "text",
    "time": "clock",
    "people": "person",
    "out": "send",
}
OTHER_ICON = "box"


@dataclass(frozen=True)
class Action:
    """A node type, with the field types that its configuration may name."""

    node_type: NodeType[Any]
    fields: FieldTypes

    @property
    def type(self) -> str:
        return self.node_type.type

    @property
    def title(self) -> str:
        return self.node_type.title or default_label(self.type.replace("-", "_").replace(".", " "))

    @property
    def group(self) -> str:
        return self.node_type.group

    @property
    def icon(self) -> str:
        return self.node_type.icon or ICONS.get(self.group, OTHER_ICON)

    @property
    def kind(self) -> str:
        return self.node_type.kind.value

    @cached_property
    def ports(self) -> tuple[str, ...]:
        """Its ways out besides the ordinary one; where they come of the configuration, those of its example."""
        if not self.ports_vary or self.node_type.example is None:
            return self.node_type.ports
        try:
            config = self.node_type.Config.model_validate(self.node_type.example, context=self.fields)
            return tuple(self.node_type.ports_of(config))
        except BaseException as raised:
            contained(raised)
            return self.node_type.ports

    @property
    def ports_vary(self) -> bool:
        """Whether the configuration says which ways out there are."""
        return type(self.node_type).ports_of is not NodeType.ports_of

    @cached_property
    def text(self) -> str:
        """The docstring of its class: a summary, and what else is to be known, in Markdown."""
        return cleandoc(type(self.node_type).__doc__ or "")

    @property
    def summary(self) -> str:
        return self.text.partition("\n")[0]

    @property
    def example(self) -> dict[str, Any] | None:
        """A configuration that runs, where the class has one."""
        example = self.node_type.example
        return None if example is None else copied(dict(example))

    @cached_property
    def schema(self) -> Mapping[str, Any]:
        return config_schema(self.node_type, self.fields)

    @property  # a cached one fits no protocol, says pyright
    def inputs(self) -> tuple[Input, ...]:
        """The inputs of the form that asks its configuration, in order."""
        return self._inputs

    @cached_property
    def _inputs(self) -> tuple[Input, ...]:
        return inputs_of(self.schema)
