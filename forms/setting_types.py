"""What authors write into a field's settings: names, limits, regions, kinds of files. What can't be one says why."""

from __future__ import annotations

import keyword
import re
import unicodedata
from datetime import date, time
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StrictFloat, StrictInt, WithJsonSchema
from pydantic import Field as Setting

from wizard.expressions.expression import Expression
from wizard.forms.parsing import MAX_TEXT
from wizard.model.decimals import written

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
_RESERVED = frozenset({"true", "false", "null", "action"})  # `action` is the name of a page's buttons
_DAY = re.compile(r"\s*\d{1,4}([-./]\s*)\d{1,2}\1\d{1,4}\.?\s*")  # as people write one, and no expression is meant
_CLOCK = re.compile(r"\s*\d{1,2}([:.h]\d{0,2}){1,2}\s*([ap]\.?m\.?)?\s*", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/(\*|[\w.+-]{1,80})|\.\w{1,20}")


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError("a field's name is a letter (a to z), then up to 59 letters, digits and underscores")
    if name in _RESERVED or keyword.iskeyword(name):
        raise ValueError(f"{name!r} has a meaning of its own. Give the field another name")
    return name


def _date(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return date.fromisoformat(value)
    if isinstance(value, str) and _DAY.fullmatch(value):
        raise ValueError("must be a date such as 2026-03-27, or an expression such as today()")
    return value


def _time(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"\d\d:\d\d", value):
        return time.fromisoformat(value)
    if isinstance(value, str) and _CLOCK.fullmatch(value):
        raise ValueError("must be a time such as 09:30, or an expression")
    return value


def as_text(value: object) -> object:
    if isinstance(value, Decimal):
        return written(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return unicodedata.normalize("NFC", value).strip() if isinstance(value, str) else value


def _region(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{2}", value):
        raise ValueError("a country is written as its two-letter ISO 3166 code, like CH")
    return value


def _media_type(value: str) -> str:
    if not _MEDIA_TYPE.fullmatch(value):
        raise ValueError("write a media type, like application/pdf or image/*, or an extension, like .pdf")
    return value.lower()


FieldName = Annotated[str, AfterValidator(_name)]
Region = Annotated[str, AfterValidator(_region)]
Count = Annotated[int, Setting(ge=0, le=MAX_TEXT)]
Exact = Annotated[Decimal, Setting(strict=True), WithJsonSchema({"type": "number"})]
Number = Annotated[StrictInt | Exact | StrictFloat | Expression, Setting(union_mode="left_to_right")]
DateLimit = Annotated[
    Annotated[date, Setting(strict=True)] | Expression, Setting(union_mode="left_to_right"), BeforeValidator(_date)
]
TimeLimit = Annotated[
    Annotated[time, Setting(strict=True)] | Expression, Setting(union_mode="left_to_right"), BeforeValidator(_time)
]
MediaType = Annotated[str, AfterValidator(_media_type)]
