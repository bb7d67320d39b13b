"""Conversations over JSON, as a program meets them that drives one, on every store that it may be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.json_caller import opened
from tests.talks import CONVERSATIONS, TWO, Caller, Talk, talking
from wizard.stores.contract import Store
from wizard.testing import make_test_engine

MEMBERS = ["id", "from", "text", "choices", "expects", "at"]


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(request.param, tmp_path) as store:
        yield store


@pytest.fixture
async def caller(store: Store) -> AsyncIterator[Caller]:
    engine = await make_test_engine(TWO, store=store)
    async with talking(engine) as caller:
        yield caller


async def test_a_two_field_form_is_asked_answered_and_gone_back_from(caller: Caller) -> None:
    """The thinnest conversation: a question at a time, Back to the one before with its answer, and the same run as JSON
    has it at the end."""
    talk = await Talk.opens(caller)
    assert [list(one) for one in talk.heard] == [MEMBERS] * 3
    assert talk.texts == ["Welcome\n\nTwo questions follow.", "About you", "Full name"]
    assert talk.asked == ("you", "full_name")
    await talk.says("Ann")
    assert talk.asked == ("you", "birth_date")
    await talk.says("back")
    assert talk.asked == ("you", "full_name")
    assert "So far: Ann" in talk.texts[-1]
    await talk.presses("Keep it")
    await talk.says("27 3 1985")
    assert talk.asked == ("colour", "colour")
    await talk.presses("blue")
    assert talk.texts == ["Thank you, Ann"]
    state = await talk.run()
    assert state["answers"]["you"] == {"full_name": "Ann", "birth_date": "1985-03-27"}
    assert (state["answers"]["colour"], state["status"]) == ({"colour": "blue"}, "completed")


async def test_the_same_id_again_gets_the_same_answer_at_once_and_later(caller: Caller) -> None:
    """Channels deliver twice, also long after: a message that is taken twice answers the question behind it."""
    talk = await Talk.opens(caller)
    first = await talk.sends(id="m-1", text="Ann")
    assert await talk.sends(id="m-1", text="Ann") == first
    second = await talk.sends(id="a lower id", text="27 3 1985")
    assert await talk.sends(id="m-1", text="Ann") == first
    assert await talk.sends(id="a lower id", text="something else") == second
    assert talk.asked == ("colour", "colour")


async def test_what_was_said_is_read_in_order_from_anywhere(caller: Caller) -> None:
    """Who reconnects asks for what they have missed: a message that is left out is a question nobody sees."""
    talk = await Talk.opens(caller)
    await talk.says("Ann")
    all_of_it = (await caller.gets(talk.path, talk.token))["messages"]
    assert [(one["from"], one["text"]) for one in all_of_it[3:]] == [("person", "Ann"), ("engine", "Date of birth")]
    after = (await caller.gets(f"{talk.path}?after={all_of_it[2]['id']}", talk.token))["messages"]
    assert after == all_of_it[3:]


async def test_a_stale_button_answers_nothing_and_says_so(caller: Caller) -> None:
    """Somebody scrolls up and presses a button of an earlier question: it must not answer the present one."""
    talk = await Talk.opens(caller)
    await talk.says("Ann")
    await talk.says("27 3 1985")
    stale = talk.button("grey")
    await talk.says("back")
    await talk.sends(id="pressed", choice=stale)
    assert talk.texts[0] == "This button belongs to an earlier question."
    assert talk.asked == ("you", "birth_date")


async def test_only_who_holds_the_token_talks(caller: Caller) -> None:
    """A conversation's id stands in addresses and logs: it opens nothing."""
    talk = await Talk.opens(caller)
    for token in (None, "x" * 32):
        status, _ = await caller.calls("POST", talk.path, token, {"id": "m-1", "text": "Ann"})
        assert status in (401, 403)
        status, _ = await caller.calls("POST", CONVERSATIONS, token, {"run": talk.id})
        assert status in (401, 403)
