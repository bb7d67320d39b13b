"""The documentation as data: what docs/*.md and README.md hold that can be tried (tests/unit/test_docs.py)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PART = re.compile(r"# part of a definition: (?P<kind>nodes|fields)(?P<around>(?:, (?:after|before)(?: \w+)+)*)")
REFUSED = re.compile(r"# refused: (?P<message>.+)")
SCRIPT = re.compile(r"# (?P<file>\w+\.test\.yaml)")
FIELD_TABLE, EXPRESSION_TABLE, TEMPLATE_TABLE = "sent | answer", "expression | value", "template | text"

_BAR = re.compile(r"(?<!\\)\|")  # \| is a bar inside a cell


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; `line` is that of its first line."""

    page: Page
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    def comment(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """What one of its first two lines says."""
        return next((found for line in self.text.splitlines()[:2] if (found := pattern.fullmatch(line))), None)

    @property
    def is_whole(self) -> bool:
        """Whether it holds definitions that can be used elsewhere on its page."""
        others = (PART, REFUSED, SCRIPT)
        return self.language == "yaml" and all(self.comment(other) is None for other in others)

    @property
    def is_script(self) -> bool:
        """Whether it is a script that tests the page's definitions."""
        return self.language == "yaml" and self.comment(SCRIPT) is not None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; `about` is the last part of a definition above it."""

    page: Page
    line: int
    table: str
    left: str
    right: str
    about: Block | None
    cells: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


class Page:
    """One file of the documentation. `prose` is its text without the blocks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.blocks: list[Block] = []
        self.rows: list[Row] = []
        prose: list[str] = []
        fence: list[str] | None = None
        begin, language, table = 0, "", ""
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.startswith("```"):
                if fence is None:
                    fence, begin, language = [], number + 1, line[3:].strip()
                else:
                    self.blocks.append(Block(self, begin, language, "\n".join(fence) + "\n"))
                    fence = None
            elif fence is not None:
                fence.append(line)
            else:
                prose.append(line)
                table = self._row(number, line, table)
        if fence is not None:
            raise ValueError(f"{self}: the block that begins in line {begin} isn't closed")
        self.prose = "\n".join(prose)

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    def _row(self, number: int, line: str, table: str) -> str:
        """Takes a line that may be a table's row; gives the table that the next line may belong to."""
        cells = [cell.strip().replace(r"\|", "|") for cell in _BAR.split(line)[1:-1]]
        if len(cells) < 2:
            return ""
        if not table:
            return " | ".join(cells)
        if not set(cells[0]) <= {"-", ":"}:
            about = next((each for each in reversed(self.blocks) if each.comment(PART)), None)
            self.rows.append(Row(self, number, table, cells[0], cells[1], about, tuple(cells)))
        return table

    def of(self, language: str) -> list[Block]:
        return [block for block in self.blocks if block.language == language]

    @cached_property
    def anchors(self) -> frozenset[str]:
        """The anchors that the headings are given where the pages are read."""
        found: set[str] = set()
        for title in re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE):
            anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
            while anchor in found:
                anchor += "-1"
            found.add(anchor)
        return frozenset(found)

    @property
    def links(self) -> Iterator[str]:
        """The links that stay inside the repository."""
        for target in re.findall(r"\]\(([^)\s]+)\)", self.prose):
            if not re.match(r"[a-z]+:", target):
                yield target

    def section(self, heading: str) -> str:
        """The text below a heading, down to the next one of its level, blocks left out."""
        pattern = rf"^(#+) {re.escape(heading)}$(.*?)(?=^#{{1,2}} |^\1 |\Z)"
        found = re.search(pattern, self.prose, re.MULTILINE | re.DOTALL)
        if found is None:
            raise AssertionError(f"{self} has no heading {heading!r}")
        return found[2]


PAGES = [Page(path) for path in (ROOT / "README.md", *sorted(DOCS.glob("*.md")))]


def page(name: str) -> Page:
    """The page of docs/ that has this name."""
    return next(each for each in PAGES if each.path == DOCS / name)


def blocks(language: str) -> list[Block]:
    return [block for each in PAGES for block in each.of(language)]


def rows(table: str) -> list[Row]:
    return [row for each in PAGES for row in each.rows if row.table == table]


def code(cell: str) -> str:
    """What a cell says, without its backticks."""
    found = re.fullmatch(r"(`+)(.+?)\1", cell)
    return found[2] if found else cell
