"""The walk in docs/architecture.md is the way that an answer takes, from each channel to its row."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from tests.unit.channels.typed import Script
from tests.visitor import Visitor, visiting
from wizard.app import make_engine, wizard_app
from wizard.channels.terminal.terminal import Conversation
from wizard.definitions.catalog import Catalog
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.node import Registry
from wizard.stores.sqlite import SqliteStore

ROOT = Path(__file__).parents[2]
TWO_FORMS = {
    "id": "two",
    "title": "Two forms",
    "nodes": [
        {"id": "name", "type": "form", "fields": [{"name": "name", "type": "text", "label": "Name"}]},
        {"id": "town", "type": "form", "fields": [{"name": "town", "type": "text", "label": "Town"}]},
    ],
}
Call = tuple[str, str]  # a file, from `wizard/` on or at the top, and a function of it


def walk_of(way: str) -> list[Call]:
    """The calls that the page lists, for one way in and from there on."""
    text = (ROOT / "docs/architecture.md").read_text()
    block = text.partition("<!-- walk -->")[2].partition("```text\n")[2].partition("```")[0]
    calls: list[Call] = []
    of = ""
    for line in block.splitlines():
        head = line[:10].strip()
        of = head or of
        if (call := re.match(r"\s*([\w/]+\.py)\s+([\w.<>]+)", line[10:])) and of in (way, "all"):
            calls.append((call[1], call[2]))
    return calls


@contextmanager
def calls_noted() -> Iterator[list[Call]]:
    """The calls of the engine's own functions, as they begin, in order."""
    noted: list[Call] = []
    known: dict[CodeType, Call | None] = {}

    def call_of(code: CodeType) -> Call | None:
        path = Path(code.co_filename)
        if not path.is_relative_to(ROOT) or ".venv" in path.parts:
            return None
        place = path.relative_to(ROOT).as_posix().removeprefix("wizard/")
        return place, code.co_qualname

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            code = frame.f_code
            if code not in known:
                known[code] = call_of(code)
            if (call := known[code]) is not None:
                noted.append(call)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield noted
    finally:
        sys.setprofile(before)


async def by_page(run: RunView, visitor: Visitor) -> list[Call]:
    await visitor.opens(f"/r/{run.id}?token={run.token}")
    visitor.fills(name="Ann")
    with calls_noted() as noted:
        await visitor.presses()
    assert visitor.statuses == [303, 200]
    return noted


async def by_json(run: RunView, visitor: Visitor) -> list[Call]:
    body = {"step": "name", "answers": {"name": "Ann"}}
    headers = {"Authorization": f"Bearer {run.token}"}
    with calls_noted() as noted:
        await visitor.sends("POST", f"/api/v1/runs/{run.id}/next", json=body, headers=headers)
    assert visitor.statuses[-1] == 200
    return noted


async def by_terminal(run: RunView, engine: Engine) -> list[Call]:
    with calls_noted() as noted:
        await Conversation(engine, Script("Ann", ":quit")).hold(run)
    return noted


@pytest.mark.parametrize("way", ["pages", "JSON", "terminal"])
async def test_the_walk_is_the_way_that_an_answer_takes(way: str, tmp_path: Path) -> None:
    """Whoever follows the page with a debugger comes by each of its lines, in this order."""
    store = SqliteStore(tmp_path / "runs.db")
    await store.open()
    engine = make_engine(Catalog.from_documents([TWO_FORMS], Registry.installed()), store)
    try:
        async with visiting(wizard_app(engine)) as visitor:
            run = await engine.start("two")
            match way:
                case "pages":
                    noted = await by_page(run, visitor)
                case "JSON":
                    noted = await by_json(run, visitor)
                case _:
                    noted = await by_terminal(run, engine)
        assert (await engine.load(run.id)).answers == {"name": {"name": "Ann"}}
    finally:
        await engine.close()
        await store.close()
    walk, at = walk_of(way), 0
    assert len(walk) > 20
    for call in walk:
        assert call in noted[at:], f"{call} isn't called there; see docs/architecture.md"
        at += noted[at:].index(call) + 1
