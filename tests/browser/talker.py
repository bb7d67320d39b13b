"""Somebody at a chat, in any browser that can be asked for what is on a page: what they write and press, and what is
said then. All of it happens within the shadow root of <wizard-chat>."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.browser.person import Person
from tests.browser.site import Site

TALKS = Path(__file__).with_name("talks.yaml")
PATIENCE = 120.0  # seconds; only what hangs takes so long

SEEN = """(() => {
  const root = document.querySelector("wizard-chat")?.shadowRoot;
  if (!root) return JSON.stringify({});
  const all = (selector) => [...root.querySelectorAll(selector)];
  const said = (each) => each.innerText.trim();
  return JSON.stringify({
    rows: all(".row").map((row) => ({
      from: row.classList[1], state: row.dataset.state ?? "",
      text: said(row.querySelector(".text, .file") ?? row), meta: said(row.querySelector(".meta")),
    })),
    choices: all(".choices button:enabled").map(said),
    working: all(".working:not([hidden])").map(said).join(""),
    status: all(".status").map(said).join(""),
    panel: all(".panel").map(said).join(""),
    asks: all(".composer:not([hidden])").length > 0,
  });
})()"""

IN = 'document.querySelector("wizard-chat").shadowRoot'
WRITE = f"""((text) => {{
  const box = [...{IN}.querySelectorAll("textarea, input[type=password]")].find((each) => !each.hidden);
  box.value = text;
  box.form.requestSubmit();
}})"""
PRESS = f"""((text, times) => {{
  const button = [...{IN}.querySelectorAll("button:enabled")].find((each) =>
    (each.getAttribute("aria-label") ?? each.innerText).trim() === text);
  if (!button) throw new Error(`there is no button ${{text}}`);
  for (let time = 0; time < times; time++) button.click();
}})"""


class Talker:
    """`evaluates` gives what an expression is on their page."""

    def __init__(self, evaluates: Callable[[str], Awaitable[Any]]) -> None:
        self.evaluates = evaluates

    async def writes(self, text: str) -> None:
        await self.evaluates(f"{WRITE}({json.dumps(text)})")

    async def presses(self, button: str, times: int = 1) -> None:
        await self.evaluates(f"{PRESS}({json.dumps(button)}, {times})")

    async def looks(self) -> dict[str, Any]:
        seen: dict[str, Any] = json.loads(await self.evaluates(SEEN))
        return seen

    async def waits_until(self, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """What they see as soon as that holds. Raises AssertionError that shows what they see if it never does."""
        end = asyncio.get_running_loop().time() + PATIENCE
        while True:
            seen = await self.looks()
            if seen.get("rows") is not None and holds(seen):
                return seen
            assert asyncio.get_running_loop().time() < end, json.dumps(seen, indent=1, ensure_ascii=False)
            await asyncio.sleep(0.02)

    async def is_asked(self, text: str) -> dict[str, Any]:
        """Waits until this was said last to them, and they have nothing on the way."""
        return await self.waits_until(
            lambda seen: seen["rows"] and seen["rows"][-1]["from"] == "engine" and text in seen["rows"][-1]["text"]
        )

    async def says(self, text: str, then: str) -> None:
        await self.writes(text)
        await self.is_asked(then)

    async def heard(self) -> list[str]:
        """All that they have said, as it is shown."""
        return [row["text"] for row in (await self.looks())["rows"] if row["from"] == "person"]


async def forgets(person: Person) -> None:
    """The next one at this profile is new to the chat. What moves in it moves as it is talked to."""
    with suppress(Exception):  # the page may be another site's, or none
        await person.page.evaluate("localStorage.clear()")
    person.noticed[:] = [each for each in person.noticed if "moved while it loaded" not in each]


def at_chat(person: Person) -> Talker:
    return Talker(person.page.evaluate)


async def opened(person: Person, site: Site, workflow: str = "visit", asks: str = "Your name") -> Talker:
    await person.visits(f"{site.address}/c/{workflow}")
    talker = at_chat(person)
    await talker.is_asked(asks)
    assert not person.noticed
    return talker


async def run_of(talker: Talker) -> str:
    """The id of the run that the browser remembers."""
    stored = await talker.evaluates("JSON.stringify(Object.values(localStorage).map((each) => JSON.parse(each).id))")
    (run_id,) = json.loads(stored)
    return str(run_id)
