"""In which language somebody is answered."""

from __future__ import annotations

import pytest
from aiohttp import ClientSession

from tests.visitor import visiting
from wizard.app import wizard_app
from wizard.channels.languages import accepted
from wizard.testing import make_test_engine

GERMAN = "id: eins\ntitle: Eins\nlanguage: de-CH\nnodes:\n  - {id: name, type: form, fields: [{name: name}]}"
ENGLISH = "id: one\ntitle: One\nnodes:\n  - {id: name, type: form, fields: [{name: name}]}"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-CH,de;q=0.9,en;q=0.8", "de-CH"),
        ("fr-CH, de;q=0.5, en;q=0.4", "de"),
        ("en;q=0.4, de;q=0.5", "de"),
        ("de;q=0, en", "en"),
        ("fr", "en"),
        ("*", "en"),
        ("DE-at ; q=1.0", "DE-at"),
        ("de-" + "x" * 500, "en"),
        ("de;q=nan, en;q=1", "en"),
        ('"><script>', "en"),
        (",".join(["fr"] * 1000) + ",de", "en"),
    ],
)
def test_the_browser_names_a_language_that_there_are_words_in(header: str, language: str) -> None:
    """Whoever reads German gets English, though there is German; or a header breaks the page."""
    assert accepted(header, ("en", "de")) == language


async def test_a_page_of_no_run_is_in_the_language_of_all_workflows() -> None:
    """The list of an office's German forms is in English, because a browser is."""
    engine = await make_test_engine(GERMAN)
    async with visiting(wizard_app(engine)) as visitor:
        for address in ("/", "/nowhere", "/w/nothing", "/r/none/name"):
            await visitor.opens(address, headers={"Accept-Language": "en"})
            assert visitor.page.language == "de-CH", address
        assert visitor.page.heading == "Wir können das nicht finden"
        assert visitor.page.links["Alle Formulare ansehen"] == "/"  # whoever has an old address gets on from here
    await engine.close()


async def test_a_workflow_that_is_not_there_is_told_in_the_language_that_was_asked_for() -> None:
    """The title was German, and what to do about it English."""
    engine = await make_test_engine(GERMAN)
    async with visiting(wizard_app(engine)) as visitor:
        for called, detail in (
            ("ein", "Einen Ablauf `ein` gibt es nicht; meinten Sie `eins`?"),
            ("xyz", "Einen Ablauf `xyz` gibt es nicht. `wizard check` zählt die eines Ordners auf."),
        ):
            async with visitor.session.post(
                visitor.address("/api/v1/runs"), json={"workflow": called}, headers={"Accept-Language": "de"}
            ) as answer:
                assert (answer.status, (await answer.json(content_type=None))["detail"]) == (404, detail)
    await engine.close()


async def test_where_workflows_have_several_languages_the_browser_decides() -> None:
    """Half of the visitors couldn't read the list of forms; an error about one of them is in its own language."""
    engine = await make_test_engine(GERMAN, ENGLISH)
    async with visiting(wizard_app(engine)) as visitor:
        for asked, language, heading in (
            ("de-AT, en;q=0.5", "de-AT", "Was möchten Sie tun?"),
            ("fr", "en", "What do you want to do?"),
        ):
            await visitor.opens("/", headers={"Accept-Language": asked})
            assert (visitor.page.language, visitor.page.heading) == (language, heading)
        await visitor.opens("/w/eins")
        await visitor.presses()
        other = visitor.another()
        await other.opens(visitor.page.address)
        assert (other.page.status, other.page.language) == (403, "de-CH")
    await engine.close()


async def test_problems_are_told_in_the_language_of_the_run() -> None:
    """A program that shows `detail` to its people shows them English; `type` is the same for all."""
    engine = await make_test_engine(GERMAN, ENGLISH)
    async with visiting(wizard_app(engine)) as visitor, ClientSession() as session:
        runs = visitor.address("/api/v1/runs")
        async with session.post(runs, json={"workflow": "eins"}) as answer:
            run = await answer.json()
        bearer = {"Authorization": f"Bearer {run['token']}"}
        body = {"step": "nothing", "answers": {"name": "Ann"}}
        async with session.post(f"{runs}/{run['id']}/next", json=body, headers=bearer) as answer:
            stale = await answer.json()
        assert stale["type"] == "urn:wizard:problem:stale-input"
        assert stale["title"] == "Der Vorgang ist schon weiter"
        assert stale["detail"].startswith("Der Vorgang ist inzwischen weiter")
        for asked, detail in (("de", "Diesen Vorgang gibt es nicht."), ("fr", "There is no such run.")):
            there = {"Authorization": "Bearer x", "Accept-Language": asked}
            async with session.get(f"{runs}/nothing", headers=there) as answer:
                assert (await answer.json(content_type=None))["detail"].startswith(detail)
    await engine.close()
