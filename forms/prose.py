"""The HTML of what authors write for people (wizard.expressions.prose): paragraphs, lists, bold, emphasis and links.

All markup is made here, of a fixed set of elements; words, values and addresses are escaped, whatever is in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from markupsafe import Markup, escape

from wizard.expressions.markdown import Pieces, address
from wizard.expressions.prose import Prose, fill, spelled
from wizard.forms.rendering import blocks

_ELEMENTS: Final[Mapping[str, str]] = {
    "ul": "<ul>\n",
    "/ul": "</ul>\n",
    "/ol": "</ol>\n",
    "li": "<li>",
    "/li": "</li>\n",
    "strong": "<strong>",
    "/strong": "</strong>",
    "em": "<em>",
    "/em": "</em>",
}
_BREAK: Final = re.compile(r"[ \t]*\n[ \t]*")


def prose_html(text: str) -> Markup:
    """A text as blocks. One that is no Prose has paragraphs, parted by empty lines, and "- " before items of lists."""
    html = _html(text.blocks, text.values, "<br>\n") if isinstance(text, Prose) else "".join(_plain(text))
    return Markup(html)  # noqa: S704 - made of the elements above and escaped texts


def line_html(text: str) -> Markup:
    """The same in one line: a hint, or what a choice is called."""
    if not isinstance(text, Prose):
        return escape(text)
    return Markup(_html(text.line, text.values, "\n"))  # noqa: S704 - made of the elements above and escaped texts


def unlinked(text: str) -> str:
    """The words alone, without where they lead: for what stands in a link itself."""
    if not isinstance(text, Prose):
        return text
    return spelled(tuple(piece for piece in text.blocks if piece.kind not in ("link", "/link")), text.values)


def _html(pieces: Pieces, values: Sequence[str], line_break: str) -> str:
    made: list[str] = []
    begun = 0  # the place of the paragraph that is open
    links: list[bool] = []  # whether each that is open leads anywhere
    for piece in pieces:
        match piece.kind:
            case "text":
                made.append(_text(fill(piece.text, values), line_break))
            case "link":
                leads_to = address(piece.text, values)
                links.append(leads_to != "")
                if leads_to:
                    made.append(f'<a class="govuk-link" href="{escape(leads_to)}" rel="noopener noreferrer">')
            case "/link":
                made.append("</a>" if links.pop() else "")
            case "p":
                begun = len(made)
                made.append("<p>")
            case "/p":
                made.append("</p>\n")
                if not "".join(made[begun + 1 : -1]).replace("<br>", "").strip():
                    del made[begun:]  # of values that are empty
            case "ol":
                made.append("<ol>\n" if piece.text == "1" else f'<ol start="{int(piece.text)}">\n')
            case kind:
                made.append(_ELEMENTS[kind])
    return "".join(made)


def _text(text: str, line_break: str) -> str:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    escaped = str(escape(text))
    return _BREAK.sub(line_break, escaped) if "\n" in escaped else escaped


def _plain(text: str) -> Iterator[str]:
    for listed, rows in blocks(text):
        if listed:
            yield "<ul>\n" + "".join(f"<li>{escape(row)}</li>\n" for row in rows) + "</ul>\n"
        else:
            yield "<p>" + "<br>\n".join(map(escape, rows)) + "</p>\n"
