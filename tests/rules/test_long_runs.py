"""A long run's state over JSON has no more in it than one with some hundred steps, and less for who wants less."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.drawing import examples
from tests.unit.channels.api.test_openapi import validator
from wizard.channels.api.calls import api
from wizard.channels.api.openapi import document
from wizard.channels.api.preferences import wants_minimal
from wizard.channels.api.run_json import SHOWN, bounded_state, minimal_state, run_state
from wizard.channels.http.json_answers import encode
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.testing import make_test_engine

LOOP = {"id": "loop", "nodes": [{"id": "pet", "type": "form", "fields": [{"name": "name"}], "next": "pet"}]}
MINIMAL = {"Prefer": "return=minimal"}


async def of_length(steps: int, engine: Engine | None = None) -> RunView:
    """A run that waits at its step of that number."""
    engine = engine or await make_test_engine(LOOP)
    view = await engine.start("loop")
    for number in range(1, steps):
        await engine.next(view, {"name": f"Pet {number}"})
    return view


class Served:
    def __init__(self, client: Any, engine: Engine) -> None:
        self.client, self.engine = client, engine

    async def begun(self, steps: int) -> RunView:
        view = await of_length(steps, self.engine)
        started = await self.engine.load(view.id)
        assert view.token is not None
        started.token = view.token
        return started

    async def asks(self, view: RunView, query: str = "") -> Any:
        headers = {"Authorization": f"Bearer {view.token}"}
        response = await self.client.get(f"/api/v1/runs/{view.id}{query}", headers=headers)
        told = await response.json()
        described = document()["paths"]["/runs/{id}"]["get"]["responses"][str(response.status)]["content"]
        validator(described[response.content_type]["schema"]).validate(told)
        return told

    async def sends(self, view: RunView, call: str, body: dict[str, Any], **headers: str) -> Any:
        response = await self.client.post(
            f"/api/v1/runs/{view.id}/{call}", json=body, headers={"Authorization": f"Bearer {view.token}", **headers}
        )
        described = document()["paths"][f"/runs/{{id}}/{call}"]["post"]["responses"][str(response.status)]
        validator(described["content"][response.content_type]["schema"]).validate(await response.json())
        return response


@asynccontextmanager
async def serving() -> AsyncIterator[Served]:
    engine = await make_test_engine(LOOP)
    app = web.Application()
    app.add_subapp("/api/v1", api(engine))
    async with TestClient(TestServer(app)) as client:
        yield Served(client, engine)
    await engine.close()


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving() as opened:
        yield opened


def names(state: Any) -> list[str]:
    return [line["step"] for line in state["path"]]


async def test_a_run_of_some_hundred_steps_is_told_whole() -> None:
    """Nearly all runs are: their callers see nothing of bounds."""
    view = await of_length(SHOWN)
    assert bounded_state(view) == run_state(view)
    assert "steps" not in run_state(view)
    assert len(run_state(view)["path"]) == SHOWN


async def test_what_a_state_holds_is_bounded() -> None:
    """A run of a thousand steps answered 140 KB to each of its moves."""
    short, long = await of_length(SHOWN + 1), await of_length(SHOWN * 4)
    assert len(encode(bounded_state(long))) < len(encode(bounded_state(short))) * 1.1
    one, other = await of_length(3), long
    assert len(encode(minimal_state(other))) < len(encode(minimal_state(one))) * 1.1


async def test_all_steps_and_answers_are_found_page_by_page(served: Served) -> None:
    """Nothing is left out for good: whoever shows the whole way asks on until there is nothing before."""
    view = await served.begun(2 * SHOWN + 50)
    state = await served.asks(view)
    assert state["steps"] == {"path": 2 * SHOWN + 50, "kept": 0, "before": names(state)[0], "after": None}
    found, answers = names(state), dict(state["answers"])
    while (at := state["steps"]["before"]) is not None:
        state = await served.asks(view, f"?before={at}")
        found, answers = names(state) + found, answers | state["answers"]
        assert state["answers"].keys() <= set(names(state))
    assert found == [step.path for step in view.run.path]
    assert answers == view.answers
    again = await served.asks(view, f"?after={names(state)[-1]}")
    assert names(again) == found[50 : 50 + SHOWN]
    assert again["steps"]["after"] == found[50 + SHOWN - 1]


async def test_kept_steps_are_bounded_and_found_as_well(served: Served) -> None:
    """Who goes back to the beginning of a long run has as much above as there was below."""
    view = await served.begun(2 * SHOWN)
    token, whole = view.token, [step.path for step in view.run.path]
    view = await served.engine.previous(view.id, to="pet")
    view.token = token
    state = await served.asks(view)
    assert (names(state), len(state["kept"])) == (["pet"], SHOWN)
    assert state["steps"] == {"path": 1, "kept": 2 * SHOWN - 1, "before": None, "after": state["kept"][-1]["step"]}
    rest = await served.asks(view, f"?after={state['steps']['after']}")
    assert rest["path"] == []
    assert rest["answers"] == {}
    assert ["pet", *(line["step"] for line in state["kept"] + rest["kept"])] == whole


@pytest.mark.parametrize("query", ["?before=nowhere", "?after=", "?before=pet&after=pet"])
async def test_what_isnt_a_step_of_the_run_is_refused(served: Served, query: str) -> None:
    """A caller that pages in a run which moved meanwhile learns it, and isn't shown something else."""
    view = await served.begun(2)
    assert (await served.asks(view, query))["type"] == "urn:wizard:problem:invalid-request"


