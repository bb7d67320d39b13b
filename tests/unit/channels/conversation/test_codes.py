"""Codes that take a run elsewhere: asked for in words, kept so that nobody finds them out, and not lost by a crash."""

from __future__ import annotations

from hashlib import sha256

import pytest

from tests.chatting import Chat
from tests.patience import LONG
from tests.talks import CONVERSATIONS, TWO, Talk, talking
from tests.unit.channels.typed import ANN, PASSPORT, talk
from wizard.channels.conversation.codes import LASTS, Codes, plain
from wizard.channels.conversation.meanings import Incoming
from wizard.errors import CodeUnknown
from wizard.model.cells import Cell
from wizard.testing import MovableClock, make_test_engine

TOKEN = "the run's token"


def code_of(text: str) -> str:
    return text.rpartition(" ")[2]


async def test_a_code_is_asked_for_in_words_in_any_language() -> None:
    """People were told of it, and answered “woanders weitermachen” to the question for their name."""
    asking = {"id": "you", "type": "form", "fields": [{"name": "name", "label": "Name"}]}
    chat = await Chat.of({"id": "main", "language": "de", "nodes": [asking]})
    for number, said in enumerate(("woanders weitermachen", "/continue elsewhere", "Gerät wechseln, bitte")):
        told, again = await chat.talks.hear(chat.id, Incoming(f"e-{number}", said), TOKEN)
        assert again.text == "Name"
        assert await Codes(chat.engine).use(code_of(told.text)) == (chat.id, TOKEN)
    await chat.says("woanders weitermachen")  # where the token isn't known
    assert chat.texts == ["Von hier aus können Sie nicht woanders weitermachen.", "Name"]


async def test_a_code_is_asked_for_over_json_and_over_a_socket() -> None:
    """A chat of one's own would need a button for what people type."""
    engine = await make_test_engine(TWO)
    async with talking(engine) as caller:
        ann = await Talk.opens(caller)
        await ann.says("continue elsewhere")
        assert await Codes(engine).use(code_of(ann.texts[0])) == (ann.id, ann.token)
        address = f"{CONVERSATIONS}/{ann.id}/ws"
        async with caller.client.ws_connect(address, headers={"Authorization": f"Bearer {ann.token}"}) as socket:
            await socket.send_json({"id": "s-1", "text": "switch device"})
            told = ""
            while "Type this code" not in told or code_of(told) == code_of(ann.texts[0]):
                told = (await socket.receive_json(timeout=LONG)).get("text", "")
        assert await Codes(engine).use(code_of(told)) == (ann.id, ann.token)


async def test_a_code_is_asked_for_in_a_terminal() -> None:
    """Who begins at a terminal goes on with a telephone."""
    engine = await make_test_engine(PASSPORT)
    held = await talk(engine, "passport", *ANN, ":elsewhere", ":continue elsewhere", ":quit", token=TOKEN)
    told = [line for line in held.script.written if "Type this code" in line]
    assert [await Codes(engine).use(code_of(line)) for line in told] == [(held.view.id, TOKEN)] * 2
    held = await talk(engine, "passport", ":elsewhere", ":quit")
    assert "This can’t be taken elsewhere from here." in held.script.text


async def test_a_code_is_good_again_for_whoever_used_it() -> None:
    """A process dies before it has written down where the person is now, or the answer gets lost: they type the code
    once more. For everybody else it is used."""
    engine = await make_test_engine(TWO, clock=MovableClock())
    run = await engine.start("two")
    code = (await Codes(engine).make(run.id, TOKEN)).text
    for _ in range(2):
        assert await Codes(engine).use(code, "ann") == (run.id, TOKEN)
    for other in ("bob", ""):
        with pytest.raises(CodeUnknown):
            await Codes(engine).use(code, other)
    clock = engine.clock.source
    assert isinstance(clock, MovableClock)
    clock.move(seconds=LASTS.total_seconds() + 1)
    with pytest.raises(CodeUnknown):
        await Codes(engine).use(code, "ann")


async def test_a_code_isnt_found_out_by_trying_all_of_them() -> None:
    """Its digest is in the clear in a sealed database. There are few enough codes to compute all digests in minutes."""
    engine = await make_test_engine(TWO)
    run = await engine.start("two")
    code = plain((await Codes(engine).make(run.id, TOKEN)).text)
    keys = [cell.key for cell in await engine.store.cells.list("code/")]
    assert len(keys) == 1
    assert sha256(code.encode()).hexdigest()[:32] not in keys[0]


async def test_a_code_of_an_earlier_version_is_good_for_its_minutes() -> None:
    """Servers are updated while somebody walks from their desk to their telephone."""
    engine = await make_test_engine(TWO)
    run = await engine.start("two")
    digest = sha256(b"7KQX2MPA").hexdigest()
    body = {"digest": digest, "token": TOKEN}
    await engine.store.cells.put(Cell(f"code/{digest[:32]}", 1, body, run.id, engine.clock() + LASTS))
    assert await Codes(engine).use("7KQX-2MPA") == (run.id, TOKEN)
