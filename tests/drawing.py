"""How much is drawn where something is tried at random: a part of it in `make test`, less in `make test-fast`, all of
it in `make coverage`, and many times as much in `make torture`. What is drawn is another thing each time, so many short
runs look as far as a long one.

So it is with the variants of a test that tries one rule on many stores, browsers or inputs: `make test` (`--draw`)
draws a third of them, and of the recorded vectors a third; everything else runs the whole.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterable

import pytest

# Where the variants of one rule take their time, below tests/.
VARIANTS = (
    "acceptance/test_field_type.py",
    "acceptance/test_hosts.py",
    "acceptance/test_stopping.py",
    "acceptance/test_web_bodies.py",
    "acceptance/test_web_hostile.py",
    "acceptance/test_web_markup.py",
    "browser/",
    "contract/",
    "corpus/",
    "faults/",
    "rules/",
    "unit/channels/",
    "unit/cli/",
    "unit/engine/",
    "unit/expressions/",
    "unit/forms/",
    "unit/locale/",
    "unit/stores/",
    "unit/test_docs.py",
    "unit/test_forkserver.py",
    "unit/test_references.py",
)

# 0 for the short form, 1 for the whole, 10 for ten times the whole.
TORTURE = int(os.environ.get("TORTURE") or 0)
SHARE = 0.1 if os.environ.get("FAST") else 0.2


def examples(whole: int) -> int:
    """How many of something to try, where a test that has the time for it tries `whole`."""
    return whole * TORTURE or max(int(whole * SHARE), 1)


def drawn(of: int) -> int:
    """How many of so many are drawn, where a part of them is: a third, and one at least."""
    return -(-of // 3)


def left_out(items: Iterable[pytest.Item], seed: int) -> set[pytest.Item]:
    """Of each test with variants, those that this seed doesn't draw; a single one stays."""
    variants: dict[str, list[pytest.Item]] = {}
    for item in items:
        test, bracket, _ = item.nodeid.partition("[")
        if bracket and test.removeprefix("tests/").startswith(VARIANTS):
            variants.setdefault(test, []).append(item)
    return {
        item
        for test, those in variants.items()
        for item in random.Random(f"{seed} {test}").sample(those, len(those) - drawn(len(those)))
    }
