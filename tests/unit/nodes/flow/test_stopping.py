"""What the person and whoever runs the service are told."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.unit.nodes.handing import outcome_of, visit_of
from wizard.errors import Excuse, NodeFailed
from wizard.nodes.flow.stopping import FailNode, LogNode


async def failure(config: dict[str, Any], data: dict[str, Any]) -> NodeFailed:
    with pytest.raises(NodeFailed) as raised:
        await FailNode().execute(visit_of(FailNode(), config, data))
    assert raised.value.lasting
    return raised.value


async def test_the_person_reads_the_message_and_the_log_the_reason() -> None:
    """An answer in the message must not get into the log."""
    told = await failure({"message": "Sorry, {{ a }}.", "reason": "blocked\nby {{ b }}"}, {"a": "Ann", "b": "x"})
    assert (told.people, told.message, told.private) == ("Sorry, Ann.", "blocked by x", False)
    told = await failure({"message": "Sorry, {{ a }}."}, {"a": "Ann"})
    assert told.people == "Sorry, Ann."
    assert "Ann" not in told.message


async def test_it_fails_only_if_it_holds() -> None:
    """Those who aren't blocked go on."""
    assert (await outcome_of(FailNode(), {"message": "x", "when": "a"}, {"a": False})).output == {}
    assert (await failure({"message": "x", "when": "a"}, {"a": True})).people == "x"


async def test_a_message_that_comes_out_empty_is_one_all_the_same() -> None:
    """An error page without a word tells nobody what to do."""
    assert (await failure({"message": "{{ a }}"}, {"a": None})).people is Excuse.CHECK


async def test_a_line_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """Somebody's answer could otherwise look like a line of its own, or colour the operator's terminal."""
    caplog.set_level(logging.INFO)
    config = {"message": "said {{ a }}", "level": "warning"}
    await outcome_of(LogNode(), config, {"a": "x\n2026-01-01 ERROR faked\x1b[31m\u2028"})
    [record] = caplog.records
    assert record.getMessage() == "said x 2026-01-01 ERROR faked [31m (node it, run run-1)"
    assert (record.levelname, record.name) == ("WARNING", "wizard.nodes.log")


async def test_a_line_is_cut_off(caplog: pytest.LogCaptureFixture) -> None:
    """A text of a megabyte in each line would fill the disk."""
    caplog.set_level(logging.INFO)
    await outcome_of(LogNode(), {"message": "{{ a }}"}, {"a": "x" * 50_000})
    assert len(caplog.records[0].getMessage()) < 2_100
