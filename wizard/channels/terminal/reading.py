"""What is typed in the terminal channel: lines, texts of several lines, and what they stand for."""

from __future__ import annotations

import asyncio

from wizard.channels.conversation.questions import Command, offered, read_line
from wizard.channels.conversation.typed import meant
from wizard.channels.terminal.console import Console
from wizard.channels.terminal.local_files import read_file
from wizard.engine.view import RunView
from wizard.forms.fields import type_of
from wizard.locale.words import Words
from wizard.model import PromptField, Value

LARGEST_FILE = 100_000_000  # bytes, where the question says nothing


class Left(Exception):
    """The person leaves; everything is stored."""


class Reader:
    """Reads from a console, in the words of one language."""

    def __init__(self, console: Console, words: Words) -> None:
        self._console = console
        self._words = words

    def line(self, asked: PromptField | None = None) -> Command | str:
        """A line. Raises Left at the end of the input."""
        of = None if asked is None else type_of(asked)
        default = "" if asked is None or (of is not None and of.has_lines) else offered(asked, self._words)
        secret = of is not None and of.is_secret
        line = self._console.read(f"[{default}] > " if default else "> ", secret=secret)
        if line is None:
            raise Left
        return read_line(line, self._words)

    def text(self, lines: list[str]) -> Command | str:
        """Lines up to a single dot or the end of the input, after those that were typed before; a first line that is
        empty is the answer that is shown. A command is only one if it is known: a text may have lines that begin with
        a colon. Raises Left."""
        while True:
            line = self._console.read("> ")
            if line is None and not lines:
                raise Left
            if line is None or line.strip() == "." or (not line.strip() and not lines):
                return finished(lines)
            read = read_line(line, self._words)
            if isinstance(read, Command) and (read.known or not lines):
                return read
            lines.append("." if line.strip() == ".." else read if isinstance(read, str) else line)

    def leads_away(self) -> bool:
        """Whether a pipe has ended, or its next line is a command. An answer is one to what is asked after the wait."""
        ahead = self._console.ahead()
        return ahead is not None and (ahead[0] is None or isinstance(read_line(ahead[0], self._words), Command))


def finished(lines: list[str]) -> str:
    """The text of several lines, which is finished by that."""
    text = "\n".join(lines)
    lines.clear()
    return text


async def value_of(asked: PromptField, line: str, view: RunView) -> Value:
    """What a line stands for as an answer; a path is a file. Raises InvalidInput."""
    if not type_of(asked).holds_files or not line.strip():
        return meant(asked, line, view)
    limit = asked.options.get("max_size")
    return await asyncio.to_thread(read_file, line.strip(), limit if isinstance(limit, int) else LARGEST_FILE)
