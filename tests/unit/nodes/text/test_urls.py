"""`parse_url` and `build_url` nodes."""

from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nodes.computed import outcome, refused, value
from tests.unit.nodes.handing import visit_of
from wizard.nodes.given import Given
from wizard.nodes.text.urls import BuildUrlNode, ParseUrlNode


async def test_an_address_is_taken_apart() -> None:
    """A campaign's name out of the address that somebody came from."""
    made = await outcome(ParseUrlNode, url=" HTTPS://Ann:pw@Shop.example:8443/a%20b?x=1&x=2&y=%C3%A4&z=#top ")
    assert made.output == {
        "scheme": "https",
        "host": "shop.example",
        "port": 8443,
        "path": "/a b",
        "query": {"x": ["1", "2"], "y": "ä", "z": ""},
        "fragment": "top",
    }
    assert "pw" not in str(made.output), "a password in an address isn't kept"
    assert (await outcome(ParseUrlNode, url="http://[::1]/?x=1&x=2&x=3")).output["query"] == {"x": ["1", "2", "3"]}
    assert set((await outcome(ParseUrlNode, url=None)).output.values()) == {None}


@pytest.mark.parametrize(
    "url", ["shop.example", "/a", "mailto:a@b.example", "http://", "http://[", "http://a:99999/", "http://a b/", ""]
)
async def test_what_is_no_address_fails(url: str) -> None:
    """An answer that isn't an address isn't taken for an empty one."""
    assert "`url` gives isn't a web address" in await refused(ParseUrlNode, url=url)


async def test_addresses_are_bounded() -> None:
    """A hundred thousand fields cost nothing."""
    assert "too many fields" in await refused(ParseUrlNode, url="http://a.example/?" + "&" * 3 + "a&" * 101)
    assert "up to 2,000" in await refused(ParseUrlNode, {"x": "http://a.example/" + "a" * 2_000}, url="{{ x }}")
    assert "must be a text; it is a number" in await refused(ParseUrlNode, url=5)


@pytest.mark.parametrize(
    ("config", "url"),
    [
        ({"path": ["orders", 12]}, "https://shop.example/orders/12"),
        ({"path": ["a/b?c#d&e"]}, "https://shop.example/a%2Fb%3Fc%23d%26e"),
        ({"query": {"q": "a&b=c", "n": [1, None, 2], "no": None}}, "https://shop.example?q=a%26b%3Dc&n=1&n=2"),
        ({"fragment": "ü"}, "https://shop.example#%C3%BC"),
        ({"base": "https://shop.example/x/"}, "https://shop.example/x"),
        ({"base": None, "path": ["a"]}, None),
    ],
)
async def test_an_address_is_put_together(config: dict[str, Any], url: Any) -> None:
    """A value fills one place of the address, whatever is in it."""
    assert await value(BuildUrlNode, **{"base": "https://shop.example", **config}) == url


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"base": "javascript:alert(1)"}, "`base` gives isn't an address"),
        ({"base": "https://a:b@c.example"}, "isn't an address"),
        ({"base": "https://a.example?x=1"}, "isn't an address"),
        ({"base": "https://a.example:0/"}, "isn't an address"),
        ({"base": "//a.example"}, "isn't an address"),
        ({"path": "a"}, "`path` gives must be a list"),
        ({"path": ["a", ".."]}, "`path.2` gives would change where the address leads"),
        ({"path": [""]}, "`path.1` gives would change"),
        ({"path": [None]}, "`path.1` gives must be a single value"),
        ({"query": {"a": {"b": 1}}}, "`query.a` gives must be a single value; it is a group"),
        ({"path": ["{{ x }}"]}, "more than 2,000 characters"),
    ],
)
async def test_what_would_lead_elsewhere_is_refused(config: dict[str, Any], why: str) -> None:
    """Nobody's answer chooses the host, or climbs out of the path."""
    given = {"base": "https://a.example", **config}
    assert why in await refused(BuildUrlNode, {"x": "a" * 2_000}, **given)


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(lambda text: text not in (".", "..")))
def test_each_segment_is_read_back(segment: str) -> None:
    """What goes in comes out, in its place."""
    visit = visit_of(BuildUrlNode(), {"base": "https://a.example", "path": ["{{ x }}"]}, {"x": segment})
    made = BuildUrlNode().compute(visit, Given("base", "https://a.example", visit)).output["value"]
    assert urlsplit(made).netloc == "a.example"
    assert unquote(urlsplit(made).path) == f"/{segment}"
