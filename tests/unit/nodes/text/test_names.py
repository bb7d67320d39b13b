"""`normalise_name` and `normalise_address` nodes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nodes.computed import outcome, refused, value
from wizard.nodes.text.names import NormaliseAddressNode, NormaliseNameNode, name_of


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("  ANNA-LENA  VON DER HEIDE ", "Anna-Lena von der Heide"),
        ("o'brien", "O'Brien"),
        ("MCDONALD", "McDonald"),
        ("von matt", "Von Matt"),
        ("MacDonald van Dyke", "MacDonald van Dyke"),
        ("deSouza", "deSouza"),
        ("ÉLODIE D’ARC", "Élodie D’Arc"),
        ("zoe\u0308", "Zoë"),
        ("Ann\u200b Lee", "Ann Lee"),
        ("王小明", "王小明"),
        ("", ""),
        (None, None),
    ],
)
async def test_a_name_is_written_in_one_way(written: Any, name: Any) -> None:
    """A letter to somebody who typed in capitals doesn't shout; who wrote their name with care keeps it."""
    assert await value(NormaliseNameNode, {"x": written}, name="{{ x }}") == name


async def test_a_name_has_the_capitals_of_its_language() -> None:
    """Iğdır is no Igdir."""
    assert await value(NormaliseNameNode, spoken="tr", name="ISMAIL ışık") == "ISMAIL ışık"
    assert await value(NormaliseNameNode, spoken="tr", name="ilker ışık") == "İlker Işık"


@given(st.text(max_size=40))
def test_what_is_normalised_stays(text: str) -> None:
    """Normalising twice, as after Back, changes nothing more."""
    once = name_of(text, "en")
    assert name_of(once, "en").casefold() == once.casefold()


ADDRESS = {"street": "bahnhofstrasse  1", "postcode": "CH-8001", "town": "ZÜRICH", "country": "Switzerland"}


@pytest.mark.parametrize(
    ("config", "made", "port"),
    [
        ({}, ("Bahnhofstrasse 1", "8001", "Zürich", "CH"), "valid"),
        ({"country": "gb", "postcode": "sw1a1aa"}, ("Bahnhofstrasse 1", "SW1A 1AA", "Zürich", "GB"), "valid"),
        ({"postcode": 8001}, ("Bahnhofstrasse 1", "8001", "Zürich", "CH"), "valid"),
        ({"postcode": "80"}, ("Bahnhofstrasse 1", None, "Zürich", "CH"), "invalid"),
        ({"country": "Atlantis"}, ("Bahnhofstrasse 1", "CH-8001", "Zürich", None), "invalid"),
        ({"country": None}, ("Bahnhofstrasse 1", "CH-8001", "Zürich", None), "invalid"),
        ({"country": "AE", "postcode": "0000"}, ("Bahnhofstrasse 1", None, "Zürich", "AE"), "valid"),
        ({"street": None, "town": " "}, (None, "8001", None, "CH"), "valid"),
    ],
)
async def test_an_address_is_written_as_the_post_does(config: dict[str, Any], made: Any, port: str) -> None:
    """Two orders to one house are seen to be one."""
    came = await outcome(NormaliseAddressNode, **{**ADDRESS, **config})
    assert tuple(came.output[name] for name in ("street", "postcode", "town", "country")) == made
    assert came.port == port


async def test_countries_are_understood_in_the_runs_language() -> None:
    """A German form is filled in in German."""
    came = await outcome(NormaliseAddressNode, spoken="de", country="Österreich", postcode="1010")
    assert (came.output["country"], came.output["postcode"], came.port) == ("AT", "1010", "valid")


async def test_what_is_no_part_of_an_address_names_its_key() -> None:
    """A list for a street is a mistake in the definition, and no invalid address."""
    assert "`street` gives must be a text; it is a list" in await refused(NormaliseAddressNode, country="CH", street=[])
    assert "`country` gives must be a single value" in await refused(NormaliseAddressNode, country=["CH"])
    assert "up to 200" in await refused(NormaliseAddressNode, {"x": "a" * 201}, country="CH", town="{{ x }}")
