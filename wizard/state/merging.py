"""How stored profiles and sessions are merged with what a run leaves in them: field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wizard.errors import InvalidInput
from wizard.locale.sentences import sentence
from wizard.model import DocumentSave, Value
from wizard.model.values import MAX_VALUE_BYTES, pack


@dataclass(frozen=True, slots=True)
class Document:
    """A stored profile or session; revision 0 and no fields where it was never saved."""

    revision: int
    fields: Mapping[str, Value]


def merge(stored: Document, save: DocumentSave) -> Document:
    """The document after a save: field by field, so that two runs of one profile lose nothing.

    Raises InvalidInput where it would be larger than one value may be.
    """
    merged = Document(stored.revision + 1, {**stored.fields, **save.fields})
    if len(pack(dict(merged.fields))) > MAX_VALUE_BYTES:
        most = sentence(
            "The {document} would be larger than {most} bytes. Store less in it.",
            document=save.kind,
            most=MAX_VALUE_BYTES,
        )
        raise InvalidInput(most)
    return merged
