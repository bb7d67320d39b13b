"""Values and lengths as an author writes them into a script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import yaml
from pydantic import BaseModel

from wizard.definitions.reading.document import is_text

WIDEST = 10_000  # characters of a line


def in_yaml(said: object) -> str:
    """What a step says, in one line of YAML."""
    if isinstance(said, BaseModel):
        said = said.model_dump(exclude_unset=True)
    if isinstance(said, timedelta):
        return duration(said)
    written = yaml.safe_dump(in_plain(said), default_flow_style=True, allow_unicode=True, sort_keys=False, width=WIDEST)
    return " ".join(written.removesuffix("...\n").split())


def duration(length: timedelta) -> str:
    """As definitions write it, in whole seconds, none too few."""
    seconds = max(1, -int(-length.total_seconds() // 1))
    parts = []
    for unit, size in (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts)


def in_plain(value: Any) -> Any:
    """What YAML, and a script, can hold."""
    match value:
        case Mapping():
            return {str(name): in_plain(item) for name, item in value.items()}
        case list() | tuple():
            return [in_plain(item) for item in value]
        case Decimal():
            return str(value)
        case None | bool() | int():
            return value
        case str():
            return value if is_text(value) else json.dumps(value)
    return str(value)
