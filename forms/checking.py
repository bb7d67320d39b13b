"""What is wrong with a form that its fields' models can't say, found when a definition is loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from wizard.errors import ExpressionError
from wizard.expressions.expression import Expression
from wizard.expressions.prose import prose
from wizard.forms.characters import alike
from wizard.forms.fields import (
    Check,
    ChoiceOption,
    ChoicesField,
    ChoicesFrom,
    CountryField,
    PhoneField,
    PostcodeField,
)
from wizard.forms.form import TIMELESS_CONTEXT, Form, Question, limits_now
from wizard.forms.refusals import Refusal, about
from wizard.forms.types.countries import codes_by_name, country_names, spoken

Place = tuple[str | int, ...]


def form_problems(fields: tuple[Any, ...], checks: tuple[Check, ...] = ()) -> Iterator[tuple[Place, str]]:
    """(place below the node's configuration, message) pairs."""
    positions: dict[str, int] = {}
    for index, field in enumerate(fields):
        if positions.setdefault(field.name, index) != index:
            yield ("fields", index, "name"), f"there are two fields called {field.name!r}"
    form = Form(fields, checks)
    for index, field in enumerate(fields):
        for key, message in _field_problems(form, index, field):
            yield ("fields", index, key), message
    for index, check in enumerate(checks):
        if check.field is not None and check.field not in form.by_name:
            yield ("validate", index, "field"), f"there is no field {check.field!r} that is asked in this form"


def form_doubts(fields: tuple[Any, ...]) -> Iterator[tuple[Place, str]]:
    """What may be meant like that, as (place below the node's configuration, message) pairs."""
    asked = {field.name for field in fields}
    for index, field in enumerate(fields):
        choices = getattr(field, "choices", ())
        if isinstance(choices, tuple):
            yield from _equal_labels(("fields", index, "choices"), choices)
        elif isinstance(choices, ChoicesFrom) and (same := sorted(asked & choices.source.names)):
            names = ", ".join(f"`{name}`" for name in same)
            yield (
                ("fields", index, "choices", "from"),
                f"{names} isn't answered yet when this list is made: it is on the same page, and the list doesn't "
                f"follow what is picked there; ask `{field.name}` in a form of its own, below this one",
            )
        if isinstance(field, PhoneField) and field.region is not None:
            yield from _region_doubts(("fields", index, "region"), field.region)
        for key, message in (*_unanswerable(field), *_unread(field), *_country_doubts(fields[:index], fields, field)):
            yield ("fields", index, *key), message


def _unanswerable(field: Any) -> Iterator[tuple[Place, str]]:
    if isinstance(field, ChoicesField) and isinstance(field.choices, tuple) and (field.min or 0) > len(field.choices):
        yield ("min",), f"there are {len(field.choices)} choices, so that no answer fits"
    if isinstance(field, CountryField) and field.only is not None and not field.only:
        yield ("only",), "there is no country to choose from, so that no answer fits"


def _unread(field: Any) -> Iterator[tuple[Place, str]]:
    """Messages about what can't happen."""
    own = getattr(field, "errors", None)
    for key in ("min", "max", "min_length", "pattern", "accept"):
        if getattr(own, key, None) is not None and getattr(field, key, None) in (None, ()):
            yield ("errors", key), f"nobody will read this: the field has no `{key}`"
    if getattr(own, "required", None) is not None and not field.required:
        yield ("errors", "required"), "nobody will read this: the field isn't required"
    for key in () if own is None else type(own).model_fields:
        message = getattr(own, key)
        if message is not None and field.name in message.names:
            yield ("errors", key), f"`{field.name}` is null here: what was typed isn't taken yet"


def _country_doubts(above: tuple[Any, ...], fields: tuple[Any, ...], field: Any) -> Iterator[tuple[Place, str]]:
    """A postcode goes by the country of another field only where that is answered before, with a code."""
    if not isinstance(field, PostcodeField) or field.country is None:
        return
    other = next((each for each in fields if each.name == field.country), None)
    if other is not None and other not in above:
        yield (
            ("country",),
            f"`{other.name}` isn't answered yet here, so that any code is taken; put this field below it",
        )
    elif other is not None and other.type in ("text", "textarea"):
        yield ("country",), f"`{other.name}` is any text, and no country's code; make it `type: country`"


def _region_doubts(place: Place, region: str) -> Iterator[tuple[Place, str]]:
    from phonenumbers import SUPPORTED_REGIONS

    if region not in SUPPORTED_REGIONS:
        yield place, f"there is no country {region} that has telephone numbers{_code_of(region)}"


def _code_of(name: str) -> str:
    """The end of a sentence about a country that there isn't."""
    code = codes_by_name("en").get(spoken(name))
    return f"; did you mean {code}?" if code else ""


def _equal_labels(place: Place, options: tuple[ChoiceOption, ...]) -> Iterator[tuple[Place, str]]:
    first: dict[str, str] = {}
    for at, option in enumerate(options):
        if option.label is not None and not option.label.constant:
            continue
        label = option.value if option.label is None else str(prose(option.label.source))
        other = first.setdefault(alike(label), option.value)
        if other != option.value:
            yield (
                (*place, at),
                f"the choices {other!r} and {option.value!r} are both read as “{label}”, so that nobody can tell them "
                "apart; give one of them another label",
            )


def _field_problems(form: Form, index: int, field: Any) -> Iterator[tuple[str, str]]:
    asked = form.names[:index]
    if field.show_if is not None and field.type != "computed":
        later = sorted(field.show_if.names & (form.own - set(asked)))
        computed = sorted(field.show_if.names & {each.name for each in form.computed} - set(later))
        if later:
            yield "show_if", f"{', '.join(later)} isn't answered yet here; put this field below it"
        if computed:
            yield "show_if", f"{', '.join(computed)} is computed after all fields are answered; ask what it uses"
    for smaller, larger in (("min", "max"), ("min_length", "max_length")):
        low, high = getattr(field, smaller, None), getattr(field, larger, None)
        if type(low) is type(high) and low is not None and _is_above(low, high):
            yield smaller, f"{smaller} is above {larger}, so that no answer fits"
    yield from _limit_problems(field)
    yield from _country_problems(form, field)
    question = form.by_name.get(field.name)
    if question is not None and (message := _default_problem(question)):
        yield "default", message


def _is_above(low: Any, high: Any) -> bool:
    return not hasattr(low, "evaluate") and bool(low > high)


def _limit_problems(field: Any) -> Iterator[tuple[str, str]]:
    """Limits that are computed out of nothing, and that no answer can be compared with."""
    for key, other in (("min", "max"), ("max", "min")):
        setting = getattr(field, key, None)
        if isinstance(setting, Expression) and not (setting.names or setting.functions):
            try:
                limits_now(field.model_copy(update={other: None}), TIMELESS_CONTEXT)
            except ExpressionError as error:
                yield key, str(error)


def _country_problems(form: Form, field: Any) -> Iterator[tuple[str, str]]:
    if isinstance(field, PostcodeField) and field.country is not None and field.country not in form.own:
        if not re.fullmatch("[A-Z]{2}", field.country):
            yield "country", f"there is no field {field.country!r}; write a country's code, like CH, or a field's name"
        elif field.country not in country_names():
            yield "country", f"there is no country {field.country}{_code_of(field.country)}"
    if isinstance(field, CountryField) and field.only is not None:
        for code in field.only:
            if code not in country_names():
                yield "only", f"there is no country {code}{_code_of(code)}"


def _default_problem(question: Question) -> str | None:
    """A default that the field itself refuses; what needs a run to tell is left to the run."""
    if question.default is None:
        return None
    try:
        question.parse(question.default, TIMELESS_CONTEXT)
    except Refusal as refusal:
        label = question.label if isinstance(question.label, str) else question.name
        return f"the default isn't accepted: {about(refusal.sentence, label)}"
    except ExpressionError:
        return None
    return None
