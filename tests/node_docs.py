"""The pages of the built-in node types in docs/nodes/, made of their classes: `make nodes` writes them, and a test
holds them against the classes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.pages import DOCS
from wizard.actions.catalogue import Catalogue
from wizard.actions.documentation import documentation
from wizard.node import Registry

FOLDER = DOCS / "nodes"
NOTE = "<!-- Made of the class by `make nodes`: change what the class says. -->\n\n"


def pages() -> dict[Path, str]:
    """The text of each page, by its file."""
    registry = Registry.installed()
    built_in = (action for action in Catalogue(registry).actions() if not registry.package(action.type))
    return {FOLDER / f"{action.type}.md": f"{NOTE}{documentation(action).rstrip()}\n" for action in built_in}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    written = pages()
    for stale in set(FOLDER.glob("*.md")) - written.keys():
        stale.unlink()
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"Wrote {len(written)} pages into {FOLDER}\n")


if __name__ == "__main__":
    main()
