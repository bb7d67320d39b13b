"""The `workflow` node: another definition inside this one, gone through once or repeatedly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, ClassVar

from wizard.definitions.internal import WorkflowConfig, check_repeat
from wizard.forms.form import Form
from wizard.forms.locales import REMEMBERED
from wizard.forms.prompts import prompt_fields
from wizard.forms.types.choices import BooleanField
from wizard.forms.validation import Rejected, validate
from wizard.locale.sentences import sentence
from wizard.model import Kind, Outcome, Proceed, Prompt, Wait
from wizard.node import NodeType, Visit

MOST_UNLESS_SAID = 100  # items, where the definition has no `max`: the list shows all of them, and so costs that much
ADD_ANOTHER = "add_another"  # what a list page asks


class WorkflowNode(NodeType[WorkflowConfig]):
    """Embeds another workflow.

    It sees its own nodes and its `input` only; its answers are read below this node's id:
    `guardian.contact.email`. With `repeat` they are a list.
    """

    type: ClassVar[str] = "workflow"
    title: ClassVar[str] = "Embed a workflow"
    group: ClassVar[str] = "flow"
    icon: ClassVar[str] = "layers"
    example: ClassVar[Mapping[str, Any]] = {
        "workflow": "member",
        "with": {"surname": "{{ profile.surname }}"},
        "repeat": {"min": 1, "max": 8, "add_another": "Add another person?", "item": "Person"},
    }
    only_computes: ClassVar[bool] = True
    kind: ClassVar[Kind] = Kind.INTERNAL
    Config = WorkflowConfig

    def check(self, config: WorkflowConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        return () if config.repeat is None else check_repeat(config.repeat)

    async def execute(self, visit: Visit[Any]) -> Outcome:
        """The list page that a repeat shows after an item: the one thing of this node that waits."""
        if visit.input is None:
            return Wait(self.prompt(visit))
        form = _question(visit)
        given = dict(visit.input)
        if not form.fields and not given.get(ADD_ANOTHER):
            given.pop(ADD_ANOTHER, None)  # a caller that says "no" where nothing more may come is right
        if not form.fields and ADD_ANOTHER in given:
            return Wait(self._prompt(visit, form, {ADD_ANOTHER: _refusal(visit)}), rejected=True)
        result = validate(form, given, visit.names)
        if isinstance(result, Rejected):
            return Wait(self._prompt(visit, form, result.errors), rejected=True)
        return Proceed({ADD_ANOTHER: bool(result.output.get(ADD_ANOTHER))})

    def prompt(self, visit: Visit[Any]) -> Prompt:
        return self._prompt(visit, _question(visit), {})

    def _prompt(self, visit: Visit[Any], form: Form, errors: Mapping[str, str]) -> Prompt:
        output = {name: value for name, value in (visit.output or {}).items() if name in form.own}
        draft = {name: value for name, value in (visit.draft or {}).items() if name in form.own}
        fields = prompt_fields(form, visit.names, output=output or None, draft=draft, errors=errors)
        unknown = next((message for name, message in errors.items() if name not in form.own), None)
        return Prompt(
            step=visit.step,
            type=visit.node.type,
            title=visit.title or _added(visit),
            text="" if form.fields or visit.config.repeat.max is not None else _full(visit),
            fields=tuple(replace(field, label=_label(visit)) for field in fields),
            items=visit.items(),
            error=unknown,
        )


def _question(visit: Visit[Any]) -> Form:
    """Whether another item is to come; nothing to ask where there are as many as there may be. Without a `max`, who had
    more before there was a limit keeps them."""
    repeat = visit.config.repeat
    if repeat.max is None and (visit.output or {}).get(ADD_ANOTHER):
        return _one_more(visit.language)
    return Form(()) if visit.item_count() >= _most(repeat) else _one_more(visit.language)


def _most(repeat: Any) -> int:
    most: int = max(MOST_UNLESS_SAID, repeat.min) if repeat.max is None else repeat.max
    return most


def _full(visit: Visit[Any]) -> str:
    most = _most(visit.config.repeat)
    return sentence("There can be no more than {most} here.", most=most).in_language(visit.language)


def _refusal(visit: Visit[Any]) -> str:
    most = _most(visit.config.repeat)
    words = sentence("There can be no more than {most} here. Remove one to add another.", most=most)
    return words.in_language(visit.language)


def _added(visit: Visit[Any]) -> str:
    """The title of a list page whose author gave it none."""
    return sentence("You have added {number}", number=visit.item_count()).in_language(visit.language)


def _label(visit: Visit[Any]) -> str:
    add_another = visit.config.repeat.add_another
    own = add_another.render(visit.names) if add_another is not None else ""
    return own or sentence("Do you want to add another?").in_language(visit.language)


# The label is put in when it is shown: what a person typed must never be read as a template.
# So are the messages: they can't name it.
REQUIRED = sentence("Say whether you want to add another")
INVALID = sentence("Say yes or no: do you want to add another?")


@lru_cache(REMEMBERED)
def _one_more(language: str) -> Form:
    messages = {"required": REQUIRED.in_language(language), "invalid": INVALID.in_language(language)}
    return Form((BooleanField.model_validate({"name": ADD_ANOTHER, "type": "boolean", "messages": messages}),))
