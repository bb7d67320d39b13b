"""A person with a browser that runs no scripts: opens pages, fills in their forms, presses their buttons.

    async with visiting(wizard_app(engine)) as visitor:
        await visitor.opens("/w/passport")
        await visitor.presses("next")
        await visitor.fills(full_name="Ann", birth_date="27 3 1985").presses("next")
        assert visitor.page.heading == "Where do you live, Ann?"

Only what a page offers can be done: filling in an input or pressing a button that isn't there is an
AssertionError that shows what there is instead. What a browser can't do is done with `sends`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from typing import Any, Self
from urllib.parse import urljoin

from aiohttp import BytesPayload, ClientResponse, ClientSession, CookieJar, FormData, web
from aiohttp.test_utils import TestServer

File = tuple[str, str, bytes]  # a file's name, media type and content
DATE_PARTS = ("day", "month", "year")
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)


@dataclass(slots=True)
class Input:
    """One input of a form, as the page has it and as the visitor filled it in."""

    name: str
    kind: str  # text, hidden, radio, checkbox, file, textarea, select, submit ...
    value: str = ""
    id: str = ""
    checked: bool = False
    options: list[str] = field(default_factory=list)
    file: File | None = None
    label: str = ""

    @property
    def pairs(self) -> list[tuple[str, str | File]]:
        """What a browser sends of it."""
        match self.kind:
            case "submit":
                return []
            case "radio" | "checkbox":
                return [(self.name, self.value)] if self.checked else []
            case "file":
                return [(self.name, self.file or ("", "application/octet-stream", b""))]
            case "textarea":
                return [(self.name, re.sub(r"\r\n|\r|\n", "\r\n", self.value))]
        return [(self.name, self.value)]


class Page(HTMLParser):
    """A page as it came: its status and address, and what stands in it."""

    def __init__(self, address: str, status: int, html: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.address, self.status, self.html = address, status, html
        self.headers = headers or {}
        self.title = self.heading = self.language = self.enctype = self.action = ""
        self.inputs: list[Input] = []
        self.links: dict[str, str] = {}  # by text; of two with one text the first
        self.error_links: list[tuple[str, str]] = []  # (#id, text) of the error summary; "" without a link
        self.attributes: list[tuple[str, str, str | None]] = []  # (tag, name, value) of the whole page
        self.has_form = False
        self._open: list[tuple[str, dict[str, str]]] = []
        self._texts: list[tuple[int, list[str]]] = []  # texts that are being read, with their depth
        self._words: list[str] = []
        self._link = ""
        self.feed(html)
        self.close()

    @property
    def path(self) -> str:
        """The address without its query."""
        return self.address.partition("?")[0]

    @property
    def text(self) -> str:
        """What is there to read within <main>."""
        return " ".join(" ".join(self._words).split())

    @property
    def values(self) -> dict[str, Any]:
        """What the inputs hold: text, the radio or option that is chosen, the list of ticked checkboxes; without
        hidden ones and files."""
        held: dict[str, Any] = {}
        for each in self.inputs:
            match each.kind:
                case "radio":
                    held.setdefault(each.name, None)
                    if each.checked:
                        held[each.name] = each.value
                case "checkbox":
                    held.setdefault(each.name, [])
                    held[each.name] += [each.value] if each.checked else []
                case "submit" | "hidden" | "file":
                    pass
                case _:
                    held[each.name] = each.value
        return held

    @property
    def buttons(self) -> list[str]:
        """The values of the buttons called `action`, in their order."""
        return [each.value for each in self.inputs if each.kind == "submit" and each.name == "action"]

    @property
    def errors(self) -> dict[str, str]:
        """The error summary, by the field that each line leads to; "" where it leads to none."""
        named = {f"#{each.id}": re.sub(r"-(day|month|year)$", "", each.name) for each in self.inputs if each.id}
        return {named.get(target, ""): text for target, text in self.error_links}

    def hidden(self, name: str) -> str:
        """The value of a hidden input."""
        return next(each.value for each in self.inputs if each.name == name and each.kind == "hidden")

    # -- reading -------------------------------------------------------------------------------------

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.attributes += [(tag, name, value) for name, value in attrs]
        self._start(tag, given)
        if tag not in _VOID:
            self._open.append((tag, given))
            if tag in ("title", "h1", "a", "textarea", "option", "button", "li"):
                self._texts.append((len(self._open), []))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def _start(self, tag: str, given: dict[str, str]) -> None:
        match tag:
            case "html":
                self.language = given.get("lang", "")
            case "form" if given.get("method") == "post":
                assert not self.has_form, "a page has one form that is posted"
                self.has_form = True
                self.enctype, self.action = given.get("enctype", ""), given.get("action", "")
            case "input":
                kind = given.get("type", "text")
                value = given.get("value", "on" if kind in ("radio", "checkbox") else "")
                self.inputs.append(
                    Input(given.get("name", ""), kind, value, given.get("id", ""), checked="checked" in given)
                )
            case "textarea" | "select":
                self.inputs.append(Input(given.get("name", ""), tag, "", given.get("id", "")))
            case "option":
                choice = self.inputs[-1]
                choice.options.append(given.get("value", ""))
                if "selected" in given or len(choice.options) == 1:
                    choice.value = given.get("value", "")
            case "button" if given.get("type", "submit") == "submit":
                self.inputs.append(Input(given.get("name", ""), "submit", given.get("value", "")))
            case "li":
                self._link = ""

    def handle_data(self, data: str) -> None:
        for _, pieces in self._texts:
            pieces.append(data)
        if any(tag == "main" for tag, _ in self._open) and not self._in_script():
            self._words.append(data)

    def _in_script(self) -> bool:
        return bool(self._open) and self._open[-1][0] in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        opened, given = self._open[-1]
        assert opened == tag, f"</{tag}> closes <{opened}> on {self.address}"
        if self._texts and self._texts[-1][0] == len(self._open):
            raw = "".join(self._texts.pop()[1])
            self._end(tag, given, raw, " ".join(raw.split()))
        self._open.pop()

    def _end(self, tag: str, given: dict[str, str], raw: str, text: str) -> None:
        match tag:
            case "title":
                self.title = text
            case "h1":
                assert not self.heading, f"a page has one h1, and this has two: {self.heading!r} and {text!r}"
                self.heading = text
            case "textarea":
                self.inputs[-1].value = raw.removeprefix("\r\n").removeprefix("\n")
            case "button" if given.get("type", "submit") == "submit":
                self.inputs[-1].label = text
            case "a":
                self._link = given.get("href", "")
                self.links.setdefault(text, self._link)
            case "li" if any("govuk-error-summary" in each.get("class", "").split() for _, each in self._open):
                self.error_links.append((self._link if self._link.startswith("#") else "", text))


class Visitor:
    """One tab of one browser. `page` is what it shows; `tab` is another tab of the same browser."""

    def __init__(self, session: ClientSession, base: str, elsewhere: Callable[[], ClientSession]) -> None:
        self.session = session
        self._base = base
        self._elsewhere = elsewhere
        self.page = Page("", 0, "")
        self.statuses: list[int] = []  # of the last request: of its redirects and of the page

    def tab(self) -> Visitor:
        """Another tab, which shows the same page."""
        tab = Visitor(self.session, self._base, self._elsewhere)
        tab.page = Page(self.page.address, self.page.status, self.page.html, self.page.headers)
        return tab

    def another(self) -> Visitor:
        """Another browser, with cookies of its own, on the same server."""
        return Visitor(self._elsewhere(), self._base, self._elsewhere)

    @property
    def cookies(self) -> dict[str, str]:
        """All cookies that the browser has, by name."""
        return {each.key: each.value for each in self.session.cookie_jar}

    def address(self, path: str) -> str:
        """The whole address of a path, or of what a link on the page leads to."""
        return urljoin(urljoin(self._base, self.page.address), path)

    async def opens(self, path: str = "", **more: Any) -> Self:
        """Opens an address of the server; without one, the page's own again."""
        return await self.sends("GET", path or self.page.address, **more)

    async def follows(self, text: str) -> Self:
        """Follows the link with this text, or whose text begins with it."""
        links = self.page.links
        found = links.get(text) or next((to for each, to in links.items() if each.startswith(text)), None)
        assert found is not None, f"there is no link {text!r} on {self.page.address}, but {sorted(links)}"
        return await self.opens(found)

    def fills(self, **answers: Any) -> Self:
        """Fills in inputs by name: text; yes and no as True and False; a date as text, as three texts or as a
        date; choices as a list; a file as (name, type, content)."""
        for name, answer in answers.items():
            self._fill(name, answer)
        return self

    def sets(self, values: Mapping[str, str]) -> Self:
        """Sets inputs of any kind, hidden ones included, to these texts."""
        for name, value in values.items():
            for each in self._named(name):
                each.value = value
        return self

    def without(self, *names: str) -> Self:
        """Takes inputs out of the form, as somebody does who tampers with it."""
        self.page.inputs = [each for each in self.page.inputs if each.name not in names]
        return self

    def pairs(self, action: str | None = None) -> list[tuple[str, str | File]]:
        """What pressing the button sends; without one, what the form holds. Of two that do the same, the one
        that is seen is the last."""
        buttons = (each for each in reversed(self.page.inputs) if each.kind == "submit" and each.name == "action")
        pressed = next((each for each in buttons if each.value == action), None)
        found: list[tuple[str, str | File]] = []
        for each in self.page.inputs:
            found += [(each.name, each.value)] if each is pressed else each.pairs
        return [(name, value) for name, value in found if name]

    async def presses(self, action: str = "next", **more: Any) -> Self:
        """Presses the button with this action, and follows where that leads."""
        assert action in self.page.buttons, f"no button {action!r} on {self.page.address}, but {self.page.buttons}"
        return await self.posts(self.pairs(action), **more)

    async def posts(self, pairs: Iterable[tuple[str, str | File]], path: str = "", **more: Any) -> Self:
        """Posts these inputs to the page's address, or to another, in the page's encoding."""
        data = FormData(default_to_multipart=self.page.enctype == "multipart/form-data")
        for name, value in pairs:
            if isinstance(value, str):
                data.add_field(name, value)
            else:
                payload = BytesPayload(value[2]) if len(value[2]) <= 1_000_000 else value[2]
                data.add_field(name, payload, filename=value[0], content_type=value[1])
        return await self.sends("POST", path or self.page.action or self.page.address, data=data, **more)

    async def sends(self, method: str, path: str, **more: Any) -> Self:
        """Any request, with redirects followed; what comes is the page from then on."""
        async with self.session.request(method, self.address(path), **more) as response:
            self.statuses = [each.status for each in (*response.history, response)]
            self.page = await _page(response)
        return self

    # -- filling in ------------------------------------------------------------------------------------

    def _fill(self, name: str, answer: Any) -> None:
        if not any(each.name == name for each in self.page.inputs) and self._has(f"{name}-day"):
            for part, text in zip(DATE_PARTS, _date_parts(answer), strict=True):
                self._named(f"{name}-{part}")[0].value = text
            return
        named = self._named(name)
        inputs = [each for each in named if each.kind != "hidden"] or named
        match inputs[0].kind:
            case "radio":
                wanted = {True: "yes", False: "no", None: None}[answer] if not isinstance(answer, str) else answer
                values = [each.value for each in inputs]
                assert wanted is None or wanted in values, f"{name} has no {wanted!r}, but {values}"
                for each in inputs:
                    each.checked = each.value == wanted
            case "checkbox":
                ticked = [answer] if isinstance(answer, str) else answer if isinstance(answer, list | tuple) else []
                ticked = [each.value for each in inputs] if answer is True else ticked
                values = [each.value for each in inputs]
                assert {*ticked} <= {*values}, f"{name} has no {ticked}, but {values}"
                for each in inputs:
                    each.checked = each.value in ticked
            case "select":
                assert answer in inputs[0].options, f"{name} has no {answer!r}, but {inputs[0].options}"
                inputs[0].value = answer
            case "file":
                inputs[0].file = answer
            case _:
                inputs[0].value = "" if answer is None else str(answer)

    def _has(self, name: str) -> bool:
        return any(each.name == name for each in self.page.inputs)

    def _named(self, name: str) -> list[Input]:
        found = [each for each in self.page.inputs if each.name == name]
        there = sorted({each.name for each in self.page.inputs})
        assert found, f"no input {name!r} on {self.page.address} ({self.page.heading!r}), but {there}"
        return found


def _date_parts(answer: Any) -> tuple[str, str, str]:
    if isinstance(answer, date):
        return str(answer.day), str(answer.month), str(answer.year)
    parts = re.split(r"[\s./-]+", answer) if isinstance(answer, str) else [str(each) for each in answer or ()]
    day, month, year = (*parts, "", "", "")[:3]
    return day, month, year


async def _page(response: ClientResponse) -> Page:
    kind = response.content_type
    html = await response.text() if kind == "text/html" else ""
    if not html:
        await response.read()
    return Page(response.url.raw_path_qs, response.status, html, response.headers)


@asynccontextmanager
async def visiting(app: web.Application, path: str = "") -> AsyncIterator[Visitor]:
    """A visitor of this application, which is served as long as it is needed; `path` is opened at once."""
    sessions: list[ClientSession] = []

    def browser() -> ClientSession:
        sessions.append(ClientSession(cookie_jar=CookieJar(unsafe=True)))
        return sessions[-1]

    async with TestServer(app) as server:
        try:
            visitor = Visitor(browser(), str(server.make_url("/")), browser)
            yield await visitor.opens(path) if path else visitor
        finally:
            for each in sessions:
                await each.close()
