"""Small workflows for tests: node types that note what was done with them, builders of definitions as
plain data, and an engine over them.

A `Book` is the tests' eye inside: nodes write into it what they were called for, and it tells
background nodes when to fail or to wait.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar, Literal

from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.errors import InvalidInput, NodeFailed
from wizard.expressions.template import Template
from wizard.model import Item, Outcome, Proceed, Prompt, PromptField, Wait
from wizard.node import Background, Foreground, NodeConfig, NodeType, Registry, Services, Visit
from wizard.nodes.flow.condition import ConditionNode
from wizard.nodes.flow.end import EndNode
from wizard.nodes.flow.wait import WaitNode
from wizard.nodes.flow.workflow import WorkflowNode
from wizard.settings import Settings
from wizard.stores.contract import Store
from wizard.stores.memory import MemoryStore

Document = dict[str, Any]


def registers(engine: Engine, functions: Mapping[str, Callable[..., Any]]) -> None:
    """The engine's application has these functions from now on, as if its process had been started anew with them."""
    object.__setattr__(engine.services, "functions", functions)


@dataclass(frozen=True)
class Noted:
    """One call of a node: what for, at which step, in which visit."""

    what: str
    step: str
    key: str

    def __str__(self) -> str:
        return f"{self.what} {self.step}"


@dataclass
class Book:
    """`calls` are the calls of execute, remove and close, `noted` what came of them, both oldest
    first. `failing` counts for each step how often it still fails; `gates` are waited for by the
    background steps that they name."""

    calls: list[Noted] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)
    failing: Counter[str] = field(default_factory=Counter)
    gates: dict[str, asyncio.Event] = field(default_factory=dict)
    at_gate: dict[str, asyncio.Event] = field(default_factory=dict)
    _taken: int = 0

    def take(self) -> list[str]:
        """What was noted since this was asked last, as "run task"."""
        lines = [str(each) for each in self.noted[self._taken :]]
        self._taken = len(self.noted)
        return lines

    def keys(self, step: str, what: str = "run") -> list[str]:
        """The idempotency keys that the step was called with, in order."""
        return [each.key for each in self.noted if each.step == step and each.what == what]

    def lives(self) -> dict[str, list[str]]:
        """What was called in each visit, by its key."""
        lives: dict[str, list[str]] = {}
        for each in self.calls:
            lives.setdefault(each.key, []).append(each.what)
        return lives

    def gate(self, step: str) -> asyncio.Event:
        """Has the step wait until the event is set."""
        self.gates[step], self.at_gate[step] = asyncio.Event(), asyncio.Event()
        return self.gates[step]


def set_named(visit: Visit[Any], name: str, value: Any) -> None:
    """Sets "session.seen"."""
    document, _, key = name.partition(".")
    visit.set(document, key, value)


def note(what: str, visit: Visit[Any]) -> None:
    """Looking at a stored run calls `prompt` as well, without services: that isn't noted."""
    book: Book | None = visit.services.shared.get("book")
    if book is not None:
        book.noted.append(Noted(what, visit.step, visit.key))


def called(what: str, visit: Visit[Any]) -> None:
    book: Book = visit.services.shared["book"]
    book.calls.append(Noted(what, visit.step, visit.key))


class _Noting(NodeType[Any]):
    async def remove(self, visit: Visit[Any]) -> None:
        called("remove", visit)
        note("remove", visit)

    async def close(self, visit: Visit[Any]) -> None:
        called("close", visit)


class AskConfig(NodeConfig):
    """`refuses` are values of `x` that are never taken; `unless` names a value that `x` must differ
    from; `sets` ("session.seen") is set to `x`."""

    refuses: tuple[str, ...] = ()
    unless: str | None = None
    sets: str | None = None
    text: Template | None = None


