"""Who runs which tests where several processes run them side by side: a file is one piece of work, and so are all tests
that open the same browser. So a process starts no browser, no server and no database that another one has already.

The longest come first, as none may begin when the others have nothing left to do; those that wait most, for a browser
or for a server that was killed, lie beside those that compute.

In a fresh checkout each process would compile all tests and all that they import. So each begins to import at another
one of them, and finds compiled what the others began with.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

# Below tests/, what takes longer than some seconds, by how long it takes. A folder is one piece of work.
LONGEST = (
    "browser/",
    "acceptance/test_plugins.py",
    "faults/test_kills.py",
    "unit/test_typing.py",
    "browser/test_history.py",
    "acceptance/test_purchases.py",
    "contract/test_actions.py",
    "unit/plugins/test_checking.py",
    "conformance/",
    "walks/",
    "unit/machine/test_properties.py",
    "rules/test_bounds_of_every_way_in.py",
    "rules/test_cost_of_events.py",
    "acceptance/test_web_fuzz.py",
    "acceptance/test_handover.py",
    "rules/test_bounds_of_one_address.py",
    "unit/expressions/test_attacks.py",
    "unit/definitions/test_schema.py",
    "unit/expressions/test_functions.py",
    "unit/test_docs.py",
    "unit/test_packaging.py",
    "faults/",
    "rules/test_s26_stopping.py",
    "rules/test_bounds_of_connections.py",
    "contract/test_queues.py",
    "acceptance/",
    "rules/test_pinned_definitions.py",
    "unit/test_sync.py",
)


def piece_of(nodeid: str) -> str:
    """The piece of work that a test is a part of."""
    file = nodeid.partition("::")[0]
    place = file.removeprefix("tests/")
    if place.startswith("browser/") and place not in LONGEST:
        return "tests/browser/"
    return file


def longest_first(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """The tests of the longest pieces, and then all others as they were."""

    def rank(item: pytest.Item) -> int:
        place = piece_of(item.nodeid).removeprefix("tests/")
        whole = (number for number, each in enumerate(LONGEST) if each == place)
        below = (number for number, each in enumerate(LONGEST) if place.startswith(each))
        return next(whole, next(below, len(LONGEST)))

    return sorted(items, key=rank)


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
