"""Bodies: what is read as JSON, what is refused, and what each refusal says."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.channels.http.json_bodies import MAX_DEPTH_OF_BODY, parse_object
from wizard.channels.http.problems import INVALID_REQUEST, Refused

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def refusal(body: bytes) -> str:
    with pytest.raises(Refused) as caught:
        parse_object(body)
    assert caught.value.type is INVALID_REQUEST
    return caught.value.detail


@given(st.dictionaries(st.text(), JSON, max_size=4), st.booleans())
def test_all_json_objects_are_read_as_they_are(value: dict[str, Any], escaped: bool) -> None:
    """A value that changes on its way in would be stored as an answer that nobody gave."""
    text = json.dumps(value, ensure_ascii=escaped)
    assert parse_object(text.encode()) == json.loads(text, parse_float=Decimal)


@given(st.binary(max_size=60) | st.text('[]{}",:0123456789.eE+-nulltrefasNIy\\ud8', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """Whatever a broken or hostile program sends, it must be told, and no other error may come of it."""
    with suppress(Refused):
        assert isinstance(parse_object(body), dict)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"a": 1,}', "line 1, column "),
        (b'{\n"a" 1}', "line 2"),
        (b"", "isn't JSON"),
        (b"\xef\xbb\xbf{}", "isn't JSON"),
        (b'{"a": "\xff"}', "byte 7"),
        ('{"a": 1}'.encode("utf-16"), "byte 0"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b'{"a": 1, "a": 2}', "there twice"),
        (b'{"a": {"b": 1, "b": 1}}', "there twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "1,000 digits"),
        (b'{"a": "\\ud800"}', "half a character"),
        (b'{"a": [{"\\udfff": 1}]}', "half a character"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested"),
        (b'{"a": ' + b'{"a":' * 100_000, "nested"),
        (b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", "nested"),
        (b'{"a": "\x00"}', "control character"),
    ],
)
def test_what_is_wrong_is_said(body: bytes, said: str) -> None:
    """Programmers find their mistake by the message: it names the place or the rule."""
    assert said in refusal(body)


def test_width_is_no_depth() -> None:
    """Many small lists side by side are an ordinary answer; only nesting is bounded."""
    wide: dict[str, Any] = {"a": [[] for _ in range(1000)]}
    assert parse_object(json.dumps(wide).encode()) == wide
    deep = b'{"a":' * MAX_DEPTH_OF_BODY + b"1" + b"}" * MAX_DEPTH_OF_BODY
    assert parse_object(deep)
    assert "nested" in refusal(b'{"a":' + deep + b"}")


def test_escaped_characters_are_taken() -> None:
    """Whole characters beyond the 16-bit range are written as two escapes by many programs."""
    assert parse_object(b'{"a": ["\\ud83d\\ude00", 1, null], "\\u00e9": {"b": true}}') == {
        "a": ["😀", 1, None],
        "é": {"b": True},
    }
