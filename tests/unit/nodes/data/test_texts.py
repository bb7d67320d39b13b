"""Texts that are written, masked and hashed."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nodes.handing import failure_of, output_of
from wizard.nodes.data.texts import HashNode, MaskNode, TemplateNode, masked


async def test_a_text_is_written() -> None:
    """A letter with nothing in the place of what isn't known; blanks at its ends only where they are wanted."""
    config = {"text": "\n Dear {{ a.name }}{{ a.nothing }},\n{% for x in a.list %}- {{ x }}\n{% endfor %}"}
    data = {"a": {"name": "<Zoë>", "list": [1, Decimal("2.50")]}}
    assert await output_of(TemplateNode(), config, data) == {"value": "Dear <Zoë>,\n- 1\n- 2.50"}
    assert (await output_of(TemplateNode(), {**config, "trim": False}, data))["value"].startswith("\n ")


async def test_a_text_that_is_too_long_isnt_written() -> None:
    """It would be cut off somewhere, or not stored at all."""
    assert await failure_of(TemplateNode(), {"text": "{{ a }}{{ a }}"}, {"a": "x" * 99_999})


@pytest.mark.parametrize(
    ("value", "more", "expected"),
    [
        ("CH9300762011623852957", {"first": 4}, "CH93•••••••••••••2957"),
        (12345678, {}, "••••5678"),
        (1234567, {}, "•••••••"),
        ("", {}, ""),
        (None, {}, None),
        ("abcdefgh", {"mark": "*"}, "****efgh"),
        ("ann@example.org", {"email": True, "first": 1}, "a••@example.org"),
        ("a@example.org", {"email": True, "first": 1}, "•@example.org"),
        ("anna@example.org", {"email": True, "first": 1}, "a•••@example.org"),
        ("no address", {"email": True, "first": 1}, "n•••••••••"),
        ("Zoë Müller", {"first": 1, "last": 0}, "Z•••••••••"),
        (Decimal("12345678.50"), {}, "•••••••8.50"),
    ],
)
async def test_most_of_a_text_is_hidden(value: Any, more: Mapping[str, Any], expected: str | None) -> None:
    """An account number in a mail: its owner recognises it, and nobody else can use it."""
    assert await output_of(MaskNode(), {"value": "{{ a }}", **more}, {"a": value}) == {"value": expected}


@given(st.text(max_size=50), st.integers(0, 60), st.integers(0, 60))
def test_never_more_than_half_is_shown(text: str, first: int, last: int) -> None:
    """A PIN of four digits would be shown whole by `last: 4`."""
    hidden = masked(text.replace("•", "x"), first, last, "•")
    assert len(hidden) == len(text)
    assert hidden.count("•") * 2 >= len(text)


async def test_only_texts_are_masked() -> None:
    """A list would be shown by its brackets, if at all."""
    for wrong in ([1], {"a": 1}):
        assert "`value` gives must be a single value" in await failure_of(
            MaskNode(), {"value": "{{ a }}"}, {"a": wrong}
        )
    assert "10,000" in await failure_of(MaskNode(), {"value": "{{ a }}"}, {"a": "x" * 10_001})


async def test_a_hash_is_what_others_compute() -> None:
    """A service that compares hashes of addresses gets the ones that it knows."""
    text = "ann@exämple.org"
    for algorithm in ("sha256", "sha512", "blake2b"):
        output = await output_of(HashNode(), {"value": "{{ a }}", "algorithm": algorithm}, {"a": text})
        assert output == {"value": hashlib.new(algorithm, text.encode()).hexdigest()}
    keyed = {"value": "{{ a }}", "key": "{{ k }}"}
    data = {"a": text, "k": "s3cret"}
    assert (await output_of(HashNode(), keyed, data))["value"] == hmac.digest(b"s3cret", text.encode(), "sha256").hex()
    blake = (await output_of(HashNode(), {**keyed, "algorithm": "blake2b"}, data))["value"]
    assert blake == hashlib.blake2b(text.encode(), key=b"s3cret").hexdigest()
    long_key = await output_of(HashNode(), {**keyed, "algorithm": "blake2b", "length": 32}, {"a": text, "k": "x" * 65})
    assert len(long_key["value"]) == 32


async def test_other_values_are_hashed_whatever_the_order_of_their_names() -> None:
    """A group that was written in another order is the same data."""
    first = await output_of(HashNode(), {"value": "{{ a }}"}, {"a": {"x": 1, "y": [Decimal("1.50"), None]}})
    second = await output_of(HashNode(), {"value": "{{ a }}"}, {"a": {"y": [Decimal("1.50"), None], "x": 1}})
    assert first == second
    assert await output_of(HashNode(), {"value": "{{ a }}"}, {"a": None}) == {"value": None}


async def test_a_key_that_is_missing_is_no_key() -> None:
    """Hashes without one could be undone by trying, and nobody would notice."""
    assert "`key`" in await failure_of(HashNode(), {"value": "x", "key": "{{ k }}"}, {"k": None})
    config = HashNode.Config.model_validate({"value": "x", "key": ""})
    assert [place for place, _ in HashNode().check(config)] == [("key",)]  # type: ignore[arg-type]
