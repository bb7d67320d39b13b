"""Somebody who goes through the pages of a workflow at random: answers, errs, goes back, opens what was seen before,
has several tabs, comes back another day. What holds on every page is checked after every move.

- No server error: no status that a page doesn't have for what was done, and nothing that only developers read.
- No page from which nothing leads on, and no link that leads nowhere.
- No lost answer: what a page took, or what was left there, is there when it is opened again (memory.py).
- No word that is neither a catalogue's, the author's, a format's nor what was typed.

A walker makes the same moves for the same seed. It knows what a person with a browser knows, and what the author of a
form says fits into its fields.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from tests.visitor import Page, Visitor
from tests.walks.answers import Field, Typist
from tests.walks.memory import KnownRun, Typed
from tests.walks.reader import Reader
from wizard.testing import MovableClock

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
LANGUAGES = ("en-GB,en;q=0.9", "de-CH,de;q=0.9,fr;q=0.5", "xx", "")
CODES, TOO_MANY = ("/code", "/-/saved"), 429  # where ten tries a minute are taken, and what more are answered with
MOST_TABS = 6
MOST_TOLD = 60
MOVES_OF_A_RUN = 150


def kept(page: Page) -> Page:
    """The page as it is, whatever is filled in on it afterwards."""
    another = copy(page)
    another.inputs = [replace(each) for each in page.inputs]
    return another


def _shown(answers: Mapping[str, Any]) -> str:
    texts = {name: repr(value) for name, value in answers.items()}
    return ", ".join(f"{name}={text if len(text) < 60 else text[:50] + '…'}" for name, text in texts.items())


class Walker:
    """See the module docstring. `reader` reads each page, `happens` is what goes on outside, as far as it is about the
    run of that id."""

    def __init__(
        self,
        visitor: Visitor,
        workflow: str,
        seed: str,
        *,
        fields: Mapping[str, Mapping[str, Field]],
        clock: MovableClock,
        reader: Reader,
        happens: Callable[[random.Random, str], Awaitable[None]],
    ) -> None:
        self.visitor = visitor
        self.workflow = workflow
        self.pick = random.Random(seed)
        self.clock = clock
        self.reader = reader
        self.happens = happens
        self.typist = Typist(self.pick, fields, lambda: clock().date())
        self.moves: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.nodes: set[str] = set()  # whose pages were shown
        self.links = 0
        self.completed = 0
        self._end: Page | None = None
        self.runs: dict[str, KnownRun] = {}
        self.here = KnownRun("")
        self.tabs: list[Page] = []
        self.made = 0  # moves since a run was begun

    @property
    def page(self) -> Page:
        return self.visitor.page

    # -- walking ---------------------------------------------------------------------------------------

    async def walks(self, moves: int) -> None:
        """So many moves, over as many runs as that takes."""
        await self._opens(f"/w/{self.workflow}")
        try:
            while self.moves.total() < moves:
                await self._moves()
        except AssertionError as error:
            error.add_note("\n".join(["What was done in this run:", *self.here.told[-MOST_TOLD:]]))
            raise

    async def _moves(self) -> None:
        self._turns_to(self.page)
        move = self._chosen()
        self.moves[move.__name__] += 1
        self.made += 1
        self.here.told.append(f"{self.moves.total()} {move.__name__} on {self.page.address} ({self.page.heading!r})")
        await self.happens(self.pick, self.here.run)
        await move()
        await self._looks_around()

    def _chosen(self) -> Callable[[], Awaitable[None]]:
        ways: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (3, self.reloads), (8, self.follows_a_link), (1, self.starts_again if self.here.run else self.reloads),
            (1, self.lets_time_pass), (1, self.opens_another_tab),
        ]  # fmt: skip
        if self.tabs:
            ways += [(3, self.turns_to_another_tab)]
        if self.here.seen:
            ways += [(4, self.opens_what_was_seen)]
        if self.here.link:
            ways += [(1, self.comes_back), (1, self.comes_back_elsewhere)]
        if self.here.run:
            ways += [(1, self.looks_without_the_link)]
        buttons = self.page.buttons
        if "next" in buttons:
            ways += [
                (26, self.answers_rightly), (6, self.answers_wrongly), (2, self.sends_nothing), (3, self.sends_twice),
                (2, self.sends_twice_at_once), (1, self.sends_an_unknown_action), (2, self.presses_enter),
            ]  # fmt: skip
        if "previous" in buttons:
            ways += [(5, self.goes_back), (1, self.goes_back_twice), (3, self.goes_back_with_what_was_typed)]
        if "save" in buttons:
            ways += [(2, self.saves), (1, self.saves_what_was_typed)]
        if "remove" in buttons:
            ways += [(6, self.removes)]
        if self.here.over or self.made > MOVES_OF_A_RUN:
            ways += [(12, self.starts_again)]
        return self.pick.choices([way for _, way in ways], [weight for weight, _ in ways])[0]

    # -- moves -----------------------------------------------------------------------------------------

    async def answers_rightly(self) -> None:
        await self._sends("next", self.typist.rightly(self.page))

    async def answers_wrongly(self) -> None:
        await self._sends("next", self.typist.wrongly(self.page))

    async def presses_enter(self) -> None:
        """As it stands."""
        await self._sends("next", {})

    async def sends_nothing(self) -> None:
        """Everything is cleared first, as far as a browser lets people do that."""
        cleared = {
            each.name: each.options[0] if each.kind == "select" else ""
            for each in self.page.inputs
            if each.kind not in ("radio", "checkbox", "hidden", "submit", "file")
        }
        self.visitor.sets(cleared)
        await self._sends("next", {each.name: [] for each in self.page.inputs if each.kind == "checkbox"})

    async def sends_twice(self) -> None:
        """The second one brings the same page, and nothing else."""
        page = kept(self.page)
        await self._sends("next", self.typist.rightly(self.page))
        if page.path.startswith("/w/"):
            return
        page.inputs = self._sent.inputs
        first = self._shown
        await self._posts(page, "next")
        is_one_too_many = page.path.endswith(CODES) and TOO_MANY in (first[0], self.page.status)
        if first[:2] != (200, page.address) and not is_one_too_many:  # else it failed, and was tried again
            assert self._shown == first

    async def sends_twice_at_once(self) -> None:
        """Both come to the page that the one of them would have come to."""
        if self.page.path.startswith("/w/") or self.page.buttons.count("next") == 0:
            return
        self.visitor.fills(**self.typist.rightly(self.page))
        page, typed = kept(self.page), Typed.on(self.page)
        other = self.visitor.tab()
        other.page = kept(self.page)
        await asyncio.gather(
            *(each.posts(each.pairs("next"), headers=self._headers()) for each in (self.visitor, other))
        )
        for each in (other, self.visitor):
            assert each.page.status in _taken(each.page), f"{each.page.status} at {each.page.address}"
        taken = [each for each in (self.visitor, other) if each.page.address != page.address]
        self.visitor.page = (taken or [self.visitor])[0].page
        self._remembers(page, "next", typed)
        self._checks()

    @property
    def _shown(self) -> tuple[int, str, str]:
        return self.page.status, self.page.address, self.page.heading

    async def goes_back(self) -> None:
        await self._sends("previous", {})

    async def goes_back_twice(self) -> None:
        """A double click: the second one leads nowhere else."""
        page = kept(self.page)
        await self._sends("previous", {})
        first = self._shown
        await self._posts(page, "previous")
        assert self._shown == first

    async def goes_back_with_what_was_typed(self) -> None:
        await self._sends("previous", self._anything())

    async def saves(self) -> None:
        await self._sends("save", {})

    async def saves_what_was_typed(self) -> None:
        await self._sends("save", self._anything())

    def _anything(self) -> dict[str, Any]:
        return self.typist.wrongly(self.page) if self.pick.random() < 0.5 else self.typist.rightly(self.page)

    async def removes(self) -> None:
        await self._posts(self.page, "remove")

    async def sends_an_unknown_action(self) -> None:
        """Nobody pressed a button that the page has: nothing is taken, and the page is still there."""
        before = self.page
        pairs = [(name, value) for name, value in self.visitor.pairs() if name != "action"]
        await self.visitor.posts([*pairs, ("action", "roof")], headers=self._headers())
        self._checks(400)
        await self._opens(before.address)

    async def reloads(self) -> None:
        await self._opens(self.page.address)

    async def follows_a_link(self) -> None:
        links = self._own_links(self.page)
        if links:
            await self._looks_at(self.pick.choice(links))

    async def opens_what_was_seen(self) -> None:
        await self._opens(self.pick.choice(self.here.seen))

    async def opens_another_tab(self) -> None:
        self.tabs = [*self.tabs, kept(self.page)][-MOST_TABS:]

    async def turns_to_another_tab(self) -> None:
        """What it shows may be long past."""
        self.tabs.append(kept(self.page))
        self.visitor.page = self.tabs.pop(self.pick.randrange(len(self.tabs) - 1) if len(self.tabs) > 1 else 0)

    async def comes_back(self) -> None:
        await self._opens(self.here.link)

    async def comes_back_elsewhere(self) -> None:
        """In another browser, in which nothing of the run is known but the link; and goes on there."""
        other = self.visitor.another()
        await self.visitor.session.close()
        self.visitor = other
        self.tabs.clear()  # they were the other browser's
        self.runs = {self.here.run: self.here}
        self.here.memory.refused.clear()  # what was refused there is shown there
        await self._opens(self.here.link)

    async def looks_without_the_link(self) -> None:
        """In another browser: nobody else's pages are shown."""
        other = self.visitor.another()
        await other.opens(f"/r/{self.here.run}", headers=self._headers())
        assert other.page.status == 403, other.page.status
        self.reader.reads(other.page, self.here.run)
        await other.session.close()

    async def lets_time_pass(self) -> None:
        self.clock.now += timedelta(hours=self.pick.choice((1, 1, 5, 5, 20, 20, 24 * 29)))

    async def starts_again(self) -> None:
        await self._opens(f"/w/{self.workflow}")
        self.here, self.made = KnownRun(""), 0

    # -- how it is done ----------------------------------------------------------------------------------

    def _headers(self) -> dict[str, str]:
        return {**HTML, "Accept-Language": self.pick.choice(LANGUAGES)}

    async def _opens(self, address: str) -> None:
        await self.visitor.opens(address, headers=self._headers())
        self._checks()

    def _tells(self, what: str) -> None:
        self.here.told.append(f"    {what}")

    async def _sends(self, action: str, answers: Mapping[str, Any]) -> None:
        self.visitor.fills(**answers)
        self._tells(f"sends {_shown(answers)}")
        await self._posts(self.page, action)

    async def _posts(self, page: Page, action: str) -> None:
        self._sent = page
        self.visitor.page = page
        typed = Typed.on(page)
        await self.visitor.posts(self.visitor.pairs(action), headers=self._headers())
        self._tells(f"-> {self.page.status} {self.page.address}")
        self._remembers(page, action, typed)
        self._checks()

    def _remembers(self, page: Page, action: str, typed: Typed) -> None:
        status = self.page.status
        self._turns_to(page)
        self.here.read = False
        if page.path.startswith("/w/"):
            return
        if status in (409, 422) and self.page.address.partition("?refused")[0] == page.address:
            if self.page.has_form:
                assert not (missing := typed.missing(self.page)), f"typed, refused and gone: {missing}"
                self.here.memory.was_refused(page, typed)
        elif status in (200, 409, 422) and action == "next":
            self.here.memory.was_taken(page, typed)
        elif action == "remove":
            self.here.memory.was_removed(page.path.replace("/-/remove/", "/"))
        elif status in (200, 409, 422) and action in ("previous", "save"):
            self.here.memory.was_left(page, typed, untouched=_is_untouched(page, typed))

    # -- what holds on every page ------------------------------------------------------------------------

    def _checks(self, *more: int) -> None:
        page = self.page
        self.statuses[page.status] += 1
        more = (*more, 400) if "refused=button" in page.address else more
        assert page.status in (*_taken(page), *more), f"{page.status} at {page.address}: {page.text}"
        assert all(status in (303, page.status) for status in self.visitor.statuses)
        assert page.title, page.address
        assert page.heading, page.address
        assert page.buttons or page.links, f"nothing leads on from {page.address}"
        self.reader.reads(page, self.here.run)
        if path := self._turns_to(page):
            self._is_at(page, path)

    def _turns_to(self, page: Page) -> str:
        """What comes behind the run in the page's address."""
        found = re.fullmatch(r"/r/([^/]+)/(.+)", page.path)
        if not found:
            return ""
        self.here = self.runs.setdefault(found[1], KnownRun(found[1]))
        return found[2]

    def _is_at(self, page: Page, path: str) -> None:
        if page.address not in self.here.seen and "refused=" not in page.address:
            self.here.seen.append(page.address)
        self.nodes.add(path.rpartition("/")[2].partition("~")[0])
        if page.has_form:
            assert not (missing := self.here.memory.missing(page)), f"lost on {page.address} ({page.status}): {missing}"
        if path == "-/saved":
            self.here.link = next((to for to in page.links.values() if "token=" in to), "")
        ended = any(to.endswith("/-/answers") for to in page.links.values())
        self.here.over = page.status == 410 or ended
        if ended and not self.here.read:
            self._end = page

    async def _looks_around(self) -> None:
        """Each link that hasn't been looked at in this run leads to a page, and to one that holds what it should."""
        page = self.page
        new = [each for each in self._own_links(page) if each not in self.here.looked_at]
        for address in new[:4]:
            self.here.looked_at.add(address)
            await self._looks_at(address)
        self._turns_to(page)
        if page is self._end:
            await self._looks_at_the_end()
        self.visitor.page = page

    async def _looks_at_the_end(self) -> None:
        """What was answered is there to be read, on the pages that still count and on the one that lists all of it.
        What was parked, or left without being taken, goes when a run is completed."""
        memory, there = self.here.memory, []
        for path in list(memory.pages):
            await self.visitor.opens(path, headers=self._headers())
            self.reader.reads(self.page, self.here.run)
            if self.page.path == path:
                there.append(path)
        memory.ended(there)
        self.here.read = True
        for path in (*there, f"/r/{self.here.run}/-/answers"):
            await self.visitor.opens(path, headers=self._headers())
            if not self.page.has_form:
                unread = memory.unread(self.page, there if path.endswith("/-/answers") else [path])
                assert not unread, f"{path} doesn't say {unread}"
        self.completed += 1

    async def _looks_at(self, address: str) -> None:
        self.links += 1
        before = self.page
        await self.visitor.opens(address, headers=self._headers())
        if self.page.html:
            return self._checks()
        assert self.page.status == 200, address  # a file
        self.visitor.page = before
        return None

    def _own_links(self, page: Page) -> list[str]:
        """The links of a page that lead to this site, and not to another place of the same page."""
        host = urlsplit(self.visitor.address("/")).netloc
        found = [each for each in page.links.values() if each and not each.startswith("#")]
        return [each for each in dict.fromkeys(found) if urlsplit(self.visitor.address(each)).netloc == host]


def _is_untouched(page: Page, typed: Typed) -> bool:
    """Whether nobody typed there since the page came. What was refused on it was typed, unless that was nothing."""
    was_typed = page.status != 200 and any(typed.values.values())
    return not was_typed and typed == Typed.on(Page(page.address, page.status, page.html))


def _taken(page: Page) -> tuple[int, ...]:
    """What a page may be answered with that can be gone on from."""
    return (200, 409, 410, 422, *((TOO_MANY,) if page.path.endswith(CODES) else ()))
