"""Files that a script has somebody upload: `{file: PATH}` beside the script, or a name, a type and the content."""

from __future__ import annotations

import mimetypes
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from wizard.scripts.person import CantBeDone

LARGEST = 20_000_000  # bytes
OTHERWISE = "application/octet-stream"


class Upload(NamedTuple):
    name: str
    media_type: str
    content: bytes

    @property
    def as_json(self) -> dict[str, str]:
        """As the JSON interface takes it."""
        return {"name": self.name, "type": self.media_type, "content": b64encode(self.content).decode("ascii")}


def is_upload(value: object) -> bool:
    """Whether an answer of a script is a file."""
    return isinstance(value, Mapping) and ("file" in value or {"name", "content"} <= value.keys())


def upload_of(value: Mapping[str, Any], folder: Path) -> Upload:
    """The file that an answer names, looked for from the script's folder. Raises CantBeDone."""
    if "file" not in value:
        return Upload(str(value["name"]), str(value.get("type", OTHERWISE)), _decoded(value["content"]))
    path = folder / str(value["file"])
    try:
        if not path.is_file():
            raise CantBeDone(f"there is no file {path}")
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise CantBeDone(f"the file {path} can't be read ({error})") from None
    if len(content) > LARGEST:
        raise CantBeDone(f"the file {path} has more than {LARGEST:,} bytes")
    named = str(value.get("name", path.name))
    return Upload(named, str(value.get("type") or mimetypes.guess_type(named)[0] or OTHERWISE), content)


def _decoded(text: object) -> bytes:
    try:
        return b64decode(str(text), validate=True)
    except ValueError:
        raise CantBeDone("a file's `content` is base64; or name a file beside the script: {file: photo.png}") from None
