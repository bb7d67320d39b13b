"""Lines of a pipe: what has come is known, and nothing is lost or read twice."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator

import pytest

from wizard.channels.terminal.piped import Lines


@pytest.fixture
def pipe() -> Iterator[tuple[Lines, int]]:
    """The lines that are read, and where they are written."""
    out, into = os.pipe()
    with open(out, encoding="utf-8") as source:
        yield Lines(source, 20), into
        os.close(into)


def test_whether_a_line_has_come_is_known_without_waiting(pipe: tuple[Lines, int]) -> None:
    """Whoever waits for something else can't stand still at a pipe that says nothing."""
    lines, into = pipe
    assert lines.peek() is None
    os.write(into, b"Ann")
    assert lines.peek() is None, "that isn't the whole line yet"
    os.write(into, b" Miller\r\n\xc3\xa9t\xc3\xa9\n\nlast")
    assert [lines.peek(), lines.peek(), lines.read()] == [("Ann Miller",), ("Ann Miller",), "Ann Miller"]
    assert [lines.read(), lines.peek(), lines.read(), lines.peek()] == ["été", ("",), "", None]


def test_the_end_is_known_too(pipe: tuple[Lines, int]) -> None:
    """The last line may have no end of its own."""
    lines, into = pipe
    os.write(into, b"last")
    os.dup2(os.open(os.devnull, os.O_WRONLY), into)
    assert [lines.peek(), lines.read()] == [("last",), "last"]
    assert [lines.peek(), lines.read(), lines.read()] == [(None,), None, None]


def test_a_line_without_an_end_takes_no_memory(pipe: tuple[Lines, int]) -> None:
    """A gigabyte of it must not fill the memory, nor become the answers to what follows."""
    lines, into = pipe
    for _ in range(50):
        os.write(into, b"x" * 1000)
        assert lines.peek() is None
        assert len(lines._come) < 3000
    os.write(into, b"x\n\xff\n")
    assert [lines.read(), lines.read()] == ["x" * 20, "\ufffd"]


def test_lines_out_of_memory_are_there_at_once() -> None:
    """Tests of definitions hand in texts."""
    lines = Lines(io.StringIO("a\n\nb"), 20)
    assert [lines.peek(), lines.read(), lines.read(), lines.read(), lines.peek(), lines.read()] == [
        ("a",), "a", "", "b", (None,), None,
    ]  # fmt: skip
