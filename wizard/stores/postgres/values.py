"""Values as PostgreSQL can hold them."""

from __future__ import annotations

from datetime import datetime

from wizard.errors import InvalidInput

LARGEST = 2**63 - 1


def encoded(text: str) -> str:
    """A text as PostgreSQL can hold it, which knows no zero characters: they are written with an escape."""
    return text.replace("\x1a", "\x1a1").replace("\x00", "\x1a0") if "\x00" in text or "\x1a" in text else text


def decoded(text: str) -> str:
    return text.replace("\x1a0", "\x00").replace("\x1a1", "\x1a") if "\x1a" in text else text


def in_utc(at: datetime | None) -> datetime | None:
    """Raises InvalidInput where the time has no time zone."""
    if at is not None and at.tzinfo is None:
        raise InvalidInput(f"The time {at} has no time zone. Take the clock's times in UTC.")
    return at


def bounded(number: int) -> int:
    return max(0, min(number, LARGEST - 1))
