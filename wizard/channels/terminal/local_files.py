"""A file of the computer that a conversation is held at, as an upload."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import Path

from wizard.errors import InvalidInput
from wizard.locale.sentences import Size, sentence
from wizard.model import Value


def read_file(path: str, limit: int) -> Mapping[str, Value]:
    """A local file as an upload: its name, media type and content. Raises InvalidInput where there is no
    such file, it can't be read, or it is larger than `limit` bytes."""
    try:
        file = Path(path).expanduser()
        if not file.is_file():
            raise InvalidInput(sentence("There is no such file. Type the path of a file on this computer."))
        with file.open("rb") as opened:
            content = opened.read(limit + 1)
    except (OSError, ValueError, RuntimeError) as error:
        # What the system says of it is in its own language, and people can do no more about it than about a wrong path.
        raise InvalidInput(sentence("This file can't be read. Type the path of another one.")) from error
    if len(content) > limit:
        raise InvalidInput(sentence("This file is too large: the limit is {size}.", size=Size(limit)))
    return {"name": file.name, "type": mimetypes.guess_type(file.name)[0] or "", "content": content}
