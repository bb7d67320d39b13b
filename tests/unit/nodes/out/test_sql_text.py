"""What is a statement, and where its values stand."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wizard.nodes.out.sql_text import statement_of


@pytest.mark.parametrize(
    ("text", "numbered", "names"),
    [
        (
            "SELECT * FROM t WHERE a = :a AND b = :b OR c = :a",
            "SELECT * FROM t WHERE a = $1 AND b = $2 OR c = $1",
            "a b",
        ),
        ("select ':a', \":b\", `:c`, :d::date, x := 1", "select ':a', \":b\", `:c`, $1::date, x := 1", "d"),
        ("select 'it''s :a', :b", "select 'it''s :a', $1", "b"),
        (r"select e'it''s \n :a', E':c\\', :b", r"select e'it''s \n :a', E':c\\', $1", "b"),
        ("select $$ :a $$, $x$ $$ :b $x$, :c", "select $$ :a $$, $x$ $$ :b $x$, $1", "c"),
        ("select 1 -- :a\n + :b", "select 1  \n + $1", "b"),
        ("/* :a /* ; */ it's */ select :b;", " ", "b"),
        ("(select 1)", "(select 1)", ""),
        ("select data[1:2] from t;  -- fine\n", "select data[1:2] from t", ""),
    ],
)
def test_values_stand_where_sql_has_them(text: str, numbered: str, names: str) -> None:
    """A colon in a text, a name or a comment is none of the author's values; each name has one number."""
    statement = statement_of(text)
    assert statement.wanted == tuple(names.split())
    assert statement.numbered().startswith(numbered)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("SELECT 1; DROP TABLE t", "second statement"),
        ("SELECT 1; -- fine\nDROP TABLE t", "second statement"),
        (r"SELECT e'it\'s'", "written as ''"),
        (r"SELECT E'\'", "written as ''"),
        ("SELECT '{{ a }}'", "no {{ expressions }}"),
        ("SELECT {% if a %}1{% endif %}", "no {{ expressions }}"),
        ("SELECT 'open", "isn't closed"),
        ('SELECT "open', "isn't closed"),
        ("SELECT 'open''", "isn't closed"),
        ("SELECT $x$ open $$", "isn't closed"),
        ("SELECT 1 /* open /* */", "isn't closed"),
        ("SELECT $1", "bound by its name"),
        ("SELECT ?1", "bound by its name"),
        ("SELECT \0", "zero"),
        ("", "begins with"),
        ("-- nothing", "begins with"),
        *((f"{verb} x", "begins with") for verb in ("DROP", "ATTACH", "PRAGMA", "COPY", "DO", "CALL", "SET", "VACUUM")),
    ],
)
def test_what_is_no_single_statement_is_refused_at_load(text: str, why: str) -> None:
    """A template in a statement is how answers get to be SQL; a second one does what nobody looked at."""
    with pytest.raises(ValueError, match=why):
        statement_of(text)


@example(r"e'\';e'")
@given(st.text("ab'\"`;:-/* \n()e\\,1", max_size=40))
def test_sqlite_reads_as_one_statement_what_is_one_here(text: str) -> None:
    """What this takes for a text must be one for the database as well: else a value would stand in SQL by itself, or a
    second statement be hidden in it."""
    try:
        statement = statement_of(f"SELECT {text}")
    except ValueError:
        return
    told = ""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(statement.named(), dict.fromkeys(statement.wanted, 1))
        except (sqlite3.Error, sqlite3.Warning) as error:
            told = str(error)
    assert "one statement" not in told
