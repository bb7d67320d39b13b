"""`base64` nodes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nodes.computed import refused, value
from tests.unit.nodes.handing import visit_of
from wizard.nodes.given import Given
from wizard.nodes.text.base64_text import Base64Node


@pytest.mark.parametrize(
    ("config", "made"),
    [
        ({"text": "Zürich"}, "WsO8cmljaA=="),
        ({"text": "~~~???", "for_urls": True}, "fn5-Pz8_"),
        ({"text": "a", "for_urls": True}, "YQ"),
        ({"text": "WsO8cmljaA==", "direction": "decode"}, "Zürich"),
        ({"text": "WsO8\ncmlj aA", "direction": "decode"}, "Zürich"),
        ({"text": "fn5-Pz8_", "direction": "decode"}, "~~~???"),
        ({"text": "", "direction": "decode"}, ""),
        ({"text": None}, None),
    ],
)
async def test_texts_go_to_base64_and_back(config: dict[str, Any], made: Any) -> None:
    """What a service sends in it is read whichever alphabet it takes."""
    assert await value(Base64Node, **config) == made


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"text": "a!", "direction": "decode"}, "isn't Base64"),
        ({"text": "a", "direction": "decode"}, "isn't Base64"),
        ({"text": "ä", "direction": "decode"}, "isn't Base64"),
        ({"text": "/w==", "direction": "decode"}, "something that isn't text"),
        ({"text": 5}, "must be a text"),
        ({"text": "{{ x }}"}, "more than 100,000"),
    ],
)
async def test_what_cant_be_read_fails(config: dict[str, Any], why: str) -> None:
    """A file isn't taken for a text, and half a code isn't taken for a whole one."""
    assert why in await refused(Base64Node, {"x": "ä" * 50_000}, **config)


@given(st.text(st.characters(codec="utf-8"), max_size=50), st.booleans())
def test_every_text_comes_back(text: str, for_urls: bool) -> None:
    """Nothing is lost on the way."""

    def made(direction: str, text: str) -> Any:
        visit = visit_of(Base64Node(), {"text": "x", "direction": direction, "for_urls": for_urls})
        return Base64Node().compute(visit, Given("text", text, visit)).output["value"]

    assert made("decode", made("encode", text)) == text
