"""The mark of a sealed database: who may open it, and with what."""

from __future__ import annotations

import pytest

from wizard.errors import StoreError
from wizard.stores.blobs.marks import finished, prepared
from wizard.stores.blobs.vault import PLAIN, KeyRing, new_key

RING = KeyRing.parse(new_key("mine"))


def mark(ring: KeyRing, *, is_empty: bool = True) -> bytes:
    body = prepared(ring, None, is_empty=is_empty).body
    assert body is not None
    return body


def test_an_empty_database_is_sealed_from_the_beginning() -> None:
    """Whoever starts with a key needs no command, and has a database whose id and secret are nobody else's."""
    first, second = prepared(RING, None, is_empty=True), prepared(RING, None, is_empty=True)
    assert first.mark is not None
    assert second.mark is not None
    assert first.mark.done
    assert first.mark[:2] != second.mark[:2]
    again = prepared(RING, first.body, is_empty=False)
    assert again == (again.vault, first.mark, None)
    assert not again.vault.takes_old


def test_a_database_with_data_and_no_mark_is_opened_to_be_sealed_only() -> None:
    """Neither plain data nor a mark that was deleted is taken for granted."""
    with pytest.raises(StoreError, match="wizard keys seal"):
        prepared(RING, None, is_empty=False)
    begun = prepared(RING.taking_old(), None, is_empty=False)
    assert begun.vault.takes_old
    with pytest.raises(StoreError, match="wizard keys seal"):
        prepared(RING, begun.body, is_empty=False)
    assert prepared(RING.taking_old(), begun.body, is_empty=False).vault.takes_old
    done = finished(RING, begun)
    assert not prepared(RING, done, is_empty=False).vault.takes_old
    assert not prepared(RING.taking_old(), done, is_empty=False).vault.takes_old


def test_a_mark_follows_the_key_in_use() -> None:
    """After a rotation the old key can be taken out; the database stays the same."""
    new = KeyRing.parse(new_key("new"))
    stored = prepared(RING, mark(RING), is_empty=False)
    body = finished(new, stored)
    moved = prepared(new, body, is_empty=False)
    assert moved.mark == stored.mark
    with pytest.raises(StoreError, match="the key new, which isn't there"):
        prepared(RING, body, is_empty=False)


def test_without_keys_nothing_sealed_is_opened() -> None:
    """A forgotten setting is told before anything is stored in clear beside what is sealed."""
    assert prepared(PLAIN, None, is_empty=False) == (PLAIN, None, None)
    with pytest.raises(StoreError, match="encrypted with the key mine"):
        prepared(PLAIN, mark(RING), is_empty=False)
    assert finished(PLAIN, prepared(PLAIN, None, is_empty=True)) is None


@pytest.mark.parametrize("body", [b"", b"\xc1", b"\x92\x03\x90", b"\xc1\x02\x04mine"])
def test_a_damaged_mark_is_said_to_be_one(body: bytes) -> None:
    """It is one row that shuts the whole database: whoever repairs it learns which."""
    with pytest.raises(StoreError, match="to tell that it is encrypted, and with what, can't be read"):
        prepared(RING, body, is_empty=False)
