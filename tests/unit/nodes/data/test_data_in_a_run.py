"""Node types of the group data together in one run: a basket that is filtered, added up and kept, with Back and
change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from wizard.engine import Engine
from wizard.testing import Person, make_test_engine

BASKET: dict[str, Any] = {
    "id": "basket",
    "nodes": [
        {
            "id": "ask",
            "type": "form",
            "fields": [{"name": "name"}, {"name": "most", "type": "decimal"}, {"name": "iban", "required": False}],
        },
        {
            "id": "offers",
            "type": "set",
            "values": {
                "list": [
                    {"what": "tea", "price": "{{ 4.10 }}", "from": "CN"},
                    {"what": "salt", "price": "{{ 0.90 }}", "from": "CH"},
                    {"what": "wine", "price": "{{ 30 }}", "from": "CH"},
                    {"what": "tea", "price": "{{ 4.10 }}", "from": "CN"},
                ]
            },
        },
        {"id": "once", "type": "deduplicate", "items": "offers.list", "by": "item.what"},
        {"id": "cheap", "type": "filter", "items": "once.value", "when": "item.price <= ask.most"},
        {"id": "order", "type": "sort", "items": "cheap.value", "by": "item.price", "descending": True},
        {"id": "sums", "type": "group_and_sum", "items": "order.value", "by": "item['from']", "sum": "item.price"},
        {"id": "figures", "type": "min_max_mean", "items": "order.value", "of": "item.price"},
        {"id": "total", "type": "calculate", "expression": "sums.total * 1.081", "places": 2},
        {
            "id": "lines",
            "type": "reshape",
            "value": "order.value",
            "shape": "{{ item.what }} for {{ ask.name }}",
        },
        {"id": "ref", "type": "short_reference", "prefix": "TEA", "into": "session.reference"},
        {"id": "hidden", "type": "mask", "value": "{{ ask.iban }}", "last": 2},
        {
            "id": "kept",
            "type": "append",
            "items": "profile.totals",
            "value": "{{ total.value }}",
            "into": "profile.totals",
        },
        {
            "id": "shown",
            "type": "message",
            "title": "{{ total.value }} for {{ cheap.count }}: {{ join(lines.value) }}, {{ hidden.value }}",
        },
        {"id": "copied", "type": "copy", "from": "ask", "fields": ["name"]},
        {"id": "gone", "type": "delete", "fields": ["session.reference"]},
        {"id": "bye", "type": "end", "title": "{{ ref.value }}"},
    ],
}


async def begins(engine: Engine) -> Person:
    return Person(engine, await engine.start("basket", profile_id="ann"))


async def test_a_change_is_computed_through_and_what_it_doesnt_concern_stays() -> None:
    """The reference that is printed already stays the same; the total that was kept is taken back and kept anew."""
    engine = await make_test_engine(BASKET)
    person = await begins(engine)
    await person.says(name="Ann", most=5, iban="CH9300762")
    person.sees(title="5.41 for 2: tea for Ann, salt for Ann, •••••••62")
    first = person.run.run.by_path["ref"].output
    assert first is not None
    assert person.run.run.by_path["sums"].output == {
        "value": [{"by": "CN", "count": 1, "sum": Decimal("4.10")}, {"by": "CH", "count": 1, "sum": Decimal("0.90")}],
        "total": Decimal("5.00"),
    }
    await person.goes_back()
    await person.says(name="Ann", most=100, iban="CH9300762")
    person.sees(title="37.84 for 3: wine for Ann, tea for Ann, salt for Ann, •••••••62")
    assert person.run.run.by_path["ref"].output == first
    await person.changes("ask", name="Zoë", most=1, iban=None)
    person.sees(title="0.97 for 1: salt for Zoë, ")
    await person.says()
    person.sees(title=str(first["value"]))
    profile = await engine.profiles.get("ann")
    assert profile.fields == {"totals": [Decimal("0.97")], "name": "Zoë"}


async def test_nothing_is_computed_of_nothing() -> None:
    """No offer is cheap enough: the sums are 0, and no page is an error."""
    engine = await make_test_engine(BASKET)
    person = await begins(engine)
    await person.says(name="Ann", most=0)
    person.sees(title="0.00 for 0: , ")
    assert person.run.run.by_path["figures"].output["mean"] is None  # type: ignore[index]
