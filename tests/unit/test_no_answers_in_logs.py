"""No answer stands in the log: conversations in which everything fails that can, with answers that are looked for."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

import wizard
from tests.visitor import visiting
from wizard.app import make_engine, wizard_app
from wizard.definitions.catalog import Catalog
from wizard.definitions.reading import source
from wizard.errors import NodeFailed
from wizard.node import Registry
from wizard.nodes.ask.form import FormNode
from wizard.settings import Settings
from wizard.stores.memory import MemoryStore
from wizard.telemetry.logs import set_up

CANARY = "Kanarienvogel"
LEVELS = ["info", "warning", "error"]

DEFINITION = f"""
id: talk
title: Talk
nodes:
  - id: who
    type: form
    title: Who are you?
    fields:
      - {{name: name, type: text, label: Name, max_length: 30}}
      - {{name: age, type: integer, label: Age}}
      - {{name: password, type: text, label: Word, required: false}}
  - id: work
    type: python
    function: work
    arguments: {{name: "{{{{ who.name }}}}"}}
    undo: undo
    on_error: continue
  - id: wide
    type: form
    title: "{{{{ who.name + who.age if who.age == 7 else 'More' }}}}"
    fields: [{{name: more, type: text, label: "More, {{{{ who.name }}}}", default: "{CANARY}-default"}}]
  - {{id: done, type: end, title: Done}}
"""


class Store(MemoryStore):
    """Breaks in a way that quotes what it was given."""

    breaks = False

    async def commit(self, change: Any) -> None:
        if self.breaks:
            raise ValueError(f"can't store {change!r}")
        await super().commit(change)


@dataclass
class Said:
    """What was logged: by our own set-up, and by a host's with the usual formatter, tracebacks and all."""

    ours: io.StringIO
    hosts: io.StringIO

    @property
    def everything(self) -> str:
        return self.ours.getvalue() + self.hosts.getvalue()


@pytest.fixture(params=LEVELS)
def said(request: pytest.FixtureRequest) -> Iterator[Said]:
    root, own = logging.getLogger(), logging.getLogger("wizard")
    before = (root.handlers[:], root.level, own.level)
    found = Said(io.StringIO(), io.StringIO())
    set_up(request.param, "json", found.ours)
    handler = logging.StreamHandler(found.hosts)
    handler.setFormatter(logging.Formatter("%(message)s %(args)s"))
    root.addHandler(handler)
    yield found
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    own.setLevel(before[2])


def work(name: str) -> dict[str, str]:
    raise ValueError(f"{name} isn't known")


def undo(output: dict[str, Any]) -> None:
    raise NodeFailed(f"{output} can't be undone")


def works(name: str) -> dict[str, str]:
    return {"said": name}


@pytest.fixture
def store() -> Store:
    return Store()


def app_with(store: Store, **functions: Any) -> web.Application:
    catalog = Catalog.from_documents(
        [each.data for each in source.read(DEFINITION.encode(), "t.yaml")], Registry.installed()
    )
    return wizard_app(make_engine(catalog, store, Settings(), functions))


class Talk:
    """A program that sends canaries."""

    def __init__(self, client: TestClient[web.Request, web.Application], run: str, token: str) -> None:
        self.client, self.run, self.token = client, run, token

    @classmethod
    async def starts(cls, client: TestClient[web.Request, web.Application]) -> Talk:
        told = await (await client.post("/api/v1/runs", json={"workflow": "talk"})).json()
        return cls(client, told["id"], told["token"])

    async def sends(self, call: str, **body: Any) -> int:
        address = f"/api/v1/runs/{self.run}/{call}?why={CANARY}-query"
        sent = await self.client.post(address, json=body, headers={"Authorization": f"Bearer {self.token}"})
        await sent.read()
        return sent.status


