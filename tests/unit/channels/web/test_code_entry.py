"""Codes that take a run to the pages and on from them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.talks import TWO
from tests.visitor import visiting
from wizard.app import wizard_app
from wizard.channels.conversation.codes import TRIES, Codes
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.meanings import Incoming
from wizard.engine import Engine
from wizard.errors import CodeUnknown
from wizard.settings import Settings
from wizard.testing import MovableClock, make_test_engine


async def an_engine() -> Engine:
    return await make_test_engine(TWO, clock=MovableClock(), settings=Settings(jobs=0))


async def test_a_run_from_a_chat_goes_on_on_the_pages_and_back() -> None:
    """Who is asked for a document in a messenger can't go on at the desk where it lies, or not come back."""
    engine = await an_engine()
    talks, codes = Conversations(engine), Codes(engine)
    begun = await talks.begin("two")
    await talks.hear(begun.id, Incoming("m-1", "Ann"))
    code = (await codes.make(begun.id, begun.token or "")).text
    async with visiting(wizard_app(engine), "/w/two") as ann:
        await ann.follows("Continue with a code")
        await ann.fills(code=f" {code.lower().replace('-', ' ')} ").presses()
        assert ann.page.heading == "About you"
        await ann.fills(full_name="Ann", birth_date="27 3 1990").presses()
        await ann.presses("save")
        await ann.presses()
        made = next(word for word in ann.page.text.split() if word.count("-") == 1 and len(word) == 9)
        opened = await codes.use(made)
        assert opened == (begun.id, begun.token)
        with pytest.raises(CodeUnknown):
            await codes.use(made)
        assert (await engine.said(begun.id))[-1].text == "Which colour?"
        bob = ann.another()
        await bob.opens("/code")
        await bob.fills(code=code).presses()
        assert bob.page.status == 422
        assert "valid" in bob.page.text
        assert "About you" not in bob.page.text


async def test_codes_cant_be_guessed_on_the_page() -> None:
    """Somebody with a script would open a run that isn't theirs."""
    engine = await an_engine()
    async with visiting(wizard_app(engine), "/code") as mallory:
        for _ in range(TRIES):
            await mallory.fills(code="2222-2222").presses()
            assert mallory.page.status == 422
        run = await engine.start("two")
        code = await Codes(engine).make(run.id, run.token or "")
        await mallory.fills(code=code.text).presses()
        assert mallory.page.status == 429
        assert (await Codes(engine).use(code.text)).run == run.id  # it wasn't even looked up


async def test_who_asks_for_many_codes_is_told_so() -> None:
    """Somebody who presses the button again and again was told that their network starts too many forms."""
    async with visiting(wizard_app(await an_engine()), "/w/two") as ann:
        await ann.presses()
        saved = f"{ann.page.path.rpartition('/')[0]}/-/saved"
        for _ in range(TRIES):
            await (await ann.opens(saved)).presses()
            assert ann.page.status == 200
        await (await ann.opens(saved)).presses()
        assert ann.page.status == 429
        assert "Too many codes were made or tried" in ann.page.text


@pytest.mark.parametrize("typed", ["", "x" * 50_000, "<script>", "🦊" * 8, "\x00"])
async def test_whatever_is_typed_is_no_code(typed: str) -> None:
    """A slip would be an error page, or something in the page that somebody else wrote."""
    async with visiting(wizard_app(await an_engine()), "/code") as ann:
        await ann.fills(code=typed).presses()
        assert ann.page.status == 422
        assert ann.page.heading == "Continue with a code"
        assert "<script>a" not in ann.page.html


async def test_a_code_runs_out() -> None:
    """What stood on a screen an hour ago would open the run to whoever saw it."""
    engine = await an_engine()
    run = await engine.start("two")
    code = await Codes(engine).make(run.id, run.token or "")
    clock: Any = engine.clock.source
    clock.move(minutes=11)
    async with visiting(wizard_app(engine), "/code") as ann:
        await ann.fills(code=code.text).presses()
        assert ann.page.status == 422
