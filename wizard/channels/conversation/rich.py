"""Messages whose words have looks: bold, emphasis, links and lists, as authors write them and pages show them.

A Rich is a text as channels without looks have it; its pieces are the same with looks. Whatever forgets that a text is
a Rich is left with the words (so does wizard.expressions.prose), and a text that is none has no looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from wizard.expressions.markdown import Piece, Pieces, address
from wizard.expressions.prose import Prose, fill

_WITHOUT_LOOKS = frozenset(("text", "p", "/p"))


class Rich(str):
    """`pieces` are those of wizard.expressions.markdown, with values and addresses filled in."""

    __slots__ = ("pieces",)

    pieces: Pieces

    @classmethod
    def of(cls, words: str, pieces: Iterable[Piece]) -> str:
        """The words alone where no piece looks otherwise."""
        kept = tuple(pieces)
        if all(piece.kind in _WITHOUT_LOOKS for piece in kept):
            return str.__str__(words)
        made = cls(words)
        made.pieces = kept
        return made


def joined(between: str, parts: Iterable[str]) -> str:
    """Texts below each other, without those that are empty."""
    texts = [part for part in parts if part.strip()]
    pieces = (piece for part in texts for piece in _blocks(part))
    return Rich.of(between.join(part.strip() for part in texts), pieces)


def in_line(*parts: str) -> str:
    """Texts behind each other in one line, where there are no lists: hints, what choices are called."""
    words = "".join(map(str.__str__, parts))
    return Rich.of(words, (Piece("p"), *(piece for part in parts for piece in _line(part)), Piece("/p")))


def strong(text: str) -> str:
    """A line that stands out, as a title does."""
    pieces = (Piece("p"), Piece("strong"), Piece("text", text.strip()), Piece("/strong"), Piece("/p"))
    return Rich.of(text, pieces) if text.strip() else ""


def enumerated(lines: Sequence[tuple[str, str]]) -> str:
    """Names and values as a list with numbers from 1, whose values stand out; "" of none."""
    words, pieces = [], [Piece("ol", "1")]
    for number, (name, given) in enumerate(lines, start=1):
        value = given.strip()
        begins = f"{name}{between(name)}" if value else name
        words.append(f"{number}. {begins}{value}")
        pieces += (Piece("li", f"{number}."), Piece("text", begins))
        pieces += (Piece("strong"), Piece("text", value), Piece("/strong")) if value else ()
        pieces.append(Piece("/li"))
    return Rich.of("\n".join(words), (*pieces, Piece("/ol"))) if words else ""


def between(name: str) -> str:
    """What stands between a question and its answer."""
    return " " if name.endswith(("?", "؟", ":", "!", ".")) else ": "


def stored_looks(text: str) -> dict[str, Any]:
    """What is stored and sent of a text's looks beside its words; nothing where it has none."""
    rich = joined("\n\n", (text,))
    if not isinstance(rich, Rich):
        return {}
    return {"rich": [{"kind": kind, **({"text": text} if text else {})} for kind, text in rich.pieces]}


def _blocks(text: str) -> Sequence[Piece]:
    if isinstance(text, Rich):
        return text.pieces
    if isinstance(text, Prose):
        return tuple(_filled(text.blocks, text.values))
    return (Piece("p"), Piece("text", text.strip()), Piece("/p"))


def _line(text: str) -> Sequence[Piece]:
    return tuple(_filled(text.line, text.values)) if isinstance(text, Prose) else (Piece("text", text),)


def _filled(pieces: Pieces, values: Sequence[str]) -> Iterator[Piece]:
    links: list[bool] = []  # whether each that is open leads anywhere
    for piece in pieces:
        match piece.kind:
            case "text":
                yield Piece("text", fill(piece.text, values))
            case "link":
                leads_to = address(piece.text, values)
                links.append(leads_to != "" and not leads_to.startswith("#"))  # a chat has no places of its own
                if links[-1]:
                    yield Piece("link", leads_to)
            case "/link":
                if links.pop():
                    yield piece
            case _:
                yield piece
