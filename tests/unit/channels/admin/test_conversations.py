"""Conversations that operators look after, over HTTP."""

from __future__ import annotations

from typing import Any

from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from tests.talks import CONVERSATIONS, TWO, Caller, Talk
from tests.unit.channels.admin.office import KEY, conforms
from wizard.app import Person, wizard_app
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.meanings import Incoming
from wizard.engine.worker import Worker
from wizard.settings import Settings
from wizard.testing import make_test_engine

ROLES = {"olga": ["operator"], "ann": ["editor"]}


async def test_an_operator_takes_over_writes_and_gives_back() -> None:
    """Somebody who asked for a person would be told that one comes, and nobody could."""
    engine = await make_test_engine({**TWO, "agent": True})

    def who(request: Any) -> Person | None:
        name = request.headers.get("As", "")
        return Person(name, ROLES[name]) if name in ROLES else None

    settings = Settings(jobs=0, message_rate=0, admin_key=SecretStr(KEY))
    async with TestClient(TestServer(wizard_app(engine, settings=settings, admin=who))) as client:
        talk = await Talk.opens(Caller(client, engine))

        async def asks(method: str, path: str, status: int = 200, body: Any = None, who: str = "olga") -> Any:
            sent = {"As": who} if who else {}
            answer = await client.request(method, f"/api/v1/admin{path}", json=body, headers=sent)
            assert answer.status == status, await answer.text()
            return await conforms(answer, method, path.partition("?")[0])

        await talk.says("agent")
        await Worker(engine).perform_due()
        for other, status in (("ann", 403), ("", 401)):
            await asks("GET", "/conversations", status, who=other)
        [waiting] = await asks("GET", "/conversations?limit=5")
        assert (waiting["id"], waiting["state"], waiting["age"], waiting["last"]["from"]) == (
            talk.id,
            "wanted",
            0,
            "engine",
        )
        assert await asks("GET", "/conversations?state=wanted&limit=1") == [waiting]
        assert await asks("GET", "/conversations?state=undelivered") == []
        await asks("GET", "/conversations?state=asleep", 400)
        await asks("GET", "/conversations?state=", 400)
        long = await Conversations(engine).begin("two", run_id="-" * 200)  # as long as may be, and the first
        for told in ("Ann", "agent"):
            await Conversations(engine).hear(long.id, Incoming(told, told))
        await Worker(engine).perform_due()
        async with client.get("/api/v1/admin/conversations?limit=1", headers={"As": "olga"}) as answer:
            first, after = await answer.json(), answer.links["next"]["url"]
        [second] = await asks("GET", f"/conversations?{after.query_string}")
        assert (first[0]["id"], second["id"]) == (long.id, talk.id)
        here = f"/conversations/{talk.id}"
        mine = {"id": "op-1", "text": "I am here."}
        await asks("POST", f"{here}/messages", 409, mine)
        await asks("POST", f"{here}/take-over", 415)
        await asks("POST", f"{here}/take-over", body={"note": "She called."})
        said = await asks("POST", f"{here}/messages", body=mine)
        assert (said["from"], said["text"]) == ("operator", "I am here.")
        assert await asks("POST", f"{here}/messages", body=mine) == said
        assert await talk.says("It says that my name is wrong.") == []
        read = await asks("GET", f"{here}?after=op-1")
        assert [one["from"] for one in read["messages"]] == ["person"]
        released = await asks("POST", f"{here}/release", body={})
        assert released["messages"][-1]["text"].startswith("Full name")
        await asks("POST", f"{here}/deliver", body={})
        await asks("GET", "/conversations/nobody", 404)
        on_pages = await engine.start("two")
        refused = await asks("POST", f"/conversations/{on_pages.id}/take-over", 409, {})
        assert refused["type"].endswith(":not-a-conversation")
        over = await Talk.opens(Caller(client, engine))
        await engine.cancel(over.id)
        refused = await asks("POST", f"/conversations/{over.id}/take-over", 409, {})
        assert refused["type"].endswith(":run-cancelled")
        await asks("POST", f"{here}/messages", 400, {"id": "", "text": "x"})
        status, trace = await talk.caller.calls("GET", f"/api/v1/runs/{talk.id}/trace", talk.token)
        assert status == 200
        assert "olga" in str([entry for entry in trace if entry["kind"] == "operator"])


async def test_a_code_opens_a_conversation_once() -> None:
    """A person who changes the device would have to begin again; or a code would open a run to whoever finds it."""
    engine = await make_test_engine(TWO)
    settings = Settings(jobs=0, message_rate=0, admin_key=SecretStr(KEY))
    async with TestClient(TestServer(wizard_app(engine, settings=settings))) as client:
        caller = Caller(client, engine)
        talk = await Talk.opens(caller)
        await talk.says("Ann")
        status, made = await caller.calls("POST", f"{CONVERSATIONS}/{talk.id}/codes", talk.token)
        assert status == 201
        assert (await caller.calls("POST", f"{CONVERSATIONS}/{talk.id}/codes", "wrong"))[0] == 403
        elsewhere = await Talk.opens(caller, code=made["code"])
        assert (elsewhere.id, elsewhere.token) == (talk.id, talk.token)
        assert elsewhere.asked == ("you", "birth_date")
        statuses = [(await caller.calls("POST", CONVERSATIONS, None, {"code": made["code"]}))[0] for _ in range(12)]
        assert statuses[0] == 403
        assert statuses[-1] == 429
