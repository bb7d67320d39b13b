"""Every catalogue is whole, and says what the source says."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages import Catalog, Message

from tests.words import ROOT, SOURCES, TEMPLATE, brought_up, files, messages, said, translated, written
from wizard.channels.conversation.questions import COMMANDS
from wizard.locale.catalogs import SOURCE

FILES = files()
IDS = [file.parts[-3] for file in FILES]


@pytest.fixture(scope="module")
def source() -> Catalog:
    return said()


def texts(string: object) -> list[str]:
    return [str(each) for each in string] if isinstance(string, list | tuple) else [str(string)]


def placeholders(text: str) -> set[str]:
    """`{name}` of sentences, `%(name)s` of templates, and markup."""
    named = {name for _, name, _, _ in Formatter().parse(text) if name is not None} if "%(" not in text else set()
    return named | set(re.findall(r"%\(\w+\)s|</?\w+[^>]*>|&\w+;", text))


def test_what_there_is_to_translate_is_what_is_said(source: Catalog) -> None:
    """Translators would miss new sentences, and translate some that nobody reads any more. `make words` mends it."""
    assert TEMPLATE.read_bytes() == written(source), "Run `make words`."


@pytest.mark.parametrize("file", FILES, ids=IDS)
def test_a_language_is_whole(file: Path, source: Catalog) -> None:
    """Somebody would read a page half in English. `make words` lists what is to be translated."""
    catalog = translated(file)
    assert not [message.id for message in messages(catalog) if message.fuzzy]
    assert not [message.id for message in messages(catalog) if not all(texts(message.string))]
    assert file.read_bytes() == written(brought_up(file, source)), "Run `make words`."


@pytest.mark.parametrize("file", FILES, ids=IDS)
def test_a_translation_has_what_its_source_has(file: Path) -> None:
    """A name, a number or a link would be missing, or the page fail."""
    for message in messages(translated(file)):
        wanted = set().union(*map(placeholders, texts(message.id)))
        for text in texts(message.string):
            missing = wanted - placeholders(text)
            assert placeholders(text) <= wanted, text
            assert not missing or (message.pluralizable and missing == {"count"}), text


@pytest.mark.parametrize("file", FILES, ids=IDS)
def test_a_translation_begins_and_ends_as_its_source(file: Path) -> None:
    """Parts of a page would stick together; a sentence would have no end."""
    for message in messages(translated(file)):
        for given, text in zip(texts(message.id), texts(message.string), strict=False):
            assert (given[:1].isspace(), given[-1:].isspace()) == (text[:1].isspace(), text[-1:].isspace()), text
            assert given[-1] not in ".:?" or text[-1] == given[-1], text


def test_a_word_alone_says_what_it_is(source: Catalog) -> None:
    """Change, Open, May: a translator can't know whether it is a button or a month, and people get the wrong one."""
    unclear = [message.id for message in messages(source) if _is_word(message) and not _is_explained(message)]
    assert not unclear, "Say what it is: sentence_for(context, …), or a comment that begins with Translators:"


def test_placeholders_have_names_and_nothing_else(source: Catalog) -> None:
    """A translator could reach into values, or lose the order of what has none."""
    for message in messages(source):
        for text in texts(message.id):
            if "%(" not in text:
                for _, name, form, conversion in Formatter().parse(text):
                    assert name is None or (name.isidentifier() and not form and not conversion), text


def test_every_sentence_is_found_where_it_is_written() -> None:
    """A text that is put together, or stands inside an f-string, is in no catalogue: people read it in English."""
    found = 0
    for file in (file for folder in SOURCES for file in (ROOT / folder).rglob("*.py")):
        text = file.read_text()
        for node in ast.walk(ast.parse(text)) if "sentence" in text else ():
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("sentence", "sentence_for"):
                found += 1
                assert all(isinstance(each, ast.Constant) for each in node.args), f"{file}:{node.lineno}"
            if isinstance(node, ast.JoinedStr):
                inside = {getattr(each.func, "id", "") for each in ast.walk(node) if isinstance(each, ast.Call)}
                assert not inside & {"sentence", "sentence_for"}, f"{file}:{node.lineno}"
    assert found > 200


def test_commands_are_told_as_they_are_called(source: Catalog) -> None:
    """Somebody types what the terminal tells them, and is told that there is no such command."""
    told = {SOURCE: [text for message in messages(source) for text in _of_channels(message, message.id)]}
    for file in FILES:
        language = file.parts[-3].replace("_", "-")
        told[language] = [text for each in messages(translated(file)) for text in _of_channels(each, each.string)]
    for language, sentences in told.items():
        called = {each.in_language(language) for each in COMMANDS.values()}
        found = {name for text in sentences for name in re.findall(r"(?<![:\w]):([^\W\d]{2,})", text)}
        assert len(found) > 5
        assert found <= called


def _of_channels(message: Message, string: object) -> list[str]:
    """The message's texts, where it is said by channels and no command's own name."""
    return texts(string) if message.locations[0][0].startswith("wizard/channels") and not message.context else []


def _is_word(message: Message) -> bool:
    return any(" " not in text.strip() for text in texts(message.id))


def _is_explained(message: Message) -> bool:
    return bool(message.context or message.auto_comments)
