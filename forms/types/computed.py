"""What is computed from the other answers, and never asked."""

from __future__ import annotations

from typing import Literal

from wizard.expressions.expression import Expression
from wizard.forms.field_type import BaseField, FieldType


class ComputedField(BaseField):
    """A value that is computed from the other answers and never asked."""

    type: Literal["computed"]
    value: Expression


COMPUTED = FieldType(
    model=ComputedField,
    parser=None,
    value_type=None,
    called_elsewhere=("calculated", "formula", "expression", "calculation"),
)
