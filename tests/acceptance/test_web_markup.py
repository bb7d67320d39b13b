"""Markup, script and template syntax wherever text can come from: answers, names of files, media types, addresses.
None of it is ever anything but text, on any page (`besieged.check_page` looks for tags, attributes and addresses
that no template wrote).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.acceptance.besieged import MARKER, RECIPES, WORD, Site, besieged, check_refusal, page_of, pairs_of, posted
from tests.acceptance.raw import FORM_ENCODED, Sent, urlencoded
from wizard.channels.web.csrf import RUN, START, VISITOR_COOKIE, form_key

HOSTILE = (
    MARKER,
    f"<script>{WORD}</script>",
    f"--><{WORD}>",
    f"]]><{WORD}>",
    f"</textarea><{WORD}>",
    f"&lt;{WORD}&gt;&#60;{WORD}&#62;",
    f"' on{WORD}='1",
    f"{{% raw %}}{{{{6*7}}}}{WORD}",
    f"javascript:{WORD}",
    f"\u2028<{WORD}>\u2029",
    f"＜{WORD}＞\u202e<{WORD}",
)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with besieged(tmp_path) as site:
        yield site


def typed(text: str) -> str:
    """What a form makes of it: no marks that turn the direction of what follows."""
    return text.strip().replace("\u202e", "")


SHOWS_IT = ("picks", "list", "message", "review", "final", "answered", "end", "failed", "waiting", "reopened")


@pytest.mark.parametrize("name", RECIPES)
async def test_markup_in_answers_is_text_on_every_page(site: Site, name: str) -> None:
    """Staff who read what strangers wrote must not run what strangers wrote."""
    held = await site.holds(name)
    await site.shows(held)
    if name in ("revisited", "change"):
        page = await site.shows(held)
        assert MARKER in page.values.values()
    elif name in SHOWS_IT:
        assert MARKER in (await site.shows(held)).text


WORDS_FIELDS = (
    "line",
    "story",
    "email",
    "phone",
    "site",
    "postcode",
    "account",
    "people",
    "rent",
    "secret",
    "campaign",
    "at",
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_markup_in_every_kind_of_field(site: Site, text: str) -> None:
    """A rejected answer comes back into its input as it was typed, but for marks that turn the
    direction of what follows, and into the errors as text at most."""
    held = await site.holds("form")
    page = await site.shows(held)
    kept = [pair for pair in pairs_of(page) if pair[0] not in WORDS_FIELDS]
    answer = await site.posts(held, [*kept, *((name, text) for name in WORDS_FIELDS)])
    page = page_of(answer)
    assert answer.status == 422
    assert {"email", "phone", "postcode", "account", "people", "rent", "at"} <= page.errors.keys()
    for name in ("line", "email", "people"):
        assert typed(page.values[name]) == typed(text)
    assert page.values["secret"] == ""
    held = await site.holds("picks")
    names = ("size", "colour", "topics", "country", "gift", "card", "day", "day-day", "day-month", "day-year")
    kept = [pair for pair in pairs_of(await site.shows(held)) if pair[0] not in names]
    answer = await site.posts(held, [*kept, *((name, text) for name in names)])
    assert answer.status == 422
    assert {"size", "topics", "country", "gift", "day"} <= page_of(answer).errors.keys()


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_markup_that_is_kept_and_saved(site: Site, text: str) -> None:
    """A draft comes back as it was left, also from the other side of Back and of Save."""
    held = await site.holds("picks")
    first = await site.shows(held)
    pairs = [pair for pair in pairs_of(first, "previous") if pair[0] != "card"]
    assert (await site.posts(held, [*pairs, ("card", text)])).status == 303
    answer = await site.posts(
        held, [("wizard-key", first.hidden("wizard-key")), ("line", text), ("action", "save")], f"/r/{held.id}/words"
    )
    assert (answer.status, answer.header("location")) == (303, f"/r/{held.id}/-/saved")
    assert page_of(await site.asks(Sent("GET", f"/r/{held.id}/-/saved", held.cookies))).heading
    page = await site.shows(held, f"/r/{held.id}/words")
    assert page.values["line"] == typed(text)
    answer = await site.posts(held, pairs_of(page), f"/r/{held.id}/words")
    assert answer.status in (303, 422)


NAMES = (
    MARKER, f'x".pdf\r\nZq: {WORD}', "..\\..\\evil.pdf", "../../etc/passwd", "a\0b.pdf", "<>.pdf",
    '";filename=x.html;".pdf', "%0d%0aX: y.pdf", "x" * 3_000 + ".pdf", "ünï çødé\u202efdp.exe",
    "; filename*=UTF-8''evil.html", "con", ".", "", " ", "\ud7ff.pdf",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
async def test_names_of_files(site: Site, name: str) -> None:
    """A file's name is shown on pages, and is in a header when the file is fetched: in both it is only a name."""
    held = await site.holds("upload")
    page = await site.shows(held)
    pairs = [pair for pair in pairs_of(page) if pair[0] not in ("street", "proof")]
    escaped = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    file = (escaped, "text/html", f"<{WORD}>".encode())
    answer = await site.posts(held, [*pairs, ("street", "x"), ("proof", file)])
    assert answer.status in (303, 422), answer.status
    page = await site.shows(held)
    output = (await site.stored(held.id)).by_path["papers"].output
    if answer.status == 303:
        assert output is not None
        address = f"/r/{held.id}/-/files/{output['proof']['id']}"
        assert address in page.html
        fetched = await site.asks(Sent("GET", address, held.cookies))
        assert fetched.status == 200
        assert fetched.header("content-disposition").startswith("attachment; filename*=UTF-8''")
        assert not set(fetched.header("content-disposition").partition("''")[2]) & set("\"'<>;\\/ \r\n")
        assert fetched.header("x-content-type-options") == "nosniff"
        assert fetched.header("cache-control") == "no-store"


