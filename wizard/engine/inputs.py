"""What a caller hands in when it starts a run, checked against what the workflow declares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from wizard.errors import InvalidInput
from wizard.forms.form import Form
from wizard.forms.prompts import prompt_fields
from wizard.forms.show_if import possible_fields
from wizard.forms.validation import Accepted, Rejected, validate
from wizard.locale.sentences import sentence
from wizard.machine.scope import Scope
from wizard.model import Prompt, PromptField, Run, RunStatus, Value, Workflow
from wizard.model.derived import derived
from wizard.model.path import Frame
from wizard.model.values import check_value

_NOTHING: Mapping[str, Value] = {}


def read_input(workflow: Workflow, run: Run, given: Mapping[str, object], now: datetime) -> Mapping[str, Value]:
    """Typed values with defaults filled in. A workflow that declares no input takes any storable
    values. Raises InvalidInput, naming each field, and NodeContractError where a field type of others fails."""
    if not workflow.input:
        check_value(dict(given), "The input")
        return dict(given)
    result = _validated(_form(workflow), given, Scope(run, Frame(workflow), now))
    if isinstance(result, Rejected):
        errors = "; ".join(f"{name}: {message}" for name, message in result.errors.items())
        raise InvalidInput(
            sentence(
                "The input of workflow {workflow} can't be accepted. {errors}",
                workflow=workflow.id,
                errors=errors or result.error or "",
            )
        )
    return result.output


def input_prompt(
    workflow: Workflow, now: datetime, known: Mapping[str, Value] = _NOTHING, given: Mapping[str, object] | None = None
) -> Prompt:
    """What a person is asked before a run is started: the inputs without a default, as far as they aren't `known`.
    Inputs that aren't asked decide which of the others are, as do those that are.
    With `given`, a prompt without errors says that these can be taken; otherwise each that can't be is asked
    for, known or not. Raises ExpressionError, and NodeContractError where a field type of others fails."""
    form = _form(workflow)
    run = Run("", workflow.id, workflow.version, 0, RunStatus.CREATED, now, now)
    names = Scope(run, Frame(workflow), now)
    result = None if given is None else _validated(form, given, names)
    wrong = result if isinstance(result, Rejected) else Rejected({}, None, dict(known if given is None else given))
    fields = prompt_fields(form, names, draft=wrong.draft, errors=wrong.errors)

    def asked(field: PromptField) -> bool:
        return field.error is not None or (form.by_name[field.name].default is None and field.name not in known)

    settled = {field.name: field.value for field in fields if not asked(field)}
    return Prompt(
        "",
        "start",
        workflow.title,
        workflow.text,
        tuple(filter(asked, fields)),
        error=wrong.error,
        possible=tuple(filter(asked, possible_fields(form, names, fields, wrong.draft, settled))),
    )


def _validated(form: Form, given: Mapping[str, object], names: Scope) -> Accepted | Rejected:
    result = validate(form, given, names)
    if isinstance(result, Rejected) and result.failure is not None:
        raise result.failure
    return result


@derived
def _form(workflow: Workflow) -> Form:
    """What the workflow declares, compiled once."""
    return Form(workflow.input)
