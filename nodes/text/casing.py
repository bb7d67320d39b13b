"""`change_case` and `sort_texts` nodes: capitals and alphabetical order as a language has them.

Python's own rules are Unicode's without any language. What the languages have of their own is here: the two i of
Turkish and Azerbaijani, the Dutch IJ, capitals of Greek without accents (Unicode, SpecialCasing.txt and CLDR), and
the letters that stand at a place of their own in an alphabet (CLDR, collation). It is no full collation: accents that
are no letters of their own count only between words that are the same without them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, ClassVar, Literal
from unicodedata import category, normalize

from pydantic import Field

from wizard.expressions.template import Dynamic
from wizard.model import Proceed
from wizard.node import NodeConfig, Visit
from wizard.nodes.computing import Computes, value
from wizard.nodes.given import MAX_TEXT, Given, given

Key = tuple[tuple[tuple[int, str], ...], str, str, str]

_TWO_IS = ("tr", "az")
_LATIN = "a b c d e f g h i j k l m n o p q r s t u v w x y z"
_NORDIC = f"{_LATIN} å ä ö"
# Alphabets whose letters aren't in the order of a to z with accents left out.
_ALPHABETS: Mapping[str, str] = {
    "az": "a b c ç d e ə f g ğ h x ı i j k q l m n o ö p r s ş t u ü v y z w",
    "cs": "a b c č d e f g h ch i j k l m n o p q r ř s š t u v w x y z ž",
    "da": f"{_LATIN} æ ø å",
    "es": "a b c d e f g h i j k l m n ñ o p q r s t u v w x y z",
    "et": "a b c d e f g h i j k l m n o p q r s š z ž t u v w õ ä ö ü x y",
    "fi": _NORDIC,
    "hr": "a b c č ć d đ e f g h i j k l m n o p q r s š t u v w x y z ž",
    "hu": "a b c d e f g h i j k l m n o ö p q r s t u ü v w x y z",
    "is": "a b c d ð e f g h i j k l m n o p q r s t u v w x y z þ æ ö å",
    "nb": f"{_LATIN} æ ø å",
    "nn": f"{_LATIN} æ ø å",
    "no": f"{_LATIN} æ ø å",
    "pl": "a ą b c ć d e ę f g h i j k l ł m n ń o ó p q r s ś t u v w x y z ź ż",
    "ro": "a ă â b c d e f g h i î j k l m n o p q r s ș t ț u v w x y z",
    "sk": "a ä b c č d e f g h ch i j k l m n o ô p q r s š t u v w x y z ž",
    "sl": "a b c č d e f g h i j k l m n o p q r s š t u v w x y z ž",
    "sv": _NORDIC,
    "tr": "a b c ç d e f g ğ h ı i j k l m n o ö p q r s ş t u ü v w x y z",
}
_LETTERS_OF_TWO = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ð": "d", "đ": "d", "ł": "l", "þ": "th", "ı": "i"})
_WORD = re.compile(r"[^\W\d_]+(?:[’'][^\W\d_]+)*")


def _first(language: str) -> str:
    return language.partition("-")[0]


def upper(text: str, language: str) -> str:
    """In capitals, as the language writes them."""
    match _first(language):
        case "tr" | "az":
            return text.replace("i", "İ").upper()
        case "el":
            bare = "".join(mark for mark in normalize("NFD", text) if mark not in "\u0301\u0342")
            return normalize("NFC", bare).upper()
    return text.upper()


def lower(text: str, language: str) -> str:
    """In small letters, as the language writes them."""
    if _first(language) in _TWO_IS:
        text = text.replace("I\u0307", "i").replace("İ", "i").replace("I", "ı")
    return text.lower()


def capitalised(word: str, language: str) -> str:
    """With a capital first, and small letters after it."""
    if _first(language) == "nl" and word[:2].lower() == "ij":
        return "IJ" + word[2:].lower()
    first = word[:1]
    return (upper(first, language) if _first(language) in _TWO_IS else first.title()) + lower(word[1:], language)


def _title(text: str, language: str) -> str:
    return _WORD.sub(lambda match: capitalised(match[0], language), text)


def _sentence(text: str, language: str) -> str:
    match = _WORD.search(text)
    if match is None:
        return text
    word = text[match.start() : match.end()]
    start = capitalised(word, language)[: 2 if _first(language) == "nl" and word[:2].lower() == "ij" else 1]
    return text[: match.start()] + start + text[match.start() + len(start) :]


_CASES: Mapping[str, Callable[[str, str], str]] = {
    "upper": upper,
    "lower": lower,
    "title": _title,
    "sentence": _sentence,
}


class CaseConfig(NodeConfig):
    """What is written how."""

    text: Dynamic = Field(description="The text.")
    case: Literal["upper", "lower", "title", "sentence"] = Field(
        "lower", description="All capitals, all small, a capital at each word, or a capital at the beginning."
    )
    language: Dynamic | None = Field(None, description="The text's language, like tr; that of the run unless given.")


class ChangeCaseNode(Computes[CaseConfig]):
    """Changes capitals and small letters as a language does.

    Output: `value`. `sentence` changes the first letter only, `title` all: what had capitals within a word loses them.
    Turkish and Azerbaijani have i and İ, ı and I; Dutch has IJ as one letter; Greek capitals have no accents; ß becomes
    SS. Lithuanian dots aren't known. Nothing (null) gives null. 30,000 characters at most.
    """

    type = "change_case"
    title = "Change capitals"
    group = "text"
    icon = "letters"
    subject = "text"
    example: ClassVar[Mapping[str, Any]] = {"text": "istanbul", "case": "title", "language": "tr"}
    Config = CaseConfig

    def compute(self, visit: Visit[CaseConfig], subject: Given) -> Proceed:
        return value(_CASES[visit.config.case](subject.text(30_000), language_of(visit)))


def language_of(visit: Visit[Any]) -> str:
    """What the key `language` gives, or else the run's."""
    said = given(visit, "language")
    return visit.language if said.value is None else said.text(35).strip().lower()


