"""Texts with values in them: Template, and Dynamic, any JSON-like value whose texts are templates.

Both are made when a definition is loaded and are fields of pydantic models. The result is plain
text: nothing is escaped here, a channel escapes for where it shows it. What templates are made of:
wizard.jinja; how values print in them: wizard.wording.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wizard.closures import Names
from wizard.errors import ExpressionError
from wizard.expressions import ORDINARY_ERRORS, STEPS, Expression, check_unicode, field_schema
from wizard.expressions import parse as parse_expression
from wizard.jinja import MAX_SOURCE, Page, Write, compile_template
from wizard.jinja import STEPS as RENDER_STEPS
from wizard.model import Chain, Value

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core.core_schema import CoreSchema

__all__ = ["Dynamic", "Template", "dynamic", "parse"]
