"""Pages within a host: below a prefix, with its own people, in its frames, behind its proxies, and rate limited."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.unit.channels.web.webbed import FRIEND, PAID, TRIP, WHO, Stage, staged
from tests.visitor import Visitor, visiting
from wizard.app import Identity, wizard_app
from wizard.errors import SettingsError
from wizard.settings import Settings
from wizard.testing import make_test_engine

# -- mounted -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["/forms/", "/a/b/"])
async def test_everything_stays_below_the_prefix(prefix: str) -> None:
    """Links, redirects, cookies and files of an application that is mounted in another."""
    async with staged(prefix=prefix) as stage:
        visitor = await stage.visitor.opens(prefix)
        inside = [
            value for _, name, value in visitor.page.attributes if name in ("href", "src") and value != "#wz-main"
        ]
        assert inside
        assert all((each or "").startswith(prefix) for each in inside)
        await visitor.follows("Plan a trip")
        assert f"Path={prefix};" in _cookie(await _fresh(visitor, prefix))
        await visitor.presses()
        await visitor.fills(**WHO).presses()
        assert visitor.page.path.startswith(f"{prefix}r/")
        assert visitor.page.path.endswith("/where")
        await visitor.presses("save")
        link = next(to for to in visitor.page.links.values() if "token=" in to)
        other = await visitor.another().opens(link)
        assert other.page.heading == "Where to, Ann?"
        await visitor.opens(f"{prefix}nothing")
        assert visitor.page.heading == "Page not found"
        assert visitor.page.links["See all forms"] == prefix


async def _fresh(visitor: Visitor, path: str) -> Visitor:
    return await visitor.another().opens(path)


def _cookie(visitor: Visitor) -> str:
    return visitor.page.headers["Set-Cookie"]


async def test_without_its_slash_the_prefix_leads_to_the_first_page() -> None:
    """People leave it out."""
    async with staged(prefix="/forms/") as stage:
        visitor = await stage.visitor.opens("/forms")
        assert (visitor.statuses, visitor.page.path) == ([303, 200], "/forms/")


async def test_the_hosts_own_pages_and_the_json_interface_keep_their_errors() -> None:
    """Our pages end where the mount ends; programs get problem documents."""
    engine = await make_test_engine(TRIP, FRIEND)
    host = web.Application()
    host.add_subapp("/forms/", wizard_app(engine))
    async with visiting(host) as visitor:
        for path, kind in (("/nothing", "text/plain"), ("/forms/api/v1/nothing", "application/problem+json")):
            async with visitor.session.get(visitor.address(path)) as response:
                assert (response.status, response.content_type) == (404, kind)
        async with visitor.session.post(visitor.address("/forms/api/v1/openapi.json")) as response:
            assert response.content_type == "application/problem+json"


async def test_every_address_that_the_json_interface_tells_is_below_the_mount() -> None:
    """A program that follows `Location` and `Link` of an application mounted in another would leave it, and meet the
    host's own 404."""
    engine = await make_test_engine(TRIP, FRIEND)
    host = web.Application()
    host.add_subapp("/forms/", wizard_app(engine, identify=who))
    async with visiting(host) as visitor:
        api, session = visitor.address("/forms/api/v1"), visitor.session
        for _ in range(2):
            async with session.post(f"{api}/runs?of=mine", json={"workflow": "trip"}, headers=ANN) as response:
                token, location = (await response.json())["token"], response.headers["Location"]
        opens = {**ANN, "Authorization": f"Bearer {token}"}
        async with session.get(visitor.address(location), headers=opens) as response:
            assert (response.status, response.url.path) == (200, location)
        for listed in (f"{api}/runs?limit=1", f"{visitor.address(location)}/trace?limit=1"):
            async with session.get(listed, headers=opens) as response:
                following = response.links["next"]["url"]
            async with session.get(following, headers=opens) as response:
                assert response.status == 200
        async with session.get(f"{api}/nothing") as response:
            assert "/forms/api/v1/openapi.json" in (await response.json())["detail"]


# -- people ------------------------------------------------------------------------------------------------


