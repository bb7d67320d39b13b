"""Prompts of node types that others wrote, checked to their last part before anything is stored or shown.

A prompt is computed anew for each look, so that one that can't be shown would keep its step from being shown for good.
What is taken is copied into plain values (S26); prompts of the built-in types are made of checked definitions, and are
taken as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import Any, NoReturn, TypeVar

from wizard.errors import InvalidInput, NodeContractError
from wizard.expressions.prose import Prose
from wizard.forms.field_type import FieldType
from wizard.forms.form import Form
from wizard.model import Choice, Item, Prompt, PromptField, Reveal
from wizard.model.copies import copied
from wizard.model.prompt import MAX_FIELDS
from wizard.model.values import check_value
from wizard.node.contract import NodeType, Visit

T = TypeVar("T")

BUILT_IN = "wizard.nodes."


def checked_prompt(prompt: Prompt, visit: Visit[Any]) -> Prompt:
    """The prompt, made of plain values. Raises NodeContractError, which names the part that is wrong."""
    if is_built_in(visit):
        return prompt
    try:
        made = _prompt(prompt)
    except _Wrong as wrong:
        _refuse(visit, f"a prompt whose {wrong}")
    if made.step != visit.step:
        _refuse(visit, "a prompt whose `step` is that of another. Take `visit.step`")
    return made


def checked_items(items: tuple[Any, ...], visit: Visit[Any]) -> tuple[Item, ...]:
    """The same for the lines that a review shows of an answer."""
    if is_built_in(visit):
        return items
    try:
        return _several(items, "items", Item, _item)
    except _Wrong as wrong:
        _refuse(visit, f"a summary whose {wrong}")


def only_computes(visit: Visit[Any]) -> bool:
    """Whether a call of the node calls nothing of others: then it needs no limit around it, and nobody else has what it
    made in hand."""
    handler: NodeType[Any] = visit.node.handler
    return handler.only_computes and is_built_in(visit)


def is_built_in(visit: Visit[Any]) -> bool:
    """Whether the node's type is one of ours, and so are those of the fields that it asks."""
    form = getattr(visit.node.config, "form", None)
    ours = type(visit.node.handler).__module__.startswith(BUILT_IN)
    return ours and not (isinstance(form, Form) and form.of_others)


def _refuse(visit: Visit[Any], what: str) -> NoReturn:
    raise NodeContractError(f"node type {visit.node.type} gave {what}.", node=visit.step)


class _Wrong(Exception):
    """What is wrong, from the part's name on."""


def _prompt(prompt: Prompt) -> Prompt:
    step, type_, title, submit = (
        _text(getattr(prompt, name), f"`{name}`") for name in ("step", "type", "title", "submit")
    )
    made = Prompt(
        step,
        type_,
        title,
        _prose(prompt.text, "`text`"),
        _fields(prompt.fields, "fields"),
        _several(prompt.items, "items", Item, _item),
        _text_or_none(prompt.error, "`error`"),
        submit,
        _truth(prompt.ends, "`ends`"),
        _fields(prompt.possible, "possible"),
        _text(prompt.kind, "`kind`"),
        in_parts=_truth(prompt.in_parts, "`in_parts`"),
    )
    _storable(list(_values(made)), "content")
    return made


def _fields(given: object, name: str) -> tuple[PromptField, ...]:
    asked = _several(given, name, PromptField, _field)
    if len(asked) > MAX_FIELDS:
        raise _Wrong(f"`{name}` has {len(asked)} fields, and {MAX_FIELDS} is the most that can be answered")
    names = [field.name for field in asked]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise _Wrong(f"`{name}` has two fields called {twice!r}")
    return asked


def _field(field: PromptField) -> PromptField:
    name = _text(field.name, "field has a `name` that")
    of = f"field {name!r} has"
    when = field.when
    if when is not None and not isinstance(when, Reveal):
        raise _Wrong(f"{of} a `when` that is {_kind(when)}, not Reveal or None")
    return PromptField(
        name,
        _text(field.type, f"{of} a `type` that"),
        _text(field.label, f"{of} a `label` that"),
        _prose(field.hint, f"{of} a `hint` that"),
        _truth(field.required, f"{of} a `required` that"),
        _several(field.choices, f"choices of the field {name}", Choice, _choice),
        _value(field.value, f"{of} a `value` that"),
        _text_or_none(field.error, f"{of} an `error` that"),
        _truth(field.answered, f"{of} an `answered` that"),
        _options(field.options, of),
        None if when is None else _reveal(when, of),
        _text_or_none(field.typed, f"{of} a `typed` that"),
        _field_type(field.field_type, of),
    )


