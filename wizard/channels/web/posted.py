"""What a posted page says: its inputs become the answers to the fields that the page shows.

A file that is too large was read to its end, but kept only so far that the field says so, beside all other answers
(wizard.channels.web.upload_limits); what nobody could have filled in is refused as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wizard.channels.web import refusals
from wizard.channels.web.multipart import Malformed
from wizard.forms.fields import type_of
from wizard.forms.parsing import MAX_TEXT
from wizard.forms.validation import storable
from wizard.model import PromptField, Value

KEY, SEEN, ACTION = "wizard-key", "wizard-seen", "action"
NEXT = "next"
ACTIONS = (NEXT, "previous", "save", "remove")

MOST_INPUTS = 2_000
MOST_UNKNOWN = 20  # names that the page doesn't have: extensions of browsers add some
LONGEST_NAME = 200

_OWN = frozenset((KEY, SEEN, ACTION))


@dataclass(frozen=True, slots=True)
class Upload:
    """A file input: the name and media type that the browser gives, and as much as was kept."""

    name: str
    media_type: str
    content: bytes


class Posted:
    """The inputs of a posted form by name, in order."""

    def __init__(self, inputs: Iterable[tuple[str, str | Upload]] = ()) -> None:
        self.texts: dict[str, list[str]] = {}
        self.files: dict[str, Upload] = {}
        for name, value in inputs:
            if isinstance(value, str):
                self.texts.setdefault(name, []).append(value)
            elif value.name or value.content:  # a file input in which nothing was chosen has neither
                self.files[name] = value

    def text(self, name: str) -> str:
        """The last text of that name, "" where there is none."""
        texts = self.texts.get(name)
        return texts[-1] if texts else ""

    def action(self, fields: Iterable[PromptField]) -> str:
        """Which button was pressed: `next` where none was, as with Enter. A field of the page may be called
        "action" as well; its answer stands before the button's value or, for a button at the top, behind it.
        Raises Refusal (400) where it is none that a page has: nobody said that the answers are to be taken."""
        texts = self.texts.get(ACTION, [])
        if any(field.name == ACTION for field in fields):
            at = -1 if texts and texts[-1] in ACTIONS else 0
            if texts and texts[at] in ACTIONS:
                return texts.pop(at)
            if len(texts) > 1:
                raise refusals.unknown_action()
            return NEXT
        if texts and texts[-1] not in ACTIONS:
            raise refusals.unknown_action()
        return texts[-1] if texts else NEXT

    def has(self, field: PromptField) -> bool:
        """Whether the page had an input of this field."""
        return any(name in self.texts or name in self.files for name in _names_of(field))

    def says(self, draft: Mapping[str, Value]) -> bool:
        """Whether it brings nothing but what is kept as this draft."""
        kept: dict[str, list[str]] = {}
        for name, value in draft.items():
            if isinstance(value, Mapping):
                kept |= {f"{name}-{part}": [str(text)] for part, text in value.items()}
            else:
                kept[name] = [str(item) for item in (value if isinstance(value, list) else [value]) if item is not None]
        brought = {name: [text for text in texts if text] for name, texts in self.texts.items() if name not in _OWN}
        for name, value in draft.items():
            if not isinstance(value, list):  # a box that is ticked brings what it says unticked before that
                brought[name] = brought.get(name, [])[-1:]
        filled = {name: [text for text in texts if text] for name, texts in kept.items()}
        return not self.files and all(brought.get(name, []) == filled.get(name, []) for name in {*brought, *filled})

    def check_names(self, fields: Iterable[PromptField]) -> None:
        """Raises Refusal (400) where there are many inputs that the page never had."""
        known = {name for field in fields for name in _names_of(field)} | _OWN
        if len({*self.texts, *self.files} - known) > MOST_UNKNOWN:
            raise refusals.too_many_inputs()


def _names_of(field: PromptField) -> tuple[str, ...]:
    of = type_of(field)
    more = ("remove",) if of.holds_files else of.parts
    return (field.name, *[f"{field.name}-{part}" for part in more])


# -- answers ---------------------------------------------------------------------------------------


def answers_of(fields: Iterable[PromptField], posted: Posted) -> dict[str, object]:
    """The answers to the fields of a page. An input that isn't there is an answer that wasn't given, never the
    field's default: a browser leaves out radios of which none is chosen. Files are left out instead,
    which lets the one that is there stay."""
    answers: dict[str, object] = {}
    for field in fields:
        given = _answer(field, posted)
        if given is not _LEFT_OUT:
            answers[field.name] = given
    return answers


_LEFT_OUT = object()


def _answer(field: PromptField, posted: Posted) -> object:
    name, of = field.name, type_of(field)
    if of.holds_files:
        return _file(name, posted)
    if of.is_list:
        return [text for text in posted.texts.get(name, ()) if text]
    if of.parts and name not in posted.texts:
        parts = {part: posted.text(f"{name}-{part}") for part in of.parts}
        return parts if any(text.strip() for text in parts.values()) else ""
    if not of.is_seen and name not in posted.texts:
        return _LEFT_OUT
    return posted.text(name) or (None if of.picks_one else "")


def _file(name: str, posted: Posted) -> object:
    file = posted.files.get(name)
    if file is not None:
        return {"name": file.name, "type": file.media_type, "content": file.content}
    return None if posted.text(f"{name}-remove") else _LEFT_OUT


def draft_of(fields: Iterable[PromptField], posted: Posted) -> dict[str, Value]:
    """What was typed and isn't handed in, storable as it is. Files aren't in it."""
    answers = answers_of((field for field in fields if not type_of(field).holds_files), posted)
    return {name: storable(given) for name, given in answers.items()}


def files_of(fields: Iterable[PromptField], posted: Posted) -> dict[str, object]:
    """The files that were chosen, as answers."""
    chosen = [field for field in fields if type_of(field).holds_files and field.name in posted.files]
    return answers_of(chosen, posted)


# -- bytes -----------------------------------------------------------------------------------------


def input_name(written: bytes) -> str:
    """Raises Malformed where it is longer than a name can be, or no UTF-8."""
    if len(written) > LONGEST_NAME:
        raise Malformed
    return _decoded(written)


def input_value(written: bytes) -> str:
    """No field takes a text longer than MAX_TEXT, and each says so itself."""
    return _decoded(written)[: MAX_TEXT + 1]


def _decoded(written: bytes) -> str:
    try:
        return written.decode()
    except UnicodeDecodeError:
        raise Malformed from None
