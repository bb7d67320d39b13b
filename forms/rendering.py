"""What a web page shows of a prompt: each field as the control that suits it, with ids, attributes and value.

No markup is made here: templates do that, of which `KINDS` names one each. Which control and which attributes:
the GOV.UK Design System's patterns and WCAG 2.2 (1.3.5 input purpose, 3.3.1 errors, 3.3.2 labels). An id holds a
field's name and maybe a hyphen with a word; names hold no hyphen, so ids of different fields differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal
from urllib.parse import quote

from wizard.forms.characters import encodable
from wizard.forms.field_type import Attributes, FieldType, PartInput
from wizard.forms.fields import type_of
from wizard.forms.input_attributes import attributes_of, width_of
from wizard.forms.options import Option, fits_a_line, options_of
from wizard.forms.typed import scalar_text, typed_text
from wizard.forms.types.choices import radios_or_select
from wizard.locale.catalogs import SOURCE
from wizard.locale.sentences import Sentence, Size, counted, sentence
from wizard.locale.words import Words, words_in
from wizard.model import Prompt, PromptField, Value
from wizard.model.prompt import THERE

KINDS = (
    "input",
    "textarea",
    "password",
    "date",
    "radios",
    "checkboxes",
    "checkbox",
    "select",
    "file",
    "hidden",
    "button",
)
UNLIMITED = 5_000  # characters: the limit of a textarea whose author gave none, which nobody needs to count down to

Heading = Literal["", "page", "hidden"]

_ENGLISH = words_in(SOURCE)
_LEFT = counted("You have {count} character remaining", "You have {count} characters remaining", 1)
_OVER = counted("You have {count} character too many", "You have {count} characters too many", 1)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that is already there: its name, its size as text and the address to look at it; "" where unknown."""

    name: str
    size: str
    address: str


@dataclass(frozen=True, slots=True)
class Widget:
    """A field, ready for the template `fields/KIND.html`. `settings` are those of its type.

    `id` is that of the first input, which an error links to. `heading` says whether the label is the
    page's h1 ("page"), is there for screen readers only since the h1 says the same ("hidden"), or neither. `note`
    tells a limit. `described_by` lists the ids of hint, note, kept file and error, as far as there are any.
    `counting` tells the script how to say, as JSON of forms by plural category, how many characters are left, and how
    many too many. `shown_by` and `shown_for` (a JSON list) name the field of the same page, and its values, that bring
    this one up.
    """

    kind: str
    name: str
    id: str
    label: str
    settings: Mapping[str, Value]
    heading: Heading = ""
    hint: str = ""
    error: str = ""
    note: str = ""
    described_by: str = ""
    value: str = ""
    attributes: Attributes = ()
    classes: str = ""
    options: tuple[Option, ...] = ()
    parts: tuple[PartInput, ...] = ()
    inline: bool = False
    limit: int = 0
    counting: tuple[str, ...] = ()
    file: KeptFile | None = None
    removable: bool = False
    shown_by: str = ""
    shown_for: str = ""


def kind_of(field: PromptField) -> str:
    """One of KINDS, or what a type of others has a template for; a type of which nothing is known is typed as text, or
    picked where it has choices."""
    of = type_of(field)
    if of.template:
        return of.name
    if of.control:
        return of.control if isinstance(of.control, str) else of.control(field)
    return radios_or_select(field) if field.choices and of.input is None else "input"


def typed_texts(field: PromptField, words: Words = _ENGLISH) -> tuple[str, ...] | None:
    """What a person typed into the field, as it stands in its inputs; empty where there is nothing, or only what was
    picked from a list. All else that a field shows, its error apart, is the same for everybody who is asked the same.
    None where it can't be told apart like that.
    """
    value = field.value
    if value is None:
        return ()
    of = type_of(field)
    if of.template:
        return None
    if in_parts(of):
        texts = _part_texts(of, value, words.language)
        return tuple([texts.get(part, "") for part in of.parts])
    match kind_of(field):
        case "input" | "textarea":
            return (_text(field),)
        case "radios" | "checkboxes" | "checkbox" | "select":
            known = {True, False} if of.is_yes_or_no else {choice.value for choice in field.choices}
            with suppress(TypeError):
                return () if known.issuperset(value if isinstance(value, list) else (value,)) else None
    return None


