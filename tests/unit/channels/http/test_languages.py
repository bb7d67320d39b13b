"""In which language somebody is answered."""

from __future__ import annotations

import json
import re
from io import BytesIO

import pytest
from aiohttp import ClientSession

from tests.visitor import visiting
from wizard.app import wizard_app
from wizard.channels.http.languages import accepted
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


REFUSED_CALLS = [
    ("next", {"answers": {"name": "Ann"}}, {}, 400),
    ("next", {"step": "name"}, {"Idempotency-Key": "ü"}, 400),
    ("next", {"step": "name", "answers": {"name": "x" * 9_000_000}}, {}, 413),
    ("next", {"step": "name"}, {"Content-Type": "text/plain"}, 415),
    ("next", {"step": "name", "answers": {str(n): "" for n in range(201)}}, {}, 422),
    ("remove", {"item": "list/9"}, {}, 409),
    ("events", {"name": "paid"}, {}, 422),
]


@pytest.mark.parametrize(("call", "body", "headers", "status"), REFUSED_CALLS)
async def test_whatever_is_refused_of_a_run_is_told_in_its_language(
    call: str, body: object, headers: dict[str, str], status: int
) -> None:
    """A title in one language above a detail in another, or half a sentence in each, is read by nobody."""
    engine = await make_test_engine(GERMAN, ENGLISH)
    async with visiting(wizard_app(engine)) as visitor, ClientSession() as session:
        runs = visitor.address("/api/v1/runs")
        run = await (await session.post(runs, json={"workflow": "eins"})).json()
        there = {"Authorization": f"Bearer {run['token']}", "Content-Type": "application/json", **headers}
        answer = await session.post(
            f"{runs}/{run['id']}/{call}", data=BytesIO(json.dumps(body).encode()), headers=there
        )
        problem = await answer.json(content_type=None)
    assert problem["status"] == status
    assert is_german(problem["title"]), problem["title"]
    assert is_german(problem["detail"]), problem["detail"]
    await engine.close()


@pytest.mark.parametrize("given", [{"nam": "Ann"}, {"name": 5}])
async def test_what_is_refused_of_a_workflow_is_told_in_its_language(given: dict[str, object]) -> None:
    """Errors of fields are in it anyway; one sentence in two languages would come of anything else."""
    declared = GERMAN.replace("nodes:", "input: {name: {type: text}}\nnodes:")
    engine = await make_test_engine(declared, ENGLISH)
    async with visiting(wizard_app(engine)) as visitor, ClientSession() as session:
        body = {"workflow": "eins", "input": given}
        answer = await session.post(visitor.address("/api/v1/runs"), json=body, headers={"Accept-Language": "en"})
        problem = await answer.json(content_type=None)
        assert (problem["status"], problem["title"]) == (422, "Die Eingabe kann nicht angenommen werden")
        assert problem["detail"].startswith("Die Eingabe des Ablaufs eins kann nicht angenommen werden. nam")
        answer = await session.post(
            visitor.address("/api/v1/runs"), json={"workflow": "ein"}, headers={"Accept-Language": "de"}
        )
        assert (await answer.json(content_type=None))[
            "detail"
        ] == "Einen Ablauf `ein` gibt es nicht; meinten Sie `eins`?"
    await engine.close()


@pytest.mark.parametrize("body", [{"step": 5}, {"step": "name", "answer": {}}, [1]])
async def test_what_only_a_programmer_reads_is_english_as_a_whole(body: object) -> None:
    """A request that can't be read is the program's mistake; a German title above an English detail is of no use."""
    engine = await make_test_engine(GERMAN, ENGLISH)
    async with visiting(wizard_app(engine)) as visitor, ClientSession() as session:
        runs = visitor.address("/api/v1/runs")
        run = await (await session.post(runs, json={"workflow": "eins"})).json()
        there = {"Authorization": f"Bearer {run['token']}", "Accept-Language": "de"}
        problem = await (await session.post(f"{runs}/{run['id']}/next", json=body, headers=there)).json(
            content_type=None
        )
    assert (problem["status"], problem["title"]) == (400, "The request can't be read")
    assert problem["detail"].startswith("The body ")
    await engine.close()


async def test_a_refused_page_is_in_the_language_of_the_page_that_was_sent() -> None:
    """Whoever fills in a German form reads English as soon as something goes wrong, because their browser is French."""
    engine = await make_test_engine(GERMAN, ENGLISH)
    french = {"Accept-Language": "fr", "Accept": "text/html"}
    async with visiting(wizard_app(engine)) as visitor:
        await visitor.opens("/w/eins", headers=french)
        stranger = visitor.another()
        await stranger.posts([("name", "Ann")], "/w/eins", headers=french)
        assert (stranger.page.status, stranger.page.language) == (403, "de-CH")
        await visitor.presses(headers=french)
        step = visitor.page.path
        await stranger.posts([("name", "Ann")], step, headers=french)
        assert (stranger.page.status, stranger.page.language) == (403, "de-CH")
        await stranger.opens(f"{step.rpartition('/')[0]}?token=wrong", headers=french)
        assert (stranger.page.status, stranger.page.language) == (403, "de-CH")
        await visitor.opens(f"{step}?refused=RunCompleted", headers=french)
        assert (visitor.page.status, visitor.page.language) == (409, "de-CH")
        assert visitor.page.heading == "Das ist abgeschlossen"
    await engine.close()


def is_german(text: str) -> bool:
    """Whether a sentence is German, by words that English hasn't got."""
    return not {"der", "die", "das", "ein", "einen", "es", "gibt", "kein", "muss", "nicht", "sie"}.isdisjoint(
        re.findall(r"\w+", text.lower())
    ) and {"the", "there", "is", "must", "be", "this", "body"}.isdisjoint(re.findall(r"\w+", text.lower()))


@pytest.mark.parametrize(("language", "rtl"), [("ar", True), ("he-IL", True), ("de", False), ("tlh", False)])
async def test_a_page_goes_the_way_its_language_does(language: str, rtl: bool) -> None:
    """Arabic that begins at the left, with its full stops at the wrong end."""
    engine = await make_test_engine(GERMAN.replace("de-CH", language))
    async with visiting(wizard_app(engine)) as visitor, ClientSession() as session:
        html = await (await session.get(visitor.address("/w/eins"))).text()
    assert f'<html lang="{language}"{" dir=" if rtl else " class="}' in html
    await engine.close()
