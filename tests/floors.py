"""The drawing of the house in docs/architecture.md: floors from setup.cfg, and what each room uses from the imports.

`python -m tests.floors` prints it, `python -m tests.floors --write` puts it into the page; a test compares the two.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from pathlib import Path

import wizard

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"
CONTRACT = "importlinter:contract:floors"
BEGIN, END = "<!-- floors: make floors -->\n```text\n", "```\n<!-- end of floors -->\n"


@cache
def floors() -> list[list[str]]:
    """The rooms of each floor, the highest first, as the contract has them."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg")
    lines = config[CONTRACT]["layers"].strip().splitlines()
    return [[room.strip() for room in line.split("|")] for line in lines]


@cache
def uses() -> dict[str, set[str]]:
    """Which rooms each room imports, itself left out."""
    used: dict[str, set[str]] = defaultdict(set)
    package = Path(wizard.__file__).parent
    for path in _modules(package):
        room = path.relative_to(package).parts[0].removesuffix(".py")
        for node in statements(path.read_text()):
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                used[room] |= set(_rooms(node))
        used[room].discard(room)
    return dict(used)


def statements(text: str) -> Iterator[ast.AST]:
    """The module that a text is, and all statements in it, however deep; what is in an expression isn't looked at, as
    that is most of a module."""
    waiting: list[ast.AST] = [ast.parse(text)]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [
            each
            for each in ast.iter_child_nodes(node)
            if isinstance(each, ast.stmt | ast.ExceptHandler | ast.match_case)
        ]


def _modules(folder: Path) -> Iterator[Path]:
    """Modules below a folder, through the links to forms/ and nodes/."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield from _modules(path)
        elif path.suffix == ".py" and path.name != "__main__.py":
            yield path


def _rooms(imported: ast.ImportFrom) -> Iterator[str]:
    top, _, rest = (imported.module or "").partition(".")
    if top == "wizard":
        yield from (rest.partition(".")[0],) if rest else (alias.name for alias in imported.names)


def drawing() -> str:
    """A line for each room, with a rule between floors: its name, how many modules it has, and what it uses."""
    used = uses()
    package = Path(wizard.__file__).parent
    lines = []
    for floor in floors():
        lines.append("─" * 100)
        for room in floor:
            count = len(list(_modules(package / room))) if (package / room).is_dir() else 1
            lines.append(f"{room:<12}{count:>3}  {' '.join(sorted(used[room] & _all()))}".rstrip())
    return "\n".join((*lines[1:], ""))


def _all() -> set[str]:
    return {room for floor in floors() for room in floor}


def drawn(page: str) -> str:
    """The page with the drawing of today. Raises ValueError where the page has no place for it."""
    if BEGIN not in page or END not in page:
        raise ValueError(f"{PAGE.name} has no place for the drawing: {BEGIN.strip()} … {END.strip()}")
    return re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}", lambda _: f"{BEGIN}{drawing()}{END}", page, flags=re.DOTALL)


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(drawn(PAGE.read_text()))
    else:
        print(drawing(), end="")