@pytest.mark.parametrize(
    "media_type",
    ["text/html", "text/html; charset=utf-7", "image/svg+xml", MARKER, "text/plain\r\nSet-Cookie: x=y",
    "text/" + "x" * 5_000, "", "/", "text/plain, text/html", "multipart/form-data; boundary=x", "application/pdf"],
)  # fmt: skip
async def test_media_types_of_files(site: Site, media_type: str) -> None:
    """What somebody uploads is never shown as a page of ours, whatever it says it is."""
    held = await site.holds("upload")
    pairs = [pair for pair in pairs_of(await site.shows(held)) if pair[0] not in ("street", "proof")]
    answer = await site.posts(held, [*pairs, ("street", "x"), ("proof", ("x.pdf", media_type, b"<script>1</script>"))])
    assert answer.status in (303, 400, 422), answer.status
    await site.shows(held)
    if answer.status == 303:
        output = (await site.stored(held.id)).by_path["papers"].output
        assert output is not None
        fetched = await site.asks(Sent("GET", f"/r/{held.id}/-/files/{output['proof']['id']}", held.cookies))
        assert fetched.header("content-disposition").startswith("attachment")
        assert not fetched.header("set-cookie")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_markup_in_addresses(site: Site, text: str) -> None:
    """A link with script in it, sent to a person, shows a page without it."""
    held = await site.holds("picks")
    hostile = quote(text, safe="")
    async with site.unchanged():
        for path in (
            f"/?{hostile}", f"/{hostile}", f"/w/{hostile}", f"/w/siege?town={hostile}",
            f"/w/siege?lane={hostile}&{hostile}={hostile}", f"/r/{hostile}",
            f"/r/{held.id}/{hostile}", f"/r/{held.id}?token={hostile}", f"{held.address}?{hostile}",
            f"{held.address}?change={hostile}",
            f"/r/{held.id}/-/remove/{hostile}", f"/r/{held.id}/-/files/{hostile}", f"/r/{held.id}/-/saved?{hostile}",
            f"/static/{hostile}",
        ):  # fmt: skip
            answer = await site.asks(Sent("GET", path, held.cookies))
            assert answer.status in (200, 303, 403, 404), (path, answer.status)
            answer = await site.asks(Sent("POST", path, (*held.cookies, FORM_ENCODED), b"wizard-key=x"))
            assert answer.status in (403, 404, 405), (path, answer.status)
            assert WORD not in answer.header("location")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_markup_in_what_a_start_page_is_handed(site: Site, text: str) -> None:
    """What an address says is carried in the start page's form, and stands in the run's titles later."""
    visitor = "v" * 22
    headers = (("Cookie", f"{VISITOR_COOKIE}={visitor}"), FORM_ENCODED)
    path = f"/w/siege?town={quote(text, safe='')}&lane={quote(text * 3, safe='')}"
    page = page_of(await site.asks(Sent("GET", path, headers)))
    assert [each.value for each in page.inputs if each.name == "town"] == [text]
    form = urlencoded([("wizard-key", form_key(visitor, START, "siege")), ("town", text)])
    answer = await site.asks(Sent("POST", "/w/siege", headers, form))
    assert answer.status in (303, 422), answer.status
    form = urlencoded([("wizard-key", form_key(visitor, START, "siege")), ("town", text * 30)])
    assert (await site.asks(Sent("POST", "/w/siege", headers, form))).status == 303
    assert page_of(await site.asks(Sent("GET", "/w/siege", headers))).status == 422


async def test_markup_in_hidden_inputs(site: Site) -> None:
    """What a page carries can be changed by whoever has it."""
    held = await site.holds("picks")
    right = form_key(held.visitor, RUN, held.token)
    for name in ("wizard-seen", "action", "wizard-key", WORD, MARKER):
        answer = await site.asks(posted(held, [("wizard-key", right), (name, MARKER)]))
        assert answer.status in (303, 400, 403, 409, 422), answer.status
        if answer.status >= 400:
            assert page_of(answer).heading
    check_refusal(await site.posts(held, [("wizard-key", MARKER)]), 403)
