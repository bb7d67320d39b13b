"""Editors save drafts, and never over each other."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from pydantic import SecretStr

from tests.unit.channels.admin.office import KEY, Office, working
from tests.unit.deployments.texts import BROKEN, ORDER, PASSPORT
from wizard.definitions.reading import source
from wizard.definitions.reading.document import Document
from wizard.settings import Settings

DRAFT = "/workflows/passport/draft"
DRAWN: dict[str, Any] = {
    "title": "Apply for a passport",
    "id": "passport",
    "nodes": [
        {"type": "set", "id": "fee", "values": {"fee": 1.20, "postcode": "012", "agreed": "yes"}},
        {"id": "done", "type": "end", "text": "Thank you.\nCome back soon.\n"},
    ],
}


async def test_two_editors_have_the_same_draft_open(office: Office) -> None:
    """Bob saves what he has been at for an hour. Ann was faster: he gets hers, to join the two, and loses neither."""
    ann, bob = office.ann, office.bob
    await ann.saves(PASSPORT)
    await bob.opens()
    await ann.saves(PASSPORT + "# Ann's\n")
    problem = await bob.is_overtaken(PASSPORT + "# Bob's\n")
    assert (problem["text"], problem["revision"], problem["saved_by"]) == (PASSPORT + "# Ann's\n", 2, "ann")
    bob.seen["passport"] = problem["revision"]
    await bob.saves(PASSPORT + "# Ann's\n# Bob's\n")
    await ann.is_overtaken(PASSPORT)
    assert (await ann.opens())["text"] == PASSPORT + "# Ann's\n# Bob's\n"


async def test_of_two_who_save_at_once_one_is_told(office: Office) -> None:
    """Both press Save at the same moment."""
    ann, bob = office.ann, office.bob
    await ann.saves(PASSPORT)
    await bob.opens()
    sent = [
        office.client.put(
            f"/api/v1/admin{DRAFT}",
            json={"text": PASSPORT + f"# {who}\n"},
            headers={**colleague.headers, "If-Match": '"1"'},
        )
        for who, colleague in (("ann", ann), ("bob", bob))
    ]
    answers = await asyncio.gather(*sent)
    assert sorted(answer.status for answer in answers) == [200, 412]


async def test_a_text_is_kept_byte_for_byte(office: Office) -> None:
    """Comments, blank lines and odd line ends are the author's: whoever gets their draft back changed puts it away."""
    odd = "\ufeff# Ann's\r\nid: passport\t\n\n\nnodes:   # not yet, 😀\n- {id: done, type: end}"
    await office.ann.saves(odd)
    assert (await office.ann.opens())["text"] == odd
    await office.ann.saves("")
    draft = await office.ann.opens()
    assert (draft["text"], draft["definition"], draft["revision"], draft["saved_by"]) == ("", None, 2, "ann")


async def test_a_draft_is_saved_whatever_is_wrong_with_it(office: Office) -> None:
    """An author saves every few seconds, mostly something unfinished; where the mistakes are is told."""
    assert len(await office.ann.saves(BROKEN)) == 2
    draft = await office.ann.opens()
    assert draft["text"] == BROKEN
    assert [problem["line"] for problem in draft["problems"]] == [3, 4]
    assert [problem["file"] for problem in draft["problems"]] == ["passport", "passport"]
    assert await office.ann.saves(PASSPORT) == []


async def test_what_a_draft_embeds_is_looked_for_among_what_is_deployed(office: Office) -> None:
    """An order embeds the passport: without one that is deployed it could go to nobody."""
    assert any("passport" in problem for problem in await office.ann.saves(ORDER, "order"))
    await office.ann.saves(PASSPORT)
    await office.dora.deploys()
    problems = (await office.ann.opens("order"))["problems"]
    assert [(problem["file"], problem["severity"]) for problem in problems] == [("passport", "warning")]


async def test_a_definition_that_is_drawn_is_written_as_text(office: Office) -> None:
    """An editor that draws has data. What it saves can be gone on with by hand, and drawn again: each key where it was,
    numbers digit for digit, texts texts."""
    await office.ann.draws(DRAWN)
    draft = await office.ann.opens()
    assert draft["definition"] == DRAWN
    assert [*draft["definition"]] == ["title", "id", "nodes"]
    assert draft["text"] == (
        "title: Apply for a passport\n"
        "id: passport\n"
        "nodes:\n"
        "- type: set\n"
        "  id: fee\n"
        "  values:\n"
        "    fee: 1.2\n"
        "    postcode: '012'\n"
        "    agreed: 'yes'\n"
        "- id: done\n"
        "  type: end\n"
        "  text: |\n"
        "    Thank you.\n"
        "    Come back soon.\n"
    )
    await office.ann.draws(draft["definition"])
    assert (await office.ann.opens())["text"] == draft["text"]


async def test_numbers_keep_their_digits(office: Office) -> None:
    """1.20 is a price, and 0.1 no binary fraction: they are the same in the text, and as data."""
    text = "id: passport\nnodes:\n  - {id: fee, type: set, values: {fee: 1.20, share: 0.1}}\n"
    await office.ann.saves(text)
    await office.ann.opens()
    told = await office.ann.answer.text()
    assert '"fee": 1.20, "share": 0.1' in told


