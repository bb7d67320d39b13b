"""Libraries that only some node types need: what is missing is said by name, when a definition names the type."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec


def missing(package: str, extra: str) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What to say of a node whose type needs a package that isn't installed, as a node type's `check` says it."""
    if find_spec(package) is None:
        yield (), f"this type needs a library that isn't installed: pip install wizard[{extra}]"
