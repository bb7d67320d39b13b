"""Regular expressions whose search takes a time that grows with the text and not faster, by RE2: for patterns that
authors write and texts that anybody does. The library is loaded where a definition has such a pattern.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol

MAX_PATTERN: Final = 1_000  # characters

_UNKNOWN = {
    "invalid perl operator": "looking ahead or behind isn't known here",
    "invalid escape sequence": "this isn't known here, such as references back",
    "invalid repetition size": "a repeat has up to 1,000 rounds",
    "pattern too large - compile failed": "it is too large; repeat less",
}


class Found(Protocol):
    """What fits, as of `re`."""

    def __getitem__(self, group: int) -> str | None: ...
    def groups(self) -> Sequence[str | None]: ...
    def groupdict(self) -> Mapping[str, str | None]: ...
    def start(self) -> int: ...
    def end(self) -> int: ...


class Linear(Protocol):
    """A pattern, as of `re`."""

    @property
    def groups(self) -> int: ...
    def search(self, text: str) -> Found | None: ...
    def finditer(self, text: str) -> Iterator[Found]: ...


@lru_cache(256)
def compiled(pattern: str, *, ignore_case: bool = False) -> Linear:
    """Raises ValueError, saying what isn't known and where it stands."""
    import re2

    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"the pattern is longer than {MAX_PATTERN:,} characters")
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    try:
        made: Linear = re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(_told(pattern, error)) from None
    return made


def _told(pattern: str, error: Any) -> str:
    said = error.args[0] if error.args else b""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    kind, _, fragment = text.partition(": ")
    why = _UNKNOWN.get(kind, f"this isn't a regular expression ({kind})")
    place = pattern.find(fragment) if fragment and kind != "missing )" else -1
    return f"{why}: see `{fragment}` at character {place + 1}" if place >= 0 else why
