"""`markdown_to_html` nodes: the Markdown that authors write for people (wizard.expressions.markdown) as safe HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from wizard.expressions.prose import prose
from wizard.expressions.template import Template
from wizard.forms.prose import prose_html
from wizard.model import Proceed
from wizard.node import FormHint, NodeConfig, Visit
from wizard.nodes.computing import Computes, value
from wizard.nodes.given import MAX_TEXT, Given


class MarkdownConfig(NodeConfig):
    """The text, and what its values are."""

    text: Annotated[Template, FormHint(rows=6)] = Field(description="A text in Markdown.")
    values: Literal["words", "markdown"] = Field(
        "words", description="Whether what {{ expressions }} put in stays words, or is read as Markdown as well."
    )


class MarkdownToHtmlNode(Computes[MarkdownConfig]):
    """Makes HTML of Markdown, for an e-mail or another page.

    Output: `value`, HTML with paragraphs, lists, bold, emphasis and links, and nothing else. HTML in the text stays
    the characters that it is, so what somebody typed can't run anything, and links lead to web, mail and telephone
    addresses and to places of this site only.

    What `{{ expressions }}` put in are words: a person who is called `*Ann*` is shown so. With `values: markdown` they
    are read like the rest, for a text that an editor wrote; then whoever wrote it chooses where its links lead. Nothing
    (null) in a text is an empty text. 100,000 characters at most; of more than 20,000 the markup isn't read.
    """

    type = "markdown_to_html"
    title = "Markdown to HTML"
    group = "text"
    icon = "code"
    example: ClassVar[Mapping[str, Any]] = {"text": "Dear **Ann**\n\n- [Your order](https://shop.example/orders/12)"}
    Config = MarkdownConfig

    def compute(self, visit: Visit[MarkdownConfig], subject: Given) -> Proceed:
        template = visit.config.text
        if visit.config.values == "words":
            text = template.prose(visit.names)
        else:
            text = prose(template.render(visit.names))
        html = str(prose_html(text))
        if len(html) > 3 * MAX_TEXT:
            raise Given("text", html, visit).wrong(f"would be HTML of more than {3 * MAX_TEXT:,} characters")
        return value(html)