def _field_type(known: object, of: str) -> FieldType | None:
    if known is not None and not isinstance(known, FieldType):
        raise _Wrong(f"{of} a `field_type` that is {_kind(known)}, not FieldType or None")
    return known


def _options(options: object, of: str) -> Mapping[str, Any]:
    if not isinstance(options, Mapping):
        raise _Wrong(f"{of} `options` that are {_kind(options)}, not a mapping")
    made: Mapping[str, Any] = _value(copied(options), f"{of} `options` that")
    accept = made.get("accept")
    if accept is not None and not (isinstance(accept, list | tuple) and all(isinstance(each, str) for each in accept)):
        raise _Wrong(f"{of} an option `accept` that isn't a list of texts")
    size = made.get("max_size", 0)
    if not isinstance(size, int) or isinstance(size, bool):
        raise _Wrong(f"{of} an option `max_size` that is {_kind(size)}, not a whole number")
    return made


def _choice(choice: Choice) -> Choice:
    return Choice(
        _text(choice.value, "choice has a `value` that"),
        _prose(choice.label, "choice has a `label` that"),
        _prose(choice.hint, "choice has a `hint` that"),
    )


def _item(item: Item) -> Item:
    label, value, group, page = (
        _text(getattr(item, name), f"item has a `{name}` that") for name in ("label", "value", "group", "page")
    )
    step, remove = (_text_or_none(getattr(item, name), f"item has a `{name}` that") for name in ("step", "remove"))
    return Item(label, value, step, group, remove, page)


def _reveal(when: Reveal, of: str) -> Reveal:
    what = f"{of} a `when` that"
    if not isinstance(when.values, tuple | list):
        raise _Wrong(f"{what} names {_kind(when.values)}, not a tuple of values")
    return Reveal(_text(when.field, what), tuple(_text(value, what) for value in when.values))


# -- parts -------------------------------------------------------------------------------------------


def _several(given: object, name: str, kind: type[T], made: Callable[[T], T]) -> tuple[T, ...]:
    if not isinstance(given, tuple | list):
        raise _Wrong(f"`{name}` is {_kind(given)}, not a tuple")
    for item in given:
        if not isinstance(item, kind):
            raise _Wrong(f"`{name}` holds {_kind(item)}, not only {kind.__name__}")
    return tuple(map(made, given))


def _text(given: object, what: str) -> str:
    if not isinstance(given, str):
        raise _Wrong(f"{what} is {_kind(given)}, not a text")
    return str.__str__(given)


def _prose(given: object, what: str) -> str:
    """A text that may have markup; it was made by the engine, since its class is exactly that."""
    return given if type(given) is Prose else _text(given, what)


def _text_or_none(given: object, what: str) -> str | None:
    return None if given is None else _text(given, what)


def _truth(given: object, what: str) -> bool:
    if not isinstance(given, bool):
        raise _Wrong(f"{what} is {_kind(given)}, not True or False")
    return given


def _value(given: Any, what: str) -> Any:
    _storable(given, what)
    return copied(given)


def _storable(given: Any, what: str) -> None:
    try:
        check_value(given, what)
    except InvalidInput as error:
        raise _Wrong(error.message.rstrip(".")) from error


def _values(made: Any) -> Iterator[Any]:
    """Everything in it, for its size and its letters."""
    for field in fields(made):
        value = getattr(made, field.name)
        if isinstance(value, tuple):
            for part in value:
                yield from _values(part) if hasattr(part, "__dataclass_fields__") else (part,)
        elif isinstance(value, Reveal):
            yield from _values(value)
        elif not isinstance(value, FieldType):
            yield value


def _kind(given: object) -> str:
    if given is None:
        return "None"
    name = type(given).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
