"""`markdown_to_html` nodes."""

import pytest

from tests.unit.nodes.computed import refused, value
from wizard.nodes.text.markdown_html import MarkdownToHtmlNode

HOSTILE = "<script>x</script> *Ann* [here](https://evil.example) [x](javascript:y)"


async def test_an_authors_markdown_becomes_html() -> None:
    """A mail has the looks that its author gave it."""
    html = await value(MarkdownToHtmlNode, text="Dear **Ann**\n\n- [order](https://shop.example/1)\n- *x* & y\n")
    assert "<strong>Ann</strong>" in html
    assert '<li><a class="govuk-link" href="https://shop.example/1"' in html
    assert "<em>x</em> &amp; y" in html


async def test_what_people_typed_stays_words() -> None:
    """Nobody puts a link of theirs into a mail that the firm sends."""
    html = await value(MarkdownToHtmlNode, {"x": HOSTILE}, text="**Hello** {{ x }}")
    assert "&lt;script&gt;" in html
    assert "*Ann*" in html
    assert "<a" not in html


async def test_what_an_editor_wrote_is_read_and_runs_nothing() -> None:
    """Text of an editor has its looks; a script in it is text."""
    html = await value(MarkdownToHtmlNode, {"x": HOSTILE}, text="{{ x }}", values="markdown")
    assert "<script" not in html
    assert "<em>Ann</em>" in html
    assert 'href="https://evil.example"' in html
    assert 'href="javascript' not in html


@pytest.mark.parametrize("values", ["words", "markdown"])
async def test_nothing_is_an_empty_text(values: str) -> None:
    """A text that isn't there leaves its place empty."""
    assert await value(MarkdownToHtmlNode, text="{{ nobody.knows }}", values=values) == ""


@pytest.mark.parametrize("values", ["words", "markdown"])
async def test_what_grows_is_bounded(values: str) -> None:
    """Characters that HTML writes with five are no way to fill the memory."""
    assert "`text` gives would be HTML" in await refused(
        MarkdownToHtmlNode, {"x": "&" * 70_000}, text="{{ x }}", values=values
    )
