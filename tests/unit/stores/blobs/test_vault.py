"""Sealing and opening: what a key opens, and what is said where it doesn't."""

from __future__ import annotations

import builtins
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.errors import NotGenuine, SettingsError, StoreError
from wizard.model.values import pack
from wizard.stores.blobs import vault
from wizard.stores.blobs.vault import PLAIN, KeyRing, new_key

OLD, NEW = "old:" + "A" * 43 + "=", "new:" + "Q" * 43 + "="  # no random ones: tests are called after them
# What an earlier version sealed for run-1: pack([2, {"visits": 1}]).
SEALED_BEFORE = bytes.fromhex(
    "c101036f6c64000102030405060708090a0b37fd88b00b878eb5ec453a48c64291f11c1ec1278ef063ddaad7df"
)


def ring(*keys: str) -> KeyRing:
    return KeyRing.parse(", ".join(keys))


@given(st.text(max_size=20), st.binary(max_size=200))
def test_what_is_sealed_is_opened(owner: str, blob: bytes) -> None:
    """Whatever a person answered comes back to the bit, whatever the run is called."""
    sealed = ring(OLD).seal("step", owner, (), blob)
    assert ring(NEW, OLD).open("step", owner, (), sealed) == blob


def test_a_sealed_blob_holds_its_layout_and_no_word_of_its_content() -> None:
    """The layout is stored for years: a build that reads it otherwise loses the data."""
    sealed = ring(OLD).seal("step", "run-1", (), b"Zoe Winterbottom")
    assert sealed[:6] == b"\xc1\x02\x03old"
    assert len(sealed) == 6 + 8 + 12 + len(b"Zoe Winterbottom") + 16
    assert b"Zoe" not in sealed


def test_no_two_sealed_blobs_are_the_same() -> None:
    """Whoever sees the database mustn't learn that two people gave the same answer."""
    keys = ring(OLD)
    assert len({keys.seal("step", "run-1", (), b"yes") for _ in range(100)}) == 100


def test_more_runs_than_are_kept_ready_are_sealed_and_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """What speeds up one run has a bound, and costs no other run anything."""
    monkeypatch.setattr(vault, "MAX_CIPHERS", 3)
    keys = ring(OLD)
    sealed = {f"run-{n}": keys.seal("step", f"run-{n}", (), str(n).encode()) for n in range(10)}
    assert [keys.open("step", owner, (), blob) for owner, blob in sealed.items()] == [
        str(n).encode() for n in range(10)
    ]


def test_a_blob_of_another_run_is_refused() -> None:
    """Somebody who can write to the database mustn't put one person's answers into another's run."""
    with pytest.raises(StoreError, match="the key old doesn't open it"):
        ring(OLD).open("step", "run-2", (), ring(OLD).seal("step", "run-1", (), b"answer"))


def test_a_changed_blob_is_refused() -> None:
    """No bit can be changed without notice, and a damaged header is an error as well."""
    sealed = ring(OLD).seal("step", "run-1", (), b"answer")
    for position in range(1, len(sealed)):
        changed = sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :]
        with pytest.raises(StoreError):
            ring(OLD).open("step", "run-1", (), changed)
    for length in range(1, len(sealed)):
        with pytest.raises(StoreError):
            ring(OLD).open("step", "run-1", (), sealed[:length])


def test_a_missing_key_is_named() -> None:
    """An operator who took a key out too early learns which one to put back."""
    sealed = ring(OLD).seal("step", "run-1", (), b"answer")
    with pytest.raises(
        StoreError, match=r"encrypted with the key old, which isn't there\. Check the setting WIZARD_KEYS"
    ):
        ring(NEW).open("step", "run-1", (), sealed)
    with pytest.raises(StoreError, match=r"encrypted with the key old\. Check the setting WIZARD_KEYS"):
        PLAIN.open("step", "run-1", (), sealed)
    with pytest.raises(StoreError, match="its id is damaged"):
        PLAIN.open("step", "run-1", (), b"\xc1")


def test_another_key_of_the_same_name_is_refused() -> None:
    """A key that was made anew under its old name opens nothing, and says so."""
    with pytest.raises(StoreError, match="another key has this id now"):
        ring(new_key("old")).open("step", "run-1", (), ring(OLD).seal("step", "run-1", (), b"answer"))


def test_a_later_layout_says_to_update() -> None:
    """An older build must not take a newer one's data for damaged."""
    sealed = ring(OLD).seal("step", "run-1", (), b"answer")
    with pytest.raises(StoreError, match="Update the program"):
        ring(OLD).open("step", "run-1", (), sealed[:1] + b"\x03" + sealed[2:])


