"""Tests that read as conversations: a person and a run of a small workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.workflows import Book, Document, book_of, engine, flow
from wizard.engine import Engine
from wizard.engine.view import RunView


class Conversation:
    """A run and what can be seen of it. What the person does returns the conversation itself."""

    def __init__(self, made: Engine, run: RunView) -> None:
        self.engine, self.run = made, run

    async def says(self, x: Any = None, **answers: Any) -> Conversation:
        """Next, with `x` as the answer."""
        given = dict(answers) if x is None else {"x": x, **answers}
        await self.engine.next(self.run, given)
        return self

    async def goes_back(self, **how: Any) -> Conversation:
        await self.engine.previous(self.run, **how)
        return self

    async def changes(self, step: str, x: Any = None, **answers: Any) -> Conversation:
        """With no answer the step is shown first."""
        given = dict(answers) if x is None else {"x": x, **answers}
        await self.engine.change(self.run, step, given or None)
        return self

    async def takes_out(self, item: str) -> Conversation:
        await self.engine.remove_item(self.run, item)
        return self

    @property
    def stack(self) -> str:
        """The path and, after a bar, what is kept: "a t b | c"."""
        path, kept = (" ".join(line.step for line in lines) for lines in (self.run.path, self.run.kept))
        return f"{path} | {kept}" if kept else path

    @property
    def at(self) -> str:
        return self.run.step

    @property
    def error(self) -> str | None:
        return self.run.current.error

    @property
    def fault(self) -> str:
        """What stopped the run, in an operator's words."""
        return "" if self.run.fault is None else self.run.fault.message

    @property
    def shown(self) -> dict[str, Any]:
        """The values that the current step shows."""
        return {field.name: field.value for field in self.run.current.fields}

    @property
    def book(self) -> Book:
        return book_of(self.engine)

    def did(self) -> list[str]:
        """What nodes did since this was asked last."""
        return [line for line in self.book.take() if not line.startswith("show")]

    def output(self, step: str) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self.run.run.by_path[step].output
        return found


async def talk(*nodes: Document, inside: tuple[Document, ...] = (), **keys: Any) -> Conversation:
    """A started run of a workflow of these nodes; `inside` are definitions that it embeds. `reopen`,
    `session` and `book` go where they belong."""
    started = {name: keys.pop(name) for name in ("session", "event", "profile_id", "session_id") if name in keys}
    made_of = {name: keys.pop(name) for name in ("book", "store", "clock", "types") if name in keys}
    made = engine(flow("main", *nodes, **keys), *inside, **made_of)
    return Conversation(made, await made.start("main", **started))
