"""`parse_csv` and `write_csv` nodes."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.nodes.computed import refused, value
from wizard.nodes.text.csv_text import ParseCsvNode, WriteCsvNode


@pytest.mark.parametrize(
    ("config", "rows"),
    [
        ({"text": "a,b\n1,2\n"}, [{"a": "1", "b": "2"}]),
        ({"text": "\ufeffa;b\r\n1;\"x\"\"y\r\nz\"\r\n\r\n2", "separator": "semicolon"},
         [{"a": "1", "b": 'x"y\r\nz'}, {"a": "2", "b": ""}]),
        ({"text": "a\tb", "separator": "tab", "header": False}, [["a", "b"]]),
        ({"text": " a , b \nü,😀"}, [{"a": "ü", "b": "😀"}]),
        ({"text": "a,b"}, []),
        ({"text": ""}, []),
        ({"text": None}, None),
    ],
)  # fmt: skip
async def test_a_table_is_read(config: dict[str, Any], rows: Any) -> None:
    """A list out of a spreadsheet, with quotation marks, line breaks in cells and a byte order mark."""
    assert await value(ParseCsvNode, {"x": config["text"]}, **{**config, "text": "{{ x }}"}) == rows


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a,a\n1,2", "a name is missing, or stands twice"),
        ("a,\n1,2", "a name is missing"),
        ("a\n1\n1,2", "more cells in row 3"),
        ('a\n"x', "isn't CSV: see line 2"),
        ("a\n" + "1\n" * 5_001, "more than 5,000 rows"),
        ("," * 200, "200 columns"),
        (("," * 149 + "\n") * 334, "50,000 cells"),
        (5, "must be a text"),
    ],
)
async def test_what_isnt_a_table_says_where(text: Any, why: str) -> None:
    """Who uploads it finds the line."""
    assert why in await refused(ParseCsvNode, {"x": text}, text="{{ x }}")


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"rows": [{"a": 1, "b": "x,y"}, {"b": 'z"', "c": 0}]}, 'a,b\r\n1,"x,y"\r\n,"z"""\r\n'),
        ({"rows": [{"a": 1, "b": 2}], "columns": ["b", "c"]}, "b,c\r\n2,\r\n"),
        ({"rows": [[1, None]], "columns": ["a", "b"], "separator": "semicolon"}, "a;b\r\n1;\r\n"),
        ({"rows": [{"a": 1}], "header": False}, "1\r\n"),
        ({"rows": [["{{ x.day }}", "{{ x.price }}", True]]}, "2030-03-27,1.50,true\r\n"),
        ({"rows": []}, ""),
        ({"rows": None}, None),
    ],
)
async def test_a_table_is_written(config: dict[str, Any], text: Any) -> None:
    """A spreadsheet shows the cells as they were."""
    assert await value(WriteCsvNode, {"x": {"day": date(2030, 3, 27), "price": Decimal("1.50")}}, **config) == text


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=HYPERLINK(A1)", "'=HYPERLINK(A1)"),
        ("@SUM(1)", "'@SUM(1)"),
        ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
        ("-A1", "'-A1"),
        ("+41 44 668 18 00", "+41 44 668 18 00"),
        ("-5", "-5"),
        ("a=b", "a=b"),
    ],
)
async def test_a_spreadsheet_runs_nothing_of_what_people_typed(cell: str, written: str) -> None:
    """A name that is a formula would call somebody else's server from the clerk's desk."""
    assert await value(WriteCsvNode, {"x": cell}, rows=[["{{ x }}"]]) == f"{written}\r\n"
    assert await value(WriteCsvNode, {"x": cell}, rows=[["{{ x }}"]], guard=False) == f"{cell}\r\n"


async def test_what_cant_be_a_cell_names_its_row() -> None:
    """A list in a cell is a mistake in the definition."""
    assert "`rows.2.a` gives must be a single value" in await refused(WriteCsvNode, rows=[{"a": 1}, {"a": [1]}])
    assert "`rows.1` gives must be a group of values, or a list" in await refused(WriteCsvNode, rows=["a"])
    assert "more than 100,000" in await refused(WriteCsvNode, {"x": "a" * 60_000}, rows=[["{{ x }}"], ["{{ x }}"]])
