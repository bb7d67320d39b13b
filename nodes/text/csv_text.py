"""`parse_csv` and `write_csv` nodes: tables as text (RFC 4180), by Python's csv."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from wizard.expressions.template import Dynamic
from wizard.model import Proceed, Value
from wizard.node import NodeConfig, Visit
from wizard.nodes.computing import Computes, value
from wizard.nodes.given import MAX_ITEMS, MAX_TEXT, Given, given

MAX_COLUMNS = 200
MAX_CELLS = 50_000

Separator = Literal["comma", "semicolon", "tab"]
_SEPARATORS: Mapping[Separator, str] = {"comma": ",", "semicolon": ";", "tab": "\t"}
# What spreadsheets take for a formula, but for what is only a number, such as one of a telephone.
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![0-9 .,()/-]*\Z)")


class ParseCsvConfig(NodeConfig):
    """The text, and how it is written."""

    text: Dynamic = Field(description="The table, a line for each row.")
    separator: Separator = Field("comma", description="What stands between two cells.")
    header: bool = Field(True, description="Whether the first row has the names of the columns.")


class ParseCsvNode(Computes[ParseCsvConfig]):
    """Reads a table in CSV.

    Output: `value`, a list of rows: with a header, each is a group of its cells by the name of their column; without, a
    list. All cells are texts; quotation marks around them are taken away. Empty lines are left out. In a row that is
    too short the rest is empty; one that has more cells than the header fails the step, as does a name that is missing
    or that two columns have. An empty text has no rows, nothing (null) gives null. 100,000 characters, 5,000 rows, 200
    columns and 50,000 cells are read at most.
    """

    type = "parse_csv"
    title = "Read CSV"
    group = "text"
    icon = "table"
    subject = "text"
    example: ClassVar[Mapping[str, Any]] = {"text": "name,town\nAnn,Bern\nBen,Chur\n"}
    Config = ParseCsvConfig

    def compute(self, visit: Visit[ParseCsvConfig], subject: Given) -> Proceed:
        text = subject.text().removeprefix("\ufeff")
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=_SEPARATORS[visit.config.separator], strict=True)
        rows, cells = list[list[str]](), 0
        try:
            for row in lines:
                if row:
                    rows.append(row)
                    cells += len(row)
                if len(rows) > MAX_ITEMS + 1 or len(row) > MAX_COLUMNS or cells > MAX_CELLS:
                    raise subject.wrong(
                        f"has more than {MAX_ITEMS:,} rows, {MAX_COLUMNS} columns or {MAX_CELLS:,} cells"
                    )
        except csv.Error as error:
            raise subject.wrong(f"isn't CSV: see line {lines.line_num}") from error
        made: list[Value] = list(_by_name(rows, subject)) if visit.config.header else list(rows)
        return value(made)


def _by_name(rows: Sequence[Sequence[str]], subject: Given) -> Sequence[dict[str, str]]:
    if not rows:
        return []
    names = [name.strip() for name in rows[0]]
    if not all(names) or len(set(names)) < len(names):
        raise subject.wrong("has a header in which a name is missing, or stands twice")
    made = []
    for number, row in enumerate(rows[1:], start=2):
        if len(row) > len(names):
            raise subject.wrong(f"has more cells in row {number} than the header has names")
        made.append(dict(zip(names, [*row, *[""] * (len(names) - len(row))], strict=True)))
    return made


class WriteCsvConfig(NodeConfig):
    """What is written how."""

    rows: Dynamic = Field(description="A list of groups, or of lists.")
    columns: tuple[str, ...] = Field(
        (), max_length=MAX_COLUMNS, description="Which columns in which order; unless given, those of the first row."
    )
    separator: Separator = Field("comma", description="What stands between two cells.")
    header: bool = Field(True, description="Whether the first row has the names of the columns.")
    guard: bool = Field(
        True, description="Put ' before a text that a spreadsheet would take for a formula, so that it runs nothing."
    )


class WriteCsvNode(Computes[WriteCsvConfig]):
    """Writes a table in CSV.

    Output: `value`, a text with a line for each row. Rows that are groups have their cells by name, in the order of
    `columns`, and what one lacks is empty; rows that are lists are written as they are, under `columns` where these are
    given. Cells are single values: null is empty, days and times are like 2030-03-27, numbers have all their digits.
    Nothing (null) gives null. 5,000 rows and 100,000 characters at most.
    """

    type = "write_csv"
    title = "Write CSV"
    group = "text"
    icon = "table"
    subject = "rows"
    example: ClassVar[Mapping[str, Any]] = {"rows": [{"name": "Ann", "town": "Bern"}, {"name": "Ben", "town": "Chur"}]}
    Config = WriteCsvConfig

    def compute(self, visit: Visit[WriteCsvConfig], subject: Given) -> Proceed:
        config, rows = visit.config, given(visit, "rows").each()
        columns: Sequence[str] = config.columns
        if not columns and rows and isinstance(rows[0].value, Mapping):
            columns = tuple(rows[0].value)
        sheet = io.StringIO(newline="")
        writer = csv.writer(sheet, delimiter=_SEPARATORS[config.separator], lineterminator="\r\n")
        if config.header and columns:
            writer.writerow([_guarded(name) if config.guard else name for name in columns])
        for row in rows:
            writer.writerow([_cell(cell, config.guard) for cell in _cells(row, columns)])
            if sheet.tell() > MAX_TEXT:
                raise subject.wrong(f"would be a text of more than {MAX_TEXT:,} characters")
        return value(sheet.getvalue())


def _cells(row: Given, columns: Sequence[str]) -> Sequence[Given]:
    if isinstance(row.value, Mapping):
        return [Given(f"{row.key}.{name}", row.value.get(name), row.visit) for name in columns]
    if not isinstance(row.value, list | tuple):
        raise row.must("a group of values, or a list")
    return row.each(MAX_COLUMNS)


def _cell(cell: Given, guard: bool) -> str:
    text = "" if cell.value is None else cell.single()
    return _guarded(text) if guard and isinstance(cell.value, str) else text


def _guarded(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text
