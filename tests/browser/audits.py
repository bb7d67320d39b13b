"""What a page has to keep to for everybody, measured: no barriers (axe-core), nothing wider than the screen."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from tests.browser.person import Person

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}  # what a scheme can change

RUN_AXE = """async (rules) => {
  const found = await axe.run(document, {runOnly: rules, resultTypes: ["violations"]});
  return found.violations.map((each) => ({
    id: each.id, help: each.help,
    nodes: each.nodes.map((node) => `${node.html.slice(0, 300)}\\n      ${node.failureSummary}`),
  }));
}"""

WIDER = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = [];
  const range = document.createRange();
  const all = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  while (all.nextNode()) {
    range.selectNode(all.currentNode);
    if (range.getBoundingClientRect().right > width + 1) wide.push(all.currentNode);
  }
  const said = wide.map((each) => (each.outerHTML ?? each.textContent.trim()).slice(0, 160)).filter(Boolean);
  return [`${document.documentElement.scrollWidth} px in ${width} px`, ...said];
}"""

# Text that is cut off by its own box can't be read by those who need it larger.
CUT = """() => [...document.querySelectorAll("main *, header *, footer *")]
  .filter((each) => {
    const style = getComputedStyle(each);
    const hidden = each.closest(".govuk-visually-hidden, input, select, textarea, svg") || style.clipPath !== "none";
    return !hidden && each.innerText?.trim() && style.overflowX === "hidden" && each.scrollWidth > each.clientWidth + 1;
  }).map((each) => each.outerHTML.slice(0, 160))"""


@cache
def axe() -> str:
    return AXE.read_text()


async def barriers(person: Person, rules: dict[str, Any] = RULES) -> list[str]:
    """What axe-core finds on the page as it is shown now, as text. The person needs JavaScript."""
    found: list[dict[str, Any]] = await person.page.evaluate(RUN_AXE, rules)
    return ["\n    ".join([f"{each['id']}: {each['help']}", *each["nodes"]]) for each in found]


async def has_no_barriers(person: Person) -> None:
    """By all rules, and in the dark scheme by those about colours."""
    await person.page.evaluate(axe())
    found = await barriers(person)
    await person.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found += [f"{line} (dark)" for line in await barriers(person, COLOURS)]
    await person.page.emulate_media(color_scheme="light")
    assert not found, f"{person.path}:\n" + "\n".join(found)


async def has_no_overflow(person: Person, width: int = 320, height: int = 568) -> None:
    """Nothing scrolls sideways and no text is cut off on a screen of that size."""
    before = person.page.viewport_size
    await person.page.set_viewport_size({"width": width, "height": height})
    found = await person.page.evaluate(WIDER) + await person.page.evaluate(CUT)
    assert not found, f"{person.path} at {width} px:\n" + "\n".join(found)
    if before is not None:
        await person.page.set_viewport_size(before)
