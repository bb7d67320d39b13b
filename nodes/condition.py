"""The `condition` node: the first case that holds says where the run goes. The engine walks
through it; nothing of it is executed.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from wizard.errors import NodeContractError
from wizard.expressions import Expression
from wizard.model import Kind, Outcome
from wizard.node import NodeConfig, NodeType, Visit


class CaseConfig(NodeConfig):
    """One way out of a condition."""

    when: Expression | None = Field(
        None, description="An expression; the case is taken where it is true. Without it: otherwise."
    )
    goto: str = Field(description="The node that follows, or `end`.")


class ConditionConfig(NodeConfig):
    """The cases of a condition."""

    cases: tuple[CaseConfig, ...] = Field(
        min_length=1, max_length=200, description="Tried in order; the first one that holds is taken."
    )


class ConditionNode(NodeType[ConditionConfig]):
    """Chooses the way on from the answers.

    The first case whose `when` holds is taken; a case without `when` always is. Where no case
    holds, the run stays at the step just answered, with an error (S17).
    """

    type: ClassVar[str] = "condition"
    kind: ClassVar[Kind] = Kind.INTERNAL
    Config = ConditionConfig

    def outputs(self, config: ConditionConfig) -> frozenset[str]:
        return frozenset()

    async def execute(self, visit: Visit[ConditionConfig]) -> Outcome:
        raise NodeContractError("a condition was executed; the engine walks through it", node=visit.step)
