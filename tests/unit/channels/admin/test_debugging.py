"""Trying workflows out over HTTP."""

from __future__ import annotations

import pytest
import yaml

from tests.unit.channels.admin.office import Office, host, working
from tests.unit.debugging.test_playing import PASSPORT
from tests.unit.deployments.texts import BROKEN
from tests.unit.deployments.texts import PASSPORT as SIMPLE

ANSWERS = {"who": {"name": "Ann"}}
AT = {"at": "2026-03-27T10:00:00Z", "input": {"country": "CH"}}


async def test_an_editor_tries_a_draft(office: Office) -> None:
    """An editor sees what a draft does before anybody deploys it, and nothing of that is among the runs."""
    await office.ann.saves(SIMPLE)
    told = await office.ann.asks("POST", "/workflows/passport/debug", 200, {"stage": "draft", "answers": ANSWERS})
    assert told["status"] == "completed"
    assert [line["step"] for line in told["trace"]] == ["who", "done"]
    assert told["edges"] == [{"from": "who", "to": "done", "port": None, "taken": True}]
    assert (await office.vic.asks("GET", "/workflows"))[0]["runs"] == {}


async def test_a_version_is_tried_by_its_number(office: Office) -> None:
    """What is deployed is tried as it is, whatever the draft has become."""
    await office.dora.saves(SIMPLE)
    await office.dora.deploys()
    await office.dora.saves(SIMPLE.replace("Name}", "Your name}"))
    for stage, label in ((1, "Name"), ("deployed", "Name"), ("draft", "Your name")):
        told = await office.ann.asks("POST", "/workflows/passport/debug", 200, {"stage": stage})
        assert told["current"]["fields"][0]["label"] == label
    await office.ann.is_refused(404, "version-not-found", "POST", "/workflows/passport/debug", {"stage": 2})


async def test_a_draft_with_errors_is_refused_with_them(office: Office) -> None:
    """An editor reads what is wrong instead of a run that makes no sense."""
    await office.ann.saves(BROKEN)
    problem = await office.ann.is_refused(422, "definition-refused", "POST", "/workflows/passport/debug", {})
    assert problem["problems"][0]["line"] == 3


async def test_who_lets_a_draft_act_may_deploy_it(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """An editor's text would otherwise send and store what nobody has released; who did so stands in the log."""
    await office.ann.saves(
        PASSPORT.replace("{id: guardian, type: workflow, workflow: contact, with", "{id: guardian, type: set, values")
    )
    path, body = "/workflows/passport/debug", {"effects": True}
    problem = await office.ann.is_refused(403, "role-missing", "POST", path, body)
    assert problem["role"] == "deployer"
    assert caplog.messages == []
    assert (await office.dora.asks("POST", path, 200, body))["status"] == "waiting"
    assert caplog.messages == ["workflow passport is tried with effects, by dora"]
    await office.vic.is_refused(403, "role-missing", "POST", path, {})


async def test_an_operator_looks_at_a_live_run_and_forks_it() -> None:
    """Whoever watches over runs sees where one went, and tries another answer; others don't see people's answers."""
    definition = yaml.safe_load(SIMPLE)
    async with working(host, None, definition) as office:
        async with office.client.post("/api/v1/runs", json={"workflow": "passport"}) as response:
            run = (await response.json())["id"]
        told = await office.olga.asks("GET", f"/runs/{run}/debug")
        assert (told["status"], told["current"]["step"]) == ("waiting", "who")
        assert told["unrecorded"] == ["input", "config", "ms"]
        body = {"fork": {"run": run, "step": "who"}, "answers": ANSWERS}
        path = "/workflows/passport/debug"
        assert (await office.key.asks("POST", path, 200, body))["status"] == "completed"
        assert (await office.olga.asks("GET", f"/runs/{run}/debug"))["status"] == "waiting"
        problem = await office.ann.is_refused(403, "role-missing", "POST", path, body)
        assert problem["role"] == "operator"
        await office.ann.is_refused(403, "role-missing", "GET", f"/runs/{run}/debug")
        await office.key.is_refused(404, "run-not-found", "GET", "/runs/nothing/debug")
        await office.key.is_refused(404, "run-not-found", "POST", "/workflows/other/debug", body)
        await office.key.is_refused(400, "invalid-request", "POST", path, {**body, "stage": "draft"})
        wrong = {"fork": {"run": run, "step": "nowhere"}}
        await office.key.is_refused(409, "not-a-step", "POST", path, wrong)


async def test_what_cannot_be_handed_in_is_said(office: Office) -> None:
    """A program that sends nonsense is told which member it is."""
    await office.ann.saves(SIMPLE.replace("nodes:", "input: {country: {type: text}}\nnodes:"))
    path = "/workflows/passport/debug"
    await office.ann.is_refused(422, "invalid-input", "POST", path, {"input": {"land": "CH"}})
    problem = await office.ann.is_refused(400, "invalid-request", "POST", path, {"stage": "last", "fork": {"run": "a"}})
    assert "`stage` must be `draft` or `deployed` or a whole number" in problem["detail"]
    assert "`fork.step` is missing" in problem["detail"]
    for member, value in (("at", "tomorrow"), ("at", "2026-03-27T10:00:00")):
        await office.ann.is_refused(400, "invalid-request", "POST", path, {member: value})
    await office.ann.is_refused(422, "invalid-input", "POST", path, {"takes": {"who": "long"}})
    told = await office.ann.asks("POST", path, 200, {**AT, "takes": {"who": "3d"}})
    assert told["status"] == "waiting"
