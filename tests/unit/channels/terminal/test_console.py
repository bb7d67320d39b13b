"""Where the terminal channel's lines come from and go to: keyboards and pipes."""

from __future__ import annotations

import io

import pytest

from wizard.channels.terminal import console as consoles
from wizard.channels.terminal.console import Style, Terminal, paragraphs
from wizard.forms.types.text import DOTS


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_pipe_reads_lines_and_shows_them_behind_their_questions() -> None:
    """The output of a pipe reads as the conversation that it was."""
    sink = io.StringIO()
    console = Terminal(io.StringIO("Ann\r\nhunter22\nlast"), sink, {})
    assert [console.read("> "), console.read("> ", secret=True), console.read("> "), console.read("> ")] == [
        "Ann", "hunter22", "last", None,
    ]  # fmt: skip
    assert sink.getvalue() == f"> Ann\n> {DOTS}\n> last\n> \n"


def test_a_pipe_has_no_colours_and_underlines_its_titles() -> None:
    """A log file full of escape sequences can't be read."""
    sink = io.StringIO()
    console = Terminal(io.StringIO(), sink, {})
    console.write("About you", Style.TITLE)
    console.write("Wrong", Style.WRONG)
    assert sink.getvalue() == "About you\n---------\nWrong\n"
    assert console.width == consoles.WIDEST


@pytest.mark.parametrize(("environ", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_a_terminal_has_colours_unless_somebody_says_no(environ: dict[str, str], coloured: bool) -> None:
    """NO_COLOR is how people say it."""
    sink = Tty()
    console = Terminal(Tty(), sink, environ)
    console.write("About you", Style.TITLE)
    assert ("\x1b[" in sink.getvalue()) is coloured
    assert 0 < console.width <= consoles.WIDEST


def test_a_very_long_line_is_cut_and_the_next_one_is_whole() -> None:
    """A gigabyte without a line break must not fill the memory, nor become the answers to what follows."""
    sink = io.StringIO()
    console = Terminal(io.StringIO("x" * (consoles.MAX_LINE * 2 + 5) + "\nnext\n"), sink, {})
    assert len(console.read("> ") or "") == consoles.MAX_LINE
    assert console.read("> ") == "next"
    assert len(sink.getvalue()) < 1000


def test_at_a_keyboard_lines_are_edited_and_passwords_arent_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """input() edits lines, getpass() hides them, and Ctrl-D is the end of the input."""
    monkeypatch.setattr("builtins.input", lambda prompt: f"typed at {prompt}")
    monkeypatch.setattr(consoles, "getpass", lambda prompt: f"hidden at {prompt}")
    console = Terminal(Tty(), Tty(), {})
    assert console.read("> ") == "typed at > "
    assert console.read("> ", secret=True) == "hidden at > "

    def end(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", end)
    assert console.read("> ") is None


def test_a_keyboard_whose_output_is_a_pipe_isnt_echoed_twice() -> None:
    """`wizard run FILE | tee log`: the terminal shows what is typed by itself."""
    sink = io.StringIO()
    assert Terminal(Tty("Ann\n"), sink, {}).read("> ") == "Ann"
    assert sink.getvalue() == "> "


def test_the_standard_console_survives_bytes_that_are_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in another encoding is piped in: marks in an answer, and no crash."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"Z\xfcrich\n"), encoding="utf-8"))
    assert Terminal.standard().read("> ") == "Z\ufffdrich"
    monkeypatch.setattr("sys.stdin", Tty())
    monkeypatch.setattr("sys.stdout", Tty())
    assert Terminal.standard().width > 0


def test_paragraphs_keep_their_line_breaks() -> None:
    """An author's two paragraphs are two."""
    assert paragraphs("one two\n\nthree", 5) == ["one", "two", "", "three"]
