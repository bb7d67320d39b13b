"""Parked answers: what steps that left the stack had, by step path, until a step of that path comes again (S13).

The numbers of a list's items are parked beside them (wizard.machine.items): they stay when all answers go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from immutables import Map

from wizard.machine.items import Numbers, is_numbers_entry, numbers_entry
from wizard.model import Value

Answers = Map[str, Mapping[str, Any]]


class Parked:
    """The parked `answers`, and what has changed since they were stored: `added` is to be written and `taken` to be
    deleted, where None deletes all that isn't written."""

    __slots__ = ("added", "answers", "taken")

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.stored()

    def stored(self) -> None:
        """What changed so far is stored."""
        self.added: dict[str, Mapping[str, Value]] = {}
        self.taken: dict[str, None] | None = {}

    def put(self, path: str, answers: Mapping[str, Value]) -> None:
        self.answers = self.answers.set(path, answers)
        self.added[path] = answers
        if self.taken is not None:
            self.taken.pop(path, None)

    def put_numbers(self, base: str, numbers: Numbers) -> None:
        """Which numbers the items of the list of the node at `base` have."""
        self.put(numbers_entry(base), numbers)

    def take(self, path: str) -> Mapping[str, Value] | None:
        """The answers of a step that comes again; they are parked no longer."""
        answers = self.answers.get(path)
        if answers is not None:
            self.answers = self.answers.delete(path)
            self.added.pop(path, None)
            if self.taken is not None:
                self.taken[path] = None
        return answers

    def forget(self, prefix: str) -> None:
        """The answers below `prefix` go for good."""
        for path in [path for path in self.answers if path.startswith(prefix)]:
            self.take(path)

    def forget_all(self) -> None:
        if self.answers:
            numbers = {path: answers for path, answers in self.answers.items() if is_numbers_entry(path)}
            self.answers, self.added, self.taken = Map(numbers), numbers, None
