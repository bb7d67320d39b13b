"""Documentation in Markdown (CommonMark, with tables) as HTML that is safe to show, whoever wrote it: HTML in it stays
the characters that it is, and links lead to http, https, mailto and places of this site.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

MAX_SOURCE = 200_000  # characters; what is longer is shown as it is written
SCHEMES = ("http://", "https://", "mailto:", "#", "/")


def html_of(text: str) -> Markup:
    """The HTML of a page's text."""
    if len(text) > MAX_SOURCE:
        return Markup('<pre tabindex="0">{}</pre>').format(text)
    return Markup(_reader().render(text))  # noqa: S704 - what isn't markup of ours is escaped by the reader


def html_of_line(text: str) -> Markup:
    """The HTML of a sentence, without a paragraph around it."""
    return Markup(_reader().renderInline(text[:MAX_SOURCE]))  # noqa: S704 - as above


@cache
def _reader() -> MarkdownIt:
    from markdown_it import MarkdownIt  # takes a while, and most processes show no documentation

    reader = (
        MarkdownIt("commonmark", {"html": False, "maxNesting": 20})
        .enable("table")
        .disable(["image", "html_inline", "html_block"])
    )
    reader.validateLink = _may_be_address  # type: ignore[method-assign, assignment]
    reader.add_render_rule("table_open", _table_open)
    reader.add_render_rule("table_close", _table_close)
    reader.add_render_rule("fence", _code)
    reader.add_render_rule("code_block", _code)
    return reader


def _may_be_address(text: str) -> bool:
    return text.lower().startswith(SCHEMES) and not text.startswith(("//", "/\\"))


# What may be wider than a small screen scrolls by itself, by keyboard as well.
def _table_open(self: Any, tokens: Sequence[Any], at: int, options: Any, environment: Any) -> str:
    return '<div class="wz-wide" tabindex="0" role="group" aria-label="Table"><table>\n'


def _table_close(self: Any, tokens: Sequence[Any], at: int, options: Any, environment: Any) -> str:
    return "</table></div>\n"


def _code(self: Any, tokens: Sequence[Any], at: int, options: Any, environment: Any) -> str:
    code = escape(tokens[at].content)
    return f'<pre class="wz-wide" tabindex="0" role="group" aria-label="Code"><code>{code}</code></pre>\n'
