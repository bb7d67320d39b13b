"""What installed packages announce as entry points, and what of it can't be used: one package that is broken
takes nothing from the others.

Whatever happens while somebody else's module is imported is the reason why that one can't be used: `SystemExit` of a
script's last line as much as a library that is missing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, EntryPoint, distributions, entry_points

from wizard.telemetry.logs import show_origin

log = logging.getLogger("wizard.plugins")

OWN = "wizard"  # the distribution of the built-in ones
LONGEST = 300  # characters of a reason


@dataclass(frozen=True, slots=True)
class Announced:
    """An entry point: its name, the distribution with its version ("" where that isn't known), and what gives the
    object. `load` raises whatever the import raises."""

    name: str
    package: str
    built_in: bool
    load: Callable[[], object]


@dataclass(frozen=True, slots=True, order=True)
class Unusable:
    """A node type that an installed package announces and that can't be used. `type` is its name where that is known,
    else that of the entry point; `package` the distribution and its version."""

    type: str
    package: str
    reason: str

    def __str__(self) -> str:
        return f"{self.reason} (package {self.package or 'unknown'})"


def announced(group: str) -> list[Announced]:
    """What is announced in a group: our own first, then by package and name, so that the order of folders on the
    import path decides nothing."""
    named = cache(_written)  # to read a package's metadata takes a millisecond, and some announce a dozen
    entries = [_announced(entry, named) for entry in _entries(group)]
    return sorted(entries, key=lambda plugin: (not plugin.built_in, plugin.package, plugin.name))


def _entries(group: str) -> Iterator[EntryPoint]:
    try:
        yield from list(entry_points(group=group))
    except Exception as error:  # some package's own list of entry points can't be read
        show_origin(log, error)
        for package in distributions():
            try:
                yield from list(package.entry_points.select(group=group))
            except Exception as own:
                log.warning("the entry points of %s can't be read: %s", _written(package), reason_of(own))


def _announced(entry: EntryPoint, named: Callable[[Distribution], str]) -> Announced:
    package = entry.dist
    written = "" if package is None else named(package)
    return Announced(entry.name, written, written.partition(" ")[0].lower() == OWN, entry.load)


def _written(package: Distribution) -> str:
    """Name and version, as far as the metadata tell them."""
    try:
        metadata = package.metadata
        return " ".join(filter(None, (metadata["Name"], metadata["Version"])))
    except Exception:  # metadata without a version, or none at all
        return str(getattr(package, "_path", "")).rpartition("/")[2]


def reason_of(error: BaseException) -> str:
    """An exception's kind and what it says, in one line: for authors and operators, never for the people who fill in
    forms."""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}"[:LONGEST] if said else type(error).__name__
