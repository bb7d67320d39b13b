"""The whole way of an author: a type is found, read, configured by its form, seen and edited as JSON, seen as a form
again, tried and deployed; once typed in a terminal, and once over HTTP, as an editor does it.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from tests.acceptance.processes import Keyboard, here
from wizard.app import open_store, wizard_app
from wizard.definitions.reading import source
from wizard.deployments.serving import DeployedDefinitions
from wizard.node import Registry
from wizard.settings import Settings

MEMBER = """\
# Ann's club
id: member
nodes:
- {id: you, type: form, fields: [{name: full_name}, {name: phone}]}
"""
ANSWERS = {"you": {"full_name": "Ann", "phone": "030 303 0030"}}
STORE = "sqlite:runs.db"


def test_the_whole_way_in_a_terminal(tmp_path: Path) -> None:
    """Nobody needs the source, a browser or the format of a node for it."""
    (tmp_path / "member.yaml").write_text(MEMBER)
    (tmp_path / "answers.json").write_text(json.dumps(ANSWERS))
    found = here(tmp_path, "nodes", "--search", "phone number")
    assert "normalise_phone  Writes a telephone number in one way" in found.out
    page = here(tmp_path, "nodes", "show", "normalise_phone", "--docs")
    assert "| `region` |" in page.out

    with Keyboard(tmp_path, "nodes", "configure", "normalise_phone", "--id", "dialled", "--json") as ann:
        ann.waits_for("A telephone number as somebody wrote it.")
        ann.waits_for("> ")
        ann.types("{{ you.phone }}\n")
        ann.waits_for("Region (optional)")
        ann.waits_for("> ")
        ann.types("Switzerland\n")
        ann.waits_for("Region: a country is written as its two-letter ISO 3166 code")
        ann.waits_for("> ")
        ann.types("CH\n")
        assert ann.leaves() == 0
        configured = json.loads("{" + ann.seen.rpartition("\n{")[2])
    assert configured == {"id": "dialled", "type": "normalise_phone", "phone": "{{ you.phone }}", "region": "CH"}

    (tmp_path / "node.json").write_text(json.dumps({**configured, "region": "DE", "next": {"invalid": "you"}}))
    again = here(tmp_path, "nodes", "configure", "normalise_phone", "--from", "node.json", typed="\n\n")
    assert again.code == 0, again.err
    assert "[DE] >" in again.err
    (document,) = source.read(again.out, "node.yaml")
    assert document.data == [{**configured, "region": "DE", "next": {"invalid": "you"}}]

    (tmp_path / "member.yaml").write_text(MEMBER + again.out)
    tried = here(tmp_path, "debug", "member.yaml", "--answers", "answers.json", "--json")
    assert tried.code == 0, tried.err
    assert json.loads(tried.out)["trace"][-1]["output"] == {"value": "+49303030030"}
    deployed = here(tmp_path, "deploy", "member", "--from", "member.yaml", "--store", STORE)
    assert deployed.out.startswith("Version 1 of member is deployed"), deployed.err


@pytest.fixture
async def editor(tmp_path: Path) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    """An editor's program, with the admin key."""
    settings = Settings(admin_key=SecretStr("k" * 40))
    definitions = DeployedDefinitions(open_store(f"sqlite:///{tmp_path}/runs.db", settings), Registry.installed())
    app = wizard_app(definitions, settings=settings)
    async with TestClient(TestServer(app), headers={"Authorization": f"Bearer {'k' * 40}"}) as client:
        yield client


async def test_the_whole_way_over_json(editor: TestClient[web.Request, web.Application]) -> None:
    """An editor in a browser shows form and JSON side by side, and knows no node type by itself."""

    async def call(method: str, path: str, body: Mapping[str, Any] | None = None, **headers: str) -> Any:
        answer = await editor.request(method, f"/api/v1/admin/{path}", json=body, headers=headers)
        assert answer.status in (200, 201, 422), await answer.text()
        return await answer.json()

    assert "normalise_phone" in [each["type"] for each in await call("GET", "node-types?q=phone+number")]
    action = await call("GET", "node-types/normalise_phone")
    assert action["documentation"].startswith("# Normalise a phone number")
    assert (await editor.get("/docs/nodes/normalise_phone")).status == 200
    assert [field["name"] for field in action["form"]["fields"]] == ["phone", "region"]

    validate = "node-types/normalise_phone/validate"
    wrong = await call("POST", validate, {"values": {"phone": "{{ you.phone }}", "region": "Switzerland"}})
    assert list(wrong["errors"]) == ["region"]
    right = await call("POST", validate, {"values": {"phone": "{{ you.phone }}", "region": "CH"}})
    assert right["config"] == {"phone": "{{ you.phone }}", "region": "CH"}
    edited = await call("POST", validate, {"config": {**right["config"], "region": "DE"}})
    assert [field["value"] for field in edited["form"]["fields"]] == ["{{ you.phone }}", "DE"]

    (document,) = source.read(MEMBER, "member.yaml")
    node = {"id": "dialled", "type": "normalise_phone", **edited["config"]}
    definition = {**document.data, "nodes": [*document.data["nodes"], node]}
    saved = await call("PUT", "workflows/member/draft", {"definition": definition}, **{"If-None-Match": "*"})
    assert saved["problems"] == []
    tried = await call("POST", "workflows/member/debug", {"stage": "draft", "answers": ANSWERS})
    assert (tried["status"], tried["trace"][-1]["output"]) == ("completed", {"value": "+49303030030"})
    assert (await call("POST", "workflows/member/deploy", {}))["number"] == 1


async def test_nothing_is_installed_over_http(editor: TestClient[web.Request, web.Application]) -> None:
    """Whoever holds the admin key edits workflows; what code runs on the machine is for whoever has a shell there."""
    paths = (await (await editor.get("/api/v1/admin/openapi.json")).json())["paths"]
    assert [path for path in paths if "plug" in path] == []
    for method in ("GET", "POST", "PUT", "DELETE"):
        answer = await editor.request(method, "/api/v1/admin/plugins/railway", json={"name": "railway"})
        assert answer.status == 404
