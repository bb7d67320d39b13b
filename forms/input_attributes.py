"""What a browser is told of an input: its type, what it can fill in, which keys it shows, how wide it is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from wizard.forms.typed import typed_text
from wizard.model import PromptField, Value

Attributes = tuple[tuple[str, str], ...]

_PLAIN = (("spellcheck", "false"),)

# By type: type of the input, its width, what the browser is told besides.
INPUTS: Mapping[str, tuple[str, str, Attributes]] = {
    "integer": ("text", "govuk-input--width-10", _PLAIN),
    "decimal": ("text", "govuk-input--width-10", (("inputmode", "decimal"), *_PLAIN)),
    "time": ("text", "govuk-input--width-5", _PLAIN),
    "email": ("email", "", _PLAIN),
    "phone": ("tel", "govuk-input--width-20", ()),
    "url": ("url", "", _PLAIN),
    "postcode": ("text", "govuk-input--width-10", _PLAIN),
    "iban": ("text", "govuk-input--width-30", (("autocapitalize", "characters"), *_PLAIN)),
}
_AUTOCOMPLETE = {"email": "email", "phone": "tel"}
_WIDTHS = (2, 3, 4, 5, 10, 20, 30)  # characters, of govuk-frontend's width classes


def attributes_of(field: PromptField, kind: str) -> Attributes:
    """What the browser is told of the input, in the order in which it is written."""
    options = field.options
    auto = str(options.get("autocomplete") or _AUTOCOMPLETE.get(field.type, ""))
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
    input_type, _, more = INPUTS.get(field.type, ("text", "", ()))
    if field.type == "integer" and not _below_zero(field.options.get("min")):
        more = (("inputmode", "numeric"), *more)
    elif field.type == "decimal" and _below_zero(field.options.get("min")):
        more = _PLAIN
    elif field.type not in INPUTS:
        mode = field.options.get("inputmode")
        more = ((("inputmode", str(mode)),) if mode else ()) + (_PLAIN if auto else ())  # names and codes aren't prose
    return (("type", input_type), *more)


def _below_zero(least: Value) -> bool:
    with suppress(TypeError, ArithmeticError):
        return bool(least is not None and least < 0)
    return False


def width_of(field: PromptField) -> str:
    """A width that suits the answer tells how long it may be."""
    _, fixed, _ = INPUTS.get(field.type, ("", "", ()))
    longest = field.options.get("max_length")
    if fixed and field.type != "integer":
        return fixed
    if field.type == "integer":
        most = field.options.get("max")
        longest = len(typed_text(most)) if most is not None else 10
    if not isinstance(longest, int):
        return ""
    fitting = next((width for width in _WIDTHS if longest <= width), None)
    return f"govuk-input--width-{fitting}" if fitting else ""
