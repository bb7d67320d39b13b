"""Text answers: what any text has to be before a type looks at it, and the types that are just text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Annotated, Literal, Self

from pydantic import Field as Setting
from pydantic import model_validator

from wizard.expressions.expression import Names
from wizard.forms.characters import folded, is_visible, prose
from wizard.forms.field_type import BaseField, FieldType
from wizard.forms.messages import LengthErrors, TextErrors
from wizard.forms.parsing import MAX_SHORT, MAX_TEXT, Context, Parser
from wizard.forms.refusals import LimitCode, Refusal
from wizard.forms.setting_types import Count
from wizard.forms.types.patterns import check_pattern
from wizard.locale.sentences import Sentence, counted, sentence
from wizard.model import PromptField, Value

DOTS = "••••••••"  # as many for every password

_NO_TEXT = sentence("Your answer to “{label}” must be text")
_LINE_BREAKS = sentence("Your answer to “{label}” must not contain line breaks")
_UNSHOWN = sentence("Your answer to “{label}” must not contain characters that can't be shown")
_OTHER_FORMAT = sentence("Your answer to “{label}” is not in the required format")
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_FORBIDDEN_IN_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class TextField(BaseField):
    """One line of text. `pattern` must match all of it."""

    type: Literal["text"] = "text"
    min_length: Count | None = None
    max_length: Count = 500
    pattern: str | None = None
    errors: TextErrors = TextErrors()

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.pattern is not None:
            check_pattern(self.pattern, self.max_length)
        return self


class TextareaField(BaseField):
    """Several lines of text."""

    type: Literal["textarea"]
    min_length: Count | None = None
    max_length: Count = 5_000
    rows: Annotated[int, Setting(ge=1, le=50)] = 5
    errors: LengthErrors = LengthErrors()


class PasswordField(BaseField):
    """A secret: never shown again, and no spaces are taken off it."""

    type: Literal["password"]
    min_length: Count | None = None
    max_length: Count = 200
    errors: LengthErrors = LengthErrors()

    @model_validator(mode="after")
    def _unknown(self) -> Self:
        if self.default is not None or self.prefill is not None:
            raise ValueError("a password has no default and no prefill: it would be shown to whoever asks")
        return self


class HiddenField(BaseField):
    """Text that a channel carries and nobody sees; it may be missing unless `required` says otherwise."""

    type: Literal["hidden"]
    required: bool = False
    min_length: Count | None = None
    max_length: Count = 500
    errors: LengthErrors = LengthErrors()


def line(raw: object, limit: int = MAX_TEXT) -> str | None:
    """One line of text as it is kept (characters.prose), stripped, without control characters; None where there is
    nothing to see."""
    if type(raw) is str and raw.isascii() and raw.isprintable() and len(raw) <= limit:
        return raw.strip() or None
    text = _text(raw, limit)
    if text is None:
        return None
    text = prose(text).strip().replace("\t", " ")
    _refuse(_FORBIDDEN, text)
    return text if is_visible(text) else None


def lines(raw: object) -> str | None:
    """As `line`, with line breaks (as \\n) and tabs left in."""
    text = _text(raw, MAX_TEXT)
    if text is None:
        return None
    text = prose(text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    _refuse(_FORBIDDEN_IN_LINES, text)
    return text if is_visible(text) else None


def short(raw: object, limit: int = MAX_SHORT) -> str | None:
    """A line as it is read (characters.folded), for a type of few characters: an email address, a date."""
    text = line(raw, limit)
    return text if text is None or text.isascii() else folded(text).strip() or None


def verbatim(raw: object) -> str | None:
    """Text of which every space counts."""
    text = _text(raw, MAX_TEXT)
    if text is None:
        return None
    text = unicodedata.normalize("NFC", text)
    _refuse(_FORBIDDEN, text)
    return text if text.isascii() or " " in text or is_visible(text) else None


def _text(raw: object, limit: int) -> str | None:
    if not raw and (raw is None or raw == ""):
        return None
    if not isinstance(raw, str):
        raise Refusal(_NO_TEXT)
    if len(raw) > limit:
        raise Refusal(_at_most(limit), "max_length")
    return raw


def _refuse(forbidden: re.Pattern[str], text: str) -> None:
    if match := forbidden.search(text):
        raise Refusal(_LINE_BREAKS if match[0] in "\r\n" else _UNSHOWN)


Clean = Callable[[object], str | None]


def _parser(field: TextField | TextareaField | HiddenField | PasswordField, clean: Clean = line) -> Parser:
    """Cleaned text within the field's length and pattern."""
    shortest, longest = field.min_length or 0, field.max_length
    pattern = re.compile(field.pattern) if isinstance(field, TextField) and field.pattern else None

    def parse(raw: object, context: Context) -> Value:
        if isinstance(raw, str) and len(raw) > MAX_TEXT:
            raise _of_another_length(len(raw), shortest, longest)
        text = clean(raw)
        if text is None:
            return None
        if not shortest <= len(text) <= longest:
            raise _of_another_length(len(text), shortest, longest)
        return text if pattern is None else _fitting(pattern, text)

    return parse


def _fitting(pattern: re.Pattern[str], text: str) -> str:
    """The text if it matches, or else as it is read: a code with a typographic dash in it is that code."""
    for reading in (text, folded(text)):
        if pattern.fullmatch(reading) is not None:
            return reading
    raise Refusal(_OTHER_FORMAT, "pattern")


def _of_another_length(length: int, shortest: int, longest: int) -> Refusal:
    code: LimitCode = "max_length" if length > longest else "min_length"
    if shortest == longest:
        exactly = counted(
            "Your answer to “{label}” must be {count} character long",
            "Your answer to “{label}” must be {count} characters long",
            longest,
        )
        return Refusal(exactly, code)
    return Refusal(_at_most(longest) if length > longest else _at_least(shortest), code)


def _at_most(longest: int) -> Sentence:
    return counted(
        "Your answer to “{label}” must be {count} character or fewer",
        "Your answer to “{label}” must be {count} characters or fewer",
        longest,
    )


def _at_least(shortest: int) -> Sentence:
    return counted(
        "Your answer to “{label}” must be {count} character or more",
        "Your answer to “{label}” must be {count} characters or more",
        shortest,
    )


def _several_lines(asked: PromptField) -> Sentence:
    return sentence("You can type several lines; end the text with a line that has only a dot")


def _dots(field: PasswordField, value: Value, names: Names) -> str:
    return DOTS


_LENGTHS = ("min_length", "max_length")
TEXT = FieldType(
    model=TextField,
    parser=_parser,
    called_elsewhere=("string", "str", "textfield", "shorttext", "input", "char"),
    options=_LENGTHS,
)
TEXTAREA = FieldType(
    model=TextareaField,
    parser=lambda field: _parser(field, lines),
    called_elsewhere=("longtext", "multiline", "paragraph", "memo"),
    options=(*_LENGTHS, "rows"),
    control="textarea",
    note=_several_lines,
    has_lines=True,
)
PASSWORD = FieldType(
    model=PasswordField,
    parser=lambda field: _parser(field, verbatim),
    called_elsewhere=("secret",),
    options=_LENGTHS,
    readable=_dots,
    control="password",
    is_secret=True,
)
HIDDEN = FieldType(model=HiddenField, parser=_parser, options=_LENGTHS, control="hidden", is_seen=False)
