"""What filling in a template is: a Page that is written piece by piece, within bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from wizard.errors import ExpressionError
from wizard.expressions.arithmetic import items_of
from wizard.expressions.closures import Compute, Names, Scope
from wizard.model import Value

MAX_OUTPUT: Final = 100_000  # characters
MAX_TURNS: Final = 10_000  # of all loops together
STEPS: Final = 20_000  # of one rendering


class Page(Scope):
    """One rendering: what is written so far, and how much may still be."""

    __slots__ = ("pieces", "room", "turns")

    def __init__(self, names: Names, slots: int) -> None:
        super().__init__(names, STEPS, slots)
        self.pieces: list[str] = []
        self.room = MAX_OUTPUT
        self.turns = MAX_TURNS

    def begin(self, slots: int) -> None:
        """Another part is made with what is left of this page's steps and room."""
        self.locals = [None] * slots
        self.pieces = []

    def write(self, text: str) -> None:
        self.room -= len(text)
        if self.room < 0:
            raise ExpressionError(f"A template's text would be longer than {MAX_OUTPUT:,} characters.")
        self.pieces.append(text)

    def put(self, value: str) -> None:
        """Writes what comes out of the data, and not out of the author's words."""
        self.write(value)

    def turn(self, weight: int) -> None:
        """A loop begins another turn."""
        self.turns -= 1
        if self.turns < 0:
            raise ExpressionError(f"The loops of a template would take more than {MAX_TURNS:,} turns.")
        self.spend(weight)


class ProsePage(Page):
    """One that tells values from the author's words: `given` are the places of the values among the pieces."""

    __slots__ = ("given",)

    def __init__(self, names: Names, slots: int) -> None:
        super().__init__(names, slots)
        self.given: list[int] = []

    def put(self, value: str) -> None:
        self.given.append(len(self.pieces))
        self.write(value)


Write = Callable[[Page], None]


def sequence(writers: Sequence[Write]) -> Write:
    """One after the other."""
    if len(writers) == 1:
        return writers[0]

    def write(page: Page) -> None:
        for writer in writers:
            writer(page)

    return write


def repeated(
    source: Compute, test: Compute | None, body: Write, otherwise: Write, *, slots: tuple[int, int], weight: int
) -> Write:
    """A `for`: the slots are those of its variable and of `loop`; a turn costs `weight` steps."""
    slot, place = slots

    def chosen(page: Page) -> Sequence[Value]:
        items = items_of(source(page))
        if test is None:
            return items
        kept = []
        for item in items:
            page.turn(weight)
            page.locals[slot] = item
            if test(page):
                kept.append(item)
        return kept

    def write(page: Page) -> None:
        items = chosen(page)
        length = len(items)
        for index, item in enumerate(items):
            page.turn(weight)
            page.locals[slot] = item
            page.locals[place] = {
                "index": index + 1,
                "index0": index,
                "first": index == 0,
                "last": index == length - 1,
                "length": length,
            }
            body(page)
        if not length:
            otherwise(page)

    return write
