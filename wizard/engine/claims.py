"""Names that only one visit of all runs has, such as a reference that people read out: reserved once and for good, as a
document of a kind of its own, which a store saves once under each id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from wizard.errors import StaleDocument
from wizard.model import DocumentSave
from wizard.stores.contract import Store

KIND = "reference"


def claims(store: Store, clock: Callable[[], datetime]) -> Callable[[str, str], Awaitable[bool]]:
    """What says of a name whether it is the key's now: nobody else has it, or ever had."""
    return partial(_claim, store, clock)


async def _claim(store: Store, clock: Callable[[], datetime], name: str, key: str) -> bool:
    try:
        await store.documents.save(DocumentSave(KIND, name, {"key": key}), clock(), 0)
    except StaleDocument:
        return (await store.document(KIND, name)).fields.get("key") == key
    return True
