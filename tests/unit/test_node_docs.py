"""docs/nodes/ says what the classes of the built-in node types say."""

from __future__ import annotations

from tests.node_docs import FOLDER, INDEX, pages
from tests.pages import DOCS


def test_each_built_in_type_has_its_page() -> None:
    """Who reads the docs in a checkout reads what `wizard nodes show` prints: `make nodes` writes it anew."""
    assert {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")} == pages()


def test_each_page_is_linked() -> None:
    """Nobody finds a page that no other leads to."""
    text = (DOCS / "nodes.md").read_text(encoding="utf-8")
    assert [path.name for path in pages() if f"(nodes/{path.name})" not in text] == []
    index = INDEX.read_text(encoding="utf-8")
    assert [path.name for path in pages() if path != INDEX and f"({path.name})" not in index] == []