async def test_who_wants_the_least_is_told_what_to_ask_next(served: Served) -> None:
    """A channel of its own has the answers that it sent: it needs the next question, however long the run is."""
    view = await served.begun(3)
    whole = await (await served.sends(view, "next", {"step": "pet~3", "answers": {"name": "Rex"}})).json()
    response = await served.sends(view, "next", {"step": "pet~4", "answers": {"name": "Kim"}}, **MINIMAL)
    least = await response.json()
    assert response.headers["Preference-Applied"] == "return=minimal"
    assert whole.keys() - least.keys() == {"path", "kept", "answers"}
    assert least["current"]["step"] == "pet~5"
    for call, body in (("previous", {}), ("change", {"step": "pet"}), ("events", {"name": "x"}), ("cancel", {})):
        answered = await served.sends(view, call, body, **MINIMAL)
        told = await answered.json()
        assert answered.headers["Preference-Applied"] == "return=minimal"
        assert not {"path", "kept", "answers"} & told.get("run", told).keys()


async def test_problems_tell_of_the_run_as_is_preferred(served: Served) -> None:
    """A conflict has the run in it, and would bring back all that was left out."""
    view = await served.begun(3)
    for body, status in (({"step": "pet~9", "answers": {"name": "x"}}, 409), ({"step": "pet~3", "answers": {}}, 422)):
        response = await served.sends(view, "next", body, **MINIMAL)
        told = await response.json()
        assert (response.status, response.headers["Preference-Applied"]) == (status, "return=minimal")
        assert "current" in told["run"]
        assert "path" not in told["run"]


async def test_a_new_run_is_told_as_is_preferred(served: Served) -> None:
    """The token is there in any case: it comes but once."""
    response = await served.client.post("/api/v1/runs", json={"workflow": "loop"}, headers=MINIMAL)
    told = await response.json()
    schema = document()["paths"]["/runs"]["post"]["responses"]["201"]["content"]["application/json"]["schema"]
    validator(schema).validate(told)
    assert response.headers["Preference-Applied"] == "return=minimal"
    assert told["token"]
    assert "path" not in told


async def test_a_repeated_request_is_answered_as_the_first_time(served: Served) -> None:
    """Its answer is stored; the header says what it is and not what is asked for now."""
    view = await served.begun(2)
    body = {"step": "pet~2", "answers": {"name": "Rex"}}
    first = await served.sends(view, "next", body, **MINIMAL, **{"Idempotency-Key": "k"})
    again = await served.sends(view, "next", body, **{"Idempotency-Key": "k"})
    assert again.headers["Idempotent-Replay"] == "true"
    assert again.headers["Preference-Applied"] == "return=minimal"
    assert await again.json() == await first.json()


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ([], False),
        (["return=minimal"], True),
        (["Return = minimal ; foo=bar"], True),
        (['respond-async, return="minimal", wait=10'], True),
        (["respond-async", "return=minimal"], True),
        (["return=representation, return=minimal"], False),
        (["return=minimalist"], False),
        (['x="a, return=minimal"'], False),
        (["return"], False),
        (["=,;,,return=minimal"], True),
    ],
)
def test_preferences_are_read_as_rfc_7240_says(headers: list[str], wanted: bool) -> None:
    """Clients and what is between them write the header in many ways; what isn't known is passed over."""
    assert wants_minimal(headers) is wanted


@given(st.lists(st.text(alphabet='return=minimal,;" \\x', max_size=40), max_size=3))
@settings(max_examples=examples(50))
def test_no_preference_breaks_a_request(headers: list[str]) -> None:
    """Whatever stands there, it is a wish."""
    assert wants_minimal(headers) in (True, False)
