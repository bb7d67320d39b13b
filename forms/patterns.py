"""Authors' regular expressions, taken only where they can't make a match take exponential time.

Python's `re` tries one way to match after the other. The number of ways is known from the pattern:
a repeat of a fixed text can be tried in max - min + 1 ways, a repeat of something with n ways of its
own in n + n² + …, alternatives add up, a sequence multiplies. A pattern is taken if that product
is at most MAX_WAYS for the longest text that the field takes. `(a+)+` never is; `[A-Z]+-[0-9]+` is.
"""

from __future__ import annotations

import importlib
import re
import warnings
from typing import Any

MAX_PATTERN = 200  # characters
MAX_WAYS = 1_000_000  # at most about 0.1 s

_WRITE = "Write the repeats with limits, like {1,20}, or lower max_length."
_SINGLE = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "IN", "AT"})
_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})


def check_pattern(pattern: str, longest: int) -> None:
    """Raises ValueError, saying what to do, unless `pattern` can be used on texts of up to `longest` characters."""
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"the pattern is longer than {MAX_PATTERN} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
            tree: Any = importlib.import_module("re._parser").parse(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"the pattern is no regular expression (Python says: {error})") from error
    if _ways(tree, longest) > MAX_WAYS:
        raise ValueError(f"the pattern could take very long on a text of {longest:,} characters. {_WRITE}")


def _ways(tree: Any, longest: int) -> int:
    """In how many ways the parsed pattern can be tried; anything above MAX_WAYS may be cut short."""
    ways = 1
    for operation, argument in tree:
        ways = min(ways * _ways_of(str(operation), argument, longest), MAX_WAYS + 1)
    return ways


def _ways_of(operation: str, argument: Any, longest: int) -> int:
    if operation in _SINGLE:
        return 1
    if operation == "BRANCH":
        return sum(_ways(branch, longest) for branch in argument[1])
    if operation in _REPEATS:
        least, most, body = argument
        return _repeated(least, most, body, longest)
    if operation in ("SUBPATTERN", "ATOMIC_GROUP", "ASSERT", "ASSERT_NOT"):
        return _ways(argument if operation == "ATOMIC_GROUP" else argument[-1], longest)
    raise ValueError("the pattern refers back to what it matched; this can't be bounded. Write it without")


def _repeated(least: Any, most: Any, body: Any, longest: int) -> int:
    if body.getwidth()[0] == 0:
        raise ValueError("the pattern repeats something that can be empty. Leave the inner * or ? out")
    each = _ways(body, longest)
    fewest, many = min(int(least), longest), min(int(most), longest)
    if each == 1:
        return many - fewest + 1
    total: int = 0
    for count in range(fewest, many + 1):
        total += each ** min(count, 20)  # 2**20 is above MAX_WAYS already
        if total > MAX_WAYS:
            break
    return total