async def who(request: web.Request) -> Identity | None:
    """The host's own way to know people: here, a header."""
    name = request.headers.get("X-Person")
    if name == "stranger":
        raise web.HTTPFound("/log-in")
    return Identity(f"profile-{name}", f"session-{name}", name) if name else None


ANN, BOB, STRANGER = ({"X-Person": name} for name in ("ann", "bob", "stranger"))


@asynccontextmanager
async def hosted(**more: Any) -> AsyncIterator[Stage]:
    async with staged(identify=who, **more) as stage:
        yield stage


async def test_a_signed_in_persons_run_is_theirs_in_every_browser() -> None:
    """No link and no cookie is needed: it is their profile that opens it."""
    async with hosted() as stage:
        visitor = await stage.visitor.opens("/w/trip", headers=ANN)
        await visitor.presses(headers=ANN)
        await visitor.fills(**WHO).presses(headers=ANN)
        run = (await stage.run()).run
        assert (run.profile_id, run.session_id) == ("profile-ann", "session-ann")
        phone = await visitor.another().opens(visitor.page.path, headers=ANN)
        assert phone.page.heading == "Where to, Ann?"
        await phone.fills(town="Bern").presses(headers=ANN)
        assert phone.page.heading == "A friend"
        await phone.presses("save", headers=ANN)
        assert not [to for to in phone.page.links.values() if "token" in to]


@pytest.mark.parametrize("headers", [BOB, {}])
async def test_a_start_page_is_for_the_person_that_got_it(headers: dict[str, str]) -> None:
    """Ann typed something and left the library's computer: who signs in there next must not send it as theirs."""
    async with hosted() as stage:
        visitor = await stage.visitor.opens("/w/trip", headers=ANN)
        tab = visitor.tab()
        await tab.presses(headers=headers)
        assert (tab.page.status, tab.page.heading) == (403, "Open the page again")
        assert list(await stage.engine.store.list_runs()) == []
        await visitor.presses(headers=ANN)
        assert visitor.page.heading == "About you"


@pytest.mark.parametrize("headers", [BOB, {}])
async def test_a_signed_in_persons_run_is_nobody_elses(headers: dict[str, str]) -> None:
    """Not even with the cookie of the browser in which it was started, or its key."""
    async with hosted() as stage:
        visitor = await stage.visitor.opens("/w/trip", headers=ANN)
        await visitor.presses(headers=ANN)
        before = await stage.run()
        tab = visitor.tab()
        await tab.opens(headers=headers)
        assert (tab.page.status, tab.page.heading) == (403, "You can't open this")
        await visitor.fills(**WHO).presses(headers=headers)
        assert visitor.page.status == 403
        assert (await stage.engine.load(before.id)).revision == before.revision


async def test_a_persons_key_is_of_no_use_for_another_run() -> None:
    """Keys are bound to the run and the person."""
    async with hosted() as stage:
        visitor = await stage.visitor.opens("/w/trip", headers=ANN)
        await visitor.presses(headers=ANN)
        tab = visitor.tab()
        await tab.opens("/w/trip", headers=ANN)
        await tab.presses(headers=ANN)
        await visitor.fills(**WHO).sets({"wizard-key": tab.page.hidden("wizard-key")}).presses(headers=ANN)
        assert visitor.page.status == 403


async def test_pages_are_open_to_those_who_are_not_signed_in() -> None:
    """Their runs have no profile, and open with the cookie."""
    async with hosted() as stage:
        visitor = await stage.starts(**WHO)
        assert visitor.page.heading == "Where to, Ann?"
        assert (await stage.run()).run.profile_id is None
        other = await visitor.another().opens(visitor.page.path, headers=BOB)
        assert other.page.status == 403


async def test_the_host_can_send_people_to_its_log_in_page() -> None:
    """By raising a redirect, which isn't an error of ours."""
    async with hosted() as stage:
        for path in ("/", "/w/trip", "/r/x/who"):
            await stage.visitor.opens(path, headers=STRANGER, allow_redirects=False)
            assert (stage.visitor.page.status, stage.visitor.page.headers["Location"]) == (302, "/log-in")


