"""The numbered formats of stored data: what stands around every blob, and how an older one is read.

A blob is msgpack of `[number, content]`, sealed by the store's vault, whose layouts have numbers of their own. A
number is never used for two shapes: whoever changes the shape of a content counts FORMAT up and adds an upgrader from
the number before, so that every build reads what any earlier one wrote. `tests/corpus/` holds stored runs of each
number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from wizard.errors import DataUnreadable, NotGenuine, StoreError
from wizard.model import NOTHING
from wizard.model.values import pack, packed_list, packed_map, unpack
from wizard.stores.blobs.vault import NO_STAMP, About, Vault, stamp_of

FORMAT = 4

# What a blob of the wrong shape raises when it is taken apart.
MISSHAPEN = (TypeError, ValueError, LookupError, AttributeError, OverflowError)


class Part(StrEnum):
    """What a blob is: upgraders go by it."""

    HEADER = "header"
    BIRTH = "birth"
    CONTEXT = "context"
    STEP = "step"
    ANSWERS = "answers"
    UNDO = "undo"
    ENTRIES = "entries"
    REPLY = "reply"
    FILE = "file"
    PAYLOAD = "payload"
    REPORT = "report"
    DOCUMENT = "document"
    MARK = "mark"
    REFUSED = "refused"
    DETAILS = "details"
    EVENT = "event"
    SAVE = "save"
    FORMER = "former"
    RESOURCE = "resource"
    REMOTE = "remote"
    UTTERANCE = "utterance"
    CELL = "cell"


def _with_undos(part: Part, content: Any) -> Any:
    """Format 2 knows undos; a header of format 1, which doesn't speak of any, says by that that there are none."""
    return content


_COUNT, _TAKEN = "_count", "_taken"


def _with_arrivals(part: Part, content: Any) -> Any:
    """Format 3 keeps events in a queue, and what a step took with the step. Format 2 counted them in the event
    document, in fields that others could set as well, and each `wait` noted up to which of them it took. Of the events
    of one name only the last one's data is known; `unsettled` says that the queue may hold what a step has taken."""
    match part:
        case Part.CONTEXT:
            return _with_queue(a_map(content))
        case Part.STEP:
            return _with_what_it_took(a_map(content))
    return content


def _with_queue(content: dict[str, Any]) -> dict[str, Any]:
    event = content.get("event", {})
    counts = {name: event.get(f"{name}{_COUNT}") for name in event}
    queue = [[count, name, event[name], "", None] for name, count in counts.items() if type(count) is int and count > 0]
    if not queue:
        return content
    queue.sort(key=lambda pair: (pair[0], pair[1]))
    return {**content, "arrivals": queue, "arrived": queue[-1][0], "unsettled": True}


def _with_what_it_took(content: dict[str, Any]) -> dict[str, Any]:
    patch, output = content.get("patch", {}), content.get("output") or {}
    name = output.get("event") if content.get("type") == "wait" else None
    taken = patch.get("event", {}).get(f"{name}{_TAKEN}")
    if name is None or type(taken) is not int:
        return content
    event = {field: value for field, value in patch["event"].items() if field != f"{name}{_TAKEN}"}
    own = {f"event.{name}", f"event.{name}{_COUNT}", f"event.{name}{_TAKEN}"}
    return {
        **content,
        "patch": {**{document: fields for document, fields in patch.items() if document != "event"}, "event": event},
        "reads": {read: value for read, value in content.get("reads", {}).items() if read not in own},
        "took": [taken, name, "", None],
    }


def _with_items(part: Part, content: Any) -> Any:
    """Format 4 knows the items of lists by their values; in format 3 their numbers are positions. What is parked of a
    file is taken for one that was uploaded; in format 3 it might be what somebody typed."""
    match part:
        case Part.HEADER:
            return {**a_map(content), "positional": True}
        case Part.ANSWERS:
            return {name: value for name, value in a_map(content).items() if not _is_reference(value)}
    return content


_REFERENCE = {"id", "name", "type", "size"}  # what an answer holds of a file


def _is_reference(value: Any) -> bool:
    return type(value) is dict and value.keys() == _REFERENCE


# From a number to the next one: what the part's content is there.
UPGRADERS: dict[int, Callable[[Part, Any], Any]] = {1: _with_undos, 2: _with_arrivals, 3: _with_items}


def wrap(
    vault: Vault,
    part: Part,
    owner: str,
    content: Any,
    about: About = (),
    stamp: bytes = NO_STAMP,
    packed: Mapping[str, bytes] = NOTHING,
) -> bytes:
    """The blob that is stored in a row that `about` names and describes; `packed` is what the content holds beside, as
    it was packed before. Raises InvalidInput where the content can't be."""
    plain = packed_list([pack(FORMAT), packed_map(content, packed)]) if packed else pack([FORMAT, content])
    return vault.seal(part, owner, about, plain, stamp)


def unwrap(vault: Vault, part: Part, owner: str, blob: bytes, about: About = ()) -> Any:
    """The content in the present shape. Raises StoreError."""
    stored = unpack(vault.open(part, owner, about, blob))
    if type(stored) is not list or len(stored) != 2 or type(stored[0]) is not int:
        raise StoreError("the stored data has no format number. Restore it from a backup.")
    number, content = stored
    if number == FORMAT:
        return content
    return _upgraded(number, part, content)


def _upgraded(number: int, part: Part, content: Any) -> Any:
    if not 1 <= number < FORMAT:
        raise StoreError(
            f"it is stored in format {number}, and this version of the program reads the formats 1 to {FORMAT}."
            " Update the program."
        )
    for older in range(number, FORMAT):
        content = UPGRADERS[older](part, content)
    return content


def a_map(content: Any) -> dict[str, Any]:
    """The content, where it is a map as it has to be. Raises StoreError."""
    if type(content) is not dict:
        raise StoreError(
            f"the stored data holds a {type(content).__name__} where a map belongs. Restore it from a backup."
        )
    return content


def resealed(vault: Vault, part: Part, owner: str, blob: bytes, about: About = (), stamp: bytes = NO_STAMP) -> bytes:
    """The blob under the key in use, with the stamp that it has; `stamp` is for one that has none. Raises StoreError
    where it can't be opened."""
    plain = vault.open(part, owner, about, blob) or pack([FORMAT, {}])  # where nothing is sealed, nothing says "empty"
    return vault.seal(part, owner, about, plain, stamp_of(blob) or stamp)


def unreadable(what: str, error: Exception, run_id: str) -> DataUnreadable:
    """The error for a blob of one run: `what` opens the message, `error` is why it can't be read."""
    kind = NotGenuine if isinstance(error, NotGenuine) else DataUnreadable
    return kind(f"{what} can't be read: {why(error)} Other runs aren't affected.", run=run_id)


def why(error: Exception) -> str:
    """The reason, without a word of what is stored."""
    if isinstance(error, StoreError):
        return error.message
    return f"the stored data has another shape than expected ({type(error).__name__}). Restore it from a backup."
