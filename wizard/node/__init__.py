"""What types of nodes and of fields are written against: all that a third party imports."""

from __future__ import annotations

from wizard.errors import NodeFailed
from wizard.expressions.expression import Expression
from wizard.expressions.template import Dynamic, Template
from wizard.forms.field_type import BaseField, FieldType, Input, PartInput
from wizard.forms.parsing import Context, Parser
from wizard.forms.refusals import Refusal
from wizard.locale.sentences import Sentence, counted, sentence
from wizard.model import Choice, Item, Later, Outcome, Proceed, Prompt, PromptField, Value, Wait
from wizard.node.contract import Background, Foreground, FunctionCall, NodeConfig, NodeType, Services, Visit
from wizard.node.form_hint import FormHint
from wizard.node.registry import Registry
from wizard.resources.kinds import (
    BrokerResource,
    HttpResource,
    Resource,
    S3Resource,
    SmtpResource,
    SqlResource,
    TokenResource,
)
from wizard.resources.naming import ResourceOf

__all__ = [
    "Background",
    "BaseField",
    "BrokerResource",
    "Choice",
    "Context",
    "Dynamic",
    "Expression",
    "FieldType",
    "Foreground",
    "FormHint",
    "FunctionCall",
    "HttpResource",
    "Input",
    "Item",
    "Later",
    "NodeConfig",
    "NodeFailed",
    "NodeType",
    "Outcome",
    "Parser",
    "PartInput",
    "Proceed",
    "Prompt",
    "PromptField",
    "Refusal",
    "Registry",
    "Resource",
    "ResourceOf",
    "S3Resource",
    "Sentence",
    "Services",
    "SmtpResource",
    "SqlResource",
    "Template",
    "TokenResource",
    "Value",
    "Visit",
    "Wait",
    "counted",
    "sentence",
]
