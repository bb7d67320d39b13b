"""`python -m tests.browser.pictures` takes pictures of every kind of page into `docs/images/`: light, dark, 320 px.

The pages are those of `tests.browser.views`, with dates and names that are always the same, so that a picture
changes only when its page does.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any, Literal

from tests.browser.chromium import NoBrowser, chromium
from tests.browser.paletted import paletted
from tests.browser.person import Person
from tests.browser.site import NOON, Site, a_site
from tests.browser.views import VIEWS, View

IMAGES = Path(__file__).parents[2] / "docs" / "images"
WIDTH, NARROW = 900, 320

# A link has a key in it that is new each time; this one opens nothing.
SAME_LINK = """() => {
  const link = document.getElementById("wz-link");
  if (link) link.textContent = "https://forms.example/r/7GhQ2m?token=an-example-that-opens-nothing";
}"""

Scheme = Literal["light", "dark"]
LOOKS: tuple[tuple[str, int, Scheme], ...] = (("", WIDTH, "light"), ("-dark", WIDTH, "dark"), ("-320", NARROW, "light"))


async def take(person: Person, view: View, blank: Any) -> int:
    """Writes the pictures of one kind of page; the bytes they take."""
    total = 0
    await person.page.evaluate(SAME_LINK)
    for suffix, width, scheme in LOOKS:
        await person.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await person.page.set_viewport_size({"width": width, "height": 400})
        taken = await person.page.screenshot(full_page=True, animations="disabled", caret="hide")
        picture = await paletted(blank, taken)
        (IMAGES / f"{view.name}{suffix}.png").write_bytes(picture)
        total += len(picture)
    return total


async def visit(site: Site, person: Person, view: View) -> None:
    site.outside.works()
    site.clock.now = NOON
    await view.shows(site, person)


async def main(names: list[str]) -> int:
    IMAGES.mkdir(parents=True, exist_ok=True)
    chosen = [view for view in VIEWS if view.name != "unruly" and (not names or view.name in names)]
    total = 0
    try:
        async with chromium() as browser, a_site() as site:
            blank = await browser.new_page()
            for view in chosen:
                person = await Person.arrives(browser, viewport={"width": WIDTH, "height": 400})
                await visit(site, person, view)
                total += await take(person, view, blank)
                await person.context.close()
                site.outside.gate.set()
    except NoBrowser as missing:
        print(missing, file=sys.stderr)
        return 1
    print(f"{len(chosen) * len(LOOKS)} pictures in {IMAGES.name}/, {total / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
