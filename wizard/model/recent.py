"""Memory that has an end: values by key, the least recently used out first.

What a process remembers so that it needn't read or compute it again (runs, inventories, compiled definitions, the
addresses that ask) is kept in one of these, and nowhere else: it grows with what people send.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Set
from itertools import islice
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """At most so many values (`most`), whose sizes come to no more than `room` together; the newest stays whatever its
    size. Keys that `stays` names stay beyond that. Callers may be in several threads."""

    def __init__(self, most: int, room: int | None = None, stays: Callable[[], Set[K]] = frozenset) -> None:
        self._most = most
        self._room = room
        self._stays = stays
        self._known: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, key: K) -> bool:
        return key in self._known

    @property
    def size(self) -> int:
        """The sizes of all together."""
        return self._size

    def get(self, key: K) -> V | None:
        """None where it isn't known (any more). It counts as used."""
        with self._lock:
            known = self._known.get(key)
            if known is None:
                return None
            self._known.move_to_end(key)
            return known[0]

    def put(self, key: K, value: V, size: int = 0) -> int:
        """Remembers a value, and forgets those that are too many then; how many those are."""
        with self._lock:
            self._drop(key)
            self._known[key] = value, size
            self._size += size
            return self._make_room(key) if self._is_full() else 0

    def forget(self, key: K) -> None:
        with self._lock:
            self._drop(key)

    def values(self) -> list[V]:
        with self._lock:
            return [value for value, _ in self._known.values()]

    def _is_full(self) -> bool:
        return len(self._known) > self._most or (self._room is not None and self._size > self._room)

    def _make_room(self, newest: K) -> int:
        """The newest is the last one."""
        stays, before = self._stays(), len(self._known)
        passed_over = 0
        while self._is_full() and (key := next(islice(self._known, passed_over, None))) != newest:
            if key in stays:
                passed_over += 1
            else:
                self._drop(key)
        return before - len(self._known)

    def _drop(self, key: K) -> None:
        known = self._known.pop(key, None)
        if known is not None:
            self._size -= known[1]