async def test_a_host_may_know_people_without_waiting() -> None:
    """A plain function does."""
    async with staged(identify=lambda request: Identity("profile-ann")) as stage:
        await stage.starts()
        assert (await stage.run()).run.profile_id == "profile-ann"


async def test_programs_start_and_open_only_their_own_persons_runs() -> None:
    """Whoever may name any profile reads any profile."""
    async with hosted() as stage:
        visitor = stage.visitor

        async def call(method: str, path: str, headers: dict[str, str], **body: Any) -> tuple[int, dict[str, Any]]:
            made = {"json": body} if body else {}
            async with visitor.session.request(
                method, visitor.address(f"/api/v1/runs{path}"), headers=headers, **made
            ) as response:
                return response.status, await response.json(content_type=None)

        status, run = await call("POST", "", ANN, workflow="trip")
        assert status == 201
        assert (await stage.engine.load(run["id"])).run.profile_id == "profile-ann"
        assert (await call("POST", "", ANN, workflow="trip", profile_id="profile-ann"))[0] == 201
        for headers, named in (
            (ANN, {"profile_id": "profile-bob"}),
            (ANN, {"session_id": "session-bob"}),
            ({}, {"profile_id": "profile-ann"}),
        ):
            status, problem = await call("POST", "", headers, workflow="trip", **named)
            assert (status, problem["type"]) == (403, "urn:wizard:problem:not-your-profile")
        token = {"Authorization": f"Bearer {run['token']}"}
        assert (await call("GET", f"/{run['id']}", {**ANN, **token}))[0] == 200
        for headers in ({**BOB, **token}, token):
            assert (await call("GET", f"/{run['id']}", headers))[0] == 403
        assert (await call("GET", f"/{run['id']}", ANN))[0] == 401


# -- frames and proxies --------------------------------------------------------------------------------------


async def test_pages_may_be_shown_in_the_frames_of_named_sites() -> None:
    """And only there; behind TLS their cookies work within them."""
    settings = Settings(frame_ancestors="https://www.example.org  https://*.example.com", proxies=1)
    async with staged(settings=settings) as stage:
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Host": "forms.example"}
        visitor = await stage.visitor.opens("/w/trip", headers=headers)
        policy = visitor.page.headers["Content-Security-Policy"]
        assert policy.endswith("frame-ancestors https://www.example.org https://*.example.com")
        assert "X-Frame-Options" not in visitor.page.headers
        assert _cookie(visitor).endswith("; Secure; SameSite=None; Partitioned")
        assert "wz-framed" in visitor.page.html
        plain = await visitor.another().opens("/w/trip")
        assert _cookie(plain).endswith("; HttpOnly; SameSite=Lax")


