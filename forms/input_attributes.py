"""What a browser is told of an input: its type, what it can fill in, which keys it shows, how wide it is."""

from __future__ import annotations

from contextlib import suppress

from wizard.forms.field_type import PLAIN_TEXT, Attributes
from wizard.forms.fields import type_of
from wizard.forms.typed import typed_text
from wizard.model import PromptField, Value

_WIDTHS = (2, 3, 4, 5, 10, 20, 30)  # characters, of govuk-frontend's width classes
_LONGEST_NUMBER = 10  # digits of a whole number without a limit, as a width


def attributes_of(field: PromptField, kind: str) -> Attributes:
    """What the browser is told of the input, in the order in which it is written."""
    options, known = field.options, type_of(field).input
    auto = str(options.get("autocomplete") or ("" if known is None else known.autocomplete))
    completed = (("autocomplete", auto),) if auto else ()
    match kind:
        case "input":
            return (*_input_attributes(field, auto), *completed)
        case "textarea":
            return (("rows", str(options.get("rows", 5))), *completed)
        case "select" | "password":
            return completed
        case "file" if accept := options.get("accept"):
            return (("accept", ",".join(map(str, accept))),)
    return ()


def _input_attributes(field: PromptField, auto: str) -> Attributes:
    """Numbers are typed into text inputs: type=number changes them by scrolling and swallows what it can't read
    (GOV.UK: "Avoid using inputs with a type of number"). A keypad of digits only, with no minus, is shown unless the
    author says that the number may be below zero."""
    known = type_of(field).input
    if known is None:
        mode = field.options.get("inputmode")
        more = ((("inputmode", str(mode)),) if mode else ()) + (PLAIN_TEXT if auto else ())
        return (("type", "text"), *more)
    keypad = known.keypad if known.keypad and not _below_zero(field.options.get("min")) else ""
    return (("type", known.type), *((("inputmode", keypad),) if keypad else ()), *known.attributes)


def _below_zero(least: Value) -> bool:
    with suppress(TypeError, ArithmeticError):
        return bool(least is not None and least < 0)
    return False


def width_of(field: PromptField) -> str:
    """A width that suits the answer tells how long it may be."""
    known, longest = type_of(field).input, field.options.get("max_length")
    if known is not None and known.width:
        return known.width
    if known is not None and known.keypad:
        most = field.options.get("max")
        longest = len(typed_text(most)) if most is not None else _LONGEST_NUMBER
    if not isinstance(longest, int):
        return ""
    fitting = next((width for width in _WIDTHS if longest <= width), None)
    return f"govuk-input--width-{fitting}" if fitting else ""
