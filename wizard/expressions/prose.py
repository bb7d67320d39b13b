"""Texts for people, written in Markdown, with values in them.

A Prose is a text, namely the words as they are read where there are no looks: in JSON, in an e-mail, in a log. A
channel that has looks asks for its pieces. Whatever forgets that a text is a Prose is left with the words, so that
nobody ever reads Markdown's own characters, and a text that is no Prose holds no markup.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from wizard.expressions.markdown import Pieces, address, mark, may_be_inline, may_be_markup, parse, parts, words_only

NO_LOOKS: Final[Mapping[str, str]] = {}


class Prose(str):
    """`skeleton` is what the author wrote, with a mark for each of `values` (see wizard.expressions.markdown)."""

    __slots__ = ("skeleton", "values")

    skeleton: str
    values: tuple[str, ...]

    @classmethod
    def of(cls, written: Sequence[str], given: Sequence[int] = ()) -> Prose:
        """Of pieces, in order; those at the places `given` are values, all others an author's words."""
        values = {at: number for number, at in enumerate(given)}
        skeleton = "".join(mark(values[at]) if at in values else words_only(piece) for at, piece in enumerate(written))
        filled = tuple(written[at] for at in given)
        inline = any(may_be_inline(piece) for at, piece in enumerate(written) if at not in values)
        words = spelled(parse(skeleton), filled) if inline else "".join(written)
        made = cls(words)
        made.skeleton, made.values = skeleton, filled
        return made

    @property
    def blocks(self) -> Pieces:
        """Paragraphs and lists."""
        return parse(self.skeleton)

    @property
    def line(self) -> Pieces:
        """The same where only a line can stand: lists are text."""
        return parse(self.skeleton, inline=True)


def prose(written: str) -> str:
    """An author's text without values in it."""
    return Prose.of((written,)) if may_be_markup(written) else written


def plain(text: str) -> str:
    """The words alone, for what is stored or sent."""
    return str.__str__(text)


def fill(text: str, values: Sequence[str]) -> str:
    """A piece's text, with the values in their places."""
    return "".join(part if isinstance(part, str) else values[part] for part in parts(text))


def spelled(
    pieces: Pieces,
    values: Sequence[str],
    looks: Mapping[str, str] = NO_LOOKS,
    clean: Callable[[str], str] = lambda text: text,
) -> str:
    """The pieces in plain characters: links as their words and the address in brackets, lists with their marks.
    `looks` gives what begins and ends strong and em; everything else passes `clean`."""
    sheet = _Sheet()
    links: list[tuple[int, str]] = []  # that are open: where their words begin, their address
    for piece in pieces:
        match piece.kind:
            case "text":
                sheet.row += clean(fill(piece.text, values))
            case "link":
                links.append((len(sheet.row), clean(address(piece.text, values))))
            case "/link":
                start, leads_to = links.pop()
                if leads_to and sheet.row[start:].strip() not in (leads_to, leads_to.partition(":")[2]):
                    sheet.row += f" ({leads_to})"
            case "strong" | "/strong" | "em" | "/em":
                sheet.row += looks.get(piece.kind, "")
            case block:
                sheet.turn(block, piece.text)
    sheet.end_row()
    return "\n".join(sheet.rows)


class _Sheet:
    """Rows of plain text: an empty one between blocks, items of lists indented by their marks."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.row = ""
        self._mark = ""  # of an item that begins with this row
        self._indents = [0]

    def turn(self, block: str, text: str) -> None:
        """A block begins, or ends."""
        self.end_row()
        match block:
            case "p" | "ul" | "ol" if self.rows and len(self._indents) == 1:
                self.rows.append("")
            case "li":
                self._mark = f"{text} "
                self._indents.append(self._indents[-1] + len(self._mark))
            case "/li":
                self._indents.pop()

    def end_row(self) -> None:
        blank = " " * self._indents[-1]
        begins = " " * (self._indents[-1] - len(self._mark)) + self._mark
        if self.row.strip():
            for line in self.row.strip().split("\n"):
                self.rows.append((begins + line.strip()).rstrip())
                begins = blank
            self._mark = ""
        self.row = ""
