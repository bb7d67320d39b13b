"""Conversations over JSON, as a program meets them that drives one, on every store that it may be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSCloseCode, WSServerHandshakeError
from jsonschema import Draft202012Validator

from tests.acceptance.json_caller import opened
from tests.patience import LONG
from tests.talks import CONVERSATIONS, TWO, Caller, Talk, talking
from wizard.channels.api.parameters import Number
from wizard.channels.api.requests import OPEN
from wizard.channels.api.sockets import FRAME, VALUES
from wizard.channels.conversation.codes import TRIES
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.meanings import MOST_TEXT, Incoming
from wizard.channels.http.rate_limit import Rate
from wizard.engine.worker import Worker
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
    (first, *_) = (await caller.gets(f"{talk.path}?rich=1", talk.token))["messages"]
    assert [*first] == [*MEMBERS, "rich"]  # for who asks for it
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


async def test_help_runs_aside_over_json_and_returns(store: Store) -> None:
    """A client needs to know nothing of it: the question is another one for a while, and then the same again."""
    faq = {"id": "faq", "nodes": [{"id": "ask", "type": "form", "fields": [{"name": "what", "label": "What about?"}]}]}
    engine = await make_test_engine({**TWO, "help": {"workflow": "faq"}}, faq, store=store)
    async with talking(engine) as caller:
        talk = await Talk.opens(caller)
        await talk.says("help")
        assert (talk.asked, talk.texts) == (("ask", "what"), ["What about?"])
        first = await talk.sends(id="m-aside", text="opening hours")
        assert await talk.sends(id="m-aside", text="opening hours") == first
        assert talk.asked == ("you", "full_name")
        assert (await talk.run())["answers"] == {"hello": {}}


async def test_a_conversation_that_lacks_input_is_refused_by_name(store: Store) -> None:
    """A conversation can't ask for what a program was to hand in; the program has to learn which that is."""
    needs = {"order": {"type": "text"}, "amount": {"type": "integer"}, "note": {"type": "text", "required": False}}
    engine = await make_test_engine({**TWO, "input": needs}, store=store)
    async with talking(engine) as caller:
        for given in ({}, {"input": {"amount": 3, "order": ""}}, {"input": {"amount": "many", "order": "A1"}}):
            status, problem = await caller.calls("POST", CONVERSATIONS, body={"workflow": "two", **given})
            assert status == 422, problem
            missing = [name for name in ("order", "amount", "note") if f"{name}: " in problem["detail"]]
            assert missing == (["amount"] if "A1" in str(given) else ["order"] if given else ["order", "amount"])


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


# -- sockets ---------------------------------------------------------------------------------------


class Socket:
    """A client's end of a conversation's socket. `heard` are the messages that came, without those of its own."""

    def __init__(self, talk: Talk, ws: ClientWebSocketResponse) -> None:
        self.talk, self.ws = talk, ws
        self.taken: list[str] = []

    @classmethod
    async def opens(cls, talk: Talk, after: str = "", **more: Any) -> Socket:
        path = f"{CONVERSATIONS}/{talk.id}/ws" + (f"?after={after}" if after else "")
        headers = more.pop("headers", {"Authorization": f"Bearer {talk.token}"})
        return cls(talk, await talk.caller.client.ws_connect(path, headers=headers, **more))

    async def reads(self, count: int) -> list[dict[str, Any]]:
        """So many messages or problems. What says that a message was dealt with may come before or after them."""
        said: list[dict[str, Any]] = []
        while len(said) < count:
            frame = await self.ws.receive_json(timeout=LONG)
            if "taken" in frame:
                self.taken.append(frame["taken"])
            else:
                said.append(frame)
        return said


async def test_a_socket_says_everything_once_and_in_order(caller: Caller) -> None:
    """A burst is taken in order, one answer each; who comes back gets what they have missed and nothing twice, also
    what was said over another channel meanwhile."""
    talk = await Talk.opens(caller)
    socket = await Socket.opens(talk)
    first = await socket.reads(3)
    assert [one["id"] for one in first] == ["w-1", "w-2", "w-3"]
    for number, text in enumerate(("Ann", "27 3 1985", "grey"), 1):
        await socket.ws.send_json({"id": f"s-{number}", "text": text})
    said = await socket.reads(6)
    assert [one["id"] for one in said if one["from"] == "person"] == ["s-1", "s-2", "s-3"]
    assert said[-1]["text"] == "Thank you, Ann"
    assert socket.taken[:2] == ["s-1", "s-2"]
    await socket.ws.close()
    back = await Socket.opens(talk, after=said[1]["id"])
    assert await back.reads(4) == said[2:]
    await talk.sends(id="by http", text="hello?")
    assert [one["from"] for one in await back.reads(2)] == ["person", "engine"]
    await back.ws.close()


