"""Questions that come and go with another answer of the same page: as the script shows them, the server asks them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Opens
from tests.browser.person import Person
from tests.browser.site import a_site

# Each question that a condition brings up is called after its deciding one, and has to be answered; `left` never is.
PAGE = """
id: form_of_{kind}
nodes:
  - id: page
    type: form
    fields:
      - {{name: left, label: Left empty}}
      - {{name: it, label: Deciding, {deciding}}}
{asked}
"""
CONDITIONS = {
    "box": (
        "type: boolean, checkbox: true, required: false",
        ["it", "not it", "it == false", "it == null", "it != true"],
    ),
    "needed_box": ("type: boolean, checkbox: true", ["it", "not it", "it == false", "it == null"]),
    "yes_or_no": ("type: boolean, required: false", ["it", "not it", "it == false", "it == null", "it != true"]),
    "radios": ("type: choice, choices: [a, b], required: false", ["it == 'a'", "it != 'a'", "not it", "it == null"]),
    "select": (
        "type: choice, choices: [a, b, c, d, e, f, g, h], required: false",
        ["it == 'a'", "it != 'a'", "not it"],
    ),
    "country": ("type: country, required: false", ["it == 'CH'", "it != 'CH'", "it == null"]),
}
UNDECIDED = {
    "boxes": ("type: choices, choices: [a, b], required: false", ["'a' in it", "not it"]),
    "text": ("type: text, required: false", ["it == 'a'", "not it"]),
    "number": ("type: integer, required: false", ["it > 17", "it == null"]),
}
CHAINED = CONDITIONS.keys() - {"needed_box"}
PICKS = {
    "box": ("", "#it", "#it"),
    "needed_box": ("", "#it", "#it"),
    "yes_or_no": ("", "#it", "#it-2"),
    "radios": ("", "#it", "#it-2"),
    "select": ("", "a", "b", ""),
    "country": ("", "CH", "DE", ""),
    "boxes": ("", "#it", "#it-2", "#it"),
    "text": ("", "a", "b"),
    "number": ("", "17", "18"),
}


def page(kind: str, deciding: str, conditions: list[str]) -> str:
    asked = [f'      - {{name: then_{at}, show_if: "{each}"}}' for at, each in enumerate(conditions)]
    if kind in CHAINED:  # what hangs on a box that isn't always there: where it isn't, it says neither yes nor no
        asked += [
            f'      - {{name: sub, type: boolean, checkbox: true, required: false, show_if: "{conditions[0]}"}}',
            "      - {name: then_without, show_if: not sub}",
            "      - {name: then_unticked, show_if: sub == false}",
        ]
    return PAGE.format(kind=kind, deciding=deciding, asked="\n".join(asked))


async def picks(ann: Person, kind: str, pick: str) -> None:
    if pick.startswith("#"):
        await ann.page.locator(pick).click()
    elif kind in ("select", "country"):
        await ann.page.locator("select#it").select_option(pick)
    elif pick:
        await ann.page.locator("#it").fill(pick)


async def seen(ann: Person) -> set[str]:
    """The questions that hang on an answer, as far as they are there to be seen."""
    inputs = ann.page.locator("input[name^=then_]")
    return {str(await each.get_attribute("name")) for each in await inputs.all() if await each.is_visible()}


async def wanted(ann: Person) -> set[str]:
    """The questions that the server asks: it has just refused the page, in which each of them was left empty."""
    links = await ann.page.locator(".govuk-error-summary__list a").all()
    named = {str(await each.get_attribute("href")).removeprefix("#") for each in links}
    assert "left" in named
    return {each for each in named if each.startswith("then_")}


@pytest.mark.parametrize("kind", [*CONDITIONS, *UNDECIDED])
async def test_a_page_shows_what_the_server_asks(kind: str, opens: Opens, tmp_path: Path) -> None:
    """Where the script hides a question that the server asks for, nobody gets on; where it shows one that isn't asked,
    people fill in what is thrown away."""
    file = tmp_path / "page.yaml"
    file.write_text(page(kind, *{**CONDITIONS, **UNDECIDED}[kind]))
    async with a_site(file) as site:
        ann = await opens()
        await ann.visits(site.link(await site.begins(f"form_of_{kind}")))
        for pick in PICKS[kind]:
            await picks(ann, kind, pick)
            before = await seen(ann)
            await ann.presses("Continue")
            asked = await wanted(ann)
            assert asked <= before if kind in UNDECIDED else asked == before, pick
            assert await seen(ann) == before, "the page that comes back shows the same"
            if kind in CHAINED and await ann.page.locator("#sub").is_visible():
                await ann.page.locator("#sub").click()
                ticked = await seen(ann)
                await ann.presses("Continue")
                assert await wanted(ann) == ticked, f"{pick}, with the box below ticked"
