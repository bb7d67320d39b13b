"""What people read of answers that aren't taken: whole sentences, right for any label, in the run's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.pseudo import PSEUDO, installed, pseudo
from tests.unit.forms.asking import Around, form, ids
from tests.words import TEMPLATE, messages, translated
from wizard.errors import DefinitionError
from wizard.forms.fields import FIELD_TYPES
from wizard.forms.validation import Rejected, validate
from wizard.testing import Person, make_test_engine

LABELS = """
id: labels
nodes:
  - id: a
    type: form
    fields:
      - {name: a, type: boolean, label: I have a lease}
      - {name: b, label: How many}
      - {name: c, type: boolean, label: Are you over 18}
      - {name: d, label: When did you move in}
      - {name: e, label: Please enter your name}
      - {name: f, label: 1. Name}
      - {name: g, type: date, label: "Since when:"}
      - {name: h, type: file, label: Do you have a photo?}
      - {name: i, label: "{{ b }}"}
"""


async def test_an_empty_form_is_told_in_sentences() -> None:
    """People read “Choose your i have a lease” and “Enter your 1. Name”."""
    person = await Person.starts(await make_test_engine(LABELS), "labels")
    await person.wrongly.says(a="")
    assert person.errors == {
        "a": "Choose an answer to “I have a lease”",
        "b": "Answer “How many”",
        "c": "Choose an answer to “Are you over 18”",
        "d": "Answer “When did you move in”",
        "e": "Answer “Please enter your name”",
        "f": "Answer “1. Name”",
        "g": "Answer “Since when”",
        "h": "Upload a file for “Do you have a photo?”",
        "i": "Answer “I”",
    }


FILE = {"name": "a.pdf", "type": "application/pdf", "content": b"12345"}
PICKED: Mapping[str, Any] = {"type": "choices", "choices": ["a", "b", "c"]}
# What a field says, an answer that it doesn't take, and what a person reads in German. The label is “Nr. 1”.
GERMAN: tuple[tuple[Mapping[str, Any], object, str], ...] = (
    ({"type": "text"}, "", "Füllen Sie „Nr. 1“ aus"),
    ({"type": "text"}, 5, "Ihre Angabe bei „Nr. 1“ muss ein Text sein"),
    ({"type": "text"}, "a\nb", "Ihre Angabe bei „Nr. 1“ darf keine Zeilenumbrüche enthalten"),
    ({"type": "text", "pattern": "[0-9]"}, "x", "Ihre Angabe bei „Nr. 1“ hat nicht die verlangte Form"),
    ({"type": "text", "max_length": 2, "min_length": 2}, "x", "Ihre Angabe bei „Nr. 1“ muss genau 2 Zeichen lang sein"),
    (
        {"type": "textarea", "max_length": 1200},
        "x" * 1201,
        "Ihre Angabe bei „Nr. 1“ darf höchstens 1.200 Zeichen lang sein",
    ),
    ({"type": "password", "min_length": 8}, "x", "Ihre Angabe bei „Nr. 1“ muss mindestens 8 Zeichen lang sein"),
    (
        {"type": "hidden"},
        "a\x00",
        "Ihre Angabe bei „Nr. 1“ darf keine Zeichen enthalten, die sich nicht darstellen lassen",
    ),
    ({"type": "integer"}, "viele", "Geben Sie bei „Nr. 1“ eine ganze Zahl ein, zum Beispiel 17"),
    ({"type": "integer", "max": 1000}, 1001, "Die Zahl bei „Nr. 1“ darf höchstens 1.000 sein"),
    ({"type": "integer"}, 10**40, "Die Zahl bei „Nr. 1“ darf höchstens 30 Ziffern haben"),
    ({"type": "decimal"}, "viel", "Geben Sie bei „Nr. 1“ eine Zahl ein, zum Beispiel 17 oder 12,5"),
    ({"type": "decimal", "min": 0.5}, "0,1", "Die Zahl bei „Nr. 1“ muss mindestens 0,5 sein"),
    ({"type": "decimal", "places": 1}, "0,12", "Die Zahl bei „Nr. 1“ darf höchstens eine Stelle nach dem Komma haben"),
    (
        {"type": "decimal"},
        "2.400",
        "Ihre Angabe bei „Nr. 1“ lässt sich auf zwei Arten lesen. Schreiben Sie 2400 oder 2,4",
    ),
    ({"type": "boolean"}, "", "Wählen Sie bei „Nr. 1“ eine Antwort aus"),
    ({"type": "boolean"}, "vielleicht", "Antworten Sie bei „Nr. 1“ mit Ja oder Nein"),
    ({"type": "boolean", "checkbox": True}, "", "Bestätigen Sie „Nr. 1“, um weiterzugehen"),
    ({"type": "boolean", "checkbox": True}, False, "Bestätigen Sie „Nr. 1“, um weiterzugehen"),
    ({"type": "date"}, "gestern", "Geben Sie bei „Nr. 1“ ein Datum ein, zum Beispiel 27.3.1985"),
    (
        {"type": "date"},
        "30.2.1985",
        "Das Datum bei „Nr. 1“ gibt es nicht. Geben Sie ein anderes ein, zum Beispiel 27.3.1985",
    ),
    ({"type": "date"}, "1.1.985", "Geben Sie bei „Nr. 1“ das Jahr mit vier Ziffern ein, zum Beispiel 1985"),
    (
        {"type": "date"},
        "Montag 27.3.1985",
        "Das Datum bei „Nr. 1“ fällt auf einen anderen Wochentag als den, den Sie angegeben haben",
    ),
    (
        {"type": "date"},
        "27.3.25",
        "Ihre Angabe bei „Nr. 1“ lässt sich auf zwei Arten lesen. Schreiben Sie 27. März 1925 oder 27. März 2025",
    ),
    (
        {"type": "date", "min": "1985-03-27"},
        "1.1.1985",
        "Das Datum bei „Nr. 1“ darf nicht vor dem 27. März 1985 liegen",
    ),
    (
        {"type": "date", "max": "1985-03-27"},
        "1.1.1986",
        "Das Datum bei „Nr. 1“ darf nicht nach dem 27. März 1985 liegen",
    ),
    ({"type": "date", "min": "today()"}, "1.1.1985", "Das Datum bei „Nr. 1“ darf nicht in der Vergangenheit liegen"),
    ({"type": "date", "max": "today()"}, "1.1.2985", "Das Datum bei „Nr. 1“ darf nicht in der Zukunft liegen"),
    ({"type": "date"}, {"month": "3", "year": "1985"}, "Bei „Nr. 1“ fehlt der Tag"),
    ({"type": "date"}, {"day": "3", "year": "1985"}, "Bei „Nr. 1“ fehlt der Monat"),
    ({"type": "date"}, {"day": "3", "month": "3"}, "Bei „Nr. 1“ fehlt das Jahr"),
    ({"type": "date"}, {"year": "1985"}, "Bei „Nr. 1“ fehlen Tag und Monat"),
    ({"type": "date"}, {"month": "3"}, "Bei „Nr. 1“ fehlen Tag und Jahr"),
    ({"type": "date"}, {"day": "3"}, "Bei „Nr. 1“ fehlen Monat und Jahr"),
    ({"type": "time"}, "bald", "Geben Sie bei „Nr. 1“ eine Uhrzeit ein, zum Beispiel 9:30 oder 14:00"),
    ({"type": "time", "min": "08:00"}, "7:59", "Die Uhrzeit bei „Nr. 1“ darf nicht vor 08:00 Uhr liegen"),
    ({"type": "time", "max": "08:00"}, "8:01", "Die Uhrzeit bei „Nr. 1“ darf nicht nach 08:00 Uhr liegen"),
    ({"type": "choice", "choices": ["a"]}, "b", "Wählen Sie bei „Nr. 1“ eine der angebotenen Möglichkeiten"),
    ({**PICKED, "min": 2}, "a", "Wählen Sie bei „Nr. 1“ mindestens 2 Möglichkeiten"),
    ({**PICKED, "max": 1}, "a, b", "Wählen Sie bei „Nr. 1“ höchstens eine Möglichkeit"),
    (PICKED, ["a"] * 6000, "Wählen Sie bei „Nr. 1“ nicht mehr als die angebotenen Möglichkeiten"),
    ({"type": "email"}, "ann", "Geben Sie bei „Nr. 1“ eine E-Mail-Adresse ein, zum Beispiel name@example.com"),
    ({"type": "phone"}, "12", "Geben Sie bei „Nr. 1“ eine Telefonnummer ein, zum Beispiel +49 30 123456"),
    (
        {"type": "phone", "region": "CH"},
        "12",
        "Geben Sie bei „Nr. 1“ eine Telefonnummer ein, zum Beispiel 021 234 56 78 oder +41 21 234 56 78",
    ),
    (
        {"type": "url"},
        "ftp://a.b",
        "Geben Sie bei „Nr. 1“ eine Internetadresse ein, zum Beispiel https://www.example.com",
    ),
    ({"type": "postcode"}, "Bern", "Geben Sie bei „Nr. 1“ eine Postleitzahl ein, zum Beispiel 8001 oder SW1A 1AA"),
    (
        {"type": "postcode", "country": "US"},
        "8001",
        "Die Postleitzahl bei „Nr. 1“ passt nicht zu diesem Land: Vereinigte Staaten",
    ),
    ({"type": "country", "only": ["ZZ"]}, "CH", "Wählen Sie bei „Nr. 1“ eines der angebotenen Länder"),
    (
        {"type": "country"},
        "Atlantis",
        "Wählen Sie bei „Nr. 1“ eines der angebotenen Länder, zum Beispiel Schweiz oder CH",
    ),
    ({"type": "iban"}, "CH1", "Geben Sie bei „Nr. 1“ eine gültige IBAN ein, zum Beispiel DE89 3704 0044 0532 0130 00"),
    ({"type": "file"}, "", "Laden Sie bei „Nr. 1“ eine Datei hoch"),
    ({"type": "file"}, "a.pdf", "Laden Sie bei „Nr. 1“ eine Datei hoch"),
    ({"type": "file"}, {"colour": "red"}, "Bei „Nr. 1“ wird eine Datei mit Namen, Typ und Inhalt gebraucht"),
    (
        {"type": "file"},
        {"id": "x"},
        "Die Datei bei „Nr. 1“ wurde nicht hier hochgeladen. Laden Sie sie noch einmal hoch",
    ),
    ({"type": "file"}, {**FILE, "content": b""}, "Die Datei bei „Nr. 1“ ist leer. Wählen Sie eine andere Datei"),
    ({"type": "file"}, {**FILE, "content": "!"}, "Der Inhalt der Datei bei „Nr. 1“ muss in Base64 gesendet werden"),
    ({"type": "file", "max_size": 4}, FILE, "Die Datei bei „Nr. 1“ darf höchstens 4 Byte groß sein"),
    (
        {"type": "file", "accept": [".jpg", "image/*"]},
        FILE,
        "Die Datei bei „Nr. 1“ ist nicht von der richtigen Art. Erlaubt: .jpg oder ein Bild",
    ),
)
UNHEARD = {
    "The file for “{label}” can't be uploaded here",  # where a host keeps no files
    "Your answer to “{label}” can be read in several ways. Write {ways}",  # 1/2/85 in English of no country
}


def refusal(written: Mapping[str, Any], answer: object, language: str) -> str:
    asked = form({"name": "it", "label": "Nr. 1", **written})
    result = validate(asked, {"it": answer}, Around.of(language), new_id=ids())
    assert isinstance(result, Rejected), (written, answer)
    return result.errors["it"]


@pytest.mark.parametrize(("written", "answer", "told"), GERMAN, ids=lambda each: str(each)[:40])
def test_german_forms_refuse_in_german(written: Mapping[str, Any], answer: object, told: str) -> None:
    """Somebody would be told in English what is wrong with a German form, or in a German that nobody writes."""
    assert refusal(written, answer, "de") == told


def test_every_type_of_field_is_among_them() -> None:
    """A new type would speak English."""
    assert {written["type"] for written, _, _ in GERMAN} == set(FIELD_TYPES) - {"computed"}


def test_switzerland_writes_it_in_its_own_way() -> None:
    """Numbers and ß of another country."""
    assert refusal({"type": "integer", "max": 1000}, 1001, "de-CH") == "Die Zahl bei „Nr. 1“ darf höchstens 1’000 sein"


def test_every_refusal_comes_whole_from_a_catalogue(tmp_path: Path) -> None:
    """Part of a sentence would stay English in every other language. Each sentence that there is has an answer here."""
    sentences = {
        text
        for message in messages(translated(TEMPLATE))
        for text in (message.id if isinstance(message.id, tuple) else (message.id,))
        if "{label}" in text and any(file.startswith("forms/") for file, _ in message.locations)
    }
    with installed(tmp_path):
        told = [refusal(written, answer, PSEUDO) for written, answer, _ in GERMAN]
    patterns = {text: re.compile(_pattern(pseudo(text)), re.DOTALL) for text in sentences}
    assert not [each for each in told if not any(pattern.fullmatch(each) for pattern in patterns.values())]
    unheard = {text for text, pattern in patterns.items() if not any(map(pattern.fullmatch, told))}
    assert {text for text in unheard if not _is_of_another_number(text)} == UNHEARD


def _pattern(text: str) -> str:
    return ".+".join(map(re.escape, re.split(r"\{\w+\}", text)))


def _is_of_another_number(text: str) -> bool:
    return re.search(r"\{count\} (choice|digit|decimal place|character)s?\b", text) is not None


def test_what_concerns_no_field_is_told_in_the_language_too() -> None:
    """The same for names that a form doesn't have, computed ones, and too many answers at once."""
    asked = form({"name": "a", "required": False}, {"name": "b", "type": "computed", "value": "1"})
    result = validate(asked, {"x": "1", "b": "1"}, Around.of("de"))
    assert isinstance(result, Rejected)
    assert result.errors == {
        "x": "Ein Feld „x“ gibt es hier nicht. Lassen Sie es weg",
        "b": "„b“ wird berechnet und kann nicht beantwortet werden. Lassen Sie es weg",
    }
    many = validate(asked, dict.fromkeys(map(str, range(201)), ""), Around.of("de"))
    assert isinstance(many, Rejected)
    assert many.error == "Es wurden zu viele Antworten auf einmal gesendet. Senden Sie höchstens 200."


