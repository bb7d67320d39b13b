"""Trying workflows out over HTTP."""

from __future__ import annotations

from tests.unit.channels.admin.office import Office
from tests.unit.debugging.test_playing import PASSPORT
from tests.unit.deployments.texts import BROKEN
from tests.unit.deployments.texts import PASSPORT as SIMPLE

ANSWERS = {"who": {"name": "Ann"}}


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


async def test_who_lets_a_draft_act_may_deploy_it(office: Office) -> None:
    """An editor's text would otherwise send and store what nobody has released."""
    await office.ann.saves(
        PASSPORT.replace("{id: guardian, type: workflow, workflow: contact, with", "{id: guardian, type: set, values")
    )
    path, body = "/workflows/passport/debug", {"effects": True}
    problem = await office.ann.is_refused(403, "role-missing", "POST", path, body)
    assert problem["role"] == "deployer"
    assert (await office.dora.asks("POST", path, 200, body))["status"] == "waiting"
    await office.vic.is_refused(403, "role-missing", "POST", path, {})
