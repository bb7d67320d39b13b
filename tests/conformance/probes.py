"""The two node types of the conformance vectors, and the book in which they note what they did."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import ClassVar

from wizard.errors import NodeFailed
from wizard.model import Outcome, Proceed, Prompt, Wait
from wizard.node import Background, Foreground, NodeConfig, Visit


@dataclass
class Book:
    """`log` is what nodes did during the current operation; `counts` runs over the whole vector."""

    log: list[list[str]] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, what: str, step: str) -> int:
        self.counts[what, step] += 1
        return self.counts[what, step]


def book(visit: Visit[NodeConfig]) -> Book:
    kept: Book = visit.services.shared["book"]
    return kept


class FormConfig(NodeConfig):
    reject: tuple[int, ...] = ()


class ProbeForm(Foreground[FormConfig]):
    """Presents; then rejects or accepts whatever is answered."""

    type: ClassVar[str] = "probe.form"
    Config = FormConfig

    def prompt(self, visit: Visit[FormConfig]) -> Prompt:
        if "book" in visit.services.shared:
            book(visit).log.append(["present", visit.step])
        return Prompt(step=visit.step, type=self.type)

    async def submit(self, visit: Visit[FormConfig]) -> Outcome:
        if book(visit).count("validate", visit.step) in visit.config.reject:
            return Wait(Prompt(step=visit.step, type=self.type, error="rejected"), rejected=True)
        book(visit).log.append(["accept", visit.step])
        return Proceed(dict(visit.input or {}))

    async def remove(self, visit: Visit[FormConfig]) -> None:
        book(visit).log.append(["remove", visit.step])


class TaskConfig(NodeConfig):
    reads: tuple[str, ...] = ()
    fail: tuple[int, ...] = ()


class ProbeTask(Background[TaskConfig]):
    """Reads what it is told to and outputs it, or fails."""

    type: ClassVar[str] = "probe.task"
    Config = TaskConfig

    async def execute(self, visit: Visit[TaskConfig]) -> Outcome:
        book(visit).log.append(["run", visit.step])
        values = [visit.read(name) for name in visit.config.reads]
        if book(visit).count("execute", visit.step) in visit.config.fail:
            raise NodeFailed("probe.task was told to fail")
        return Proceed({"v": "-".join(str(value) for value in values)})

    async def remove(self, visit: Visit[TaskConfig]) -> None:
        book(visit).log.append(["remove", visit.step])
