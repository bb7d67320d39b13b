"""The pages of the built-in node types in docs/nodes/, made of their classes: `make nodes` writes them, and a test
holds them against the classes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.pages import DOCS
from wizard.actions.action import Action
from wizard.actions.catalogue import Catalogue, by_group
from wizard.actions.documentation import documentation
from wizard.forms.form import default_label
from wizard.node import Registry

FOLDER = DOCS / "nodes"
INDEX = FOLDER / "README.md"
NOTE = "<!-- Made of the class by `make nodes`: change what the class says. -->\n\n"


def pages() -> dict[Path, str]:
    """The text of each page, by its file."""
    registry = Registry.installed()
    built_in = [action for action in Catalogue(registry).actions() if not registry.package(action.type)]
    written = {FOLDER / f"{action.type}.md": f"{NOTE}{documentation(action).rstrip()}\n" for action in built_in}
    return {INDEX: f"{NOTE}{index(built_in)}", **written}


def index(actions: Sequence[Action]) -> str:
    """The page that leads to all others, by group."""
    lines = ["# All node types", "", "[Node types](../nodes.md) explains the ones that most definitions have."]
    for group, members in by_group(actions).items():
        lines += ["", f"## {default_label(group)}", "", "| type | what it does |", "| --- | --- |"]
        ordered = sorted(members, key=lambda action: action.type)
        lines += [f"| [`{action.type}`]({action.type}.md) | {action.summary} |" for action in ordered]
    return "\n".join(lines) + "\n"


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
