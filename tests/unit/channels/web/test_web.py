"""The pages of a run: which address shows what, and that looking never moves anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from unittest.mock import patch

import pytest

from tests.unit.channels.web.webbed import PAID, TRIP, WHO, Stage, staged
from wizard.errors import ExpressionError
from wizard.model import RunStatus, StoredFile
from wizard.stores.memory import MemoryStore


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged() as stage:
        yield stage


async def to_the_review(stage: Stage) -> None:
    visitor = await stage.starts(**WHO)
    await visitor.fills(town="Bern").presses()
    await visitor.fills(name="Bob").presses()
    await visitor.fills(add_another=False).presses()
    assert visitor.page.heading == "Check your answers"


# -- before a run ------------------------------------------------------------------------------------


async def test_the_first_page_lists_what_can_be_started(stage: Stage) -> None:
    """Who comes to the address that was printed sees where to go; parts of others aren't for them."""
    visitor = await stage.visitor.opens("/")
    assert visitor.page.status == 200
    assert visitor.page.links["Plan a trip"] == "/w/trip"
    assert "A friend" not in visitor.page.text
    assert visitor.page.title == "What do you want to do? – Forms"


async def test_a_start_page_and_a_first_step(stage: Stage) -> None:
    """The start page begins nothing; its button does."""
    visitor = await stage.visitor.opens("/w/trip")
    assert (visitor.page.heading, visitor.page.buttons) == ("Plan a trip", ["next"])
    assert "It takes a minute." in visitor.page.text
    await visitor.presses()
    assert visitor.statuses == [303, 200]
    assert visitor.page.heading == "About you"
    assert visitor.page.path.endswith("/who")
    assert (await stage.run()).status is RunStatus.WAITING


async def test_the_header_leads_back_to_the_start_page(stage: Stage) -> None:
    """The name of the form stands on each of its pages."""
    visitor = await stage.starts()
    assert visitor.page.links["Plan a trip"] == "/w/trip"
    assert visitor.page.title == "About you – Plan a trip"


INPUT = {
    "id": "handed",
    "title": "Handed",
    "language": "de",
    "input": {
        "country": {"type": "text", "max_length": 2},
        "day": {"type": "date"},
        "kind": {"type": "choice", "choices": ["a", "b"]},
        "tags": {"type": "choices", "choices": ["x", "y"], "required": False},
        "size": {"type": "integer", "default": 3, "max": 9},
    },
    "nodes": [{"id": "told", "type": "message", "title": "{{ input.country }} {{ input.day }} {{ input.size }}"}],
}


async def test_a_start_page_asks_for_what_it_has_to_be_told() -> None:
    """What has a default isn't asked, and what the address says is carried along."""
    async with staged(INPUT) as stage:
        visitor = await stage.visitor.opens("/w/handed?country=CH&size=5&other=1&tags=x")
        assert visitor.page.language == "de"
        assert visitor.page.values == {"day-day": "", "day-month": "", "day-year": "", "kind": None, "tags": []}
        assert visitor.page.hidden("country") == "CH"
        assert "size" not in (await stage.visitor.opens("/w/handed?country=CH")).page.values
        visitor = await stage.visitor.opens("/w/handed?country=CH&size=5&other=1&tags=x")
        await visitor.fills(day="1 2 2026", kind="b", tags=["y"]).presses()
        assert visitor.page.heading == "CH 1. Februar 2026 5"
        assert (await stage.run()).run.input["tags"] == ["y"]


async def test_a_start_page_shows_what_does_not_fit_in_its_address() -> None:
    """It was asked for only when the button had been pressed: a page without a question came back with an error."""
    async with staged(INPUT) as stage:
        visitor = await stage.visitor.opens("/w/handed?country=Switzerland&size=7")
        assert visitor.page.values["country"] == "Switzerland"
        assert visitor.page.errors == {}
        assert visitor.page.hidden("size") == "7"


async def test_a_start_page_says_what_is_wrong() -> None:
    """What was typed stays, also where it came in the address; and what is right needn't be typed again."""
    async with staged(INPUT) as stage:
        visitor = await stage.visitor.opens("/w/handed?country=Switzerland&size=7")
        await visitor.fills(day="31 2 2026").presses()
        assert visitor.page.status == 422
        assert visitor.page.title.startswith("Fehler: ")  # the definition is in German
        assert set(visitor.page.errors) == {"country", "day", "kind"}
        assert visitor.page.values["country"] == "Switzerland"
        assert visitor.page.values["day-day"] == "31"
        assert visitor.page.hidden("size") == "7"
        await visitor.fills(country="FR", day="x").presses()
        assert set(visitor.page.errors) == {"day", "kind"}
        assert visitor.page.hidden("country") == "FR"
        await visitor.fills(day="1 2 2026", kind="a").presses()
        assert visitor.page.heading == "FR 1. Februar 2026 7"


