"""What node types that only compute make of a configuration, as their tests ask it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.nodes.handing import NOW, visit_of
from wizard.errors import NodeFailed
from wizard.model import Proceed
from wizard.node import NodeType


async def outcome(
    node_type: type[NodeType[Any]], data: Mapping[str, Any] | None = None, /, *, spoken: str = "en", **config: Any
) -> Proceed:
    visit = visit_of(node_type(), config, data, now=(data or {}).get("now", NOW))
    assert not list(node_type().check(visit.config))
    visit.names.language = spoken  # type: ignore[attr-defined]
    made = await node_type().execute(visit)
    assert isinstance(made, Proceed)
    assert set(made.output) == node_type().outputs(visit.config)
    assert made.port is None or made.port in node_type.ports
    return made


async def value(
    node_type: type[NodeType[Any]], data: Mapping[str, Any] | None = None, /, *, spoken: str = "en", **config: Any
) -> Any:
    """The output of that name."""
    return (await outcome(node_type, data, spoken=spoken, **config)).output["value"]


async def refused(node_type: type[NodeType[Any]], data: Mapping[str, Any] | None = None, /, **config: Any) -> str:
    """What the operator reads of a step that must fail for good, and that the person reads in other words."""
    with pytest.raises(NodeFailed) as failure:
        await outcome(node_type, data, **config)
    assert failure.value.lasting
    assert str(failure.value.people) != failure.value.message
    return failure.value.message or ""
