"""What a source was compiled to is remembered: the same texts come again with each check of a draft that somebody
writes, each version that is deployed, and each run that is pinned to one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Final, TypeVar

from wizard.model.recent import Recent

MOST: Final = 1_000  # sources
MOST_CHARACTERS: Final = 50_000  # of them; what is made of one takes about a hundred times its size
LONGEST: Final = 500  # characters; what is longer seldom comes twice, and would drive out many

T = TypeVar("T")


def remembered(compiled: Callable[[str], T]) -> Callable[[str], T]:
    """The same function, which compiles what it has compiled lately only once. What it gives must never change; what
    it raises isn't remembered."""
    known: Recent[str, T] = Recent(MOST, MOST_CHARACTERS)

    @wraps(compiled)
    def recalled(source: str) -> T:
        if len(source) > LONGEST:
            return compiled(source)
        made = known.get(source)
        if made is None:
            made = compiled(source)
            known.put(source, made, len(source))
        return made

    return recalled
