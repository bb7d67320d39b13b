"""Picking from a list: yes or no, one of several, any of several.

What counts is the value; a person who types may give the label instead, in any case.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Tag
from pydantic import Field as Setting

from wizard.errors import ExpressionError
from wizard.expressions.expression import Expression, Names
from wizard.expressions.prose import prose
from wizard.expressions.template import Template
from wizard.forms.characters import alike
from wizard.forms.field_type import BaseField, FieldType, Problems
from wizard.forms.locales import REMEMBERED, plain_word
from wizard.forms.messages import Closed, LimitErrors
from wizard.forms.parsing import MAX_SHORT, Context, Parser
from wizard.forms.refusals import CHOICE_WANTED, CONFIRMATION_WANTED, Refusal
from wizard.forms.setting_types import Count, as_text
from wizard.forms.types.text import line
from wizard.locale.sentences import Sentence, counted, sentence, sentence_for
from wizard.locale.words import words_in
from wizard.model import Choice, PromptField, Value

MAX_CHOICES = 5_000  # of which one is picked out of a list
MAX_CHECKBOXES = 1_000  # beside each other
MAX_RADIOS = 7  # more of them make a select

YES = sentence_for("answer", "Yes")
NO = sentence_for("answer", "No")
_YES = frozenset(("yes", "y", "true", "1", "on"))
_NO = frozenset(("no", "n", "false", "0", "off"))
# Of languages without a catalogue.
_ANSWERS = {"es": ("sí", "no"), "fr": ("oui", "non"), "it": ("sì", "no"), "nl": ("ja", "nee"), "pt": ("sim", "não")}
_MAX_LABEL = 500
_LISTED = sentence("Your answer to “{label}” must be one of the choices listed")
_YES_OR_NO = sentence("Your answer to “{label}” must be yes or no")
_MORE_THAN_LISTED = sentence("Your answer to “{label}” must not have more choices than are listed")


class BooleanField(BaseField):
    """Yes or no. As a `checkbox` it is one box to tick, and `required` means that it has to be ticked."""

    type: Literal["boolean"]
    checkbox: bool = False


class ChoiceOption(Closed):
    """One of the values to pick from; its label is the value itself unless another is given."""

    value: Annotated[str, BeforeValidator(as_text), Setting(min_length=1, max_length=200)]
    label: Template | None = None
    hint: Template | None = None


class ChoicesFrom(Closed):
    """Choices out of a list that is computed: of texts, or of dicts whose keys `value`, `label` and
    `hint` name."""

    source: Expression = Setting(alias="from")
    value: str = "value"
    label: str = "label"
    hint: str = "hint"


def _option(value: object) -> object:
    return value if isinstance(value, Mapping | ChoiceOption) else {"value": value}


def _distinct(options: tuple[ChoiceOption, ...]) -> tuple[ChoiceOption, ...]:
    seen: set[str] = set()
    for option in options:
        if option.value in seen:
            raise ValueError(f"the choice {option.value!r} is there twice")
        seen.add(option.value)
    return options


def _written_as(value: object) -> str:
    return "from" if isinstance(value, Mapping | ChoicesFrom) else "list"


_Option = Annotated[ChoiceOption, BeforeValidator(_option, json_schema_input_type=ChoiceOption | str | int | float)]
_Options = Annotated[tuple[_Option, ...], Setting(min_length=1, max_length=MAX_CHOICES), AfterValidator(_distinct)]
Options = Annotated[Annotated[_Options, Tag("list")] | Annotated[ChoicesFrom, Tag("from")], Discriminator(_written_as)]
_Checkboxes = Annotated[_Options, Setting(max_length=MAX_CHECKBOXES)]
Checkboxes = Annotated[
    Annotated[_Checkboxes, Tag("list")] | Annotated[ChoicesFrom, Tag("from")], Discriminator(_written_as)
]


class ChoiceField(BaseField):
    """One of several choices."""

    type: Literal["choice"]
    choices: Options


class ChoicesField(BaseField):
    """Any number of several choices, or between `min` and `max` of them."""

    type: Literal["choices"]
    choices: Checkboxes
    min: Count | None = None
    max: Count | None = None
    errors: LimitErrors = LimitErrors()


def _boolean_parser(field: BooleanField) -> Parser:
    """True or False; a number is neither. A checkbox that has to be ticked takes True alone."""

    def parse(raw: object, context: Context) -> Value:
        said = _yes_or_no(raw, context.names.language)
        if said is False and field.checkbox and field.required:
            raise Refusal(CONFIRMATION_WANTED, "required")
        return said

    return parse


def _yes_or_no(raw: object, language: str) -> bool | None:
    if raw is True or raw is False:
        return raw
    if raw is not None and not isinstance(raw, str):
        raise Refusal(_YES_OR_NO)
    text = line(raw, MAX_SHORT)
    if text is None:
        return None
    word, (yes, no) = alike(text), yes_and_no(language)
    if word in yes or word in no:
        return word in yes
    raise Refusal(_YES_OR_NO)


@lru_cache(REMEMBERED)
def yes_and_no(language: str) -> tuple[frozenset[str], frozenset[str]]:
    """What stands for yes, and what for no, as `alike` gives it: in English, for programs, and in the language."""
    says = words_in(language)
    spoken = _ANSWERS.get(language.partition("-")[0]) or (says.say(YES), says.say(NO))
    yes, no = map(alike, spoken)
    said_yes, said_no = {yes, yes[:1], plain_word(yes)} - _NO, {no, no[:1], plain_word(no)} - _YES
    return _YES | (said_yes - said_no), _NO | (said_no - said_yes)


def _choice_parser(field: ChoiceField) -> Parser:
    """The value of one of the choices there are now."""
    values = _values(field)

    def parse(raw: object, context: Context) -> Value:
        if values is not None and isinstance(raw, str) and raw in values:
            return raw
        text = _text(raw)
        return None if text is None else _pick(text, _offered(field, context.names))

    return parse


def _choices_parser(field: ChoicesField) -> Parser:
    """A list of values, each once, in the order of the choices. Text is split at commas."""

    def parse(raw: object, context: Context) -> Value:
        offered = _offered(field, context.names)
        picked = {_pick(text, offered) for text in _texts(raw, offered)}
        if not picked:
            return None
        if field.min is not None and len(picked) < field.min:
            raise Refusal(_too_few(field.min), "min")
        if field.max is not None and len(picked) > field.max:
            raise Refusal(_too_many(field.max), "max")
        return [choice.value for choice in offered if choice.value in picked]

    return parse


def _texts(raw: object, offered: tuple[Choice, ...]) -> list[str]:
    if not isinstance(raw, list | tuple):
        text = _text(raw)
        if text is None:
            return []
        known = {alike(text) for choice in offered for text in (choice.value, choice.label)}
        parts = [text] if alike(text) in known else text.split(",")
    elif len(raw) > MAX_CHOICES:
        raise Refusal(_MORE_THAN_LISTED, "max")
    else:
        parts = [_text(part) or "" for part in raw]
    return [part.strip() for part in parts if part.strip()]


def _too_few(least: int) -> Sentence:
    return counted(
        "Your answer to “{label}” must have at least {count} choice",
        "Your answer to “{label}” must have at least {count} choices",
        least,
    )


def _too_many(most: int) -> Sentence:
    return counted(
        "Your answer to “{label}” must have no more than {count} choice",
        "Your answer to “{label}” must have no more than {count} choices",
        most,
    )


def _text(raw: object) -> str | None:
    """Choices that are numbers come as numbers out of JSON."""
    if type(raw) is int and abs(raw) < 10**15:
        return str(raw)
    if raw is not None and not isinstance(raw, str):
        raise Refusal(_LISTED)
    return line(raw, _MAX_LABEL)


def _pick(text: str, offered: tuple[Choice, ...]) -> str:
    """The value itself, which is what pages and programs send; or else a label, before the value of another choice."""
    picked = next((choice for choice in offered if choice.value == text), None) or labelled(text, offered)
    if picked is None:
        raise Refusal(_LISTED)
    return picked.value


def labelled(text: str, offered: tuple[Choice, ...]) -> Choice | None:
    """The choice that somebody means who types what is read of it."""
    typed = alike(text)
    by_label = (choice for choice in offered if alike(choice.label) == typed)
    return next(by_label, None) or next((choice for choice in offered if alike(choice.value) == typed), None)


def _is_constant(field: ChoiceField | ChoicesField) -> bool:
    """Whether what there is to choose is the same in every run."""
    if isinstance(field.choices, ChoicesFrom):
        return False
    texts = (text for option in field.choices for text in (option.label, option.hint))
    return all(text is None or text.constant for text in texts)


def _offered(field: ChoiceField | ChoicesField, names: Names) -> tuple[Choice, ...]:
    """What there is to choose now. Raises ExpressionError where it can't be computed."""
    if isinstance(field.choices, ChoicesFrom):
        most = MAX_CHECKBOXES if isinstance(field, ChoicesField) else MAX_CHOICES
        return _computed(field.name, field.choices, names, most)
    return tuple(_rendered(option, names) for option in field.choices)


