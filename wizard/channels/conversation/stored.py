"""Frozen dataclasses out of the maps that they are stored as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, fields
from typing import Any, ClassVar, Protocol, TypeVar


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


D = TypeVar("D", bound=_Dataclass)


def read_as(kind: type[D], stored: Mapping[str, Any]) -> D:
    """Its lists are tuples again; what this build doesn't know is left out, and what isn't there is as usual."""
    known = {each.name for each in fields(kind)}
    members = {name: value for name, value in stored.items() if name in known}
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in members.items()})
