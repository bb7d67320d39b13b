"""What every store promises of profiles, sessions and their history (wizard.stores.documents.Documents)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.contract.kinds import KINDS
from tests.contract.runs import EVERY_VALUE, NOW, a_run, creating, exactly
from wizard.errors import InvalidInput, KeyReused, StaleDocument
from wizard.model import DocumentSave, Reply, Value
from wizard.model.documents import FieldChange, Origin, SaveAction, SaveRecord, TakenBack
from wizard.model.values import MAX_VALUE_BYTES
from wizard.state.merging import NEVER_SAVED, Document
from wizard.stores.contract import Store

BY_ANN = Origin(SaveAction.PATCH, by="ann", note="She moved")


@pytest.fixture(params=KINDS)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with KINDS[request.param](tmp_path) as opened:
        yield opened


def a_save(document_id: str = "p", kind: str = "profile", origin: Origin = BY_ANN, **fields: Value) -> DocumentSave:
    return DocumentSave(kind, document_id, fields, origin=origin)


async def saved(store: Store, *saves: DocumentSave) -> None:
    for n, save in enumerate(saves):
        await store.documents.save(save, NOW + timedelta(seconds=n))


# -- the history -------------------------------------------------------------------------------


async def test_each_save_of_a_run_has_a_record(store: Store) -> None:
    """Without it, nobody could tell a person who changed their address, and what it was."""
    origin = Origin(SaveAction.END, "run-2", "moving")
    await saved(store, a_save(email="a@example.org"))
    save = DocumentSave(
        "profile", "p", {"email": "b@example.org", **EVERY_VALUE}, steps={"email": "ask"}, origin=origin
    )
    await store.commit(creating(a_run("run-2"), documents=(save,)))
    newest, first = await store.documents.history("profile", "p")
    assert (newest.kind, newest.id, newest.revision, newest.origin) == ("profile", "p", 2, origin)
    assert newest.at == a_run().updated_at
    assert newest.changes[0] == FieldChange("email", "a@example.org", "b@example.org", step="ask")
    assert exactly({each.field: each.after for each in newest.changes[1:]}) == exactly(EVERY_VALUE)
    assert not any(each.had for each in newest.changes[1:])
    changes = (FieldChange("email", None, "a@example.org", had=False),)
    assert first == SaveRecord("profile", "p", 1, NOW, BY_ANN, changes)
    assert await store.documents.history("session", "p") == await store.documents.history("profile", "q") == []


async def test_what_is_not_committed_has_no_record(store: Store) -> None:
    """A turn that lost left nothing in the profile, so its history mustn't tell of it."""
    first = Reply("", "key", b"digest", 201, b"{}")
    await store.commit(creating(a_run("run-1"), reply=first))
    with pytest.raises(KeyReused):
        await store.commit(creating(a_run("run-2"), reply=first, documents=(a_save(email="a"),)))
    with pytest.raises(InvalidInput):
        await store.documents.save(a_save(email="x" * MAX_VALUE_BYTES), NOW)
    assert await store.document("profile", "p") == NEVER_SAVED
    assert await store.documents.history("profile", "p") == []


async def test_the_history_comes_in_pages(store: Store) -> None:
    """A profile that changes daily for years is looked at a part at a time."""
    await saved(store, *(a_save(n=n) for n in range(5)))
    page = await store.documents.history("profile", "p", 2)
    assert [record.revision for record in page] == [5, 4]
    page = await store.documents.history("profile", "p", 2, page[-1].revision)
    assert [record.revision for record in page] == [3, 2]
    assert await store.documents.history("profile", "p", 0) == []
    assert await store.documents.history("profile", "p", 10, 1) == []


# -- saves from outside ------------------------------------------------------------------------


async def test_a_save_is_made_from_what_was_seen(store: Store) -> None:
    """Two operators who change one profile at once don't overwrite each other unawares."""
    assert await store.documents.save(a_save(a=1), NOW, expected=0) == Document(1, {"a": 1})
    with pytest.raises(StaleDocument):
        await store.documents.save(a_save(a=2), NOW, expected=0)
    with pytest.raises(StaleDocument):
        await store.documents.save(a_save(a=2), NOW, expected=2)
    removing = DocumentSave("profile", "p", {"b": None}, ("a", "never"), origin=BY_ANN)
    assert await store.documents.save(removing, NOW, expected=1) == Document(2, {"b": None})
    (newest, _) = await store.documents.history("profile", "p")
    assert newest.changes == (FieldChange("b", None, None, had=False), FieldChange("a", 1, None, has=False))