@pytest.fixture(params=["failing", "working"])
async def client(
    request: pytest.FixtureRequest, store: Store
) -> AsyncIterator[TestClient[web.Request, web.Application]]:
    app = app_with(store, work=work if request.param == "failing" else works, undo=undo)
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_a_program_that_sends_answers(
    client: TestClient[web.Request, web.Application], store: Store, said: Said
) -> None:
    """Accepted or not, with nodes, templates, undos and the store failing: logs are read by more people, and
    kept for longer, than answers."""
    talk = await Talk.starts(client)
    assert await talk.sends("next", step="who", answers={"name": CANARY * 9, "age": f"{CANARY}-age"}) == 422
    assert await talk.sends("next", step="who", answers=f"{CANARY}-shape") == 400
    assert await talk.sends("next", step=f"{CANARY}-step", answers={}) == 409
    answers = {"name": CANARY, "age": 7, "password": f"{CANARY}-secret"}
    assert await talk.sends("next", step="who", answers=answers) == 200  # the title of the next page fails
    answers["age"] = 8
    assert await talk.sends("next", step="who", answers=answers) == 200
    assert await talk.sends("previous", draft={"more": f"{CANARY}-draft"}) == 200
    assert await talk.sends("change", step="who", answers={**answers, "name": f"{CANARY}-2"}) == 200
    with patch.object(FormNode, "accepts", side_effect=ValueError(CANARY)):
        await talk.sends("change", step="who", answers={**answers, "name": f"{CANARY}-3"})
    with patch.object(FormNode, "execute", side_effect=ValueError(CANARY)):
        await talk.sends("next", answers={})
    with patch.object(FormNode, "prompt", side_effect=ValueError(CANARY)):
        await talk.sends("previous")
    with patch.object(FormNode, "close", side_effect=ValueError(CANARY)):
        await talk.sends("next", step="wide", answers={"more": CANARY})
    store.breaks = True
    assert await talk.sends("change", step="who", answers={**answers, "name": f"{CANARY}-4"}) in (409, 500)
    for what in (
        "undoing step work",
        "step who failed: node who",
        "step wide failed: node wide",
        "/change failed, reference",
    ):
        assert what in said.ours.getvalue()
    assert CANARY not in said.everything
    assert talk.token not in said.everything


async def test_a_person_on_pages(store: Store, said: Said) -> None:
    """The same, by forms: a reference leads to the line, and the line names the run."""
    async with visiting(app_with(store, work=work, undo=undo), "/w/talk") as visitor:
        await visitor.presses("next")
        await visitor.fills(name=CANARY, age=f"{CANARY}").presses("next")
        assert visitor.page.status == 422
        await visitor.fills(name=CANARY, age="7", password=f"{CANARY}-secret").presses("next")
        await visitor.fills(name=CANARY, age="8", password=f"{CANARY}-secret").presses("next")
        store.breaks = True
        await visitor.fills(more=f"{CANARY}-more").presses("next")
        assert visitor.page.status == 500
        await visitor.opens(f"/nowhere/?token={CANARY}")
        assert visitor.page.status == 404
    assert CANARY not in said.everything
    assert "reference" in said.ours.getvalue()
    assert "ValueError at " in said.ours.getvalue()
    assert re.search(r'"run": ?"[\w-]', said.ours.getvalue())


def test_every_failure_is_logged_in_the_one_way_that_tells_no_answers() -> None:
    """`log.exception`, the usual way, prints what the exception says."""
    found = [
        f"{path}: {line.strip()}"
        for path in Path(wizard.__file__).parent.rglob("*.py")
        if path.parts[-2:] not in (("telemetry", "logs.py"), ("cli", "main.py"))
        for line in path.read_text().splitlines()
        if re.search(r"\blog(ger)?\.exception\(|exc_info=|print_exc\(", line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "node",
    [
        "{id: way, type: condition, cases: [{when: int(who.name) > 3, goto: done}, {goto: done}]}",
        "{id: way, type: workflow, workflow: part, repeat: {times: int(who.name)}}",
    ],
)
async def test_no_way_that_cannot_be_found_tells_an_answer(node: str, caplog: pytest.LogCaptureFixture) -> None:
    """A condition, and the number of a list's items, are computed with answers, and fail at some."""
    texts = (
        f"id: talk\nnodes:\n  - {{id: who, type: form, fields: [{{name: name}}]}}\n  - {node}\n"
        "  - {id: done, type: end}\n",
        "id: part\nnodes: [{id: one, type: message, title: One}]\n",
    )
    catalog = Catalog.from_read(
        [document for text in texts for document in source.read(text, "talk")], Registry.installed()
    )
    engine = make_engine(catalog, MemoryStore())
    run = await engine.start("talk")
    await engine.next(run, {"name": CANARY})
    assert run.run.fault is not None
    assert run.run.fault.node == "way"
    assert "ExpressionError" in caplog.text
    assert CANARY not in caplog.text
    await engine.close()
