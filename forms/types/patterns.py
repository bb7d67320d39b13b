"""Authors' regular expressions, taken only where they can't make a match take long.

Python's `re` tries one way to match after the other, and reads the text anew for each. So what a pattern can cost is
told by two numbers. In how many ways each part can match: a repeat of a fixed text in max - min + 1, a repeat of
something with n ways of its own in n + n² + …, alternatives add up, a sequence multiplies; what stands in a lookahead
or an atomic group is never tried again. And how many steps it takes to read it in all of them: in a sequence, each part
is read once for each way of those before it. A pattern is taken if that comes to at most MAX_STEPS for the longest text
that the field takes. `(a+)+` never does; `[A-Z]+-[0-9]+` does; `[ab]*[ab]{2400}c` does up to 400 characters.
"""

from __future__ import annotations

import importlib
import re
import warnings
from typing import Any, NamedTuple

MAX_PATTERN = 200  # characters
MAX_STEPS = 1_000_000  # at most about 0.1 s

_WRITE = "Write the repeats with limits, like {1,20}, let lookaheads read less, or lower max_length."
_SINGLE = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "AT"})
_ROUND = 3  # steps that each round of a repeat takes beside reading, where it repeats more than one character


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
        raise ValueError(f"the pattern isn't a regular expression (Python says: {error})") from error
    if _sequence(tree, longest).steps > MAX_STEPS:
        raise ValueError(f"the pattern could take very long on a text of {longest:,} characters. {_WRITE}")


class _Cost(NamedTuple):
    """In how many ways something can be read, and how many steps that takes in all; anything above MAX_STEPS may be
    cut short."""

    ways: int
    steps: int

    @property
    def once(self) -> _Cost:
        """Where only the first way that is found counts."""
        return _Cost(1, self.steps)

    def then(self, other: _Cost) -> _Cost:
        """Read, and in each way followed by the other."""
        ways = min(self.ways * other.ways, MAX_STEPS + 1)
        return _Cost(ways, min(self.steps + self.ways * other.steps, MAX_STEPS + 1))


_NOTHING = _Cost(1, 0)


def _sequence(tree: Any, longest: int) -> _Cost:
    cost = _NOTHING
    for operation, argument in tree:
        cost = cost.then(_cost_of(str(operation), argument, longest))
    return cost


def _cost_of(operation: str, argument: Any, longest: int) -> _Cost:
    if operation in _SINGLE:
        return _Cost(1, 1)
    match operation:
        case "IN":
            return _Cost(1, 1 + len(argument) // 10)  # a large class may be looked through
        case "BRANCH":
            branches = [_sequence(branch, longest) for branch in argument[1]]
            return _Cost(sum(branch.ways for branch in branches), sum(branch.steps + 1 for branch in branches))
        case "SUBPATTERN":
            return _sequence(argument[-1], longest)
        case "ATOMIC_GROUP":
            return _sequence(argument, longest).once
        case "ASSERT" | "ASSERT_NOT":
            return _sequence(argument[-1], longest).once
        case "POSSESSIVE_REPEAT":
            return _repeated(argument, longest).once
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _repeated(argument, longest)
    raise ValueError("the pattern refers back to what it matched; this can't be bounded. Write it without")


def _repeated(argument: tuple[Any, Any, Any], longest: int) -> _Cost:
    least, most, body = argument
    width = int(body.getwidth()[0])
    if width == 0:
        raise ValueError("the pattern repeats something that can be empty. Leave the inner * or ? out")
    cost = _sequence(body, longest)
    if len(body) > 1 or str(body[0][0]) not in _SINGLE | {"IN"}:
        cost = _Cost(cost.ways, cost.steps + _ROUND)
    room = longest // width
    fewest, many = min(int(least), room), min(int(most), room)
    tries = min(int(most), room + 1)  # the last one meets the end of the text
    if cost.ways == 1:
        return _Cost(many - fewest + 1, tries * cost.steps)
    ways = steps = 0
    for count in range(tries + 1):
        reached = cost.ways ** min(count, 20)  # 2**20 is above MAX_STEPS already
        ways += reached if fewest <= count <= many else 0
        steps += reached * cost.steps if count < tries else 0
        if max(ways, steps) > MAX_STEPS:
            break
    return _Cost(max(ways, 1), steps)