async def test_a_save_of_nothing_saves_nothing(store: Store) -> None:
    """Else a document would come to be that nobody made."""
    assert await store.documents.save(DocumentSave("profile", "p", {}, ("a",)), NOW) == NEVER_SAVED
    assert await store.documents.list("profile") == await store.documents.history("profile", "p") == []


async def test_saves_at_once_are_all_there(store: Store) -> None:
    """Twenty who save at once lose nothing, and what each found is what the one before it left."""
    await asyncio.gather(
        *(store.documents.save(a_save(**{f"f{n}": n, "same": n}), NOW + timedelta(seconds=n)) for n in range(20))
    )
    document = await store.document("profile", "p")
    assert {name: document.fields[name] for name in document.fields if name != "same"} == {
        f"f{n}": n for n in range(20)
    }
    records = await store.documents.history("profile", "p")
    assert [record.revision for record in records] == [*range(20, 0, -1)]
    same = [change for record in records for change in record.changes if change.field == "same"]
    assert document.fields["same"] == same[0].after
    assert [change.before for change in same[:-1]] == [change.after for change in same[1:]]


# -- what a run takes back ---------------------------------------------------------------------


async def test_a_run_takes_back_what_it_saved(store: Store) -> None:
    """What it set over is there again, unless somebody else has set it since."""
    own = Origin(SaveAction.STEP, "run-1", "w")
    await saved(store, a_save(a="before", b="before"))
    await saved(store, a_save(a="mine", b="mine", c="mine", origin=own), a_save(b="theirs"))
    back = DocumentSave("profile", "p", {}, origin=own, taken_back=TakenBack(NOW, ("a", "b", "c")))
    await store.commit(creating(a_run("run-1"), documents=(back,)))
    assert await store.document("profile", "p") == Document(4, {"a": "before", "b": "theirs"})
    newest = (await store.documents.history("profile", "p"))[0]
    changes = (FieldChange("a", "mine", "before"), FieldChange("c", "mine", None, has=False))
    assert newest.changes == changes


# -- lists, deletion, retention ----------------------------------------------------------------


async def test_documents_are_listed_by_id(store: Store) -> None:
    """Whoever looks for a person goes through all of them, page by page."""
    for document_id in ("b", "ä", "a", "\U0001f600", "B"):
        await saved(store, a_save(document_id, x=1))
    await saved(store, a_save("a", x=2), a_save("s", "session", x=1))
    everybody = await store.documents.list("profile")
    assert [line.id for line in everybody] == ["B", "a", "b", "ä", "\U0001f600"]
    assert (everybody[1].revision, everybody[1].saved_at) == (2, NOW)
    assert [line.id for line in await store.documents.list("profile", 2, "a")] == ["b", "ä"]
    assert [line.id for line in await store.documents.list("session")] == ["s"]


async def test_a_run_tells_whose_a_session_is(store: Store) -> None:
    """Deleting a person would leave what they did in their browser behind."""
    for n, (profile, session) in enumerate(
        (("p", "s2"), ("p", "s1"), ("p", "s2"), ("q", "s3"), (None, "s4"), ("p", None))
    ):
        await store.commit(creating(a_run(f"run-{n}", profile_id=profile, session_id=session)))
    assert await store.documents.sessions_of("p") == ["s1", "s2"]
    assert await store.documents.sessions_of("nobody") == []
    await store.delete_run("run-0")
    await store.documents.delete("session", "s1")
    assert await store.documents.sessions_of("p") == ["s2"]
    await store.documents.delete("profile", "p")
    assert await store.documents.sessions_of("p") == []
    assert await store.documents.sessions_of("q") == ["s3"]


async def test_what_is_deleted_has_no_history(store: Store) -> None:
    """What a person had is gone for good, and who gets the id later finds nothing of it."""
    await saved(store, a_save(a=1), a_save(a=2), a_save("q", a=1))
    assert await store.documents.delete("profile", "p")
    assert not await store.documents.delete("profile", "p")
    assert await store.document("profile", "p") == NEVER_SAVED
    assert await store.documents.history("profile", "p") == []
    assert len(await store.documents.history("profile", "q")) == 1


