"""`python -m tests.browser.pictures` takes the pictures that the docs show into `docs/images/`: light, dark, 320 px.

The pages are those of `tests.browser.views`, with dates and names that are always the same, so that a picture
changes only when its page does.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import Any, Literal

from tests.browser.chromium import NoBrowser, chromium
from tests.browser.paletted import paletted
from tests.browser.person import Person
from tests.browser.site import NOON, Site, a_site
from tests.browser.views import CHAT, VIEWS, View

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
WIDTH, NARROW = 900, 320

# A link has a key in it that is new each time; this one opens nothing.
SAME_LINK = """() => {
  const link = document.getElementById("wz-link");
  if (link) link.textContent = "https://forms.example/r/7GhQ2m?token=an-example-that-opens-nothing";
}"""

Scheme = Literal["light", "dark"]
LOOKS: tuple[tuple[str, int, Scheme], ...] = (("", WIDTH, "light"), ("-dark", WIDTH, "dark"), ("-320", NARROW, "light"))


def shown() -> set[str]:
    """The names of the pictures that a page of the docs shows."""
    pages = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    return {name for page in pages for name in re.findall(r"images/([\w-]+)\.png", page.read_text())}


async def take(person: Person, view: View, blank: Any, wanted: set[str]) -> list[int]:
    """Writes those pictures of one kind of page that are wanted; the bytes of each."""
    sizes = []
    await person.page.evaluate(SAME_LINK)
    for suffix, width, scheme in LOOKS:
        if f"{view.name}{suffix}" not in wanted:
            continue
        await person.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await person.page.set_viewport_size({"width": width, "height": view.height})
        await person.page.evaluate("new Promise(requestAnimationFrame)")  # what follows the size has followed
        taken = await person.page.screenshot(full_page=True, animations="disabled", caret="hide")
        picture = await paletted(blank, taken)
        (IMAGES / f"{view.name}{suffix}.png").write_bytes(picture)
        sizes.append(len(picture))
    return sizes


async def visit(site: Site, person: Person, view: View) -> None:
    site.outside.works()
    site.clock.now = NOON
    await view.shows(site, person)


async def main(names: list[str]) -> int:
    IMAGES.mkdir(parents=True, exist_ok=True)
    wanted, sizes = shown(), list[int]()
    chosen = [view for view in (*VIEWS, CHAT) if _looks_of(view) & wanted and (not names or view.name in names)]
    try:
        async with chromium() as browser, a_site() as site:
            blank = await browser.new_page()
            for view in chosen:
                person = await Person.arrives(browser, viewport={"width": WIDTH, "height": 400})
                await visit(site, person, view)
                sizes += await take(person, view, blank, wanted)
                await person.context.close()
                site.outside.gate.set()
    except NoBrowser as missing:
        print(missing, file=sys.stderr)
        return 1
    print(f"{len(sizes)} pictures in {IMAGES.name}/, {sum(sizes) / 1e6:.1f} MB")
    return 0


def _looks_of(view: View) -> set[str]:
    return {f"{view.name}{suffix}" for suffix, _, _ in LOOKS}


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
