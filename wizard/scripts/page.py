"""A page of the web channel as somebody gets it whose browser runs no scripts: what there is to read, and its form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

File = tuple[str, str, bytes]  # a file's name, media type and content


class NotThere(AssertionError):
    """A page hasn't what was looked for, or isn't as all pages are; the message says what there is instead."""


def check(holds: object, message: str) -> None:
    """Raises NotThere unless it holds."""
    if not holds:
        raise NotThere(message)


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
                check(not self.has_form, "a page has one form that is posted")
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
        check(self._open, f"</{tag}> closes nothing")
        opened, given = self._open[-1]
        check(opened == tag, f"</{tag}> closes <{opened}> on {self.address}")
        if self._texts and self._texts[-1][0] == len(self._open):
            raw = "".join(self._texts.pop()[1])
            self._end(tag, given, raw, " ".join(raw.split()))
        self._open.pop()

    def _end(self, tag: str, given: dict[str, str], raw: str, text: str) -> None:
        match tag:
            case "title":
                self.title = text
            case "h1":
                check(not self.heading, f"a page has one h1, and this has two: {self.heading!r} and {text!r}")
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
