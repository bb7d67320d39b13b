"""`normalise_phone` and `normalise_email` nodes."""

from typing import Any

import pytest

from tests.unit.nodes.computed import outcome, refused
from tests.unit.nodes.handing import visit_of
from wizard.nodes.text.contact import NormaliseEmailNode, NormalisePhoneNode


@pytest.mark.parametrize(
    ("phone", "region", "language", "number"),
    [
        ("044 668 18 00", "CH", "en", "+41446681800"),
        ("0041 (0)44 668-18-00", "CH", "en", "+41446681800"),
        ("+41 44 668 18 00", None, "en", "+41446681800"),
        ("044 668 18 00", None, "de-CH", "+41446681800"),
        ("044 668 18 00", None, "en", None),
        ("030 901820", None, "de", "+4930901820"),
        ("044 668 18 0", "CH", "en", None),
        ("not a number", "CH", "en", None),
        ("", "CH", "en", None),
        (None, "CH", "en", None),
    ],
)
async def test_two_spellings_of_a_number_are_one(phone: Any, region: Any, language: str, number: Any) -> None:
    """A customer who calls is found whatever they wrote in the form."""
    made = await outcome(NormalisePhoneNode, spoken=language, phone=phone, region=region)
    assert made.output == {"value": number}
    assert made.port == ("invalid" if number is None else "valid")


def test_a_country_without_numbers_is_told_at_load() -> None:
    """UK is no country's code: each number would be invalid."""
    visit = visit_of(NormalisePhoneNode(), {"phone": "1", "region": "UK"})
    assert [place for place, _ in NormalisePhoneNode().check(visit.config)] == [("region",)]


async def test_what_is_no_text_fails_the_step() -> None:
    """A number has lost its leading zero already."""
    assert "`phone` gives must be a text; it is a number" in await refused(NormalisePhoneNode, phone=446681800)
    assert "up to 200" in await refused(NormalisePhoneNode, phone="1" * 201)
    assert "`email` gives must be a text" in await refused(NormaliseEmailNode, email=["a@b.example"])


@pytest.mark.parametrize(
    ("config", "address"),
    [
        ({"email": " Ann@Mail.Example.com "}, "ann@mail.example.com"),
        ({"email": "Ann@Mail.Example.com", "lower_case": False}, "Ann@mail.example.com"),
        ({"email": "a.b+c@example.com"}, "a.b+c@example.com"),
        ({"email": "ann@example"}, None),
        ({"email": "ann"}, None),
        ({"email": "a@b@example.com"}, None),
        ({"email": "a" * 300 + "@example.com"}, None),
        ({"email": "a\nBcc: x@example.com"}, None),
        ({"email": ""}, None),
        ({"email": None}, None),
    ],
)
async def test_two_spellings_of_an_address_are_one(config: dict[str, Any], address: Any) -> None:
    """Somebody who registers again is known, and no second header gets into a mail."""
    made = await outcome(NormaliseEmailNode, **config)
    assert made.output == {"value": address}
    assert made.port == ("invalid" if address is None else "valid")
