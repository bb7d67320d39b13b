"""Uploaded files: what comes in once as content is from then on a reference with an unguessable id.

The media type is what the sender says it is; nothing here looks into a file.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field as Setting
from pydantic import model_validator

from wizard.expressions.expression import Names
from wizard.forms.field_type import BaseField, FieldType
from wizard.forms.messages import FileErrors
from wizard.forms.parsing import Context, Parser
from wizard.forms.refusals import FILE_WANTED, Refusal
from wizard.forms.setting_types import MediaType
from wizard.locale.sentences import AnyOf, Sentence, Size, sentence, sentence_for
from wizard.model import PromptField, StoredFile, Value

MAX_NAME = 120
MEGABYTE = 1_000_000
MAX_BASE64_PER_BYTE = 4 / 3

_MEDIA_TYPE = re.compile(r"[a-z0-9][\w.+-]{0,60}/[a-z0-9][\w.+-]{0,80}", re.ASCII)
_UNKNOWN = "application/octet-stream"
_FORGED = sentence("The file for “{label}” was not uploaded here. Upload it again")
_NOT_HERE = sentence("The file for “{label}” can't be uploaded here")
_NO_BASE64 = sentence("The file for “{label}” must have its content as base64")
_EMPTY = sentence("The file for “{label}” is empty. Choose another file")
_SHAPE = sentence("Your answer to “{label}” must be a file with a name, a type and its content")
_CALLED = {  # what people know by another name than programs
    "application/pdf": sentence_for("kind of file", "a PDF"),
    "audio/*": sentence_for("kind of file", "a sound recording"),
    "image/*": sentence_for("kind of file", "a picture"),
    "text/*": sentence_for("kind of file", "a text file"),
    "video/*": sentence_for("kind of file", "a video"),
}
_KEYS = frozenset(("name", "type", "content", "id", "size"))


class FileField(BaseField):
    """An uploaded file. `accept` lists media types (image/*) and extensions (.pdf), `max_size` is in bytes."""

    type: Literal["file"]
    accept: tuple[MediaType, ...] = ()
    max_size: Annotated[int, Setting(ge=1, le=100 * MEGABYTE)] = 5 * MEGABYTE
    errors: FileErrors = FileErrors()

    @model_validator(mode="after")
    def _unknown(self) -> Self:
        if self.default is not None or self.prefill is not None:
            raise ValueError("a file has no default and no prefill: only a person can upload one")
        return self


def _parser(field: FileField) -> Parser:
    """{"id", "name", "type", "size"}; the content goes to the context's files."""

    def parse(raw: object, context: Context) -> Value:
        if raw is None or raw == "":
            return None
        if isinstance(raw, str):
            raise Refusal(FILE_WANTED)
        if not isinstance(raw, Mapping) or not raw.keys() <= _KEYS:
            raise Refusal(_SHAPE)
        if "content" not in raw:
            return _kept(raw, context.kept.get(field.name))
        if context.new_id is None:
            raise Refusal(_NOT_HERE)
        name = clean_name(raw.get("name"))
        media_type = _media_type(raw.get("type"))
        content = _content(raw["content"], field.max_size)
        if not _accepted(field.accept, name, media_type):
            raise Refusal(_other_kind(field.accept), "accept")
        file = StoredFile(context.new_id(), name, media_type, content)
        context.files[field.name] = file
        return reference(file)

    return parse


def reference(file: StoredFile) -> dict[str, Value]:
    """What an answer holds of a file."""
    return {"id": file.id, "name": file.name, "type": file.media_type, "size": len(file.content)}


def _kept(raw: Mapping[str, object], kept: Value) -> Value:
    if not isinstance(kept, Mapping) or "id" not in raw or any(kept.get(key) != raw[key] for key in raw):
        raise Refusal(_FORGED)
    return dict(kept)


def _content(raw: object, max_size: int) -> bytes:
    too_large = sentence("The file for “{label}” must be {size} or smaller", size=Size(max_size))
    if isinstance(raw, str):
        if len(raw) > max_size * MAX_BASE64_PER_BYTE + 4:
            raise Refusal(too_large, "max_size")
        try:
            raw = base64.b64decode(raw, validate=True)
        except (binascii.Error, ValueError):
            raise Refusal(_NO_BASE64) from None
    if not isinstance(raw, bytes | bytearray):
        raise Refusal(_SHAPE)
    if not raw:
        raise Refusal(_EMPTY)
    if len(raw) > max_size:
        raise Refusal(too_large, "max_size")
    return bytes(raw)


def _other_kind(accept: tuple[str, ...]) -> Sentence:
    return sentence(
        "The file for “{label}” must be one of these: {kinds}",
        kinds=AnyOf([_CALLED.get(kind, kind) for kind in accept]),
    )


def clean_name(raw: object) -> str:
    """A name without folders, control and direction characters, and what file systems give a meaning."""
    if raw is not None and not isinstance(raw, str):
        raise Refusal(_SHAPE)
    name = re.split(r"[/\\]", (raw or "")[-1_000:])[-1]
    name = unicodedata.normalize("NFC", "".join(c for c in name if unicodedata.category(c)[0] != "C"))
    name = re.sub(r'[<>:"|?*]', "_", name).strip(" .") or "file"
    if len(name) <= MAX_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 20:
        return name[:MAX_NAME].rstrip(" .")
    return stem[: MAX_NAME - len(extension) - 1].rstrip(" .") + dot + extension


def _media_type(raw: object) -> str:
    if raw is not None and not isinstance(raw, str):
        raise Refusal(_SHAPE)
    bare = (raw or "")[:200].partition(";")[0].strip().lower()
    return bare if _MEDIA_TYPE.fullmatch(bare) else _UNKNOWN


def _accepted(accept: tuple[str, ...], name: str, media_type: str) -> bool:
    if not accept:
        return True
    family = media_type.partition("/")[0] + "/*"
    return any(name.lower().endswith(kind) if kind[0] == "." else kind in (media_type, family) for kind in accept)


def _file_wanted(field: FileField) -> Sentence:
    return FILE_WANTED


def _name(field: FileField, value: Value, names: Names) -> str:
    return str(value["name"])


def _note(asked: PromptField) -> Sentence:
    return sentence("The path of a file on this computer")


FILE = FieldType(
    model=FileField,
    parser=_parser,
    value_type=dict,
    called_elsewhere=("upload", "attachment", "image", "document"),
    options=("accept", "max_size"),
    absence=_file_wanted,
    readable=_name,
    control="file",
    note=_note,
    holds_files=True,
)
