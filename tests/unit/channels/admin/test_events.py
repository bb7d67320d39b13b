"""The list of taken events, for whoever looks why nothing came of one."""

from __future__ import annotations

from pydantic import SecretStr

from tests.unit.channels.admin.office import KEY, working
from wizard.settings import Settings

ORDER = {"id": "thanks", "on": [{"event": "purchase"}], "nodes": [{"id": "done", "type": "end"}]}


async def test_they_are_listed_newest_first_and_page_by_page() -> None:
    """Each role may look; what the events brought isn't told."""
    settings = Settings(admin_key=SecretStr(KEY), jobs=0)
    async with working(None, settings, ORDER) as office:
        for number in range(3):
            body = {"id": f"e{number}", "type": ("purchase", "moved")[number % 2], "properties": {"secret": "tea"}}
            headers = {"Authorization": f"Bearer {KEY}"}
            async with office.client.post("/api/v1/events", json=body, headers=headers) as response:
                assert response.status == 202
        listed = await office.key.asks("GET", "/events")
        assert [(event["id"], event["unmatched"]) for event in listed] == [("e2", False), ("e1", True), ("e0", False)]
        assert [run["workflow"] for run in listed[0]["runs"]] == ["thanks"]
        assert "tea" not in str(listed)
        assert [event["id"] for event in await office.key.asks("GET", "/events?unmatched=true")] == ["e1"]
        assert await office.key.asks("GET", "/events?profile=nobody") == []
        assert [
            event["id"] for event in await office.key.asks("GET", f"/events?profile={listed[1]['profile_id']}")
        ] == ["e1"]
        page = await office.key.asks("GET", "/events?limit=2")
        following = office.key.answer.headers["Link"].partition("/api/v1/admin")[2].partition(">")[0]
        assert [event["id"] for event in [*page, *await office.key.asks("GET", following)]] == ["e2", "e1", "e0"]
        assert "Link" not in office.key.answer.headers
        for wrong in ("unmatched=yes", "limit=0", "limit=101", "before=x", "profile=", f"profile={'x' * 501}"):
            await office.key.is_refused(400, "invalid-request", "GET", f"/events?{wrong}")


async def test_a_viewer_may_look_and_a_stranger_may_not() -> None:
    """Profiles' ids stand there."""
    async with working() as office:
        assert await office.vic.asks("GET", "/events") == []
        office.vic.headers = {}
        await office.vic.is_refused(401, "not-signed-in", "GET", "/events")
