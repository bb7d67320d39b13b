"""Where the terminal channel's lines go and come from: a person at a keyboard, or a pipe.

At a keyboard lines can be edited, passwords aren't shown and headings stand out. In a pipe all is
plain text, and what came in is written behind its question, so that the output can be read as a
conversation. Reading blocks: while a person thinks, a terminal's process has nothing else to do.
"""

from __future__ import annotations

import os
import select
import shutil
import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from getpass import getpass
from textwrap import wrap
from typing import Protocol, TextIO

from wizard.channels.conversation.questions import LOOKS, clean
from wizard.channels.terminal.piped import Lines
from wizard.forms.types.text import DOTS

MAX_LINE = 200_000  # characters; the rest of a longer line is left out, and the form says that it is too long
WIDEST = 88  # characters of a paragraph's line


class Style(Enum):
    """What a line is; the values are SGR parameters (ECMA-48)."""

    PLAIN = ""
    TITLE = "1;4"
    STRONG = "1"
    FAINT = "2"
    WRONG = "31"
    FINE = "32"


_LOOK_OF: Mapping[str, str] = {mark: look for look, mark in LOOKS.items()}
# What ends bold ends what is faint as well, so that the line's own style begins anew.
_SGR: Mapping[str, str] = {
    "strong": "1",
    "/strong": "22",
    "em": "3",
    "/em": "23",
}


def _sgr(look: str, style: Style) -> str:
    again = f";{style.value}" if look == "/strong" and style.value else ""
    return f"\x1b[{_SGR[look]}{again}m"


class Console(Protocol):
    """What a conversation needs."""

    @property
    def width(self) -> int: ...

    def write(self, text: str = "", style: Style = Style.PLAIN) -> None:
        """Writes a line. The text must be clean (wizard.channels.conversation.questions.clean), but for LOOKS from
        there.
        """

    def read(self, prompt: str, *, secret: bool = False) -> str | None:
        """One line as it was typed, without its end; None where no more will come."""

    def has_typed(self) -> bool:
        """Whether somebody at a keyboard has typed a line meanwhile, so that `read` gives it at once. A pipe's lines
        are answers to what is asked next, and wait for that."""

    def ahead(self) -> tuple[str | None] | None:
        """What `read` gives next out of a pipe, a line or None for its end, in a tuple; None where that hasn't come
        yet, and at a keyboard."""


class Terminal:
    """The console of a process. `source` and `sink` are its standard input and output."""

    def __init__(self, source: TextIO, sink: TextIO, environ: Mapping[str, str] = os.environ) -> None:
        self._source = source
        self._sink = sink
        self._lines = Lines(source, MAX_LINE)
        self._typed = source.isatty() and sink.isatty()
        # https://no-color.org
        self._coloured = sink.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"

    @classmethod
    def standard(cls) -> Terminal:
        """This process's own. Bytes that are no text become marks, and never an error."""
        for stream in (sys.stdin, sys.stdout):
            if (reconfigure := getattr(stream, "reconfigure", None)) is not None:
                reconfigure(errors="replace")
        terminal = cls(sys.stdin, sys.stdout)
        if terminal._typed:
            import readline  # noqa: F401 - input() edits lines from then on
        return terminal

    @property
    def width(self) -> int:
        return min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST) if self._typed else WIDEST

    def write(self, text: str = "", style: Style = Style.PLAIN) -> None:
        for look, mark in LOOKS.items():
            if mark in text:
                text = text.replace(mark, _sgr(look, style) if self._coloured else "")
        if self._coloured and style.value and text:
            text = f"\x1b[{style.value}m{text}\x1b[0m"
        elif style is Style.TITLE:
            text = f"{text}\n{'-' * len(text)}"
        self._sink.write(text + "\n")
        self._sink.flush()

    def read(self, prompt: str, *, secret: bool = False) -> str | None:
        if self._typed or (secret and self._source.isatty()):
            try:
                return (getpass(prompt) if secret else input(prompt))[:MAX_LINE]
            except EOFError:
                self.write()
                return None
        return self._read_piped(prompt, secret)

    def has_typed(self) -> bool:
        return self._typed and bool(select.select([self._source], [], [], 0)[0])

    def ahead(self) -> tuple[str | None] | None:
        return None if self._typed else self._lines.peek()

    def _read_piped(self, prompt: str, secret: bool) -> str | None:
        self._sink.write(prompt)
        self._sink.flush()
        line = self._lines.read()
        self._echo(line or "", secret)
        return line

    def _echo(self, answer: str, secret: bool) -> None:
        """A keyboard echoes by itself."""
        if not self._source.isatty():
            shown = DOTS if secret and answer else clean(answer)
            self._sink.write(shown[:WIDEST] + "\n")
            self._sink.flush()


def paragraphs(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` characters; its own line breaks stay."""
    lines = [line for part in text.split("\n") for line in (wrap(part, width, break_on_hyphens=False) or [""])]
    return list(_each_with_its_looks(lines)) if any(mark in text for mark in LOOKS.values()) else lines


def _each_with_its_looks(lines: list[str]) -> Iterator[str]:
    """What is bold over the end of a line is bold in each of both."""
    begun: list[str] = []
    for line in lines:
        before = "".join(LOOKS[look] for look in begun)
        for character in line:
            look = _LOOK_OF.get(character, "")
            if look in begun:
                continue
            if look[:1] == "/" and look[1:] in begun:
                begun.remove(look[1:])
            elif look:
                begun.append(look)
        yield before + line + "".join(LOOKS[f"/{look}"] for look in reversed(begun))
