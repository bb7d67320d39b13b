"""Types of keys that configurations and definitions share: durations, names, what follows an error. Each is checked
where it is read, and says in the JSON Schema what it takes.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema

from wizard.model import Chain, OnError

END = "end"  # as a target: the end of the workflow


DOCUMENTS = ("input", "event", "profile", "session", "run")


RESERVED = frozenset({END, *DOCUMENTS, "true", "false", "null", "none", *keyword.kwlist})


_IDENTIFIER = r"[A-Za-z][A-Za-z0-9_]{0,63}"


WORKFLOW_ID = r"[A-Za-z][A-Za-z0-9_-]{0,63}"


_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


_SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}


_DURATION = re.compile(r"\s*".join(rf"(?:(?P<{name}>[0-9]{{1,9}})\s*{unit})?" for unit, name in _UNITS.items()))


_ISO = re.compile(
    r"P(?:(?P<weeks>[0-9]{1,9})W)?(?:(?P<days>[0-9]{1,9})D)?"
    r"(?:T(?:(?P<hours>[0-9]{1,9})H)?(?:(?P<minutes>[0-9]{1,9})M)?(?:(?P<seconds>[0-9]{1,9})S)?)?"
)


MAX_DURATION = timedelta(days=36_525)


def parse_duration(text: object) -> timedelta:
    """`28d`, `2h`, `30m`, `10s`, `1d 12h`, or ISO 8601 (`P28D`, `PT30M`; no months and years, whose
    length isn't fixed). Raises ValueError."""
    if isinstance(text, str):
        stripped = text.strip()
        match = _ISO.fullmatch(stripped) if stripped.startswith("P") else _DURATION.fullmatch(stripped)
        parts = {name: int(value) for name, value in match.groupdict().items() if value} if match else {}
        if parts and not stripped.endswith("T"):
            seconds = sum(count * _SECONDS[name] for name, count in parts.items())
            if seconds > MAX_DURATION.total_seconds():
                raise ValueError("must be at most 100 years")
            return timedelta(seconds=seconds)
    raise ValueError("must be a duration such as 28d, 2h, 30m, 10s or 1d 12h")


def _above_zero(duration: timedelta) -> timedelta:
    if not duration:
        raise ValueError("must be longer than nothing")
    return duration


Duration = Annotated[
    timedelta,
    PlainValidator(parse_duration),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*(P([0-9]+W)?([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+S)?)?"
            r"|[0-9]+\s*[wdhms](\s*[0-9]+\s*[dhms])*)\s*$",
            "examples": ["28d", "2h", "30m", "10s", "1d 12h"],
        }
    ),
]


LongerThanNothing = Annotated[Duration, AfterValidator(_above_zero)]


def _identifier(text: str) -> str:
    if not re.fullmatch(_IDENTIFIER, text):
        raise ValueError("must be a name of at most 64 letters (a to z), digits and _ that begins with a letter")
    if text in RESERVED:
        raise ValueError(f"can't be {text!r}, which has a meaning of its own; take another name")
    return text


def _workflow_id(text: str) -> str:
    if not re.fullmatch(WORKFLOW_ID, text):
        raise ValueError("must be a name of at most 64 letters (a to z), digits, _ and - that begins with a letter")
    return text


def _chain(text: object) -> Chain:
    if not isinstance(text, str) or not re.fullmatch(rf"{_IDENTIFIER}(\.[A-Za-z_][A-Za-z0-9_]{{0,63}}){{0,9}}", text):
        raise ValueError("must be a dotted name such as applicant.country")
    return tuple(text.split("."))


Identifier = Annotated[
    str,
    Field(strict=True),
    AfterValidator(_identifier),
    WithJsonSchema({"type": "string", "pattern": f"^{_IDENTIFIER}$"}),
]


WorkflowId = Annotated[
    str,
    Field(strict=True),
    AfterValidator(_workflow_id),
    WithJsonSchema({"type": "string", "pattern": f"^{WORKFLOW_ID}$"}),
]


DottedName = Annotated[
    Any, PlainValidator(_chain), WithJsonSchema({"type": "string", "examples": ["applicant.country"]})
]


def _on_error(value: object) -> OnError:
    if isinstance(value, str) and value in ("stop", "back", "continue"):
        return OnError(value)
    if isinstance(value, Mapping) and set(value) == {"goto"} and isinstance(value["goto"], str):
        return OnError("goto", value["goto"])
    raise ValueError("must be stop, back, continue, or `goto: NODE`")


OnErrorKey = Annotated[
    OnError,
    PlainValidator(_on_error),
    WithJsonSchema(
        {
            "oneOf": [
                {"enum": ["stop", "back", "continue"]},
                {
                    "type": "object",
                    "properties": {"goto": {"type": "string"}},
                    "required": ["goto"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
