"""How much is drawn where something is tried at random: a tenth of it in `make test` and `make test-fast`, all of it in
`make coverage`, and many times as much in `make torture`. What is drawn is another thing each time, so many short runs
look as far as a long one.

So it is with the variants of a test that tries one rule on many stores, browsers or inputs: `make test` (`--draw`)
draws a sixteenth of them, and a sixth of the recorded vectors; everything else runs the whole.
"""

from __future__ import annotations

import os
import random

# Where the variants of one rule take their time, below tests/.
VARIANTS = (
    "acceptance/",
    "browser/",
    "contract/",
    "corpus/",
    "faults/",
    "rules/",
    "unit/actions/",
    "unit/channels/",
    "unit/cli/",
    "unit/debugging/",
    "unit/definitions/",
    "unit/engine/",
    "unit/events/",
    "unit/expressions/",
    "unit/forms/",
    "unit/locale/",
    "unit/machine/",
    "unit/node/",
    "unit/nodes/",
    "unit/plugins/",
    "unit/remote/",
    "unit/scripts/",
    "unit/stores/",
    "unit/test_docs.py",
    "unit/test_forkserver.py",
    "unit/test_references.py",
    "unit/test_typing.py",
    "unit/test_walk_of_an_answer.py",
)
EACH = 16  # one of so many variants of a test is drawn there
RECORDED = 6  # one of so many recorded vectors is played

# 0 for the short form, 1 for the whole, 10 for ten times the whole.
TORTURE = int(os.environ.get("TORTURE") or 0)
SHARE = 0.1


def examples(whole: int) -> int:
    """How many of something to try, where a test that has the time for it tries `whole`."""
    return whole * TORTURE or max(int(whole * SHARE), 1)


def drawn(of: int, each: int) -> int:
    """How many of so many are drawn, where one of `each` is: one at least."""
    return max(round(of / each), 1)


def stay(test: str, count: int, seed: int) -> list[int]:
    """Which of a test's variants this seed draws, by their places; one of them at least. `test` is its node's id. All
    tests of a file with browsers draw alike: to start another browser takes longer than most of them."""
    place = test.removeprefix("tests/")
    if not place.startswith(VARIANTS):
        return list(range(count))
    drawer = test.partition("::")[0] if place.startswith("browser/") else test
    return sorted(random.Random(f"{seed} {drawer}").sample(range(count), drawn(count, EACH)))
