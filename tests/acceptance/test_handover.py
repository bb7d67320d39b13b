"""One run, three channels: begun in a terminal, gone on with in a browser and over JSON, and the other way round,
on one SQLite file. That the server stops and starts in between changes nothing. The servers are processes of their own,
and so is the command along the longest way and wherever a server goes on beside it; where it has the file to itself, it
runs in this process, which is many times quicker.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar

from tests.acceptance.processes import Server, here, serving, wizard
from tests.visitor import Visitor

ORDER = """
id: order
title: Order a cake
input: {shop: {type: text, default: Bern}}
nodes:
  - id: cake
    type: form
    title: Your cake from {{ input.shop }}
    fields:
      - {name: kind, type: choice, label: Which cake?, choices: [plum, {value: choc, label: Chocolate}]}
      - {name: pieces, type: integer, label: How many pieces?, min: 1, max: 20}
  - id: price
    type: set
    values: {total: "{{ cake.pieces * 4 }}"}
  - id: pickup
    type: form
    title: That makes {{ price.total }} francs
    fields:
      - {name: day, type: date, label: When do you fetch it?}
      - {name: text, type: text, label: What is to stand on it?, required: false}
  - {id: check, type: review, title: Is this right?}
  - {id: done, type: end, title: Ordered, text: "{{ cake.pieces }} pieces, {{ price.total }} francs."}
"""
STORE = ("--store", "sqlite:///cakes.db")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "order.yaml").write_text(ORDER)
    return tmp_path


def answer(server: Server, run: str, token: str, step: str, **answers: Any) -> dict[str, Any]:
    status, state = server.call(f"/runs/{run}/next", {"step": step, "answers": answers}, token=token)
    assert status == 200, state
    return state


@asynccontextmanager
async def browser(server: Server, link: str) -> AsyncIterator[Visitor]:
    """A new browser, in which this link was opened."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        visitor = Visitor(session, server.address.removesuffix("api/v1"), lambda: session)
        yield await visitor.opens(link)


async def test_a_run_goes_from_the_terminal_to_the_web_to_json_and_to_its_end_on_the_web(shop: Path) -> None:
    """Begun at a counter, gone on with at home by the link, looked after by an app, and sent from the browser that
    was closed meanwhile; each channel shows what the others were told, also what was only half typed."""
    said = wizard(
        shop, "run", "order.yaml", *STORE, "--show-token", "--input", "shop=Thun", typed="choc\n3\n1 6 2027\n"
    )
    run, token = said.run_id, said.token
    link = f"/r/{run}?token={token}"

    with serving(shop, "order.yaml", *STORE) as server:
        async with browser(server, link) as visitor:
            assert visitor.statuses == [303, 303, 200]
            assert visitor.page.path == f"/r/{run}/pickup"
            assert visitor.page.heading == "That makes 12 francs"
            assert visitor.page.values["day-month"] == "6"
            await visitor.presses("previous")
            assert visitor.page.values == {"kind": "choc", "pieces": "3"}
            await visitor.fills(pieces="30").presses("next")
            assert visitor.page.errors.keys() == {"pieces"}
            await visitor.fills(pieces="4").presses("next")
            assert visitor.page.heading == "That makes 16 francs"
            assert visitor.page.values["day-year"] == "2027"
            await visitor.fills(text="Ann & Bo").presses("save")
            saved = visitor.page.links

        status, state = server.call(f"/runs/{run}", token=token)
        assert (status, state["answers"]["cake"]) == (200, {"kind": "choc", "pieces": 4})
        assert [field["value"] for field in state["current"]["fields"]] == ["2027-06-01", "Ann & Bo"]
        state = answer(server, run, token, "pickup", day="3 6 2027", text="Ann & Bo")
        assert state["current"]["step"] == "check"

    with serving(shop, "order.yaml", *STORE) as server:
        (path,) = {each.partition("/r/")[2] for each in saved.values() if "?token=" in each}
        async with browser(server, f"/r/{path}") as visitor:
            assert visitor.page.path == f"/r/{run}/check"
            assert "3 June 2027" in visitor.page.text
            assert "Ann & Bo" in visitor.page.text
            await visitor.presses("next")
            assert (visitor.page.heading, visitor.page.buttons) == ("Ordered", [])
            assert "4 pieces, 16 francs." in visitor.page.text
        status, state = server.call(f"/runs/{run}", token=token)
        assert (state["status"], state["answers"]["pickup"]["text"]) == ("completed", "Ann & Bo")

    trace = wizard(shop, "runs", "trace", run, *STORE).out
    assert "completed" in trace


async def test_a_run_begun_on_the_web_is_finished_in_the_terminal(shop: Path) -> None:
    """Somebody who gives up at home is helped at the counter, whose terminal has the store."""
    with serving(shop, "order.yaml", *STORE) as server:
        async with browser(server, "/w/order?shop=Thun") as visitor:
            await visitor.presses("next")
            assert visitor.page.heading == "Your cake from Thun"
            run = visitor.page.path.split("/")[2]
            await visitor.fills(kind="plum", pieces="2").presses("next")
            done = wizard(shop, "run", *STORE, f"--resume={run}", typed="1 6 2027\nBea\n\n")
            assert done.out.endswith("2 pieces, 8 francs.\n")
            # The page that is still open tells what happened meanwhile, and takes nothing.
            await visitor.fills(day="2 6 2027").presses("next")
            assert visitor.page.status == 409
            await visitor.opens(f"/r/{run}")
            assert visitor.page.heading == "Ordered"


