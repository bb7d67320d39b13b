"""What installed packages announce as entry points, and what of it can't be used: one package that is broken
takes nothing from the others.

Whatever happens while somebody else's module is imported is the reason why that one can't be used: `SystemExit` of a
script's last line as much as a library that is missing.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
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

    @property
    def distribution(self) -> str:
        return self.package.partition(" ")[0]


@dataclass(frozen=True, slots=True, order=True)
class Unusable:
    """A type of nodes or fields that an installed package announces and that can't be used. `type` is its name where
    that is known, else that of the entry point; `package` the distribution and its version."""

    type: str
    package: str
    reason: str

    def __str__(self) -> str:
        return f"{self.reason} (package {self.package or 'unknown'})"


def announced(group: str) -> list[Announced]:
    """What is announced in a group: our own first, then by package and name, so that the order of folders on the
    import path decides nothing."""
    try:
        return list(_read(group, entry_points, _folders()))
    except Exception as error:  # some package's own list of entry points can't be read
        show_origin(log, error)
        return _in_order(_one_by_one(group))


@lru_cache(maxsize=4)
def _read(
    group: str, listed: Callable[..., Iterable[EntryPoint]], folders: tuple[tuple[str, int], ...]
) -> list[Announced]:
    """What `listed` lists as long as nothing is installed into these folders: to read what all packages announce takes
    longer than most tests with an engine of their own. Raises what a list that can't be read raises."""
    return _in_order(listed(group=group))


def _folders() -> tuple[tuple[str, int], ...]:
    """The import path, with when each folder was changed."""
    return tuple((folder, os.stat(folder or ".").st_mtime_ns) for folder in sys.path if os.path.exists(folder or "."))


def _in_order(entries: Iterable[EntryPoint]) -> list[Announced]:
    named = cache(_written)  # to read a package's metadata takes a millisecond, and some announce a dozen
    known = [_announced(entry, named) for entry in entries]
    return sorted(known, key=lambda plugin: (not plugin.built_in, plugin.package, plugin.name))


def _one_by_one(group: str) -> Iterator[EntryPoint]:
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
