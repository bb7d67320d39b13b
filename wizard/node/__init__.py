"""What node types are written against: all that a third party imports."""

from __future__ import annotations

from wizard.errors import NodeFailed
from wizard.expressions.expression import Expression
from wizard.expressions.template import Dynamic, Template
from wizard.model import Choice, Item, Later, Outcome, Proceed, Prompt, PromptField, Value, Wait
from wizard.node.contract import Background, Foreground, FunctionCall, NodeConfig, NodeType, Services, Visit
from wizard.node.registry import Registry

__all__ = [
    "Background",
    "Choice",
    "Dynamic",
    "Expression",
    "Foreground",
    "FunctionCall",
    "Item",
    "Later",
    "NodeConfig",
    "NodeFailed",
    "NodeType",
    "Outcome",
    "Proceed",
    "Prompt",
    "PromptField",
    "Registry",
    "Services",
    "Template",
    "Value",
    "Visit",
    "Wait",
]