# -- a field's own words ---------------------------------------------------------------------------

OWN: tuple[tuple[Mapping[str, Any], str, object], ...] = (
    ({"type": "text"}, "required", ""),
    ({"type": "text"}, "invalid", 5),
    ({"type": "text", "min_length": 2}, "min_length", "a"),
    ({"type": "text", "max_length": 2}, "max_length", "abc"),
    ({"type": "text", "pattern": "[0-9]"}, "pattern", "a"),
    ({"type": "textarea", "max_length": 2}, "max_length", "abc"),
    ({"type": "password", "min_length": 2}, "min_length", "a"),
    ({"type": "hidden", "max_length": 2}, "max_length", "abc"),
    ({"type": "integer", "min": 2}, "min", 1),
    ({"type": "integer", "max": 2}, "max", 3),
    ({"type": "integer"}, "invalid", "9" * 300),
    ({"type": "decimal", "min": 2}, "min", 1),
    ({"type": "decimal", "places": 1}, "places", "1.23"),
    ({"type": "boolean"}, "invalid", "perhaps"),
    ({"type": "boolean", "checkbox": True}, "required", False),
    ({"type": "date", "max": "today()"}, "max", "1 1 2999"),
    ({"type": "time", "min": "08:00"}, "min", "7:00"),
    ({"type": "choice", "choices": ["a"]}, "invalid", "b"),
    ({**PICKED, "max": 1}, "max", "a, b"),
    ({**PICKED, "min": 2}, "min", "a"),
    ({"type": "email"}, "invalid", "ann"),
    ({"type": "phone"}, "invalid", "12"),
    ({"type": "url"}, "invalid", "ftp://a.b"),
    ({"type": "postcode"}, "invalid", "Bern"),
    ({"type": "country"}, "invalid", "Atlantis"),
    ({"type": "iban"}, "invalid", "CH1"),
    ({"type": "file", "max_size": 4}, "max_size", FILE),
    ({"type": "file", "accept": [".jpg"]}, "accept", FILE),
    ({"type": "file"}, "required", ""),
)


