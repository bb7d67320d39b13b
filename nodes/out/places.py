"""Names with places in them that expressions fill (addresses, subjects, keys of files), taken apart when they are
loaded: what fills a place can be judged by itself, before it is put there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, TemplateSyntaxError

from wizard.errors import Excuse, NodeFailed
from wizard.expressions.expression import Names
from wizard.expressions.template import Dynamic
from wizard.model import Value
from wizard.model.values import to_json

_LEXER = Environment(autoescape=True)  # it only tells text from expressions; nothing is run in it


def split(source: object, what: str) -> list[str]:
    """The parts of a name: text, expression, text, … text. `what` is a name, as in "an address". Raises ValueError."""
    if not isinstance(source, str):
        raise ValueError(f"{what} is text")
    parts = [""]
    try:
        for _, kind, text in _LEXER.lex(source):
            if kind in ("block_begin", "raw_begin"):
                raise ValueError(f"{what} can hold {{{{ expressions }}}} only, no {{% blocks %}}")
            if kind == "variable_begin":
                parts.append("")
            if kind == "data" or len(parts) % 2 == 0:
                parts[-1] += text
            if kind == "variable_end":
                parts.append("")
    except TemplateSyntaxError as error:
        raise ValueError(f"{what} is text and {{{{ expressions }}}} (Jinja says: {error})") from error
    return parts


@dataclass(frozen=True, slots=True)
class Places:
    """What values may be where a name is filled in: `place` judges what fills one place, unless that is all there is of
    the name; `whole` judges the name. Both return what they are handed, or raise ValueError."""

    what: str
    place: Callable[[str], str]
    whole: Callable[[str], str]

    def parts_of(self, source: object) -> object:
        """The parts of a name, when it is loaded. Raises ValueError."""
        parts = split(source, f"a {self.what}")
        if len(parts) == 1:
            self.whole(parts[0])
        return parts

    def filled(self, parts: Sequence[Dynamic], names: Names) -> str:
        """The name, filled in. Raises NodeFailed where what the run knows doesn't fit."""
        texts = [as_text(part.evaluate(names), f"a part of the {self.what}") for part in parts]
        try:
            if not (len(texts) == 3 and not texts[0] and not texts[2]):
                for text in texts[1::2]:
                    self.place(text)
            return self.whole("".join(texts))
        except ValueError as error:
            what = f"What is to be put into the {self.what} doesn't fit there: it {error}."
            raise NodeFailed(what, people=Excuse.CHECK, lasting=True) from None


def as_text(value: Value, what: str) -> str:
    """A single value as programs write it: dates in ISO 8601, true and false."""
    if value is None or isinstance(value, Mapping | list | tuple):
        is_what = "missing" if value is None else "not a single value"
        raise NodeFailed(f"What is to be sent as {what} is {is_what}.", people=Excuse.CHECK)
    return str(value).lower() if isinstance(value, bool) else str(to_json(value))
