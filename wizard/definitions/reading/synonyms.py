"""What other form engines call the things that definitions have names for, so that whoever comes from one reads the
word that is meant here, and not only that theirs is none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from wizard.forms.field_type import FieldType

_ONE_BOX: Final = frozenset(
    (
        "checkbox",
        "tickbox",
        "check",
        "tick",
        "toggle",
        "switch",
        "consent",
        "agreement",
        "agree",
        "agreed",
        "accept",
        "accepted",
        "acceptance",
        "acknowledgement",
        "acknowledge",
        "declaration",
        "terms",
        "termsandconditions",
        "optin",
    )
)
_OF_ONE_BOX: Final = "; one box to tick is `type: boolean, checkbox: true` here"

# Keys likewise; each stands for the first of these that its place has.
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("options", "values", "items", "enum", "answers"), ("choices",)),
    **dict.fromkeys(("optional", "mandatory", "nullable"), ("required",)),
    **dict.fromkeys(("if", "condition", "case", "expression", "test"), ("when", "show_if", "check")),
    **dict.fromkeys(("then", "target", "go", "to", "do", "else", "otherwise", "default"), ("goto", "next")),
    **dict.fromkeys(
        ("visibleif", "showwhen", "showif", "visible", "dependson", "hidden", "enableif", "visiblewhen"), ("show_if",)
    ),
    **dict.fromkeys(("description", "help", "helptext", "placeholder", "info"), ("hint", "text")),
    **dict.fromkeys(("question", "caption", "heading", "header", "labeltext"), ("label", "title")),
    **dict.fromkeys(("regex", "regexp", "format"), ("pattern",)),
    **dict.fromkeys(("maxlen", "maxchars"), ("max_length",)),
    **dict.fromkeys(("minlen", "minchars"), ("min_length",)),
    **dict.fromkeys(("minimum", "least", "gte", "from"), ("min",)),
    **dict.fromkeys(("maximum", "most", "lte"), ("max",)),
    **dict.fromkeys(("initial", "initialvalue", "defaultvalue", "value", "preset"), ("default",)),
    **dict.fromkeys(("questions", "elements", "components", "controls"), ("fields",)),
    **dict.fromkeys(("steps", "states", "tasks", "pages", "stages"), ("nodes",)),
    **dict.fromkeys(("branches", "switch", "choices", "conditions", "rules"), ("cases", "validate")),
    **dict.fromkeys(("validation", "validators", "checks"), ("validate",)),
    **dict.fromkeys(("title", "text"), ("label",)),
    **dict.fromkeys(("name", "key"), ("id",)),
    "id": ("name",),
    **dict.fromkeys(("goto", "transition", "nextnode"), ("next",)),
    **dict.fromkeys(("args", "params", "parameters", "with"), ("arguments", "with")),
    "inputs": ("fields", "input", "with"),
    "variables": ("input", "with"),
    **dict.fromkeys(("foreach", "loop", "each"), ("for_each", "repeat")),
    **dict.fromkeys(("count", "number"), ("times",)),
    **dict.fromkeys(("duration", "delay", "timeout", "wait"), ("for", "after")),
    **dict.fromkeys(("button", "submitlabel", "continue"), ("submit",)),
    "error": ("message", "messages"),
    "errors": ("messages",),
    "content": ("text",),
    "body": ("text",),
    "onerror": ("on_error",),
    "retries": ("retry",),
}

# What more there is to say than the word.
_WITH_VALUE: Final[Mapping[str, str]] = {
    "optional": "write `required: false` for what may be left out",
    "nullable": "write `required: false` for what may be left out",
    "mandatory": "fields are required unless they say `required: false`",
    "hidden": "write `show_if` with what has to hold for the field to be shown",
    "else": "the last case has a `goto` alone",
    "otherwise": "the last case has a `goto` alone",
    "default": "the last case has a `goto` alone",
}
_OF_CASES: Final = frozenset(("else", "otherwise", "default"))


def _plain(word: str) -> str:
    return word[:40].lower().replace("-", "").replace("_", "").replace(" ", "")


def meant_type(word: str, known: Mapping[str, FieldType]) -> str:
    """The end of a sentence about an unknown field type: which one other engines' word stands for, or nothing."""
    plain = _plain(word)
    if plain in _ONE_BOX and any(of.is_yes_or_no for of in known.values()):
        return _OF_ONE_BOX + (", several are `choices`" if plain == "checkbox" else "")
    meant = [name for name, of in known.items() if plain in of.called_elsewhere]
    return f"; what other form engines call that is {' or '.join(f'`{name}`' for name in meant)} here" if meant else ""


def key_for(word: str, known: Collection[str]) -> str | None:
    """The one of the keys `known` that other engines' word stands for."""
    meant = next((key for key in _KEYS.get(_plain(word), ()) if key in known), None)
    return None if meant == word else meant


def meant_key(word: str, known: Collection[str]) -> str:
    """The end of a sentence about an unknown key of a place that has the keys `known`, or nothing."""
    plain, meant = _plain(word), key_for(word, known)
    if meant is None:
        return ""
    more = _WITH_VALUE.get(plain)
    if more is not None and (plain not in _OF_CASES or meant == "goto"):
        return f"; {more}"
    return f"; did you mean `{meant}`?"
