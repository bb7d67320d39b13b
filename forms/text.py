"""Text answers: what any text has to be before a type looks at it, and the types that are just text."""

from __future__ import annotations

import re
import unicodedata

from wizard.forms.fields import HiddenField, PasswordField, TextareaField, TextField
from wizard.forms.parsing import MAX_SHORT, MAX_TEXT, Context, Parser
from wizard.forms.refusals import Refusal
from wizard.model import Value

_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_FORBIDDEN_IN_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def line(raw: object, limit: int = MAX_TEXT) -> str | None:
    """One line of text: stripped, composed (NFC), without control characters; None where nothing is left."""
    if raw is None:
        return None
    if not isinstance(raw, str):
        raise Refusal("must be text")
    if len(raw) > limit:
        raise Refusal(f"must be {limit:,} characters or fewer", "limit")
    if raw.isascii() and raw.isprintable():
        return raw.strip() or None
    text = unicodedata.normalize("NFC", raw.strip()).strip()
    _refuse(_FORBIDDEN, text)
    return text or None


def lines(raw: object) -> str | None:
    """As `line`, with line breaks (as \\n) and tabs left in."""
    if not isinstance(raw, str) or len(raw) > MAX_TEXT:
        return line(raw)
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n")).strip()
    _refuse(_FORBIDDEN_IN_LINES, text)
    return text or None


def short(raw: object) -> str | None:
    """A line that a type of few characters looks at: an email address, a date."""
    return line(raw, MAX_SHORT)


def verbatim(raw: object) -> str | None:
    """Text of which every space counts."""
    if not isinstance(raw, str) or len(raw) > MAX_TEXT:
        return line(raw)
    text = unicodedata.normalize("NFC", raw)
    _refuse(_FORBIDDEN, text)
    return text or None


def _refuse(forbidden: re.Pattern[str], text: str) -> None:
    if found := forbidden.search(text):
        what = "line breaks" if found[0] in "\r\n" else "characters that can't be shown"
        raise Refusal(f"must not contain {what}")


def text_parser(field: TextField | TextareaField | HiddenField | PasswordField) -> Parser:
    """Cleaned text within the field's length and pattern."""
    clean = {"textarea": lines, "password": verbatim}.get(field.type, line)
    shortest, longest = field.min_length or 0, field.max_length
    pattern = re.compile(field.pattern) if isinstance(field, TextField) and field.pattern else None

    def parse(raw: object, context: Context) -> Value:
        if isinstance(raw, str) and len(raw) > MAX_TEXT:
            raise Refusal(_length(len(raw), shortest, longest), "limit")
        text = clean(raw)
        if text is None:
            return None
        if not shortest <= len(text) <= longest:
            raise Refusal(_length(len(text), shortest, longest), "limit")
        if pattern is not None and pattern.fullmatch(text) is None:
            raise Refusal("is not in the format that is asked for", "pattern")
        return text

    return parse


def _length(found: int, shortest: int, longest: int) -> str:
    if shortest == longest:
        return f"must be {longest:,} characters long"
    if found > longest:
        return f"must be {longest:,} characters or fewer"
    return f"must be {shortest:,} characters or more"
