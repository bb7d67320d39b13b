"""Text answers: what any text has to be before a type looks at it, and the types that are just text."""

from __future__ import annotations

import re
import unicodedata

from wizard.forms.characters import folded, is_visible, prose
from wizard.forms.fields import HiddenField, PasswordField, TextareaField, TextField
from wizard.forms.parsing import MAX_SHORT, MAX_TEXT, Context, Parser
from wizard.forms.refusals import LimitCode, Refusal
from wizard.locale.sentences import Sentence, counted, sentence
from wizard.model import Value

_NO_TEXT = sentence("Your answer to “{label}” must be text")
_LINE_BREAKS = sentence("Your answer to “{label}” must not contain line breaks")
_UNSHOWN = sentence("Your answer to “{label}” must not contain characters that can't be shown")
_OTHER_FORMAT = sentence("Your answer to “{label}” is not in the format that is asked for")
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_FORBIDDEN_IN_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


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
    if found := forbidden.search(text):
        raise Refusal(_LINE_BREAKS if found[0] in "\r\n" else _UNSHOWN)


def text_parser(field: TextField | TextareaField | HiddenField | PasswordField) -> Parser:
    """Cleaned text within the field's length and pattern."""
    clean = {"textarea": lines, "password": verbatim}.get(field.type, line)
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
    for each in (text, folded(text)):
        if pattern.fullmatch(each) is not None:
            return each
    raise Refusal(_OTHER_FORMAT, "pattern")


def _of_another_length(found: int, shortest: int, longest: int) -> Refusal:
    code: LimitCode = "max_length" if found > longest else "min_length"
    if shortest == longest:
        exactly = counted(
            "Your answer to “{label}” must be {count} character long",
            "Your answer to “{label}” must be {count} characters long",
            longest,
        )
        return Refusal(exactly, code)
    return Refusal(_at_most(longest) if found > longest else _at_least(shortest), code)


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