def _rendered(option: ChoiceOption, names: Names) -> Choice:
    label = option.label.prose(names) if option.label else option.value
    return Choice(option.value, label, option.hint.prose(names) if option.hint else "")


def _computed(name: str, choices: ChoicesFrom, names: Names, most: int) -> tuple[Choice, ...]:
    items = choices.source.evaluate(names)
    if items is None:
        return ()
    if not isinstance(items, list | tuple) or len(items) > most:
        raise ExpressionError(f"The choices of the field {name} aren't a list of up to {most:,} items.")
    options: dict[str, Choice] = {}
    for item in items:
        value, label, hint = item, None, None
        if isinstance(item, Mapping):
            value, label, hint = (item.get(key) for key in (choices.value, choices.label, choices.hint))
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal) or value == "":
            raise ExpressionError(f"A choice of the field {name} has no value that is a text.")
        text = unicodedata.normalize("NFC", str(value)).strip()
        options.setdefault(text, Choice(text, text if label is None else str(label), "" if hint is None else str(hint)))
    return tuple(options.values())


# -- what a form makes of it -----------------------------------------------------------------------


def _empty_boolean(field: BooleanField) -> bool | None:
    return False if field.checkbox else None


def _boolean_wanted(field: BooleanField) -> Sentence:
    return CONFIRMATION_WANTED if field.checkbox else CHOICE_WANTED


