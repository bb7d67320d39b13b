"""A page's HTML as elements, and what has to be so on every page whatever it shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset(("br", "input", "link", "meta"))
SEEN_INPUTS = ("text", "email", "tel", "url", "password", "file", "radio", "checkbox")


@dataclass(slots=True, eq=False)
class Element:
    tag: str
    attributes: dict[str, str]
    parent: Element | None
    children: list[Element] = field(default_factory=list)
    pieces: list[str | Element] = field(default_factory=list)

    def __iter__(self) -> Iterator[Element]:
        """Itself and all in it, in the order of the document."""
        waiting = [self]
        while waiting:
            yield (element := waiting.pop())
            waiting += reversed(element.children)

    @property
    def raw(self) -> str:
        return "".join(piece if isinstance(piece, str) else piece.raw for piece in self.pieces)

    @property
    def text(self) -> str:
        return " ".join(self.raw.split())

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    def get(self, name: str) -> str:
        return self.attributes.get(name, "")

    def within(self, tag: str) -> Element | None:
        at = self.parent
        while at is not None and at.tag != tag:
            at = at.parent
        return at


class Document(HTMLParser):
    """A whole page. Tags that aren't closed in order are an AssertionError."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = Element("", {}, None)
        self._at = self.root
        self.feed(html)
        self.close()
        assert self._at is self.root, f"<{self._at.tag}> isn't closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> has an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs}, self._at)
        self._at.children.append(element)
        self._at.pieces.append(element)
        if tag not in VOID:
            self._at = element

    def handle_endtag(self, tag: str) -> None:
        assert self._at.tag == tag, f"</{tag}> closes <{self._at.tag}>"
        assert self._at.parent is not None
        self._at = self._at.parent

    def handle_data(self, data: str) -> None:
        self._at.pieces.append(data)

    def all(self, tag: str, **attributes: str) -> list[Element]:
        return [
            each
            for each in self.root
            if each.tag == tag and all(each.get(key) == value for key, value in attributes.items())
        ]

    def one(self, tag: str, **attributes: str) -> Element:
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{len(found)} elements <{tag}> with {attributes}"
        return found[0]

    def of_class(self, name: str) -> list[Element]:
        return [each for each in self.root if name in each.classes]

    @property
    def by_id(self) -> dict[str, Element]:
        return {each.get("id"): each for each in self.root if "id" in each.attributes}

    def named(self, name: str) -> list[Element]:
        return [each for each in self.root if each.get("name") == name and each.tag != "meta"]

    @property
    def tags(self) -> list[str]:
        return [each.tag for each in self.root]


def checked(html: str) -> Document:
    """The page, which keeps what every page promises: it can be read by machines, used without scripts and styles in
    it, and each control says what it is (WCAG 1.3.1, 2.4.2, 2.4.6, 3.1.1, 3.3.2, 4.1.2)."""
    page = Document(html)
    html.encode()
    assert page.one("html").get("lang")
    assert page.one("title").text
    assert page.one("h1").text
    _check_references(page)
    _check_controls(page)
    _check_scripts(page)
    return page


def _check_references(page: Document) -> None:
    ids = Counter(each.get("id") for each in page.root if "id" in each.attributes)
    assert not [name for name, count in ids.items() if count > 1]
    for each in page.root:
        for name in ("for", "form", "aria-describedby", "aria-labelledby", "data-copy"):
            assert set(each.get(name).split()) <= ids.keys(), f"{name}={each.get(name)!r} leads nowhere"
        if each.tag == "a" and each.get("href").startswith("#"):
            assert each.get("href")[1:] in ids


def _check_controls(page: Document) -> None:
    labels = {each.get("for"): each for each in page.all("label")}
    for each in page.root:
        if each.tag in ("select", "textarea") or (each.tag == "input" and each.get("type") in SEEN_INPUTS):
            assert labels[each.get("id")].text, f"{each.get('name')} has no label"
            assert each.get("name")
        if each.get("type") == "radio":
            assert each.within("fieldset") is not None
        if each.tag == "fieldset":
            assert each.children[0].tag == "legend"
            assert each.children[0].text
        if each.tag in ("button", "a") and "hidden" not in each.attributes:
            assert each.text
    submits = [each for each in page.root if each.get("type") == "submit"]
    if any(each.get("value") == "next" for each in submits):
        assert submits[0].get("value") == "next", "Enter presses the first button of the form"
    for form in page.all("form"):
        if form.get("role") == "search":
            assert form.get("method") == "get", "what only looks has an address that can be kept"
            continue
        assert form.get("method") == "post"
        assert "novalidate" in form.attributes
        assert "action" not in form.attributes
        assert page.one("input", name="wizard-key").within("form") is form
        assert ("enctype" in form.attributes) == bool([1 for each in form if each.get("type") == "file"])


def _check_scripts(page: Document) -> None:
    assert not page.all("style")
    assert all(each.get("src") and not each.text for each in page.all("script"))
    for each in page.root:
        assert "style" not in each.attributes
        assert not [name for name in each.attributes if name.startswith("on")]
        assert not each.get("href").lower().startswith("javascript:")
