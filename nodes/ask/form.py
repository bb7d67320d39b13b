"""The `form` node: asks fields, takes all answers at once or a few at a time."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import Field as Setting

from wizard.forms.checking import form_problems
from wizard.forms.fields import Field
from wizard.forms.prompts import prompt_fields, summary_items
from wizard.forms.show_if import possible_fields
from wizard.forms.types.files import reference
from wizard.forms.validation import Accepted, Form, Part, Rejected, carried_over, still_valid, validate, validate_part
from wizard.model import TAKEN_FILES, Item, Outcome, Proceed, Prompt, Value, Wait
from wizard.model.prompt import MAX_FIELDS
from wizard.node import Foreground, FormHint, Visit
from wizard.node.asking import AskingConfig

_NOTHING: Mapping[str, Any] = {}


class FormConfig(AskingConfig):
    """What a form asks."""

    fields: Annotated[tuple[Field, ...], FormHint(rows=12)] = Setting(
        min_length=1, max_length=MAX_FIELDS, description="What is asked."
    )


A = TypeVar("A", bound=AskingConfig)


def new_file_id() -> str:
    """128 random bits."""
    return secrets.token_urlsafe(16)


class Asking(Foreground[A]):
    """What node types with fields share. `new_id` makes the ids of uploaded files."""

    def __init__(self, new_id: Callable[[], str] = new_file_id) -> None:
        self._new_id = new_id

    def outputs(self, config: A) -> frozenset[str] | None:
        return config.form.own

    def own_names(self, config: A) -> frozenset[str]:
        return config.form.own

    def secrets(self, config: A) -> frozenset[str]:
        return config.form.secrets

    def files(self, config: A) -> frozenset[str]:
        return frozenset(config.form.files)

    def check(self, config: A) -> Iterable[tuple[tuple[str | int, ...], str]]:
        return form_problems(config.fields, config.checks)

    async def submit(self, visit: Visit[A]) -> Outcome:
        """A part of nothing says that all parts are there: the draft is taken as the answer."""
        form, given = visit.config.form, visit.input or _NOTHING
        if visit.partial and given:
            return self._take_part(visit, given)
        if visit.partial:
            given = {name: value for name, value in (visit.draft or _NOTHING).items() if name in form.own}
        result = validate(form, given, visit.names, kept=_kept(visit), new_id=self._new_id)
        if isinstance(result, Accepted):
            visit.files += result.files.values()
            _keep_files(visit, {name: result.output.get(name) for name in form.files})
            return Proceed(result.output)
        if not visit.partial:
            visit.draft = result.draft
            _remember(visit, result)
        return self._rejected(visit, result)

    def _take_part(self, visit: Visit[A], given: Mapping[str, Value]) -> Outcome:
        result = validate_part(
            visit.config.form, given, visit.names, visit.draft or _NOTHING, kept=_kept(visit), new_id=self._new_id
        )
        visit.draft = result.draft
        _remember(visit, result)
        return self._rejected(visit, result) if isinstance(result, Rejected) else Wait(self.prompt(visit))

    def _rejected(self, visit: Visit[A], result: Rejected) -> Outcome:
        """Raises what a field type of others failed with: what was typed stays, and the log names the type."""
        if result.failure is not None:
            raise result.failure
        return Wait(self._prompt(visit, result.errors, result.error), rejected=True)

    def prompt(self, visit: Visit[A]) -> Prompt:
        return self._prompt(visit, _NOTHING, None)

    def _prompt(self, visit: Visit[A], errors: Mapping[str, str], error: str | None) -> Prompt:
        config, names = visit.config, visit.names
        form = config.form
        fields = prompt_fields(form, names, output=visit.output, draft=visit.draft, errors=errors, kept=_kept(visit))
        return Prompt(
            visit.step,
            visit.node.type,
            visit.title,
            config.text.prose(names) if config.text is not None else "",
            fields,
            self.items(visit),
            _overall(form, fields, errors, error),
            config.submit.render(names) if config.submit is not None else "",
            possible=possible_fields(form, names, fields, visit.draft),
            in_parts=True,
        )

    def items(self, visit: Visit[A]) -> tuple[Item, ...]:
        """The lines that the prompt lists beside its fields."""
        return ()

    def accepts(self, visit: Visit[A]) -> bool:
        return still_valid(visit.config.form, visit.output or _NOTHING, visit.names)

    def carried(self, visit: Visit[A]) -> Mapping[str, Value] | None:
        return carried_over(visit.config.form, visit.output or _NOTHING, visit.names)

    def summary(self, visit: Visit[A]) -> tuple[Item, ...]:
        return summary_items(visit.config.form, visit.names, visit.output or _NOTHING, visit.step)


class FormNode(Asking[FormConfig]):
    """Asks a person one or more questions.

    The answers are read by later nodes below the node's id: `applicant.full_name`. Going back to
    the form shows them again.
    """

    type: ClassVar[str] = "form"
    title: ClassVar[str] = "Ask questions"
    group: ClassVar[str] = "ask"
    icon: ClassVar[str] = "form"
    example: ClassVar[Mapping[str, Any]] = {
        "text": "We need this to write to you.",
        "fields": [
            {"name": "full_name", "label": "Full name"},
            {"name": "email", "type": "email", "label": "Email address", "required": False},
        ],
        "submit": "Save and continue",
    }
    only_computes: ClassVar[bool] = True
    pure: ClassVar[bool] = True
    Config = FormConfig


def _kept(visit: Visit[A]) -> Mapping[str, Value]:
    """The files and passwords taken so far, by field: of files only those that this node took itself. A password of a
    draft is one of a form that is filled in part by part."""
    form = visit.config.form
    if not (form.files or form.secrets):
        return _NOTHING
    output = visit.output or _NOTHING
    typed = (visit.draft if visit.partial else None) or _NOTHING
    sources = (
        (form.files, output),
        (form.files, visit.state.get(TAKEN_FILES, _NOTHING)),
        (form.secrets, output),
        (form.secrets, typed),
    )
    found: dict[str, Value] = {}
    for names, source in sources:
        found |= {name: source[name] for name in names if name in source}
    return found


def _keep_files(visit: Visit[A], taken: Mapping[str, Value]) -> None:
    """Beside the answer, so that they are there still where something else comes in the place of that (S24, S25)."""
    visit.state.pop(TAKEN_FILES, None)
    if kept := {name: value for name, value in taken.items() if value is not None}:
        visit.state[TAKEN_FILES] = kept


def _remember(visit: Visit[A], result: Rejected | Part) -> None:
    """Files count as taken even where the other answers aren't, so that nobody uploads one twice."""
    if not result.files:
        return
    taken = {name: reference(file) for name, file in result.files.items()}
    visit.state[TAKEN_FILES] = {**visit.state.get(TAKEN_FILES, _NOTHING), **taken}
    visit.files += result.files.values()


def _overall(form: Form, fields: tuple[Any, ...], errors: Mapping[str, str], error: str | None) -> str | None:
    """What is wrong with no field that is shown is said of the whole step."""
    if not errors:
        return error
    shown = {field.name for field in fields}
    elsewhere = [message for name, message in errors.items() if name not in shown]
    return "\n".join([*elsewhere, *([error] if error else [])]) or None
