"""What was said in conversations, in memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter

from wizard.errors import KeyReused
from wizard.model.talk import Utterance

_number = attrgetter("number")


class MemoryTalk:
    """By run, in order; its caller has the lock."""

    def __init__(self) -> None:
        self._said: dict[str, list[Utterance]] = {}
        self._by_id: dict[str, dict[str, Utterance]] = {}

    def check(self, run_id: str, said: Sequence[Utterance]) -> None:
        """Raises KeyReused where one of the ids is there already."""
        known = self._by_id.get(run_id, {})
        if any(one.id in known for one in said):
            raise KeyReused(run=run_id)

    def add(self, run_id: str, said: Sequence[Utterance]) -> None:
        self._said.setdefault(run_id, []).extend(said)
        self._by_id.setdefault(run_id, {}).update((one.id, one) for one in said)

    def read(self, run_id: str, after: int, limit: int) -> list[Utterance]:
        said = self._said.get(run_id, [])
        first = bisect_right(said, after, key=_number)
        return said[first : first + max(limit, 0)]

    def find(self, run_id: str, said_id: str) -> Utterance | None:
        return self._by_id.get(run_id, {}).get(said_id)

    def forget(self, run_id: str) -> None:
        self._said.pop(run_id, None)
        self._by_id.pop(run_id, None)
