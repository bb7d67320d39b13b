"""Reads pages to their last word: each is a catalogue's, the author's, a format's, or was typed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.acceptance.test_words import Said, left_over, words_of
from tests.visitor import Page
from tests.walks.answers import POOL, Field
from wizard.forms.form import default_label

DEVELOPERS = re.compile(r"Traceback|Error\(|errno|<class '|object at 0x|\bNone\b|undefined")
_WORD = re.compile(r"[^\W\d_]{2,}")
_ADDRESS = re.compile(r"https?://[^\s⟫⟧)]+")
_OWN = re.compile(r'value="[^"]{20,}"|(?<=id="wz-code" )[^<]+')  # keys, marks and codes, other ones on each page
_COUNTRIES = re.compile(r'(<select[^>]* name="country".*?>).*?(?=</select>)', re.DOTALL)


class Reader:
    """See the module docstring. `fields` are what authors say of their fields, by page."""

    def __init__(self, language: str, fields: Mapping[str, Mapping[str, Field]]) -> None:
        self._known = words_of(language) | _words(fields)
        self._read: set[int] = set()

    def reads(self, page: Page, run: str) -> None:
        """An AssertionError that names the words, where there are others. What was read before isn't read again."""
        html = _COUNTRIES.sub(r"\1", _OWN.sub("", page.html))
        html = html.replace(run, "") if run else html
        if hash(html) in self._read:
            return
        self._read.add(hash(html))
        said = _ADDRESS.sub("", " ".join(Said(html).texts))
        assert not (foreign := left_over(said, self._known)), f"{page.address} says {foreign}"
        assert not (found := DEVELOPERS.search(said)), f"{page.address} says {found}"


def _words(fields: Mapping[str, Mapping[str, Field]]) -> frozenset[str]:
    """What may stand by itself: what is typed; what has no label is called by its name, an item by its value."""
    names = [*fields, *(name for each in fields.values() for name in each)]
    values = [str(each.get("choices", "")) for every in fields.values() for each in every.values()]
    return frozenset(_WORD.findall(" ".join([POOL, *names, *map(default_label, names), *values])))