def with_typed(field: PromptField, texts: tuple[str, ...]) -> PromptField:
    """The field as if these had been typed into its inputs."""
    of = type_of(field)
    value = dict(zip(of.parts, texts, strict=True)) if in_parts(of) else texts[0]
    return replace(field, value=value, typed=None)


def in_parts(of: FieldType) -> bool:
    """Whether a field is typed in several inputs. Its template or control has them; without, it is a line of text."""
    return bool(of.parts and (of.template or of.control))


def _text(field: PromptField) -> str:
    return typed_text(field.value) if field.typed is None else field.typed


def widget(field: PromptField, *, heading: Heading = "", files: str = "", words: Words = _ENGLISH) -> Widget:
    """The field as a control. `files` is the address below which uploaded files are looked at, with its closing
    slash; "" for nowhere; `words` are those of the page's language. Any value can be shown, also one that doesn't fit
    the type."""
    kind, of = kind_of(field), type_of(field)
    like = kind if not of.template else "checkboxes" if of.is_list else "radios" if field.choices else "input"
    options = options_of(field, like, words) if like in ("radios", "checkboxes", "checkbox", "select") else ()
    parts = _parts(field, words)
    file = _kept_file(field.value, files, words) if of.holds_files else None
    limit = _limit(field) if kind == "textarea" else 0
    note = _note(field, limit, words)
    name, label, reveal = field.name, _label(field, words), field.when
    return Widget(
        kind=kind,
        name=name,
        id=parts[0].id if parts else name,
        label=label if field.required or kind in ("button", "checkbox") else words.say(optional(label)),
        settings=field.options,
        heading=heading,
        hint=field.hint,
        error=error_of(field, words),
        note=note,
        described_by=_described_by(field, note=bool(note), file=file is not None),
        value=_text(field) if like in ("input", "textarea", "hidden") and not in_parts(of) else "",
        attributes=attributes_of(field, like),
        classes=width_of(field) if like == "input" else "",
        options=options,
        parts=parts,
        inline=kind == "radios" and fits_a_line(options),
        limit=limit,
        counting=tuple(json.dumps(words.forms(counting), ensure_ascii=False) for counting in (_LEFT, _OVER))
        if limit
        else (),
        file=file,
        removable=file is not None and not field.required,
        shown_by="" if reveal is None else reveal.field,
        shown_for="" if reveal is None else json.dumps(reveal.values),
    )


def fields_of(prompt: Prompt) -> tuple[PromptField, ...]:
    """What a page shows: also the fields that another answer on it would bring up."""
    return prompt.possible or prompt.fields


def heading_of(prompt: Prompt, words: Words = _ENGLISH) -> tuple[str, Heading]:
    """The words of the page's h1 ("" where the prompt has none), and how the label of its only field stands to it.

    A page with one question has the question as its h1, unless its title says more than that.
    """
    title = prompt.title.strip()
    seen = [field for field in fields_of(prompt) if type_of(field).is_seen]
    if len(seen) != 1 or (prompt.items and not title):
        return title, ""
    label = _label(seen[0], words)
    if title and title.casefold() != label.casefold():
        return title, ""
    beside = kind_of(seen[0]) == "checkbox"  # its label stands by its box
    return label, "hidden" if prompt.text or prompt.items or beside else "page"


