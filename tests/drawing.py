"""How much is drawn where something is tried at random: a tenth of it in `make test` and `make test-fast`, all of it in
`make coverage`, and many times as much in `make torture`. What is drawn is another thing each time, so many short runs
look as far as a long one.

So it is with the variants of a test that tries one rule on many stores, browsers or inputs: `make test` (`--draw`)
draws a quarter of them, an eighth where a browser opens each, and a third of the recorded vectors; everything else runs
the whole.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable

import pytest

# Where the variants of one rule take their time, below tests/, and one of how many is drawn there.
VARIANTS = {
    "browser/": 8,  # each takes seconds
    **dict.fromkeys(
        (
            "acceptance/",
            "contract/",
            "corpus/",
            "faults/",
            "rules/",
            "unit/actions/",
            "unit/channels/",
            "unit/cli/",
            "unit/definitions/",
            "unit/engine/",
            "unit/expressions/",
            "unit/forms/",
            "unit/locale/",
            "unit/nodes/",
            "unit/plugins/",
            "unit/remote/",
            "unit/stores/",
            "unit/test_docs.py",
            "unit/test_forkserver.py",
            "unit/test_references.py",
        ),
        4,
    ),
}
RECORDED = 3  # one of so many recorded vectors is played

# 0 for the short form, 1 for the whole, 10 for ten times the whole.
TORTURE = int(os.environ.get("TORTURE") or 0)
SHARE = 0.1


def examples(whole: int) -> int:
    """How many of something to try, where a test that has the time for it tries `whole`."""
    return whole * TORTURE or max(int(whole * SHARE), 1)


def drawn(of: int, each: int) -> int:
    """How many of so many are drawn, where one of `each` is: one at least."""
    return max(round(of / each), 1)


def left_out(items: Iterable[pytest.Item], seed: int) -> set[pytest.Item]:
    """Of each test with variants, those that this seed doesn't draw; a single one stays."""
    variants: dict[tuple[str, int], list[pytest.Item]] = {}
    for item in items:
        test, bracket, _ = item.nodeid.partition("[")
        each = next((each for place, each in VARIANTS.items() if test.removeprefix("tests/").startswith(place)), 0)
        if bracket and each:
            variants.setdefault((test, each), []).append(item)
    return {
        item
        for (test, each), those in variants.items()
        for item in random.Random(f"{seed} {test}").sample(those, len(those) - drawn(len(those), each))
    }
