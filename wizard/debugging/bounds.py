"""What is told is bounded, and no secret is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wizard.engine.exporting import WITHHELD
from wizard.model import Value
from wizard.model.values import write_json

MOST_LINES = 1000  # of a trace
MOST_ENTRIES = 20_000  # of a live run's trace that are read
MOST_TURNS = 1000  # answers, and times that are jumped over
SECONDS = 20.0  # for a debug run as a whole
MOST_LOGGED = 50  # lines of log of one visit
LONGEST_LOGGED = 2000  # characters of such a line
LARGEST_VALUE = 20_000  # bytes of one member of a line
LARGEST_TRACE = 2_000_000  # bytes of all members of all lines

_SHORTEST_PART = 4  # characters of a secret that is looked for inside of texts


class Secrets:
    """The values that are never shown, wherever they come up."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def learn(self, values: Mapping[str, Value] | None, names: Iterable[str]) -> None:
        """What is below these names is secret."""
        for name in names:
            value = None if values is None else values.get(name)
            if isinstance(value, str) and value:
                self._known.add(value)

    def masked(self, value: Value) -> Value:
        if not self._known:
            return value
        match value:
            case str():
                return self._text(value)
            case Mapping():
                return {name: self.masked(part) for name, part in value.items()}
            case list() | tuple():
                return [self.masked(part) for part in value]
        return value

    def _text(self, text: str) -> str:
        if text in self._known:
            return WITHHELD
        for secret in self._known:
            if len(secret) >= _SHORTEST_PART:
                text = text.replace(secret, WITHHELD)
        return text


class Room:
    """How much more can be told."""

    def __init__(self, left: int = LARGEST_TRACE) -> None:
        self._left = left

    def bounded(self, value: Value) -> Value:
        """The value, or how large it is where there is no room for it."""
        try:
            size = len(write_json(value).encode(errors="replace"))
        except (TypeError, ValueError, RecursionError):
            return f"({type(value).__name__}, which can't be written)"
        if size > min(LARGEST_VALUE, self._left):
            return f"({size:,} bytes, too large to be shown here)"
        self._left -= size
        return value
