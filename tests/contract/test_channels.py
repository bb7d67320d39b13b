"""What every channel from outside promises, by the example's (examples/channel) and a counterpart that misbehaves."""

from __future__ import annotations

from tests.counterpart import an_engine, hooked
from tests.talks import TWO
from wizard.model import RunStatus


async def test_a_run_is_answered_in_a_channel() -> None:
    """Nobody could answer anything in a messenger."""
    engine = await an_engine(TWO)
    async with hooked(engine) as ann:
        first = await ann.says("1", "hello")
        assert first[-1].startswith("Full name")
        assert (await ann.says("2", "Ann"))[-1].startswith("Date of birth")
        assert (await ann.says("3", "27 3 1990"))[-1].startswith("Which colour?")
        assert await ann.says("4", choice=ann.button("grey")) == ["Thank you, Ann"]
        [run] = await engine.store.list_runs()
        assert run.status is RunStatus.COMPLETED
        assert await ann.says("4", choice=ann.button("grey")) == []
