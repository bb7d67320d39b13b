"""What is logged, and how: lines of text or of JSON, with the run and the turn that they are about.

An exception's message may quote what a person answered. So of an error its kind is logged, and the places in the code
that it came from; what it says only at the level `debug`, which is for development. Errors of our own that aren't
`private` are the exception: they are written without what people answered, and an operator can't do without them.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Mapping
from contextvars import ContextVar, Token
from datetime import UTC, datetime
from pathlib import Path
from random import getrandbits
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO, TypeGuard

from wizard.errors import ExpressionError, SettingsError, WizardError
from wizard.model import Fault
from wizard.telemetry.watching import ACCEPTED, Nobody, WatchedTurn

if TYPE_CHECKING:
    import asyncio

PLACES = 5  # of an error: where it was raised, and the innermost of our own code
CAUSES = 5
MOST_SAID = 1000  # references that are remembered as logged
_OWN = str(Path(__file__).parents[1]) + os.sep
_PYTHON = str(Path(logging.__file__).parents[1])
LONGEST = 20_000  # characters of a message
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

log = logging.getLogger("wizard.undo")


class About:
    """The run and the turn that a line is about; "" where it is about none. A turn gets its name when it is first asked
    for: most turns log nothing."""

    __slots__ = ("_turn", "run")

    def __init__(self, run: str, turn: str | None = None) -> None:
        self.run = run
        self._turn = turn

    @property
    def turn(self) -> str:
        if self._turn is None:
            self._turn = f"{getrandbits(32):08x}"
        return self._turn


_about: ContextVar[About] = ContextVar("wizard.about", default=About("", ""))  # noqa: B039 - it never changes


def current() -> About:
    """What is being done where this is called."""
    return _about.get()


class LogContext(Nobody):
    """A Watch that has each line logged in a turn say which turn that is. `turn` is 8 hexadecimal digits, for telling
    turns apart and nothing else."""

    def turn(self, name: str, run_id: str) -> WatchedTurn:
        return _Turn(run_id)

    def undo_failed(self, run_id: str) -> None:
        log.error("an effect of run %s couldn't be undone, and was given up: undo it by hand", run_id)


class _Turn(About):
    __slots__ = ("_token", "outcome")
    _token: Token[About]

    def __init__(self, run: str) -> None:
        super().__init__(run)
        self.outcome = ACCEPTED

    def __enter__(self) -> _Turn:
        self._token = _about.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _about.reset(self._token)


def writes_json() -> bool:
    """Whether the process logs JSON by `set_up`."""
    return any(
        isinstance(handler, _Ours) and isinstance(handler.formatter, JsonLines)
        for handler in logging.getLogger().handlers
    )


# -- errors ------------------------------------------------------------------------------------------


def broke(
    logger: logging.Logger, error: BaseException, message: str, *args: object, run: str = "", outspoken: bool = True
) -> None:
    """Logs that something failed: `message`, and of the error no more than `kind_and_place` says. `run` is the run's
    id where no turn is under way. Where the logger is at `debug` the traceback goes along, with what the error says
    if `outspoken`."""
    what = kind_and_place(error)
    detail = logger.isEnabledFor(logging.DEBUG)
    more = {"error": what, **({"run": run} if run else {})}
    logger.error(message + ": %s", *args, what, extra=more, exc_info=error if detail and outspoken else None)
    if detail and not outspoken:
        logger.debug("%s", "".join(traceback.format_tb(error.__traceback__)), extra=more)


def failed(logger: logging.Logger, error: WizardError, fault: Fault, *, step: str, workflow: str, run: str) -> None:
    """Logs that a node failed, or that a turn stopped at it, under the reference that people are told: an error, or a
    warning where the function itself told people why."""
    cause = error.origin or error
    what = kind_and_place(cause)
    told = isinstance(error.people, str)
    logger.log(
        logging.WARNING if told else logging.ERROR,
        "step %s failed%s: node %s of workflow %s, run %s, reference %s: %s",
        step,
        ", and said why" if told else "",
        fault.node,
        workflow,
        run,
        fault.reference,
        what,
        extra={
            "error": what,
            "run": run,
            "workflow": workflow,
            "node": fault.node,
            "step": step,
            "reference": fault.reference,
        },
        exc_info=cause if logger.isEnabledFor(logging.DEBUG) else None,
    )


_said: dict[str, None] = {}


def said_before(reference: str) -> bool:
    """Whether a failure of looking was logged in this process: who looks again and again fills no log."""
    if reference in _said:
        return True
    _said[reference] = None
    while len(_said) > MOST_SAID:
        _said.pop(next(iter(_said)), None)
    return False


def show_origin(logger: logging.Logger, error: BaseException) -> None:
    """At `debug`, the whole traceback of an error from which only its reason is told otherwise: one of code that is
    imported, or of a definition, of which nobody has answered anything yet."""
    logger.debug("where that came from", exc_info=error)


def kind_and_place(error: BaseException) -> str:
    """One line: the kind of the error and where it came from, and the same of what caused it.
    `NodeFailed at visits.py:80 in _prompt, because of ValueError at fees.py:12 in fee`. One that is outspoken says
    more."""
    said: list[str] = []
    at: BaseException | None = error
    while at is not None and len(said) < CAUSES:
        frames = traceback.extract_tb(at.__traceback__)[::-1]
        known = frames[:1] + [frame for frame in frames[1:] if not _is_library(frame.filename)]
        places = " < ".join(f"{_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in known[:PLACES])
        name = f"{type(at).__name__} ({at.message})" if is_outspoken(at) else type(at).__name__
        said.append(f"{name} at {places}" if places else name)
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return ", because of ".join(said)


def is_outspoken(error: BaseException) -> TypeGuard[WizardError]:
    """Whether what the error says quotes nothing that people answered: it is our own, and not `private`. An
    ExpressionError that others raise may be about a text of theirs."""
    if not isinstance(error, WizardError) or getattr(error, "private", True) is not False:
        return False
    frames = traceback.extract_tb(error.__traceback__)
    return not (isinstance(error, ExpressionError) and frames) or frames[-1].filename.startswith(_OWN)


def _is_library(filename: str) -> bool:
    """Whether it is code of somebody else: Python's own, or a package that is neither ours nor the host's."""
    return filename.startswith((_PYTHON, "<")) or ("site-packages" in filename and "/wizard/" not in filename)


def _short(filename: str) -> str:
    return "/".join(Path(filename).parts[-2:])


class _Named:
    """Stands for an exception among the arguments of somebody else's log line."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __repr__(self) -> str:
        return type(self._error).__name__


