"""What is installed is what `requirements/` names, byte for byte: what setup.cfg asks for, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from configparser import ConfigParser
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, distributions, requires
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
LOCKS = ("build", "dev", "serve")

_ENTRY = re.compile(r"([a-z0-9][a-z0-9-]*)==([^\s;]+)(?: ; ([^\\]+?))? \\")
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")
_SERVED = ("broker", "calendars", "encryption", "postgres", "s3", "tracing")  # the extras that a server can need


def lines_of(name: str) -> list[str]:
    return (ROOT / "requirements" / name).read_text().splitlines()


def locked(name: str) -> dict[str, Version]:
    """The versions of a lock by the names of their packages."""
    entries = [match for line in lines_of(f"{name}.txt") if (match := _ENTRY.fullmatch(line))]
    return {match[1]: Version(match[2]) for match in entries}


@pytest.fixture(scope="module")
def config() -> ConfigParser:
    parser = ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def parsed(text: str | Iterable[str]) -> list[Requirement]:
    lines = text.splitlines() if isinstance(text, str) else text
    return [Requirement(line) for line in lines if line.strip() and not line.startswith("#")]


def asked_for(config: ConfigParser, name: str) -> list[Requirement]:
    """What a lock is made of."""
    build = parsed(lines_of("build.in"))
    if name == "build":
        return build
    extras = dict(config["options.extras_require"])
    wanted = extras if name == "dev" else _SERVED
    runtime = parsed(config["options"]["install_requires"])
    return [*runtime, *(each for extra in wanted for each in parsed(extras[extra])), *(build if name == "dev" else ())]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_what_setup_cfg_asks_for(config: ConfigParser, name: str) -> None:
    """Whoever raises a floor or adds a library without `make lock` would test another release than they say, and a
    server that is installed from the lock would miss it."""
    versions = locked(name)
    for requirement in asked_for(config, name):
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} isn't in requirements/{name}.txt; `make lock`"
        assert requirement.specifier.contains(version), f"{requirement} admits no {version}; `make lock`"


@pytest.mark.parametrize("name", LOCKS)
def test_every_entry_of_a_lock_has_its_hashes(name: str) -> None:
    """A package that was exchanged on the way would be installed. Nothing but entries, hashes and notes stands there:
    an address of an index or a path would be another machine's."""
    entries, hashes = 0, 0
    for line in lines_of(f"{name}.txt"):
        if _HASH.fullmatch(line):
            hashes += 1
        elif _ENTRY.fullmatch(line):
            assert entries == 0 or hashes, f"the entry before {line} has no hash"
            entries, hashes = entries + 1, 0
        else:
            assert re.fullmatch(r" *#.*", line), line
            assert "://" not in line
            assert not re.search(r"(^|\s)/|--(?!constraint)", line), line
    assert entries
    assert hashes


@pytest.mark.parametrize("name", ["build", "serve"])
def test_the_locks_agree(name: str) -> None:
    """A server would run with another release than the one that was tested."""
    assert locked(name).items() <= locked("dev").items()


def needed(requirements: Iterable[Requirement]) -> set[str]:
    """The names of these and of whatever they need here, as far as what is installed tells."""
    found: set[str] = set()
    pending = list(requirements)
    seen: set[str] = set()
    while pending:
        requirement = pending.pop()
        written = str(requirement)
        if written in seen:
            continue
        seen.add(written)
        name = canonicalize_name(requirement.name)
        found.add(name)
        with suppress(PackageNotFoundError):
            extras = ("", *requirement.extras)
            pending += [each for each in required(name) if any(_applies(each, extra) for extra in extras)]
    return found


@cache
def required(name: str) -> list[Requirement]:
    """What an installed distribution needs. Raises PackageNotFoundError."""
    return parsed(requires(name) or ())


@cache
def installed() -> frozenset[str]:
    return frozenset(canonicalize_name(each.name) for each in distributions())


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**default_environment(), "extra": extra})


@pytest.mark.parametrize("name", LOCKS)
def test_nothing_is_locked_that_nobody_needs(config: ConfigParser, name: str) -> None:
    """What a library needed once would be installed for ever, with whatever is found wrong in it."""
    assert installed() & locked(name).keys() <= needed(asked_for(config, name))


def test_what_builds_is_told_alike() -> None:
    """`pip install` of a source would build with another release than `make install` does."""
    build = {each.name: each.specifier for each in parsed(lines_of("build.in"))}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    code = "import sys; sys.path.insert(0, 'web'); import backend; print(backend.NODE)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    told = [*project["build-system"]["requires"], done.stdout.strip()]
    assert {each.name: each.specifier for each in parsed(told)} == build
