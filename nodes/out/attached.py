"""Files that are sent: uploaded ones, those that `get_file` fetched, and those that other nodes made."""

from __future__ import annotations

from typing import Any

from wizard.errors import Excuse, NodeFailed
from wizard.forms.refusals import Refusal
from wizard.forms.types.files import clean_name
from wizard.model import Value
from wizard.node import Visit
from wizard.nodes.out.letter import Attached


async def file_of(given: Value, visit: Visit[Any], key: str) -> Attached:
    """The file that a value is. Raises NodeFailed where it is none, naming the `key` that gave it."""
    match given:
        case {"id": str(file_id)}:
            stored = await visit.open_file(file_id)
            if stored is not None:
                return Attached(stored.name, stored.media_type, stored.content)
            raise _unfit(f"`{key}` names a file that isn't stored in this run. Ask for it in a form of the run")
        case {"name": str(name), "type": str(media_type), "text": str(text)}:
            try:
                return Attached(clean_name(name), media_type, text.encode())
            except Refusal as error:
                raise _unfit(f"`{key}` has a file with a name that can't be used. Correct it") from error
    raise _unfit(f"`{key}` must give files, and gives something else. Name a field of the type `file`")


def _unfit(what: str) -> NodeFailed:
    return NodeFailed(f"{what}.", people=Excuse.CHECK, lasting=True)
