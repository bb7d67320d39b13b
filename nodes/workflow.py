"""The `workflow` node: another definition inside this one, gone through once or repeatedly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from pydantic import Field

from wizard.errors import NodeContractError
from wizard.expressions import Expression
from wizard.model import Kind, Outcome
from wizard.node import NodeConfig, NodeType, Visit
from wizard.templates import Dynamic, Template

MAX_ITEMS = 1000


class RepeatConfig(NodeConfig):
    """How often the embedded workflow is gone through: `times`, or `for_each`, or as often as the
    person says (the other keys)."""

    times: Expression | None = Field(None, description="An expression: how often.")
    for_each: Expression | None = Field(
        None, description="An expression that gives a list; each element is `input.item` in its turn."
    )
    min: int | None = Field(None, ge=0, le=MAX_ITEMS, strict=True, description="The fewest items; 1 unless given.")
    max: int | None = Field(None, ge=1, le=MAX_ITEMS, strict=True, description="The most items; no bound unless given.")
    add_another: Template | None = Field(None, description="The question after each item.")
    item: Template | None = Field(None, description="What one item is called.")

    @property
    def asks(self) -> bool:
        return self.times is None and self.for_each is None


class WorkflowConfig(NodeConfig):
    """Which definition is embedded, what it is handed, and how often."""

    workflow: str = Field(description="The id of the definition to embed.")
    with_: Mapping[str, Dynamic] = Field(
        default_factory=dict, alias="with", description="What it is handed as its `input`."
    )
    repeat: RepeatConfig | None = Field(None, description="Gone through several times; its answers are a list.")


class WorkflowNode(NodeType[WorkflowConfig]):
    """Embeds another workflow.

    It sees its own nodes and its `input` only; its answers are read below this node's id:
    `guardian.contact.email`. With `repeat` they are a list.
    """

    type: ClassVar[str] = "workflow"
    kind: ClassVar[Kind] = Kind.INTERNAL
    Config: ClassVar[type[NodeConfig]] = WorkflowConfig

    def check(self, config: WorkflowConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        return () if config.repeat is None else check_repeat(config.repeat)

    async def execute(self, visit: Visit[WorkflowConfig]) -> Outcome:
        raise NodeContractError("a workflow node was executed; the engine walks through it", node=visit.step)


def check_repeat(repeat: RepeatConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
    """Exactly one kind of repeat, and bounds that can be kept."""
    if repeat.times is not None and repeat.for_each is not None:
        yield ("repeat", "for_each"), "a repeat has either `times` or `for_each`; remove one"
    if not repeat.asks:
        kind = "times" if repeat.times is not None else "for_each"
        for name in ("min", "max", "add_another", "item"):
            if getattr(repeat, name) is not None:
                yield ("repeat", name), f"`{name}` is for repeats that ask for more; this one has `{kind}`"
    if repeat.max is not None and (1 if repeat.min is None else repeat.min) > repeat.max:
        yield ("repeat", "max"), "`max` is less than `min`; there would be no number of items to give"
