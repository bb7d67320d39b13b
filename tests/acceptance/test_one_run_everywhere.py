"""One run that begins in a chat, goes on in a terminal, on a page, over JSON and in a messenger, and ends in the chat.
Every input is sent twice."""

from __future__ import annotations

from typing import Any

from aiohttp import ClientSession, CookieJar

from tests.acceptance.test_conversations import Socket
from tests.counterpart import an_engine, hooked
from tests.talks import Talk, talking
from tests.unit.channels.typed import Script
from tests.visitor import Visitor
from wizard.channels.conversation.codes import Codes
from wizard.channels.terminal.terminal import Conversation
from wizard.model import RunStatus

ASKED = ("name", "street", "town", "country", "colour", "reason")
SIX: dict[str, Any] = {
    "id": "six",
    "nodes": [
        *({"id": name, "type": "form", "fields": [{"name": name, "label": f"Your {name}?"}]} for name in ASKED),
        {"id": "done", "type": "end", "title": "Thank you"},
    ],
}
WAY = dict(zip(ASKED, ("Ann", "Elm Row", "Bern", "CH", "grey", "none"), strict=True))


async def test_a_run_goes_through_all_channels() -> None:
    """Who changes the device, or sends something again since no answer came, would lose answers or give them twice."""
    engine = await an_engine(SIX)
    async with talking(engine) as caller, hooked(engine, "six") as ann:
        talk = await Talk.opens(caller, workflow="six")
        socket = await Socket.opens(talk)
        await socket.reads(1)
        for _ in range(2):
            await socket.ws.send_json({"id": "s-1", "text": "Ann"})
        assert [one["text"] for one in await socket.reads(2)] == ["Ann", "Your street?"]

        await Conversation(engine, Script("Elm Row")).hold(await engine.load(talk.id))
        assert (await socket.reads(2))[-1]["text"] == "Your town?"

        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
            visitor = Visitor(session, str(caller.client.make_url("/")), lambda: session)
            await visitor.opens(f"/r/{talk.id}?token={talk.token}")
            again = visitor.fills(town="Bern").pairs("next")
            page = visitor.page
            await visitor.posts(again)
            await visitor.posts(again, page.action or page.address)
        assert (await socket.reads(2))[-1]["text"] == "Your country?"

        for _ in range(2):
            answer = {"step": "country", "answers": {"country": "CH"}}
            status, _ = await caller.calls("POST", f"/api/v1/runs/{talk.id}/next", talk.token, answer)
            assert status == 200
        assert (await socket.reads(2))[-1]["text"] == "Your colour?"

        code = (await Codes(engine).make(talk.id, talk.token)).text
        for _ in range(2):
            await ann.says(f"continue {code}", 1)
        for _ in range(2):
            await ann.says("grey", 2)
        assert ann.texts()[-1] == "Your reason?"

        for _ in range(2):
            await socket.ws.send_json({"id": "s-2", "text": "none"})
        heard: list[str] = []
        while not heard or heard[-1] != "Thank you":
            heard += [one["text"] for one in await socket.reads(1)]
        assert (await ann.delivers())[-1] == "Thank you"
        view = await engine.load(talk.id)
        assert view.status is RunStatus.COMPLETED
        assert {name: value[name] for name, value in view.answers.items() if name in WAY} == WAY
        ids = [said.id for said in await engine.said(talk.id)]
        assert [ids.count(one) for one in ("s-1", "s-2")] == [1, 1]
        assert sum(one.startswith("hook ") for one in ids) == 1  # the code was none of the run's
        await socket.ws.close()
