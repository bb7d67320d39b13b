"""Somebody at a browser: what they do on a page, and what they see there.

    person = await Person.opens(browser, site.address + "/w/passport")
    await person.presses("Start")
    await person.types(full_name="Ann", birth_date="27 3 1985")
    await person.presses("Continue")
    await person.sees(title="Where do you live, Ann?")

Fields are named as in the definition. What isn't as it is expected to be is an AssertionError that shows the
page as it is. Whatever nobody should ever notice (errors in the console, violations of the content security policy,
broken resources, pages that shift while they load) is gathered in `noticed`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Locator, Page, Response

if TYPE_CHECKING:  # Playwright's early releases have it under another name
    from playwright.async_api import WebError

PATIENCE = 120_000.0  # milliseconds for anything on a page; only who hangs waits that long

# Reports each shift that nobody caused. Pages are static: one that moves while it loads is built wrongly.
WATCH_SHIFTS = """
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    // Without sources it is inside a control: the lines of a text area whose scroll bar appears.
    if (entry.hadRecentInput || !entry.sources.length) continue;
    const name = ({node, previousRect: before, currentRect: now}) =>
      `${node?.outerHTML?.slice(0, 80) ?? node?.textContent} ${JSON.stringify([before, now])}`;
    window.wizardShifted(`${entry.value.toFixed(4)}: ${entry.sources.map(name).join("; ")}`);
  }
}).observe({type: "layout-shift", buffered: true});
"""

VALUE_OF = """(name) => {
  const all = [...document.getElementsByName(name)];
  const parts = ["day", "month", "year"].map((part) => document.getElementsByName(`${name}-${part}`)[0]);
  if (parts[0]) return parts.map((part) => part.value).join(" ").trim();
  if (!all.length) return undefined;
  const picked = all.filter((each) => each.checked).map((each) => each.value);
  if (all[0].type === "radio") return picked[0] ?? null;
  if (all[0].type === "checkbox") return picked;
  return all[0].value;
}"""

# All that `sees` looks at, in one go.
LOOK = f"""(names) => {{
  const said = (each) => each.innerText.replace(/\\s+/g, " ").trim();
  const all = (selector) => [...document.querySelectorAll(selector)].map(said);
  return {{
    headings: all("h1"), errors: all(".govuk-error-summary__list li"), named: document.title,
    shown: said(document.body), values: names.map({VALUE_OF}), loaded: document.readyState === "complete",
  }};
}}"""

SNAPSHOT = """() => `${document.title}\n${location.href}\n${document.body.innerText.slice(0, 2000)}`"""

FOCUSED = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return "";
  return (at.labels?.[0] ?? at).innerText.trim() || at.name || at.id;
}"""


class Profile:
    """A profile of the browser, at which one person sits after another; for each it is as if it were new."""

    def __init__(self, context: BrowserContext, empty: Page, *, javascript: bool) -> None:
        self.context = context
        self.javascript = javascript
        self._empty = empty  # a tab that stays open, as the process that shows pages ends with the last of them
        self._person: Person | None = None

    @classmethod
    async def made(cls, browser: Browser, *, javascript: bool, **options: Any) -> Profile:
        context = await browser.new_context(java_script_enabled=javascript, locale="en-GB", **options)
        context.set_default_timeout(PATIENCE)
        profile = cls(context, await context.new_page(), javascript=javascript)
        if javascript:
            await context.expose_binding("wizardShifted", profile._note_shift)
            await context.add_init_script(WATCH_SHIFTS)
        return profile

    def taken_by(self, person: Person) -> None:
        self._person = person
        for event, notes in self._events(person):
            self.context.on(event, notes)

    async def is_left(self) -> None:
        """Closes all tabs but the empty one and forgets the cookies; nothing else of a page is kept between pages."""
        for page in self.context.pages:
            if page is not self._empty:
                await page.close()
        await self.context.clear_cookies()
        if self._person is not None:
            for event, notes in self._events(self._person):
                self.context.remove_listener(event, notes)
        self._person = None

    def _events(self, person: Person) -> list[tuple[Any, Callable[[Any], None]]]:
        return [
            ("console", person.notes_console),
            ("weberror", person.notes_script_error),
            ("response", person.notes_response),
        ]

    def _note_shift(self, source: dict[str, Any], what: str) -> None:
        if self._person is not None:
            self._person.notes_shift(source, what)


