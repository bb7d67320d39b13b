"""Reading days and times in the languages that people write them in."""

from __future__ import annotations

from datetime import date, time

import pytest
from babel.dates import format_date, format_time
from hypothesis import given
from hypothesis import strategies as st

from wizard.forms.characters import folded
from wizard.forms.refusals import Refusal
from wizard.forms.types.clocks import times_of
from wizard.forms.types.days import days_of

LANGUAGES = (
    *("en", "en-GB", "en-US", "en-IN", "en-ZA", "de", "de-AT", "de-CH", "fr", "fr-CH", "fr-CA", "it", "es", "es-MX"),
    *("pt-BR", "nl", "pl", "sv", "cs", "hu", "fi", "ru", "el", "ko"),
)


@given(st.sampled_from(LANGUAGES), st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_what_the_country_writes_is_among_what_is_read(language: str, day: date) -> None:
    """People copy dates out of letters and calendars. Written in words, they are read in one way."""
    locale = language.replace("-", "_")
    for style in ("medium", "long", "full"):
        assert days_of(folded(format_date(day, style, locale)), language) == [day]
    assert day in days_of(folded(format_date(day, "short", locale)), language)


@given(st.sampled_from(LANGUAGES), st.times().map(lambda at: at.replace(second=0, microsecond=0)))
def test_what_the_country_writes_is_the_time_that_is_read(language: str, at: time) -> None:
    """The halves of the day have other names elsewhere, and stand before the time in some places."""
    text = folded(format_time(at, "short", locale=language.replace("-", "_")))
    assert times_of(text, language) == [at]


@pytest.mark.parametrize(
    ("text", "language", "days"),
    [
        ("26. 4. 3.", "ko", [date(1926, 4, 3), date(2026, 4, 3)]),
        ("26-04-03", "sv", [date(1926, 4, 3), date(2026, 4, 3), date(1903, 4, 26), date(2003, 4, 26)]),
        ("2026年4月3日", "ja", [date(2026, 4, 3)]),
        ("3.4.2026", "en-US", [date(2026, 3, 4), date(2026, 4, 3)]),
        ("20260403", "en-US", [date(2026, 4, 3)]),
        ("20122012", "de", [date(2012, 12, 20)]),
        ("1. Feber 2026", "de-AT", [date(2026, 2, 1)]),
        ("mar 3 mars 2026", "fr", [date(2026, 3, 3)]),
        *((("3/4/2026", each, [date(2026, 4, 3), date(2026, 3, 4)])) for each in ("en", "EN", "cz", "tlh", "en-XX")),
        *((("3-4-2026", each, [date(2026, 4, 3)])) for each in ("en", "cz", "de-XX")),
    ],
)
def test_what_a_day_can_mean(text: str, language: str, days: list[date]) -> None:
    """All that it can mean where it is written, and nothing else."""
    assert days_of(text, language) == days


@pytest.mark.parametrize("text", ["1 jui 2026", "12345", "99999999", "1 2", "1 2 3 4", "Monday 1 2", "1 1 985"])
def test_what_is_no_day(text: str) -> None:
    """A slip is said, not guessed at: `jui` is June or July."""
    with pytest.raises(Refusal):
        days_of(text, "fr")