async def test_a_form_in_a_frame_is_our_own_pages_form() -> None:
    """Whatever site the frame is in: the browser says `same-origin` of it, and another page's form stays refused."""
    async with staged(settings=Settings(frame_ancestors="https://www.example.org")) as stage:
        visitor = await stage.visitor.opens("/w/trip")
        other = visitor.tab()
        await visitor.presses(headers={"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "iframe"})
        assert visitor.page.heading == "About you"
        await other.presses(headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe"})
        assert other.page.status == 403


async def test_behind_a_proxy_links_and_cookies_are_those_of_the_outside() -> None:
    """A link to come back with the inner name opens nothing."""
    async with staged(settings=Settings(proxies=1)) as stage:
        outside = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "forms.example"}
        visitor = await stage.visitor.opens("/w/trip", headers=outside)
        secret = _cookie(visitor).partition(";")[0]
        assert _cookie(visitor).endswith("; HttpOnly; Secure; SameSite=Lax")
        posted = {**outside, "Cookie": secret, "Origin": "https://forms.example"}
        await visitor.presses(headers=posted, allow_redirects=False)
        assert visitor.page.status == 303
        run, token = visitor.page.headers["Location"], _cookie(visitor).partition(";")[0]
        assert "; Secure" in _cookie(visitor)
        page = await visitor.opens(run.replace("/who", "/-/saved"), headers={**outside, "Cookie": f"{secret}; {token}"})
        assert any(to.startswith("https://forms.example/r/") for to in page.page.links.values())


# -- rates ---------------------------------------------------------------------------------------------------


async def test_who_starts_too_many_runs_waits() -> None:
    """Pages and JSON each have their own measure; behind a proxy each client has."""
    async with staged(settings=Settings(start_rate=2, api_start_rate=1, proxies=1)) as stage:
        visitor = stage.visitor
        for address, outcomes in (("192.0.2.1", (303, 303, 429)), ("192.0.2.2", (303,))):
            headers = {"X-Forwarded-For": f"198.51.100.7, {address}"}
            for outcome in outcomes:
                await visitor.opens("/w/trip")
                await visitor.presses(headers=headers, allow_redirects=False)
                assert visitor.page.status == outcome
                if outcome == 429:
                    assert int(visitor.page.headers["Retry-After"]) in range(1, 31)
                    assert visitor.page.heading == "Try again shortly"
        for status in (201, 429):
            async with visitor.session.post(visitor.address("/api/v1/runs"), json={"workflow": "trip"}) as response:
                assert response.status == status
        assert 1 <= int(response.headers["Retry-After"]) <= 60


async def test_who_sends_too_much_waits_before_it_is_read() -> None:
    """What is refused in the end costs as much to read and check as what isn't: it counts, and before that."""
    async with staged(settings=Settings(start_rate=2)) as stage:
        visitor = stage.visitor
        for outcome in (403, 403, 429):
            await visitor.opens("/w/trip")
            await visitor.posts([("who", "Ann"), ("key", "of nobody")])
            assert visitor.page.status == outcome


# -- look ----------------------------------------------------------------------------------------------------


async def test_a_host_has_its_own_templates_and_theme(tmp_path: Path) -> None:
    """One template at a time; a style that comes after ours."""
    (tmp_path / "list.html").write_text("<!DOCTYPE html><title>Mine</title><main><h1>{{ page.name }}, mine</h1></main>")
    (tmp_path / "own.css").write_text(":root { --wz-accent: #123456 }")
    engine = await make_test_engine(PAID)
    app = wizard_app(engine, templates=tmp_path, theme=tmp_path / "own.css", settings=Settings(site_name="Town hall"))
    async with visiting(app, "/") as visitor:
        assert visitor.page.heading == "Town hall, mine"
        await visitor.opens("/w/paid")
        assert visitor.page.heading == "Pay"
        style = next(value for tag, _, value in visitor.page.attributes if tag == "link" and ".css" in (value or ""))
        async with visitor.session.get(visitor.address(style or "")) as response:
            assert "#123456" in await response.text()


async def test_a_theme_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    """Not by a page without style, at night."""
    engine = await make_test_engine(PAID)
    with pytest.raises(SettingsError):
        wizard_app(engine, theme=tmp_path / "none.css")


@pytest.mark.parametrize("template", ["{{ page.nothing.at.all }}", "{{ 1 / 0 }}"])
async def test_a_hosts_template_that_fails_is_no_blank_page(
    tmp_path: Path, template: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even where it is the page of errors: the person gets words and a reference, the log the reason."""
    for name in ("list.html", "refusal.html"):
        (tmp_path / name).write_text(template)
    app = wizard_app(await make_test_engine(PAID), templates=tmp_path)
    async with visiting(app, "/") as visitor:
        assert (visitor.page.status, visitor.page.heading) == (500, "Sorry, something went wrong")
        reference = visitor.page.html.partition("give the reference ")[2][:12]
        assert reference in caplog.text
        await visitor.opens("/w/paid")
        assert visitor.page.heading == "Pay"


async def test_who_is_signed_in_is_on_the_page() -> None:
    """On a shared computer people see whose answers these are."""
    async with hosted() as stage:
        visitor = await stage.visitor.opens("/w/trip", headers=ANN)
        assert "ann" in visitor.page.html
        await visitor.opens("/w/trip")
        assert "Signed in as" not in visitor.page.html
