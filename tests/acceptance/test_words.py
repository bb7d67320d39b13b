"""Every word on a page or in a terminal is of a catalogue, of the author, or what somebody typed.

Authors' texts are marked ⟪like this⟫ before a definition is loaded; the catalogue's are marked in the pseudo-language,
and are German words in German. What is left is of neither.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from tests.acceptance.test_examples import EXAMPLES, LOCAL, OFFICE, Office
from tests.unit.channels.typed import Script
from tests.visitor import Visitor, visiting
from tests.words import files, messages, translated
from wizard.app import wizard_app
from wizard.channels.http.identities import Identity
from wizard.channels.terminal.terminal import Conversation, Ending
from wizard.definitions.catalog import files_of
from wizard.definitions.reading.source import read
from wizard.locale.formats import locale_of
from wizard.testing import FixedClock, make_test_engine

CLOCK = FixedClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
GERMAN = Path(__file__).parent / "german"
AUTHORS = frozenset(("title", "text", "label", "hint", "message", "submit", "add_another", "item"))
SPOKEN = frozenset(
    [
        "aria-label",
        "aria-description",
        "aria-placeholder",
        "aria-roledescription",
        "aria-valuetext",
        "alt",
        "title",
        "placeholder",
        "label",
        "summary",
        "abbr",
        "data-copied",
        "data-left",
        "data-over",
    ]
)
PRESSED = frozenset(("submit", "button", "reset", "image"))  # inputs whose value is what is read on them
FORMS = frozenset(("one", "other", "count"))  # of JSON in data-left and data-over

TYPED = (
    "Ada Lovelace Tim Young Grace ada example com rent 650 SW1A 1AA 8001 Zürich broken roof 020 7946 0018 044 668 18 00"
)
COUNTRIES = "United Kingdom Vereinigtes Königreich Switzerland Schweiz"


def marked(value: Any, key: str = "") -> Any:
    """The definition with each text that people read in brackets."""
    if isinstance(value, Mapping):
        return {
            name: marked(each, "message" if key in ("messages", "errors") else name) for name, each in value.items()
        }
    if isinstance(value, list):
        if key == "choices":
            value = [{"value": each, "label": each} if isinstance(each, str) else each for each in value]
        return [marked(each) for each in value]
    return f"⟪{value.strip()}⟫" if isinstance(value, str) and key in AUTHORS else value


def definitions(folder: Path, language: str, replaced: Mapping[str, str] | None = None) -> list[Any]:
    """All of a folder, marked, in that language."""
    found = []
    for file in files_of(folder) if folder.is_dir() else [folder]:
        text = file.read_text()
        for old, new in (replaced or {}).items():
            text = text.replace(old, new)
        for document in read(text, file.name):
            found.append({**marked(document.data), "language": language})
    return found


class Said(HTMLParser):
    """All that a page says: its texts, in order, and attributes that are read out or shown."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._silent = 0
        self._countries = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._silent += tag in ("script", "style")
        self._countries = self._countries or (tag == "select" and given.get("name") == "country")
        self.texts += [value for name, value in attrs if name in SPOKEN and value]
        if tag == "input" and given.get("type") in PRESSED and "aria-hidden" not in given:
            self.texts.append(given.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")
        self._countries = self._countries and tag != "select"

    def handle_data(self, data: str) -> None:
        if not self._silent and not self._countries:
            self.texts.append(data)


def left_over(text: str, known: frozenset[str]) -> list[str]:
    """The words that are neither in brackets nor known."""
    before = None
    while text != before:
        before, text = text, re.sub(r"⟪[^⟪⟫⟦⟧]*⟫|⟦[^⟪⟫⟦⟧]*⟧", " ", text)
    return [word for word in re.findall(r"[^\W\d_]{2,}", text) if word not in known]


def words_of(language: str) -> frozenset[str]:
    """What may stand there by itself: names of months and days, what was typed, and in German the catalogue."""
    locale = locale_of("en-GB" if language.startswith("en") else language)
    named: list[str] = [*locale.months["format"]["wide"].values(), *locale.days["format"]["wide"].values()]
    if language.startswith("de"):
        for file in files():
            for message in messages(translated(file)):
                named += [message.string] if isinstance(message.string, str) else list(message.string)
        named = [each.replace("ß", "ss") for each in named] if language == "de-CH" else named
        named = [re.sub(r"\{\w*\}|%\(\w+\)s|<[^>]*>", " ", each) for each in named]
    return frozenset(re.findall(r"[^\W\d_]{2,}", " ".join([*named, TYPED, COUNTRIES, "MB KB"])) + list(FORMS))


class Reader:
    """Somebody who goes through pages, and reads each to its last word."""

    def __init__(self, visitor: Visitor, language: str) -> None:
        self.visitor = visitor
        self.language = language
        self._known = words_of(language)
        self.read = 0

    def reads(self) -> None:
        page = self.visitor.page
        said = " ".join(Said(page.html).texts)
        run = re.search(r"/r/([^/]+)", page.address)
        said = said.replace(run[1], "") if run else said
        said = re.sub(r"https?://[^\s⟫⟧)]+", "", said)
        assert not left_over(said, self._known), page.address
        assert page.language == self.language
        self.read += 1

    async def opens(self, path: str) -> None:
        await self.visitor.opens(path)
        self.reads()

    async def follows(self, link: str) -> None:
        address = next(to for text, to in self.visitor.page.links.items() if link in to or link == text)
        await self.visitor.opens(address)
        self.reads()

    async def sends(self, action: str = "next", /, **answers: Any) -> None:
        await self.visitor.fills(**answers).presses(action)
        self.reads()


@asynccontextmanager
async def reading(documents: Iterable[Any], language: str, **more: Any) -> AsyncIterator[Reader]:
    """A reader of a site with these definitions."""
    engine = await make_test_engine(*documents, clock=CLOCK, settings=LOCAL, **more)
    try:
        async with visiting(wizard_app(engine, settings=LOCAL)) as visitor:
            yield Reader(visitor, language)
    finally:
        await engine.close()


async def apply_for_a_home(reader: Reader, postcode: str, phone: str) -> None:
    """The longest example, with every page that it can have, and those that are beside it."""
    await reader.opens("/")
    await reader.opens("/w/housing")
    await reader.sends()
    await reader.sends()
    await reader.sends(full_name="x" * 101, birth_date="31 2 1985", email="no")
    await reader.sends(full_name="Tim Young", birth_date="1 6 2030", email="")  # the author's own refusal
    await reader.sends(full_name="Tim Young", birth_date="1 6 2009")
    await reader.sends()
    await reader.sends(full_name="Grace", phone="12", relation="parent")
    await reader.sends(full_name="Grace", phone=phone, relation="parent")
    await reader.sends("previous")
    await reader.sends()
    await reader.sends(agreed=False)
    await reader.sends(agreed=True)
    await reader.sends()
    await reader.sends(home="rent", rent="many", postcode="x", since="1 2 2099")
    await reader.sends("save", home="rent", rent="650", postcode=postcode)
    await reader.opens(reader.visitor.page.links[next(iter(reversed(reader.visitor.page.links)))])
    await reader.sends(home="own", rent="650", postcode=postcode, since=None)
    await reader.sends(reason="broken roof")
    await reader.sends()
    await reader.sends(others=True)
    for name in ("Ada Lovelace", "Grace"):
        await reader.sends(full_name=name, birth_date="27 3 1985")
        await reader.sends(monthly="650")
        await reader.sends(add_another=name != "Grace")
    await reader.follows("applicant?change")
    await reader.sends("previous")
    await reader.follows("after-2?change")
    await reader.follows("/-/remove/")
    await reader.sends("remove")
    await reader.sends(declared=False)
    await reader.sends(declared=True)
    await reader.follows("/-/answers")
    await reader.opens("/r/nobody/applicant")
    await reader.opens("/nowhere")
    await reader.opens("/w/nothing")
    assert reader.read > 30


async def test_every_word_of_the_longest_example_is_a_catalogues_or_the_authors(pseudo_language: str) -> None:
    """A word that is in no catalogue stays English in every language, for everybody."""
    async with reading(definitions(EXAMPLES / "housing", pseudo_language), pseudo_language) as reader:
        await apply_for_a_home(reader, "sw1a1aa", "020 7946 0018")


async def test_the_longest_example_in_german_has_no_english_word() -> None:
    """A Swiss office sends its people to pages that are half in another language."""
    async with reading(definitions(GERMAN, "de-CH"), "de-CH") as reader:
        await apply_for_a_home(reader, "8001", "044 668 18 00")


async def test_every_word_of_the_feedback_is_a_catalogues_or_the_authors(pseudo_language: str) -> None:
    """As above, with checkboxes, a count of characters, and a run that is opened again."""
    async with reading(definitions(EXAMPLES / "feedback.yaml", pseudo_language), pseudo_language) as reader:
        await reader.opens("/w/feedback")
        await reader.sends()
        await reader.sends(stars="1")
        await reader.sends(areas=["waiting", "staff"], contact=True, phone="020 7946 0018")
        await reader.sends("previous")
        await reader.sends()
        await reader.sends(text="broken roof")
        await reader.sends("previous")


async def test_every_word_of_the_appointment_is_a_catalogues_or_the_authors(pseudo_language: str) -> None:
    """As above, with work that is done in between, and that fails."""
    office = Office()
    async with office.server:
        file = EXAMPLES / "appointment" / "appointment.yaml"
        found = definitions(file, pseudo_language, {OFFICE: office.address})
        async with reading(found, pseudo_language) as reader:
            await reader.opens("/w/appointment")
            await reader.sends()
            await reader.sends(date="29 11 2026")
            await reader.sends(date="2 12 2026")
            time = next(each.value for each in reader.visitor.page.inputs if each.name == "time")
            await reader.sends(time=time, full_name="Ada Lovelace")
            await office.takes("2026-12-02", time)
            await reader.sends()
            office.loses = [500] * 3


async def test_the_runs_of_somebody_are_listed_in_their_words(pseudo_language: str) -> None:
    """The page where people find what they have begun is the one that they come back to."""
    found = definitions(EXAMPLES / "feedback.yaml", pseudo_language)
    engine = await make_test_engine(*found, clock=CLOCK)
    app = wizard_app(engine, identify=lambda request: Identity("ann", name="Ada"))
    async with visiting(app) as visitor:
        reader = Reader(visitor, pseudo_language)
        await reader.opens("/runs")
        await reader.opens("/w/feedback")
        await reader.sends()
        await reader.opens("/")
        await reader.opens("/runs")
        await reader.opens("/runs?before=nothing")
    await engine.close()


# -- in a terminal ---------------------------------------------------------------------------------------------


async def talk(documents: Iterable[Any], language: str, *lines: str) -> Script:
    """A conversation about the longest example, as it was written."""
    engine = await make_test_engine(*documents, clock=CLOCK, settings=LOCAL)
    console = Script(*lines)
    try:
        view = await engine.start("housing")
        assert await Conversation(engine, console).hold(view) is Ending.COMPLETED
        known = words_of(language) | {"ja", "yes"}
        said = re.sub(r"> .*", "", console.text.replace(view.id, ""))  # what was typed
        said = re.sub(r"https?://[^\s⟫⟧)]+", "", said)
        assert not left_over(said, known), console.text
    finally:
        await engine.close()
    return console


async def test_a_terminal_says_only_words_of_catalogues_and_authors(pseudo_language: str) -> None:
    """Somebody who reads no English couldn't go on by what is said there."""
    await talk(
        definitions(EXAMPLES / "housing", pseudo_language),
        pseudo_language,
        *(":help", ":list", ":back", ":review", ":change 7", "Tim Young", "1 6 2009", ":change 9", ":remove 1", ""),
        *("Grace", "020 7946 0018", "1", "yes", "1", "650", "", "sw1a1aa", "", ":change", ":cancel 1", ":cancel", ""),
        *("yes", "Ada Lovelace", "27 3 1985", "", "no", ":review", "yes"),
    )


async def test_a_german_terminal_takes_german_commands() -> None:
    """:zurück, :hilfe and ja are what is told, so they are what is typed; English ones work as well."""
    console = await talk(
        definitions(GERMAN, "de-CH"),
        "de-CH",
        *(
            ":hilfe",
            ":liste",
            ":back",
            ":übersicht",
            "Tim Young",
            ":zurueck",
            ":nochmal",
            "",
            "1. Juni 2009",
            ":ZURÜCK",
            "",
        ),
        *("Grace", "044 668 18 00", "1", "ja", "1", "650", "", "8001", "", ":ändern", ":abbrechen", ""),
        *("j", "Ada Lovelace", "27. März 1985", "", "nein", ":übersicht", "ja"),
    )
    assert any(line.startswith("  :zurück") for line in console.written)
    assert "Schritt 1" in console.text
    assert "27. März 1985" in console.text
