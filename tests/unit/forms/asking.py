"""How the tests of forms write a form, answer it, and stand in for the data around it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import count
from typing import Any

from pydantic import TypeAdapter

from wizard.forms.fields import Check, Field
from wizard.forms.form import Form
from wizard.forms.validation import Accepted, Rejected, validate

NOW = datetime(2026, 11, 22, 9, 30)

_FIELDS: TypeAdapter[tuple[Any, ...]] = TypeAdapter(tuple[Field, ...])
_CHECKS: TypeAdapter[tuple[Check, ...]] = TypeAdapter(tuple[Check, ...])


class Around:
    """The data that a form's node sees, in a run of some `language`."""

    language = "en"

    def __init__(self, **values: Any) -> None:
        self.values = values

    @classmethod
    def of(cls, language: str) -> Around:
        around = cls()
        around.language = language
        return around

    @property
    def now(self) -> datetime:
        return NOW

    def read(self, chain: tuple[str, ...]) -> Any:
        value: Any = self.values
        for part in chain:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value


def fields(*written: Mapping[str, Any]) -> tuple[Any, ...]:
    return _FIELDS.validate_python(written)


def form(*written: Mapping[str, Any], checks: tuple[Mapping[str, Any], ...] = ()) -> Form:
    return Form(fields(*written), _CHECKS.validate_python(checks))


def ids() -> Any:
    numbers = count(1)
    return lambda: f"id-{next(numbers)}"


def accepted(asked: Form, given: Mapping[str, Any], **around: Any) -> dict[str, Any]:
    """The typed output of answers that must be taken."""
    result = validate(asked, given, Around(**around), new_id=ids())
    assert isinstance(result, Accepted), result
    return result.output


def rejected(asked: Form, given: Mapping[str, Any], **around: Any) -> Rejected:
    result = validate(asked, given, Around(**around), new_id=ids())
    assert isinstance(result, Rejected), result
    return result


def take(raw: Any, **written: Any) -> Any:
    """The typed value of one answer that must be taken. The field is called `it`, its label is Thing."""
    return accepted(form({"name": "it", "label": "Thing", **written}), {"it": raw})["it"]


def refuse(raw: Any, **written: Any) -> str:
    """What is said of one answer that must be refused."""
    return rejected(form({"name": "it", "label": "Thing", **written}), {"it": raw}).errors["it"]
