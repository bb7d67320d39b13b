"""Email addresses, telephone numbers, web addresses, bank accounts."""

from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.forms.asking import refuse, take

EMAIL = "Your answer to “Thing” must be an email address, like name@example.com"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" ada@example.com ", "ada@example.com"),
        ("ada.king+post@mail.example.co.uk", "ada.king+post@mail.example.co.uk"),
        ("Ada@Example.COM", "Ada@example.com"),
        ("ada@xn--zrich-kva.ch", "ada@zürich.ch"),
        ("ada@zürich.ch", "ada@zürich.ch"),
    ],
)
def test_email_addresses(typed: str, stored: str) -> None:
    """One spelling of each address, or the same person registers twice."""
    assert take(typed, type="email") == stored
    assert take(stored, type="email") == stored


@pytest.mark.parametrize(
    "typed", ["ada", "ada@", "@example.com", "ada@example", "a b@example.com", "a..b@example.com", "ada@test.invalid"]
)
def test_what_is_no_email_address(typed: str) -> None:
    """A typing error found here saves a message that never arrives."""
    assert refuse(typed, type="email") == EMAIL


def test_email_addresses_are_bounded() -> None:
    """RFC 5321 ends them at 254 characters, and the part before the @ at 64."""
    assert refuse("a" * 250 + "@example.com", type="email") == "Your answer to “Thing” must be 254 characters or fewer"
    assert refuse("a" * 65 + "@example.com", type="email") == EMAIL
    assert refuse(17, type="email") == "Your answer to “Thing” must be text"
    assert refuse("", type="email") == "Answer “Thing”"


_ADDRESSES = st.from_regex(
    r"[a-z0-9._+\-]{1,10}@[a-z0-9.\-]{1,12}\.(com|ch|test|local|museum|c0m|invalid)", fullmatch=True
)


@given(_ADDRESSES)
def test_the_quick_way_agrees_with_email_validator(address: str) -> None:
    """The short cut for usual addresses must not take, refuse or change anything that the library wouldn't."""
    try:
        expected = validate_email(address, check_deliverability=False).normalized
    except EmailNotValidError:
        assert refuse(address, type="email") == EMAIL
    else:
        assert take(address, type="email") == expected


def test_telephone_numbers() -> None:
    """One form for each number, whatever country it was typed in."""
    assert take("044 668 18 00", type="phone", region="CH") == "+41446681800"
    assert take("+41 44 668 18 00", type="phone") == "+41446681800"
    assert take("+41446681800", type="phone", region="GB") == "+41446681800"


@pytest.mark.parametrize("typed", ["044 668 18 00", "12", "call me", "+41 44 668 18 00 ext. 5", "+999 1234567"])
def test_what_is_no_telephone_number(typed: str) -> None:
    """Without a country, a number needs its code; an extension would be lost silently."""
    assert refuse(typed, type="phone") == "Your answer to “Thing” must be a phone number, like +41 44 668 18 00"


@pytest.mark.parametrize(
    ("region", "like"),
    [("GB", "0121 234 5678 or +44 121 234 5678"), ("CH", "021 234 56 78 or +41 21 234 56 78")],
)
def test_the_example_of_a_phone_number_fits_the_field(region: str, like: str) -> None:
    """An example of another country would have people type what is refused in these very words, and one with a
    country's code would mislead those who needn't type it."""
    assert refuse("12", type="phone", region=region) == f"Your answer to “Thing” must be a phone number, like {like}"
    for example in like.split(" or "):
        take(example, type="phone", region=region)
    assert refuse("", type="phone") == "Answer “Thing”"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("https://www.example.com/a?b=c#d", "https://www.example.com/a?b=c#d"),
        ("HTTP://Example.com:8080", "HTTP://Example.com:8080"),
        ("example.com/page", "https://example.com/page"),
        ("https://zürich.ch", "https://zürich.ch"),
        ("http://[2001:db8::1]/", "http://[2001:db8::1]/"),
    ],
)
def test_web_addresses(typed: str, stored: str) -> None:
    """People leave https:// out."""
    assert take(typed, type="url") == stored


@pytest.mark.parametrize(
    "typed",
    [
        *("javascript:alert(1)", "data://text/html,x", "ftp://example.com", "https://", "https://localhost", "word"),
        *(
            "https://user:pass@example.com",
            "https://example.com:99999",
            "https://[::1",
            "https://-a.com",
            "two words.com",
        ),
        *("https://" + "a" * 64 + ".com", "https://" + "a." * 130 + "com", 'https://example.com/"x'),
    ],
)
def test_what_is_no_web_address(typed: str) -> None:
    """What is stored may become a link that somebody clicks."""
    assert refuse(typed, type="url") == "Your answer to “Thing” must be a web address, like https://www.example.com"


def test_web_addresses_are_bounded() -> None:
    """An address that is put together here counts as a whole."""
    assert refuse("x" * 2_001, type="url") == "Your answer to “Thing” must be 2,000 characters or fewer"
    assert refuse("example.com/" + "x" * 1_988, type="url").endswith("like https://www.example.com")
    assert refuse("", type="url") == "Answer “Thing”"


def test_bank_accounts() -> None:
    """The check digits catch a wrong digit before money goes astray."""
    assert take("ch93 0076 2011 6238 5295 7", type="iban") == "CH9300762011623852957"
    for wrong in ("CH93 0076 2011 6238 5295 8", "CH93", "0076 2011 6238", "XX93 0076 2011 6238 5295 7"):
        assert (
            refuse(wrong, type="iban") == "Your answer to “Thing” must be a valid IBAN, like CH93 0076 2011 6238 5295 7"
        )
    assert refuse("", type="iban") == "Answer “Thing”"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("0312 345 6789", "+3903123456789"),
        ("Tel. 0312 345 6789", "+3903123456789"),
        ("tel:+39 0312 345 6789", "+3903123456789"),
        ("O312 345 6789", None),
        ("O 312 345 6789", None),
        ("l312 345 6789", None),
    ],
)
def test_a_letter_for_a_digit_is_no_word_beside_the_number(typed: str, stored: str | None) -> None:
    """An O for the first 0 gave somebody else's number: the landline became a mobile phone's."""
    if stored is None:
        assert refuse(typed, type="phone", region="IT").startswith("Your answer to “Thing” must be a phone number")
    else:
        assert take(typed, type="phone", region="IT") == stored
