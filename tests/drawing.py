"""How much is drawn where something is tried at random: a part of it in `make test`, less in `make test-fast`, all of
it in `make coverage`, and many times as much in `make torture`. What is drawn is another thing each time, so many short
runs look as far as a long one.
"""

from __future__ import annotations

import os

# 0 for the short form, 1 for the whole, 10 for ten times the whole.
TORTURE = int(os.environ.get("TORTURE") or 0)
SHARE = 0.1 if os.environ.get("FAST") else 0.3


def examples(whole: int) -> int:
    """How many of something to try, where a test that has the time for it tries `whole`."""
    return whole * TORTURE or max(int(whole * SHARE), 1)
