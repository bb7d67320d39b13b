"""A person with a browser that runs no scripts: opens pages, fills in their forms, presses their buttons.

Only what a page offers can be done: filling in an input or pressing a button that isn't there is NotThere, which says
what there is instead. What a browser can't do is done with `sends`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Self
from urllib.parse import urljoin

from aiohttp import BytesPayload, ClientResponse, ClientSession, FormData

from wizard.scripts.page import File, Input, NotThere, Page, check

DATE_PARTS = ("day", "month", "year")


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
        if found is None:
            raise NotThere(f"there is no link {text!r} on {self.page.address}, but {sorted(links)}")
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
        check(action in self.page.buttons, f"no button {action!r} on {self.page.address}, but {self.page.buttons}")
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
                check(wanted is None or wanted in values, f"{name} has no {wanted!r}, but {values}")
                for each in inputs:
                    each.checked = each.value == wanted
            case "checkbox":
                ticked = [answer] if isinstance(answer, str) else answer if isinstance(answer, list | tuple) else []
                ticked = [each.value for each in inputs] if answer is True else ticked
                values = [each.value for each in inputs]
                check({*ticked} <= {*values}, f"{name} has no {ticked}, but {values}")
                for each in inputs:
                    each.checked = each.value in ticked
            case "select":
                check(answer in inputs[0].options, f"{name} has no {answer!r}, but {inputs[0].options}")
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
        check(found, f"no input {name!r} on {self.page.address} ({self.page.heading!r}), but {there}")
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
