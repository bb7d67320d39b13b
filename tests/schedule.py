"""Who runs which tests where several processes run them side by side: a file is one piece of work, and so are all tests
that open the same browser. So a process starts no browser, no server and no database that another one has already.

The longest come first, as none may begin when the others have nothing left to do; those that wait most, for a browser
or for a server that was killed, lie beside those that compute. What goes on in a browser is a chain of short waits for
one process after another, and would be the last to end: all other tests leave the processors to it.

Where processes aren't forked from one that has imported all (tests/workers.py), each would compile all tests and all
that they import in a fresh checkout. So each begins at another one of them, and finds compiled what the others began
with.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

# Below tests/, what takes longer than some seconds, by how long it takes. A folder is one piece of work.
LONGEST = (
    "browser/",
    "browser/test_chat.py",
    "acceptance/test_plugins.py",
    "unit/test_typing.py",
    "faults/test_kills.py",
    "unit/plugins/test_checking.py",
    "rules/test_s26_stopping.py",
    "acceptance/test_purchases.py",
    "unit/test_docs.py",
    "faults/test_two_processes.py",
    "unit/test_sync.py",
    "unit/test_packaging.py",
    "rules/test_concurrency.py",
    "unit/cli/test_main.py",
    "rules/test_bounds_of_connections.py",
    "conformance/",
    "acceptance/test_handover.py",
    "corpus/",
    "acceptance/test_terminal.py",
    "walks/",
    "acceptance/test_stopping.py",
    "contract/test_queues.py",
    "rules/test_bounds_of_every_way_in.py",
    "rules/test_bounds_of_one_address.py",
    "unit/node/test_registry.py",
    "unit/test_drawn_anew.py",
    "unit/expressions/test_attacks.py",
    "unit/definitions/test_schema.py",
    "unit/stores/postgres/",
    "unit/machine/test_properties.py",
    "faults/",
    "contract/",
    "acceptance/",
    "unit/locale/test_translations.py",
    "rules/test_pinned_definitions.py",
    "unit/scripts/",
)

# What opens a Firefox, which takes four seconds of a processor to start, and as much more as makes it half of the tests
# with browsers: each half takes two minutes.
FIREFOX = (
    "browser/test_chat.py",
    "browser/test_chat_in_use.py",
    "browser/test_history.py",
    "browser/test_returning.py",
)


def piece_of(nodeid: str) -> str:
    """The piece of work that a test is a part of."""
    file = nodeid.partition("::")[0]
    place = file.removeprefix("tests/")
    if place in FIREFOX:
        return f"tests/{FIREFOX[0]}"
    return "tests/browser/" if place.startswith("browser/") else file


def longest_first(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """The tests of the longest pieces, and then all others as they were."""

    def rank(item: pytest.Item) -> int:
        place = piece_of(item.nodeid).removeprefix("tests/")
        whole = (number for number, each in enumerate(LONGEST) if each == place)
        below = (number for number, each in enumerate(LONGEST) if place.startswith(each))
        return next(whole, next(below, len(LONGEST)))

    return sorted(items, key=rank)


def opens_browser(nodeid: str) -> bool:
    """Whether a test is of the two pieces that live in browsers."""
    return piece_of(nodeid) in ("tests/browser/", f"tests/{FIREFOX[0]}")


@cache
def leave_processors_to_browsers() -> None:
    """From here on, this process and what it starts come after those that don't say so."""
    os.nice(5)  # of 19; linters are nicer still


class Pieces(LoadScopeScheduling):
    """Hands out one piece of work after another, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return piece_of(nodeid)


def import_turned(files: list[Path], above: Path, turned: float) -> None:
    """Imports modules of tests, those first that begin at this part of them. What goes wrong is said when they are
    collected."""
    start = int(len(files) * turned)
    for file in files[start:] + files[:start]:
        with suppress(Exception, pytest.skip.Exception):
            import_module(".".join(file.relative_to(above).with_suffix("").parts))
