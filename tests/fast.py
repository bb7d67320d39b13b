"""Which tests are run by `pytest --fast`: of the rooms that the contract of the pure core names, and of what reads
definitions; some of the recorded vectors, drawn by the seed; and runs that go from channel to channel. No database
server is started for them, and no browser.
"""

from __future__ import annotations

from configparser import ConfigParser
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parent
CONTRACT = "importlinter:contract:pure"
WHOLE_RUNS = ("conformance", "acceptance/test_handover.py")
SHARE = 0.05  # of the vectors


@cache
def rooms() -> frozenset[str]:
    """The rooms whose unit tests are fast."""
    config = ConfigParser()
    config.read(TESTS.parent / "setup.cfg")
    return frozenset(line.removeprefix("wizard.") for line in config[CONTRACT]["source_modules"].split()) | {
        "definitions"
    }


def is_fast(path: Path) -> bool:
    """Whether a file of tests is among them."""
    place = path.relative_to(TESTS)
    if place.is_relative_to("unit"):
        return place.parts[1].removeprefix("test_").removesuffix(".py") in rooms()
    return any(place.is_relative_to(each) for each in WHOLE_RUNS)
