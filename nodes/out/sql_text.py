"""SQL statements with values that are bound by name (`:name`), and nothing else in them: what a statement says is known
when it is loaded, and no answer becomes a part of it.

Only as much of SQL is read here as tells where its texts, quoted names and comments are. The database reads it once
more: it takes one statement at a time, and has its own word about what that may do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

MAX_STATEMENT = 20_000  # characters
READING = frozenset({"select", "with", "values", "table"})
WRITING = frozenset({"insert", "update", "delete", "merge", "replace"})
NAME = r"[A-Za-z_][A-Za-z0-9_]{0,62}"

_TOKEN = re.compile(
    rf"""
    (?P<line>--[^\n]*)
    | (?P<comment>/\*)
    | (?P<text>'(?:[^']|'')*(?P<text_end>'?))
    | (?P<quoted>"(?:[^"]|"")*(?P<quoted_end>"?) | `(?:[^`]|``)*(?P<ticked_end>`?))
    | (?P<dollar>(?<![A-Za-z0-9_$])\$(?P<tag>[A-Za-z_][A-Za-z0-9_]*)?\$)
    | (?P<numbered>(?<![A-Za-z0-9_$])[$?][0-9]+)
    | (?P<cast>::|:=)
    | (?P<value>:(?P<name>{NAME}))
    | (?P<end>;)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT = re.compile(r"/\*|\*/")
_WORD = re.compile(r"[\s(]*([A-Za-z]+)")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: its text around the values, and their names. `verb` is the word that it begins with."""

    pieces: tuple[str, ...]
    names: tuple[str, ...]
    verb: str

    @property
    def wanted(self) -> tuple[str, ...]:
        """The names of its values, each once, in their order."""
        return tuple(dict.fromkeys(self.names))

    def named(self) -> str:
        """As SQLite takes it."""
        return "".join(self._around(f":{name}" for name in self.names))

    def numbered(self) -> str:
        """As PostgreSQL takes it: `$1` is the first of those that are `wanted`."""
        numbers = {name: number for number, name in enumerate(self.wanted, 1)}
        return "".join(self._around(f"${numbers[name]}" for name in self.names))

    def _around(self, places: Iterator[str]) -> Iterator[str]:
        for piece in self.pieces:
            yield piece
            yield next(places, "")


def check_statement(text: str) -> str:
    """The text. Raises ValueError where it isn't one statement with values that are bound."""
    statement_of(text)
    return text


@lru_cache(maxsize=256)
def statement_of(text: str) -> Statement:
    """Raises ValueError, saying what to write."""
    if any(mark in text for mark in ("{{", "{%", "{#")):
        raise ValueError("a statement holds no {{ expressions }}: write :name in it, and its value below `values`")
    if "\0" in text:
        raise ValueError("a statement holds no zero character")
    pieces, names, bare, start, over = [""], list[str](), "", 0, False
    for kind, name, begin, end in _tokens(text):
        between = text[start:begin]
        if over and (between.strip() or kind not in ("line", "comment", "end")):
            raise ValueError("there is a second statement behind the `;`: write one statement for each node")
        bare += f"{between} " if kind in ("line", "comment") else f"{between}?"
        pieces[-1] += between
        match kind:
            case "value":
                names.append(name)
                pieces.append("")
            case "numbered":
                raise ValueError(f"a value is bound by its name, as in :name, not as {text[begin:end]}")
            case "end":
                over = True
            case "line" | "comment":
                pieces[-1] += " "  # a comment has nothing to say to the database
            case _:
                pieces[-1] += text[begin:end]
        start = end
    rest = text[start:]
    if over and rest.strip():
        raise ValueError("there is a second statement behind the `;`: write one statement for each node")
    pieces[-1] += rest
    word = _WORD.match(bare + rest)
    verb = "" if word is None else word[1].lower()
    if verb not in READING | WRITING:
        raise ValueError("a statement begins with SELECT, WITH, VALUES, INSERT, UPDATE, DELETE, MERGE or REPLACE")
    return Statement(tuple(pieces), tuple(names), verb)


def _tokens(text: str) -> Iterator[tuple[str, str, int, int]]:
    """What isn't plain SQL in a text: kind, name of a value, begin, end. Raises ValueError for what isn't closed."""
    at = 0
    while (token := _TOKEN.search(text, at)) is not None:
        kind, end = next(name for name in _KINDS if token[name] is not None), token.end()
        if kind == "comment":
            end = _end_of_comment(text, end)
        elif kind == "dollar":
            end = text.find(token[0], end) + len(token[0])
            if end < token.end():
                raise ValueError(f"the text that begins with {token[0][:20]} isn't closed")
        elif kind == "text" and _ESCAPED.search(token[0]) and text[token.start() - 1 : token.start()] in ("e", "E"):
            raise ValueError("a ' in a text is written as '', not behind a backslash")
        elif any(token[mark] == "" for mark in _ENDS):
            raise ValueError("there is a text or a quoted name that isn't closed: a ' or \" is missing")
        yield kind, token["name"] or "", token.start(), end
        at = end


def _end_of_comment(text: str, at: int) -> int:
    """PostgreSQL has comments in comments."""
    depth = 1
    for mark in _COMMENT.finditer(text, at):
        depth += 1 if mark[0] == "/*" else -1
        if not depth:
            return mark.end()
    raise ValueError("there is a comment that isn't closed: a */ is missing")


_ESCAPED = re.compile(r"(?<!\\)(\\\\)*\\'")  # databases read it differently
_KINDS = ("line", "comment", "text", "quoted", "dollar", "numbered", "cast", "value", "end")
_ENDS = ("text_end", "quoted_end", "ticked_end")