@pytest.mark.parametrize(("written", "kind", "answer"), OWN, ids=lambda each: str(each)[:30])
def test_a_field_gives_its_own_words(written: Mapping[str, Any], kind: str, answer: object) -> None:
    """An author knows what the answer is for: “Enter the number on your card”."""
    assert refusal({**written, "errors": {kind: "Own {{ 1 + 1 }}"}}, answer, "en") == "Own 2"


def test_what_has_no_words_of_its_own_is_told_by_those_for_invalid_answers() -> None:
    """An author who says what is wanted says it once. What is missing, and limits that have words, keep theirs."""
    written = {"type": "integer", "min": 2, "errors": {"invalid": "A number of people", "min": "Two at least"}}
    assert refusal(written, "x" * 500, "en") == "A number of people"
    assert refusal(written, 1, "en") == "Two at least"
    assert refusal(written, "", "en") == "Answer “Nr. 1”"


def test_two_readings_are_told_whatever_a_field_says() -> None:
    """An author's “Enter an amount” would leave people who wrote 2.400 without a way on: it is one."""
    written = {"type": "decimal", "places": 2, "errors": {"invalid": "Enter an amount"}}
    assert refusal(written, "2.400", "en").endswith("Write 2400 or 2.40")


def test_the_former_key_goes_on_being_understood() -> None:
    """Definitions that runs are pinned to have `messages`."""
    written = {"type": "integer", "min": 2, "messages": {"limit": "Two at least", "invalid": "A number"}}
    assert refusal(written, 1, "en") == "Two at least"
    assert refusal(written, "x", "en") == "A number"
    assert refusal({**written, "errors": {"min": "At least two"}}, 1, "en") == "At least two"


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("{name: a, type: integer, errors: {mim: x}}", "there is no key `mim` here; did you mean `min`?"),
        ("{name: a, errors: {patern: x}}", "there is no key `patern` here; did you mean `pattern`?"),
        ("{name: a, type: email, errors: {places: x}}", "there is no key `places` here"),
        ("{name: a, errors: {required: '{{ nobody }}'}}", "there is nothing called `nobody` here"),
        ("{name: a, type: checkbox}", "one box to tick is `type: boolean, checkbox: true` here"),
    ],
)
async def test_words_for_what_cannot_happen_are_found_at_load(field: str, told: str) -> None:
    """A message below a misspelled key would never be read, and nobody would notice."""
    with pytest.raises(DefinitionError, match=re.escape(told)):
        await make_test_engine(f"id: x\nnodes: [{{id: a, type: form, fields: [{field}]}}]")
