"""Whatever is sent to whatever field: a typed value that holds, or a message. Never anything else."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.forms.asking import Around, form, ids
from wizard.forms.prompts import prompt_fields, summary_items
from wizard.forms.validation import Accepted, Rejected, still_valid, validate
from wizard.model.values import check_value, pack, unpack

TYPES: dict[str, dict[str, Any]] = {
    "text": {"pattern": "[^x]*"},
    "textarea": {},
    "password": {"min_length": 2},
    "hidden": {},
    "integer": {"min": -5, "max": "10 ** 9"},
    "decimal": {"places": 3},
    "boolean": {},
    "date": {"max": "today()"},
    "time": {"min": "08:00"},
    "choice": {"choices": ["a", "b c", 3, {"value": "d", "label": "Dee"}]},
    "choices": {"choices": ["a", "b c", 3, {"value": "d", "label": "Dee"}]},
    "email": {},
    "phone": {"region": "CH"},
    "url": {},
    "postcode": {"country": "GB"},
    "country": {},
    "iban": {},
    "file": {"max_size": 10},
}
FORMS = {kind: form({"name": "it", "type": kind, **more}) for kind, more in TYPES.items()}

_LIKELY = st.sampled_from(
    [
        *(
            "17",
            "-1'234",
            "12,5",
            "1,234",
            "27 3 1985",
            "31 2 1985",
            "1985-03-27",
            "9.30am",
            "14:00",
            "yes",
            "a",
            "DEE",
        ),
        *("ada@example.com", "ä@ö.ch", "044 668 18 00", "+41", "example.com", "http://[", "sw1a1aa", "CH", "France"),
        *("CH93 0076 2011 6238 5295 7", "", " ", "\x00", "\ud800", "\n", "a, d", "x" * 600),
    ]
)
_TEXTS = st.text() | st.text(st.characters(categories=("Nd", "Zs", "Po", "Sc", "Cs", "Cc"))) | _LIKELY
_ALIKE = st.text("0123456789 .,:'’-+/@abcxyzAM\u00a0", max_size=20)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(10**20, 10**40)
    | st.floats()
    | st.decimals()
    | st.dates()
    | st.times()
    | st.datetimes()
    | st.binary(max_size=20)
    | _TEXTS
    | _ALIKE
)
_PARTS = st.fixed_dictionaries({}, optional={"day": _SCALARS, "month": _SCALARS, "year": _SCALARS})
_FILES = st.fixed_dictionaries({}, optional=dict.fromkeys(("name", "type", "content", "id", "size"), _SCALARS))
_ANYTHING = (
    st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4))
    | _PARTS
    | _FILES
)
KINDS: dict[str, type | tuple[type, ...]] = {
    "integer": int,
    "decimal": Decimal,
    "boolean": bool,
    "date": date,
    "time": time,
    "choices": list,
    "file": dict,
}


@pytest.mark.parametrize("kind", TYPES)
@given(raw=_ANYTHING)
def test_any_input_gives_a_value_that_holds_or_a_message(kind: str, raw: Any) -> None:
    """A crash would be a failed request; a value that can't be stored, or isn't accepted again, a lost answer."""
    asked, names = FORMS[kind], Around()
    result = validate(asked, {"it": raw}, names, new_id=ids())
    if isinstance(result, Rejected):
        assert result.errors["it"]
        assert unpack(pack(result.draft)) == result.draft
        (field,) = prompt_fields(asked, names, draft=result.draft, errors=result.errors)
        assert field.error == result.errors["it"]
        assert not field.answered
        return
    assert isinstance(result, Accepted)
    value = result.output["it"]
    assert isinstance(value, (KINDS.get(kind, str), type(None)) if kind == "hidden" else KINDS.get(kind, str))
    check_value(result.output, "It")
    again = unpack(pack(result.output))
    assert again == result.output
    assert still_valid(asked, again, names)
    summary_items(asked, names, again, "step")


@pytest.mark.parametrize("kind", TYPES)
@given(raw=_ANYTHING)
def test_any_draft_can_be_shown(kind: str, raw: Any) -> None:
    """What was typed and not submitted is stored unread; the page that shows it must come up."""
    (field,) = prompt_fields(FORMS[kind], Around(), draft={"it": raw})
    pack(field.value)
