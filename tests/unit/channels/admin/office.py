"""Colleagues who edit and deploy workflows of one server, each with their own roles; and the key. Whatever they are
answered is held against the OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from io import BytesIO
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from tests.schemas import Validators
from wizard.app import Person, wizard_app
from wizard.channels.admin import openapi
from wizard.definitions.catalog import Catalog
from wizard.node import Registry as NodeTypes
from wizard.settings import Settings
from wizard.stores.contract import Store
from wizard.stores.memory import MemoryStore

Json = dict[str, Any]

KEY = "the-admin-key-that-nobody-guesses"
ROLES = {"vic": "viewer", "ann": "editor", "bob": "editor", "dora": "deployer", "olga": "operator"}
document = cache(openapi.document)
validator = Validators(document)


async def conforms(response: ClientResponse, method: str, path: str) -> Any:
    """What is answered, which is as the document says of this call and status."""
    known = (name for name in document()["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", name), path))
    described = document()["paths"][next(known)][method.lower()]["responses"][str(response.status)]
    told = await response.json()
    validator(described["content"][response.content_type]["schema"]).validate(told)
    for name in ("ETag", "Link"):
        assert (name in response.headers) <= (name in described.get("headers", {}))
    return told


class Colleague:
    """Somebody at work. What they have seen of drafts goes with what they save."""

    def __init__(self, client: TestClient[web.Request, web.Application], headers: Mapping[str, str]) -> None:
        self.client = client
        self.headers = headers
        self.seen: dict[str, int] = {}
        self.answer: ClientResponse

    async def asks(self, method: str, path: str, status: int = 200, body: Any = None, **headers: str) -> Any:
        """What is told, with this status. Headers are named with _ for -."""
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        data = None
        if body is not None:
            data = BytesIO(json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass"))
            sent["Content-Type"] = "application/json"
        self.answer = await self.client.request(method, f"/api/v1/admin{path}", data=data, headers=sent)
        assert self.answer.status == status, await self.answer.text()
        return await conforms(self.answer, method, path.partition("?")[0].rstrip("/"))

    async def opens(self, workflow: str = "passport") -> Json:
        draft: Json = await self.asks("GET", f"/workflows/{workflow}/draft")
        self.seen[workflow] = draft["revision"]
        assert self.answer.headers["ETag"] == f'"{draft["revision"]}"'
        return draft

    async def saves(self, text: str, workflow: str = "passport") -> list[str]:
        """Over what they have seen; what is wrong with it."""
        return await self._save({"text": text}, workflow)

    async def draws(self, definition: Json, workflow: str = "passport") -> list[str]:
        """The same, as an editor does that shows a definition as a picture."""
        return await self._save({"definition": definition}, workflow)

    async def _save(self, body: Json, workflow: str) -> list[str]:
        told = await self.asks("PUT", f"/workflows/{workflow}/draft", 200, body, **self.condition(workflow))
        self.seen[workflow] = told["revision"]
        return [problem["message"] for problem in told["problems"]]

    def condition(self, workflow: str = "passport") -> dict[str, str]:
        seen = self.seen.get(workflow)
        return {"If_None_Match": "*"} if seen is None else {"If_Match": f'"{seen}"'}

    async def is_overtaken(self, text: str, workflow: str = "passport") -> Json:
        """They save, and somebody else has saved meanwhile: what they are told."""
        problem: Json = await self.asks(
            "PUT", f"/workflows/{workflow}/draft", 412, {"text": text}, **self.condition(workflow)
        )
        assert problem["type"] == "urn:wizard:problem:stale-draft"
        return problem

    async def deploys(self, workflow: str = "passport", **body: Any) -> int:
        told = await self.asks("POST", f"/workflows/{workflow}/deploy", 201, body)
        number: int = told["number"]
        return number

    async def revokes(self, workflow: str = "passport", **body: Any) -> int:
        number: int = (await self.asks("POST", f"/workflows/{workflow}/revoke", 200, body))["number"]
        return number

    async def is_refused(
        self, status: int, name: str, method: str, path: str, body: Any = None, **headers: str
    ) -> Json:
        """The problem, of this kind."""
        problem: Json = await self.asks(method, path, status, body, **headers)
        assert problem["type"] == f"urn:wizard:problem:{name}", problem
        return problem


class Office:
    """One server, and who works with it."""

    def __init__(self, client: TestClient[web.Request, web.Application]) -> None:
        self.client = client
        self.key = Colleague(client, {"Authorization": f"Bearer {KEY}"})
        self.vic, self.ann, self.bob, self.dora, self.olga = (Colleague(client, {"X-User": name}) for name in ROLES)

    async def starts(self, workflow: str) -> None:
        """Somebody begins a run."""
        async with self.client.post("/api/v1/runs", json={"workflow": workflow}) as response:
            assert response.status == 201


async def host(request: web.Request) -> Person | None:
    """Who is signed in, as the host knows it."""
    name = request.headers.get("X-User", "")
    return Person(name, [ROLES[name]]) if name in ROLES else None


@asynccontextmanager
async def working(
    admin: Any = host, settings: Settings | None = None, *definitions: Json, store: Store | None = None
) -> AsyncIterator[Office]:
    """An office whose server has these definitions, from files as it were."""
    catalog = Catalog.from_documents(definitions, NodeTypes.installed())
    settings = settings or Settings(admin_key=SecretStr(KEY), jobs=0)
    app = wizard_app(catalog, store=store or MemoryStore(), settings=settings, admin=admin)
    async with TestClient(TestServer(app)) as client:
        yield Office(client)
