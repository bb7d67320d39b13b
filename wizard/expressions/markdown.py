"""Markdown as authors may write it: paragraphs, lists, bold, emphasis and links, and nothing else.

What is parsed is a skeleton: the author's own words, with a mark (`mark`) wherever a value goes in. So no value is
ever read as markup, whatever is in it, and no value changes how the words around it are read. CommonMark by
markdown-it, with only the rules named in RULES; everything else (HTML, images, headings, code, rules, quotes) stays
the characters that it is. Where texts hold these by accident, they stay what they were: see `_lines`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from wizard.model.recent import Recent

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

RULES: Final = ("list", "emphasis", "link", "escape")
MAX_SKELETON: Final = 20_000  # characters; what is longer, or has more marks, is read without markup
MAX_MARKS: Final = 2_000  # characters that could be markup
MAX_INDENT: Final = 12  # blanks; lists are at most so deep inside each other
MAX_PARSED: Final = 500  # skeletons that are remembered
MAX_REMEMBERED: Final = 400_000  # characters of them

# Noncharacters of Unicode, which no text that is exchanged may hold.
_OPENS, _ENDS = "\ufdd0", "\ufdd1"
_PLACE: Final = re.compile(f"{_OPENS}([0-9]+){_ENDS}")
_NO_TEXT: Final = re.compile("[\ufdd0-\ufdef]")
_INLINE: Final = re.compile(r"[*_\[\\]")
_MARKS: Final = re.compile(r"[*_\[\]\\]|(?m:^[ \t]*[-+0-9])")
_ITEM: Final = re.compile(r"[ \t]*([-*+]|[0-9]{1,9}[.)])(?=[ \t]|$)")
_IMAGE: Final = re.compile(r"(?<!\\)!\[")
_FILLED_ITEM: Final = re.compile(r"[ \t]*([-*+]|[0-9]{1,9}[.)])[ \t]+(?=\S)")


class Piece(NamedTuple):
    """`kind` is "text", or what begins or, with a slash before it, ends: p, ul, ol, li, strong, em, link. `text` is the
    text with its marks; of a link its address, of a list its first number, of an item how the author marked it."""

    kind: str
    text: str = ""


Pieces = tuple[Piece, ...]


def mark(number: int) -> str:
    """What stands in a skeleton for the value of this number. It is read as a part of a word."""
    return f"{_OPENS}{number}{_ENDS}"


def words_only(text: str) -> str:
    """An author's words without anything that could pass for a mark."""
    return text if text.isascii() else _NO_TEXT.sub("", text)


def may_be_markup(words: str) -> bool:
    """Whether there is anything in an author's words, or in a part of them, that Markdown could read."""
    return _MARKS.search(words) is not None


def may_be_inline(words: str) -> bool:
    """Whether reading it could change its characters, other than by showing lists as lists."""
    return _INLINE.search(words) is not None


def parts(text: str) -> list[str | int]:
    """A text of a skeleton: words, and the numbers of the values between them."""
    pieces = _PLACE.split(text)
    return [int(part) if at % 2 else part for at, part in enumerate(pieces)] if len(pieces) > 1 else [text]


# -- reading -----------------------------------------------------------------------------------------


_parsed: Recent[tuple[str, bool], Pieces] = Recent(MAX_PARSED, MAX_REMEMBERED)


def parse(skeleton: str, *, inline: bool = False) -> Pieces:
    """What is in it: blocks, or where it is `inline` only what stands in a line."""
    key = (skeleton, inline)
    pieces = _parsed.get(key)
    if pieces is None:
        pieces = tuple(_read(skeleton, inline))
        _parsed.put(key, pieces, len(skeleton))
    return pieces


def _read(skeleton: str, inline: bool) -> Iterator[Piece]:
    text = _IMAGE.sub(r"!\\[", skeleton.replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) > MAX_SKELETON or sum(1 for _ in _MARKS.finditer(text)) > MAX_MARKS:
        return iter((Piece("text", text),)) if inline else _plain(text)
    if inline:
        return (piece for token in _reader().parseInline(text) for piece in _inline(token.children or ()))
    return _blocks(_reader().parse("\n".join(_lines(text.split("\n")))))


def _plain(text: str) -> Iterator[Piece]:
    for paragraph in re.split(r"\n\s*\n", text):
        if paragraph.strip():
            yield from (Piece("p"), Piece("text", paragraph.strip()), Piece("/p"))


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt  # takes a while, and most texts have no markup

    reader = MarkdownIt("zero", {"maxNesting": 50}).enable(RULES)
    reader.normalizeLink = str  # type: ignore[method-assign, assignment] # `address` does it, when values are in
    reader.validateLink = _may_be_address  # type: ignore[method-assign, assignment]
    return reader


