"""What is noted while a trial is played: a line for each visit of a node, with what is logged meanwhile.

What the engine logs of a trial is in its trace and not in the log of the process, which is of runs that count. What
functions log by themselves is in both.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace

from wizard.debugging.bounds import LONGEST_LOGGED, MOST_LINES, MOST_LOGGED, Room, Secrets
from wizard.model import Value
from wizard.model.trial import Line

BROKEN_OFF = "It was stopped before it came to its end."
_ENGINE = ("wizard.engine", "wizard.nodes", "wizard.jobs")

_line: ContextVar[Line | None] = ContextVar("debugged_line", default=None)
_playing: ContextVar[bool] = ContextVar("debugging", default=False)


class Recorder:
    """The lines of one trial, and which cases its conditions took: path and case, in order."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.cases: list[tuple[str, str]] = []
        self.secrets = Secrets()
        self._by_visit: dict[str, Line] = {}
        self._early: dict[str, list[str]] = {}

    @property
    def is_full(self) -> bool:
        return len(self.lines) >= MOST_LINES

    def known(self, key: str) -> Line | None:
        """The line of a visit that was called before."""
        return self._by_visit.get(key)

    def add(self, line: Line, key: str = "") -> Line:
        """What comes when it is full isn't kept."""
        if not self.is_full:
            self.lines.append(line)
        if key:
            self._by_visit[key] = line
        for text in self._early.pop(line.step, ()):
            note(line, text)
        return line

    def note_early(self, step: str, text: str) -> None:
        """Notes something of a step that has no line yet."""
        self._early.setdefault(step, []).append(text)

    def fill_in(self, lines: Iterable[tuple[Line, str | None]]) -> None:
        """Puts lines in that were no call of a node, each before the first line of that step (None: at the end)."""
        for line, step in lines:
            at = next((at for at, other in enumerate(self.lines) if other.step == step), len(self.lines))
            self.lines.insert(at, line)

    def break_off(self) -> None:
        """What is still under way doesn't count any more."""
        for line in self._by_visit.values():
            if line.ms is None:
                line.error = BROKEN_OFF

    def told(self) -> tuple[Line, ...]:
        """The lines within bounds, without secrets."""
        room = Room()

        def shown(value: Value) -> Value:
            return room.bounded(self.secrets.masked(value))

        return tuple(
            replace(
                line,
                input=shown(line.input),
                config=shown(line.config),
                output=shown(line.output),
                state_before=shown(line.state_before),
                state_after=shown(line.state_after),
                error=None if line.error is None else str(self.secrets.masked(line.error[:LONGEST_LOGGED])),
                log=[str(self.secrets.masked(text)) for text in line.log],
            )
            for line in self.lines
        )


def note(line: Line, text: str) -> None:
    """Notes something beside what is logged, once in a row."""
    if len(line.log) < MOST_LOGGED and text not in line.log[-2:]:
        line.log.append(text[:LONGEST_LOGGED])


def note_here(text: str) -> None:
    """Notes it in the line of the node that is being called; nothing where none is."""
    line = _line.get()
    if line is not None:
        note(line, text)


@contextmanager
def noting(line: Line) -> Iterator[None]:
    """What is logged within the block belongs to the line."""
    token = _line.set(line)
    try:
        yield
    finally:
        _line.reset(token)


@contextmanager
def listening() -> Iterator[None]:
    """Has what is logged within the block, and by what it starts, noted."""
    root, token = logging.getLogger(), _playing.set(True)
    listener, engines = _Listener(), [logging.getLogger(name) for name in _ENGINE]
    root.addHandler(listener)
    for logger in engines:
        logger.addFilter(listener.keeps_out)
    try:
        yield
    finally:
        root.removeHandler(listener)
        for logger in engines:
            logger.removeFilter(listener.keeps_out)
        _playing.reset(token)


class _Listener(logging.Handler):
    """Each trial has one of its own; a record is taken by the one whose trial it is of."""

    def emit(self, record: logging.LogRecord) -> None:
        line = _line.get()
        if line is None or getattr(record, "debugged", False):
            return
        record.debugged = True
        try:
            note(line, f"{record.levelname.lower()}: {record.getMessage()}")
        except Exception:  # a message that doesn't fit its arguments
            note(line, f"{record.levelname.lower()}: {record.msg}")

    def keeps_out(self, record: logging.LogRecord) -> bool:
        if not _playing.get():
            return True
        self.emit(record)
        return False