def test_a_run_begun_in_the_terminal_is_finished_over_json(shop: Path) -> None:
    """A page is half typed at a terminal; the rest comes over JSON, each step from a server of its own."""
    said = here(shop, "run", "order.yaml", *STORE, "--show-token", "--input", "shop=Thun", typed="2\n5\n1 6 2027\n")
    assert said.code == 3
    run, token = said.run_id, said.token

    with serving(shop, "order.yaml", *STORE) as server:
        status, state = server.call(f"/runs/{run}", token=token)
        assert status == 200
        assert state["current"]["title"] == "That makes 20 francs"
        assert [field["value"] for field in state["current"]["fields"]] == ["2027-06-01", None]
        assert server.call(f"/runs/{run}", token="x" * 32)[0] in (401, 403, 404)
        status, problem = server.call(
            f"/runs/{run}/next", {"step": "pickup", "answers": {"day": "31 2 2027"}}, token=token
        )
        assert status == 422
        assert problem["run"]["current"]["step"] == "pickup"

    with serving(shop, "order.yaml", *STORE) as server:
        state = answer(server, run, token, "pickup", day="2 6 2027", text="Ann")
        assert state["current"]["step"] == "check"

    with serving(shop, "order.yaml", *STORE) as server:
        state = answer(server, run, token, "check")
        assert state["status"] == "completed"
        assert state["current"]["text"] == "5 pieces, 20 francs."
        assert state["answers"]["pickup"] == {"day": "2027-06-02", "text": "Ann"}


def test_a_run_begun_over_json_is_finished_in_the_terminal(shop: Path) -> None:
    """Begun in an app, finished at the counter's terminal, which needs no token: it has the store."""
    with serving(shop, "order.yaml", *STORE) as server:
        status, state = server.call("/runs", {"workflow": "order", "input": {"shop": "Thun"}}, key="one-and-the-same")
        assert status == 201
        run, token = state["id"], state["token"]
        answer(server, run, token, "cake", kind="plum", pieces=3)

        # The server goes on running: two processes on one file.
        left = wizard(shop, "run", "order.yaml", *STORE, f"--resume={run}", typed=":back\n\n4\n1 6 2027\n")
        assert left.code == 3
        assert "[plum] > " in left.out
        assert "That makes 16 francs" in left.out
        status, state = server.call(f"/runs/{run}", token=token)
        assert state["answers"]["cake"] == {"kind": "plum", "pieces": 4}
        assert state["current"]["fields"][0]["value"] == "2027-06-01"

    done = here(shop, "run", *STORE, f"--resume={run}", typed="Bea\n\n")
    assert done.code == 0
    assert done.out.endswith("4 pieces, 16 francs.\n")

    with serving(shop, "order.yaml", *STORE) as server:
        status, state = server.call(f"/runs/{run}", token=token)
        assert (status, state["status"]) == (200, "completed")
        assert state["answers"]["pickup"]["text"] == "Bea"
        # What was done over JSON before is still known: the same request gives the same run.
        status, again = server.call("/runs", {"workflow": "order", "input": {"shop": "Thun"}}, key="one-and-the-same")
        assert (status, again["id"]) == (201, run)


def test_an_answer_for_a_page_that_the_terminal_left_is_a_conflict(shop: Path) -> None:
    """The app still shows the first page; the terminal is on the second. Nobody's answer is overwritten."""
    with serving(shop, "order.yaml", *STORE) as server:
        _, state = server.call("/runs", {"workflow": "order"})
        run, token = state["id"], state["token"]
        assert wizard(shop, "run", *STORE, f"--resume={run}", typed="plum\n7\n").code == 3
        body = {"step": "cake", "answers": {"kind": "choc", "pieces": 1}}
        status, problem = server.call(f"/runs/{run}/next", body, token=token)
        assert status == 409
        assert problem["run"]["answers"]["cake"] == {"kind": "plum", "pieces": 7}


def test_the_operator_sees_both_channels_in_one_trace(shop: Path) -> None:
    """`wizard runs` tells what happened, whoever did it."""
    with serving(shop, "order.yaml", *STORE) as server:
        _, state = server.call("/runs", {"workflow": "order"})
        answer(server, state["id"], state["token"], "cake", kind="choc", pieces=2)
    here(shop, "run", *STORE, f"--resume={state['id']}", typed="1 6 2027\n\n\n")
    listed = here(shop, "runs", "list", *STORE)
    assert state["id"] in listed.out
    assert "completed" in listed.out
    trace = here(shop, "runs", "trace", state["id"], *STORE)
    assert trace.code == 0, trace.err
    assert [line.split()[3] for line in trace.out.splitlines()[1:]].count("accepted") >= 3
