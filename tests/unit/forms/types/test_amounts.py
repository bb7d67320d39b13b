"""Reading numbers, and writing them so that they are read again."""

from __future__ import annotations

from decimal import Decimal

import pytest
from babel.numbers import format_decimal, get_currency_symbol, get_decimal_symbol, get_group_symbol
from hypothesis import example, given
from hypothesis import strategies as st

from wizard.forms.characters import folded
from wizard.forms.refusals import Refusal
from wizard.forms.types.amounts import Reading, read_number, written_number

LANGUAGES = (
    *("en", "en-GB", "en-US", "en-IN", "en-ZA", "de", "de-DE", "de-AT", "de-CH", "fr", "fr-FR", "fr-CH", "fr-CA"),
    *("it", "it-CH", "es", "es-MX", "pt-BR", "nl", "pl", "sv", "ru", "xx"),
)
NUMBERS = st.decimals(-(10**9), 10**9, places=6).map(lambda number: number.normalize())


def meant(text: str, reading: Reading) -> Decimal | None:
    """The number, None where it is asked back."""
    try:
        number = read_number(folded(text), reading)
    except Refusal:
        return None
    assert number is not None, text
    return number


@given(st.sampled_from(LANGUAGES), NUMBERS, st.integers(0, 6), st.booleans())
@example("de-CH", Decimal("1.234"), 3, True)
@example("es-MX", Decimal("1.234"), 3, True)
@example("es-MX", Decimal("-123.456"), 10, False)
@example("en", Decimal("20.000"), 10, False)
def test_what_is_written_is_read_again(language: str, number: Decimal, places: int, said: bool) -> None:
    """An input shows what was accepted: sent unchanged, it must be the same answer and never a question."""
    reading = Reading(language, places, said)
    number = number.quantize(Decimal(1).scaleb(-places))
    assert read_number(written_number(number, reading), reading) == number


def as_bills_have_it(number: Decimal, pattern: str, locale: str) -> str:
    """With the country's marks. Babel itself takes Swiss apostrophes for quotes, and writes 1000000'000."""
    marks = {",": get_group_symbol(locale), ".": get_decimal_symbol(locale)}
    return format_decimal(number, pattern, "en").translate(str.maketrans(marks))


@example("fr-CH", Decimal("999999999.495"), "CHF")
@example("de-CH", Decimal("-999999999.995"), "CHF")
@example("fr-CH", Decimal("999999999.9995"), "CHF")
@given(st.sampled_from([each for each in LANGUAGES if each != "xx"]), NUMBERS, st.sampled_from(["CHF", "EUR", "GBP"]))
def test_what_the_country_writes_is_never_another_number(language: str, number: Decimal, currency: str) -> None:
    """People copy amounts out of bills and spreadsheets. Two places, as money has them, are never asked back."""
    locale, reading = language.replace("-", "_"), Reading(language, 2, said=True)
    amount = number.quantize(Decimal("0.01"))
    money = as_bills_have_it(amount, "#,##0.00", locale)
    assert meant(money, reading) == amount
    assert meant(f"{get_currency_symbol(currency, locale)} {money}", reading) == amount
    whole = amount.quantize(Decimal(1))
    assert meant(as_bills_have_it(whole, "#,##0", locale), reading) in (whole, None)
    swiss = get_group_symbol(locale) in ("'", "’")
    text = as_bills_have_it(number, "#,##0.###", locale) if swiss else format_decimal(number, locale=locale)
    assert meant(text, Reading(language, 10)) in (round(number, 3), None)


@pytest.mark.parametrize(
    "text", ["", ".", ",", "-", "CHF", "%", "% 5", "5 CHF 5", "CHF 5 CHF", "CHF.50", "5..", ".5.", "--5"]
)
def test_what_is_no_number(text: str) -> None:
    """Each of them is one slip away from a number, and none is one."""
    assert read_number(text, Reading("en", 2)) is None


def test_a_number_with_too_many_digits_is_none() -> None:
    """A text of a million digits isn't counted with."""
    assert read_number("9" * 61, Reading("en", 2)) is None
    assert read_number("1." + "9" * 61, Reading("en", 2)) is None