class AskNode(_Noting, Foreground[AskConfig]):
    """Takes any fields; counts in its state how often it was executed."""

    type: ClassVar[str] = "ask"
    Config = AskConfig

    async def execute(self, visit: Visit[AskConfig]) -> Outcome:
        called("execute", visit)
        visit.state["executed"] = visit.state.get("executed", 0) + 1
        return await super().execute(visit)

    def prompt(self, visit: Visit[AskConfig]) -> Prompt:
        note("show", visit)
        shown = visit.draft if visit.draft is not None else visit.output or {}
        fields = tuple(PromptField(name, "text", name, value=value) for name, value in sorted(shown.items()))
        text = visit.config.text
        return Prompt(visit.step, self.type, visit.title, "" if text is None else text.render(visit.names), fields)

    async def submit(self, visit: Visit[AskConfig]) -> Outcome:
        given = dict(visit.input or {})
        if visit.partial:
            visit.draft = {**(visit.draft or {}), **given}
            return Wait(self.prompt(visit))
        if not self._fits(visit, given):
            note("reject", visit)
            visit.draft = given
            return Wait(Prompt(visit.step, self.type, error="This can't be taken"), rejected=True)
        note("accept", visit)
        if visit.config.sets is not None:
            set_named(visit, visit.config.sets, given.get("x"))
        return Proceed(given)

    def accepts(self, visit: Visit[AskConfig]) -> bool:
        return self._fits(visit, visit.output or {})

    def summary(self, visit: Visit[AskConfig]) -> tuple[Item, ...]:
        return tuple(Item(name, str(value), step=visit.step) for name, value in (visit.output or {}).items())

    @staticmethod
    def _fits(visit: Visit[AskConfig], given: Mapping[str, Any]) -> bool:
        unless = visit.config.unless
        x = given.get("x")
        return x not in visit.config.refuses and (unless is None or x is None or visit.read(unless) != x)


class WorkConfig(NodeConfig):
    """`reads` are the names that it reads and outputs; it fails where one of their values is in
    `fails_on`. `sets` is set to what it read; `counts` is set to one more than it was."""

    reads: tuple[str, ...] = ()
    fails_on: tuple[str, ...] = ()
    sets: str | None = None
    counts: str | None = None


def told(values: list[Any]) -> str:
    """What a `work` node outputs for what it read."""
    text = repr(values)
    return text if len(text) < 80 else sha256(text.encode()).hexdigest()


class WorkNode(_Noting, Background[WorkConfig]):
    """Outputs what it read, as text that differs wherever a value differs."""

    type: ClassVar[str] = "work"
    Config = WorkConfig

    async def execute(self, visit: Visit[WorkConfig]) -> Outcome:
        called("execute", visit)
        note("run", visit)
        book: Book = visit.services.shared["book"]
        values = [visit.read(name) for name in visit.config.reads]
        if visit.config.counts is not None:
            before = visit.read(visit.config.counts)
            set_named(visit, visit.config.counts, (before or 0) + 1)
        if visit.step in book.gates:
            book.at_gate[visit.step].set()
            await book.gates[visit.step].wait()
        if any(value in visit.config.fails_on for value in values):
            raise NodeFailed("What it read makes this fail")
        if book.failing[visit.step] > 0:
            book.failing[visit.step] -= 1
            raise NodeFailed("It was told to fail")
        if visit.config.sets is not None:
            set_named(visit, visit.config.sets, values[0] if values else visit.step)
        return Proceed({"v": told(values)})


class PureNode(WorkNode):
    """The same without an effect: it needs no record (S21)."""

    type: ClassVar[str] = "pure"
    pure: ClassVar[bool] = True


class PassConfig(NodeConfig):
    unless: str | None = None


class PassNode(_Noting, Foreground[PassConfig]):
    """Needs nobody where the name `unless` is null: it goes on by itself."""

    type: ClassVar[str] = "pass"
    Config = PassConfig

    async def execute(self, visit: Visit[PassConfig]) -> Outcome:
        called("execute", visit)
        unless = visit.config.unless
        if visit.input is None and (unless is None or visit.read(unless) is None):
            note("pass", visit)
            return Proceed({"passed": True})
        return await super().execute(visit)

    def prompt(self, visit: Visit[PassConfig]) -> Prompt:
        note("show", visit)
        return Prompt(visit.step, self.type)

    async def submit(self, visit: Visit[PassConfig]) -> Outcome:
        note("accept", visit)
        return Proceed(dict(visit.input or {}))


class RudeConfig(NodeConfig):
    """What it does wrong, and when: at being shown, at being answered, or both."""

    does: Literal["wait", "none", "text", "list", "object", "crash", "fail", "huge", "set", "keep", "refuse"]
    on: Literal["show", "answer", "both"] = "both"


def _rudeness(does: str, visit: Visit[Any]) -> Any:
    match does:
        case "wait":
            return Wait(Prompt(visit.step, "rude"))
        case "none":
            return None
        case "text":
            return "done"
        case "list":
            return Proceed(["no", "mapping"])  # type: ignore[arg-type]
        case "object":
            return Proceed({"x": object()})
        case "set":
            visit.set("session", "k", object())
            return Proceed()
        case "keep":
            visit.state["k"] = object()
            return Proceed()
        case "huge":
            return Proceed({"x": "x" * 2_000_000})
        case "refuse":
            raise InvalidInput("It doesn't like this")
        case "fail":
            raise NodeFailed("It says that it failed")
    raise ZeroDivisionError("division by a secret")