def _choice_wanted(field: BaseField) -> Sentence:
    return CHOICE_WANTED


def _empty_list(field: ChoicesField) -> list[Value]:
    return []


def _values(field: ChoiceField | ChoicesField) -> frozenset[str] | None:
    """All values that there can be, None where they are computed."""
    if isinstance(field.choices, ChoicesFrom):
        return None
    return frozenset(option.value for option in field.choices)


def _labels(field: ChoiceField | ChoicesField, value: Value, names: Names) -> str:
    labels = {choice.value: choice.label for choice in _offered(field, names)}
    values = value if isinstance(value, list) else [value]
    return ", ".join(labels.get(picked, str(picked)) for picked in values)


def _doubts(field: ChoiceField | ChoicesField, fields: Sequence[BaseField]) -> Problems:
    if not isinstance(field.choices, ChoicesFrom):
        yield from _equal_labels(field.choices)
    elif same := sorted({other.name for other in fields} & field.choices.source.names):
        yield (
            ("choices", "from"),
            f"{', '.join(f'`{name}`' for name in same)} isn't answered yet when this list is made: it is on the same "
            f"page, and the list doesn't follow what is picked there; ask `{field.name}` in a form of its own, below "
            "this one",
        )


def _several_doubts(field: ChoicesField, fields: Sequence[BaseField]) -> Problems:
    yield from _doubts(field, fields)
    if not isinstance(field.choices, ChoicesFrom) and (field.min or 0) > len(field.choices):
        yield ("min",), f"there are {len(field.choices)} choices, so that no answer fits"


def _equal_labels(options: tuple[ChoiceOption, ...]) -> Problems:
    first: dict[str, str] = {}
    for at, option in enumerate(options):
        if option.label is not None and not option.label.constant:
            continue
        label = option.value if option.label is None else str(prose(option.label.source))
        other = first.setdefault(alike(label), option.value)
        if other != option.value:
            yield (
                ("choices", at),
                f"the choices {other!r} and {option.value!r} are both read as “{label}”, so that nobody can tell them "
                "apart; give one of them another label",
            )


# -- how it is asked -------------------------------------------------------------------------------


def _box_or_radios(asked: PromptField) -> str:
    return next((control for control in ("button", "checkbox") if asked.options.get(control)), "radios")


def radios_or_select(asked: PromptField) -> str:
    """The control for one of the choices."""
    return "radios" if len(asked.choices) <= MAX_RADIOS else "select"


def _yes_or_no_note(asked: PromptField) -> Sentence:
    return sentence("yes or no")


def _several_note(asked: PromptField) -> Sentence:
    some = sentence("One or more, separated by commas")
    return some if asked.choices else sentence("Separated by commas")


BOOLEAN = FieldType(
    model=BooleanField,
    parser=_boolean_parser,
    value_type=bool,
    called_elsewhere=("bool", "yesno", "truefalse", "yesorno"),
    options=("checkbox",),
    empty=_empty_boolean,
    absence=_boolean_wanted,
    control=_box_or_radios,
    note=_yes_or_no_note,
    is_yes_or_no=True,
    picks_one=True,
)
CHOICE = FieldType(
    model=ChoiceField,
    parser=_choice_parser,
    values=_values,
    called_elsewhere=("select", "dropdown", "radio", "radios", "enum", "option", "radiogroup"),
    choices=_offered,
    is_fixed=_is_constant,
    absence=_choice_wanted,
    doubts=_doubts,
    readable=_labels,
    control=radios_or_select,
    picks_one=True,
)
CHOICES = FieldType(
    model=ChoicesField,
    parser=_choices_parser,
    value_type=list,
    values=_values,
    called_elsewhere=("multiselect", "checkboxes", "selectboxes", "multiplechoice", "tags", "checkboxgroup"),
    options=("min", "max"),
    choices=_offered,
    is_fixed=_is_constant,
    empty=_empty_list,
    absence=_choice_wanted,
    doubts=_several_doubts,
    readable=_labels,
    control="checkboxes",
    note=_several_note,
    is_list=True,
)
