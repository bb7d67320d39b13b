"""The node types over HTTP: found, read, configured as a form and as JSON."""

from __future__ import annotations

from tests.unit.channels.admin.office import Office, working
from wizard.settings import Settings


async def test_from_finding_a_type_to_its_configuration(office: Office) -> None:
    """The whole way of an editor: look for it, read it, fill in its form, see the JSON, change that, see the form."""
    found = await office.vic.asks("GET", "/node-types?q=SERVICE%20http")
    line = next(line for line in found if line["type"] == "http")
    assert (line["type"], line["group"], line["kind"]) == ("http", "out", "background")
    told = await office.vic.asks("GET", "/node-types/http")
    assert told["documentation"].startswith("# Call a service\n")
    assert told["outputs"] == ["body", "error", "headers", "status"]
    values = {asked["name"]: asked["value"] for asked in told["form"]["fields"]}
    assert values["method"] == "GET"
    values |= {"url": "https://a.example/", "expect": "200\n201"}
    sent = {name: value for name, value in values.items() if value is not None}
    checked = await office.vic.asks("POST", "/node-types/http/validate", 200, {"values": sent})
    assert checked["config"] == {"url": "https://a.example/", "expect": [200, 201]}
    changed = {**checked["config"], "method": "POST", "body": {"n": 1.50, "t": "12"}}
    again = await office.vic.asks("POST", "/node-types/http/validate", 200, {"config": changed})
    shown = {asked["name"]: asked["value"] for asked in again["form"]["fields"]}
    assert (shown["method"], shown["body"]) == ("POST", '{"n": 1.5, "t": "12"}')
    back = await office.vic.asks("POST", "/node-types/http/validate", 200, {"values": shown})
    assert back["config"] == again["config"]


async def test_mistakes_are_told_by_their_keys(office: Office) -> None:
    """An editor marks the field that each is about."""
    body = {"config": {"urll": "x", "expect": [200, 2], "method": "GO"}}
    problem = await office.ann.is_refused(422, "configuration-refused", "POST", "/node-types/http/validate", body)
    assert problem["errors"].keys() == {"url", "urll", "expect.1", "method"}
    problem = await office.ann.is_refused(
        422, "configuration-refused", "POST", "/node-types/set/validate", {"values": {"values": "a: [1"}}
    )
    assert problem["errors"].keys() == {"values"}
    problem = await office.ann.is_refused(
        422, "configuration-refused", "POST", "/node-types/set/validate", {"config": {}}
    )
    assert problem["errors"] == {"values": "`values` is missing"}


async def test_one_view_is_sent(office: Office) -> None:
    """Of both, nobody could tell which is meant."""
    for body in ({}, {"config": {}, "values": {}}):
        await office.ann.is_refused(400, "invalid-request", "POST", "/node-types/set/validate", body)


async def test_a_type_that_there_is_not(office: Office) -> None:
    """A plug-in that was removed is told as such."""
    for method, path, body in (
        ("GET", "/node-types/nope", None),
        ("POST", "/node-types/nope/validate", {"config": {}}),
    ):
        await office.ann.is_refused(404, "not-found", method, path, body)


async def test_to_check_is_no_change() -> None:
    """An editor checks with every key that is pressed: that isn't counted as changes are."""
    async with working(settings=Settings(jobs=0, api_start_rate=1)) as office:
        for _ in range(5):
            await office.ann.asks("POST", "/node-types/set/validate", 200, {"config": {"values": {"a": 1}}})