def _without_messages(record: logging.LogRecord) -> str:
    """The record's own text, exceptions in it by their kind only."""
    match record.args:
        case tuple() as args if any(isinstance(argument, BaseException) for argument in args):
            clean = tuple(_Named(argument) if isinstance(argument, BaseException) else argument for argument in args)
            return str(record.msg) % clean
        case None | () if isinstance(record.msg, BaseException):
            return type(record.msg).__name__
        case _:
            return record.getMessage()


def loop_failed(loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    """An exception handler for an event loop: asyncio's own prints what tasks were called with and what they raised."""
    error = context.get("exception")
    if error is None:
        logging.getLogger("wizard.server").error("%s", context.get("message", "something failed in the background"))
    else:
        broke(logging.getLogger("wizard.server"), error, "something failed in the background")


# -- lines -------------------------------------------------------------------------------------------

ABOUT_FAILURES = ("workflow", "node", "step", "reference")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class _Lines(logging.Formatter):
    """What both formats share. With `outspoken`, exceptions are shown in full."""

    def __init__(self, *, outspoken: bool) -> None:
        super().__init__()
        self._outspoken = outspoken

    def _message(self, record: logging.LogRecord) -> str:
        return (record.getMessage() if self._outspoken else _without_messages(record))[:LONGEST]

    def _error(self, record: logging.LogRecord) -> str:
        """The error that the line is about, "" where its message says it already."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return ""
        return self.formatException(record.exc_info) if self._outspoken else kind_and_place(error)  # type: ignore[arg-type]


class TextLines(_Lines):
    """`ERROR wizard.nodes: what happened (run ID, turn 1f00ba12)`. A line is one line: nobody forges another."""

    def format(self, record: logging.LogRecord) -> str:
        about = current()
        known = (("run", getattr(record, "run", about.run)), ("turn", about.turn))
        place = ", ".join(f"{name} {value}" for name, value in known if value)
        line = f"{record.levelname} {record.name}: {self._message(record)}" + (f" ({place})" if place else "")
        line = _CONTROLS.sub(lambda match: repr(match[0])[1:-1], line)
        error = self._error(record)
        return line if not error else f"{line}\n{error}" if self._outspoken else f"{line}: {error}"


class JsonLines(_Lines):
    """An object a line: time (RFC 3339, UTC), level, logger, message, and where there are any run, turn and error; of
    a failure also workflow, node, step and reference."""

    def format(self, record: logging.LogRecord) -> str:
        about = current()
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._message(record),
            "run": getattr(record, "run", about.run),
            "turn": about.turn,
            "error": self._error(record) or getattr(record, "error", ""),
            **{name: getattr(record, name, "") for name in ABOUT_FAILURES},
        }
        return json.dumps({name: value for name, value in line.items() if value}, ensure_ascii=False, default=str)


class _Ours(logging.StreamHandler[TextIO]):
    """The handler that `set_up` puts in, so that the next call finds it. Without a stream it writes to what is standard
    error at the time."""

    def __init__(self, stream: TextIO | None) -> None:
        super().__init__(stream)
        self._given = stream

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = self._given or sys.stderr
        super().emit(record)


def set_up(level: str = "info", format: str = "text", stream: TextIO | None = None) -> None:  # noqa: A002
    """Has the process log to `stream` (standard error), as `text` or `json`; again, for other settings. `level` is
    that of this engine's lines; others' are logged from `warning` on. At `debug` everything is, exceptions in full.
    Raises SettingsError."""
    number = LEVELS.get(level)
    if number is None or format not in ("text", "json"):
        raise SettingsError("A log has a level (debug, info, warning, error) and a format (text or json).")
    outspoken = number == logging.DEBUG
    handler = _Ours(stream)
    handler.setFormatter(JsonLines(outspoken=outspoken) if format == "json" else TextLines(outspoken=outspoken))
    root = logging.getLogger()
    for ours in [handler for handler in root.handlers if isinstance(handler, _Ours)]:
        root.removeHandler(ours)
    root.addHandler(handler)
    root.setLevel(number if outspoken else max(number, logging.WARNING))
    logging.getLogger("wizard").setLevel(number if number < root.level else logging.NOTSET)
