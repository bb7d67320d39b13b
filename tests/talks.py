"""Conversations over a real server, for tests: what somebody says, and what is said to it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from wizard.app import wizard_app
from wizard.engine import Engine
from wizard.settings import Settings

CONVERSATIONS = "/api/v1/conversations"

TWO: dict[str, Any] = {
    "id": "two",
    "title": "Two questions",
    "nodes": [
        {"id": "hello", "type": "message", "title": "Welcome", "text": "Two questions follow."},
        {
            "id": "you",
            "type": "form",
            "title": "About you",
            "fields": [
                {"name": "full_name", "label": "Full name"},
                {"name": "birth_date", "type": "date", "label": "Date of birth"},
            ],
        },
        {
            "id": "colour",
            "type": "form",
            "fields": [
                {"name": "colour", "type": "choice", "label": "Which colour?", "choices": ["green", "grey", "blue"]}
            ],
        },
        {"id": "done", "type": "end", "title": "Thank you, {{ you.full_name }}"},
    ],
}


def asking_words(name: str, questions: int) -> dict[str, Any]:
    """A workflow that asks for a word so many times, a step each, and says thank you."""
    asking = [
        {"id": f"step_{at}", "type": "form", "fields": [{"name": "word", "label": f"Word {at}?"}]}
        for at in range(questions)
    ]
    return {"id": name, "nodes": [*asking, {"id": "done", "type": "end", "title": "Thank you"}]}


class Caller:
    """A program that speaks JSON with one server."""

    def __init__(self, client: TestClient[Any, Any], engine: Engine) -> None:
        self.client, self.engine = client, engine

    async def calls(
        self, method: str, path: str, token: str | None = None, body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        """The status and what was answered."""
        given = {"Content-Type": "application/json", **headers}
        if token is not None:
            given["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        async with self.client.request(method, path, data=data, headers=given) as response:
            return response.status, await response.json(content_type=None)

    async def gets(self, path: str, token: str) -> Any:
        status, answer = await self.calls("GET", path, token)
        assert status == 200, answer
        return answer


@asynccontextmanager
async def talking(engine: Engine, **settings: Any) -> AsyncIterator[Caller]:
    """A server of this engine, for as long as it is needed."""
    app = wizard_app(engine, settings=Settings(jobs=0, api_start_rate=0, **{"message_rate": 0, **settings}))
    async with TestClient(TestServer(app)) as client:
        yield Caller(client, engine)


class Talk:
    """One conversation of a program's."""

    def __init__(self, caller: Caller, opened: dict[str, Any]) -> None:
        self.caller = caller
        self.id, self.token = opened["id"], opened["token"]
        self.heard: list[dict[str, Any]] = opened["messages"]
        self._count = 0

    @classmethod
    async def opens(cls, caller: Caller, **body: Any) -> Talk:
        status, answer = await caller.calls("POST", CONVERSATIONS, body.pop("token", None), body or {"workflow": "two"})
        assert status == 201, answer
        return cls(caller, answer)

    @property
    def path(self) -> str:
        return f"{CONVERSATIONS}/{self.id}/messages"

    async def sends(self, **body: Any) -> list[dict[str, Any]]:
        status, answer = await self.caller.calls("POST", self.path, self.token, body)
        assert status == 200, answer
        self.heard = answer["messages"]
        return self.heard

    async def says(self, text: str, **body: Any) -> list[dict[str, Any]]:
        self._count += 1
        return await self.sends(id=f"m-{self._count}", text=text, **body)

    async def presses(self, label: str) -> list[dict[str, Any]]:
        self._count += 1
        return await self.sends(id=f"m-{self._count}", choice=self.button(label))

    def button(self, label: str) -> str:
        offered = {choice["label"]: choice["choice"] for one in self.heard for choice in one["choices"]}
        return str(offered[label])

    @property
    def asked(self) -> tuple[str, str]:
        """The step and field that the last message expects an answer to."""
        expects = self.heard[-1]["expects"]
        return expects["step"], expects["name"]

    @property
    def texts(self) -> list[str]:
        return [one["text"] for one in self.heard]

    @property
    def buttons(self) -> list[str]:
        """What the buttons of the last message say."""
        return [choice["label"] for choice in self.heard[-1]["choices"]]

    async def run(self) -> dict[str, Any]:
        """The run's state, as JSON has it."""
        state: dict[str, Any] = await self.caller.gets(f"/api/v1/runs/{self.id}", self.token)
        return state
