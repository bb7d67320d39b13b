"""Numbers of stored data: which are read, and what is said of the others."""

from __future__ import annotations

from typing import Any

import pytest

from wizard.errors import StoreError
from wizard.model.values import pack, unpack
from wizard.stores.blobs import formats
from wizard.stores.blobs.formats import FORMAT, UPGRADERS, Part, unwrap, wrap
from wizard.stores.blobs.vault import PLAIN


def test_every_earlier_format_has_an_upgrader() -> None:
    """A number that was counted up without one would lock everybody out of their runs."""
    assert sorted(UPGRADERS) == list(range(1, FORMAT))


@pytest.mark.parametrize("part", Part)
def test_the_first_format_is_read(part: Part) -> None:
    """What the first release wrote is read for ever."""
    since = {"positional": True} if part is Part.HEADER else {}
    assert unwrap(PLAIN, part, "run-1", pack([1, {"cursor": 5}])) == {"cursor": 5, **since}


def test_upgraders_run_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that slept through several updates is brought along by all of them."""

    def upgrade(name: str) -> Any:
        return lambda part, content: {**content, name: part.value}

    monkeypatch.setattr(formats, "FORMAT", 4)
    monkeypatch.setattr(formats, "UPGRADERS", {1: upgrade("two"), 2: upgrade("three"), 3: upgrade("four")})
    blobs = [pack([number, {}]) for number in (1, 2, 3, 4)]
    assert [list(unwrap(PLAIN, Part.STEP, "run-1", blob)) for blob in blobs] == [
        ["two", "three", "four"],
        ["three", "four"],
        ["four"],
        [],
    ]
    assert unpack(wrap(PLAIN, Part.STEP, "run-1", {})) == [4, {}]


@pytest.mark.parametrize("number", [-1, 0, FORMAT + 1, 99])
def test_an_unknown_format_says_to_update(number: int) -> None:
    """A database that a newer version wrote must not be half understood by an older one."""
    with pytest.raises(StoreError, match=f"in format {number}, and this version .* 1 to {FORMAT}. Update the program"):
        unwrap(PLAIN, Part.HEADER, "run-1", pack([number, {}]))


@pytest.mark.parametrize("blob", [b"", pack({}), pack([1]), pack([True, {}]), pack(["2", {}]), pack([2, {}, 3])])
def test_what_has_no_number_is_damaged(blob: bytes) -> None:
    """Something else than what was stored is said to be damaged, and isn't guessed at."""
    with pytest.raises(StoreError, match="Restore"):
        unwrap(PLAIN, Part.HEADER, "run-1", blob)


def test_a_reason_holds_no_answer() -> None:
    """Reasons go into logs and to operators: what a person answered stays out of them."""
    error = formats.unreadable("The run", ValueError("Ann Winterbottom"), "run-7")
    assert "Winterbottom" not in str(error)
    assert "(ValueError)" in error.message
    assert error.run == "run-7"


@pytest.mark.parametrize(
    ("event", "queue"),
    [
        ({"paid": 1, "paid_count": 2}, [[2, "paid", 1, "", None]]),
        ({"b": 1, "b_count": 1, "a": 2, "a_count": 1}, [[1, "a", 2, "", None], [1, "b", 1, "", None]]),
        ({"paid": 1}, None),
        ({"paid": 1, "paid_count": "many"}, None),
        ({"paid_count": 3}, None),
    ],
)
def test_events_of_format_2_are_queued(event: dict[str, Any], queue: list[Any] | None) -> None:
    """An early event that was counted in the document opens its wait after the update; another field does not."""
    content = unwrap(PLAIN, Part.CONTEXT, "run-1", pack([2, {"event": event}]))
    assert (content["event"], content.get("arrivals")) == (event, queue)
