"""Messages in the form that a channel can show."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from wizard.channels.outside.contract import Limits
from wizard.channels.outside.rendering import parts_of, rendered
from wizard.model.talk import Offer, Speaker, Utterance

NOW = datetime(2026, 1, 15, tzinfo=UTC)


@given(text=st.text(st.sampled_from("ab \n🦊é"), max_size=300), most=st.integers(1, 50))
def test_a_long_text_is_sent_in_parts_that_lose_nothing(text: str, most: int) -> None:
    """A messenger refuses what is too long for it, or what is empty; or people miss a word."""
    parts = parts_of(text, most)
    assert all(0 < len(part) <= most and part.strip() for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_more_buttons_than_there_is_room_for_are_told() -> None:
    """Who sees ten of twelve choices can't pick the others."""
    offers = tuple(Offer(f"0123456789.{number}", f"Colour {number}") for number in range(1, 6))
    said = Utterance(7, "w-7", Speaker.ENGINE, "Which?", NOW, offers)
    [few] = rendered(said, "ann", Limits(buttons=5))
    assert few.choices == offers
    [many] = rendered(said, "ann", Limits(buttons=4))
    assert (many.choices, many.text.splitlines()[-1]) == ((), "5. Colour 5")


def test_buttons_are_below_the_last_part() -> None:
    """People press a button before they have read what it is about."""
    said = Utterance(7, "w-7", Speaker.ENGINE, "word " * 10, NOW, (Offer("0123456789.1", "Yes"),))
    parts = rendered(said, "ann", Limits(text=20))
    assert [bool(part.choices) for part in parts] == [False] * (len(parts) - 1) + [True]
    assert [part.id for part in parts] == ["w-7", *(f"w-7.{at}" for at in range(1, len(parts)))]
