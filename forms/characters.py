"""What becomes of the characters that people type and paste, the same for all fields.

`prose` is for what is kept as it was meant: names, texts. `folded` is for what is read: numbers, dates, times,
addresses, codes. docs/typed.md has a table of both, which a test holds against this module.
"""

from __future__ import annotations

import unicodedata

# Nothing to see, and nothing that they stand for: marks of direction, of where lines may break, of pasted documents.
_DROPPED = (
    *(0x00AD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF, 0x3164, 0xFFA0, 0xE0001),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *range(0xFFF9, 0xFFFC),
    *range(0x1BCA0, 0x1BCA4),
    *range(0x1D173, 0x1D17B),
)
_SPACES = (0x00A0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
_LINES = (0x2028, 0x2029)
_JOINERS = frozenset("\u200c\u200d")  # between the letters of Persian and of India's languages, and in emoji
_TAGS = frozenset(map(chr, range(0xE0020, 0xE0080)))  # of flags: England, Scotland, Wales
_SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
_FIRST_JOINED = "\u0590"  # the scripts that need joiners come after it
_BLANK = frozenset("\u115f\u1160\u2800\u034f\u17b4\u17b5\U0001d159")  # kept where they stand, and seen by nobody
_UNSEEN = frozenset(("Cc", "Cf", "Mn", "Me", "Zs", "Zl", "Zp"))

_PROSE = {
    **dict.fromkeys(_DROPPED),
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys(_LINES, "\n"),
}
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63"
_APOSTROPHES = "\u2018\u2019\u201a\u201b\u02b9\u02bb\u02bc\u2032\u00b4\u066c\ua78c"
_QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033"
_READ = {
    **{0xFF01 + at: 0x21 + at for at in range(0x5E)},  # full width
    **dict.fromkeys(map(ord, _DASHES), "-"),
    **dict.fromkeys(map(ord, _APOSTROPHES), "'"),
    **dict.fromkeys(map(ord, _QUOTES), '"'),
    **dict.fromkeys(map(ord, _SELECTORS)),
    **dict.fromkeys(map(ord, "\u2044\u2215"), "/"),
    **dict.fromkeys(map(ord, "\u2236\ufe55"), ":"),
    **dict.fromkeys(map(ord, "\u2024\u3002\uff61\u066b"), "."),
    **dict.fromkeys(map(ord, "\u060c\u3001"), ","),
}


_UNJOINED = dict.fromkeys(map(ord, _JOINERS))


def prose(text: str) -> str:
    """The text as it is kept: composed (NFC), every space a plain one, without what nobody can see.

    Joiners stay after the letters and signs that need them, selectors of a letter's or an emoji's form after it, and
    the tags of flags. Spaces at the ends stay as well; a separator of lines is a line break.
    """
    if text.isascii():
        return text
    text = text.translate(_PROSE)
    if not _DOUBTFUL.isdisjoint(text):
        text = _without_stray(text)
    return unicodedata.normalize("NFC", text)


_DOUBTFUL = _JOINERS | _TAGS | _SELECTORS


def _without_stray(text: str) -> str:
    kept: list[str] = []
    for character in text:
        before = kept[-1] if kept else " "
        if character in _JOINERS:
            stays = before >= _FIRST_JOINED and unicodedata.category(before)[0] in "LMS"
        elif character in _TAGS:
            stays = before == "\U0001f3f4" or before in _TAGS
        else:
            stays = character not in _SELECTORS or not (before.isspace() or before in _SELECTORS)
        if stays:
            kept.append(character)
    return "".join(kept)


def folded(text: str) -> str:
    """The text as it is read: prose, with digits of any script and full-width characters as those of ASCII, and one
    kind each of dash, apostrophe, quotation mark, colon, slash, point and comma."""
    if text.isascii():
        return text
    text = prose(text).translate(_READ)
    return text if text.isascii() else "".join(map(_digit, text))


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def alike(text: str) -> str:
    """What two texts share that read the same to a person: for comparing them, not for keeping."""
    return " ".join(folded(text).casefold().translate(_UNJOINED).split())


def is_visible(text: str) -> bool:
    """Whether there is anything to see in it."""
    return any(not (character in _BLANK or unicodedata.category(character) in _UNSEEN) for character in text)


def encodable(text: str) -> str:
    """The text with half characters (lone surrogates) replaced: stores and pages can't hold them."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
