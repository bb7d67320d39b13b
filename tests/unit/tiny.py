"""Node types that are no more than the tests of definitions need."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import dedent
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from wizard.definitions.catalog import Catalog
from wizard.definitions.reading.source import read
from wizard.errors import DefinitionError
from wizard.expressions.expression import Expression
from wizard.expressions.template import Template
from wizard.model import Outcome, Proceed, Wait, Workflow
from wizard.node import Background, Foreground, NodeConfig, Registry, Visit
from wizard.nodes.flow.condition import ConditionNode
from wizard.nodes.flow.workflow import WorkflowNode


class Part(BaseModel):
    """One of several kinds of a thing, told apart by another key."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(min_length=1, max_length=20)
    max_length: int | None = Field(None, ge=1, strict=True)
    show_if: Expression | None = None


class AskConfig(NodeConfig):
    fields: tuple[str, ...] = ()
    parts: tuple[Part, ...] = Field((), max_length=3)
    text: Template | None = None
    way: Literal["short", "long"] = "short"
    choices: tuple[str | Part, ...] = ()


class AskNode(Foreground[AskConfig]):
    """Asks for the fields that it names."""

    type: ClassVar[str] = "ask"
    Config = AskConfig

    def outputs(self, config: AskConfig) -> frozenset[str]:
        return frozenset(config.fields)

    def own_names(self, config: AskConfig) -> frozenset[str]:
        return frozenset(config.fields)

    def check(self, config: AskConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        for index, name in enumerate(config.fields):
            if name == "forbidden":
                yield ("fields", index), "this field is forbidden"

    async def submit(self, visit: Visit[AskConfig]) -> Outcome:
        return Wait(self.prompt(visit))


class PageNode(Foreground[AskConfig]):
    """A page without a way on."""

    type: ClassVar[str] = "end"
    ends: ClassVar[bool] = True
    Config = AskConfig

    def outputs(self, config: AskConfig) -> frozenset[str]:
        return frozenset()

    async def submit(self, visit: Visit[AskConfig]) -> Outcome:
        return Wait(self.prompt(visit))


class WorkConfig(NodeConfig):
    using: Expression | None = None
    more: dict[str, Template] = Field(default_factory=dict)


class WorkNode(Background[WorkConfig]):
    """Works, with outputs that nobody can know."""

    type: ClassVar[str] = "work"
    Config = WorkConfig

    async def execute(self, visit: Visit[WorkConfig]) -> Outcome:
        return Proceed()


REGISTRY = Registry([AskNode, PageNode, WorkNode, ConditionNode, WorkflowNode])


def load(text: str) -> Catalog:
    """The definitions in YAML text, divided by `---`."""
    return Catalog.from_documents([document.data for document in read(dedent(text), "test.yaml")], REGISTRY)


def compiled(text: str) -> Workflow:
    """The first definition in the text."""
    return next(iter(load(text).workflows.values()))


def refused(*documents: Any) -> list[str]:
    """What loading the documents complains of; fails where it doesn't."""
    try:
        Catalog.from_documents(documents, REGISTRY)
    except DefinitionError as error:
        return [problem.message for problem in error.problems if problem.severity == "error"]
    raise AssertionError("this was to be refused")