class RudeTask(_Noting, Background[RudeConfig]):
    """Breaks its contract."""

    type: ClassVar[str] = "rude_task"
    Config = RudeConfig

    async def execute(self, visit: Visit[RudeConfig]) -> Outcome:
        called("execute", visit)
        note("run", visit)
        outcome: Outcome = _rudeness(visit.config.does, visit)
        return outcome

    async def remove(self, visit: Visit[RudeConfig]) -> None:
        raise ZeroDivisionError

    async def close(self, visit: Visit[RudeConfig]) -> None:
        raise ZeroDivisionError


class RudeForm(_Noting, Foreground[RudeConfig]):
    """Breaks its contract."""

    type: ClassVar[str] = "rude_form"
    Config = RudeConfig

    async def execute(self, visit: Visit[RudeConfig]) -> Outcome:
        called("execute", visit)
        on = visit.config.on
        if on == "both" or on == ("show" if visit.input is None else "answer"):
            outcome: Outcome = _rudeness(visit.config.does, visit)
            return outcome
        return Wait(self.prompt(visit)) if visit.input is None else Proceed(dict(visit.input))

    def prompt(self, visit: Visit[RudeConfig]) -> Prompt:
        return Prompt(visit.step, self.type)

    async def submit(self, visit: Visit[RudeConfig]) -> Outcome:
        return Proceed(dict(visit.input or {}))


class ShyForm(AskNode):
    """Can be asked, but not looked at again, nor can its answer be judged."""

    type: ClassVar[str] = "shy"

    async def execute(self, visit: Visit[AskConfig]) -> Outcome:
        called("execute", visit)
        if visit.input is None:
            return Wait(Prompt(visit.step, self.type))
        return await self.submit(visit)

    def prompt(self, visit: Visit[AskConfig]) -> Prompt:
        raise ZeroDivisionError("don't look")

    def accepts(self, visit: Visit[AskConfig]) -> bool:
        raise ZeroDivisionError("don't judge")


TYPES: tuple[type[NodeType[Any]], ...] = (
    AskNode, WorkNode, PureNode, PassNode, RudeTask, RudeForm, ShyForm, ConditionNode, WorkflowNode, EndNode,
    WaitNode,
)  # fmt: skip
REGISTRY = Registry(TYPES)


# -- definitions ---------------------------------------------------------------------------------


def ask(node: str, **keys: Any) -> Document:
    return {"id": node, "type": "ask", **keys}


def work(node: str, *reads: str, **keys: Any) -> Document:
    return {"id": node, "type": "work", "reads": list(reads), **keys}


def branch(node: str, *cases: tuple[str, str] | str) -> Document:
    """Cases are ("a.x == 'yes'", target) or a bare target: otherwise."""
    return {
        "id": node,
        "type": "condition",
        "cases": [{"goto": case} if isinstance(case, str) else {"when": case[0], "goto": case[1]} for case in cases],
    }


def embed(node: str, workflow: str, **keys: Any) -> Document:
    return {"id": node, "type": "workflow", "workflow": workflow, **keys}


def flow(workflow: str, *nodes: Document, **keys: Any) -> Document:
    return {"id": workflow, "nodes": list(nodes), **keys}


# -- engines -------------------------------------------------------------------------------------


START = datetime(2030, 1, 1, 12, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that only the test moves."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def counted(prefix: str = "run") -> Callable[[], str]:
    """Ids run-1, run-2 …"""
    numbers = iter(range(1, 1_000_000))
    return lambda: f"{prefix}-{next(numbers)}"


def catalog(*documents: Document, types: Iterable[type[NodeType[Any]]] = ()) -> Catalog:
    return Catalog.from_documents(documents, Registry([*TYPES, *types]))


def engine(
    *documents: Document,
    store: Store | None = None,
    book: Book | None = None,
    clock: Callable[[], datetime] | None = None,
    ids: Callable[[], str] | None = None,
    types: Iterable[type[NodeType[Any]]] = (),
    definitions: Catalog | None = None,
    settings: Settings | None = None,
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> Engine:
    """An engine on these definitions, the first of which is called "main" by convention."""
    return Engine(
        catalog(*documents, types=types) if definitions is None else definitions,
        MemoryStore() if store is None else store,
        services=Services(dict(functions or {}), settings, {"book": Book() if book is None else book}),
        clock=clock or Clock(),
        ids=ids or counted(),
    )


def book_of(made: Engine) -> Book:
    book: Book = made.services.shared["book"]
    return book