async def test_what_is_no_definition_is_refused_as_data(office: Office) -> None:
    """Data that no text says can't be shown to whoever goes on with it by hand."""
    body = {"definition": {"id": "passport", "title": "a\u0007b"}}
    problem = await office.ann.is_refused(422, "definition-refused", "PUT", DRAFT, body, If_None_Match="*")
    assert "title" in problem["problems"][0]["message"]
    await office.ann.is_refused(404, "draft-not-found", "GET", DRAFT)


async def test_the_same_again_is_the_same_answer(office: Office) -> None:
    """The answer to a save was lost on its way: the editor sends it again, and isn't told that somebody else was
    faster."""
    ann = office.ann
    for condition in ({"If_None_Match": "*"}, {"If_None_Match": "*"}):
        assert (await ann.asks("PUT", DRAFT, 200, {"text": PASSPORT}, **condition))["revision"] == 1
    for _ in range(2):
        assert (await ann.asks("PUT", DRAFT, 200, {"text": BROKEN}, If_Match='"1"'))["revision"] == 2
        assert ann.answer.headers["ETag"] == '"2"'
    await ann.asks("PUT", DRAFT, 412, {"text": PASSPORT}, If_None_Match="*")


async def test_what_is_saved_over_must_be_said(office: Office) -> None:
    """A script that says nothing would overwrite what somebody has just saved."""
    ann, body = office.ann, {"text": PASSPORT}
    await ann.is_refused(428, "precondition-required", "PUT", DRAFT, body)
    problem = await ann.is_refused(412, "stale-draft", "PUT", DRAFT, body, If_Match='"1"')
    assert (problem["text"], problem["revision"]) == (None, None)
    await ann.saves(PASSPORT)
    for conditions in (
        {"If_Match": "*"},
        {"If_Match": "1"},
        {"If_Match": 'W/"1"'},
        {"If_Match": '"1", "2"'},
        {"If_Match": '"0"'},
        {"If_Match": '"' + "9" * 16 + '"'},
        {"If_None_Match": '"1"'},
        {"If_Match": '"1"', "If_None_Match": "*"},
    ):
        await ann.is_refused(400, "invalid-request", "PUT", DRAFT, body, **conditions)
    assert (await ann.opens())["revision"] == 1


async def test_a_new_draft_is_no_other(office: Office) -> None:
    """Two people think of the same name for a new workflow."""
    await office.ann.saves(PASSPORT)
    problem = await office.bob.is_overtaken(ORDER)
    assert problem["text"] == PASSPORT


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": PASSPORT, "definition": {}},
        {"text": 5},
        {"text": None},
        {"definition": "id: passport"},
        {"text": PASSPORT, "other": 1},
        {"text": "id: passport\0"},
        {"text": "\ud800"},
    ],
    ids=lambda body: str(body)[:40],
)
async def test_bodies_that_say_something_else_are_refused(office: Office, body: Any) -> None:
    """A mistake of a program is told as that, and nothing is saved."""
    await office.ann.is_refused(400, "invalid-request", "PUT", DRAFT, body, If_None_Match="*")
    await office.ann.is_refused(404, "draft-not-found", "GET", DRAFT)


async def test_a_draft_has_an_end(office: Office) -> None:
    """A text that can never be read, since it is too large for a definition, isn't kept."""
    for text in ("ä" * 500_001, "x" * 1_000_001):
        problem = await office.ann.is_refused(413, "too-large", "PUT", DRAFT, {"text": text}, If_None_Match="*")
        assert "1,000,000 bytes" in problem["detail"]
    many = {"id": "passport", "nodes": ["x" * 40] * 25_000}
    await office.ann.is_refused(422, "definition-refused", "PUT", DRAFT, {"definition": many}, If_None_Match="*")
    await office.ann.saves("ä" * 500_000)
    settings = Settings(admin_key=SecretStr(KEY), jobs=0, body_limit=100)
    async with working(None, settings) as small:
        await small.key.is_refused(413, "too-large", "PUT", DRAFT, {"text": "x" * 100}, If_None_Match="*")


@pytest.mark.parametrize("workflow", ["1st", "a" * 65, "pass port", "%00", "a%2Fb", "p\u00e4ss", "-"])
async def test_what_no_workflow_can_be_called_has_no_draft(office: Office, workflow: str) -> None:
    """A draft under a name that no definition can have could never be deployed."""
    path = f"/workflows/{workflow}/draft"
    await office.ann.is_refused(404, "not-found", "GET", path)
    await office.ann.is_refused(404, "not-found", "PUT", path, {"text": PASSPORT}, If_None_Match="*")


async def test_no_text_is_read_where_others_wait(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a text of a megabyte takes a second or more, in which nobody's run would go on."""
    main, read = threading.get_ident(), source.read
    threads: list[int] = []

    def watched(text: str | bytes, file: str) -> list[Document]:
        threads.append(threading.get_ident())
        return read(text, file)

    await office.ann.saves(PASSPORT)
    await office.ann.saves(ORDER, "order")
    await office.dora.asks("POST", "/workflows/passport/deploy", 201, {})
    monkeypatch.setattr(source, "read", watched)
    for workflow in ("order", "passport"):
        await office.ann.opens(workflow)
        await office.dora.asks("POST", f"/workflows/{workflow}/deploy", 201, {})
    await office.ann.opens()
    await office.ann.draws(DRAWN)
    await office.dora.asks("POST", "/workflows/passport/deploy", 201, {})
    await office.vic.asks("GET", "/workflows")
    assert threads
    assert main not in threads