async def test_what_a_start_page_doesnt_ask_decides_what_it_asks() -> None:
    """No answer on the page brings these questions up or takes them away: the script would look for one in vain, hide
    what has to be answered, and nobody could start."""
    definition = {
        "id": "handed",
        "input": {
            "kind": {"type": "choice", "choices": ["dog", "cat"], "default": "dog"},
            "breed": {"show_if": "kind == 'dog'"},
            "indoors": {"type": "boolean", "show_if": "kind == 'cat'"},
        },
        "nodes": [{"id": "told", "type": "message", "title": "{{ input.kind }} {{ input.breed }} {{ input.indoors }}"}],
    }
    async with staged(definition) as stage:
        visitor = await stage.visitor.opens("/w/handed")
        assert visitor.page.values == {"breed": ""}
        assert "data-shown-by" not in visitor.page.html
        visitor = await stage.visitor.opens("/w/handed?kind=cat")
        assert visitor.page.values == {"indoors": None}
        assert "data-shown-by" not in visitor.page.html
        await visitor.fills(indoors="yes").presses()
        assert visitor.page.heading == "cat true"


async def test_a_default_that_the_address_breaks_is_asked_for() -> None:
    """An author's link with a mistake in it must not be a dead end."""
    async with staged(INPUT) as stage:
        visitor = await stage.visitor.opens("/w/handed?size=many")
        await visitor.fills(country="CH", day="1 2 2026", kind="a").presses()
        assert set(visitor.page.errors) == {"size"}
        await visitor.fills(size="4").presses()
        assert visitor.page.heading == "CH 1. Februar 2026 4"


# -- looking at a run --------------------------------------------------------------------------------


async def test_a_page_that_was_answered_can_be_looked_at_and_moves_nothing(stage: Stage) -> None:
    """The browser's Back, a bookmark: the answers are there, and the run stays where it is."""
    visitor = await stage.starts(**WHO, birth_date="1 2 1985")
    before = await stage.run()
    here = visitor.page.path
    await visitor.opens(here.replace("/where", "/who"))
    assert visitor.page.status == 200
    assert visitor.page.values["full_name"] == "Ann"
    assert visitor.page.values["birth_date-year"] == "1985"
    assert "Step 1 " in visitor.page.text
    assert visitor.page.buttons == ["next", "save"]
    after = await stage.run()
    assert (after.revision, after.step) == (before.revision, "where")


async def test_addresses_that_show_nothing_lead_to_the_current_page(stage: Stage) -> None:
    """A deep link to a page that isn't there yet, or not any more, ends where the person is."""
    visitor = await stage.starts(**WHO)
    current = visitor.page.path
    run = current.removesuffix("/where")
    for address in (
        "",
        "/",
        "/check",
        "/shoes",
        "/friends/1/named",
        "/nothing",
        "/-/nothing",
        "/who/",
        "/%00",
        "/ä%ff",
    ):
        await visitor.opens(run + address)
        assert (visitor.statuses[:-1], visitor.page.path) == ([303], current), address
    assert (await stage.run()).step == "where"


async def test_a_kept_page_leads_to_the_current_one(stage: Stage) -> None:
    """What was gone back from isn't decided: only the way leads there again."""
    visitor = await stage.starts(**WHO)
    ahead = visitor.page.path
    await visitor.presses("previous")
    await visitor.opens(ahead)
    assert visitor.page.path.endswith("/who")


async def test_progress_is_on_each_page_but_the_last(stage: Stage) -> None:
    """People want to know how long it still takes."""
    visitor = await stage.starts()
    assert "Step 1" in visitor.page.text
    assert "Step 1 of" not in visitor.page.text
    await to_the_review(stage)
    assert "Step 5 of 5" in visitor.page.text
    await visitor.presses()
    assert "Step" not in visitor.page.text


async def test_the_end_is_at_its_own_address_and_what_was_answered_stays_to_be_read(stage: Stage) -> None:
    """A completed run can be looked at, and not changed."""
    await to_the_review(stage)
    visitor = await stage.visitor.presses()
    assert (visitor.page.heading, visitor.page.buttons) == ("Have a good trip", [])
    assert "See you, Ann." in visitor.page.text
    end = visitor.page.path
    await visitor.opens(end.replace("/done", "/who"))
    assert visitor.page.heading == "About you"
    assert visitor.page.buttons == []
    assert "train" in visitor.page.text
    assert visitor.page.links["Go to where you are now"] == end
    await visitor.opens(end.replace("/done", ""))
    assert visitor.page.path == end