def error_lines(prompt: Prompt, words: Words = _ENGLISH) -> tuple[tuple[str, str], ...]:
    """What the error summary says: (address on the page, text); the address is "" where nothing can be pointed at."""
    lines: list[tuple[str, str]] = []
    for field in fields_of(prompt):
        if field.error is not None:
            target = _first_wrong(field, words)
            lines.append((f"#{target}" if target else "", error_of(field, words)))
    lines += (("", line) for line in (prompt.error or "").splitlines() if line.strip())
    return tuple(lines)


def blocks(text: str) -> tuple[tuple[bool, tuple[str, ...]], ...]:
    """A text as paragraphs and lists, parted by empty lines: (whether it is a list, its lines or items)."""
    if "\n" not in text and "\r" not in text and not text.startswith("- "):
        return ((False, (text,)),) if text.strip() else ()
    lines: list[tuple[bool, tuple[str, ...]]] = []
    for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n")):
        rows = [row.strip() for row in part.split("\n") if row.strip()]
        for listed, run in groupby(rows, key=lambda row: row.startswith("- ")):
            lines.append((listed, tuple(row[2:].strip() if listed else row for row in run)))
    return tuple(lines)


def optional(label: str) -> Sentence:
    """The label of a question that may be left out."""
    return sentence("{question} (optional)", question=label)


def _label(field: PromptField, words: Words) -> str:
    """A label can come out empty, where the author's template gives nothing for this person's data."""
    return (
        field.label.strip() or field.name.replace("_", " ").strip().capitalize() or words.say(sentence("Your answer"))
    )


def error_of(field: PromptField, words: Words = _ENGLISH) -> str:
    """What is wrong with the answer, "" for nothing; an author's message can come out empty as well."""
    return "" if field.error is None else field.error.strip() or words.say(sentence("Check this answer"))


def _described_by(field: PromptField, *, note: bool, file: bool) -> str:
    there = (("hint", field.hint), ("info", note), ("kept", file), ("error", field.error is not None))
    return " ".join(f"{field.name}-{word}" for word, is_there in there if is_there)


def _limit(field: PromptField) -> int:
    most = field.options.get("max_length")
    return most if isinstance(most, int) and most < UNLIMITED else 0


def _note(field: PromptField, limit: int, words: Words) -> str:
    if limit:
        return words.say(
            counted("You can enter up to {count} character", "You can enter up to {count} characters", limit)
        )
    most = field.options.get("max_size")
    if type_of(field).holds_files and isinstance(most, int):
        return words.say(sentence("The file can have up to {size}", size=Size(most)))
    if field.options.get(THERE):
        return words.say(sentence("Leave this empty to keep what you entered before"))
    return ""


def _kept_file(value: Value, files: str, words: Words) -> KeptFile | None:
    if not isinstance(value, Mapping) or not value.get("name"):
        return None
    size, file = value.get("size"), value.get("id")
    known = isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 10**15
    return KeptFile(
        name=typed_text(value["name"]),
        size=words.written(Size(size)) if known and isinstance(size, int) else "",
        address=files + quote(encodable(file), safe="") if files and isinstance(file, str) else "",
    )


def _parts(field: PromptField, words: Words) -> tuple[PartInput, ...]:
    of = type_of(field)
    if of.part_inputs is not None:
        return of.part_inputs(field, words)
    texts = _part_texts(of, field.value, words.language) if of.parts else {}
    named = ((f"{field.name}-{part}", texts.get(part, "")) for part in of.parts)
    return tuple(PartInput(name, name, "", text) for name, text in named)


def _part_texts(of: FieldType, value: Value, language: str) -> Mapping[str, str]:
    if of.part_texts is not None:
        return of.part_texts(value, language)
    if isinstance(value, Mapping):
        return {str(part): scalar_text(text) for part, text in value.items()}
    return {of.parts[0]: typed_text(value)}


def _first_wrong(field: PromptField, words: Words) -> str:
    """The id of the input that an error is about; "" for one that nobody sees."""
    if not type_of(field).is_seen:
        return ""
    parts = _parts(field, words)
    return next((part.id for part in parts if part.wrong), parts[0].id if parts else field.name)
