"""What somebody typed on each page of a run, and whether the pages still say so.

It knows nothing of the engine: what was typed and taken is to be there when its page is opened again, what was left by
Back or saved is to be there instead, and what was refused is to be on the page that comes back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.visitor import Page
from tests.walks.answers import base, reveals

Values = Mapping[str, Any]
AFTER = "after-"  # begins the last part of the address of a list's page


@dataclass(frozen=True)
class Typed:
    """What a page's inputs held when it was sent, but for passwords. `words` are the inputs that are typed into."""

    values: Values
    words: frozenset[str] = frozenset()

    @classmethod
    def on(cls, page: Page) -> Typed:
        secret = {each.name for each in page.inputs if each.kind == "password"}
        words = frozenset(each.name for each in page.inputs if each.kind in ("text", "textarea", "email", "url"))
        return cls({name: value for name, value in page.values.items() if name not in secret}, words)

    def applying(self, page: Page) -> Typed:
        """Without answers to questions that others of the page had not brought up: they are left aside."""
        asked = reveals(page)
        values = {name: value for name, value in self.values.items() if self._applies(base(name), asked)}
        return replace(self, values=values)

    def _applies(self, name: str, asked: Mapping[str, tuple[str, tuple[str, ...]]]) -> bool:
        if name not in asked:
            return True
        by, wanted = asked[name]
        picked = self.values.get(by)
        picked = ("yes" if picked else "no") if isinstance(picked, list) and picked in ([], ["yes"]) else picked
        return picked in _spoken(wanted) and self._applies(by, asked)

    def missing(self, page: Page) -> list[str]:
        """What of it the page doesn't show."""
        shown = page.values
        offered = {each.name: each.options for each in page.inputs if each.kind == "select"}
        for each in page.inputs:
            if each.kind in ("radio", "checkbox"):
                offered.setdefault(each.name, []).append(each.value)
        found = []
        for name, value in self.values.items():
            if name not in shown or name.endswith("-remove"):
                continue  # asked no more
            wanted = value
            if name in offered:
                wanted = (
                    [each for each in value if each in offered[name]] if isinstance(value, list)
                    else value if value in offered[name] else shown[name]
                )  # fmt: skip
            if not same(wanted, shown[name]):
                found.append(f"{name}: {_short(wanted)} was typed, {_short(shown[name])} is shown")
        return found


def _spoken(values: Iterable[str]) -> frozenset[str]:
    named = {"True": "yes", "False": "no", "true": "yes", "false": "no"}
    return frozenset(named.get(each, each) for each in values)


def same(typed: Any, shown: Any) -> bool:
    """Whether it is the same answer, however it is written."""
    if isinstance(typed, list) or isinstance(shown, list):
        return sorted(typed or []) == sorted(shown or [])
    one, other = _plain(typed), _plain(shown)
    if one == other:
        return True
    try:
        return Decimal(str(typed).replace(",", "")) == Decimal(str(shown).replace(",", ""))
    except InvalidOperation:
        pass
    digits = re.sub(r"\D", "", one)
    return len(digits) >= 9 and re.sub(r"\D", "", other).endswith(digits[-9:])


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 80 else f"{text[:60]}… ({len(text)})"


def _plain(text: Any) -> str:
    return re.sub(r"[\s/]", "", str(text or "")).casefold()


@dataclass
class KnownPage:
    """What is known of one step's page: what was taken there last, and what was left there since, without that. `old`
    is what another tab said in which nobody typed: whether it counts is the engine's to say, either is right."""

    taken: Typed | None = None
    left: Typed | None = None
    old: Typed | None = None

    def missing(self, page: Page) -> list[str]:
        """What the page doesn't say of it."""
        typed = self.left or self.taken
        if typed is None or (self.old is not None and not self.old.missing(page)):
            return []
        return typed.missing(page)


class Memory:
    """Of one run. Pages are known by their addresses without the query."""

    def __init__(self) -> None:
        self.pages: dict[str, KnownPage] = {}
        self.refused: dict[str, Typed] = {}  # by address with its query

    def was_taken(self, page: Page, typed: Typed) -> None:
        self.pages[page.path] = KnownPage(typed.applying(page))
        self._forget_refused(page)

    def was_left(self, page: Page, typed: Typed, *, untouched: bool) -> None:
        known = self.pages.setdefault(page.path, KnownPage())
        if untouched:
            known.old = typed
        else:
            known.left, known.old = typed, None
        self._forget_refused(page)

    def was_refused(self, page: Page, typed: Typed) -> None:
        self.refused[page.address] = typed

    def _forget_refused(self, page: Page) -> None:
        self.refused.pop(page.address, None)

    def was_removed(self, item: str) -> None:
        """An item of a list, by the address that its pages begin with; whether there is another one is asked anew."""
        asked = f"{item.rpartition('/')[0]}/{AFTER}"
        for path in [each for each in self.pages if each.startswith((f"{item}/", asked))]:
            del self.pages[path]

    def ended(self, still_there: Iterable[str]) -> None:
        """What was parked goes when a run is completed, and so does what was only left."""
        self.pages = {path: KnownPage(self.pages[path].taken) for path in still_there if path in self.pages}

    def unread(self, page: Page, paths: Iterable[str]) -> list[str]:
        """What was typed in words on these pages, and taken, and isn't to be read on this one."""
        said = _plain(page.text)
        taken = [each for path in paths if (each := self.pages[path].taken) is not None]
        words = [each.values[name] for each in taken for name in sorted(each.words & each.values.keys())]
        return [each for each in words if re.search(r"[^\W\d_]", each) and _plain(each) not in said]

    def missing(self, page: Page) -> list[str]:
        """What the page doesn't say any more, of what it should."""
        refused = self.refused.get(page.address)
        if page.status in (409, 422):
            return refused.missing(page) if refused is not None else []
        self.refused.pop(page.address, None)  # it is past
        known = self.pages.get(page.path)
        return [] if known is None else known.missing(page)


class KnownRun:
    """What is known of one run."""

    def __init__(self, run: str) -> None:
        self.run = run
        self.memory = Memory()
        self.seen: list[str] = []  # addresses of its pages
        self.told: list[str] = []  # the moves that were made in it
        self.looked_at: set[str] = set()
        self.link = ""
        self.over = False
        self.read = False  # whether all that was answered was looked for at its end
