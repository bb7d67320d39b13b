"""Visits for tests of node types: what an engine would hand a node, made of plain data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wizard.errors import Excuse, RunError
from wizard.model import Chain, Kind, Node, Proceed, Retry, Value
from wizard.node import NodeType, Services, Visit
from wizard.settings import Settings

ONCE = Retry()
NOW = datetime(2026, 3, 27, 12, tzinfo=UTC)


@dataclass
class Data:
    """Names are read from nested dicts; `reads` notes them."""

    values: Mapping[str, Any]
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.reads: set[Chain] = set()

    def read(self, chain: Chain) -> Value:
        self.reads.add(chain)
        value: Any = self.values
        for name in chain:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value


def visit_of(
    handler: NodeType[Any],
    config: Mapping[str, Any],
    data: Mapping[str, Any] | None = None,
    *,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    services: Services | None = None,
    settings: Settings | None = None,
    now: datetime = NOW,
    retry: Retry = ONCE,
    timeout: timedelta | None = None,
    **more: Any,
) -> Visit[Any]:
    """A visit of a node called `it`, its configuration checked as in a definition."""
    checked = handler.Config.model_validate(config)
    node = Node("it", handler.type, handler.kind, checked, handler, None, (), retry=retry, timeout=timeout)
    assert handler.kind in (Kind.FOREGROUND, Kind.BACKGROUND)
    return Visit(
        config=checked,
        node=node,
        step="it",
        run="run-1",
        names=Data(data or {}, now),
        services=services or Services(functions or {}, settings),
        now=now,
        key="0123456789abcdef",
        **more,
    )


async def outcome_of(
    handler: NodeType[Any], config: Mapping[str, Any], data: Mapping[str, Any] | None = None
) -> Proceed:
    """What a node proceeds with."""
    outcome = await handler.execute(visit_of(handler, config, data))
    assert isinstance(outcome, Proceed)
    return outcome


async def output_of(handler: NodeType[Any], config: Mapping[str, Any], data: Mapping[str, Any] | None = None) -> Any:
    """The output of a node."""
    return (await outcome_of(handler, config, data)).output


async def failure_of(handler: NodeType[Any], config: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """What is wrong with values that a node must refuse: people read that their answers can't be used, and another try
    wouldn't help."""
    with pytest.raises(RunError) as raised:
        await handler.execute(visit_of(handler, config, data))
    assert raised.value.people is Excuse.CHECK
    return raised.value.message


class Pauses(list[float]):
    """Stands for asyncio.sleep: notes the seconds and doesn't wait."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)