def test_what_was_stored_before_is_opened_only_to_seal_it() -> None:
    """Encryption can be switched on with runs under way; afterwards nobody passes off something plain as genuine."""
    blob = pack([2, {"visits": 1}])
    assert PLAIN.open("step", "run-1", (), blob) == PLAIN.seal("step", "run-1", (), blob) == blob
    sealing = ring(OLD).taking_old()
    for each in (blob, SEALED_BEFORE):
        assert sealing.open("step", "run-1", (), each) == blob
        for strict in (ring(OLD), sealing.strict):
            with pytest.raises(NotGenuine):
                strict.open("step", "run-1", (), each)


@pytest.mark.parametrize(
    "other",
    [
        ("step", "run-2", ("a", 1)),
        ("parked", "run-1", ("a", 1)),
        ("step", "run-1", ("a", 2)),
        ("step", "run-1", ("a",)),
        ("step", "run-1", ("b", 1)),
    ],
)
def test_a_blob_opens_in_its_own_place_alone(other: tuple[str, str, tuple[str | int, ...]]) -> None:
    """Another part, run, path or number: whoever moves a blob gets nothing but an error."""
    sealed = ring(OLD).seal("step", "run-1", ("a", 1), b"answer")
    assert ring(OLD).open("step", "run-1", ("a", 1), sealed) == b"answer"
    with pytest.raises(NotGenuine):
        ring(OLD).open(*other, sealed)


def test_a_blob_opens_in_its_own_database_alone() -> None:
    """The same key is used for two databases: nothing of one passes for the other's."""
    one, other = (ring(OLD).of_database(bytes([number] * 16), bytes(32)) for number in (1, 2))
    sealed = one.seal("step", "run-1", (), b"answer")
    assert one.open("step", "run-1", (), sealed) == b"answer"
    for database in (other, ring(OLD)):
        with pytest.raises(NotGenuine):
            database.open("step", "run-1", (), sealed)


def test_what_is_under_the_key_in_use_is_current() -> None:
    """Rotation ends when all is under the first key, and not before."""
    blob = pack([2, {}])
    old, new = ring(OLD).seal("step", "run-1", (), blob), ring(NEW, OLD).seal("step", "run-1", (), blob)
    assert [ring(NEW, OLD).is_current(each) for each in (blob, old, new)] == [False, False, True]
    assert [PLAIN.is_current(each) for each in (blob, old, new)] == [True, False, False]
    longer = KeyRing.parse(new_key("new-2")).seal("step", "run-1", (), blob)
    assert not ring(NEW).is_current(longer)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "0 keys"),
        (" , ,", "0 keys"),
        ("nonsense", "entry 1 isn't ID:KEY"),
        (f"{OLD}, bad id:AAAA", "entry 2 isn't ID:KEY"),
        (":AAAA", "entry 1 isn't ID:KEY"),
        ("x" * 33 + ":AAAA", "entry 1 isn't ID:KEY"),
        ("k:AAAA", "the key k isn't 32 bytes in base64"),
        ("k:no base64!", "the key k isn't 32 bytes"),
        ("k:ä", "the key k isn't 32 bytes"),
        (f"{OLD},{OLD}", "two keys old"),
        pytest.param(",".join(new_key(f"k{n}") for n in range(21)), "21 keys", id="21 keys"),
        ("x" * 5_000, "longer than 4,000"),
    ],
)
def test_a_bad_setting_is_said_to_be_one(text: str, told: str) -> None:
    """Whoever mistyped a key finds it, and no message or log holds one."""
    with pytest.raises(SettingsError, match=told) as caught:
        KeyRing.parse(text)
    assert OLD.partition(":")[2] not in str(caught.value)


def test_a_ring_shows_no_key() -> None:
    """A ring ends up in logs and error reports sooner or later."""
    keys = ring(OLD, NEW)
    assert repr(keys) == "KeyRing(old, new)"
    assert keys.ids == ("old", "new")
    assert not hasattr(keys, "__dict__")


def test_a_new_key_can_be_used_and_is_new() -> None:
    """`wizard keys new` prints what the setting takes."""
    assert new_key("a") != new_key("a")
    ring(new_key("2026-11_b"))
    for bad in ("", "a b", "a:b", "x" * 33, "ü"):
        with pytest.raises(SettingsError, match="such as 2026-11"):
            new_key(bad)


def test_a_missing_library_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Encryption is an extra: whoever sets a key without it is told what to install."""
    genuine = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("cryptography"):
            raise ImportError(name)
        return genuine(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    for name in [name for name in sys.modules if name.startswith("cryptography")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(SettingsError, match=r"pip install wizard\[encryption\]"):
        KeyRing.parse(OLD)
