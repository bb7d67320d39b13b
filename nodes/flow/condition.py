"""The `condition` node: the first case that holds says where the run goes. The engine walks
through it; nothing of it is executed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from wizard.definitions.internal import ConditionConfig
from wizard.errors import NodeContractError
from wizard.model import Kind, Outcome
from wizard.node import NodeType, Visit


class ConditionNode(NodeType[ConditionConfig]):
    """Chooses the way on from the answers.

    The first case whose `when` holds is taken; a case without `when` always is. Where no case
    holds, the run stays at the step just answered, with an error (S17).
    """

    type: ClassVar[str] = "condition"
    title: ClassVar[str] = "Choose the way on"
    group: ClassVar[str] = "flow"
    icon: ClassVar[str] = "branch"
    example: ClassVar[Mapping[str, Any]] = {
        "cases": [{"when": "profile.email == null", "goto": "end"}, {"goto": "end"}]
    }
    kind: ClassVar[Kind] = Kind.INTERNAL
    Config = ConditionConfig

    def outputs(self, config: ConditionConfig) -> frozenset[str]:
        return frozenset()

    async def execute(self, visit: Visit[ConditionConfig]) -> Outcome:
        raise NodeContractError("a condition was executed; the engine walks through it", node=visit.step)
