"""The catalogues brought up to what code and templates say (`make words`).

`wizard.pot` is what there is to translate. A language's file gets what is new, with an empty msgstr, and loses what
nobody says any more; what it says stays. Nothing is guessed from similar sentences.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from wizard.locale.catalogs import DOMAIN, FOLDER

ROOT = Path(__file__).parent.parent
SOURCES = ("wizard", "forms", "nodes")
TEMPLATE = FOLDER / f"{DOMAIN}.pot"
KEYWORDS = {
    "sentence": None,
    "sentence_for": ((1, "c"), 2),
    "counted": (1, 2),
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
NOTE = "Translators:"
LEFT_OUT = tuple(
    f'"{name}:'.encode()
    for name in (
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Report-Msgid-Bugs-To",
        "Last-Translator",
        "Language-Team",
        "Generated-By",
    )
)
HEADER = """\
# The words that people read, in English.
# Distributed under the license of the Wizard project."""


def of_python(
    file: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[tuple[Any, ...]]:
    """What Babel's own method extracts. A file that names no function for words isn't taken apart:
    most say nothing to people."""
    text = file.read()
    if any(keyword.encode() in text for keyword in keywords):
        yield from extract_python(BytesIO(text), keywords, comment_tags, options)


OF_PYTHON = "tests.words:of_python"  # as Babel names a method that isn't its own


@cache
def said() -> Catalog:
    """All that code and templates say, in the order of files; it is read once, which takes seconds."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog(
        project="Wizard",
        version="1",
        fuzzy=False,
        copyright_holder="",
        header_comment=HEADER,
    )
    extracted = (
        (f"{folder}/{name}", *rest)
        for folder in SOURCES
        for name, *rest in extract_from_dir(
            ROOT / folder,
            [(pattern, OF_PYTHON if method == "python" else method) for pattern, method in _below(methods, folder)],
            _options_below(options, folder),
            KEYWORDS,
            (NOTE,),
            strip_comment_tags=True,
        )
    )
    for name, _, message, comments, context in sorted(extracted, key=lambda each: (each[0], each[1])):
        found.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return found


def _below(methods: list[tuple[str, str]], folder: str) -> list[tuple[str, str]]:
    """The patterns of a folder, as seen from it."""
    start = f"{folder}/"
    return [(pattern.removeprefix(start), method) for pattern, method in methods if pattern.startswith(start)]


def _options_below(options: dict[str, dict[str, str]], folder: str) -> dict[str, dict[str, str]]:
    start = f"{folder}/"
    return {pattern.removeprefix(start): each for pattern, each in options.items() if pattern.startswith(start)}


def translated(file: Path) -> Catalog:
    """A language's file as it is."""
    with file.open("rb") as text:
        return read_po(text)


def files() -> list[Path]:
    """The files of all languages."""
    return sorted(FOLDER.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def brought_up(file: Path, source: Catalog) -> Catalog:
    """A language's file, with what is new and without what is gone."""
    catalog = translated(file)
    catalog.update(source, no_fuzzy_matching=True, update_header_comment=False)
    catalog.obsolete.clear()
    return catalog


def written(catalog: Catalog) -> bytes:
    """As a file, without dates, which would make each writing of it another one, and lines that nobody fills in."""
    file = BytesIO()
    write_po(file, catalog, width=120, omit_header=False, ignore_obsolete=True, include_lineno=False)
    lines = file.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(LEFT_OUT))


def messages(catalog: Catalog) -> list[Message]:
    """Its messages, without the header."""
    return [message for message in catalog if message.id]


def main() -> None:
    """Writes the files, and says what is still to be translated."""
    source = said()
    TEMPLATE.write_bytes(written(source))
    for file in files():
        catalog = brought_up(file, source)
        file.write_bytes(written(catalog))
        missing = [message for message in messages(catalog) if not message.string or not all(message.string)]
        print(f"{file.relative_to(ROOT)}: {len(messages(catalog))} messages, {len(missing)} to translate")
        for message in missing:
            print(f"  {message.context or ''} {message.id!r}")


if __name__ == "__main__":
    main()
