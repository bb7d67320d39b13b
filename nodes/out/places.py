"""Names with places in them that expressions fill (addresses, subjects, keys of files), taken apart when they are
loaded: what fills a place can be judged by itself, before it is put there.
"""

from __future__ import annotations

from jinja2 import Environment, TemplateSyntaxError

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
