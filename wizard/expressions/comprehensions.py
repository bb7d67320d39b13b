"""Comprehensions in templates: `{{ count(p for p in people if p.age < 18) }}`, also behind `{% if %}`.

Jinja's syntax has none, that of expressions has. So what holds a `for` is cut out of the template before
Jinja reads it, a name that nobody can write is put in its place, and wizard.expressions.expression compiles it there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from wizard.errors import ExpressionError

Token = tuple[int, str, str]  # line, kind, text: what Jinja's lexer gives

PREFIX: Final = "_comprehension_"
_ENDS: Final = {"variable_begin": "variable_end", "block_begin": "block_end"}


def cut_out(tokens: Iterable[Token]) -> tuple[str, dict[str, tuple[int, str]]]:
    """The template without its comprehensions, and these by the names that stand for them: their line and
    source. Raises ExpressionError where the author wrote such a name."""
    cut: dict[str, tuple[int, str]] = {}
    pieces: list[str] = []
    stream = iter(tokens)
    for token in stream:
        _, kind, text = token
        pieces.append(text)
        if kind not in _ENDS:
            continue
        inside, end = _until(_ENDS[kind], stream)
        head = _head(inside) if kind == "block_begin" else 0
        written = inside[head:]
        if _has_for(written):
            name = f"{PREFIX}{len(cut)}"
            source = "".join(piece for *_, piece in written)
            cut[name] = (written[0][0], source)
            written = [(0, "name", f" {name} " + "\n" * source.count("\n"))]
        pieces += [piece for *_, piece in (*inside[:head], *written, *end)]
    return "".join(pieces), cut


def _until(kind: str, stream: Iterator[Token]) -> tuple[list[Token], list[Token]]:
    inside: list[Token] = []
    for token in stream:
        if token[1] == kind:
            return inside, [token]
        if token[2].startswith(PREFIX):
            raise ExpressionError(f"The name {token[2]!r} can't be used: no name begins with _.")
        inside.append(token)
    return inside, []


def _head(inside: list[Token]) -> int:
    """How many tokens of a block stand before its condition: all of them where it is no `if`."""
    for index, (_, kind, text) in enumerate(inside):
        if kind != "whitespace":
            return index + 1 if text in ("if", "elif") else len(inside)
    return len(inside)


def _has_for(tokens: list[Token]) -> bool:
    before = ""
    for _, kind, text in tokens:
        if kind == "name" and text == "for" and before != ".":
            return True
        before = text if kind != "whitespace" else before
    return False
