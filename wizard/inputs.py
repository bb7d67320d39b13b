"""What a caller hands in when it starts a run, checked against what the workflow declares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from wizard.codec import check_value
from wizard.errors import InvalidInput
from wizard.forms.form import Form
from wizard.forms.validation import Rejected, validate
from wizard.model import Run, Value, Workflow
from wizard.places import Frame
from wizard.scope import Scope


def read_input(workflow: Workflow, run: Run, given: Mapping[str, object], now: datetime) -> Mapping[str, Value]:
    """Typed values with defaults filled in. A workflow that declares no input takes any storable
    values. Raises InvalidInput, naming each field."""
    if not workflow.input:
        check_value(dict(given), "The input")
        return dict(given)
    result = validate(_form(workflow), given, Scope(run, Frame(workflow), now))
    if isinstance(result, Rejected):
        errors = "; ".join(f"{name}: {message}" for name, message in result.errors.items())
        raise InvalidInput(f"The input of workflow {workflow.id} can't be taken. {errors or result.error}")
    return result.output


@lru_cache(maxsize=1024)
def _form(workflow: Workflow) -> Form:
    """What the workflow declares, compiled once."""
    return Form(workflow.input)