class Person:
    """See the module docstring. `page` is the tab that they look at."""

    def __init__(self, context: BrowserContext, page: Page, *, javascript: bool) -> None:
        self.context = context
        self.page = page
        self.javascript = javascript
        self.noticed: list[str] = []
        self.status = 0  # of the page that is shown
        self.words: Callable[[str], str] = str  # what the page's own words are in its language
        self._settled = False
        page.on("response", self._note_status)

    @classmethod
    async def arrives(cls, browser: Browser, *, javascript: bool = True, **options: Any) -> Person:
        """Somebody with a new, empty profile, and no page open yet. `options` are those of a Playwright context."""
        return await cls.sits_down(await Profile.made(browser, javascript=javascript, **options))

    @classmethod
    async def sits_down(cls, profile: Profile) -> Person:
        """Somebody at a profile that nobody else is at."""
        context = profile.context
        person = cls(context, await context.new_page(), javascript=profile.javascript)
        profile.taken_by(person)
        return person

    @classmethod
    async def opens(cls, browser: Browser, address: str, *, javascript: bool = True, **options: Any) -> Person:
        person = await cls.arrives(browser, javascript=javascript, **options)
        await person.visits(address)
        return person

    async def leaves(self) -> None:
        """Closes all tabs. What shouldn't have been noticed is an AssertionError."""
        await self.context.close()
        assert not self.noticed, "\n".join(self.noticed)

    # -- what they do ------------------------------------------------------------------------------

    async def visits(self, address: str) -> None:
        await self.page.goto(address)

    async def types(self, **texts: str) -> None:
        """Fills fields in; a date as "27 3 1985", a part of it left out as "-", a file as its path."""
        for name, text in texts.items():
            parts = self.page.locator(f'[name="{name}-day"]')
            if await parts.count():
                for part, piece in zip(("day", "month", "year"), text.split() or ["-"] * 3, strict=True):
                    await self.field(f"{name}-{part}").fill("" if piece == "-" else piece)
            else:
                await self.field(name).fill(text)

    async def chooses(self, *labels: str, of: str = "") -> None:
        """Picks radio buttons, checkboxes or options of a list by what they say; of the field `of` where
        several fields say the same."""
        for label in labels:
            group = self._group(of) if of else self.page.locator("main")
            lists = group.locator("select").filter(has=self.page.locator("option", has_text=label))
            if await lists.count():
                await lists.first.select_option(label=label)
            else:
                await group.get_by_label(self.words(label), exact=True).first.check()

    async def drops(self, label: str) -> None:
        """Unticks a checkbox."""
        await self.page.locator("main").get_by_label(label, exact=True).uncheck()

    async def uploads(self, name: str, file: str, content: bytes, media_type: str = "application/pdf") -> None:
        await self.field(name).set_input_files({"name": file, "mimeType": media_type, "buffer": content})

    async def presses(self, button: str) -> None:
        """Presses a button, and waits for the page that comes."""
        await self._and_waits(self.button(self.words(button)).click())

    async def double_clicks(self, button: str) -> None:
        """Twice, fast; of two pages that come one after another, the first may never be seen."""
        await self.button(button).dblclick(no_wait_after=True)

    async def follows(self, link: str, *, near: str = "") -> None:
        """Follows a link; of several that say the same, the one in the line that says `near`."""
        place = self.page.locator("main")
        if near:
            place = place.locator(".govuk-summary-list__row").filter(has_text=near).first
        await self._and_waits(place.get_by_role("link", name=link).first.click())

    async def goes_back(self) -> None:
        """By the page's own Back."""
        await self._and_waits(self.page.locator(".govuk-back-link").click())

    async def browser_back(self) -> None:
        await self.page.go_back()

    async def browser_forward(self) -> None:
        await self.page.go_forward()

    async def reloads(self) -> None:
        await self.page.reload()

    async def opens_tab(self, address: str = "") -> Person:
        """The same person at a second tab of the same browser, on the same page unless another is named."""
        other = Person(self.context, await self.context.new_page(), javascript=self.javascript)
        other.noticed = self.noticed
        await other.visits(address or self.page.url)
        return other

    async def key(self, *keys: str) -> None:
        """Presses keys, one after another."""
        for each in keys:
            await self.page.keyboard.press(each)

    async def writes(self, text: str) -> None:
        """Types text where the focus is."""
        await self.page.keyboard.type(text)

    async def tabs_to(self, name: str) -> None:
        """Presses Tab until the focus is at what is called `name` (its label or its text)."""
        met: list[str] = []
        for _ in range(60):
            await self.page.keyboard.press("Tab")
            met.append(await self.focused())
            if met[-1] == name:
                return
        raise AssertionError(f"Tab never comes to {name!r}, only to {met}")

    async def enters(self) -> None:
        """Presses Enter, and waits for the page that comes."""
        await self._and_waits(self.page.keyboard.press("Enter"))

    async def _and_waits(self, done: Awaitable[None]) -> None:
        async with self.page.expect_navigation(wait_until="load"):
            await done

    # -- what they see -----------------------------------------------------------------------------

    @property
    def path(self) -> str:
        """The address without its host."""
        address = urlsplit(self.page.url)
        return address.path + (f"?{address.query}" if address.query else "")

    @property
    def at(self) -> str:
        """The step whose page this is: what comes behind the run in its address."""
        return self.path.partition("/r/")[2].partition("/")[2]

    def field(self, name: str) -> Locator:
        return self.page.locator(f'main [name="{name}"]').first

    def button(self, text: str) -> Locator:
        return self.page.get_by_role("button", name=text, exact=True)

    def _group(self, name: str) -> Locator:
        inside = self.page.locator(f'[name="{name}"]')
        return self.page.locator(".govuk-form-group").filter(has=inside).last

    async def value_of(self, name: str) -> Any:
        """What a field holds: text, the value of a picked radio button or None, a list of ticked checkboxes."""
        return await self.page.evaluate(VALUE_OF, name)

    async def focused(self) -> str:
        """What the thing with the focus is called: its label, its text, or its name."""
        return str(await self.page.evaluate(FOCUSED))

    async def errors(self) -> list[str]:
        """The lines of the error summary."""
        lines = await self.page.locator(".govuk-error-summary__list li").all_inner_texts()
        return [line.strip() for line in lines]

    async def title(self) -> str:
        heading = self.page.locator("h1")
        texts = await heading.all_inner_texts()
        assert len(texts) == 1, f"there should be one h1: {texts}\n{await self.page.evaluate(SNAPSHOT)}"
        return " ".join(texts[0].split())

    async def sees(
        self,
        *texts: str,
        title: str | None = None,
        error: str | None = None,
        at: str | None = None,
        values: dict[str, Any] | None = None,
        status: int | None = None,
    ) -> None:
        """Checks the page: texts anywhere in it, its title, an error in the summary and at its field ("" for no
        error at all), the step in its address, what fields hold, and its status."""
        page = await self.page.evaluate(LOOK, list(values or {}))
        seen: dict[str, Any] = {}
        wanted: dict[str, Any] = {}
        if title is not None:
            seen["titles"], wanted["titles"] = page["headings"], [title]
        if at is not None:
            seen["at"], wanted["at"] = self.at, at
        if status is not None:
            seen["status"], wanted["status"] = self.status, status
        for (name, value), held in zip((values or {}).items(), page["values"], strict=True):
            seen[name], wanted[name] = held, value
        if error is not None:
            seen["errors"], wanted["errors"] = page["errors"], [error] if error else []
            seen["marked"], wanted["marked"] = page["named"].startswith("Error: "), bool(error)
        missing = [text for text in texts if text not in page["shown"]]
        if seen != wanted or missing:
            snapshot = await self.page.evaluate(SNAPSHOT)
            raise AssertionError(f"seen {seen}\nwanted {wanted}\nmissing {missing}\nthe page:\n{snapshot}")

    async def comes_to_see(self, *texts: str, **what: Any) -> None:
        """As `sees`, of a page that gets there by itself."""
        end = time.monotonic() + PATIENCE / 1000
        while True:
            try:
                return await self.sees(*texts, **what)
            except (AssertionError, Error):  # the page may be left while it is looked at
                if time.monotonic() > end:
                    raise
            await asyncio.sleep(0.05)

    async def sees_nothing_of(self, *texts: str) -> None:
        shown = " ".join((await self.page.locator("body").inner_text()).split())
        assert not [text for text in texts if text in shown], shown

    async def settles(self) -> None:
        """From here on the test changes the screen itself, so what moves is its own doing."""
        await self.page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        self._settled = True

    # -- what nobody should notice -------------------------------------------------------------------

    def notes_console(self, message: ConsoleMessage) -> None:
        # A page with status 422 or 409 is reported by the browser as well; that's how it should be.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.noticed.append(f"console: {message.text}")

    def notes_script_error(self, error: WebError) -> None:
        self.noticed.append(f"script error: {error.error}")

    def notes_response(self, response: Response) -> None:
        least = 500 if response.request.is_navigation_request() else 400
        if response.status >= least:
            self.noticed.append(f"{response.status} for {response.request.method} {response.url}")

    def _note_status(self, response: Response) -> None:
        if response.frame == self.page.main_frame and response.request.is_navigation_request():
            self.status = response.status

    def notes_shift(self, source: dict[str, Any], what: str) -> None:
        # Inside a frame of a host's page, the layout before the style has come counts as well, which nobody sees.
        if source["frame"].parent_frame is None and not self._settled:
            self.noticed.append(f"{source['frame'].url} moved while it loaded, by {what}")