def _lines(lines: Sequence[str]) -> Iterator[str]:
    """The lines as CommonMark takes them for what their author means.

    "-" begins an item of a list; another mark or a number does so only where there is more than one, so that
    "* required" and "3. Mai 2026" stay. A line below a list that isn't indented is no part of it.
    """
    marks = [match[1] for line in lines if (match := _FILLED_ITEM.match(line))]
    listed = {bullet for bullet in ("*", "+") if marks.count(bullet) > 1} | {"-"}
    numbered = [int(mark[:-1]) for mark in marks if mark not in "-*+"]
    counts = any(now == 1 and then in (1, 2) for now, then in pairwise(numbered))
    within = False
    for line in lines:
        text = line.strip()
        indent = " " * min(len(line[: len(line) - len(line.lstrip())].expandtabs(4)), MAX_INDENT)
        match = _FILLED_ITEM.match(line)
        if match and (match[1] in listed if match[1] in "-*+" else counts):
            within = True
            yield f"{indent}{match[1]} {_not_an_item(line[match.end() :].rstrip())}"
            continue
        if within and text and not indent:
            within = False
            yield ""
        yield indent + _not_an_item(text)


def _not_an_item(text: str) -> str:
    match = _ITEM.match(text)
    if match is None:
        return text
    end = match.end(1) - 1
    return f"{text[:end]}\\{text[end:]}"


def _blocks(tokens: Sequence[Token]) -> Iterator[Piece]:
    for token in tokens:
        match token.type:
            case "inline":
                yield from _inline(token.children or ())
            case "ordered_list_open":
                yield Piece("ol", str(token.attrs.get("start", 1)))
            case "list_item_open":
                yield Piece("li", token.info + token.markup)
            case "paragraph_open" | "paragraph_close" if token.hidden:
                continue
            case _:
                yield Piece(f"/{token.tag}" if token.nesting < 0 else token.tag)


def _inline(tokens: Sequence[Token]) -> Iterator[Piece]:
    for token in tokens:
        match token.type:
            case "link_open":
                yield Piece("link", str(token.attrs["href"]))
            case "link_close":
                yield Piece("/link")
            case "hardbreak":  # a backslash at the end of a line, which ends it in any case
                yield Piece("text", "\n")
            case "strong_open" | "em_open":
                yield Piece(token.tag)
            case "strong_close" | "em_close":
                yield Piece(f"/{token.tag}")
            case _ if token.content:
                yield Piece("text", token.content)


# -- addresses ---------------------------------------------------------------------------------------


_NO = r"\x00-\x20\x7f-\x9f\\"  # browsers leave some of these out, and take a backslash for a slash
_HOST = rf"https?://[^{_NO}/?#@]+"
_ADDRESS: Final = re.compile(
    rf"{_HOST}([/?#][^{_NO}]*)?|mailto:[^{_NO}]+|tel:[^{_NO}]+|/(?![/\\])[^{_NO}]*|#[^{_NO}]*", re.IGNORECASE
)
# Where a value may go in: behind the host, so that none chooses where a link leads.
_SETTLED: Final = re.compile(rf"{_HOST}[/?#]|/(?![/\\])|mailto:|tel:|#", re.IGNORECASE)
_ENCODED: Final = re.compile(r"[A-Za-z0-9._~:/?#@!$&()*+,;=-]*")
_DOTS: Final = re.compile(r"[/\\](\.|%2e){1,2}([/?#]|$)", re.IGNORECASE)


def address(text: str, values: Sequence[str]) -> str:
    """A link's address with its values filled in; "" where it is none that a link may lead to.

    A value that an address begins with is the address of a page elsewhere, or a part of one; every other value is one
    word of the address: it can't end the path, the query or the host that it stands in.
    """
    made = ""
    for at, part in enumerate(parts(text)):
        if isinstance(part, str):
            made += part
        elif at == 1 and not made:
            made = values[part].strip()
            if not re.match(_HOST, made, re.IGNORECASE):
                return ""
        elif not _SETTLED.match(made):
            return ""
        else:
            own = made[:7].lower().startswith(("mailto:", "tel:"))
            made += quote(values[part].encode(errors="replace"), safe="@+" if own and "?" not in made else "")
    if not _ADDRESS.fullmatch(made) or (values and _PLACE.search(text) and _DOTS.search(made)):
        return ""
    if _ENCODED.fullmatch(made):
        return made
    from mdurl import encode

    return encode(made)


def _may_be_address(text: str) -> bool:
    """Whether some values make an address of it."""
    if text.startswith(_OPENS):
        text = _PLACE.sub("https://x", text, count=1)
    numbers = [part for part in parts(text) if isinstance(part, int)]
    return address(text, ["x"] * (max(numbers, default=0) + 1)) != ""