async def test_a_run_that_ends_without_a_last_page_says_that_it_is_over(stage: Stage) -> None:
    """Somebody who answered the last question must see that it was the last."""
    visitor = await stage.starts("paid", francs="5")
    await visitor.presses()
    await visitor.presses()
    assert visitor.page.heading == "All done"
    assert visitor.page.buttons == []


async def test_below_a_final_step_answers_are_there_to_be_read(stage: Stage) -> None:
    """Money that was paid isn't paid otherwise by going back (S7)."""
    visitor = await stage.starts("paid", francs="5")
    assert visitor.page.buttons == ["next", "save"]
    note = visitor.page.path
    await visitor.opens(note.replace("/note", "/sum"))
    assert visitor.page.buttons == []
    assert "5" in visitor.page.text
    await visitor.opens(note)
    await visitor.presses()
    assert visitor.page.buttons == ["next", "previous", "next", "save"]
    await visitor.opens(note)
    assert visitor.page.buttons == ["next", "save"]


async def test_failed_work_says_so_and_can_be_tried_again(stage: Stage) -> None:
    """A bank that doesn't answer must not lose the form before it (S16)."""
    stage.till.failing = True
    visitor = await stage.starts("paid", francs="5")
    assert (visitor.page.status, visitor.page.heading) == (200, "Your payment")
    assert "The bank doesn't answer." in visitor.page.text
    await visitor.presses()
    assert "The bank doesn't answer." in visitor.page.text
    await visitor.presses("save")
    assert visitor.page.heading == "Your answers are saved"
    await visitor.follows("Go on now")
    await visitor.presses("previous")
    assert visitor.page.values == {"francs": "5"}
    await visitor.presses()
    stage.till.failing = False
    await visitor.presses()
    assert visitor.page.heading == "A note?"
    assert stage.till.paid == 1


async def test_a_page_of_work_that_nobody_named_has_words_of_its_own() -> None:
    """The id of a node is no title."""
    document = {**PAID, "nodes": [{**each, "title": None} if each["id"] == "pay" else each for each in PAID["nodes"]]}
    document["nodes"] = [{k: v for k, v in each.items() if v is not None} for each in document["nodes"]]
    async with staged(document) as stage:
        stage.till.failing = True
        visitor = await stage.starts("paid", francs="5")
        assert visitor.page.heading == "Something went wrong"


async def test_a_run_that_failed_before_its_first_question_can_be_tried_again() -> None:
    """There is no step yet, but there is a page."""
    nodes = [
        {"id": "way", "type": "condition", "cases": [{"when": "input.a == 1", "goto": "told"}]},
        {"id": "told", "type": "message", "title": "Told"},
    ]
    async with staged({"id": "trip", "title": "T", "nodes": nodes}) as stage:
        visitor = await stage.starts()
        assert visitor.page.heading == "Something went wrong"
        await visitor.presses()
        assert (visitor.statuses, visitor.page.heading) == ([303, 200], "Something went wrong")


async def test_a_run_that_was_created_elsewhere_begins_with_a_start_page(stage: Stage) -> None:
    """`create` executes nothing (S1), so somebody has to say that it begins."""
    view = await stage.engine.create("trip")
    visitor = await stage.visitor.opens(f"/r/{view.id}?token={view.token}")
    assert (visitor.page.heading, visitor.page.buttons) == ("Plan a trip", ["next"])
    await visitor.opens(f"/r/{view.id}/where")
    assert visitor.page.path.endswith("/who")
    await visitor.presses()
    assert visitor.page.heading == "About you"


async def test_a_run_whose_time_is_over_says_so(stage: Stage) -> None:
    """The link in an old message must explain itself."""
    visitor = await stage.starts()
    run = visitor.page.path
    stage.clock.move(days=29)
    for address in (run, run.replace("/who", "/-/saved"), run.replace("/who", "")):
        await visitor.opens(address)
        assert (visitor.page.status, visitor.page.heading) == (410, "This has expired")
    await visitor.follows("Start again")
    assert visitor.page.path == "/w/trip"


async def test_an_answer_after_the_time_is_over_says_so(stage: Stage) -> None:
    """A page that was left open over night."""
    visitor = await stage.starts()
    stage.clock.move(days=29)
    await visitor.fills(**WHO).presses()
    assert (visitor.page.status, visitor.page.heading) == (410, "This has expired")
    assert visitor.page.links["Start again"] == "/w/trip"


async def test_a_page_that_can_not_be_computed_leads_to_the_current_one(stage: Stage) -> None:
    """Its text reads what a later answer changed; it is no fault of who looks at it."""
    visitor = await stage.starts(**WHO)
    current = visitor.page.path
    with patch("wizard.engine.view.look", side_effect=ExpressionError("no")):
        await visitor.opens(current.replace("/where", "/who"), allow_redirects=False)
    assert visitor.page.status == 303
    assert visitor.page.headers["Location"] == current


