"""Uploads: they survive errors, Back and Save, and what is too large is said beside everything else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.unit.channels.web.webbed import WHO, Stage, staged


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged() as stage:
        yield stage


async def test_a_file_survives_errors_and_needs_no_second_choice(stage: Stage) -> None:
    """The error is about another field; the file is there by its name."""
    visitor = await stage.starts()
    await visitor.fills(how="train", letter=("me.txt", "text/plain", b"hello")).presses()
    assert set(visitor.page.errors) == {"full_name"}
    assert "me.txt" in visitor.page.text
    await visitor.fills(full_name="Ann").presses()
    assert (await stage.run()).answers["who"]["letter"]["name"] == "me.txt"


async def test_a_file_that_is_too_large_is_an_error_beside_kept_answers(stage: Stage) -> None:
    """Also where it is many times too large."""
    visitor = await stage.starts()
    await visitor.fills(**WHO, letter=("me.txt", "text/plain", b"x" * 900_000)).presses()
    assert visitor.page.status == 422
    assert visitor.page.errors == {"letter": "The file for “Letter” must be 1 KB or smaller"}
    assert visitor.page.values["full_name"] == "Ann"


@pytest.mark.parametrize("action", ["previous", "save"])
async def test_a_file_that_was_chosen_survives_back_and_save(stage: Stage, action: str) -> None:
    """It isn't handed in, but nobody wants to look for it again; one that is too large is dropped."""
    visitor = await stage.starts()
    await visitor.fills(full_name="x" * 50, letter=("me.txt", "text/plain", b"hello")).presses("save")
    await visitor.follows("Go on now")
    assert "me.txt" in visitor.page.text
    assert visitor.page.values["full_name"] == "x" * 50
    await visitor.fills(**WHO).presses()
    await visitor.opens(visitor.page.path.replace("/where", "/who"))
    await visitor.fills(letter=("new.txt", "text/plain", b"hello"), full_name="Eve").presses(action="save")
    await visitor.follows("Go on now")
    assert "new.txt" in visitor.page.text
    assert visitor.page.values["full_name"] == "Eve"
    await visitor.fills(letter=("big.txt", "text/plain", b"x" * 5_000)).posts([*visitor.pairs(), ("action", action)])
    await visitor.opens(visitor.page.path.replace("/-/saved", "/who"))
    assert "new.txt" in visitor.page.text


async def test_a_file_can_be_taken_out(stage: Stage) -> None:
    """An optional file that was the wrong one."""
    visitor = await stage.starts()
    await visitor.fills(**WHO, letter=("me.txt", "text/plain", b"hello")).presses()
    await visitor.opens(visitor.page.path.replace("/where", "/who"))
    [remove] = [each for each in visitor.page.inputs if each.name == "letter-remove"]
    remove.checked = True
    await visitor.presses()
    assert (await stage.run()).answers["who"]["letter"] is None