async def test_what_is_wrong_on_a_socket_comes_back_as_a_problem(caller: Caller) -> None:
    """A frame that can't be read ends no conversation, and names the message that it was."""
    talk = await Talk.opens(caller)
    socket = await Socket.opens(talk, after="w-3")
    for frame, wrong in (
        ("[]", None),
        ('{"id": "m", "text": 5}', "m"),
        ('{"id": "w-9", "text": "Ann"}', "w-9"),
        ('{"text": "Ann"}', None),
        ('{"type": "event_callback", "event": {}}', None),
        ('{"id": "m", "text": [' + "1," * VALUES + "1]}", None),
    ):
        await socket.ws.send_str(frame)
        (problem,) = await socket.reads(1)
        assert problem["type"].startswith("urn:wizard:problem:"), frame
        assert problem.get("id") == wrong
    await socket.ws.send_json({"id": "m-1", "text": "Ann"})
    assert [one["from"] for one in await socket.reads(2)] == ["person", "engine"]
    await socket.ws.close()


async def test_a_turn_that_its_sender_doesnt_wait_for_does_its_work_once(store: Store) -> None:
    """A telephone is put away while something is booked: a turn that breaks off with the socket books a second time."""
    begun, goes_on, calls = asyncio.Event(), asyncio.Event(), list[str]()

    async def book() -> None:
        calls.append("begun")
        begun.set()
        await goes_on.wait()
        calls.append("done")

    nodes = [
        {"id": "you", "type": "form", "fields": [{"name": "full_name", "label": "Full name"}]},
        {"id": "book", "type": "python", "function": "book"},
        {"id": "more", "type": "form", "fields": [{"name": "more", "label": "Anything else?"}]},
    ]
    engine = await make_test_engine({"id": "two", "nodes": nodes}, functions={"book": book}, store=store)
    async with talking(engine) as caller:
        talk = await Talk.opens(caller)
        socket = await Socket.opens(talk)
        await socket.ws.send_json({"id": "m-1", "text": "Ann"})
        runner = caller.client.server.runner
        assert runner is not None
        assert runner.server is not None
        runner.server.handler_cancellation = False  # as it is outside of aiohttp's tests
        await begun.wait()
        await socket.ws.close()
        goes_on.set()
        back = await Socket.opens(talk, after="m-1")
        assert [one["text"] for one in await back.reads(1)] == ["Anything else?"]
        await back.ws.close()
    await Worker(engine).perform_due()
    assert calls == ["begun", "done"]


async def test_sockets_and_requests_share_the_room_for_what_is_received(store: Store) -> None:
    """Who fills the memory of a server doesn't do it by sockets either; and what was refused took no room."""
    async with talking(await make_test_engine(TWO, store=store), bodies_limit=1_000_000) as caller:
        talk = await Talk.opens(caller)
        socket = await Socket.opens(talk, after="w-3")
        large = {"id": "large", "text": "x" * 1_100_000}
        for frame in (large, large, {"id": "m-1", "text": "Ann"}):
            await socket.ws.send_json(frame)
        refused, again, *said = await socket.reads(4)
        assert [(one["status"], one["id"]) for one in (refused, again)] == [(503, "large"), (503, "large")]
        assert [one["from"] for one in said] == ["person", "engine"]
        await socket.ws.close()


async def test_a_frame_is_never_much_larger_than_a_text() -> None:
    """A server holds what came of a frame until the rest is there: some hundred senders of megabytes, or of a few
    kilobytes that unpack to megabytes, would leave nothing for others."""
    async with talking(await make_test_engine(TWO)) as caller:
        talk = await Talk.opens(caller)
        socket = await Socket.opens(talk, after="w-3", compress=15)
        assert socket.ws.compress == 0
        await socket.ws.send_str(json.dumps({"id": "longest", "text": "\N{GRINNING FACE}" * MOST_TEXT}))
        assert socket.ws.close_code is None
        assert [one["from"] for one in await socket.reads(2)] == ["person", "engine"]
        for frame in ('{"text": "' + "x" * FRAME + '"}', "[" * FRAME + "]"):
            await socket.ws.send_str(frame)
            assert (await socket.ws.receive()).data == WSCloseCode.MESSAGE_TOO_BIG
            socket = await Socket.opens(talk, after="longest")
            await socket.reads(1)
        await socket.ws.close()


