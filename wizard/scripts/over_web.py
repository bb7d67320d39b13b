"""Somebody with a browser that runs no scripts, who fills in the pages and presses their buttons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import quote, unquote, urlencode

from aiohttp import ClientSession, CookieJar

from wizard.channels.web.csrf import RUN_COOKIE
from wizard.forms.characters import alike
from wizard.forms.fields import type_of
from wizard.model import Prompt, PromptField, RunStatus, Value
from wizard.scripts.page import File, Page
from wizard.scripts.person import AtQuestions, CantBeDone, Seen, choice_of, value_of
from wizard.scripts.uploads import is_upload, upload_of
from wizard.scripts.visitor import Visitor
from wizard.scripts.world import World

_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_PARTS = re.compile(r"-(day|month|year|remove)$")


class OverWeb:
    """See wizard.scripts.person.Person."""

    def __init__(self, world: World) -> None:
        self.seen = Seen("")
        self._world = world
        self._at = AtQuestions(world)
        self._sessions: list[ClientSession] = []
        self._visitor: Visitor | None = None
        self.last: tuple[Page, list[tuple[str, str | File]]] | None = None

    async def begins(self, workflow: str) -> None:
        given = self._world.given_by_anybody
        if given is None or not all(isinstance(value, str) for value in given.values()):
            await self._world.starts(workflow)
            await self.comes()
            return
        visitor = await self._visits()
        await visitor.opens(f"/w/{quote(workflow)}?{urlencode(given)}")
        await visitor.presses("next")
        if (run := re.match("/r/([^/]+)", self._page.path)) is None:
            raise CantBeDone(f"no run is started: {'; '.join(self._page.errors.values()) or self._page.text}")
        self._world.began(unquote(run[1]), visitor.cookies[RUN_COOKIE])
        await self._shows()

    async def _visits(self) -> Visitor:
        base = await self._world.serves()
        if self._visitor is None:
            self._visitor = Visitor(self._browser(), base, self._browser)
        return self._visitor

    async def comes(self) -> None:
        await self._visits()
        await self._opens(f"?token={quote(self._world.token)}")

    def _browser(self) -> ClientSession:
        headers = {} if self._world.language is None else {"Accept-Language": self._world.language}
        self._sessions.append(ClientSession(cookie_jar=CookieJar(unsafe=True), headers=headers))
        return self._sessions[-1]

    async def leaves(self) -> None:
        while self._sessions:
            await self._sessions.pop().close()
        self._visitor = None

    async def looks(self) -> None:
        await self._opens("")

    async def says(self, text: str) -> None:
        asked = await self._at.needs()
        await self._gives(asked, value_of(asked, text, await self._language()))

    async def presses(self, label: str) -> None:
        asked = await self._at.asked()
        buttons = [
            each.value for each in self._page.inputs if each.kind == "submit" and alike(each.label) == alike(label)
        ]
        if asked is not None and not buttons:
            await self._gives(asked, choice_of(asked, label, await self._language()))
        elif buttons:
            await self._presses(buttons[-1])
        else:
            await self._at_page.follows(label)
            await self._shows()

    async def answers(self, answers: Mapping[str, Any]) -> None:
        await self._fills(answers)
        await self._presses("next")

    async def goes_on(self) -> None:
        await self._presses("next")

    async def goes_back(self, to: str | None) -> None:
        if to is not None:
            await self._opens(f"/{quote(to)}")
        elif "previous" in self._page.buttons:
            await self._presses("previous")
        else:  # as from a page that was opened when there was a way back
            await self._posts([*self._at_page.pairs(), ("action", "previous")])

    async def changes(self, step: str, answers: Mapping[str, Any] | None) -> None:
        await self._opens(f"/{quote(step)}?change")
        if not self._page.has_form or self._step() != step:
            raise CantBeDone(f"{step} can't be changed; the page is {self._page.heading!r}")
        if answers is not None:
            await self._fills(answers)
            await self._presses("next")

    async def presses_earlier(self, label: str) -> None:
        """A page has no buttons but its own."""

    async def repeats(self, sent: tuple[Page, list[tuple[str, str | File]]]) -> None:
        page, pairs = sent
        self._at_page.page = _kept(page)
        await self._posts(pairs)

    async def in_wrong_order(self, first: str, second: str) -> None:
        """On a page anything can be filled in first."""
        language = await self._language()
        asked = await self._at.needs()
        self._at.take(asked, None)
        other = await self._at.needs()
        self._fill(other, value_of(other, second, language))
        self._at.take(other, value_of(other, second, language))
        await self._gives(asked, value_of(asked, first, language))

    # -- how it is done ----------------------------------------------------------------------------

    @property
    def _at_page(self) -> Visitor:
        assert self._visitor is not None
        return self._visitor

    @property
    def _page(self) -> Page:
        return self._at_page.page

    async def _gives(self, asked: PromptField, value: Value) -> None:
        """Fills in one question, and presses the button behind the last one."""
        self._fill(asked, value)
        self._at.take(asked, value)
        if await self._at.asked() is None:
            await self._presses("next")

    async def _fills(self, answers: Mapping[str, Any]) -> None:
        prompt, language = await self._at.prompt(), await self._language()
        fields = {field.name: field for field in prompt.possible or prompt.fields}
        for name, value in answers.items():
            if name not in fields:
                raise CantBeDone(f"{prompt.step} has no field {name}; there is {', '.join(fields) or 'none'}")
            parts = value if isinstance(value, list) else [value]
            read = [
                value_of(fields[name], part, language) if part and isinstance(part, str) else part for part in parts
            ]
            self._fill(fields[name], read if isinstance(value, list) else read[0])

    def _fill(self, asked: PromptField, value: Value) -> None:
        if is_upload(value):
            value = tuple(upload_of(value, self._world.folder))
        elif isinstance(value, str) and _ISO_DATE.fullmatch(value):
            value = (
                date.fromisoformat(value) if f"{asked.name}-day" in {each.name for each in self._page.inputs} else value
            )
        elif value == "":  # nothing is chosen, where something can be
            kinds = {each.kind for each in self._page.inputs if each.name == asked.name}
            value = None if "radio" in kinds else [] if "checkbox" in kinds else ""
        elif not isinstance(value, bool | list | date | tuple | None):
            value = str(value)
        self._at_page.fills(**{asked.name: value})

    async def _presses(self, action: str) -> None:
        if action not in self._page.buttons:
            there = ", ".join(each.label for each in self._page.inputs if each.kind == "submit") or "no button"
            raise CantBeDone(f"nothing leads on from the page {self._page.heading!r}; there is {there}")
        await self._posts(self._at_page.pairs(action))

    async def _posts(self, pairs: list[tuple[str, str | File]]) -> None:
        self.last = (_kept(self._page), pairs)

        async def send() -> None:
            await self._at_page.posts(pairs)
            await self._shows()

        await self._world.sends(send)

    async def _opens(self, below: str) -> None:
        await self._at_page.opens(f"/r/{self._world.run_id}{below}")
        await self._shows()

    def _step(self) -> str:
        found = re.match(r"/r/[^/]+/(?!-/)(.+)", self._page.path)
        return unquote(found[1]) if found else ""

    async def _shows(self) -> None:
        page = self._page
        if page.status >= 500 or not page.html:
            raise CantBeDone(f"the server answers {page.status} at {page.path}")
        view = await self._world.view()
        step = self._step() or view.step
        refused = step == self._at.step and bool(page.errors)
        self._at.step = step if view.is_asked(step) else None
        prompt = await self._at.prompt()
        if refused:
            await self._at.refused(page.errors)
        failed = view.current.error or "" if view.status is RunStatus.FAILED and step == view.step else ""
        self.seen = _seen(page, step, prompt, failed if failed in page.text else page.text)

    async def _language(self) -> str:
        return (await self._world.view()).workflow.language


def _kept(page: Page) -> Page:
    """The page as it is, whatever is filled in on it afterwards."""
    another = copy(page)
    another.inputs = [replace(each) for each in page.inputs]
    return another


def _seen(page: Page, step: str, prompt: Prompt, failed: str) -> Seen:
    """`failed` is what a page says on which work has failed, which is no list of errors."""
    error = " / ".join(page.errors.values()) or failed
    if not error and page.status >= 400:
        error = page.text
    names = dict.fromkeys(
        _PARTS.sub("", each.name) for each in page.inputs if each.kind not in ("hidden", "submit") and each.name
    )
    fields = {field.name: field for field in prompt.possible or prompt.fields}
    asked = ", ".join(field.label for field in prompt.fields)
    return Seen(
        step=step,
        title=page.heading,
        text=page.text,
        error=error,
        fields=tuple(field.name for field in prompt.fields if field.name in names) or tuple(names),
        choices=tuple(choice.label for field in prompt.fields for choice in field.choices),
        values={name: _value(page, fields[name]) for name in names if name in fields},
        said=": ".join(part for part in (page.heading, error or asked) if part),
        shown=(step,),
    )


def _value(page: Page, field: PromptField) -> Value:
    """What an input holds, as JSON has it."""
    held = page.values
    of = type_of(field)
    if of.parts and f"{field.name}-day" in held:
        day, month, year = (held[f"{field.name}-{part}"] for part in ("day", "month", "year"))
        return f"{year}-{month:0>2}-{day:0>2}" if day and month and year else None
    value = held.get(field.name)
    if of.is_yes_or_no:
        return value in ("yes", ["yes"]) if value else None
    return None if value == "" else value