class SortConfig(NodeConfig):
    """What is sorted how."""

    texts: Dynamic = Field(description="A list of texts.")
    language: Dynamic | None = Field(None, description="Whose alphabet, like sv; that of the run's unless given.")
    descending: bool = Field(False, description="From Z to A.")
    numbers: bool = Field(True, description="Sort numbers in the texts by their size: Room 9 before Room 10.")


class SortTextsNode(Computes[SortConfig]):
    """Sorts texts as a language does.

    Output: `value`, the list in its order. Capitals and accents matter only between texts that are the same without
    them; letters that the language counts as its own have their place: ä is like a in German and comes after z in
    Swedish, ñ after n in Spanish, ch after h in Czech. That is known of az, cs, da, es, et, fi, hr, hu, is, no, pl, ro,
    sk, sl, sv and tr; other languages in Latin letters are sorted without accents, other scripts by their characters'
    numbers. Signs and blanks come first, then numbers, then letters. Nothing (null) gives null, and so do items that
    are null: they come last. 5,000 texts at most, each of 1,000 characters, 100,000 in all.
    """

    type = "sort_texts"
    title = "Sort texts"
    group = "text"
    icon = "sort"
    subject = "texts"
    example: ClassVar[Mapping[str, Any]] = {"texts": ["Zürich", "Åre", "Älmhult", "Bern"], "language": "sv"}
    Config = SortConfig

    def compute(self, visit: Visit[SortConfig], subject: Given) -> Proceed:
        config, language = visit.config, language_of(visit)
        items = subject.each()
        texts = [item.text(1_000) for item in items if item.value is not None]
        if sum(map(len, texts)) > MAX_TEXT:
            raise subject.wrong(f"has more than {MAX_TEXT:,} characters in all")
        texts.sort(key=lambda text: order(text, language, config.numbers), reverse=config.descending)
        return value([*texts, *[None] * (len(items) - len(texts))])


@lru_cache(64)
def _alphabet(language: str) -> tuple[Mapping[str, int], re.Pattern[str]]:
    letters = _ALPHABETS.get(language, _LATIN).split()
    longest_first = sorted(letters, key=len, reverse=True)
    return {letter: place for place, letter in enumerate(letters)}, re.compile(
        f"[0-9]+|{'|'.join(longest_first)}|.", re.DOTALL
    )


def order(text: str, language: str, numbers: bool = True) -> Key:
    """What texts are compared by."""
    first = _first(language)
    places, pieces = _alphabet(first)
    small = lower(normalize("NFC", text), language).replace("ß", "ss")
    key = tuple(_place(piece, places, numbers) for piece in _taken_apart(small, places, pieces))
    return key, small, text.swapcase(), text


def _taken_apart(text: str, places: Mapping[str, int], pieces: re.Pattern[str]) -> list[str]:
    made = []
    for match in pieces.finditer(text):
        piece = match[0]
        if piece in places or piece.isascii():
            made.append(piece)
            continue
        bare = "".join(mark for mark in normalize("NFD", piece) if category(mark) != "Mn")
        made += bare.translate(_LETTERS_OF_TWO)
    return made


def _place(piece: str, places: Mapping[str, int], numbers: bool) -> tuple[int, str]:
    if piece in places:
        return 2_000 + places[piece], ""
    if piece[0].isascii() and piece.isdigit():
        digits = piece.lstrip("0")
        return (1_000, f"{len(digits):04}{digits}") if numbers else (1_000, piece)
    return (2_500 if piece.isalpha() else 0), piece