async def test_an_answer_to_a_page_that_can_not_be_computed_is_refused_with_words(stage: Stage) -> None:
    """What it asks isn't known, so nothing can be an answer to it; the person goes on where the run is."""
    visitor = await stage.starts()
    tab = visitor.tab()
    await visitor.fills(**WHO).presses()
    before = await stage.run()
    with patch("wizard.engine.view.look", side_effect=ExpressionError("no")):
        await tab.fills(**WHO).presses()
    assert (tab.page.status, tab.page.heading) == (409, "This page is out of date")
    assert (await stage.run()).revision == before.revision


async def test_a_background_step_that_somebody_went_back_to_can_be_left(stage: Stage) -> None:
    """A program may go back by exactly one step (S6); the person then sees a page with a way on."""
    document = {**PAID, "nodes": [{k: v for k, v in each.items() if k != "final"} for each in PAID["nodes"]]}
    async with staged(document) as stage:
        visitor = await stage.starts("paid", francs="5")
        await stage.engine.previous(await stage.run(), skip_background=False)
        await visitor.opens()
        assert (visitor.page.path.split("/")[-1], visitor.page.heading) == ("pay", "Your payment")
        await visitor.presses()
        assert visitor.page.heading == "A note?"
        assert stage.till.paid == 1


# -- files ---------------------------------------------------------------------------------------------


async def test_an_uploaded_file_is_handed_out_to_be_saved(stage: Stage) -> None:
    """A page that somebody uploads must never be shown as one of ours."""
    visitor = await stage.starts()
    await visitor.fills(**WHO, letter=("a <b>.html", "text/html", b"<script>")).presses()
    view = await stage.run()
    file = view.answers["who"]["letter"]
    async with visitor.session.get(visitor.address(f"/r/{view.id}/-/files/{file['id']}")) as response:
        assert response.status == 200
        assert await response.read() == b"<script>"
        assert response.headers["Content-Disposition"].startswith("attachment; ")
        assert "sandbox" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    await visitor.opens(f"/r/{view.id}/-/files/none")
    assert (visitor.page.status, visitor.page.heading) == (404, "Page not found")


async def test_a_file_of_another_run_is_not_handed_out(stage: Stage) -> None:
    """The run's token opens its own files alone."""
    visitor = await stage.starts()
    with patch.object(MemoryStore, "file", return_value=StoredFile("f", "x", "text/plain", b"secret")):
        other = visitor.another()
        await other.opens(visitor.page.path.replace("/who", "/-/files/f"))
    assert other.page.status == 403


# -- coming back -----------------------------------------------------------------------------------------


async def test_a_link_opens_the_run_in_another_browser_and_leaves_the_address(stage: Stage) -> None:
    """Begun on a phone, finished at a desk; the token stays in no history and no log."""
    visitor = await stage.starts()
    await visitor.fills(full_name="An").presses("save")
    assert visitor.statuses == [303, 200]
    assert "until 12 February 2026" in visitor.page.text
    link = next(to for to in visitor.page.links.values() if "token=" in to)
    assert link.startswith("http://127.0.0.1:")
    other = await visitor.another().opens(link)
    assert other.statuses == [303, 303, 200]
    assert "token" not in other.page.address
    assert other.page.values["full_name"] == "An"
    await other.fills(**WHO).presses()
    assert other.page.heading == "Where to, Ann?"
    await visitor.opens(other.page.path.replace("/where", ""))
    assert visitor.page.heading == "Where to, Ann?"


@pytest.mark.parametrize("token", ["", "x", "x" * 32, "x" * 5000, "%00%ff", "%F0%9F%98%80"])
async def test_a_wrong_token_opens_nothing(stage: Stage, token: str) -> None:
    """Half a link, or somebody who tries."""
    visitor = await stage.starts()
    other = await visitor.another().opens(visitor.page.path.replace("/who", f"?token={token}"))
    assert (other.page.status, other.page.heading) == (403, "You can't open this here")
    assert "Set-Cookie" not in other.page.headers
    await other.opens(visitor.page.path)
    assert other.page.status == 403


async def test_saving_does_not_check(stage: Stage) -> None:
    """Who is interrupted in the middle of a word comes back to it."""
    visitor = await stage.starts()
    await visitor.fills(full_name="x" * 60, birth_date=("31", "", "")).presses("save")
    assert visitor.page.status == 200
    await visitor.follows("Go on now")
    assert visitor.page.values["full_name"] == "x" * 60
    assert visitor.page.values["birth_date-day"] == "31"
    assert not visitor.page.errors


def test_the_workflow_under_test_has_what_the_tests_are_about() -> None:
    """A page of each kind, so that no test passes for want of one."""
    assert {each["type"] for each in TRIP["nodes"]} == {"form", "condition", "workflow", "review", "end"}
