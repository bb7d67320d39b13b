"""Changing and undoing what is stored of people, in an application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from wizard.errors import DocumentNotFound, InvalidInput, SaveNotFound, StaleDocument, UndoConflict
from wizard.model import DocumentSave
from wizard.node import Registry
from wizard.profiles.keeping import OnConflict, StoredDocuments
from wizard.profiles.schema import ProfileSchema
from wizard.state.merging import Document
from wizard.stores.memory import MemoryStore

NOW = datetime(2026, 11, 29, 9, 30, tzinfo=UTC)


def keeping(store: MemoryStore | None = None, schema: ProfileSchema | None = None) -> StoredDocuments:
    return StoredDocuments(store or MemoryStore(), "profile", lambda: NOW, schema)


async def test_a_change_that_changes_nothing_is_no_save() -> None:
    """Who sends the same again gets the same, and the history no empty entry; 1 is another value than True."""
    profiles = keeping()
    await profiles.create("ann", {"a": 1}, by="olga")
    assert await profiles.patch("ann", {"a": 1}, ["b"], by="olga") == Document(1, {"a": 1})
    assert (await profiles.patch("ann", {"a": True}, by="olga")).revision == 2


async def test_what_a_host_does_with_a_profile_stays_with_the_host() -> None:
    """A list that is added to in the host isn't added to in what is stored."""
    profiles = keeping()
    await profiles.create("ann", {"tags": ["a"]}, by="olga")
    (await profiles.get("ann")).fields["tags"].append("b")
    (await profiles.patch("ann", {"x": 1}, by="olga")).fields["tags"].append("c")
    assert (await profiles.get("ann")).fields["tags"] == ["a"]


class Overtaken(MemoryStore):
    """Somebody else saves whenever this process is about to."""

    def __init__(self, times: int) -> None:
        super().__init__()
        save = self.documents.save

        async def overtaken(mine: DocumentSave, at: datetime, expected: int | None = None) -> Document:
            nonlocal times
            if times and expected:
                times -= 1
                await save(DocumentSave("profile", mine.id, {"other": times}), at)
            return await save(mine, at, expected)

        self.documents.save = overtaken  # type: ignore[method-assign]


async def test_who_names_no_revision_is_not_refused_because_others_save() -> None:
    """A nightly job that sets one field needn't know what runs do meanwhile; nobody's fields are lost."""
    profiles = keeping(Overtaken(3))
    await profiles.create("ann", {"a": 1}, by="job")
    assert (await profiles.patch("ann", {"mine": 1}, by="job")).fields == {"a": 1, "mine": 1, "other": 0}
    with pytest.raises(StaleDocument):
        await profiles.patch("ann", {"mine": 2}, revision=1, by="job")


async def test_an_undo_is_made_from_what_is_there_when_it_is_saved() -> None:
    """A run that ends while an operator undoes another one loses nothing."""
    profiles = keeping(Overtaken(0))
    await profiles.create("ann", {"a": 1}, by="olga")
    await profiles.patch("ann", {"a": 2, "b": 2}, by="olga")
    await profiles.patch("ann", {"b": 3}, by="olga")
    with pytest.raises(UndoConflict) as conflict:
        await profiles.undo("ann", 2, by="olga")
    assert (conflict.value.fields, "b" in conflict.value.message) == (("b",), True)
    undone = await profiles.undo("ann", 2, on_conflict=OnConflict.SKIP, by="olga")
    assert (undone.undone, undone.left, undone.document.fields) == (("a",), ("b",), {"a": 1, "b": 3})
    undone = await profiles.undo("ann", 2, on_conflict=OnConflict.FORCE, by="olga")
    assert (undone.undone, undone.document.fields) == (("b",), {"a": 1})
    for revision in (0, 9):
        with pytest.raises(SaveNotFound):
            await profiles.undo("ann", revision, by="olga")


async def test_an_undo_goes_by_the_schema() -> None:
    """What was stored before there was a schema can't come back through an undo."""
    store = MemoryStore()
    await keeping(store).create("ann", {"points": -5}, by="import")
    schema = ProfileSchema.read("fields: {points: {type: integer, min: 0}}", "s.yaml", Registry.installed())
    profiles = keeping(store, schema)
    await profiles.patch("ann", {"points": 5}, by="olga")
    with pytest.raises(InvalidInput, match="points"):
        await profiles.undo("ann", 2, by="olga")
    assert (await profiles.get("ann")).fields == {"points": 5}


async def test_the_history_of_a_field_is_found_in_a_long_history() -> None:
    """What was set once, years and hundreds of saves ago, is found, and nothing is told twice."""
    profiles = keeping()
    await profiles.create("ann", {"rare": 1}, by="olga")
    for n in range(250):
        await profiles.patch("ann", {"n": n}, by="job")
    page = await profiles.history("ann", field="rare")
    assert ([record.revision for record in page.records], page.below) == ([1], None)
    revisions: list[int] = []
    below: int | None = None
    while True:
        page = await profiles.history("ann", limit=60, below=below)
        revisions += [record.revision for record in page.records]
        if (below := page.below) is None:
            break
    assert revisions == [*range(251, 0, -1)]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda profiles: profiles.get(""),
        lambda profiles: profiles.get("x" * 501),
        lambda profiles: profiles.get(7),
        lambda profiles: profiles.create("ann", "no mapping", by="olga"),
        lambda profiles: profiles.create("ann", {"a": object()}, by="olga"),
        lambda profiles: profiles.create("ann", {7: 1}, by="olga"),
        lambda profiles: profiles.create("ann", {str(n): n for n in range(1001)}, by="olga"),
        lambda profiles: profiles.create("ann", {}, by="x" * 201),
        lambda profiles: profiles.patch("bob", {"a": 1}, ["a"], by="olga"),
        lambda profiles: profiles.patch("bob", {}, by="olga", note="x" * 2001),
    ],
)
async def test_what_cant_be_is_refused(wrong: Callable[[Any], Awaitable[Any]]) -> None:
    """A mistake of the host's shows at once, and not in what people read later."""
    profiles = keeping()
    await profiles.create("bob", {"a": 1}, by="olga")
    with pytest.raises(InvalidInput):
        await wrong(profiles)


async def test_what_nobody_stored_is_not_found() -> None:
    """A wrong id is told from an empty profile."""
    profiles = keeping()
    for call in (profiles.get, profiles.history, profiles.export, profiles.delete):
        with pytest.raises(DocumentNotFound):
            await call("nobody")
