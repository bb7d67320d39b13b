"""A language made by rule out of the English: accented, twice as long, in brackets. What comes out plain, on a page or
in a terminal, is in no catalogue and isn't an author's either.

Its tag is en-XA, as CLDR has it; `installed` puts it beside the real ones for as long as a test runs.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from babel.messages import Catalog

from tests.words import TEMPLATE, messages, translated, written
from wizard.locale import catalogs
from wizard.locale.words import words_in

PSEUDO = "en-XA"
OPEN, CLOSE = "⟦", "⟧"

_ACCENTED = str.maketrans("AEIOUYaeiouycnszdt", "ÅÉÎÕÛÝàéîõûýçñšžđŧ")
_KEPT = re.compile(r"(\{\w*\}|%\(\w+\)s|%%|<[^>]*>|&\w+;)")  # placeholders and markup
_FILLING = " ẃõŕđš"


def pseudo(text: str) -> str:
    """⟦Çõñŧîñûé ẃõŕ⟧"""
    parts = _KEPT.split(text)
    said = "".join(part if at % 2 else part.translate(_ACCENTED) for at, part in enumerate(parts))
    length = sum(map(len, parts[::2]))
    return f"{OPEN}{said}{(_FILLING * (1 + length // len(_FILLING)))[:length]}{CLOSE}"


@contextmanager
def installed(folder: Path) -> Iterator[None]:
    """Has the language among the others; `folder` is an empty one for the catalogues."""
    real, copied = catalogs.FOLDER, folder / "catalogs"
    shutil.copytree(real, copied)
    catalog = Catalog(locale="en")
    for message in messages(translated(TEMPLATE)):
        text = tuple(map(pseudo, message.id)) if isinstance(message.id, tuple) else pseudo(str(message.id))
        catalog.add(message.id, text, context=message.context)
    file = copied / PSEUDO.replace("-", "_") / "LC_MESSAGES" / f"{catalogs.DOMAIN}.po"
    file.parent.mkdir(parents=True)
    file.write_bytes(written(catalog))
    _look_in(copied)
    try:
        yield
    finally:
        _look_in(real)


def _look_in(folder: Path) -> None:
    catalogs.FOLDER = folder  # type: ignore[misc] # it is final but for this
    for remembered in (catalogs.languages, catalogs.translations, words_in, catalogs._read, catalogs._swiss):
        remembered.cache_clear()