async def test_a_browser_brings_the_token_as_a_subprotocol_from_a_page_of_ours(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """A page elsewhere must not open sockets by somebody's browser; ours has no other way to bring the token. One that
    brings it alone, or in another place, mustn't find it in the log."""
    async with talking(await make_test_engine(TWO, store=store), chat_origins="https://shop.example") as caller:
        talk = await Talk.opens(caller)
        protocols = ("wizard.conversation", f"bearer.{talk.token}")
        for origin, opens in (("https://evil.example", False), ("https://shop.example", True)):
            socket = Socket.opens(talk, headers={"Origin": origin}, protocols=protocols)
            if not opens:
                with pytest.raises(WSServerHandshakeError) as refused:
                    await socket
                assert refused.value.status == 403
                continue
            opened_one = await socket
            assert opened_one.ws.protocol == "wizard.conversation"
            assert len(await opened_one.reads(3)) == 3
            await opened_one.ws.close()
        with pytest.raises(WSServerHandshakeError) as refused:
            await Socket.opens(talk, headers={})
        assert refused.value.status == 401
        for alone in (protocols[1:], (protocols[1], "other")):
            with pytest.raises(WSServerHandshakeError) as refused:
                await Socket.opens(talk, headers={}, protocols=alone)
            assert refused.value.status == 400
        assert talk.token not in caplog.text


async def test_one_sender_who_says_too_much_slows_nobody_else(store: Store) -> None:
    """A flood in one conversation is refused with the time to wait, and the next conversation goes on."""
    async with talking(await make_test_engine(TWO, store=store), message_rate=3) as caller:
        loud, other = await Talk.opens(caller), await Talk.opens(caller)
        answers = [
            (await caller.calls("POST", loud.path, loud.token, {"id": f"m-{n}", "text": "Ann"}))[0] for n in range(5)
        ]
        assert answers == [200, 200, 200, 429, 429]
        await other.says("Bob")
        assert other.asked == ("you", "birth_date")


async def test_who_only_listens_costs_a_look_at_what_was_said(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    """A thousand people who read have their runs loaded each second, and nobody is answered; or what another process
    has said isn't told."""
    monkeypatch.setattr("wizard.channels.api.sockets.LOOK", 0.005)
    async with talking(await make_test_engine(TWO, store=store)) as caller:
        talk = await Talk.opens(caller)
        socket = await Socket.opens(talk)
        await socket.reads(3)
        looks: list[str] = []

        def watched(name: str, look: Callable[..., Any]) -> Callable[..., Any]:
            return lambda *of: looks.append(name) or look(*of)

        for name in ("said", "load", "revision"):
            monkeypatch.setattr(store, name, watched(name, getattr(store, name)))
        while len(looks) < 5:
            await asyncio.sleep(0.005)
        assert {*looks} == {"said"}
        elsewhere = Conversations(await make_test_engine(TWO, store=store))
        await elsewhere.hear(talk.id, Incoming("elsewhere", "Ann"))
        assert [one["from"] for one in await socket.reads(2)] == ["person", "engine"]
        await socket.ws.close()


async def test_a_socket_that_breaks_says_so_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that can't be read closed every chat as if its end had come, and nobody learnt why. What was deleted
    meanwhile is no news."""
    monkeypatch.setattr("wizard.channels.api.sockets.LOOK", 0.01)
    async with talking(await make_test_engine(TWO)) as caller:
        engine = caller.engine
        gone, broken = await Talk.opens(caller), await Talk.opens(caller)
        sockets = [await Socket.opens(talk) for talk in (gone, broken)]
        for socket in sockets:
            await socket.reads(3)
        await engine.delete(gone.id)
        assert (await sockets[0].ws.receive(timeout=LONG)).data == WSCloseCode.OK
        assert not caplog.records

        async def fails(*_: object) -> None:
            raise OSError("the disk is gone")

        monkeypatch.setattr(engine, "said", fails)
        assert (await sockets[1].ws.receive(timeout=LONG)).data == WSCloseCode.INTERNAL_ERROR
        assert "OSError" in caplog.text


async def test_a_socket_that_sends_too_much_is_slowed_whatever_it_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused costs the server as well: eighteen senders of frames that can't be read kept all others waiting.
    Who says too much in earnest isn't refused in the middle of what they say, and heard again behind it."""
    now = 0.0
    monkeypatch.setattr("wizard.channels.http.quotas.Rate", lambda a_minute: Rate(a_minute, lambda: now))
    async with talking(await make_test_engine(TWO), message_rate=60) as caller:
        talk = await Talk.opens(caller)
        socket = await Socket.opens(talk, after="w-3")
        for _ in range(20):
            for frame in ("[]", "{", '{"id": 5}'):
                await socket.ws.send_str(frame)
        await socket.ws.send_json({"id": "m-1", "text": "Ann"})
        assert {problem["status"] for problem in await socket.reads(60)} == {400}
        with pytest.raises(TimeoutError):
            await socket.ws.receive(timeout=0.1)
        now = 2.0
        assert [one["from"] for one in await socket.reads(2)] == ["person", "engine"]
        await socket.ws.close()


async def test_a_server_that_stops_keeps_nobody_waiting_for_a_message(
    monkeypatch: pytest.MonkeyPatch, store: Store
) -> None:
    """A chat without sockets asks for what is new and waits: a deployment would take as long as the last who does. Who
    has a socket is told to come back elsewhere."""
    monkeypatch.setattr("wizard.channels.api.conversations.WAITING", Number("wait", "", 0, 3600, 0))
    waits, said_within = asyncio.Event(), Conversations.said_within

    async def noted(*given: Any) -> Any:
        waits.set()
        return await said_within(*given)

    monkeypatch.setattr(Conversations, "said_within", noted)
    async with talking(await make_test_engine(TWO, store=store)) as caller:
        talk = await Talk.opens(caller)
        socket = await Socket.opens(talk, after="w-2")
        await socket.reads(1)
        waiting = asyncio.create_task(caller.gets(f"{talk.path}?after=w-3&wait=3600", talk.token))
        runner = caller.client.server.runner
        assert runner is not None
        await asyncio.wait_for(waits.wait(), LONG)
        await runner.shutdown()
        async with asyncio.timeout(LONG):
            assert await waiting == {"messages": []}
            assert (await socket.ws.receive()).data == WSCloseCode.GOING_AWAY


async def test_codes_arent_tried_until_one_opens_something(caller: Caller) -> None:
    """A code is short enough to be typed, and so to be guessed by who may try as often as they like; who is refused is
    told so of codes, and not of messages that they never sent."""
    tried = [await caller.calls("POST", CONVERSATIONS, None, {"code": "2222-2222"}) for _ in range(TRIES + 1)]
    assert [status for status, _ in tried] == [403] * TRIES + [429]
    assert tried[-1][1]["detail"].startswith("Too many codes were made or tried.")


async def test_a_conversation_is_opened_once_for_an_idempotency_key(caller: Caller) -> None:
    """The answer got lost: the same request again gives the same conversation, and its token."""
    key, body = {"Idempotency-Key": "3f0c8a56-1f6e-4f0e-9d53-0c7f3a1c2b11"}, {"workflow": "two"}
    first = await caller.calls("POST", CONVERSATIONS, None, body, **key)
    assert first[0] == 201
    assert await caller.calls("POST", CONVERSATIONS, None, body, **key) == first


async def test_the_store_and_the_process_may_go_between_two_messages(tmp_path: Path) -> None:
    """All that a conversation remembers is stored with the turn: another process goes on with it, and knows what was
    answered."""
    async with opened("sqlite", tmp_path) as one, talking(await make_test_engine(TWO, store=one)) as caller:
        talk = await Talk.opens(caller)
        answered = await talk.sends(id="m-1", text="Ann")
    async with opened("sqlite", tmp_path) as other, talking(await make_test_engine(TWO, store=other)) as caller:
        talk.caller = caller
        assert await talk.sends(id="m-1", text="Ann") == answered
        await talk.sends(id="m-2", text="back")
        assert talk.asked == ("you", "full_name")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"workflow": "two", "run": "x"},
        {"workflow": "two", "code": "2345-6789"},
        {"run": "x", "input": {}},
        {"code": "2345-6789", "profile_id": "ann"},
        {"workflow": 5},
    ],
)
async def test_an_opening_that_says_nothing_or_too_much_is_refused(caller: Caller, body: dict[str, Any]) -> None:
    """Half of such a request would be left undone without a word. The OpenAPI document admits none of them."""
    status, problem = await caller.calls("POST", CONVERSATIONS, None, body)
    assert status == 400, problem
    assert not Draft202012Validator(OPEN.adapter.json_schema()).is_valid(body)


async def test_a_message_that_is_missing_or_whose_key_is_none_is_refused(caller: Caller) -> None:
    """A client that forgot its body was asked the question again, as if somebody had said nothing."""
    talk = await Talk.opens(caller)
    assert (await caller.calls("POST", talk.path, talk.token, **{"Idempotency-Key": "a key"}))[0] == 400
    key = {"Idempotency-Key": "n" * 300}
    assert (await caller.calls("POST", talk.path, talk.token, {"id": "m-1", "text": "Ann"}, **key))[0] == 400
    assert talk.heard == (await caller.gets(f"{talk.path}?after=", talk.token))["messages"]


async def test_who_asks_for_a_socket_without_opening_one_is_told_to(caller: Caller) -> None:
    """RFC 9110, 15.5.22: what it has to be is in a header, for proxies and libraries."""
    talk = await Talk.opens(caller)
    address, key = talk.path.replace("/messages", "/ws"), {"Authorization": f"Bearer {talk.token}"}
    async with caller.client.get(address, headers=key) as response:
        assert (response.status, response.headers["Upgrade"]) == (426, "websocket")
    async with caller.client.get(f"{address}?rich=2", headers=key) as response:
        assert response.status == 400