async def test_what_was_not_saved_for_long_goes(store: Store) -> None:
    """Personal data isn't kept for ever; what was saved again meanwhile is."""
    await saved(store, a_save("old", a=1), a_save("new", a=1))
    await saved(store, a_save("old", "session", a=1))
    await store.documents.save(a_save("new", a=2), NOW + timedelta(days=2))
    assert await store.documents.prune("profile", NOW + timedelta(days=1), 0) == 0
    assert await store.documents.prune("profile", NOW + timedelta(days=1)) == 1
    assert [line.id for line in await store.documents.list("profile")] == ["new"]
    assert await store.documents.history("profile", "old") == []
    assert [line.id for line in await store.documents.list("session")] == ["old"]


async def test_old_records_go_and_the_document_stays(store: Store) -> None:
    """What somebody was once is kept for shorter than what they are."""
    await saved(store, *(a_save(n=n) for n in range(4)))
    assert await store.documents.prune_history(NOW + timedelta(seconds=2), 1) == 1
    assert await store.documents.prune_history(NOW + timedelta(seconds=2)) == 1
    assert [record.revision for record in await store.documents.history("profile", "p")] == [4, 3]
    assert await store.document("profile", "p") == Document(4, {"n": 3})


# -- finding profiles --------------------------------------------------------------------------


async def found(store: Store, field: str, value: Value, *among: str, limit: int = 100) -> list[str]:
    return [each.id for each in await store.documents.find(field, value, among, limit)]


async def test_profiles_are_found_by_a_field_those_first_that_were_saved_last(store: Store) -> None:
    """Who rings again is known by their address, whatever has become of it since, and of a deleted one nothing is."""
    await saved(
        store,
        a_save("a", email="ann@example.org", number=7),
        a_save("b", email="ben@example.org", number=Decimal("7.0")),
        a_save("c", email="ann@example.org", number="7"),
        a_save("a", kind="session", email="ann@example.org"),
    )
    assert await found(store, "email", "ann@example.org") == ["c", "a"]
    assert await found(store, "email", "ann@example.org", limit=1) == ["c"]
    assert await found(store, "number", 7, "email", "number") == ["b", "a"]
    assert await found(store, "number", "7", "email", "number") == ["c"]
    assert await found(store, "email", "Ann@example.org") == []
    await store.documents.save(a_save("a", email="anna@example.org"), NOW + timedelta(hours=1))
    assert await found(store, "email", "ann@example.org") == ["c"]
    assert await found(store, "email", "anna@example.org") == ["a"]
    await store.documents.delete("profile", "a")
    assert await found(store, "email", "anna@example.org") == []
    (one,) = await store.documents.find("email", "ben@example.org", ())
    assert (one.saved_at, one.document.revision, one.document.fields["email"]) == (
        NOW + timedelta(seconds=1),
        1,
        "ben@example.org",
    )


@pytest.mark.parametrize("value", [None, ["a"], {"a": 1}, "x" * 501, b"a"], ids=str)
async def test_nothing_is_found_by_what_profiles_arent_found_by(store: Store, value: Value) -> None:
    """All who have no address would be one."""
    await saved(store, a_save(email=value, name="Ann"))
    assert await found(store, "email", value) == []


async def test_many_profiles_are_found_by_any_process_and_after_each_change(store: Store) -> None:
    """An index is made by who asks first, a part at a time; two that ask at once don't get in each other's way."""
    saves = (a_save(f"p{number}", email=f"{number % 10}@example.org") for number in range(700))
    await store.commit(creating(a_run(), documents=tuple(saves)))
    counts = await asyncio.gather(*(found(store, "email", f"{n}@example.org", limit=1_000) for n in range(4)))
    assert [len(each) for each in counts] == [70] * 4
    await store.documents.save(a_save("p0", email="new@example.org"), NOW)
    await store.commit(creating(a_run("run-2"), documents=(a_save("p1", email="new@example.org"),)))
    assert sorted(await found(store, "email", "new@example.org")) == ["p0", "p1"]
    assert len(await found(store, "email", "0@example.org", limit=1_000)) == 69
