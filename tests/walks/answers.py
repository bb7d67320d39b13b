"""What somebody types into a page, rightly and wrongly, as far as the page and its author say what fits.

A `Typist` makes the same choices for the same random numbers. All texts are of `POOL`, so that a reader of pages can
tell them from words that the engine says.
"""

from __future__ import annotations

import html
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from tests.visitor import File, Input, Page

Field = Mapping[str, Any]

NAMES = (
    "Ada Lovelace", "Zoë Ångström", "Bea", "Chloé O’Hara", "<b>Bold</b> & Sons", "{{ 7 * 7 }} Grace", "*Tim* _Young_",
    '"Dora" \'Dee\'', "[Eve](javascript:eve)", "Łukasz", "Nguyễn Thị", "Ōta 太田", "{count} %(name)s", "Mc<Donald",
)  # fmt: skip
LINES = (
    "broken roof", "First this.\nThen that.", "- one\n- two\n\n**three**", "<script>alert(1)</script>", "&amp; &lt;",
    "roof " * 60, "7" * 900, "Ünïcödé ✓ 🎉",
)  # fmt: skip
WRONG = {
    "date": ("31 2 1985", "- 3 -", "roof 3 1985", "1 1 99999", "12 13 2001"),
    "integer": ("many", "3.5", "-99999", "9" * 40),
    "decimal": ("many", "1,2,3", "-1", "2.9999", "1e9"),
    "email": ("ada", "ada@", "ada example"),
    "phone": ("12", "roof", "0" * 40),
    "postcode": ("x", "roof", "9" * 30),
    "time": ("25:61", "roof"),
    "url": ("javascript:eve", "roof"),
    "iban": ("CH12", "roof"),
}
FILES: tuple[File, ...] = (
    ("roof.pdf", "application/pdf", b"%PDF-1.7 roof"),
    ("roof.png", "image/png", b"\x89PNG roof"),
)
WRONG_FILES: tuple[File, ...] = (("roof.exe", "application/octet-stream", b"MZ"), ("roof.pdf", "application/pdf", b""))
PHONES = {"GB": "020 7946 0018", "CH": "044 668 18 00", "": "+41 44 668 18 00"}
POSTCODES = {"GB": ("SW1A 1AA", "sw1a1aa"), "CH": ("8001",), "DE": ("10115",), "HK": ("",)}
COUNTRY_NAMES = (
    "United Kingdom Vereinigtes Königreich Switzerland Schweiz Germany Deutschland Hong Kong SAR China "
    "Sonderverwaltungsregion Hongkong CH GB DE HK"
)
OTHERS = "ada@example.com Ada Example https://ada.example CH93 0076 2011 6238 5295 7 roof pdf png exe"
POOL = " ".join(
    [*NAMES, *LINES, *(text for each in WRONG.values() for text in each), OTHERS, COUNTRY_NAMES, "CH GB DE HK"]
)

_SHOWN_BY = re.compile(r'data-shown-by="([^"]*)" data-shown-for="([^"]*)">.*?\bname="([^"]+)"', re.DOTALL)


def base(name: str) -> str:
    """The field that an input belongs to."""
    return re.sub(r"-(day|month|year|remove)$", "", name)


def node_of(path: str) -> str:
    """The node that a page's address names last."""
    return path.rpartition("/")[2].partition("~")[0]


def fields_of(documents: list[Any]) -> dict[str, dict[str, Field]]:
    """What authors say of their fields, by the pages' nodes; the input of a workflow by its id."""
    found: dict[str, dict[str, Field]] = {}
    for document in documents:
        found[document["id"]] = {name: _named(name, each) for name, each in document.get("input", {}).items()}
        for node in document["nodes"]:
            fields = {each["name"]: each for each in node.get("fields", ())}
            found[node["id"]] = {**found.get(node["id"], {}), **fields}
    return found


def _named(name: str, field: Any) -> Field:
    return {"name": name, **(field if isinstance(field, Mapping) else {"type": field})}


