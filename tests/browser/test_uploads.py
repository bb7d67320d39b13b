"""Uploads: a file that was taken is never asked for again, and a wrong one is refused with words."""

from __future__ import annotations

from pathlib import Path

from tests.browser.conftest import Opens
from tests.browser.site import Site

BILL = b"%PDF-1.7 a bill"


async def test_a_file_survives_an_error_beside_it(site: Site, opens: Opens, javascript: bool) -> None:
    """Whoever forgets the street mustn't look for the scan on the disk again."""
    ann = await opens(javascript=javascript)
    run = await site.begins("proof")
    await ann.visits(site.link(run))
    await ann.uploads("bill", "bill.pdf", BILL)
    await ann.presses("Continue")
    await ann.sees("bill.pdf", error="Answer “Street”", status=422)
    await ann.types(street="Long Lane")
    await ann.presses("Continue")
    await ann.sees(title="We have bill.pdf")
    kept = (await site.seen(run)).answers["papers"]["bill"]
    stored = await site.engine.file(run.id, kept["id"])
    assert stored is not None
    assert stored.content == BILL


async def test_a_file_survives_going_back(site: Site, opens: Opens, javascript: bool) -> None:
    """The page shows which file it has; sent again without choosing one, the answer still has it."""
    ann = await opens(javascript=javascript)
    run = await site.begins("proof")
    await ann.visits(site.link(run))
    await ann.types(street="Long Lane")
    await ann.uploads("bill", "bill.pdf", BILL)
    await ann.presses("Continue")
    before = (await site.seen(run)).answers["papers"]["bill"]
    await ann.goes_back()
    await ann.sees("bill.pdf", title="Your papers", values={"street": "Long Lane"})
    await ann.types(street="Short Lane")
    await ann.presses("Continue")
    await ann.sees(title="We have bill.pdf")
    assert (await site.seen(run)).answers["papers"] == {"street": "Short Lane", "bill": before, "photo": None}


async def test_a_file_that_was_chosen_and_not_sent_survives_going_on_and_back(site: Site, opens: Opens) -> None:
    """An optional photo can be replaced, and taken out again."""
    ann = await opens(javascript=False)
    run = await site.begins("proof")
    await ann.visits(site.link(run))
    await ann.types(street="Long Lane")
    await ann.uploads("bill", "bill.pdf", BILL)
    await ann.uploads("photo", "me.png", b"a picture", "image/png")
    await ann.presses("Continue")
    await ann.goes_back()
    await ann.sees("bill.pdf", "me.png")
    await ann.uploads("bill", "other.pdf", BILL)
    await ann.page.locator('[name="photo-remove"]').check()
    await ann.presses("Continue")
    await ann.sees(title="We have other.pdf")
    assert (await site.seen(run)).answers["papers"]["photo"] is None


async def test_a_file_that_is_too_large(site: Site, opens: Opens, javascript: bool) -> None:
    """The page comes again and says which size is allowed; the rest of the answer is still there."""
    ann = await opens(javascript=javascript)
    run = await site.begins("proof")
    await ann.visits(site.link(run))
    await ann.types(street="Long Lane")
    await ann.uploads("bill", "bill.pdf", b"x" * 3001)
    await ann.presses("Continue")
    await ann.sees(title="Your papers", values={"street": "Long Lane"}, status=422)
    (error,) = await ann.errors()
    assert "smaller than" in error or "or smaller" in error, error
    assert (await site.seen(run)).step == "papers"


async def test_a_film_instead_of_a_scan(site: Site, opens: Opens, javascript: bool, tmp_path: Path) -> None:
    """More than the server takes at all, in one request: the page still says so, and nothing else is lost."""
    ann = await opens(javascript=javascript)
    run = await site.begins("proof")
    await ann.visits(site.link(run))
    film = tmp_path / "film.pdf"
    film.write_bytes(b"x" * 9_000_000)
    await ann.types(street="Long Lane")
    await ann.field("bill").set_input_files(film)
    await ann.presses("Continue")
    await ann.sees(title="Your papers", values={"street": "Long Lane"}, status=422)
    (error,) = await ann.errors()
    assert "smaller than" in error or "or smaller" in error, error


async def test_a_file_of_the_wrong_kind(site: Site, opens: Opens) -> None:
    """The page says what is taken instead."""
    ann = await opens(javascript=False)
    await ann.visits(site.link(await site.begins("proof")))
    await ann.types(street="Long Lane")
    await ann.uploads("bill", "bill.exe", BILL, "application/octet-stream")
    await ann.presses("Continue")
    await ann.sees(error="The file for “A bill with your address” must be one of these: .pdf", status=422)


async def test_a_file_is_given_back_only_to_whom_it_belongs(site: Site, opens: Opens) -> None:
    """A scan of an identity card at an address that leaks must be worth nothing to others."""
    ann, eve = await opens(), await opens()
    run = await site.begins("proof")
    await ann.visits(site.link(run))
    await ann.types(street="Long Lane")
    await ann.uploads("bill", "bill.pdf", BILL)
    await ann.presses("Continue")
    kept = (await site.seen(run)).answers["papers"]["bill"]
    address = site.page(run, f"-/files/{kept['id']}")
    mine = await ann.context.request.get(address)
    assert (mine.status, await mine.body()) == (200, BILL)
    assert "attachment" in mine.headers["content-disposition"]
    assert (await eve.context.request.get(address)).status in (403, 404)
