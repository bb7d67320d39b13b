"""Texts that look as if their author took them for something else: a name that isn't read, a template where none is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any

from pydantic import BaseModel

from wizard.definitions.draft import Draft, NodeDraft
from wizard.definitions.reading.complaints import quoted
from wizard.definitions.shapes import Shapes, is_known
from wizard.errors import Problem
from wizard.expressions.expression import Expression
from wizard.expressions.template import Dynamic, Template
from wizard.expressions.terms import Name, Part, Term, texts_in
from wizard.locale.catalogs import SOURCE
from wizard.locale.formats import known, locale_of, spoken_in
from wizard.model.workflow import Path
from wizard.node.types import DOCUMENTS

_DOTTED = re.compile(r"\s*[A-Za-z]\w*(\.[A-Za-z_]\w*)+\s*", re.ASCII)
_TEMPLATE = re.compile(r"\{\{.*\}\}|\{%.*%\}", re.DOTALL)
# Brackets with what is written like an address behind them, and what a link's address begins with.
_LINK = re.compile(r"(?<![\\!\w])\[[^\]\n]+\]\(([^\s(){}]*[\w/][.:/][^\s(){}]+)\)")
_ADDRESS = re.compile(r"https?://\w|mailto:|tel:|/(?!/)|#", re.IGNORECASE)
_REGION = re.compile(r"[A-Za-z]{2}|[0-9]{3}")
_NO_TEXTS = frozenset(("pattern",))  # where {{ }} may mean something else

Drafts = Mapping[str, Draft]


def check_texts(draft: Draft, drafts: Drafts) -> Iterator[Problem]:
    """Warnings about the texts of one definition."""
    shapes = Shapes(draft, drafts)
    if message := _unknown(draft.head.language):
        yield draft.document.problem(("language",), message, severity="warning")
    yield from _templates(draft, {"title": draft.head.title, "text": draft.head.text}, ())
    for field in draft.input:
        yield from _templates(draft, {"default": field.default}, ("input", field.name))
    yield from _no_links(draft, ("text",), draft.head.text)
    for node in draft.nodes:
        yield from _forgotten(draft, node, shapes)
        for place, part, _ in node.parts:
            if isinstance(part, Template) and _is_prose(place):
                yield from _no_links(draft, place, part.source)
        if node.config is not None:
            yield from _templates(draft, node.config, node.place)


def _unknown(language: str) -> str:
    """What is told of a language that nobody writes like that, "" where there is nothing to tell. Whoever takes a
    country for a language, or an own code for a country, has dates read in another way than people there mean."""
    first, *rest = language.split("-")
    as_english = "its days and numbers are written and read as in `en`"
    if known(language).partition("-")[0].lower() != first.lower():
        likely = spoken_in(first.upper())
        meant = f"; did you mean `{likely}`?" if likely else ""
        return f"there is no language {quoted(first)} that is known here, so that {as_english}{meant}"
    named = takewhile(lambda part: len(part) > 1, rest)  # behind one letter stand extensions
    region = next((part.upper() for part in named if _REGION.fullmatch(part)), None)
    if region is None or region in locale_of(SOURCE).territories:
        return ""
    meant = f"; did you mean `{first}-GB`?" if region == "UK" else ""
    return f"there is no country {quoted(region)} to write {quoted(first)} as{meant}"


def _is_prose(place: Path) -> bool:
    """Whether links are read in the text there."""
    return (
        place[-1] in ("text", "hint", "message") or "errors" in place or (place[-1] == "label" and "choices" in place)
    )


def _no_links(draft: Draft, place: Path, text: str) -> Iterator[Problem]:
    """What looks like a link and is shown as it is written."""
    for address in _LINK.findall(text):
        if not _ADDRESS.match(address):
            message = (
                f"this isn't a link, so that people would read `({address})`: an address begins with "
                "https://, http://, mailto:, tel:, / or #"
            )
            yield draft.document.problem(place, message, severity="warning")


def _forgotten(draft: Draft, node: NodeDraft, shapes: Shapes) -> Iterator[Problem]:
    """Texts that are exactly the name of a value."""
    for place, part, _ in node.parts:
        if isinstance(part, Expression):
            continue
        for where, text in texts_in(part.source, place):
            if _DOTTED.fullmatch(text) and _is_value(text.strip().split("."), shapes):
                message = (
                    f"this is the text {quoted(text.strip())}, and not the value that is called so; "
                    f'write "{{{{ {text.strip()} }}}}" for that'
                )
                yield draft.document.problem(where, message, severity="warning")


def _is_value(names: list[str], shapes: Shapes) -> bool:
    """Whether all of a dotted name is known; of documents nobody knows what is in them, and they are read often."""
    if names[0] in DOCUMENTS:
        return len(names) == 2 or names[0] != "input"
    term: Term = Name(names[0])
    for name in names[1:]:
        if not is_known(shapes.of(term, {}), name):
            return False
        term = Part(term, name)
    return True


def _templates(draft: Draft, value: Any, place: Path) -> Iterator[Problem]:
    """Templates in texts that are none."""
    match value:
        case str() if _TEMPLATE.search(value):
            message = f"`{place[-1]}` isn't a template, so that people would read {quoted(value)} as it stands"
            if place[-1] == "default":
                message += "; `prefill` is one"
            yield draft.document.problem(place, message, severity="warning")
        case Expression() | Template() | Dynamic():
            return
        case BaseModel():
            for name, info in type(value).model_fields.items():
                if name not in _NO_TEXTS:
                    yield from _templates(draft, getattr(value, name), (*place, info.alias or name))
        case Mapping():
            for key, item in value.items():
                yield from _templates(draft, item, (*place, key))
        case list() | tuple():
            for index, item in enumerate(value):
                yield from _templates(draft, item, (*place, index))