class Typist:
    """See the module docstring. `today` tells which day it is."""

    def __init__(
        self, pick: random.Random, fields: Mapping[str, Mapping[str, Field]], today: Callable[[], date]
    ) -> None:
        self.pick = pick
        self.fields = fields
        self.today = today

    def rightly(self, page: Page) -> dict[str, Any]:
        """Answers to what the page asks, by field, as `Visitor.fills` takes them; now and then one that isn't right
        after all, where that takes knowing more than the page says."""
        answers: dict[str, Any] = {}
        for name, inputs, field in self._asked(page):
            answers[name] = self._right(name, inputs, field, answers)
        return answers

    def wrongly(self, page: Page) -> dict[str, Any]:
        """Answers of which at least one doesn't fit, where there is any."""
        answers = self.rightly(page)
        asked = list(self._asked(page))
        for name, inputs, field in self.pick.sample(asked, k=min(len(asked), self.pick.randint(1, 3))):
            answers[name] = self._wrong(inputs, field)
        return answers

    def _asked(self, page: Page) -> Iterator[tuple[str, list[Input], Field]]:
        known = self.fields.get(node_of(page.path), {})
        by_name: dict[str, list[Input]] = {}
        for each in page.inputs:
            if each.kind not in ("hidden", "submit") and not each.name.endswith("-remove"):
                by_name.setdefault(base(each.name), []).append(each)
        for name, inputs in by_name.items():
            yield name, inputs, known.get(name, {})

    def _right(self, name: str, inputs: list[Input], field: Field, so_far: Mapping[str, Any]) -> Any:
        pick = self.pick
        if field.get("required") is False and pick.random() < 0.3:
            return [] if inputs[0].kind == "checkbox" else None if inputs[0].kind == "radio" else self._empty(inputs)
        match inputs[0].kind:
            case "radio":
                values = [each.value for each in inputs]
                return "yes" if "yes" in values and pick.random() < 0.4 else pick.choice(values)
            case "checkbox":
                values = [each.value for each in inputs]
                if values == ["yes"]:
                    return ["yes"] if pick.random() < 0.8 else []
                return [each for each in values if pick.random() < 0.4] or [pick.choice(values)]
            case "select":
                offered = [each for each in inputs[0].options if each]
                return pick.choice([each for each in offered if each in POSTCODES] or offered)
            case "file":
                return pick.choice(FILES)
        return self._typed(name, inputs, field, so_far)

    def _typed(self, name: str, inputs: list[Input], field: Field, so_far: Mapping[str, Any]) -> Any:
        pick = self.pick
        match field.get("type", "text"):
            case "date":
                return self._date(field)
            case "integer":
                return str(pick.randint(_whole(field.get("min"), 0), _whole(field.get("max"), 9)))
            case "decimal":
                return pick.choice(("650", "812.50", "0", "1200.5", "3.20"))
            case "email":
                return pick.choice(("ada@example.com", "Ada@Example.com"))
            case "phone":
                return PHONES.get(str(field.get("region", "")), PHONES[""])
            case "postcode":
                country = str(field.get("country", ""))
                return pick.choice(POSTCODES.get(str(so_far.get(country, country)), ("8001",)))
            case "time":
                return pick.choice(("14:30", "09:00"))
            case "url":
                return "https://ada.example"
            case "iban":
                return "CH93 0076 2011 6238 5295 7"
        if inputs[0].name.endswith("-day"):
            return self._date(field)
        text = pick.choice(LINES if inputs[0].kind == "textarea" else NAMES)
        return text[: _whole(field.get("max_length"), 900)]

    def _date(self, field: Field) -> str:
        """Of who says `min: today()` one that is to come, else one that was: of children, of who is almost of age, and
        of the old."""
        if "today" in str(field.get("min", "")):
            day = self.today() + timedelta(days=self.pick.randint(0, 40))
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=1) if self.pick.random() < 0.2 else day
            while day.isoweekday() > 5 and self.pick.random() < 0.9:
                day += timedelta(days=1)
        else:
            years = self.pick.choice((1, 9, 15, 16, 17, 17, 17, 18, 30, 40, 80))
            day = self.today() - timedelta(days=int(years * 365.25) + self.pick.randint(5, 300))
        return f"{day.day} {day.month} {day.year}"

    def _wrong(self, inputs: list[Input], field: Field) -> Any:
        match inputs[0].kind:
            case "radio":
                return None
            case "checkbox":
                return []
            case "select":  # among many, one of those whose names are known words
                options = inputs[0].options
                return self.pick.choice([each for each in options if each in ("", *POSTCODES)] or options)
            case "file":
                return self.pick.choice(WRONG_FILES)
        kind = "date" if inputs[0].name.endswith("-day") else str(field.get("type", "text"))
        return self.pick.choice((*WRONG.get(kind, ("", "7" * 1_200)), self._empty(inputs)))

    @staticmethod
    def _empty(inputs: list[Input]) -> Any:
        return None if inputs[0].kind == "file" else ""


def _whole(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise


def reveals(page: Page) -> dict[str, tuple[str, tuple[str, ...]]]:
    """The questions that another answer of the page brings up: by field, that other field and its values."""
    found = _SHOWN_BY.findall(page.html)
    return {base(name): (by, tuple(map(str, json.loads(html.unescape(values))))) for by, values, name in found}
